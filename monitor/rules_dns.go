package monitor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// recordPrefix begins the codes of findings on expected records; the state follows.
	recordPrefix = models.RecordFindingPrefix
	// problemPrefix begins the codes of findings on the delegation; the prober's code follows.
	problemPrefix = "dns_"
	// CodeZoneUnreachable says that several DNS looks stated nothing.
	CodeZoneUnreachable = "zone_unreachable"
	codeNoDelegation    = problemPrefix + "no_delegation"
	codeAllFailing      = problemPrefix + allServersFailing
	allServersFailing   = "all_servers_failing"
)

// zoneFailuresTold is from how many DNS looks that stated nothing on it is a finding.
const zoneFailuresTold = 3

// recordWords are the words on an expected record in a state that is not right: for an essential one, and for others.
var recordWords = []struct {
	state             models.RecordState
	title             string
	essential, others models.Severity
	next              string
}{
	{models.RecordWrong, "A record has another value", models.SeverityMajor, models.SeverityMinor, "Send the owner the record as it should be."},
	{models.RecordMissing, "A record is missing", models.SeverityMajor, models.SeverityMinor, "Send the owner the record to create."},
	{models.RecordNameGone, "A record's name is gone", models.SeverityMajor, models.SeverityMinor, "Send the owner the record to create."},
	{models.RecordDelegationBroken, "A record can't be served: the delegation is broken", models.SeverityCritical, models.SeverityMajor, "The client corrects the name servers first."},
	{models.RecordDangling, "A record points to a name that does not exist", models.SeverityCritical, models.SeverityMajor, "Have it removed or its target restored today: whoever registers the target can publish under the client's name."},
	{models.RecordShadowed, "A wildcard answers instead of a record", models.SeverityMinor, models.SeverityInfo, "Send the owner the record to create beside the wildcard."},
}

var dnsRules = makeDNSRules()

func makeDNSRules() []Rule {
	rules := []Rule{{CodeZoneUnreachable, "The zone can't be reached", models.SeverityMajor, NeedNothing, false, zoneUnreachable}}
	for _, c := range delegationChecks {
		rules = append(rules, Rule{
			c.Code, c.Title, c.Severity, NeedZone, false,
			func(s *Situation) []hit { return problemHits(s, c) },
		})
	}
	for _, w := range recordWords {
		rules = append(rules, Rule{
			recordPrefix + string(w.state), w.title, w.essential, NeedRecords, false,
			func(s *Situation) []hit { return recordHits(s, w.state, w.others, w.next) },
		})
	}
	return append(append(rules, mailRules()...), takeoverRules...)
}

func zoneUnreachable(s *Situation) []hit {
	if s.Domain.DNSFailures < zoneFailuresTold {
		return nil
	}
	return []hit{{
		detail: fmt.Sprintf("%d looks in a row gave no answer on the zone. What is shown on its records is from before.", s.Domain.DNSFailures),
		next:   "Open the site. If it is down too, call the owner; if not, our own line or the DNS host's limits may be the reason.",
	}}
}

func problemHits(s *Situation, c DelegationCheck) []hit {
	var hits []hit
	for _, p := range s.DNS.Problems {
		if problemPrefix+p.Code != c.Code || !toldNow(s, p) {
			continue
		}
		detail := strings.TrimSpace(p.Detail + " " + c.Means)
		if whose := sideWords(p.Side); whose != "" {
			detail += " " + whose
		}
		hits = append(hits, hit{subject: p.Subject, detail: detail, next: c.repair(p.Side), reason: p.Code})
	}
	return hits
}

// otherProblems states what the prober names and the rules have no words for.
func otherProblems(s *Situation) []models.Verdict {
	if !s.knows(NeedZone) {
		return nil
	}
	var out []models.Verdict
	for _, p := range s.DNS.Problems {
		if checkOf(p.Code) != nil {
			continue
		}
		rule := Rule{Code: problemPrefix + p.Code, Title: "Something is wrong with the delegation", Severity: models.SeverityMinor}
		out = append(out, rule.verdict(s, hit{subject: p.Subject, detail: p.Detail, next: "Look at the evidence below.", reason: p.Code}))
	}
	return out
}

// toldNow holds back what one look can't prove: a server that did not answer once, and a zone none of whose servers answered, which is a
// look that stated nothing.
func toldNow(s *Situation, p models.DelegationProblem) bool {
	switch p.Code {
	case allServersFailing:
		return p.Side == SideParent
	case "ns_timeout":
		return s.Standalone || silentBefore(s.Delegation, p.Subject)
	}
	return true
}

// silentBefore reports whether a server gave no answer in the look before either.
func silentBefore(d *models.Delegation, subject string) bool {
	return d != nil && slices.ContainsFunc(d.Servers, func(l models.ServerLook) bool {
		return l.Outcome != string(models.OutcomeOK) && strings.HasPrefix(subject, l.Name) && strings.Contains(subject, l.Address)
	})
}

