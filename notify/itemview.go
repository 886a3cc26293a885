package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// itemView is what a text may speak of: the letter, and of it one notice, or those of one kind together (Many).
type itemView struct {
	*letterView

	Many                    bool
	Number                  int    // how many, where a text counts
	Reason                  string // why the notice is owed, by name
	Name, FullName, Suffix  string // as people read it; with its A-label; with a dot before it
	Registrar               string // named, or the words for one that is not known; of Many: a list
	RegistrarKnown          bool
	OneRegistrar            bool
	Date, DateShort         string // of expiry
	DayMonth                string
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
	Gone                    bool   // pending delete: nobody can save it
	Since                   string // since when it is so: on hold, in transfer, broken, asked for
	ByRegistry              bool   // the registry put the name on hold, not the registrar
	Statuses                string // the EPP statuses behind it
	WasRenewed              bool   // of a retraction: the name had been renewed
	OldDate                 string // the date of expiry before the renewal
	RetractedOn             string // when the message went out that is taken back
	RetractedSubject        string
	RetractedReference      string
	DNSHost, Where          string // where records or access are kept; the way through its menus
	RecordCount             int    // records to put right
	RecordType, RecordHost  string
	RecordAction            string
	RecordEssential         bool
	Platform, GrantRole     string
	Asset, Holder, Purpose  string
	Method                  string // by which access is given, by name
	ReviewDue               string
	MethodWords             string

	kind              kind
	points            []string
	records           []recordView
	expiry            time.Time // calendar days, zero when not known
	safe, recover     time.Time
	old               time.Time
	domainID, cycleID int64
}

// closedRenewed is why a cycle ended whose name was renewed.
const closedRenewed = "renewed"

// statedBy names who stated a date to those whom the letter is for: what is imported, or of a person who was erased, the agency stands for, and
// which of its staff wrote it down is its own affair.
func statedBy(by, agency string) string {
	by, _, _ = strings.Cut(by, " (recorded by ")
	switch by {
	case "", "import", models.ErasedWord:
		return agency
	}
	return by
}

// newItem puts one notice into view.
func (v *letterView) newItem(item *models.LetterItem, repair RepairFunc, p Policy, now time.Time) (*itemView, error) {
	d, w := &item.Domain, v.w
	i := &itemView{
		letterView: v, Number: 1, Reason: item.Notice.Reason, Name: unicodeName(d.Name), FullName: fullName(d.Name),
		Suffix:    "." + unicodeName(strings.TrimPrefix(d.Suffix, ".")),
		AutoRenew: string(d.AutoRenew), Gone: d.Lifecycle == models.LifecyclePendingDelete, Attested: d.ExpirySource == models.ExpiryAttested,
		AttestedBy: named(statedBy(d.AttestedBy, v.Agency.Name), 80), Registrar: named(d.Registrar, 80), OneRegistrar: true, domainID: d.ID, cycleID: item.Cycle.ID,
	}
	if d.ExpiresAt != nil {
		i.expiry = ExpiryDay(*d.ExpiresAt, v.loc)
		i.Days = int(i.expiry.Sub(models.DayOf(now, v.loc)) / (24 * time.Hour))
		i.DaysAgo = -i.Days
		i.Date, i.DateShort, i.DayMonth = w.words.date(w.words.Long, i.expiry), w.words.date(w.words.Short, i.expiry), w.words.date(w.words.Day, i.expiry)
	}
	i.kind = kindOf(d, item.Notice.Stage, i.Days, p)
	if !i.kind.undated() && d.ExpiresAt == nil {
		return nil, fmt.Errorf("the expiry of %s is not known", d.Name)
	}
	i.Attested = i.Attested && i.kind != kindAttest // which says it by itself
	i.RegistrarKnown = i.Registrar != ""
	i.setDates(item)
	i.setFacts(item, now)
	i.setRecords(item, repair)
	if err := i.setGrant(item.Grant); err != nil {
		return nil, err
	}
	if !i.RegistrarKnown {
		var err error
		if i.Registrar, err = w.say("registrar_unknown", i); err != nil {
			return nil, err
		}
	}
	return i, nil
}

