package monitor

import (
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Situation is what the rules judge: everything that is known of one domain at Now, and what the last look brought.
type Situation struct {
	Domain       models.Domain
	Contacts     []models.Contact
	Registration *models.Registration // merged; nil before the first look
	Statements   []models.Statement   // what each source last stated
	Judgement    Judgement
	Changes      []models.Change // of this judgement
	Stored       []models.Finding
	Records      []models.ExpectedRecord // with their confirmed states
	Delegation   *models.Delegation      // of the DNS look before this one; nil before the first
	DNS          *models.DelegationLook  // nil: no DNS look was made now
	Released     []string                // hosts, addresses and prefixes that the agency gave back
	Standalone   bool                    // a check without a portfolio: rules on clients and contacts do not apply
	Now          time.Time
	Loc          *time.Location // for the dates in the words; nil: UTC
}

// Need is what a rule depends on: without it, its findings stay as they are.
type Need int

// The needs of rules.
const (
	NeedNothing   Need = iota // what is stored of the client and the domain
	NeedFacts                 // an answer on the registration that is recent enough
	NeedLifecycle             // a lifecycle that could be judged, or is known to lack a date
	NeedRecords               // expected records; their confirmed states are stored
	NeedZone                  // a DNS look that the parent answered
	NeedMail                  // a look at the mail records
)

// Rule is one kind of finding. Pages, API, mail and the table of rules in the documentation take their words from it.
type Rule struct {
	Code     string
	Title    string          // in plain words, for an account manager
	Severity models.Severity // usual; the rule may state another one
	Needs    Need
	Client   bool // speaks of the client or its contacts: does not apply to a check without a portfolio
	eval     func(*Situation) []hit
}

// hit is one finding of a rule; empty fields are taken from the rule.
type hit struct {
	subject  string // default: the domain
	severity models.Severity
	title    string
	detail   string
	next     string
	reason   string // default: the code
	cause    string
}

// RegistrationVerdicts states every finding on the registration that holds in the situation, in the order of RegistrationRules.
func RegistrationVerdicts(s *Situation) []models.Verdict { return verdicts(s, registrationRules) }

// DNSVerdicts states every finding on the delegation and the expected records that holds in the situation. What the registration's state
// explains names it as its cause.
func DNSVerdicts(s *Situation) []models.Verdict {
	return foldTakeovers(s, fold(s, append(verdicts(s, dnsRules), otherProblems(s)...)))
}

// RegistrationRules lists the rules on registrations.
func RegistrationRules() []Rule { return slices.Clone(registrationRules) }

// DNSRules lists the rules on delegations and expected records.
func DNSRules() []Rule { return slices.Clone(dnsRules) }

// RegistrationJudged says which codes RegistrationVerdicts could judge in the situation.
func RegistrationJudged(s *Situation) func(code string) bool {
	return judgedCodes(s, registrationRules)
}

// DNSJudged says which codes DNSVerdicts could judge in the situation.
func DNSJudged(s *Situation) func(code string) bool {
	known := judgedCodes(s, dnsRules)
	return func(code string) bool {
		// A stored problem that the rules do not know was named by another version of the prober.
		return known(code) && s.mailJudged(code) || (strings.HasPrefix(code, problemPrefix) && s.knows(NeedZone))
	}
}

func verdicts(s *Situation, rules []Rule) []models.Verdict {
	var out []models.Verdict
	for _, r := range rules {
		if !s.met(r) {
			continue
		}
		for _, h := range r.eval(s) {
			out = append(out, r.verdict(s, h))
		}
	}
	return out
}

func (r Rule) verdict(s *Situation, h hit) models.Verdict {
	v := models.Verdict{
		Code: r.Code, Subject: h.subject, Severity: h.severity, Title: h.title, Detail: h.detail, NextStep: h.next,
		Reason: h.reason, CauseCode: h.cause,
	}
	if v.Subject == "" {
		v.Subject = s.Domain.Name
	}
	if v.Severity == "" {
		v.Severity = r.Severity
	}
	if v.Title == "" {
		v.Title = r.Title
	}
	if v.Reason == "" {
		v.Reason = r.Code
	}
	return v
}

func judgedCodes(s *Situation, rules []Rule) func(string) bool {
	return func(code string) bool {
		i := slices.IndexFunc(rules, func(r Rule) bool { return r.Code == code })
		return i >= 0 && s.met(rules[i])
	}
}

// met reports whether a rule applies and what it depends on is known.
func (s *Situation) met(r Rule) bool { return (!r.Client || !s.Standalone) && s.knows(r.Needs) }

func (s *Situation) knows(n Need) bool {
	switch n {
	case NeedNothing, NeedRecords:
		return true
	case NeedFacts:
		return s.Registration != nil && s.Registration.FactsAt != nil && !s.Judgement.Stale
	case NeedLifecycle:
		return s.Judgement.Lifecycle != models.LifecycleUnknown ||
			s.Judgement.Why == models.WhyNoPublicExpiry || s.Judgement.Why == models.WhyUnparsedExpiry
	case NeedZone:
		return s.DNS != nil && s.DNS.Outcome.Answered()
	case NeedMail:
		return s.DNS != nil && s.DNS.Mail != nil
	}
	return false
}

// stood gives the stored finding of a code that is open for less than a time; nil: none.
func (s *Situation) stood(code string, less time.Duration) *models.Finding {
	for i := range s.Stored {
		f := &s.Stored[i]
		if f.Code == code && f.State == models.FindingOpen && s.Now.Sub(f.OpenedAt) < less {
			return f
		}
	}
	return nil
}

// changed gives this judgement's change of a field; nil: none.
func (s *Situation) changed(field string) *models.Change {
	for i := range s.Changes {
		if s.Changes[i].Field == field {
			return &s.Changes[i]
		}
	}
	return nil
}

// day words a date for people.
func (s *Situation) day(t time.Time) string {
	loc := s.Loc
	if loc == nil {
		loc = time.UTC
	}
	return t.In(loc).Format("2 Jan 2006")
}

// expiryDay words the effective expiry. A calendar day is the same everywhere.
func (s *Situation) expiryDay() string {
	e := s.Judgement.Expiry
	switch {
	case e.At == nil:
		return "an unknown date"
	case e.DateOnly:
		return e.At.UTC().Format("2 Jan 2006")
	}
	return s.day(*e.At)
}

// daysLeft counts calendar days up to the effective expiry; ok is false without a date.
func (s *Situation) daysLeft() (days int, ok bool) {
	e := s.Judgement.Expiry
	if e.At == nil {
		return 0, false
	}
	loc := s.Loc
	if loc == nil || e.DateOnly {
		loc = time.UTC
	}
	return models.DaysBetween(s.Now, *e.At, loc), true
}

func (s *Situation) registrar() string {
	if s.Registration == nil || s.Registration.Registrar == "" {
		return "the registrar"
	}
	return s.Registration.Registrar
}
