package notify

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Foresee says what goes out in the next days if nothing changes, by planning and collecting day by day on the rows as they are: nobody
// answers, renews, holds or releases anything, a name that passes its date is not renewed, and every look shows what the last one showed. It
// is pure, and writes to the rows that it is given. The rows must have been asked for with the horizon of the last day.
func Foresee(rows []models.Owed, before models.Beforehand, p Policy, now time.Time, days int) models.Forecast {
	office := p.Office
	first := office.Day(now)
	f := &foresight{
		policy: p, rows: rows, now: now, clients: map[int64]models.Client{}, contacts: map[int64]models.Contact{}, names: map[int64]string{},
		listed: map[occasionKey]bool{}, told: map[[2]int64]time.Time{},
		out: models.Forecast{At: now, Days: days, Until: office.At(first.AddDate(0, 0, days), models.ClockTime{}), Unknown: before.Unknown, Brake: before.Brake},
	}
	for range runtime.GOMAXPROCS(0) {
		f.calendars = append(f.calendars, newCalendar(p))
	}
	f.know(&before)
	for n := range days {
		f.day(first.AddDate(0, 0, n), n == 0, &before)
	}
	slices.SortStableFunc(f.out.Tasks, func(a, b models.ForecastItem) int { return a.Notice.DueAt.Compare(b.Notice.DueAt) })
	return f.out
}

// foresight is the work on one forecast: the rows as they come to be, and what was foreseen so far.
type foresight struct {
	policy    Policy
	calendars []*calendar // one for each processor
	rows      []models.Owed
	loose     []models.Notice // wait beside the planner: access, messages that are taken back
	clients   map[int64]models.Client
	contacts  map[int64]models.Contact
	names     map[int64]string
	now       time.Time
	made      int64 // rows that do not exist have negative IDs while they are reckoned with

	listed  map[occasionKey]bool   // what does not go out is told once
	told    map[[2]int64]time.Time // by contact and cycle, when it was written to last by this forecast
	letters []models.ForecastLetter
	sent    map[string]int // messages of the day by address
	tried   map[parcelKey]bool
	out     models.Forecast
}

// occasionKey is a notice's key.
type occasionKey struct {
	domain, cycle, grant      int64
	stage                     models.Stage
	episode, recipient, state string
}

func keyOf(n *models.Notice, state string) occasionKey {
	return occasionKey{n.DomainID, n.CycleID, n.GrantID, n.Stage, n.Episode, n.Recipient, state}
}

// parcelKey is one contact's message of a kind.
type parcelKey struct {
	contact int64
	kind    models.MailKind
}

func (f *foresight) know(before *models.Beforehand) {
	planned := map[int64]bool{}
	for i := range f.rows {
		o := &f.rows[i]
		f.clients[o.Client.ID], f.names[o.Domain.ID] = o.Client, o.Domain.Name
		for _, c := range o.Contacts {
			f.contacts[c.ID] = c
		}
		for j := range o.Notices {
			planned[o.Notices[j].ID] = true
		}
	}
	for _, c := range before.Clients {
		f.clients[c.ID] = c
	}
	for _, c := range before.Contacts {
		f.contacts[c.ID] = c
	}
	for _, d := range before.Domains {
		f.names[d.ID] = d.Name
	}
	for _, n := range before.Waiting {
		if !planned[n.ID] {
			f.loose = append(f.loose, n)
		}
	}
}

// day plans and collects one calendar day.
func (f *foresight) day(day time.Time, today bool, before *models.Beforehand) {
	p := f.policy
	opens, closes := p.Office.At(day, p.SendFrom), p.Office.At(day, p.SendUntil)
	at := later(opens, f.now)
	f.sent, f.tried, f.letters = map[string]int{}, map[parcelKey]bool{}, nil
	if today {
		f.begun(before)
	}
	f.plan(at)
	if at.Before(closes) {
		f.collect(at, day, func(due time.Time) bool { return !due.After(at) })
		f.collect(at, day, func(due time.Time) bool { return due.Before(closes) })
	}
	slices.SortStableFunc(f.letters, func(a, b models.ForecastLetter) int {
		return cmp.Or(a.At.Compare(b.At), urgency(&a).Compare(urgency(&b)), cmp.Compare(a.Key.ContactID, b.Key.ContactID))
	})
	f.out.Letters = append(f.out.Letters, f.letters...)
}

