package mailauth

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Limits of one evaluation (RFC 7208 section 4.6.4).
const (
	MaxLookups = 10 // terms that cause DNS questions, over all includes and redirects
	MaxVoids   = 2  // questions without a positive answer
	maxNames   = 10 // hosts of one mx, names of one address
)

// Result is what check_host comes to (RFC 7208 section 2.6).
type Result string

// The results.
const (
	ResultNone      Result = "none"
	ResultNeutral   Result = "neutral"
	ResultPass      Result = "pass"
	ResultFail      Result = "fail"
	ResultSoftfail  Result = "softfail"
	ResultTemperror Result = "temperror" // an answer could not be had
	ResultPermerror Result = "permerror" // the records cannot be interpreted
)

// Query is one message to evaluate: who connects, and in whose name.
type Query struct {
	Addr     netip.Addr
	Domain   string // of MAIL FROM, or of HELO when that is empty
	Sender   string // with local part; empty: postmaster at the domain
	HELO     string
	Receiver string    // for explanations; empty: "unknown"
	At       time.Time // for explanations
}

// Check is the outcome of an evaluation with its evidence.
type Check struct {
	Result      Result
	Reason      string   // why, for people
	Path        []string // the terms that led there, from the domain's own record on: "include:_spf.example", "ip4:192.0.2.0/24"
	Lookups     int      // of MaxLookups
	Voids       int      // of MaxVoids
	Explanation string   // what the domain wants said on a fail (section 6.2); printable, bounded
}

// CheckHost evaluates the SPF policy of q.Domain for one sender (RFC 7208 section 4).
func CheckHost(ctx context.Context, r Resolver, q Query) Check {
	if q.Sender == "" {
		q.Sender = q.Domain
	}
	local, domain, ok := cutLast(q.Sender, "@")
	if !ok || local == "" {
		q.Sender = "postmaster@" + domain
	}
	if q.Receiver == "" {
		q.Receiver = "unknown"
	}
	q.Addr = q.Addr.Unmap()
	e := &evaluation{r: r, q: q}
	name := lowerName(q.Domain)
	if !multiLabel(name) || !validName(name) {
		return Check{Result: ResultNone, Reason: "the domain is not a name that can be looked up"}
	}
	v, rec := e.host(ctx, name, nil)
	c := Check{Result: v.result, Reason: v.reason, Path: v.path, Lookups: e.lookups, Voids: e.voids}
	if v.result == ResultFail && rec != nil && rec.record.Exp != nil {
		c.Explanation = e.explain(ctx, rec)
	}
	return c
}

// evaluation is one run of check_host with its budget.
type evaluation struct {
	r       Resolver
	q       Query
	lookups int
	voids   int
	inner   verdict // of the include that matched last
}

// verdict ends an evaluation, or one branch of it.
type verdict struct {
	result Result
	reason string
	path   []string
}

func permerror(path []string, format string, args ...any) *verdict {
	return &verdict{ResultPermerror, fmt.Sprintf(format, args...), path}
}

func temperror(path []string, format string, args ...any) *verdict {
	return &verdict{ResultTemperror, fmt.Sprintf(format, args...), path}
}

// policy is a record with the domain that it was found at.
type policy struct {
	domain string
	record *Record
}

// host evaluates the record of one domain. The policy returned is the one that decided, after redirects.
func (e *evaluation) host(ctx context.Context, domain string, path []string) (verdict, *policy) {
	a := e.r.Resolve(ctx, domain, TypeTXT)
	if len(path) > 0 {
		if over := e.void(a, path); over != nil {
			return *over, nil
		}
	}
	text, v := selectSPF(domain, a, path)
	if v != nil {
		return *v, nil
	}
	rec, err := ParseSPF(text)
	if err != nil {
		return *permerror(path, "in the record of %s, %v", domain, err), nil
	}
	p := &policy{domain, rec}
	for i := range rec.Mechanisms {
		t := &rec.Mechanisms[i]
		at := along(path, t.Text)
		matched, end := e.matches(ctx, p, t, at)
		switch {
		case end != nil:
			return *end, nil
		case matched:
			v := verdict{qualified(t.Qualifier), fmt.Sprintf("%s of %s matches", t.Text, domain), at}
			if t.Name == "include" {
				v.path = e.inner.path
				v.reason = fmt.Sprintf("%s, and so %s", e.inner.reason, v.reason)
			}
			return v, p
		}
	}
	if rec.Redirect == nil {
		return verdict{ResultNeutral, "no mechanism of " + domain + " matches", path}, p
	}
	return e.redirect(ctx, p, along(path, rec.Redirect.Text))
}

