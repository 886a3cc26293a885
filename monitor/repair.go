package monitor

import (
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// Repair says how a broken record is put right, in the words of the DNS host that is recognised from the zone's name servers. ok is false
// for a record that is right, or of which nothing is known. It is a pure function of its argument.
func Repair(c models.RepairCase) (r models.Repair, ok bool) {
	rec := &c.Record
	if !rec.State.Judged() || rec.State.Right() {
		return models.Repair{}, false
	}
	w := newRepairer(c)
	switch {
	case rec.State == models.RecordDelegationBroken:
		w.delegation()
	case rec.State == models.RecordDangling:
		w.dangling()
	case rec.Type == "TXT" && w.spf():
	case rec.State == models.RecordWrong:
		w.wrong()
	default:
		w.missing()
	}
	w.r.Ticket = w.ticket()
	return w.r, true
}

// repairer collects what there is to say on one record.
type repairer struct {
	c     models.RepairCase
	rec   *models.ExpectedRecord
	ns    []string // servers of the zone, as far as known
	host  catalog.DNSHost
	hosts []catalog.DNSHost // all that are recognised
	known bool              // host is certain
	ours  bool              // the zone is a sub-delegation to the agency
	r     models.Repair
}

func newRepairer(c models.RepairCase) *repairer {
	w := &repairer{c: c, rec: &c.Record}
	w.r = models.Repair{State: c.Record.State, Side: models.SideClient, Zone: oneLine(c.Domain)}
	if c.Delegation != nil {
		w.ns = c.Delegation.ParentNS
		if len(w.ns) == 0 {
			w.ns = c.Delegation.ChildNS
		}
	}
	if sub := w.subZone(); sub != nil {
		w.r.Zone, w.ns, w.ours = oneLine(sub.Host), sub.Values, true
		w.r.Side = models.SideAgency
	}
	w.hosts, _ = catalog.RecogniseDNSHosts(w.ns)
	if w.host, w.known = catalog.FindDNSHost(w.ns); w.known {
		w.r.DNSHost, w.r.Where = w.host.Name, w.host.Where()
	}
	return w
}

// subZone gives the expected sub-delegation in which the record lies, the deepest one; nil: it lies in the domain's own zone.
func (w *repairer) subZone() *models.ExpectedRecord {
	var found *models.ExpectedRecord
	for i := range w.c.Others {
		o := &w.c.Others[i]
		inside := w.rec.Host == o.Host || strings.HasSuffix(w.rec.Host, "."+o.Host)
		if o.Type != "NS" || o.Host == w.c.Domain || !inside || w.rec.Type == "NS" && w.rec.Host == o.Host {
			continue
		}
		if found == nil || len(o.Host) > len(found.Host) {
			found = o
		}
	}
	return found
}

// at names the place for a sentence: " at Cloudflare", or at whoever it is.
func (w *repairer) at() string {
	switch {
	case w.ours:
		return " on our own servers"
	case w.known:
		return " at " + w.host.Name
	}
	return " at the DNS host"
}

// what names the record for a sentence.
func (w *repairer) what() string { return oneLine(w.rec.Type) + " record of " + oneLine(w.rec.Host) }

func (w *repairer) note(text string) { w.r.Notes = append(w.r.Notes, text) }

// missing is a record to be created: the name or the type is not there, or a wildcard answers in its place.
func (w *repairer) missing() {
	w.r.Action = models.RepairCreate
	w.enter(w.wanted())
	w.r.Summary = "Create the " + w.what() + w.at() + "."
	if w.impossible() {
		w.r.Enter = nil
		w.r.Summary = "No CNAME can be made for " + oneLine(w.rec.Host) + " itself" + w.at() + ": it needs another way to " + listValues(w.rec.Values) + "."
	}
	if w.rec.State == models.RecordShadowed {
		w.r.Summary = "Create the " + w.what() + w.at() + ", beside the wildcard."
		_, parent, _ := strings.Cut(w.rec.Host, ".")
		w.note("A wildcard (*." + oneLine(parent) + ") answers for the name now. Leave it: a record of the name itself goes first.")
	}
	w.aliasInTheWay()
	w.hints()
}

// wrong is a record with another value, on every server or on some.
func (w *repairer) wrong() {
	w.r.Action = models.RepairReplace
	w.enter(w.wanted())
	right, others := w.servers()
	if len(right) > 0 && len(others) > 0 {
		w.disagree(right, others)
	} else {
		w.r.Summary = "Change the " + w.what() + w.at() + " to the value below."
		w.conflicts()
		w.onlyTooMany()
	}
	w.aliasInTheWay()
	w.hints()
}

// onlyTooMany is a record that has what is expected, and further values beside it.
func (w *repairer) onlyTooMany() {
	seen := w.distinct()
	if slices.ContainsFunc(w.rec.Values, func(v string) bool { return !slices.Contains(seen, v) }) {
		return
	}
	w.r.Action, w.r.Enter = models.RepairRemove, nil
	w.r.Summary = "The " + w.what() + w.at() + " has further values beside what is expected: remove those below."
	if len(w.r.Remove) == 0 {
		w.r.Summary = "The " + w.what() + w.at() + " has further values beside what is expected: find out whether they belong there."
	}
}

// dangling is an alias that is as it should be, to a name that is gone.
func (w *repairer) dangling() {
	w.r.Action = models.RepairRemove
	target := oneLine(strings.Join(w.rec.Values, " "))
	w.r.Summary = "Remove the " + w.what() + w.at() + ", or have its target " + target + " restored."
	for _, v := range w.distinct() {
		w.r.Remove = append(w.r.Remove, w.entry(w.rec.Type, v, false))
		if vendor, ok := catalog.FindVendor(v); ok {
			w.note("The target belongs to " + vendor.Name + ". If the service is still wanted, set it up there again under the same name; then the record can stay.")
			return
		}
	}
	w.note("If the service is still wanted, its provider must restore the target; then the record can stay.")
}

// aliasInTheWay tells of an alias on the record's own name, beside which nothing else can stand (RFC 1034 section 3.6.2).
func (w *repairer) aliasInTheWay() {
	target := aliasIn(w.rec.Detail)
	if target == "" || w.rec.Type == "CNAME" {
		return
	}
	if w.rec.Type == "A" || w.rec.Type == "AAAA" {
		w.r.Remove = append(w.r.Remove, w.entry("CNAME", target, false))
		w.note("The name is an alias now, beside which there can be no other record: remove the alias first.")
		return
	}
	w.note("The name is an alias for " + target + ", beside which there can be no other record. Remove the alias if nothing needs it, or have the record entered at " + target + ".")
}

// aliasIn finds the name after which an alias is called in the prober's words on a record.
func aliasIn(detail string) string {
	_, rest, found := strings.Cut(detail, "an alias for ")
	if !found {
		return ""
	}
	if i := strings.IndexAny(rest, " ,;)"); i >= 0 {
		rest = rest[:i]
	}
	return oneLine(strings.TrimSuffix(rest, "."))
}