func urgency(l *models.ForecastLetter) time.Time {
	var first time.Time
	for i := range l.Items {
		if at := l.Items[i].Notice.ExpiresAt; first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// begun counts what went out on the day before the forecast was made.
func (f *foresight) begun(before *models.Beforehand) {
	day := f.policy.Office.Day(f.now).Format(time.DateOnly)
	for i := range before.Today {
		m := &before.Today[i]
		if m.State == models.MailCancelled {
			continue
		}
		f.sent[strings.ToLower(m.Recipient)]++
		if m.Day == day && (m.State != models.MailWaiting || m.Attempts > 0) {
			f.tried[parcelKey{m.ContactID, m.Kind}] = true
		}
	}
}

// plan lets the planner do what it will do at an instant, and keeps what it adds.
func (f *foresight) plan(at time.Time) {
	plans := f.plans(at)
	for i := range f.rows {
		o := &f.rows[i]
		for _, n := range plans[i].Add {
			f.made--
			n.ID = f.made
			o.Notices = append(o.Notices, n)
			if n.Channel == models.ChannelTask && n.State == models.NoticeQueued {
				f.out.Tasks = append(f.out.Tasks, f.item(n))
			}
		}
		for j := range o.Notices {
			n := &o.Notices[j]
			if n.State == models.NoticeBlocked && n.Channel == models.ChannelEmail && !n.DueAt.After(at) && f.first(n, "blocked") {
				f.out.Nobody = append(f.out.Nobody, f.item(*n))
			}
		}
	}
}

// plans gives what the planner does with each row at an instant. Rows know nothing of one another, so all processors plan.
func (f *foresight) plans(at time.Time) []models.NoticePlan {
	plans := make([]models.NoticePlan, len(f.rows))
	var wg sync.WaitGroup
	part := (len(f.rows) + len(f.calendars) - 1) / len(f.calendars)
	for k, c := range f.calendars {
		from, until := min(k*part, len(f.rows)), min((k+1)*part, len(f.rows))
		wg.Go(func() {
			for i := from; i < until; i++ {
				passBy(&f.rows[i].Domain, at)
				plans[i] = c.plan(&f.rows[i], at)
			}
		})
	}
	wg.Wait()
	return plans
}

// passBy lets a name whose date has passed be expired, as it is when it was not renewed, and then go the way that the calendar of its suffix
// says: into redemption when the grace is over, and out of it. Where no grace is known, what the registry does after the date is not foreseen.
func passBy(d *models.Domain, at time.Time) {
	if d.ExpiresAt == nil {
		return
	}
	passed := models.PassesAt(*d.ExpiresAt, models.IsCalendarDay(*d.ExpiresAt))
	if (d.Lifecycle == models.LifecycleExpiring || d.Lifecycle == models.LifecycleRegistered) && !at.Before(passed) {
		d.Lifecycle, d.LifecycleSince = models.LifecycleExpired, &passed
	}
	over, lost := d.LastSafeDay, d.RecoverUntil
	if over != nil && lost != nil && d.Lifecycle == models.LifecycleExpired && over.After(passed.Add(24*time.Hour)) && over.Before(*lost) && !at.Before(*over) {
		d.Lifecycle, d.LifecycleSince = models.LifecycleRedemption, over
	}
	if lost != nil && d.Lifecycle == models.LifecycleRedemption && !at.Before(*lost) {
		d.Lifecycle, d.LifecycleSince = models.LifecyclePendingDelete, lost
	}
}

// first reports whether a notice is told of in a state for the first time.
func (f *foresight) first(n *models.Notice, state string) bool {
	k := keyOf(n, state)
	if f.listed[k] {
		return false
	}
	f.listed[k] = true
	return true
}

func (f *foresight) item(n models.Notice) models.ForecastItem {
	i := models.ForecastItem{Notice: n, Domain: f.names[n.DomainID], Client: f.clients[n.ClientID].Name}
	if n.ID < 0 {
		i.Notice.ID = 0
	}
	if n.ContactID != nil {
		if at, ok := f.told[[2]int64{*n.ContactID, n.CycleID}]; ok && n.CycleID != 0 {
			i.PriorAt = &at
		}
	}
	return i
}

// collect binds what is due to messages, as the store does: one of a kind a contact, no more to an address than the cap.
func (f *foresight) collect(at, day time.Time, due func(time.Time) bool) {
	bundles := map[parcelKey][]*models.Notice{}
	var order []parcelKey
	add := func(n *models.Notice) {
		if n.Channel != models.ChannelEmail || n.ContactID == nil || !due(n.DueAt) && n.State != models.NoticeMailed {
			return
		}
		switch n.State {
		case models.NoticeQueued, models.NoticeMailed, models.NoticeHeld:
			k := parcelKey{*n.ContactID, n.Stage.MailKind()}
			if bundles[k] == nil {
				order = append(order, k)
			}
			bundles[k] = append(bundles[k], n)
		default:
		}
	}
	for i := range f.rows {
		for j := range f.rows[i].Notices {
			add(&f.rows[i].Notices[j])
		}
	}
	for i := range f.loose {
		add(&f.loose[i])
	}
	first := func(k parcelKey) time.Time {
		return slices.MinFunc(bundles[k], func(a, b *models.Notice) int { return a.ExpiresAt.Compare(b.ExpiresAt) }).ExpiresAt
	}
	slices.SortFunc(order, func(a, b parcelKey) int {
		return cmp.Or(first(a).Compare(first(b)), cmp.Compare(a.contact, b.contact), cmp.Compare(a.kind, b.kind))
	})
	for _, k := range order {
		f.bundle(k, bundles[k], at, day)
	}
}

// bundle makes the message of one contact.
func (f *foresight) bundle(k parcelKey, notices []*models.Notice, at, day time.Time) {
	contact := f.contacts[k.contact]
	l := models.ForecastLetter{
		Key: models.LetterKey{ContactID: k.contact, Day: day.Format(time.DateOnly), Kind: k.kind}, At: at, State: models.ForecastGoes,
		Client: f.clients[notices[0].ClientID], Contact: contact,
	}
	slices.SortStableFunc(notices, func(a, b *models.Notice) int {
		return cmp.Or(a.ExpiresAt.Compare(b.ExpiresAt), cmp.Compare(a.DomainID, b.DomainID))
	})
	var going []*models.Notice
	for _, n := range notices {
		switch {
		case n.State == models.NoticeHeld:
			if f.first(n, "held") {
				item := f.item(*n)
				item.Held = true
				l.Items = append(l.Items, item)
			}
		case n.State == models.NoticeMailed:
			l.State = models.ForecastOnItsWay
			going = append(going, n)
		case f.tried[k]: // the day's message has gone: the next day's takes it
		default:
			l.At = later(l.At, n.DueAt)
			going = append(going, n)
		}
	}
	if len(going) == 0 {
		if len(l.Items) > 0 {
			l.State = models.ForecastHeld
			f.letters = append(f.letters, l)
		}
		return
	}
	f.dispatch(k, l, going)
}

// dispatch lets a message go, or says why it does not.
func (f *foresight) dispatch(k parcelKey, l models.ForecastLetter, going []*models.Notice) {
	recipient := address(l.Contact)
	onItsWay := l.State == models.ForecastOnItsWay
	switch {
	case l.Client.HeldAt != nil:
		l.State = models.ForecastClientHeld
		going = slices.DeleteFunc(going, func(n *models.Notice) bool { return !f.first(n, "client held") })
	case !usable(&l.Contact): // the planner turns to somebody else
		return
	case f.policy.DailyCap > 0 && !onItsWay && f.sent[recipient] >= f.policy.DailyCap:
		l.State = models.ForecastOverCap
	default:
		if !onItsWay {
			f.sent[recipient]++
		}
		f.tried[k] = true
	}
	for _, n := range going {
		l.Items = append(l.Items, f.item(*n))
		if l.Goes() {
			n.State, n.SentAt = models.NoticeSent, &l.At
		} else if l.State == models.ForecastOverCap {
			n.DueAt = f.policy.NextWindow(l.At)
		}
	}
	for _, n := range going {
		if l.Goes() && n.CycleID != 0 {
			f.told[[2]int64{k.contact, n.CycleID}] = l.At
		}
	}
	if len(l.Items) > 0 {
		f.letters = append(f.letters, l)
	}
}
