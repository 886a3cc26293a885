package main

import (
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
)

// mailHeaders are the fields that a message of ours has.
var mailHeaders = []string{
	"Auto-Submitted", "Content-Type", "Date", "From", "In-Reply-To", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Message-Id", "Mime-Version", "References", "Reply-To", "Subject", "To", "User-Agent", "X-Mailer", "X-Auto-Response-Suppress",
}

var portalLink = regexp.MustCompile(`http://127\.0\.0\.1(/c/[A-Za-z0-9_-]+)`)

// checkMails looks for anything hostile in the messages as they came over the wire, and gives the signed links in them.
func (s *siege) checkMails() (links []string) {
	s.t.Helper()
	mails := s.lab.Mails()
	if len(mails) < 2 {
		s.t.Fatalf("%d mails arrived", len(mails))
	}
	shown := false
	for _, m := range mails {
		head, _, _ := strings.Cut(string(m.Raw), "\r\n\r\n")
		for line := range strings.SplitSeq(head, "\r\n") {
			for _, c := range []byte(line) {
				if c != '\t' && (c < 0x20 || c > 0x7e) {
					s.t.Errorf("a header line holds the byte %#x: %q", c, line)
					break
				}
			}
		}
		p, err := m.Parse()
		s.must(err)
		for name, values := range p.Header {
			if !slices.Contains(mailHeaders, name) || len(values) != 1 {
				s.t.Errorf("a mail has the header %s %d times: %q", name, len(values), values)
			}
		}
		if len(m.To) != 1 || strings.Contains(strings.Join(m.To, " "), "victim") {
			s.t.Errorf("a mail went to %v", m.To)
		}
		for what, text := range map[string]string{"subject": p.Subject, "from": p.From, "to": p.To, "text": strings.ReplaceAll(p.Text, "\r\n", "\n"), "HTML": strings.ReplaceAll(p.HTML, "\r\n", "\n")} {
			if i := unprintable(text); i >= 0 {
				s.t.Errorf("the %s of a mail holds %q", what, text[max(0, i-40):min(len(text), i+40)])
			}
		}
		s.checkMarkup(fmt.Sprintf("the mail to %v", m.To), p.HTML)
		s.checkCalendar(p)
		shown = shown || strings.Contains(p.HTML, "&lt;script&gt;")
		if link := portalLink.FindStringSubmatch(p.Text); link != nil {
			links = append(links, link[1])
		}
	}
	if !shown {
		s.t.Error("no mail shows the hostile text as text, so nothing was tested")
	}
	return links
}

// checkCalendar looks at attachments: every line of a calendar is one of ours.
func (s *siege) checkCalendar(p lab.ParsedMail) {
	s.t.Helper()
	for _, a := range p.Attachments {
		for line := range strings.SplitSeq(strings.ReplaceAll(string(a.Data), "\r\n ", ""), "\r\n") {
			name, _, ok := strings.Cut(line, ":")
			if line != "" && (!ok || strings.ToUpper(name) != name && !strings.Contains(name, ";")) || unprintable(line) >= 0 {
				s.t.Errorf("a calendar has the line %q", line)
			}
		}
	}
}

var (
	liveMarkup = regexp.MustCompile(`(?i)<script|<img[^>]+onerror|<iframe[^>]+src="https?:|href="\s*(javascript|data|vbscript):|src="\s*(javascript|data):`)
	hrefs      = regexp.MustCompile(`(?:href|src)="(/[^"]*)"`)
)

// checkMarkup looks for markup that came from outside and would be executed.
func (s *siege) checkMarkup(about, body string) {
	s.t.Helper()
	if at := liveMarkup.FindStringIndex(body); at != nil {
		s.t.Errorf("%s: …%s…", about, body[max(0, at[0]-120):min(len(body), at[1]+80)])
	}
}

// signIn makes an account, and a browser that is signed in by it.
func (s *siege) signIn() (*http.Client, string) {
	s.t.Helper()
	const password = "correct-horse-battery-29"
	hash, err := dashboard.NewPasswords(dashboard.PasswordParams{}, 1).Hash(s.t.Context(), password)
	s.must(err)
	now := s.clock.Now()
	_, err = s.app.store.CreateUser(s.t.Context(), models.User{Email: "ops@krest.lab", Name: "Dana Ops", Role: models.UserAdmin, PasswordHash: hash, CreatedAt: now, UpdatedAt: now})
	s.must(err)
	site := httptest.NewServer(s.app.http.Handler)
	s.t.Cleanup(site.Close)
	jar, err := cookiejar.New(nil)
	s.must(err)
	browser := &http.Client{Jar: jar}
	resp, err := browser.PostForm(site.URL+"/login", url.Values{"email": {"ops@krest.lab"}, "password": {password}, "next": {"/"}})
	s.must(err)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/" {
		s.t.Fatalf("signing in ended at %s with status %d", resp.Request.URL, resp.StatusCode)
	}
	return browser, site.URL
}

