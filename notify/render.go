package notify

import (
	"bytes"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Words says with what letters are worded. The zero value is the shipped texts, without the advice on broken records that a form needs.
type Words struct {
	Repair RepairFunc // says how a broken record is put right; nil: letters name the record only
	Folder fs.FS      // the agency's own texts, a folder a language; nil: none
	Shown  string     // what Folder is called in errors
}

// Renderer puts letters into words. It is safe for concurrent use.
type Renderer struct {
	agency   Agency
	repair   RepairFunc
	wordings map[string]*wording
	text     *template.Template
	html     *htmltemplate.Template
}

// Rendering is a letter in words.
type Rendering struct {
	Language string // BCP 47 tag of the words
	Subject  string // one line
	Text     string // the text part, lines of at most 72 characters where words allow
	HTML     string
	ICS      []byte // iCalendar (RFC 5545) with the dates as all-day events; empty when no date lies ahead
}

// Size is how much the parts come to, in bytes and before they are encoded.
func (r *Rendering) Size() int { return len(r.Text) + len(r.HTML) + len(r.ICS) }

// maxSize bounds a letter's parts so that the message stays under 100 KB even when all of it travels as base64: a mail program cuts longer ones.
const maxSize = 70_000

// NewRenderer checks the agency and reads the texts. Every text is executed with complete sample data, and every letter that comes of it is
// held against the checklist; what is missing or not allowed is an error here, and never when a letter goes out.
func NewRenderer(agency Agency, words Words) (*Renderer, error) {
	if err := agency.Validate(); err != nil {
		return nil, err
	}
	shipped, err := shippedOnce()
	if err != nil {
		return nil, fmt.Errorf("notices: %w", err)
	}
	r := *shipped
	r.agency, r.repair = agency, words.Repair
	if words.Folder == nil {
		return &r, nil
	}
	if err := r.replace(words.Folder, words.Shown); err != nil {
		return nil, fmt.Errorf("notices: %w", err)
	}
	return &r, nil
}

// shippedOnce reads the shipped texts, once a process. A test words and checks them all; at every start that would be half a second for nothing.
var shippedOnce = sync.OnceValues(func() (*Renderer, error) {
	wordings, err := shippedWordings()
	if err != nil {
		return nil, err
	}
	text, html, err := loadLayouts(nil, "")
	if err != nil {
		return nil, err
	}
	return &Renderer{wordings: wordings, text: text, html: html}, nil
})

// replace puts the agency's own texts in the place of the shipped ones, and checks what comes of it.
func (r *Renderer) replace(folder fs.FS, shown string) error {
	shipped := r.wordings
	var err error
	if r.wordings, err = override(shipped, folder, shown); err != nil {
		return err
	}
	if r.text, r.html, err = loadLayouts(folder, shown); err != nil {
		return err
	}
	languages := sortedKeys(replaced(shipped, r.wordings))
	if ownLayout(folder) {
		languages = r.Languages()
	}
	if err := r.check(languages); err != nil {
		return r.blame(shipped, err)
	}
	return nil
}

// Agency gives who writes.
func (r *Renderer) Agency() Agency { return r.agency }

// Languages lists the languages in which letters can be worded.
func (r *Renderer) Languages() []string { return sortedKeys(r.wordings) }

// rooms are tried one after the other until the letter is small enough. One for which even the last is too small goes out all the same: a mail
// program shows its beginning.
var rooms = []room{{12, 600, 10, 40}, {6, 400, 10, 40}, {4, 250, 6, 40}, {2, 120, 4, 30}, {1, 50, 3, 20}, {1, 20, 2, 10}, {1, 0, 1, 3}}

// Render words a letter for its contact: in the contact's language, with dates in its zone. linkURL is the contact's own page. The policy
// says when the next notice would come. Equal letters at equal instants read equal.
func (r *Renderer) Render(l *models.Letter, linkURL string, p Policy, now time.Time) (Rendering, error) {
	rendering, _, err := r.render(l, linkURL, p, now)
	if err != nil {
		return Rendering{}, fmt.Errorf("render mail %d: %w", l.Mail.ID, err)
	}
	return rendering, nil
}

func (r *Renderer) render(l *models.Letter, linkURL string, p Policy, now time.Time) (Rendering, content, error) {
	if len(l.Items) == 0 {
		return Rendering{}, content{}, fmt.Errorf("it carries no notice")
	}
	v, err := newLetterView(l, r, r.wordingFor(l), linkURL, p, now)
	if err != nil {
		return Rendering{}, content{}, err
	}
	var out Rendering
	var c content
	for _, room := range rooms {
		if c, err = v.content(room); err != nil {
			return Rendering{}, c, err
		}
		if out, err = r.layOut(&c); err != nil {
			return Rendering{}, c, err
		}
		if out.ICS, err = v.calendar(room.events, now); err != nil {
			return Rendering{}, c, err
		}
		if out.Size() <= maxSize {
			break
		}
	}
	return out, c, nil
}

// layOut puts the content into both parts.
func (r *Renderer) layOut(c *content) (Rendering, error) {
	var text, html bytes.Buffer
	if err := r.text.Execute(&text, c); err != nil {
		return Rendering{}, err
	}
	if err := r.html.Execute(&html, c); err != nil {
		return Rendering{}, err
	}
	return Rendering{Language: c.Lang, Subject: c.Subject, Text: squeeze(text.String()), HTML: html.String()}, nil
}

// wordingFor chooses the language: the contact's, the client's, the agency's, each as a whole and then without its region.
func (r *Renderer) wordingFor(l *models.Letter) *wording {
	for _, tag := range []string{l.Contact.Language, l.Client.Language, r.agency.Language} {
		tag = strings.ToLower(strings.ReplaceAll(tag, "_", "-"))
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
