package dashboard

import (
	"net/url"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// What the tests of the pure parts reach for.
var (
	RelDays      = relDays
	Ago          = ago
	Waiting      = waiting
	Thousands    = thousands
	ASCIIName    = asciiName
	Visible      = visible
	TelURI       = telURI
	Initials     = initials
	LocalPath    = localPath
	AddressKey   = addressKey
	FirstName    = firstName
	StageWords   = stageWords
	AttestedDate = attestedDate
)

// When gives both forms of a date.
func When(now time.Time, loc *time.Location, t time.Time) (day, rel, iso string) {
	w := dates{now, loc}.when(&t)
	return w.Day, w.Rel, w.ISO
}

// U gives the text and the title of a stored name.
func U(name string) (text, title string) {
	n := nameOf(name)
	return n.Text, n.Title
}

// Pill gives the class, glyph and word of a band.
func Pill(b models.Band) (class, glyph, word string) {
	p := pillOf(b)
	return p.Class, p.Glyph, p.Word
}

// Bar gives the class and the end of the bar of a band with so many days left; an empty end is the hatched line.
func Bar(b models.Band, days *int) (class, end string, unknown bool) {
	v := barOf(pillOf(b), days)
	return v.Class, v.End, v.Unknown
}

// Records words a domain's records.
func Records(d *models.Domain, now time.Time) string {
	m := recordsMark(d, dates{now, time.UTC})
	return m.Kind + " " + m.Word
}

// AnswerMark words what an owner said.
func AnswerMark(row *models.BoardRow, now time.Time) string {
	m := answerMark(row, dates{now, time.UTC})
	return m.Kind + " " + m.Word
}

// BoardURL reads a board's address and writes it again.
func BoardURL(v url.Values) string { return parseBoard(v).url() }

// BoardQuery reads a board's address as a question.
func BoardQuery(v url.Values, now time.Time) models.BoardQuery {
	return parseBoard(v).query(now, time.UTC)
}

// Findings lays findings out: "title(children)".
func Findings(list []models.Finding, now time.Time) []string {
	var out []string
	for _, f := range findingViews(list, dates{now, time.UTC}) {
		s := f.Title
		for _, c := range f.Children {
			s += " > " + c.Title
		}
		out = append(out, s)
	}
	return out
}

// Cell words one server's answer.
func Cell(seen []string, rec models.ExpectedRecord) string {
	c := buildCell("ns", seen, &rec)
	return c.Mark.Kind + " " + c.Mark.Word
}

// SweepReasons judges sweeps.
func SweepReasons(rows []models.Sweep, now, started time.Time, maxAge time.Duration) map[string]string {
	out := map[string]string{}
	for _, s := range judgeSweeps(rows, now, started, maxAge) {
		out[s.Name] = string(s.Reason)
	}
	return out
}

// Horizon lays tiles out: label to texts.
func Horizon(tiles []models.HorizonTile, now time.Time, loc *time.Location) (labels []string, texts map[string][]string, more map[string]int) {
	texts, more = map[string][]string{}, map[string]int{}
	for _, c := range horizon(tiles, dates{now, loc}) {
		labels = append(labels, c.Label)
		for _, t := range c.Tiles {
			texts[c.Label] = append(texts[c.Label], t.Text)
		}
		more[c.Label] = c.More
	}
	return labels, texts, more
}

// Life gives the names of the strip's steps, the current one in brackets.
func Life(d *models.Domain, band models.Band, now time.Time) []string {
	var out []string
	for _, st := range lifeSteps(d, nil, band, dates{now, time.UTC}) {
		if st.Now {
			st.Name = "[" + st.Name + "]"
		}
		out = append(out, st.Name)
	}
	return out
}

// RenewalDay reads the day a client chose and says what is wrong with it.
func RenewalDay(s string, expires *time.Time, now time.Time, loc *time.Location) string {
	words, err := loadPhrases(templateFiles)
	if err != nil {
		panic(err)
	}
	a := portalAsked{
		seen: &portalSeen{dates: spoken{dates{now, loc}, words[firstLanguage]}}, form: url.Values{"renew_on": {s}},
		d: &models.PortalDomain{Domain: models.Domain{ExpiresAt: expires}},
	}
	_, problem := a.renewalDay()
	return problem.Text
}

// Limiter is the limiter of tries.
type Limiter = limiter

// NewLimiter makes one.
var NewLimiter = newLimiter

// Allow takes a try.
func (l *limiter) Allow(key string, now time.Time) bool { return l.allow(key, now) }

// Forget gives a key its tries back.
func (l *limiter) Forget(key string) { l.forget(key) }

// Len is how many keys are remembered.
func (l *limiter) Len() int { return l.order.Len() }

// Occupy takes a slot until the function it returns is called.
func (p *Passwords) Occupy() (free func()) {
	p.slots <- struct{}{}
	return p.leave
}
