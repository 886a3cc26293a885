package monitor

import (
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// takeoverPrefix begins the codes of findings on targets that somebody else could come to hold; the kind of target follows.
const (
	takeoverPrefix       = "takeover_"
	CodeTakeoverReleased = takeoverPrefix + "released"
)

// Confidence says how certain it is that somebody else can come to hold a target.
type Confidence string

// The confidences. Confirmed needs two signals that do not hang on each other.
const (
	ConfidenceSuspected Confidence = "suspected"
	ConfidenceConfirmed Confidence = "confirmed"
)

// The reasons for a judgement on an absent target; they are stored.
const (
	reasonUnregistered = "confirmed_unregistered" // the parent zone denies its domain, and so does the registry
	reasonUnclaimed    = "confirmed_unclaimed"    // the vendor's servers deny it, and the vendor lets anybody claim what is not there
	reasonDenied       = "suspected_denied"       // the parent zone denies its domain; the registry was not asked or did not answer
	reasonVendor       = "suspected_vendor"       // the vendor's servers deny it; whether anybody may claim it is not known
	reasonUndelegated  = "dead_undelegated"       // its domain is registered and not delegated
	reasonVendorGone   = "dead_vendor"            // the vendor's servers deny it, and it gives such names to nobody else
	reasonAbsent       = "dead_absent"            // its own domain denies it: only that domain's holder can create it
	reasonReleased     = "released"
)

// takeover is the judgement on one absent target.
type takeover struct {
	confidence Confidence
	reason     string
	who        string // who could hold it: a sentence
}

// can reports whether somebody else can hold the target, as far as is known; otherwise it is merely dead.
func (t takeover) can() bool { return !strings.HasPrefix(t.reason, "dead_") }

// judgeTarget says of an absent target whether somebody else can come to hold it. It is a pure function of what was found.
func judgeTarget(t models.TargetLook) takeover {
	vendor, known := catalog.FindVendor(t.End)
	switch {
	case t.Domain != "" && t.Registration == models.TargetFree:
		return takeover{ConfidenceConfirmed, reasonUnregistered, "The domain " + t.Domain + " is not registered: its parent zone and its registry both say so. Anybody can register it."}
	case t.Domain != "" && t.Registration == models.TargetRegistered:
		return takeover{ConfidenceSuspected, reasonUndelegated, "The domain " + t.Domain + " has no entry in DNS, but its registry says that somebody holds it; it may have lapsed."}
	case t.Domain != "":
		return takeover{ConfidenceSuspected, reasonDenied, "DNS says that the domain " + t.Domain + " does not exist; its registry did not confirm this yet. If it is free, anybody can register it."}
	case known && vendor.Absence == catalog.AbsenceUnclaimed:
		return takeover{ConfidenceConfirmed, reasonUnclaimed, "The name was given up at " + vendor.Name + ", where any customer can claim a name that is not in use."}
	case known && vendor.Absence == catalog.AbsenceGone:
		return takeover{ConfidenceSuspected, reasonVendorGone, "The name was given up at " + vendor.Name + ", which gives such names to nobody else. The record is of no use."}
	case known && vendor.Verifies:
		return takeover{ConfidenceSuspected, reasonVendorGone, "The name is not in use at " + vendor.Name + ", which asks for proof before it serves somebody's host name. The record is of no use."}
	case known:
		return takeover{ConfidenceSuspected, reasonVendor, "The name is not in use at " + vendor.Name + ". Whether another customer could have it, DNS does not tell."}
	}
	return takeover{ConfidenceSuspected, reasonAbsent, "Only who holds the domain of that name can create it. DNS does not tell whether this is still the right firm."}
}

// takeoverWords are the words on one kind of target.
type takeoverWords struct {
	kind      models.TargetKind
	rrtype    string
	title     string          // somebody else can hold the target
	dead      string          // the target is gone, and that is all
	risk      string          // what whoever holds the target can do: a sentence
	confirmed models.Severity // somebody else can hold the target, certainly
	suspected models.Severity // perhaps
	deadAs    models.Severity
}

var takeoverKinds = []takeoverWords{
	{
		models.TargetNS, "NS", "Somebody else can take over the name servers", "A name server is gone for good",
		"Whoever holds a name server decides what the whole zone says: website, mail and all.",
		models.SeverityCritical, models.SeverityMajor, models.SeverityMinor,
	},
	{
		models.TargetCNAME, "CNAME", "Somebody else can publish under the client's name", "An alias leads nowhere",
		"Whoever holds the target publishes under the client's name.",
		models.SeverityCritical, models.SeverityMajor, models.SeverityMinor,
	},
	{
		models.TargetMX, "MX", "Somebody else can read the client's mail", "A mail server is gone for good",
		"Whoever holds a mail server's name receives mail for the client.",
		models.SeverityCritical, models.SeverityMajor, models.SeverityMinor,
	},
	{
		models.TargetSPF, "TXT", "Somebody else can send mail in the client's name", "An SPF record includes what is gone",
		"Whoever holds the included domain decides who may send mail in the client's name.",
		models.SeverityMajor, models.SeverityMinor, models.SeverityMinor,
	},
}

var takeoverRules = makeTakeoverRules()

func makeTakeoverRules() []Rule {
	var rules []Rule
	for _, w := range takeoverKinds {
		rules = append(rules, Rule{
			takeoverPrefix + string(w.kind), w.title, w.confirmed, NeedZone, false,
			func(s *Situation) []hit { return takeoverHits(s, w) },
		})
	}
	return append(rules, takeoverZoneRule, Rule{CodeTakeoverReleased, "A record points to a host that we gave back", models.SeverityMajor, NeedZone, false, releasedHits})
}

// takeoverHits states every absent target of a kind. Where it could not be found out this time, what was stated stays.
func takeoverHits(s *Situation, w takeoverWords) []hit {
	var hits []hit
	for _, t := range s.DNS.Targets {
		switch {
		case t.Kind != w.kind:
		case t.State == models.TargetUnknown:
			hits = append(hits, still(s, takeoverPrefix+string(w.kind), t.Host+" "+w.rrtype+" ", t.Name)...)
		case t.State == models.TargetAbsent:
			if j := judgeTarget(t); !statedDangling(s.Records, t, j) {
				hits = append(hits, w.hit(t, j))
			}
		case t.State == models.TargetExists:
		}
	}
	return hits
}

func (w takeoverWords) hit(t models.TargetLook, j takeover) hit {
	h := hit{subject: t.Host + " " + w.rrtype + " " + t.Name, title: w.title, reason: j.reason}
	h.detail = w.fact(t) + " " + j.who
	switch {
	case !j.can():
		h.title, h.severity = w.dead, w.deadAs
		h.next = "Send the owner the record to remove, or have the right target entered."
	case j.confidence == ConfidenceConfirmed:
		h.severity = w.confirmed
		h.detail += " " + w.risk
		h.next = "Have the owner remove the record today, or correct it; then ask who else held the name in the meantime."
	default:
		h.severity = w.suspected
		h.detail += " " + w.risk + " This is suspected, not certain."
		h.next = "Ask the owner whether the record is still needed, and have it removed or corrected."
	}
	h.detail += " It is to be put right in the client's zone."
	return h
}

// fact says what was found, as a sentence.
func (w takeoverWords) fact(t models.TargetLook) string {
	what := map[models.TargetKind]string{
		models.TargetNS: "names the server ", models.TargetCNAME: "is an alias for ", models.TargetMX: "has the mail server ", models.TargetSPF: "lets in by SPF ",
	}[t.Kind]
	text := t.Host + " " + what + t.Name
	if t.End != t.Name {
		text += ", which leads to " + t.End
	}
	text += ", and that name does not exist"
	if t.DeniedBy != "" && t.DeniedBy != "." {
		text += " by the servers of " + t.DeniedBy
	}
	return text + "."
}

// statedDangling reports whether an expected record says the same as a target that is merely dead or suspected.
func statedDangling(records []models.ExpectedRecord, t models.TargetLook, j takeover) bool {
	if t.Kind != models.TargetCNAME || j.confidence == ConfidenceConfirmed {
		return false
	}
	return slices.ContainsFunc(records, func(r models.ExpectedRecord) bool {
		return r.Host == t.Host && r.Type == "CNAME" && (r.State == models.RecordDangling || r.Pending == models.RecordDangling)
	})
}

// danglingWho says of a record that dangles who could come to hold its target, and whether anybody can, as far as is known; ok is false when
// this look did not find out, or a finding of its own says so.
func danglingWho(s *Situation, r *models.ExpectedRecord) (who string, can, ok bool) {
	if r.State != models.RecordDangling || s.DNS == nil {
		return "", false, false
	}
	i := slices.IndexFunc(s.DNS.Targets, func(t models.TargetLook) bool {
		return t.Kind == models.TargetCNAME && t.Host == r.Host && t.State == models.TargetAbsent
	})
	if i < 0 {
		return "", false, false
	}
	j := judgeTarget(s.DNS.Targets[i])
	if j.confidence == ConfidenceConfirmed {
		return "", false, false
	}
	who = j.who
	if j.can() {
		who += " This is suspected, not certain."
	}
	return who, j.can(), true
}

// still states again what is stored of a code on subjects that begin with host and type; an empty name stands for all of them.
func still(s *Situation, code, prefix, name string) []hit {
	var hits []hit
	for _, f := range s.Stored {
		if f.Code != code || f.State != models.FindingOpen || !strings.HasPrefix(f.Subject, prefix) || name != "" && f.Subject != prefix+name {
			continue
		}
		hits = append(hits, hit{subject: f.Subject, severity: f.Severity, title: f.Title, detail: f.Detail, next: f.NextStep, reason: f.Reason})
	}
	return hits
}

// serverGone are the findings on a server that leads nowhere, with the takeover that explains them.
var serverGone = map[string]struct {
	kind   models.TargetKind
	rrtype string
}{
	problemPrefix + "ns_unresolvable": {models.TargetNS, "NS"},
	problemPrefix + "ns_domain_gone":  {models.TargetNS, "NS"},
	problemPrefix + "mx_domain_gone":  {models.TargetMX, "MX"},
	problemPrefix + "mx_unresolvable": {models.TargetMX, "MX"},
}

// foldTakeovers puts what a takeover explains under it: the record that dangles, and the name server or mail server that leads nowhere.
func foldTakeovers(s *Situation, all []models.Verdict) []models.Verdict {
	stated := func(kind models.TargetKind, subject func(string) bool) bool {
		return slices.ContainsFunc(all, func(v models.Verdict) bool { return v.Code == takeoverPrefix+string(kind) && subject(v.Subject) })
	}
	for i := range all {
		v := &all[i]
		switch {
		case v.CauseCode != "":
		case v.Code == recordPrefix+string(models.RecordDangling):
			if stated(models.TargetCNAME, func(subject string) bool { return strings.HasPrefix(subject, v.Subject+" ") }) {
				v.CauseCode = takeoverPrefix + string(models.TargetCNAME)
			}
		case serverGone[v.Code].kind != "":
			gone, name := serverGone[v.Code], v.Subject
			name, _, _ = strings.Cut(name, " ")
			if stated(gone.kind, func(subject string) bool { return subject == s.Domain.Name+" "+gone.rrtype+" "+name }) {
				v.CauseCode = takeoverPrefix + string(gone.kind)
			}
		}
	}
	return all
}
