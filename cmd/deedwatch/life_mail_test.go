package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
)

var (
	lifeLink   = regexp.MustCompile(`https://watch\.krest\.lab(/c/[A-Za-z0-9_-]+)`)
	lifeForm   = regexp.MustCompile(`name="form" value="([^"]+)"`)
	lifeBlanks = regexp.MustCompile(`\s+`)
)

// read takes in what the mail server received since the last time.
func (l *life) read(date string) {
	l.t.Helper()
	for {
		m, ok := l.lab.Mail(l.seen + 1)
		if !ok {
			return
		}
		l.seen++
		p, err := m.Parse()
		l.must(err)
		if len(m.To) != 1 || !m.Acknowledged {
			l.t.Fatalf("mail %d went to %v, acknowledged %v", m.ID, m.To, m.Acknowledged)
		}
		if l.ids[p.MessageID] {
			l.t.Errorf("%s: a second mail under %s", date, p.MessageID)
		}
		l.ids[p.MessageID] = true
		if key := m.To[0] + " " + date; l.letters[key] {
			l.t.Errorf("%s: a second mail to %s that day", date, m.To[0])
		} else {
			l.letters[key] = true
		}
		l.readItems(date, m.To[0], p)
	}
}

// readItems takes in what a mail says of each domain: what the store bound to it, and the text agrees with.
func (l *life) readItems(date, to string, p lab.ParsedMail) {
	l.t.Helper()
	text, items := lifeBlanks.ReplaceAllString(p.Text, " "), 0
	for i := range l.stories {
		s := &l.stories[i]
		role, ours := strings.CutSuffix(to, s.address(""))
		if !ours {
			continue
		}
		n := l.notice(s.name, to, strings.Trim(p.MessageID, "<>"))
		if n == nil {
			if strings.Contains(text, s.name) {
				l.t.Errorf("%s: a mail to %s speaks of %s, about which no notice is bound to it", date, to, s.name)
			}
			continue
		}
		items++
		expires := n.ExpiresAt.UTC()
		if dated := n.CycleID != 0; !strings.Contains(text, s.name) || dated && !strings.Contains(text, expires.Format("Monday 2 January 2006")) {
			l.t.Errorf("%s: the %s notice to %s does not name %s and %s:\n%s", date, n.Stage, to, s.name, expires.Format(time.DateOnly), p.Text)
		}
		if n.State != models.NoticeSent || n.SentAt == nil || !n.SentAt.Equal(l.clock.Now()) {
			l.t.Errorf("%s: the mail server has the %s notice on %s, and the store says %s at %v", date, n.Stage, s.name, n.State, n.SentAt)
		}
		l.got[s.name] = append(l.got[s.name], fmt.Sprintf("%s %s %s, expires %s", date, n.Stage, role, expires.Format(time.DateOnly)))
		if n.CycleID != 0 {
			l.thread(fmt.Sprint(s.name, " cycle ", n.CycleID, " ", to), p)
		}
		if link := lifeLink.FindStringSubmatch(p.Text); link == nil {
			l.t.Errorf("%s: no signed link to %s", date, to)
		} else if role == "owner" {
			l.links[s.name] = link[1]
		}
	}
	if items == 0 {
		l.t.Errorf("%s: a mail to %s about nothing: %s", date, to, p.Subject)
	}
}

// notice finds the notice on a domain that a message carried.
func (l *life) notice(domain, to, messageID string) *models.Notice {
	w, err := l.app.store.WatchedByName(l.t.Context(), domain)
	l.must(err)
	views, err := l.app.store.NoticesOf(l.t.Context(), w.Domain.ID)
	l.must(err)
	for _, v := range views {
		if v.Mail != nil && v.Mail.MessageID == messageID && v.Notice.Recipient == to && v.Notice.Channel == models.ChannelEmail {
			return &v.Notice
		}
	}
	return nil
}

// thread checks that a mail goes on with the thread of its cycle, or begins it.
func (l *life) thread(key string, p lab.ParsedMail) {
	l.t.Helper()
	root, refs := l.roots[key], p.Header.Get("References")
	switch {
	case root == "":
		l.roots[key] = p.MessageID
	case !strings.Contains(refs, root):
		l.t.Errorf("%s: the mail %s refers to %q, its thread began with %s", key, p.MessageID, refs, root)
	}
	for ref := range strings.FieldsSeq(refs) {
		if !l.ids[ref] || ref == p.MessageID {
			l.t.Errorf("%s: the mail refers to %s, which is no earlier one", key, ref)
		}
	}
}

// answer opens the link of the latest mail to a domain's owner, as a scanner does, and then answers by it, as people do.
func (l *life) answer(domain string, kind models.AnswerKind, renewOn string) {
	l.t.Helper()
	link := l.links[domain]
	if link == "" {
		l.t.Fatalf("nobody ever got a link for %s", domain)
	}
	before := l.answers(domain)
	rec := httptest.NewRecorder()
	l.app.pages.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "https://watch.krest.lab"+link, nil))
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), domain) || l.answers(domain) != before {
		l.t.Fatalf("the page behind the link: status %d, %d answers before and %d after it was opened", rec.Code, before, l.answers(domain))
	}
	token := lifeForm.FindStringSubmatch(rec.Body.String())
	if token == nil {
		l.t.Fatalf("the page behind the link has no form")
	}
	form := url.Values{"form": {token[1]}, "domain": {domain}, "answer": {string(kind)}, "renew_on": {renewOn}}
	req := httptest.NewRequest(http.MethodPost, "https://watch.krest.lab"+link+"/answer", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec = httptest.NewRecorder()
	l.app.pages.ServeHTTP(rec, req)
	if rec.Code != http.StatusSeeOther || l.answers(domain) != before+1 {
		l.t.Fatalf("the answer %s on %s: status %d, %s", kind, domain, rec.Code, rec.Body.String())
	}
}

func (l *life) answers(domain string) int {
	v, err := l.app.store.DomainView(l.t.Context(), domain)
	l.must(err)
	return len(v.Answers)
}
