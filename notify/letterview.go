package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// letterView is what the shared texts of a letter may speak of. Every outside text in it is printable and bounded.
type letterView struct {
	Agency       Agency
	Contact      string
	Role         string
	Several      bool
	Count        int
	Others       int
	FirstName    string
	NamesShown   string
	Registrars   string
	OneRegistrar bool
	Copies       string
	Next         string
	Reference    string
	URL          string
	URLShown     string
	SupportShown string

	items []itemView
	loc   *time.Location
	host  string // ends the UIDs of calendar entries
}

// itemView is what the texts on one domain may speak of.
type itemView struct {
	Kind                    string
	Reason                  string
	Name, FullName, Suffix  string
	Registrar               string // named, or the words for one that is not known
	RegistrarKnown          bool
	Date, DateShort         string
	DayMonth                string
	Today                   string
	Days, DaysAgo           int
	AutoRenew, AutoRenewOn  string
	Checked                 string
	SafeUntil, RecoverUntil string
	RecoverDay              string
	Attested                bool
	AttestedBy, AttestedOn  string
	RegistryDate            string // of an unconfirmed renewal: the date that the registry shows; empty: not known
	RegistrarDate           string // and the registrar's own, which is still the one before; empty: not stated
	Prior                   string
	Gone                    bool // pending delete: nobody can save it
	Points                  []string
	Reference               string
	Agency                  Agency
	expiry                  time.Time // calendar days, zero when not known
	safe, recover           time.Time
	domainID, cycleID       int64
}

// The kinds of notices; each is a file of texts.
const (
	kindPlan          = "plan"
	kindSoon          = "soon"
	kindExpired       = "expired"
	kindRedemption    = "redemption"
	kindPendingDelete = "pending_delete"
	kindUnconfirmed   = "unconfirmed"
)

// kindOf chooses the words by what is true of the domain, not by when the notice was planned.
func kindOf(d *models.Domain, stage models.Stage, days int, p Policy) string {
	const week = 7
	switch {
	case stage == models.StagePendingDelete || d.Lifecycle == models.LifecyclePendingDelete:
		return kindPendingDelete
	case d.Lifecycle == models.LifecycleRedemption:
		return kindRedemption
	case d.Unconfirmed:
		return kindUnconfirmed
	case days < 0 || d.Lifecycle == models.LifecycleExpired:
		return kindExpired
	case days <= week || rungDays(stage, p) <= week:
		return kindSoon
	}
	return kindPlan
}

// rungDays gives how long before expiry a stage stands on the ladder: it may go out earlier, on the business day before.
func rungDays(stage models.Stage, p Policy) int {
	for _, r := range p.Ladder {
		if r.Stage == stage {
			return r.Days
		}
	}
	return 0
}

