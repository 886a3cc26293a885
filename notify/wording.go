package notify

import (
	"embed"
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"
)

//go:embed templates
var templates embed.FS

// defaultLanguage is the one that exists whole; a text in another language is one more folder of the same files.
const defaultLanguage = "en"

// wording is everything that notices say in one language.
type wording struct {
	lang  string
	texts *template.Template
	words dateWords
}

// dateWords say how a language writes dates; the patterns name their parts in braces.
type dateWords struct {
	Weekdays      [7]string         `json:"weekdays"`
	WeekdaysShort [7]string         `json:"weekdays_short"`
	Months        [12]string        `json:"months"`
	Long          string            `json:"long"`
	Short         string            `json:"short"`
	Day           string            `json:"day"`
	Moment        string            `json:"moment"`
	Zones         map[string]string `json:"zones"`
	ZoneCity      string            `json:"zone_city"`
}

// loadWordings reads every language folder.
func loadWordings() (map[string]*wording, error) {
	dirs, err := fs.ReadDir(templates, "templates")
	if err != nil {
		return nil, err
	}
	all := map[string]*wording{}
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		w := &wording{lang: d.Name()}
		dir := path.Join("templates", d.Name())
		if w.texts, err = template.New(d.Name()).Option("missingkey=error").ParseFS(templates, dir+"/*.tmpl"); err != nil {
			return nil, fmt.Errorf("wording %s: %w", d.Name(), err)
		}
		raw, err := templates.ReadFile(dir + "/words.json")
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &w.words); err != nil {
			return nil, fmt.Errorf("wording %s: %w", d.Name(), err)
		}
		all[w.lang] = w
	}
	return all, nil
}

// say executes one text and gives it on one line.
func (w *wording) say(name string, data any) (string, error) {
	paragraphs, err := w.paragraphs(name, data)
	return strings.Join(paragraphs, " "), err
}

// paragraphs executes one text and gives its paragraphs, each on one line.
func (w *wording) paragraphs(name string, data any) ([]string, error) {
	var b strings.Builder
	if err := w.texts.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("word %s in %s: %w", name, w.lang, err)
	}
	var out []string
	for p := range strings.SplitSeq(b.String(), "\n\n") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	return out, nil
}

// date writes a calendar day (midnight UTC) by a pattern.
func (w *dateWords) date(pattern string, day time.Time) string {
	return strings.NewReplacer(
		"{weekday}", w.Weekdays[day.Weekday()], "{weekday_short}", w.WeekdaysShort[day.Weekday()],
		"{day}", strconv.Itoa(day.Day()), "{month}", w.Months[day.Month()-1], "{year}", strconv.Itoa(day.Year()),
	).Replace(pattern)
}

// moment writes an instant for a reader in loc, with the zone's name.
func (w *dateWords) moment(t time.Time, loc *time.Location) string {
	t = t.In(loc)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return strings.NewReplacer("{time}", t.Format("15:04"), "{zone}", w.zone(loc)).Replace(w.date(w.Moment, day))
}

// zone names a time zone as people do: by its usual name, else by the city of its IANA name.
func (w *dateWords) zone(loc *time.Location) string {
	if name, ok := w.Zones[loc.String()]; ok {
		return name
	}
	city := strings.ReplaceAll(path.Base(loc.String()), "_", " ")
	return strings.ReplaceAll(w.ZoneCity, "{city}", city)
}

// textWidth is the longest line of the text part.
const textWidth = 72

func loadLayouts() (text *template.Template, html *htmltemplate.Template, err error) {
	text, err = template.New("layout.txt.tmpl").Option("missingkey=error").Funcs(template.FuncMap{
		"wrap":   func(s, indent string) string { return wrap(s, textWidth-len(indent), indent) },
		"upper":  strings.ToUpper,
		"rule":   func(s string) string { return strings.Repeat("-", min(utf8.RuneCountInString(s), textWidth)) },
		"number": func(i int) string { return strconv.Itoa(i+1) + "." },
		"fact":   textFact,
	}).ParseFS(templates, "templates/layout.txt.tmpl")
	if err != nil {
		return nil, nil, err
	}
	html, err = htmltemplate.New("layout.html.tmpl").Option("missingkey=error").Funcs(htmltemplate.FuncMap{
		"inc":     func(i int) int { return i + 1 },
		"outlook": outlook,
	}).ParseFS(templates, "templates/layout.html.tmpl")
	return text, html, err
}

// textFact writes one fact as an indented line, its value in a column of its own.
func textFact(label, value string) string {
	const column = 16
	indent := strings.Repeat(" ", 2+column)
	return fmt.Sprintf("  %-*s%s", column, label+":", wrap(value, textWidth-len(indent), indent))
}

// outlook gives the conditional comments that hold the width in Outlook, which knows no max-width. html/template drops comments, so they
// are inserted as constants.
func outlook(which string) htmltemplate.HTML {
	if which == "open" {
		return `<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->`
	}
	return `<!--[if mso]></td></tr></table><![endif]-->`
}
