package main

import (
	"database/sql"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// clientLinks are the two signed links of one message.
type clientLinks struct{ to, answer, stop string }

var (
	answerLink = regexp.MustCompile(`/c/[A-Za-z0-9_-]+`)
	stopLink   = regexp.MustCompile(`/u/[A-Za-z0-9_-]+`)
	hiddenForm = regexp.MustCompile(`name="form" value="([^"]+)"`)
	everyLink  = regexp.MustCompile(`(?:href|src|action)="(/[^"#]*)`)
)

// links gives the signed links of every message, by recipient.
func (s *siege) links() map[string]clientLinks {
	s.t.Helper()
	out := map[string]clientLinks{}
	for _, m := range s.lab.Mails() {
		p, err := m.Parse()
		s.must(err)
		out[m.To[0]] = clientLinks{m.To[0], answerLink.FindString(p.Text), stopLink.FindString(strings.Join(p.Header["List-Unsubscribe"], ""))}
	}
	return out
}

// visitor asks as a client's browser or a program does: without cookies, following nothing.
type visitor struct {
	*siege
	site   string
	client *http.Client
}

func (v *visitor) ask(method, path string, form url.Values, headers http.Header) (status int, body string) {
	v.t.Helper()
	var content io.Reader
	if form != nil {
		content = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.site+path, content)
	v.must(err)
	maps.Copy(req.Header, headers)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	v.clock.set(v.clock.Now().Add(time.Second)) // people and scanners take their time; that more is refused has its own test
	resp, err := v.client.Do(req)
	v.must(err)
	raw, err := io.ReadAll(resp.Body)
	v.must(err)
	v.must(resp.Body.Close())
	return resp.StatusCode, string(raw)
}

// post sends a form as the link's page would.
func (v *visitor) post(link, action string, form url.Values) (status int, body string) {
	v.t.Helper()
	_, page := v.ask(http.MethodGet, link, nil, nil)
	if m := hiddenForm.FindStringSubmatch(page); m != nil {
		form.Set("form", m[1])
	}
	return v.ask(http.MethodPost, link+action, form, nil)
}

// content is all that the database holds, table by table.
func (s *siege) content(database string) map[string]string {
	s.t.Helper()
	out := map[string]string{}
	if pool := s.app.store.Pool(); pool != nil {
		rows, err := pool.Query(s.t.Context(), "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
		s.must(err)
		var tables []string
		for rows.Next() {
			var name string
			s.must(rows.Scan(&name))
			tables = append(tables, name)
		}
		s.must(rows.Err())
		for _, name := range tables {
			var all string
			s.must(pool.QueryRow(s.t.Context(), fmt.Sprintf("SELECT COALESCE(string_agg(t::text, E'\n' ORDER BY t::text), '') FROM %q t", name)).Scan(&all))
			out[name] = all
		}
		return out
	}
	db, err := sql.Open("sqlite", "file:"+database+"?_pragma=busy_timeout(5000)")
	s.must(err)
	defer func() { s.must(db.Close()) }()
	for _, name := range column(s, db, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		columns := column(s, db, fmt.Sprintf("SELECT name FROM pragma_table_info('%s')", name))
		for i := range columns {
			columns[i] = fmt.Sprintf("quote(%q)", columns[i])
		}
		lines := column(s, db, fmt.Sprintf("SELECT %s FROM %q", strings.Join(columns, " || ' ' || "), name))
		slices.Sort(lines)
		out[name] = strings.Join(lines, "\n")
	}
	return out
}

func column(s *siege, db *sql.DB, query string) (values []string) {
	s.t.Helper()
	rows, err := db.QueryContext(s.t.Context(), query)
	s.must(err)
	defer func() { s.must(rows.Close()) }()
	for rows.Next() {
		var value string
		s.must(rows.Scan(&value))
		values = append(values, value)
	}
	s.must(rows.Err())
	return values
}

// unchanged fails for every table that is not what it was.
func (s *siege) unchanged(what, database string, before map[string]string) {
	s.t.Helper()
	after := s.content(database)
	if len(after) < 25 {
		s.t.Errorf("only %d tables were compared", len(after))
	}
	for table, text := range after {
		if text != before[table] {
			s.t.Errorf("%s changed the table %s", what, table)
		}
	}
}

// Clients' pages as attackers and scanners use them, on the whole program with a real database.
func TestClientPagesUnderAttack(t *testing.T) {
	for name, database := range engines(t) {
		t.Run(name, func(t *testing.T) {
			s := newSiege(t, database)
			s.importHostile()
			s.step(0)
			site := httptest.NewServer(s.app.http.Handler)
			t.Cleanup(site.Close)
			v := &visitor{siege: s, site: site.URL, client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
			links := s.links()
			eve, olive := links["eve@due.example"], links["bidi@later.example"]
			if olive.answer == "" { // whoever else was written to
				for to, l := range links {
					if to != eve.to {
						olive = l
					}
				}
			}
			if eve.answer == "" || eve.stop == "" || olive.answer == "" {
				t.Fatalf("links: %+v", links)
			}
			v.scanners(database, eve, olive)
			v.forgers(database, eve)
			v.strangers(database, eve, olive)
			v.answers(eve)
			v.unsubscribes(eve)
			v.revokes(database, eve)
			v.expires(database, olive)
			s.checkMails()
		})
	}
}

// scanners follow every link of the pages, by every method that changes nothing.
func (v *visitor) scanners(database string, links ...clientLinks) {
	v.t.Helper()
	before := v.content(database)
	var queue []string
	for _, l := range links {
		queue = append(queue, l.answer, l.stop, l.answer+"?said=letting_go&ref=DW-000001", l.answer+"/confirm?domain=due.lab&confirmed=yes&answer=letting_go",
			l.answer+"/answer?domain=due.lab&answer=renewed", l.stop+"?List-Unsubscribe=One-Click")
	}
	seen := map[string]bool{}
	for ; len(queue) > 0; queue = queue[1:] {
		path := html.UnescapeString(queue[0])
		if seen[path] {
			continue
		}
		seen[path] = true
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, "PROPFIND"} {
			status, body := v.ask(method, path, nil, http.Header{"Sec-Purpose": {"prefetch"}, "X-HTTP-Method-Override": {"POST"}, "X-Forwarded-For": {"192.0.2.1"}})
			if status >= 500 {
				v.t.Errorf("%s: status %d", method, status)
			}
			if !strings.HasPrefix(path, "/c/") && !strings.HasPrefix(path, "/u/") {
				continue
			}
			v.checkMarkup(method, body)
			for _, m := range everyLink.FindAllStringSubmatch(body, -1) {
				queue = append(queue, m[1])
			}
		}
	}
	if len(seen) < 14 {
		v.t.Errorf("only %d addresses were visited: %v", len(seen), seen)
	}
	v.unchanged("a scanner", database, before)
}

// forgers change, cut and swap tokens.
func (v *visitor) forgers(database string, l clientLinks) {
	v.t.Helper()
	before := v.content(database)
	token, stop := strings.TrimPrefix(l.answer, "/c/"), strings.TrimPrefix(l.stop, "/u/")
	bad := []string{"/c/" + stop, "/u/" + token, "/c/" + token + "A", "/c/" + token[1:], "/c/" + url.PathEscape("../c/"+token), "/c/" + strings.Repeat("A", 4000), "/u/" + stop[:len(stop)-1]}
	for i := range token {
		changed := []byte(token)
		if changed[i] ^= 1; !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", rune(changed[i])) {
			changed[i] = 'A'
			if token[i] == 'A' {
				changed[i] = 'B'
			}
		}
		bad = append(bad, "/c/"+string(changed))
	}
	bodies := map[string]bool{}
	for _, path := range bad {
		status, body := v.ask(http.MethodGet, path, nil, nil)
		if status != http.StatusNotFound {
			v.t.Errorf("a forged link answers %d", status)
		}
		if strings.Contains(body, "This link does not work") {
			bodies[body] = true
		}
		for _, action := range []string{"/answer", "/withdraw", "/attest", "/again", ""} {
			if status, _ := v.ask(http.MethodPost, path+action, url.Values{"domain": {"due.lab"}, "answer": {"renewed"}, "List-Unsubscribe": {"One-Click"}}, nil); status < 400 {
				v.t.Errorf("a form to a forged link answers %d", status)
			}
		}
	}
	if len(bodies) != 1 {
		v.t.Errorf("%d different pages tell of links that do not work", len(bodies))
	}
	v.unchanged("a forger", database, before)
}

// strangers use a link that works for what it was not made for.
func (v *visitor) strangers(database string, eve, other clientLinks) {
	v.t.Helper()
	before := v.content(database)
	_, page := v.ask(http.MethodGet, eve.answer, nil, nil)
	form := hiddenForm.FindStringSubmatch(page)
	if form == nil {
		v.t.Fatal("the page has no form")
	}
	for why, c := range map[string]struct {
		path string
		form url.Values
	}{
		"another client's domain":            {eve.answer + "/answer", url.Values{"domain": {"records.lab"}, "answer": {"renewed"}, "form": {form[1]}}},
		"another client's domain, confirmed": {eve.answer + "/answer", url.Values{"domain": {"records.lab"}, "answer": {"letting_go"}, "confirmed": {"yes"}, "form": {form[1]}}},
		"another client's date":              {eve.answer + "/attest", url.Values{"domain": {"records.lab"}, "date": {"2028-01-01"}, "form": {form[1]}}},
		"a published date":                   {eve.answer + "/attest", url.Values{"domain": {"due.lab"}, "date": {"2028-01-01"}, "form": {form[1]}}},
		"no form token":                      {eve.answer + "/answer", url.Values{"domain": {"due.lab"}, "answer": {"renewed"}}},
		"another link's form token":          {other.answer + "/answer", url.Values{"domain": {"later.lab"}, "answer": {"renewed"}, "form": {form[1]}}},
		"unsubscribing without the word":     {eve.stop, url.Values{"List-Unsubscribe": {"Two-Clicks"}}},
		"coming back by the answer's form":   {eve.stop + "/again", url.Values{"form": {form[1]}}},
		"an unknown answer":                  {eve.answer + "/answer", url.Values{"domain": {"due.lab"}, "answer": {"{{.}}"}, "form": {form[1]}}},
		"a form that is too big":             {eve.answer + "/answer", url.Values{"domain": {"due.lab"}, "answer": {"wrong_person"}, "form": {form[1]}, "instead_name": {strings.Repeat("x", 1<<20)}}},
	} {
		status, body := v.ask(http.MethodPost, c.path, c.form, nil)
		if status < 400 || status >= 500 {
			v.t.Errorf("%s: status %d", why, status)
		}
		v.checkMarkup(why, body)
	}
	if status, _ := v.ask(http.MethodPost, eve.answer+"/answer", url.Values{"domain": {"due.lab"}, "answer": {"renewed"}, "form": {form[1]}}, http.Header{"Origin": {"https://evil.example"}}); status != http.StatusForbidden {
		v.t.Errorf("a form from another site: status %d", status)
	}
	v.unchanged("a stranger", database, before)
}

// answers say each thing once and once more, with hostile words where words are asked for.
func (v *visitor) answers(l clientLinks) {
	v.t.Helper()
	for _, c := range []struct {
		name, email, phone string
		want               int
	}{
		{hostileMarkup, "ana@due.example", "", http.StatusSeeOther},                     // a name is a name
		{"Ana\r\nBcc: victim@mailhost.lab", "ana@due.example", "", http.StatusSeeOther}, // the line end is taken out on the way
		{"{{ .Agency }}", "ana@due.example", "", http.StatusSeeOther},
		{"Ana", "ana@due.example, victim@mailhost.lab", "", http.StatusUnprocessableEntity},
		{"Ana", "", "password: hunter22!", http.StatusUnprocessableEntity},
	} {
		status, body := v.post(l.answer, "/answer", url.Values{"domain": {"due.lab"}, "answer": {"wrong_person"}, "instead_name": {c.name}, "instead_email": {c.email}, "instead_phone": {c.phone}})
		if status != c.want || strings.Contains(body, "hunter22") {
			v.t.Errorf("naming %q %q %q: status %d", c.name, c.email, c.phone, status)
		}
		v.checkMarkup("the answer", body)
	}
	open, err := v.app.store.Proposals(v.t.Context(), 0)
	v.must(err)
	if len(open) != 1 || unprintable(open[0].Proposal.Name) >= 0 || strings.ContainsAny(open[0].Proposal.Name, "\r\n") {
		v.t.Errorf("proposals: %+v", open)
	}
	for range 2 {
		if status, _ := v.post(l.answer, "/withdraw", url.Values{"domain": {"due.lab"}}); status != http.StatusSeeOther {
			v.t.Errorf("taking it back: status %d", status)
		}
		for _, kind := range []models.AnswerKind{models.AnswerRenewed, models.AnswerRenewed} {
			if status, _ := v.post(l.answer, "/answer", url.Values{"domain": {"due.lab"}, "answer": {string(kind)}}); status != http.StatusSeeOther {
				v.t.Errorf("%s: status %d", kind, status)
			}
		}
	}
	view := v.view("due.lab")
	renewed := slices.DeleteFunc(view.Answers, func(a models.Answer) bool { return a.Kind != models.AnswerRenewed })
	if len(renewed) != 2 || view.Watched.Answer == nil || view.Watched.Domain.NextLookAt.After(v.clock.Now()) {
		v.t.Errorf("%d answers, next look at %v", len(renewed), view.Watched.Domain.NextLookAt)
	}
	if _, err := v.app.store.VerifyLedger(v.t.Context()); err != nil {
		v.t.Error(err)
	}
}

// unsubscribes does what a mail service does in its user's name, and comes back.
func (v *visitor) unsubscribes(l clientLinks) {
	v.t.Helper()
	usable := func() bool {
		for _, c := range v.view("due.lab").Watched.Contacts {
			if c.Email == l.to {
				return c.Usable()
			}
		}
		return false
	}
	for range 2 {
		status, body := v.ask(http.MethodPost, l.stop, url.Values{"List-Unsubscribe": {"One-Click"}}, http.Header{"Origin": {"https://webmail.example"}, "Sec-Fetch-Site": {"cross-site"}})
		if status != http.StatusOK || !strings.Contains(body, "Write to me again") || usable() {
			v.t.Errorf("one click: status %d, still written to: %t", status, usable())
		}
		v.checkMarkup("the page for unsubscribing", body)
	}
	if status, _ := v.post(l.stop, "/again", url.Values{}); status != http.StatusSeeOther || !usable() {
		v.t.Errorf("coming back: status %d, written to: %t", status, usable())
	}
}

// revokes ends the links of a client.
func (v *visitor) revokes(database string, l clientLinks) {
	v.t.Helper()
	_, page := v.ask(http.MethodGet, l.answer, nil, nil)
	form := hiddenForm.FindStringSubmatch(page)
	n, err := v.app.store.RevokeLinks(v.t.Context(), v.view("due.lab").Watched.Client.ID, "a phone was lost", "ops@krest.lab", v.clock.Now())
	v.must(err)
	if n < 2 || form == nil {
		v.t.Fatalf("%d links were revoked", n)
	}
	v.over("a revoked link", database, l, form[1], "due.lab")
}

// expires lets the time of a link run out.
func (v *visitor) expires(database string, l clientLinks) {
	v.t.Helper()
	_, page := v.ask(http.MethodGet, l.answer, nil, nil)
	form := hiddenForm.FindStringSubmatch(page)
	if form == nil {
		v.t.Fatal("the page has no form")
	}
	v.clock.set(v.clock.Now().AddDate(3, 0, 0))
	v.over("an expired link", database, l, form[1], "later.lab")
}

// over tries a link that is over, with the form that its page had.
func (v *visitor) over(why, database string, l clientLinks, form, domain string) {
	v.t.Helper()
	before := v.content(database)
	for _, path := range []string{l.answer, l.stop} {
		if status, body := v.ask(http.MethodGet, path, nil, nil); status != http.StatusNotFound || !strings.Contains(body, "This link does not work") {
			v.t.Errorf("%s: status %d", why, status)
		}
	}
	for path, f := range map[string]url.Values{
		l.answer + "/answer":   {"domain": {domain}, "answer": {"letting_go"}, "confirmed": {"yes"}, "form": {form}},
		l.answer + "/withdraw": {"domain": {domain}, "form": {form}},
		l.answer + "/attest":   {"domain": {domain}, "date": {"2031-01-01"}, "form": {form}},
		l.stop:                 {"List-Unsubscribe": {"One-Click"}},
		l.stop + "/again":      {"form": {form}},
	} {
		if status, _ := v.ask(http.MethodPost, path, f, nil); status != http.StatusNotFound {
			v.t.Errorf("%s takes a form: status %d", why, status)
		}
	}
	v.unchanged(why, database, before)
}
