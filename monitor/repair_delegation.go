package monitor

import (
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// delegation is a record that nobody can serve, since the name servers are not in order: of a sub-domain, or of the domain itself.
func (w *repairer) delegation() {
	w.r.Action = models.RepairDelegation
	switch {
	case w.rec.Type == "NS" && w.rec.Host != w.c.Domain:
		w.subDelegation(w.rec)
	case w.ours:
		sub := w.subZone()
		w.subDelegation(sub)
		w.note("The " + w.what() + " lies in that sub-domain and is to be looked at again once it is served.")
	default:
		w.domainDelegation()
	}
}

// subDelegation says whose side of a sub-delegation is wrong.
func (w *repairer) subDelegation(ns *models.ExpectedRecord) {
	host, agreed := oneLine(ns.Host), listValues(ns.Values)
	seen := repairer{rec: ns}
	if values := seen.distinct(); ns.State.Right() || len(values) > 0 && fits(ns, values) {
		w.r.Side, w.r.DNSHost, w.r.Where = models.SideAgency, "", ""
		w.r.Summary = "Ours: our name servers do not serve " + host + "; the client's zone hands it to them as agreed."
		w.note("The client's zone names " + agreed + ", as it should. Create the zone " + host + " on these servers, or correct their addresses.")
		w.note("There is nothing for the client to do.")
		return
	}
	w.r.Side = models.SideClient
	w.r.Summary = "Correct the NS records of " + host + w.atClient() + ": the client's zone must hand it to our name servers."
	w.note("Expected name servers of " + host + ": " + agreed + ".")
	if ns == w.rec {
		w.enter(ns.Values)
		w.conflicts()
		w.hints()
		return
	}
	w.note("First put the NS record of " + host + " right.")
}

// atClient names the place of the domain's own zone, whichever zone the record lies in.
func (w *repairer) atClient() string {
	if w.ours || !w.known {
		return ""
	}
	return " at " + w.host.Name
}

// domainDelegation says what the registrar and the zone each name, and which servers are of no use.
func (w *repairer) domainDelegation() {
	registrar := "the registrar"
	if w.c.Registrar != "" {
		registrar = oneLine(w.c.Registrar)
	}
	w.r.Side = models.SideParent
	w.r.Where = ""
	w.r.Summary = "The client has the name servers of " + oneLine(w.c.Domain) + " corrected at " + registrar + "; before that no record can be put right."
	d := w.c.Delegation
	if d == nil || len(d.ParentNS) == 0 {
		w.note("The registry names no name servers for " + oneLine(w.c.Domain) + ". Enter those that the DNS host gives for the domain.")
	} else {
		w.note("The registry names: " + strings.Join(plainList(d.ParentNS), ", ") + ".")
	}
	if d == nil {
		return
	}
	if len(d.ChildNS) > 0 && !slices.Equal(d.ChildNS, d.ParentNS) {
		w.note("The zone itself names: " + strings.Join(plainList(d.ChildNS), ", ") + ".")
	}
	for _, s := range d.Servers {
		if s.Outcome == string(models.OutcomeOK) {
			continue
		}
		w.note(strings.TrimSpace(oneLine(s.Name)+" "+oneLine(s.Address)) + " does not serve the zone: " + strings.TrimSuffix(oneLine(orWord(s.Detail, s.Outcome)), ".") + ".")
	}
	if w.known {
		w.note("These servers belong to " + w.host.Name + ": if the zone was deleted there, it can be created again with the same records.")
	}
	w.enter(w.wanted())
	w.note("Once the name servers are right, the record above must be in the zone.")
}

func orWord(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func plainList(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = oneLine(n)
	}
	return out
}