// dated words a calendar day or an instant of the reader's; empty when there is none.
func (v *letterView) dated(t *time.Time, pattern string) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return v.w.words.date(pattern, ExpiryDay(*t, v.loc))
}

func (v *itemView) setDates(item *models.LetterItem) {
	d, words := &item.Domain, &v.w.words
	v.AutoRenewOn, v.AttestedOn = v.dated(d.AutoRenewAt, words.Long), v.dated(d.AttestedAt, words.Long)
	v.Prior = v.dated(item.PriorSentAt, words.Long)
	if r := item.Registration; r != nil && v.kind == kindUnconfirmed {
		v.RegistryDate, v.RegistrarDate = v.dated(r.RegistryExpiry, words.Long), v.dated(r.RegistrarExpiry, words.Long)
	}
	v.SafeUntil, v.RecoverUntil, v.RecoverDay = v.dated(d.LastSafeDay, words.Long), v.dated(d.RecoverUntil, words.Long), v.dated(d.RecoverUntil, words.Day)
	if d.LastSafeDay != nil {
		v.safe = ExpiryDay(*d.LastSafeDay, v.loc)
	}
	if d.RecoverUntil != nil {
		v.recover = ExpiryDay(*d.RecoverUntil, v.loc)
	}
	if d.SeenAt != nil {
		v.Checked = words.moment(*d.SeenAt, v.loc)
	}
	if !item.Cycle.ExpiresAt.IsZero() && (v.kind == kindRenewed || v.kind == kindRetraction) {
		v.OldDate, v.old = v.dated(&item.Cycle.ExpiresAt, words.Long), ExpiryDay(item.Cycle.ExpiresAt, v.loc)
	}
}

// setFacts fills in what the notices beside the ladder speak of.
func (v *itemView) setFacts(item *models.LetterItem, now time.Time) {
	words := &v.w.words
	since := &now
	switch d := &item.Domain; {
	case (v.kind == kindHold || d.ExpiresAt == nil && v.kind.dated()) && d.LifecycleSince != nil:
		since = d.LifecycleSince
	case v.kind == kindRecords:
		since = brokenSince(item.Records, now)
	case item.Grant != nil && item.Grant.AskedAt != nil:
		since = item.Grant.AskedAt
	case !item.Notice.CreatedAt.IsZero():
		since = &item.Notice.CreatedAt
	}
	v.Since = v.dated(since, words.Long)
	if r := item.Registration; r != nil {
		var statuses []string
		for _, s := range r.Statuses {
			if s, ok := models.EPPStatus(s); ok && strings.HasSuffix(s, "Hold") {
				statuses = append(statuses, s)
			}
		}
		v.Statuses = strings.Join(statuses, ", ")
		v.ByRegistry = len(statuses) > 0 && !slices.Contains(statuses, "clientHold")
	}
	if m := item.Retracted; m != nil {
		v.RetractedOn, v.RetractedSubject, v.RetractedReference = v.dated(cmp.Or(m.SentAt, &m.CreatedAt), words.Long), named(m.Subject, 150), Reference(m.ID)
	}
	v.WasRenewed = item.Cycle.CloseReason == closedRenewed
	v.points = v.pointsOf(concerned(v.kind, item.Records))
}

// pointsOf gives what stops with the domain, the essential first, each once. A purpose for which there are no words in the reader's
// language is left out: the record stands for itself.
func (v *itemView) pointsOf(records []models.ExpectedRecord) []string {
	const most = 6
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b models.ExpectedRecord) int {
		switch {
		case a.Essential == b.Essential:
			return 0
		case a.Essential:
			return -1
		}
		return 1
	})
	var out []string
	for i := range sorted {
		s := v.w.purpose(named(sorted[i].Purpose, 160))
		if s == "" && v.w.lang != defaultLanguage {
			s = named(sorted[i].Type, 16) + " " + unicodeName(sorted[i].Host)
		}
		if s = strings.TrimSpace(s); s != "" && len(out) < most && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
