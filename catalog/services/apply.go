package services

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Application is one application of a template to a zone.
type Application struct {
	Template  Template
	Domain    string            // the zone's name
	Host      string            // below it; empty or "@": the domain itself
	Zone      []ZoneRecord      // what is there
	Variables map[string]string // values of the template's variables
	Groups    []string          // of the records in groups, only those of these; empty: all. Records without a group always count
	Redirects []Record          // A and AAAA of the server that redirects, for REDIR301 and REDIR302
	// Instance names this application on the records it makes, so that it can be told from others and taken back; empty: the records carry
	// no origin, and none is looked at.
	Instance string
}

// Result is what an application does to a zone. New and Deleted are part of what changes; Records is the whole zone afterwards, what
// stays first.
type Result struct {
	New, Deleted, Records []ZoneRecord
}

// Apply works out what applying a template does. Nothing is done when it fails; the error is an *Error.
func Apply(a Application) (Result, error) {
	at, err := newPlace(a.Domain, a.Host)
	if err != nil {
		return Result{}, err
	}
	if a.Template.HostRequired && at.host == "" {
		return Result{}, fail(HostRequired, "%s can't be connected to %s itself; give a host below it",
			cmp.Or(a.Template.ServiceName, a.Template.ServiceID, "this service"), at.domain)
	}
	if err := ambiguous(a.Variables); err != nil {
		return Result{}, err
	}
	x := expander{at: at, vars: newVariables(a.Variables, at), redirects: a.Redirects}
	var wanted []fresh
	for i := range a.Template.Records {
		r := &a.Template.Records[i]
		if len(a.Groups) > 0 && r.GroupID != "" && !slices.Contains(a.Groups, r.GroupID) {
			continue
		}
		made, err := x.expand(r)
		if err != nil {
			return Result{}, err
		}
		for j := range made {
			made[j].group = r.GroupID
		}
		wanted = append(wanted, made...)
	}
	if err := contradiction(wanted); err != nil {
		return Result{}, err
	}
	w := newWork(a.Zone, at.domain)
	if a.Instance != "" && !a.Template.MultiInstance {
		w.retire(&a)
	}
	for i := range wanted {
		w.settle(&wanted[i], a.origin(&wanted[i]))
	}
	return w.result(), nil
}

// origin is what the records of this application carry.
func (a *Application) origin(f *fresh) Origin {
	if a.Instance == "" {
		return nil
	}
	o := Origin{
		"id": a.Instance, "providerId": a.Template.ProviderID, "serviceId": a.Template.ServiceID, "host": a.Host, "essential": string(f.essential),
	}
	if f.group != "" {
		o["groupId"] = f.group
	}
	return o
}

// contradiction finds two records of one template that can't stand together.
func contradiction(wanted []fresh) error {
	for i := range wanted {
		for j := range wanted {
			a, b := &wanted[i].record, &wanted[j].record
			if i == j || !excludes(a, b) || b.Type == "DS" && b.Name == a.Name && a.Type == "NS" { // RFC 4035 section 2.4
				continue
			}
			return fail(InvalidData, "the template asks for %s and %s at %s, which can't stand together", a.Type, b.Type, b.Name)
		}
	}
	return nil
}

// excludes reports whether one new record leaves no room for another new one.
func excludes(a, b *ZoneRecord) bool {
	switch a.Type {
	case "CNAME":
		return a.Name == b.Name
	case "APEXCNAME":
		return a.Name == b.Name && slices.Contains([]string{"A", "AAAA", "CNAME", "MX", "TXT", "APEXCNAME"}, b.Type)
	case "NS":
		return a.Name != apex && ((a.Name == b.Name && b.Type != "NS") || below(b.Name, a.Name))
	}
	return false
}

// work is a zone while a template is applied.
type work struct {
	zone  []ZoneRecord
	gone  []bool
	added []ZoneRecord
	held  map[int]ZoneRecord // what the template asks for and the zone has already, by its place in the zone
	// spared are the earlier applications that this one adds to; they lose what is in conflict and no more.
	spared []string
}

func newWork(zone []ZoneRecord, domain string) *work {
	w := &work{gone: make([]bool, len(zone)), held: map[int]ZoneRecord{}}
	for _, r := range zone {
		w.zone = append(w.zone, r.normal(domain))
	}
	return w
}

// retire removes what an earlier application of the same template at the same host made. An SPF record stays: other people's rules stand in
// it, and the template's own are merged again. With some groups asked for, those records of the others stay: they were not asked about.
func (w *work) retire(a *Application) {
	for i, r := range w.zone {
		o := r.Origin
		if !strings.EqualFold(o.text("providerId"), a.Template.ProviderID) || !strings.EqualFold(o.text("serviceId"), a.Template.ServiceID) ||
			!sameHost(o.text("host"), a.Host) || o.text("id") == "" {
			continue
		}
		if group := o.text("groupId"); len(a.Groups) > 0 && group != "" {
			w.spared = append(w.spared, o.text("id"))
			if !slices.Contains(a.Groups, group) {
				continue
			}
		}
		w.gone[i] = !r.isSPF()
	}
}

func sameHost(a, b string) bool {
	return strings.EqualFold(strings.TrimPrefix(a, apex), strings.TrimPrefix(b, apex))
}

// settle puts one record into the zone and removes what conflicts with it.
func (w *work) settle(f *fresh, origin Origin) {
	if f.rules != nil && !w.mergeSPF(f) {
		return
	}
	for i := range w.zone {
		switch {
		case w.gone[i] || !conflicts(f, &w.zone[i]):
		case f.record.is(&w.zone[i]): // written anew, and no conflict: the connection that made it goes on
			w.gone[i] = true
		default:
			w.remove(i)
		}
	}
	f.record.Origin = origin
	if (f.record.Type == "TXT" || !ruled[f.record.Type]) && w.holds(&f.record) {
		return
	}
	w.added = append(w.added, f.record)
}

// remove takes a record out. When the connection that made it can't do without it, the rest of that connection goes with it.
func (w *work) remove(i int) {
	w.gone[i] = true
	o := w.zone[i].Origin
	id := o.text("id")
	if id == "" || o.text("essential") == string(OnApply) || slices.Contains(w.spared, id) {
		return
	}
	for j := range w.zone {
		if w.zone[j].Origin.text("id") == id && !w.zone[j].isSPF() {
			w.gone[j] = true
		}
	}
}

// holds reports whether the zone has the record already, whatever its lifetime.
func (w *work) holds(r *ZoneRecord) bool {
	same := func(z ZoneRecord) bool {
		return z.Type == r.Type && z.Name == r.Name && (z.Data == r.Data || r.Type == "TXT" && textOf(z.Data) == textOf(r.Data))
	}
	for i, z := range w.zone {
		if !w.gone[i] && same(z) {
			w.held[i] = *r
			return true
		}
	}
	return slices.ContainsFunc(w.added, same)
}

func (w *work) result() Result {
	var r Result
	for i := range w.zone {
		if again, ok := w.held[i]; ok && w.gone[i] { // it went with a connection that was in the way later on
			w.added = append(w.added, again)
		}
	}
	for i, z := range w.zone {
		if w.gone[i] {
			r.Deleted = append(r.Deleted, z)
		} else {
			r.Records = append(r.Records, z)
		}
	}
	r.New = w.added
	r.Records = append(r.Records, w.added...)
	return r
}

func numberOf(n uint32) *Number { return new(Number(strconv.FormatUint(uint64(n), 10))) }
