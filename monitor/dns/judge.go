package dns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Answer is what one authoritative server said about one expected record.
type Answer struct {
	Server      string // "ns1.example.lab 192.0.2.1"
	Kind        AnswerKind
	Values      []string // canonical values of the asked type; behind an alias, those at its end
	Alias       string   // the name is an alias for this one (asked for another type than CNAME)
	Addresses   []string // asked for a CNAME and without one: the addresses that the name has in its place
	NegativeTTL time.Duration
}

// Target is what is known of the name that a CNAME points to.
type Target struct {
	Known      bool // it could be looked up
	Exists     bool
	Addresses  []string
	Incomplete bool // it may have further addresses
	Detail     string

	Absent   bool   // authoritative servers say that it, or the last name of its chain of aliases, does not exist
	End      string // the name that is absent
	DeniedBy string // the zone whose servers say so; empty: not stated
}

// Found is everything that bears on one expected record.
type Found struct {
	Zone        string // deepest zone the record lies in
	Outside     bool   // the host is not in the domain
	Gone        string // the parent does not delegate the domain: its own sentence
	Undelegated bool   // the answers are the parent zone's, since it does not delegate
	Broken      string // for an expected NS: why the servers it leads to are of no use
	Answers     []Answer
	Targets     map[string]Target // by canonical name
	Sibling     *Answer           // what a random name beside the host answers: the wildcard, if there is one
	NegativeTTL time.Duration
}

// Judge compares what was found with what is expected. The verdict comes from the servers that answered; the others are a matter of the
// delegation. Where no server answered, the state is no statement on the record.
func Judge(want models.ExpectedRecord, f Found) models.RecordLook {
	look := models.RecordLook{Host: lowerName(want.Host), Type: strings.ToUpper(want.Type), Seen: seen(f.Answers), NegativeTTL: f.NegativeTTL}
	for _, a := range f.Answers {
		look.NegativeTTL = longest(look.NegativeTTL, a.NegativeTTL)
	}
	m, err := newMatcher(want)
	switch {
	case err != nil:
		look.State, look.Detail = models.RecordUnknown, "Not judged: "+err.Error()+"."
	case f.Outside:
		look.State, look.Detail = models.RecordUnknown, "Not judged: the host does not lie in the domain."
	case f.Gone != "":
		look.State, look.Detail = models.RecordDelegationBroken, f.Gone
	default:
		look.State, look.Detail = m.verdict(look.Type, f)
	}
	return look
}

// opinion is the verdict that one server's answer alone would give.
type opinion struct {
	server string
	state  models.RecordState
	why    string
	answer Answer
}

func (m matcher) verdict(rrtype string, f Found) (models.RecordState, string) {
	var opinions []opinion
	undecided := ""
	for _, a := range f.Answers {
		if !a.Kind.answered() {
			continue
		}
		o := opinion{server: a.Server, answer: a}
		o.state, o.why = m.opinion(rrtype, a, f)
		if o.state.Judged() {
			opinions = append(opinions, o)
		} else {
			undecided = o.why
		}
	}
	if len(opinions) == 0 && undecided != "" {
		return models.RecordUnknown, undecided
	}
	if len(opinions) == 0 {
		return unanswered(f)
	}
	state, detail := combine(opinions)
	switch {
	case f.Undelegated && !state.Right():
		return models.RecordDelegationBroken, "The parent zone does not delegate the domain and does not have the record itself."
	case state == models.RecordOK && f.Broken != "":
		return models.RecordDelegationBroken, f.Broken + " The delegation itself is as expected: the servers that it leads to are to be put right."
	case state == models.RecordOK && rrtype == "CNAME":
		return m.dangling(opinions, f, detail)
	case shadowed(opinions, f.Sibling):
		return models.RecordShadowed, "The record is gone; a wildcard answers in its place with " + list(f.Sibling.all()) + "."
	}
	return state, detail
}

// opinion judges one answer by itself.
func (m matcher) opinion(rrtype string, a Answer, f Found) (models.RecordState, string) {
	via := ""
	if a.Alias != "" {
		via = " (an alias for " + a.Alias + ")"
	}
	switch {
	case a.Kind == AnswerNXDomain:
		return models.RecordNameGone, "the name does not exist"
	case a.Kind == AnswerData && m.matches(a.Values):
		return models.RecordOK, "answers as expected" + via
	case a.Kind == AnswerData && (rrtype == "A" || rrtype == "AAAA") && proxied(a.Server, a.Values) != "":
		return models.RecordUnknown, behindProxy(proxied(a.Server, a.Values))
	case a.Kind == AnswerData && len(a.Values) > 0:
		return models.RecordWrong, "answers " + list(a.Values) + via
	case rrtype == "CNAME" && len(a.Addresses) > 0:
		return m.flattened(a, f)
	case a.Alias != "":
		return models.RecordMissing, "the name is an alias for " + a.Alias + ", which has no " + rrtype + " record"
	default:
		return models.RecordMissing, "the name is there, the " + rrtype + " record is not"
	}
}