func newLetterView(l *models.Letter, agency Agency, w *wording, linkURL string, p Policy, now time.Time) *letterView {
	loc := readerZone(l, p)
	_, host, _ := strings.Cut(agency.FromAddress, "@")
	v := &letterView{
		Agency: printableAgency(agency), Contact: clean(l.Contact.Name, 80), Role: string(l.Contact.Role),
		Count: len(l.Items), Others: len(l.Items) - 1, Several: len(l.Items) > 1,
		Reference: Reference(l.Mail.ID), URL: linkURL, URLShown: withoutScheme(linkURL),
		SupportShown: withoutScheme(clean(agency.SupportURL, 200)), loc: loc, host: host,
	}
	var names, registrars, copies []string
	var next time.Time
	for i := range l.Items {
		item := newItemView(&l.Items[i], w, loc, p, now)
		item.Reference, item.Agency = v.Reference, v.Agency
		v.items = append(v.items, item)
		names = append(names, item.Name)
		if !slices.Contains(registrars, item.Registrar) {
			registrars = append(registrars, item.Registrar)
		}
		if t := nextNotice(&l.Items[i].Domain, p, now); !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for i := range l.Copies {
		copies = append(copies, cmp.Or(clean(l.Copies[i].Name, 60), clean(l.Copies[i].Email, 80)))
	}
	v.FirstName, v.NamesShown, v.Registrars, v.Copies = names[0], listed(names), listed(registrars), listed(copies)
	v.OneRegistrar = len(registrars) == 1
	if !next.IsZero() {
		v.Next = w.words.date(w.words.Short, models.DayOf(next, loc))
	}
	return v
}

func newItemView(item *models.LetterItem, w *wording, loc *time.Location, p Policy, now time.Time) itemView {
	d := &item.Domain
	today, expiry := models.DayOf(now, loc), ExpiryDay(*d.ExpiresAt, loc)
	days := int(expiry.Sub(today) / (24 * time.Hour))
	long := func(day time.Time) string { return w.words.date(w.words.Long, day) }
	v := itemView{
		Kind: kindOf(d, item.Notice.Stage, days, p), Reason: item.Notice.Reason,
		Name: unicodeName(d.Name), FullName: fullName(d.Name), Suffix: "." + unicodeName(strings.TrimPrefix(d.Suffix, ".")),
		Date: long(expiry), DateShort: w.words.date(w.words.Short, expiry), DayMonth: w.words.date(w.words.Day, expiry), Today: long(today),
		Days: days, DaysAgo: -days, AutoRenew: string(d.AutoRenew), Gone: d.Lifecycle == models.LifecyclePendingDelete,
		Attested: d.ExpirySource == models.ExpiryAttested, AttestedBy: clean(d.AttestedBy, 80), Points: points(item.Records),
		expiry: expiry, domainID: d.ID, cycleID: item.Cycle.ID,
	}
	v.Registrar, v.RegistrarKnown = clean(d.Registrar, 80), clean(d.Registrar, 80) != ""
	dated := func(t *time.Time, pattern string) string {
		if t == nil {
			return ""
		}
		return w.words.date(pattern, ExpiryDay(*t, loc))
	}
	v.AutoRenewOn, v.AttestedOn = dated(d.AutoRenewAt, w.words.Short), dated(d.AttestedAt, w.words.Short)
	v.Prior = dated(item.PriorSentAt, w.words.Short)
	if r := item.Registration; r != nil && v.Kind == kindUnconfirmed {
		v.RegistryDate, v.RegistrarDate = dated(r.RegistryExpiry, w.words.Long), dated(r.RegistrarExpiry, w.words.Long)
	}
	v.SafeUntil, v.RecoverUntil, v.RecoverDay = dated(d.LastSafeDay, w.words.Short), dated(d.RecoverUntil, w.words.Short), dated(d.RecoverUntil, w.words.Day)
	if d.LastSafeDay != nil {
		v.safe = ExpiryDay(*d.LastSafeDay, loc)
	}
	if d.RecoverUntil != nil {
		v.recover = ExpiryDay(*d.RecoverUntil, loc)
	}
	if d.SeenAt != nil {
		v.Checked = w.words.moment(*d.SeenAt, loc)
	}
	if !v.RegistrarKnown {
		if words, err := w.say("registrar_unknown", nil); err == nil {
			v.Registrar = words
		}
	}
	return v
}

// points gives what stops with the domain, the essential first, each once.
func points(records []models.ExpectedRecord) []string {
	const most = 6
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b models.ExpectedRecord) int {
		if a.Essential == b.Essential {
			return 0
		}
		if a.Essential {
			return -1
		}
		return 1
	})
	var out []string
	for i := range sorted {
		if s := clean(sorted[i].Purpose, 160); s != "" && len(out) < most && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// nextNotice gives when the client hears next if nothing changes; the zero time: not again.
func nextNotice(d *models.Domain, p Policy, now time.Time) time.Time {
	for _, s := range p.steps(d, now) {
		if !s.ops && s.due.After(now) {
			return s.due
		}
	}
	return time.Time{}
}

// readerZone is the contact's zone, else the client's, else the agency's.
func readerZone(l *models.Letter, p Policy) *time.Location {
	for _, name := range []string{l.Contact.TimeZone, l.Client.TimeZone} {
		if name == "" || name == "Local" {
			continue
		}
		if loc, err := time.LoadLocation(name); err == nil {
			return loc
		}
	}
	return p.Office.Location()
}

// Reference gives the number under which a message is found when somebody calls.
func Reference(mailID int64) string { return fmt.Sprintf("DW-%06d", mailID) }

func printableAgency(a Agency) Agency {
	a.Name, a.Phone, a.Hours = clean(a.Name, 100), clean(a.Phone, 60), clean(a.Hours, 120)
	return a
}

func withoutScheme(u string) string {
	if _, rest, ok := strings.Cut(u, "://"); ok {
		u = rest
	}
	return strings.TrimRight(u, "/")
}

func listed(names []string) string { return strings.Join(names, ", ") }