func sideWords(side string) string {
	switch side {
	case SideParent:
		return "It is to be put right at the registrar."
	case SideClient:
		return "It is to be put right in the client's zone."
	case SideAgency:
		return "It is on our side."
	case SideProvider:
		return "It is on the DNS host's side."
	}
	return ""
}

func recordHits(s *Situation, state models.RecordState, others models.Severity, usual string) []hit {
	var hits []hit
	for i := range s.Records {
		r, next := &s.Records[i], usual
		if r.State != state {
			continue
		}
		h := hit{subject: recordSubject(s.Records, r), next: next, reason: string(state), detail: strings.TrimSpace(r.Detail)}
		if !r.Essential {
			h.severity = others
		}
		if who, can, ok := danglingWho(s, r); ok {
			h.detail += " " + who
			if !can {
				next = "Have it removed, or its target restored."
			}
		}
		if ourSide(r) {
			h.next = "The client's part is right. Put the zone right on our own name servers, or ask whoever runs them for us."
			h.detail += " " + sideWords(SideAgency)
			h.reason = models.ReasonOurSide
		} else {
			side := ""
			h.next, side = withRepair(next, s.repairCase(r))
			h.detail = strings.TrimSpace(h.detail + " " + sideWords(side))
			if side == SideAgency {
				h.reason = models.ReasonOurSide
			}
		}
		if r.Purpose != "" {
			h.detail = strings.TrimSpace(h.detail + " Why it matters: " + strings.TrimSuffix(r.Purpose, ".") + ".")
		}
		if r.StateAt != nil {
			h.detail = strings.TrimSpace(h.detail + " So since " + s.day(*r.StateAt) + ".")
		}
		hits = append(hits, h)
	}
	return hits
}

// ourSide reports whether a record is a delegation to us that is as expected, and leads to servers that do not serve the zone.
func ourSide(r *models.ExpectedRecord) bool {
	if r.State != models.RecordDelegationBroken || r.Type != "NS" {
		return false
	}
	for _, values := range r.Seen {
		if len(values) > 0 && !strings.HasPrefix(values[0], "<") {
			return true
		}
	}
	return false
}

// recordSubject names a record: host and type, and what is expected where several rows share these.
func recordSubject(all []models.ExpectedRecord, r *models.ExpectedRecord) string {
	subject := r.Host + " " + r.Type
	shared := 0
	for i := range all {
		if all[i].Host == r.Host && all[i].Type == r.Type {
			shared++
		}
	}
	if shared > 1 {
		subject += fmt.Sprintf(" %s %s", r.Match, shorten(strings.Join(r.Values, " "), 60))
	}
	return subject
}

// shorten cuts a text to so many characters.
func shorten(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}

// serverFailures are the codes of single servers' failures, which the failure of all of them sums up.
var serverFailures = []string{
	problemPrefix + "ns_lame", problemPrefix + "ns_not_authoritative", problemPrefix + "ns_timeout", problemPrefix + "ns_unresolvable", problemPrefix + "ns_private_address",
}

// fold names the cause of what is explained by something bigger: a lapsed or held registration explains everything in its DNS, a broken
// delegation its records, those of mail among them, and a change of name servers what broke with it.
func fold(s *Situation, all []models.Verdict) []models.Verdict {
	registration := registrationCause(s)
	delegation := ""
	for _, v := range all {
		if v.Code == codeNoDelegation || v.Code == codeAllFailing {
			delegation = v.Code
		}
	}
	hostIsDown := slices.ContainsFunc(s.Stored, func(f models.Finding) bool { return f.Code == CodeHostFailing && f.State == models.FindingOpen })
	movedServers := ""
	if s.stood(CodeNameserversChanged, changeStands) != nil {
		movedServers = CodeNameserversChanged
	}
	for i := range all {
		v := &all[i]
		inZone := strings.HasPrefix(v.Code, recordPrefix) || strings.HasPrefix(v.Code, mailPrefix)
		switch {
		case strings.HasPrefix(v.Code, takeoverPrefix): // neither a lapse nor a move explains it
		case registration != "":
			v.CauseCode = registration
		case hostIsDown:
			v.CauseCode = CodeHostFailing
		case delegation != "" && v.Code != delegation && (inZone || slices.Contains(serverFailures, v.Code)):
			v.CauseCode = delegation
		case movedServers != "":
			v.CauseCode = movedServers
		}
	}
	return all
}

// registrationCause is the finding on the registration that explains a broken DNS; empty: none.
func registrationCause(s *Situation) string {
	if code := s.lapseCode(); code != "" {
		return code
	}
	if s.Judgement.Lifecycle != models.LifecycleOnHold || s.Registration == nil {
		return ""
	}
	if has(s.Registration, statusClientHold) {
		return CodeOnHoldClient
	}
	return CodeOnHoldServer
}
