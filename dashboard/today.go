package dashboard

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// todayView answers the four daily questions, each in a sentence first.
type todayView struct {
	Date     string
	Sub      string
	Fresh    []string
	Lapsed   int
	Soon     int
	Unsure   int
	Tomorrow int
	Empty    bool
	Due      []dueView
	Horizon  []horizonColumn

	Open       int
	Tasks      []taskRow // the overdue first
	TaskCount  int
	Overdue    int
	Unanswered []openView
	Silent     int
	Findings   []findingLine
	OpenCount  int

	MoreFindings, MoreDNS int // beyond those listed
	Queued                int
	Held                  int
	Blocked               int
	Returned              int

	Records  int
	Broken   int
	Failing  int
	Total    int
	DNSLines []findingLine
	Workers  []workerView
	Behind   []lagView // registry servers that names wait for too long

	Better     []betterView
	Deliveries bool // there is a log of what ops was told
}

// dueView counts the renewals of the next days.
type dueView struct {
	Days, Count int
	URL         string
}

// openView is a domain whose owner was written to and did not answer.
type openView struct {
	Name nameView
	Mark markView
	Text string
}

// findingLine is a finding in a list.
type findingLine struct {
	Name    nameView
	Subject string // where it is not the domain itself
	Mark    markView
	Title   string
	Client  string
	Age     string
	More    string // findings folded under it
}

// workerView is one recurring task.
type workerView struct {
	Mark  markView
	Note  string
	Last  string
	Items int
}

// lagView is a registry server that is behind with the names that are due there.
type lagView struct {
	Server string
	Mark   markView
	Text   string
}

// betterView is something to improve, as a share.
type betterView struct {
	Text, URL, Note string
	N, Of           int
	Share           string // of 100, where the drawn part of the line ends
}

// todayPage shows the four questions.
func (s *Server) todayPage(w http.ResponseWriter, r *http.Request) error {
	now := s.now()
	t, err := s.opt.Store.Today(r.Context(), now, s.opt.Agency.Zone)
	if err != nil {
		return fmt.Errorf("read today: %w", err)
	}
	d := s.dates(now)
	q := models.TaskQuery{Now: now, Today: models.DayOf(now, d.loc), Limit: maxLines}
	tasks, err := s.opt.Store.Tasks(r.Context(), q)
	if err != nil {
		return fmt.Errorf("read the tasks: %w", err)
	}
	view := buildToday(&t, d, judgeSweeps(t.Sweeps, now, s.started, s.opt.SweepMaxAge))
	view.Deliveries = s.opt.Deliveries != nil
	view.Sub = officeWords(s.opt.Agency.Office, d) + view.Sub
	view.Tasks, view.TaskCount, view.Overdue = taskRows(tasks.Rows, q.Today, d), tasks.Total, tasks.Overdue
	view.Open += tasks.Total
	s.render(w, r, http.StatusOK, "today", head{Title: "Today", Nav: "/"}, view)
	return nil
}

func buildToday(t *models.TodayView, d dates, sweeps []sweepState) todayView {
	b := t.Board
	v := todayView{
		Date: d.now.In(d.loc).Format("Monday 2 January 2006"), Sub: queuedWords(t), Fresh: freshWords(t, d),
		Lapsed: b.Groups[models.GroupLapsed], Soon: b.Groups[models.GroupSoon], Unsure: b.Groups[models.GroupUnsure], Tomorrow: b.Bands[models.BandD1],
		Empty: b.Total == 0, Due: dueViews(b.Bands), Horizon: horizon(t.Horizon, d),
		Silent: b.Unanswered, OpenCount: t.OpenCount, Queued: t.Queued, Held: t.Held, Blocked: t.Blocked, Returned: t.Returned,
		Open:    t.OpenCount + b.Unanswered + t.Held + t.Blocked + t.Returned,
		Records: t.Records, Broken: t.Broken, Failing: b.Bands[models.BandFailing], Total: b.Total, Better: betterViews(t),
	}
	for i := range t.Unanswered {
		v.Unanswered = append(v.Unanswered, buildOpen(&t.Unanswered[i], d))
	}
	for i := range t.Findings {
		f := buildFindingLine(&t.Findings[i], d)
		if isDNSFinding(&t.Findings[i].Finding) {
			v.DNSLines = append(v.DNSLines, f)
		} else {
			v.Findings = append(v.Findings, f)
		}
	}
	v.Findings, v.MoreFindings = firstLines(v.Findings)
	v.DNSLines, v.MoreDNS = firstLines(v.DNSLines)
	v.Unanswered, _ = firstLines(v.Unanswered) // the heading counts them all
	for _, sw := range sweeps {
		v.Workers = append(v.Workers, buildWorker(sw, d))
	}
	for i := range t.Lags {
		v.Behind = append(v.Behind, buildLag(&t.Lags[i], d))
	}
	return v
}