// along is a path with one more term; the path itself stays as it is.
func along(path []string, term string) []string { return append(slices.Clip(path), term) }

func (e *evaluation) redirect(ctx context.Context, p *policy, path []string) (verdict, *policy) {
	if over := e.count(path); over != nil {
		return *over, nil
	}
	target := e.target(ctx, p, p.record.Redirect)
	if !validName(target) {
		return *permerror(path, "redirect leads to %q, which is no domain name", Shown(target, 80)), nil
	}
	v, decided := e.host(ctx, target, path)
	if v.result == ResultNone {
		return *permerror(v.path, "redirect leads to %s, which has no SPF record", target), nil
	}
	return v, decided
}

// selectSPF takes the SPF record out of the texts of a name (RFC 7208 section 4.5).
func selectSPF(domain string, a Answer, path []string) (string, *verdict) {
	if a.Status == Failed {
		return "", temperror(path, "the SPF record of %s could not be looked up: %s", domain, a.Detail)
	}
	var texts []string
	for _, t := range a.Texts {
		if text := strings.Join(t, ""); IsSPF(text) {
			texts = append(texts, text)
		}
	}
	switch len(texts) {
	case 0:
		return "", &verdict{ResultNone, domain + " has no SPF record", path}
	case 1:
		return texts[0], nil
	}
	return "", permerror(path, "%s has %d SPF records, and one is allowed", domain, len(texts))
}

func qualified(q Qualifier) Result {
	switch q {
	case QualifierFail:
		return ResultFail
	case QualifierSoftfail:
		return ResultSoftfail
	case QualifierNeutral:
		return ResultNeutral
	default:
		return ResultPass
	}
}

// count takes one term off the budget of lookups.
func (e *evaluation) count(path []string) *verdict {
	e.lookups++
	if e.lookups > MaxLookups {
		return permerror(path, "more than %d lookups are needed", MaxLookups)
	}
	return nil
}

// void takes an answer without records off the budget of those.
func (e *evaluation) void(a Answer, path []string) *verdict {
	if a.Status != NoData && a.Status != NXDomain {
		return nil
	}
	e.voids++
	if e.voids > MaxVoids {
		return permerror(path, "more than %d lookups lead to nothing", MaxVoids)
	}
	return nil
}

// target expands the domain-spec of a term; without one it is the policy's own domain. A name that is too long loses labels on its left
// (RFC 7208 section 7.3).
func (e *evaluation) target(ctx context.Context, p *policy, t *Term) string {
	if t.Spec == "" {
		return p.domain
	}
	return fit(lowerName(expand(t.macros, e.values(ctx, p.domain))))
}

func (e *evaluation) values(ctx context.Context, domain string) macroValues {
	return macroValues{
		sender: e.q.Sender, domain: domain, helo: e.q.HELO, addr: e.q.Addr, receiver: e.q.Receiver, at: e.q.At,
		validated: func() string { return e.validatedName(ctx, domain) },
	}
}

const maxName = 253

func fit(name string) string {
	for len(name) > maxName {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			return name
		}
		name = rest
	}
	return name
}

// validName reports whether a name can be asked for: labels of 1 to 63 octets, 253 in all.
func validName(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	return true
}

func multiLabel(name string) bool { return strings.Contains(name, ".") && !isAddress(name) }

func isAddress(s string) bool {
	_, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return err == nil
}

// maxExplanation bounds what is kept of an explanation.
const maxExplanation = 500

// explain fetches and expands the explanation of a fail; whatever goes wrong, there is none (RFC 7208 section 6.2).
func (e *evaluation) explain(ctx context.Context, p *policy) string {
	target := e.target(ctx, p, p.record.Exp)
	if !validName(target) {
		return ""
	}
	a := e.r.Resolve(ctx, target, TypeTXT)
	if a.Status != Found || len(a.Texts) != 1 {
		return ""
	}
	ms, err := parseMacros(strings.Join(a.Texts[0], ""), true)
	if err != nil {
		return ""
	}
	return Shown(expand(ms, e.values(ctx, p.domain)), maxExplanation)
}
