package dashboard

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// delegationOf words the current view of a domain's DNS.
func delegationOf(del *models.Delegation, d dates) delegationView {
	if del == nil {
		return delegationView{}
	}
	v := delegationView{
		Known: true, Mark: lookMark(models.LookDNS, del.Outcome), Asked: "asked " + d.age(&del.LookedAt), Old: d.old(del.AnswerAt),
		Parent: visibleAll(del.ParentNS), Child: visibleAll(del.ChildNS), Detail: visible(del.Detail), Signed: "not known",
	}
	switch {
	case del.Outcome != models.OutcomeOK:
	case sameSet(del.ParentNS, del.ChildNS):
		v.Agree = &markView{"ok", "u-check", "Both sides agree"}
	case len(del.ChildNS) == 0:
		v.Agree = &markView{"unk", "s-unk", "The servers did not say"}
	default:
		v.Agree = &markView{"bad", "u-broken", "The two sides differ"}
	}
	switch del.Signed {
	case models.DNSSECSigned:
		v.Signed = "signed"
	case models.DNSSECUnsigned:
		v.Signed = "not signed"
	case models.DNSSECUnknown:
	}
	for _, s := range del.Servers {
		row := serverRow{Name: visible(s.Name), Address: visible(s.Address), Mark: serverMark(s.Outcome), Detail: visible(s.Detail)}
		if s.Serial != nil {
			row.Serial = strconv.FormatUint(uint64(*s.Serial), 10)
		}
		v.Servers = append(v.Servers, row)
	}
	return v
}

// serverMark words how one server answered for the zone.
func serverMark(outcome string) markView {
	switch outcome {
	case "ok":
		return markView{"ok", "u-check", "Answers"}
	case "lame", "not_authoritative":
		return markView{"bad", "u-x", "Does not serve this zone"}
	case "refused":
		return markView{"bad", "u-x", "Refuses"}
	case "unresolvable":
		return markView{"bad", "u-x", "Has no address"}
	case "servfail":
		return markView{"unk", "s-stale", "Server failure"}
	case "timeout":
		return markView{"unk", "s-stale", "Timed out"}
	case "unreachable":
		return markView{"unk", "s-stale", "No connection"}
	}
	return markView{"unk", "s-unk", strings.ReplaceAll(visible(outcome), "_", " ")}
}

// findingView is an open finding with those it explains folded under it.
type findingView struct {
	ID       int64
	Mark     markView
	Title    string
	Subject  string
	Detail   string
	Next     string
	Since    string
	Assignee string
	Who      string // the same as it is stored, for the form
	Snoozed  string
	Evidence int64 // observation; zero: none
	Children []findingView
}

// handleForm is the forms with which a finding is handled.
type handleForm struct {
	URL  string
	Rest restDays
	F    findingView
}

// handleFor pairs a finding with the address its forms go to.
func handleFor(domain string, rest restDays, f findingView) handleForm {
	return handleForm{domain + "/findings/" + strconv.FormatInt(f.ID, 10), rest, f}
}

// findingViews lists the open findings, worst first. One whose cause is open too is folded under it.
func findingViews(list []models.Finding, d dates) []findingView {
	open := openFindings(list)
	slices.SortStableFunc(open, func(a, b models.Finding) int {
		return cmp.Or(-cmp.Compare(a.Severity.Rank(), b.Severity.Rank()), a.OpenedAt.Compare(b.OpenedAt))
	})
	var top []findingView
	at := map[string]int{} // code of a cause to its place
	for i := range open {
		if f := &open[i]; rootOf(f, open) == f.Code {
			if _, ok := at[f.Code]; !ok {
				at[f.Code] = len(top)
			}
			top = append(top, buildFinding(f, d))
		}
	}
	for i := range open {
		f := &open[i]
		if root := rootOf(f, open); root != f.Code {
			top[at[root]].Children = append(top[at[root]].Children, buildFinding(f, d))
		}
	}
	return top
}

func openFindings(list []models.Finding) []models.Finding {
	return slices.DeleteFunc(slices.Clone(list), func(f models.Finding) bool { return f.State != models.FindingOpen })
}

// rootOf gives the code of the open finding that explains this one in the end: a cause may itself be explained by another. It is the
// finding's own code when nothing that is open explains it, and when causes go in a circle, which none of them can be trusted in.
func rootOf(f *models.Finding, open []models.Finding) string {
	code, cause := f.Code, f.CauseCode
	for range open {
		if cause == "" || cause == code {
			return code
		}
		i := slices.IndexFunc(open, func(o models.Finding) bool { return o.Code == cause })
		if i < 0 {
			return code
		}
		code, cause = open[i].Code, open[i].CauseCode
	}
	return f.Code
}

func buildFinding(f *models.Finding, d dates) findingView {
	v := findingView{
		ID: f.ID, Mark: severityMark(f.Severity), Title: visible(f.Title), Subject: visible(f.Subject), Detail: visible(f.Detail),
		Next: visible(f.NextStep), Since: "since " + d.stamp(f.OpenedAt), Assignee: visible(f.Assignee), Who: f.Assignee,
	}
	if f.Reopened > 0 {
		v.Since += ", came back " + plural(f.Reopened, "time")
	}
	if f.SnoozedUntil != nil && f.SnoozedUntil.After(d.now) {
		v.Snoozed = "hidden from Today until " + d.stamp(*f.SnoozedUntil)
	}
	if f.ObservationID != nil {
		v.Evidence = *f.ObservationID
	}
	return v
}
