package ops

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// digestLines is how many lines a part of the digest has; the rest is a number.
const digestLines = 8

// digest is a digest in words, ready for both parts of the mail.
type digest struct {
	Subject, Title, Preheader string
	Agency                    string
	Lead                      string
	Parts                     []part
	Button, URL               string
	Footer                    string
}

// part answers one of the four questions.
type part struct {
	Heading, Answer string
	Lines           []line
	More            string
}

// line is one thing to look at.
type line struct {
	Name string
	Text string
	URL  string // its page, may be empty
}

// view is what a digest is made from.
type view struct {
	today   *models.TodayView
	now     time.Time
	loc     *time.Location
	baseURL string
	late    []models.Sweep
	off     []models.DispatchTarget
}

// digest answers the four questions.
func (v *view) digest(agency string) digest {
	date := v.now.In(v.loc).Format("Monday 2 January 2006")
	open := v.open()
	d := digest{
		Agency: notify.Printable(agency, 100), Title: "Good morning: " + date, Button: "Open Today", URL: v.baseURL + "/",
		Parts: []part{v.order(), v.todo(open), v.works(), v.better()},
		Footer: "You receive this on business days because your address is set as ops.digest_to. As of " +
			v.now.In(v.loc).Format("15:04") + "; Today shows the state at this moment.",
	}
	d.Lead = fmt.Sprintf("%s of %s under watch.", plural(v.today.Board.Total, "name"), plural(v.today.Board.Clients, "client"))
	switch {
	case v.today.Brake != nil:
		d.Subject = "Domains today: client mail is held by the storm brake"
	case open == 0 && v.today.Board.Total == 0:
		d.Subject = "Domains today: nothing is watched yet"
	case open == 0:
		d.Subject = "Domains today: nothing is open"
	default:
		d.Subject = fmt.Sprintf("Domains today: %s open", plural(open, "thing"))
	}
	d.Subject += ", " + v.now.In(v.loc).Format("Mon 2 Jan")
	d.Preheader = d.Parts[0].Answer
	return d
}

// open counts what waits for a person, as Today does.
func (v *view) open() int {
	return v.today.OpenCount + v.today.Board.Unanswered + v.today.Held + v.today.Blocked + v.today.Returned
}

// order answers "Is everything in order?".
func (v *view) order() part {
	b := v.today.Board
	lapsed, soon, unsure := b.Groups[models.GroupLapsed], b.Groups[models.GroupSoon], b.Groups[models.GroupUnsure]
	p := part{Heading: "Is everything in order?"}
	var not []string
	if lapsed > 0 {
		not = append(not, plural(lapsed, "name")+" lapsed")
	}
	if soon > 0 {
		text := plural(soon, "name") + " expiring within 14 days"
		if n := b.Bands[models.BandD1]; n > 0 {
			text += fmt.Sprintf(" (%d by tomorrow)", n)
		}
		not = append(not, text)
	}
	if unsure > 0 {
		not = append(not, plural(unsure, "name")+" on hold or not known")
	}
	if n := v.today.Broken; n > 0 {
		not = append(not, plural(n, "record")+" not right")
	}
	switch {
	case len(not) == 0 && b.Total == 0:
		p.Answer = "Not known: nothing is watched yet. Import the names that your clients own."
		return p
	case len(not) == 0:
		p.Answer = "Yes. No name has lapsed or expires within 14 days, and every record that we could check is right."
		return p
	}
	p.Answer = "No: " + strings.Join(not, ", ") + "."
	for _, t := range v.today.Horizon {
		if g := t.Band.Group(); g == models.GroupLapsed || g == models.GroupSoon {
			p.Lines = append(p.Lines, line{Name: notify.ShownName(t.Name), Text: v.expiry(t.ExpiresAt), URL: v.page(t.Name)})
		}
	}
	p.cut()
	return p
}

// todo answers "What is open?".
func (v *view) todo(open int) part {
	p := part{Heading: "What is open?"}
	if open == 0 {
		p.Answer = "Nothing is open."
		return p
	}
	var counts []string
	for _, c := range []struct {
		n    int
		noun string
		rest string
	}{
		{v.today.OpenCount, "finding", ""},
		{v.today.Board.Unanswered, "owner", " who did not answer"},
		{v.today.Held, "notice", " held"},
		{v.today.Blocked, "notice", " without a usable address"},
		{v.today.Returned, "message", " refused or come back"},
	} {
		if c.n > 0 {
			counts = append(counts, plural(c.n, c.noun)+c.rest)
		}
	}
	p.Answer = capital(strings.Join(counts, ", ")) + "."
	for i := range v.today.Findings {
		f := &v.today.Findings[i]
		p.Lines = append(p.Lines, line{
			Name: notify.ShownName(f.DomainName), URL: v.page(f.DomainName),
			Text: fmt.Sprintf("%s: %s. %s, open for %s", capital(string(f.Finding.Severity)), strings.TrimSuffix(notify.Printable(f.Finding.Title, 160), "."),
				notify.Printable(f.ClientName, 80), age(v.now.Sub(f.Finding.OpenedAt))),
		})
	}
	p.cut()
	if more := v.today.OpenCount - len(p.Lines); more > 0 {
		p.More = plural(more, "more finding") + "."
	}
	for i := range min(len(v.today.Unanswered), digestLines) {
		row := &v.today.Unanswered[i]
		text := "No answer. " + notify.Printable(row.ClientName, 80) + ", " + v.expiry(row.Domain.ExpiresAt)
		if n := row.LastNotice; n != nil && n.SentAt != nil {
			text = "No answer for " + age(v.now.Sub(*n.SentAt)) + ". " + notify.Printable(row.ClientName, 80) + ", " + v.expiry(row.Domain.ExpiresAt)
		}
		p.Lines = append(p.Lines, line{Name: notify.ShownName(row.Domain.Name), Text: text, URL: v.page(row.Domain.Name)})
	}
	return p
}