// buildLag says how long names wait for a server, and whether it asked to be left alone.
func buildLag(l *models.ServerLag, d dates) lagView {
	v := lagView{Server: visible(l.Server), Mark: markView{"unk", "s-stale", plural(l.Due, "name") + " wait"}, Text: "longest since " + d.age(l.Oldest)}
	if l.Due == 1 {
		v.Mark.Word = "1 name waits"
	}
	if l.NearDue > 0 {
		v.Mark.Kind, v.Text = "bad", thousands(l.NearDue)+" of them near expiry or in trouble, "+v.Text
	}
	if until := l.Memory.BlockedUntil; until != nil && until.After(d.now) {
		v.Text += "; left alone until " + d.stamp(*until) + ", it answered: " + strings.ToLower(outcomeMark(l.Memory.LastOutcome).Word)
	}
	return v
}

// officeWords says when somebody is there again; nothing while the office is open, or when no hours are known.
func officeWords(o models.Office, d dates) string {
	next := o.NextOpen(d.now)
	if !next.After(d.now) {
		return ""
	}
	return "The office opens again " + next.In(d.loc).Format("Mon 2 Jan, 15:04") + ". "
}

func queuedWords(t *models.TodayView) string {
	switch t.Queued {
	case 0:
		return "No notice waits to go out."
	case 1:
		return "1 notice waits to go out."
	}
	return thousands(t.Queued) + " notices wait to go out."
}

// freshWords says how old what is shown is: the last sweep, and how many results are fresh.
func freshWords(t *models.TodayView, d dates) []string {
	var last *time.Time
	for _, sw := range t.Sweeps {
		if sw.FinishedAt != nil && (last == nil || sw.FinishedAt.After(*last)) {
			last = sw.FinishedAt
		}
	}
	line := "No sweep has finished yet"
	if last != nil {
		line = "Last sweep " + d.stamp(*last) + ", " + d.age(last)
	}
	total := t.Board.Total
	return []string{line, fmt.Sprintf("%s of %s are fresh; %s overdue or never checked", thousands(total-t.Stale), plural(total, "result"), thousands(t.Stale))}
}

func dueViews(bands map[models.Band]int) []dueView {
	var list []dueView
	sum := 0
	for _, step := range []struct {
		days  int
		bands []models.Band
	}{
		{14, []models.Band{models.BandD1, models.BandD3, models.BandD7, models.BandD14}},
		{30, []models.Band{models.BandD30}},
		{60, []models.Band{models.BandD60}},
	} {
		for _, b := range step.bands {
			sum += bands[b]
		}
		list = append(list, dueView{Days: step.days, Count: sum, URL: "/domains?days=" + strconv.Itoa(step.days)})
	}
	return list
}

func buildOpen(row *models.BoardRow, d dates) openView {
	v := openView{Name: nameOf(row.Domain.Name), Mark: answerMark(row, d)}
	if n := row.LastNotice; n != nil && n.SentAt != nil {
		w := d.now.Sub(*n.SentAt)
		v.Mark = markView{"wait", "u-clock", waiting(w)}
		if w > 48*time.Hour {
			v.Mark.Kind, v.Mark.Glyph = "bad", "s-7"
		}
	}
	v.Text = noticeWords(row.LastNotice, d) + ". " + visible(row.ClientName)
	if row.Domain.ExpiresAt != nil {
		verb := "Expires "
		if d.days(*row.Domain.ExpiresAt) < 0 {
			verb = "Expired "
		}
		v.Text = verb + relDays(d.days(*row.Domain.ExpiresAt)) + ". " + v.Text
	}
	return v
}

