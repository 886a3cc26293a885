package notify_test

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	ical "github.com/arran4/golang-ical"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// hostile are texts as somebody might enter or publish them.
var hostile = map[string]string{
	"header and template":  "Evil\r\nBcc: victim@mailhost.example\x00\x1b[31m <script>alert(1)</script>\u202e\u2028{{.Agency}}",
	"template calls":       `{{template "genuine" .}}{{.URL}}{{printf "%s" .}}{{end}}{{define "x"}}`,
	"markup":               `"><img src=x onerror=alert(1)><a href="https://evil.example">renew</a><!--`,
	"attributes":           `' style='background:url(https://evil.example/t.gif)' onmouseover='x`,
	"closing tags":         `</td></tr></table></div></body></html><style>*{display:none}</style>`,
	"links":                "renew at https://evil.example/pay, hthttp://tp://evil.example, mailto:a@evil.example or javascript:alert(1)",
	"conditional comments": "<!--[if mso]><![endif]--><![CDATA[x]]>",
	"calendar lines":       "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nATTACH:https://evil.example\r\nSUMMARY:;,\\n",
	"bidirectional":        "\u202emoc.elpmaxe\u202c \u2066x\u2069 \u200f \ufeff\u200b",
	"ten kilobytes":        strings.Repeat("long words ", 900),
	"one long word":        strings.Repeat("x", 10_000),
	"many bytes":           strings.Repeat("𝔘", 3_000),
	"emoji":                "👩‍👩‍👧‍👦🏳️‍🌈 Pools 🏊",
	"IDN":                  "xn--fiqs8s.xn--bcher-kva.example",
	"broken bytes":         "\xff\xfe\xc3(",
	"percent and escapes":  `%s%d%!v(MISSING) \u003cscript\u003e &lt;b&gt; \x3c`,
	"blank":                " \t\r\n ",
}

// poison puts a text in every place of a letter that comes from outside.
func poison(l *models.Letter, text string) {
	l.Contact.Name, l.Client.Name, l.Mail.Subject = text, text, text
	l.Copies = []models.Contact{{Name: text, Email: text}, {Email: text}}
	for i := range l.Items {
		item := &l.Items[i]
		d := &item.Domain
		d.Name, d.Suffix, d.Registrar, d.AttestedBy, item.Notice.Reason = text, text, text, text, text
		if item.Registration != nil {
			item.Registration.Statuses = append(item.Registration.Statuses, text, text+"Hold")
		}
		if item.Grant != nil {
			g := item.Grant
			g.Platform, g.Asset, g.Role, g.Holder, g.Purpose, g.Method = text, text, text, text, text, models.GrantMethod(text)
		}
		if item.Retracted != nil {
			item.Retracted.Subject = text
		}
		for j := range item.Records {
			r := &item.Records[j]
			r.Host, r.Type, r.Values, r.Purpose, r.Detail = text, text, []string{text}, text, text
		}
	}
}

// hostileAdvice gives back what it was given, in every field.
func hostileAdvice(text string) notify.RepairFunc {
	return func(c models.RepairCase) (models.Repair, bool) {
		f := models.RepairEntry{Type: text, Fields: []models.RepairField{{Label: text, Value: text, Hint: text}}}
		return models.Repair{
			Action: models.RepairAction(text), Side: models.SideClient, DNSHost: text, Where: text, Zone: text, Notes: []string{text, text},
			Enter: []models.RepairEntry{f}, Remove: []models.RepairEntry{f}, Summary: text, Ticket: text,
		}, true
	}
}

var startTags = regexp.MustCompile(`<[a-zA-Z!/][^>]*>`)

// allowed are the tags of the layout, without their attributes.
var allowed = regexp.MustCompile(`^</?(html|head|meta|title|style|body|div|table|tr|td|th|h1|h2|h3|p|b|br|a|ul|li|span)\b|^<!doctype html>$|^<!--\[if mso\]>|^<!\[endif\]-->$`)

// fieldLine is a field of a record to be copied as it stands, whatever it is.
var fieldLine = regexp.MustCompile(`(?m)^  [^\n]*: [^\n]*$`)

func checkHostile(t *testing.T, text string, w *notify.Rendering) {
	t.Helper()
	if strings.IndexFunc(w.Subject, unicode.IsControl) >= 0 || len([]rune(w.Subject)) > 150 || w.Subject == "" {
		t.Errorf("the subject is not one clean line: %q", w.Subject)
	}
	visible := html.UnescapeString(tagIn.ReplaceAllString(w.HTML, ""))
	for part, said := range map[string]string{"subject": w.Subject, "text": w.Text, "HTML": visible} {
		for _, r := range said {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) || r == '\u2028' {
				t.Fatalf("the %s has the character %U", part, r)
			}
		}
	}
	if found := links.FindAllString(fieldLine.ReplaceAllString(w.Text, ""), -1); len(found) != 1 {
		t.Errorf("outside text made links: %v", found)
	}
	for _, tag := range startTags.FindAllString(w.HTML, -1) {
		if !allowed.MatchString(tag) {
			t.Errorf("outside text reached the HTML part as markup: %s", tag)
		}
	}
	if n := len(anchors.FindAllString(w.HTML, -1)); n != 1 {
		t.Errorf("the HTML part has %d links", n)
	}
	if n := strings.Count(w.Text, ownPage); n != 1 {
		t.Errorf("the text has the own page %d times: a template in outside text was executed", n)
	}
	if w.Size() > 75_000 {
		t.Errorf("it has %d bytes", w.Size())
	}
	checkHostileCalendar(t, string(w.ICS))
}