// flattened judges a name that has addresses where an alias is expected: right when they are all addresses of the alias's target. Where the
// matcher names no target, or a proxy answers in its place, there is nothing to compare with.
func (m matcher) flattened(a Answer, f Found) (models.RecordState, string) {
	unknown := false
	for _, name := range m.targets() {
		t, ok := f.Targets[name]
		switch {
		case !ok || !t.Known:
			unknown = true
		case len(t.Addresses) > 0 && !slices.ContainsFunc(a.Addresses, func(v string) bool { return !slices.Contains(t.Addresses, v) }):
			return models.RecordOKFlattened, "serves addresses of " + name + " in place of the alias"
		case t.Incomplete:
			unknown = true
		}
	}
	switch {
	case proxied(a.Server, a.Addresses) != "":
		return models.RecordUnknown, behindProxy(proxied(a.Server, a.Addresses))
	case len(m.targets()) == 0:
		return models.RecordUnknown, "The name has addresses in place of the alias; whose they are can't be told, since any target of a kind is expected."
	case unknown:
		return models.RecordUnknown, "The name has addresses in place of the alias, and the addresses of its target could not be looked up to compare them."
	}
	return models.RecordWrong, "serves the addresses " + list(a.Addresses) + " in place of the alias"
}

// combine makes one verdict of the servers' opinions. Servers that disagree are all named.
func combine(opinions []opinion) (models.RecordState, string) {
	count := map[models.RecordState]int{}
	for _, o := range opinions {
		count[o.state]++
	}
	first := opinions[0]
	right := count[models.RecordOK] + count[models.RecordOKFlattened]
	switch {
	case right == len(opinions) && count[models.RecordOKFlattened] > 0:
		return models.RecordOKFlattened, sentence(opinions)
	case right == len(opinions):
		return models.RecordOK, sentence(opinions)
	case right > 0 || count[models.RecordWrong] > 0:
		return models.RecordWrong, sentence(opinions)
	case count[first.state] == len(opinions):
		return first.state, sentence(opinions)
	default:
		return models.RecordMissing, sentence(opinions)
	}
}

// sentence says who holds which opinion, servers of one opinion together.
func sentence(opinions []opinion) string {
	by := map[string][]string{}
	var order []string
	for _, o := range opinions {
		if _, ok := by[o.why]; !ok {
			order = append(order, o.why)
		}
		by[o.why] = append(by[o.why], o.server)
	}
	if len(order) == 1 {
		if len(opinions) == 1 {
			return "By " + opinions[0].server + ": " + order[0] + "."
		}
		return fmt.Sprintf("By all %d servers that answered: %s.", len(opinions), order[0])
	}
	parts := make([]string, 0, len(order))
	for _, why := range order {
		parts = append(parts, "by "+strings.Join(by[why], " and ")+": "+why)
	}
	text := strings.Join(parts, "; ") + "."
	return strings.ToUpper(text[:1]) + text[1:]
}

// dangling looks at the targets of a CNAME that is as expected.
func (m matcher) dangling(opinions []opinion, f Found, detail string) (models.RecordState, string) {
	for _, o := range opinions {
		for _, v := range o.answer.Values {
			t, ok := f.Targets[v]
			switch {
			case !ok:
			case !t.Known:
				detail += " Whether " + v + " exists could not be looked up: " + t.Detail + "."
				return models.RecordOK, detail
			case !t.Exists:
				return models.RecordDangling, "The alias is as expected, but " + v + " leads nowhere: " + t.Detail + "."
			}
		}
	}
	return models.RecordOK, detail
}

// shadowed reports whether every server answers for the host just what it answers for a name that nobody created.
func shadowed(opinions []opinion, sibling *Answer) bool {
	if sibling == nil || len(sibling.all()) == 0 {
		return false
	}
	for _, o := range opinions {
		if o.state != models.RecordWrong && o.state != models.RecordMissing || !slices.Equal(o.answer.all(), sibling.all()) {
			return false
		}
	}
	return true
}

// all returns everything that an answer holds, in the order in which it is shown.
func (a Answer) all() []string {
	var all []string
	if a.Alias != "" {
		all = append(all, "CNAME "+a.Alias)
	}
	return slices.Concat(all, a.Values, a.Addresses)
}

// unanswered is the state when no server gave an answer that counts.
func unanswered(f Found) (models.RecordState, string) {
	useless, failing := 0, 0
	parts := make([]string, 0, len(f.Answers))
	for _, a := range f.Answers {
		switch a.Kind {
		case AnswerLame, AnswerRefused, AnswerNotAuth, AnswerUnresolved:
			useless++
		case AnswerServfail, AnswerTimeout, AnswerUnreachable, AnswerMalformed, AnswerForbidden:
			failing++
		case AnswerData, AnswerNoData, AnswerNXDomain, AnswerReferral, AnswerNotAsked:
		}
		parts = append(parts, a.Server+" "+noAnswer(a.Kind))
	}
	who := strings.Join(parts, ", ")
	switch {
	case failing > 0:
		return models.RecordZoneUnreachable, "No server of " + f.Zone + " gave an answer: " + who + "."
	case useless > 0 && useless == len(f.Answers):
		return models.RecordDelegationBroken, "None of the servers that " + f.Zone + " is delegated to serves it: " + who + "."
	case len(f.Answers) > 0:
		return models.RecordUnknown, "Not judged: the servers of " + f.Zone + " were not asked."
	default:
		return models.RecordUnknown, "Not judged: no server is known that could be asked."
	}
}
