package notify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// letterView is what the texts may speak of in the letter as a whole. Every outside text in it is printable and bounded.
type letterView struct {
	Agency       Agency
	Hours        string // when somebody answers the phone, in the reader's language
	Contact      string // the reader's name
	ContactRole  string
	Client       string
	Several      bool // more than one notice
	Count        int  // of names, each once; of accesses
	Others       int  // Count less one
	Action       bool // there is something to do
	FirstName    string
	NamesShown   string // some of the names, and how many more
	Copies       string
	Today        string // the day of the letter
	Next         string // when the next notice comes; empty: none is planned
	Reference    string
	URL          string
	URLShown     string
	SupportShown string

	items  []*itemView
	loc    *time.Location
	host   string // ends the UIDs of calendar entries
	serial int
	w      *wording
}

// maxListed is how many names a sentence lists.
const maxListed = 3

func newLetterView(l *models.Letter, r *Renderer, w *wording, linkURL string, p Policy, now time.Time) (*letterView, error) {
	loc := readerZone(l, p)
	agency := printableAgency(r.agency)
	_, host, _ := strings.Cut(agency.FromAddress, "@")
	v := &letterView{
		Agency: agency, Hours: agency.Hours, Contact: named(l.Contact.Name, 80), ContactRole: string(l.Contact.Role), Client: named(l.Client.Name, 80),
		Count: len(l.Items), Others: len(l.Items) - 1, Several: len(l.Items) > 1,
		Today:     w.words.date(w.words.Long, models.DayOf(now, loc)),
		Reference: Reference(l.Mail.ID), URL: linkURL, URLShown: withoutScheme(linkURL),
		SupportShown: withoutScheme(agency.SupportURL), loc: loc, host: host, serial: int(l.Mail.ID), w: w,
	}
	if w.lang != defaultLanguage { // the agency's own words for it are English
		v.Hours = w.words.hours(p.Office)
	}
	var names, copies []string
	var next time.Time
	domains := map[int64]bool{}
	for i := range l.Items {
		item, err := v.newItem(&l.Items[i], r.repair, p, now)
		if err != nil {
			return nil, err
		}
		v.items, v.Action = append(v.items, item), v.Action || item.kind.steps()
		domains[item.domainID] = true
		if subject := cmp.Or(item.Name, item.Platform); !slices.Contains(names, subject) {
			names = append(names, subject)
		}
		if t := nextNotice(&l.Items[i].Domain, p, now); !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	slices.SortStableFunc(v.items, func(a, b *itemView) int { return a.kind.rank() - b.kind.rank() })
	for i := range l.Copies {
		copies = append(copies, cmp.Or(named(l.Copies[i].Name, 60), named(l.Copies[i].Email, 80)))
	}
	if !v.items[0].kind.access() {
		v.Count = len(domains)
		v.Others = v.Count - 1
	}
	v.FirstName = cmp.Or(v.items[0].Name, v.items[0].Platform)
	if !next.IsZero() {
		v.Next = w.words.date(w.words.Long, models.DayOf(next, loc))
	}
	var err error
	if v.NamesShown, err = v.listed(names); err != nil {
		return nil, err
	}
	if v.items[0].kind.access() && v.Client != "" { // who is written to for a platform is so for the client
		v.NamesShown = v.Client
	}
	v.Copies, err = v.listed(copies)
	return v, err
}

// listed names the first few, and how many more there are.
func (v *letterView) listed(names []string) (string, error) {
	if len(names) <= maxListed {
		return strings.Join(names, ", "), nil
	}
	more, err := v.w.say("and_more", &itemView{letterView: v, Number: len(names) - maxListed})
	return strings.Join(names[:maxListed], ", ") + " " + more, err
}

// whole is the view of texts that belong to no notice of the letter alone.
func (v *letterView) whole() *itemView { return &itemView{letterView: v} }

// group is the view of what is said once for several notices of one kind.
func (v *letterView) group(items []*itemView) (*itemView, error) {
	g := &itemView{letterView: v, kind: items[0].kind.base(), Many: true, Number: len(items)}
	var registrars, hosts, platforms []string
	add := func(list *[]string, s string) {
		if s != "" && !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
	for _, i := range items {
		if i.RegistrarKnown {
			add(&registrars, i.Registrar)
		}
		add(&hosts, i.DNSHost)
		add(&platforms, i.Platform)
		g.Gone = g.Gone || i.Gone
		g.RecordCount += i.RecordCount
	}
	var err error
	for _, list := range []struct {
		into *string
		from []string
	}{{&g.Registrar, registrars}, {&g.DNSHost, hosts}, {&g.Platform, platforms}} {
		if *list.into, err = v.listed(list.from); err != nil {
			return nil, err
		}
	}
	g.RegistrarKnown = g.Registrar != ""
	if !g.RegistrarKnown {
		g.Registrar, err = v.w.say("registrar_unknown", g)
	}
	g.OneRegistrar = len(registrars) <= 1
	return g, err
}

// nextNotice gives when the client hears next if nothing changes; the zero time: not again.
func nextNotice(d *models.Domain, p Policy, now time.Time) time.Time {
	if d.ExpiresAt == nil {
		return time.Time{}
	}
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
func Reference(mailID int64) string { return models.MailReference(mailID) }

func printableAgency(a Agency) Agency {
	a.Name, a.Phone, a.Hours, a.SupportURL = clean(a.Name, 100), clean(a.Phone, 60), clean(a.Hours, 120), clean(a.SupportURL, 200)
	return a
}

func withoutScheme(u string) string {
	if _, rest, ok := strings.Cut(u, "://"); ok {
		u = rest
	}
	return strings.TrimRight(u, "/")
}
