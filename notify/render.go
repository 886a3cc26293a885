package notify

import (
	"bytes"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Renderer puts letters into words. It is safe for concurrent use.
type Renderer struct {
	agency   Agency
	wordings map[string]*wording
	text     *template.Template
	html     *htmltemplate.Template
}

// Rendering is a letter in words.
type Rendering struct {
	Subject string // one line
	Text    string // the text part, lines of at most 72 characters where words allow
	HTML    string
	ICS     []byte // iCalendar (RFC 5545) with the dates as all-day events; empty when no date lies ahead
}

// NewRenderer reads the wordings and checks the agency.
func NewRenderer(agency Agency) (*Renderer, error) {
	if err := agency.Validate(); err != nil {
		return nil, err
	}
	wordings, err := loadWordings()
	if err != nil {
		return nil, fmt.Errorf("notices: %w", err)
	}
	text, html, err := loadLayouts()
	if err != nil {
		return nil, fmt.Errorf("notices: %w", err)
	}
	return &Renderer{agency: agency, wordings: wordings, text: text, html: html}, nil
}

// Agency gives who writes.
func (r *Renderer) Agency() Agency { return r.agency }

// content is a letter's text, before it is laid out. Both parts are made of it, so that they say the same.
type content struct {
	Lang, Subject, Preheader, Title string
	AgencyName, Tagline, Greeting   string
	Several                         bool
	Lead                            []string
	Blocks                          []block
	StepsHeading                    string
	Steps                           []instruction
	Button, ButtonNote              string
	URL, URLNote                    string
	HappensHeading, Closing         string
	GenuineHeading, Genuine         string
	Footer, Signature               string
}

// block is what a letter says on one domain.
type block struct {
	Heading     string // only when there are several
	Lead        []string
	Facts       []fact
	After       []string
	PointsIntro string
	Points      []string
}

type fact struct{ Label, Value string }

type instruction struct{ Title, Text string }

// Render words a letter for its contact: in the contact's language, with dates in its zone. linkURL is the contact's own page. The policy
// says when the next notice would come. Equal letters at equal instants read equal.
func (r *Renderer) Render(l *models.Letter, linkURL string, p Policy, now time.Time) (Rendering, error) {
	if len(l.Items) == 0 {
		return Rendering{}, fmt.Errorf("render mail %d: it carries no notice", l.Mail.ID)
	}
	for i := range l.Items {
		if l.Items[i].Domain.ExpiresAt == nil {
			return Rendering{}, fmt.Errorf("render mail %d: the expiry of %s is not known", l.Mail.ID, l.Items[i].Domain.Name)
		}
	}
	w := r.wordingFor(l)
	v := newLetterView(l, r.agency, w, linkURL, p, now)
	c, err := v.content(w)
	if err != nil {
		return Rendering{}, fmt.Errorf("render mail %d: %w", l.Mail.ID, err)
	}
	var text, html bytes.Buffer
	if err := r.text.Execute(&text, c); err != nil {
		return Rendering{}, fmt.Errorf("render mail %d: %w", l.Mail.ID, err)
	}
	if err := r.html.Execute(&html, c); err != nil {
		return Rendering{}, fmt.Errorf("render mail %d: %w", l.Mail.ID, err)
	}
	ics, err := v.calendar(w, now)
	if err != nil {
		return Rendering{}, fmt.Errorf("render mail %d: %w", l.Mail.ID, err)
	}
	return Rendering{Subject: c.Subject, Text: squeeze(text.String()), HTML: html.String(), ICS: ics}, nil
}

// wordingFor chooses the language: the contact's, the client's, the agency's, each as a whole and then without its region.
func (r *Renderer) wordingFor(l *models.Letter) *wording {
	for _, tag := range []string{l.Contact.Language, l.Client.Language, r.agency.Language} {
		tag = strings.ToLower(tag)
		base, _, _ := strings.Cut(tag, "-")
		for _, t := range []string{tag, base} {
			if w, ok := r.wordings[t]; ok {
				return w
			}
		}
	}
	return r.wordings[defaultLanguage]
}

// squeeze leaves at most one empty line, no space at line ends, and one newline at the end.
func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	out := lines[:0]
	for _, line := range lines {
		line = strings.TrimRight(line, " ")
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n") + "\n"
}