// checkPages visits every page that a link leads to, signed in, and the clients' own pages.
func (s *siege) checkPages(links []string) (visited int) {
	s.t.Helper()
	browser, site := s.signIn()
	queue := append([]string{
		"/", "/domains", "/domains?q=" + url.QueryEscape(hostileMarkup), "/find?q=" + url.QueryEscape(lab.Hostile), "/domains?registrar=" + url.QueryEscape(lab.Hostile), "/domains?q=" + url.QueryEscape(hostileBidi+"\u009b"), "/clients", "/notices", "/access",
		"/login?next=" + url.QueryEscape("/"+lab.Hostile), "/c/" + url.PathEscape(hostileMarkup), "/" + url.PathEscape(lab.Hostile),
	}, links...)
	seen := map[string]bool{}
	kinds := map[string]int{}
	shown := map[string]bool{}
	for len(queue) > 0 && visited < 600 {
		path := queue[0]
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		body, kind := s.page(browser, site, path)
		visited++
		kinds[kind]++
		shown[kind] = shown[kind] || strings.Contains(body, "&lt;script&gt;")
		for _, m := range hrefs.FindAllStringSubmatch(body, -1) {
			next, _, _ := strings.Cut(html.UnescapeString(m[1]), "#")
			if !strings.HasPrefix(next, "/assets/") && !strings.Contains(next, "?") { // the board's orders and filters have no end
				queue = append(queue, next)
			}
		}
	}
	for _, kind := range []string{"", "domains", "domains/*", "observations/*", "clients", "clients/*", "notices", "access", "access/*", "c/*"} {
		if kinds[kind] == 0 {
			s.t.Errorf("no page /%s was visited: %v", kind, kinds)
		}
	}
	for _, kind := range []string{"domains", "domains/*", "observations/*", "clients", "clients/*", "access", "access/*", "c/*"} {
		if !shown[kind] {
			s.t.Errorf("no page /%s shows the hostile text as text, so nothing was tested", kind)
		}
	}
	return visited
}

// checkTable looks at a download: no browser may show it, no spreadsheet run it. It returns the text without what belongs to the form.
func (s *siege) checkTable(path, body string, header http.Header) string {
	s.t.Helper()
	if d := header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || header.Get("X-Content-Type-Options") != "nosniff" {
		s.t.Errorf("%s: a browser may show it: %v", path, header)
	}
	body = strings.TrimPrefix(body, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) < 2 {
		s.t.Errorf("%s: %d rows, %v", path, len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.ContainsAny(strings.TrimLeft(cell, " \t\"")[:min(1, len(strings.TrimLeft(cell, " \t\"")))], "=+-@|") {
				s.t.Errorf("%s: the cell %q can be run", path, cell)
			}
		}
	}
	return strings.ReplaceAll(body, "\r\n", "\n")
}

// page reads one page, and says of which kind it is.
func (s *siege) page(browser *http.Client, site, path string) (body, kind string) {
	s.t.Helper()
	resp, err := browser.Get(site + path)
	s.must(err)
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	_ = resp.Body.Close()
	s.must(err)
	body = string(raw)
	if resp.StatusCode >= 500 {
		s.t.Errorf("%s: status %d", path, resp.StatusCode)
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/csv") {
		body = s.checkTable(path, body, resp.Header)
	} else {
		s.checkMarkup(path, body)
	}
	if i := unprintable(body); i >= 0 {
		s.t.Errorf("%s: the page holds %q", path, body[max(0, i-60):min(len(body), i+40)])
	}
	for name, values := range resp.Header {
		for _, v := range values {
			if unprintable(v) >= 0 || strings.Contains(strings.ToLower(name), "bcc") {
				s.t.Errorf("%s: the header %s is %q", path, name, v)
			}
		}
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		s.t.Errorf("%s: its policy is %q", path, csp)
	}
	if resp.StatusCode != http.StatusOK {
		return body, fmt.Sprint(resp.StatusCode)
	}
	first, rest, deeper := strings.Cut(strings.TrimPrefix(resp.Request.URL.Path, "/"), "/")
	if deeper && rest != "" {
		first += "/*"
	}
	return body, first
}