// works answers "Does it work?".
func (v *view) works() part {
	p := part{Heading: "Does it work?"}
	if b := v.today.Brake; b != nil {
		p.Lines = append(p.Lines, line{"Storm brake", "On since " + v.stamp(b.PulledAt) + ": " + notify.Printable(b.Reason, 160) + ". No client is written to until somebody releases it.", v.baseURL + "/notices"})
	}
	for _, s := range v.late {
		text := "has had no good end yet"
		if s.GoodAt != nil {
			text = "last ended well " + v.stamp(*s.GoodAt)
		}
		p.Lines = append(p.Lines, line{"Task " + notify.Printable(s.Name, 40), text, ""})
	}
	for i := range v.today.Lags {
		l := &v.today.Lags[i]
		p.Lines = append(p.Lines, line{notify.Printable(l.Server, 100), plural(l.Due, "name") + " waiting for this registry server", ""})
	}
	for _, t := range v.off {
		p.Lines = append(p.Lines, line{notify.Printable(t.Name, 100), "switched off: " + notify.Printable(t.Why, 100), v.baseURL + "/ops/deliveries"})
	}
	total := v.today.Board.Total
	fresh := fmt.Sprintf("%s of %s fresh", thousands(total-v.today.Stale), plural(total, "result"))
	waiting := plural(v.today.Queued, "notice") + " waiting to go out"
	p.Answer = "Yes: every recurring task ended in time, " + fresh + ", " + waiting + "."
	switch {
	case len(v.today.Sweeps) == 0:
		p.Answer = "Not known: no recurring task has ended yet."
	case len(p.Lines) > 0:
		p.Answer = fmt.Sprintf("Not all of it: %s to look at, %s, %s.", plural(len(p.Lines), "thing"), fresh, waiting)
	}
	p.cut()
	return p
}

// share is something that could be better for n of so many.
type share struct {
	text  string
	n, of int
	path  string
}

// better answers "How can we do better?".
func (v *view) better() part {
	t, total := v.today, v.today.Board.Total
	p := part{Heading: "How can we do better?"}
	list := []share{
		{"Auto-renew off, or not stated", t.AutoRenew[models.AutoRenewOff] + t.AutoRenew[models.AutoRenewUnknown], total, "/domains"},
		{"Date not published or not known", t.Board.Bands[models.BandNoDate], total, "/domains?days=none"},
		{"Only one contact on record", t.OneContact, t.Board.Clients, "/clients"},
		{"Records not right", t.Broken, t.Records, "/domains?records=broken"},
		{"Checks overdue", t.Stale, total, "/domains?sort=checked"},
	}
	slices.SortStableFunc(list, func(a, b share) int { return cmp.Compare(b.n*max(a.of, 1), a.n*max(b.of, 1)) })
	for _, l := range list {
		if l.n > 0 && l.of > 0 {
			p.Lines = append(p.Lines, line{l.text, fmt.Sprintf("%s of %s", thousands(l.n), thousands(l.of)), v.baseURL + l.path})
		}
	}
	p.Answer = "Largest share first:"
	if len(p.Lines) == 0 {
		p.Answer = "Nothing stands out."
	}
	return p
}

func (p *part) cut() {
	if n := len(p.Lines) - digestLines; n > 0 {
		p.Lines, p.More = p.Lines[:digestLines], fmt.Sprintf("And %s more.", thousands(n))
	}
}

func (v *view) page(domain string) string { return v.baseURL + "/domains/" + url.PathEscape(domain) }

func (v *view) stamp(t time.Time) string { return t.In(v.loc).Format("Mon 2 Jan, 15:04") }

// expiry says when a name expires, as a date and as a distance.
func (v *view) expiry(t *time.Time) string {
	if t == nil {
		return "no date is known"
	}
	date := t.In(v.loc).Format("Mon 2 Jan 2006")
	switch n := models.DaysBetween(v.now, *t, v.loc); {
	case n == 0:
		return "expires today, " + date
	case n == 1:
		return "expires tomorrow, " + date
	case n < 0:
		return "expired " + date + ", " + plural(-n, "day") + " ago"
	default:
		return "expires " + date + ", in " + plural(n, "day")
	}
}

// age words how long something lasts, in days or hours.
func age(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return plural(int(d/(24*time.Hour)), "day")
	case d >= time.Hour:
		return plural(int(d/time.Hour), "hour")
	}
	return "less than an hour"
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