func checkHostileCalendar(t *testing.T, file string) {
	t.Helper()
	if file == "" {
		return
	}
	if strings.Count(file, "\n") != strings.Count(file, "\r\n") || strings.Count(file, "\r") != strings.Count(file, "\r\n") {
		t.Errorf("a bare line break in the calendar file: %q", file)
	}
	names := []string{
		"BEGIN", "VERSION", "PRODID", "METHOD", "UID", "DTSTAMP", "SEQUENCE", "DTSTART;VALUE=DATE", "DTEND;VALUE=DATE", "SUMMARY", "DESCRIPTION", "TRANSP", "STATUS", "END",
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(file, "\r\n"), "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		if !strings.HasPrefix(line, " ") && !slices.Contains(names, name) {
			t.Errorf("outside text began a line of the calendar file: %q", line)
		}
		if len(line) > 75 {
			t.Errorf("a line of the calendar file has %d octets", len(line))
		}
	}
	if _, err := ical.ParseCalendar(strings.NewReader(file)); err != nil {
		t.Errorf("the calendar file can't be read: %v", err)
	}
}

func TestOutsideTextStaysText(t *testing.T) {
	for why, text := range hostile {
		r, err := notify.NewRenderer(agency(), notify.Words{Repair: hostileAdvice(text)})
		if err != nil {
			t.Fatal(err)
		}
		for _, lang := range languages {
			for _, s := range notify.Samples() {
				t.Run(why+"/"+lang+"/"+s.Name, func(t *testing.T) {
					poison(&s.Letter, text)
					s.Letter.Contact.Language = lang
					got, err := r.Render(&s.Letter, ownPage, policy(t), s.Now)
					if err != nil {
						t.Fatal(err)
					}
					checkHostile(t, text, &got)
				})
			}
		}
	}
}

// TestNamesFromOutsideMakeNoLinks holds that what others are called can't lead a reader anywhere.
func TestNamesFromOutsideMakeNoLinks(t *testing.T) {
	now := at(t, "2026-11-20 09:00")
	for _, c := range []struct{ given, want string }{
		{"https://evil.example/pay", "evil.example/pay"},
		{"Renew: HTTPS://evil.example", "Renew: evil.example"},
		{"hthttp://tp://evil.example", "evil.example"},
		{"javascript:alert(1) mailto:a@b.example", "alert(1) a@b.example"},
		{"Name.com, Inc.", "Name.com, Inc."},
		{"Smith: Pools / Spas", "Smith: Pools / Spas"},
	} {
		l := letter(at(t, "2026-11-28 06:00"), now, models.StageD7)
		l.Items[0].Domain.Registrar = c.given
		got := render(t, &l, now)
		if !strings.Contains(got.Text, "Registrar:        "+c.want+"\n") {
			t.Errorf("%q is not written as %q:\n%s", c.given, c.want, got.Text)
		}
		if found := links.FindAllString(got.Text, -1); len(found) != 1 {
			t.Errorf("%q makes links: %v", c.given, found)
		}
	}
}

// TestRecordValuesAreToBeCopied holds that a value keeps its spaces and stands on one line, however long it is.
func TestRecordValuesAreToBeCopied(t *testing.T) {
	value := "v=DKIM1;  k=rsa; p=" + strings.Repeat("MIGfMA0GCSqGSIb3DQEB", 12) + " end"
	s := notify.Samples()[slices.IndexFunc(notify.Samples(), func(s notify.Sample) bool { return s.Name == "records-one" })]
	s.Letter.Items[0].Records[0].Values = []string{value}
	got := render(t, &s.Letter, s.Now)
	if !strings.Contains(got.Text, "  Target: "+value+"\n") || !strings.Contains(html.UnescapeString(got.HTML), ">"+value+"<") {
		t.Errorf("the value is not to be copied:\n%s", got.Text)
	}
}

// FuzzLetter puts any text in every place that comes from outside.
func FuzzLetter(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, uint8(0), uint8(0))
	}
	samples := notify.Samples()
	for i := range samples {
		f.Add("Pools & Spas", uint8(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, text string, sample, lang uint8) {
		s := notify.Samples()[int(sample)%len(samples)]
		s.Letter.Contact.Language = languages[int(lang)%len(languages)]
		poison(&s.Letter, text)
		r, err := notify.NewRenderer(agency(), notify.Words{Repair: hostileAdvice(text)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Render(&s.Letter, ownPage, policy(t), s.Now)
		if err != nil {
			t.Fatal(err)
		}
		checkHostile(t, text, &got)
	})
}