func buildFindingLine(f *models.FindingView, d dates) findingLine {
	l := findingLine{
		Name: nameOf(f.DomainName), Mark: severityMark(f.Finding.Severity), Title: visible(f.Finding.Title), Client: visible(f.ClientName),
		Age: waiting(d.now.Sub(f.Finding.OpenedAt)),
	}
	if f.Finding.Subject != f.DomainName {
		l.Subject = visible(f.Finding.Subject)
	}
	if f.Children > 0 {
		l.More = "explains " + plural(f.Children, "other finding")
	}
	return l
}

// maxLines is how many lines a list on Today has; the rest is a number and a link.
const maxLines = 8

// firstLines cuts a list to maxLines and says how many there are beyond it.
func firstLines[T any](list []T) ([]T, int) {
	if len(list) <= maxLines {
		return list, 0
	}
	return list[:maxLines], len(list) - maxLines
}

// dnsFindingPrefixes begin the codes of findings about DNS.
var dnsFindingPrefixes = []string{"dns_", "dnshost_", "record_", "zone_"}

func isDNSFinding(f *models.Finding) bool {
	return slices.ContainsFunc(dnsFindingPrefixes, func(p string) bool { return len(f.Code) >= len(p) && f.Code[:len(p)] == p })
}

func buildWorker(s sweepState, d dates) workerView {
	v := workerView{Mark: markView{"ok", "u-check", s.Words}, Last: "never", Items: s.Row.Items}
	if s.Row.FinishedAt != nil {
		v.Last = d.age(s.Row.FinishedAt)
	}
	switch s.Reason {
	case sweepLate:
		v.Mark.Kind, v.Mark.Glyph, v.Note = "bad", "s-7", "did not finish in time"
	case sweepFailed:
		v.Mark.Kind, v.Mark.Glyph, v.Note = "bad", "s-7", visible(s.Row.Error)
	case sweepWaiting:
		v.Mark.Kind, v.Mark.Glyph, v.Note = "unk", "s-unk", "has not finished its first run"
	case sweepInTime:
	}
	return v
}

// betterViews lists what could be better, the largest share first; what is as it should be is left out.
func betterViews(t *models.TodayView) []betterView {
	total := t.Board.Total
	off, unknown := t.AutoRenew[models.AutoRenewOff], t.AutoRenew[models.AutoRenewUnknown]
	list := []betterView{
		{Text: "Auto-renew off, or not stated", URL: "/domains", N: off + unknown, Of: total, Note: fmt.Sprintf("%s off, %s not stated", thousands(off), thousands(unknown))},
		{Text: "Date not published or not known", URL: "/domains?days=none", N: t.Board.Bands[models.BandNoDate], Of: total, Note: "Ask the owner, and record who said so"},
		{Text: "Only one contact on record", URL: "/clients", N: t.OneContact, Of: t.Board.Clients, Note: "If that mailbox is full, nobody hears from us"},
		{Text: "Records not right", URL: "/domains?records=broken", N: t.Broken, Of: t.Records, Note: "Delegated records that are judged and wrong"},
		{Text: "Checks overdue", URL: "/domains?sort=checked", N: t.Stale, Of: total, Note: "No answer for a day although one was due"},
	}
	list = slices.DeleteFunc(list, func(v betterView) bool { return v.N == 0 || v.Of == 0 })
	for i := range list {
		list[i].Share = strconv.FormatFloat(min(float64(list[i].N)*100/float64(list[i].Of), 100), 'f', 1, 64)
	}
	slices.SortStableFunc(list, func(a, b betterView) int { return cmp.Compare(b.N*a.Of, a.N*b.Of) })
	return list
}
