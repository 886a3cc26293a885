package lab

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// consolePage is what every page of the console shows.
type consolePage struct {
	Title, Base, Stylesheet, Icon, Here, Product, Speed string
	Now                                                 time.Time
	MailCount                                           int
}

func (c *console) page(title, here string) consolePage {
	p := consolePage{
		Title: title, Here: here, Base: c.opts.BasePath, Stylesheet: c.opts.StylesheetURL, Icon: c.opts.IconURL,
		Product: c.opts.ProductURL, Now: c.lab.now().UTC(), MailCount: len(c.lab.Mails()),
	}
	if c.opts.Speed != nil {
		p.Speed = c.opts.Speed()
	}
	return p
}

// show renders into memory first, so that an error is a clean 500.
func (c *console) show(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	if err := consolePages.ExecuteTemplate(&b, name, data); err != nil {
		c.lab.log.Error("lab: render the console", "page", name, "error", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(w)
}

// mailRow is one line of the inbox.
type mailRow struct {
	ID          int
	Subject, To string
	At          time.Time
}

func (c *console) inbox(w http.ResponseWriter, _ *http.Request) {
	var rows []mailRow
	for _, m := range slices.Backward(c.lab.Mails()) {
		rows = append(rows, mailRow{ID: m.ID, Subject: subject(m), To: strings.Join(m.To, ", "), At: m.ReceivedAt.UTC()})
	}
	c.show(w, "inbox", struct {
		consolePage
		Mails []mailRow
	}{c.page("Inbox", "inbox"), rows})
}

func subject(m Mail) string {
	if p, err := m.Parse(); p.Subject != "" {
		return p.Subject
	} else if err != nil {
		return "(unreadable)"
	}
	return "(no subject)"
}

// find returns the mail of the path or answers 404.
func (c *console) find(w http.ResponseWriter, r *http.Request) (Mail, bool) {
	id, err := strconv.Atoi(r.PathValue("id"))
	m, ok := c.lab.Mail(id)
	if err != nil || !ok {
		http.NotFound(w, r)
		return Mail{}, false
	}
	return m, true
}

type headerLine struct{ Name, Value string }

func (c *console) mail(w http.ResponseWriter, r *http.Request) {
	m, ok := c.find(w, r)
	if !ok {
		return
	}
	p, err := m.Parse()
	problem := ""
	if err != nil {
		problem = err.Error()
	}
	var headers []headerLine
	for _, name := range []string{"From", "To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Auto-Submitted", "List-Unsubscribe"} {
		for _, v := range p.Header[name] {
			headers = append(headers, headerLine{name, decodeWords(v)})
		}
	}
	c.show(w, "mail", struct {
		consolePage
		Mail        Mail
		Headers     []headerLine
		Text        []linked
		HasHTML     bool
		Attachments []Attachment
		Problem     string
	}{c.page(subject(m), "mail"), m, headers, linkify(p.Text, c.opts.ProductURL), p.HTML != "", p.Attachments, problem})
}

// mailHTML serves the HTML part as it came. It may do nothing but look: the
// policy forbids scripts, forms and everything from elsewhere.
func (c *console) mailHTML(w http.ResponseWriter, r *http.Request) {
	m, ok := c.find(w, r)
	if !ok {
		return
	}
	p, err := m.Parse()
	if err != nil || p.HTML == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", mailPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, p.HTML)
}

// domainRow is one line of the list of domains.
type domainRow struct {
	Name, Shown, Registrar        string
	State                         State
	Expires                       time.Time
	Broken, HasRecords, Renewable bool
}

func (c *console) domains(w http.ResponseWriter, _ *http.Request) {
	var rows []domainRow
	for _, d := range c.lab.Domains() {
		row := domainRow{
			Name: d.Name, Shown: d.Name, Registrar: d.Registrar, State: c.lab.State(d.Name),
			Expires: d.Expires.UTC(), Broken: c.lab.Broken(d.Name), HasRecords: len(d.Records) > 0,
		}
		if d.Unicode != "" {
			row.Shown = d.Unicode
		}
		row.Renewable = row.State != StatePendingDelete && row.State != StateAbsent
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b domainRow) int { return a.Expires.Compare(b.Expires) })
	c.show(w, "domains", struct {
		consolePage
		Domains []domainRow
	}{c.page("Domains", "domains"), rows})
}
