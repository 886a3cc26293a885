package mailauth

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// Bounds of one examination.
const (
	maxHosts   = 4 // of each part
	maxSenders = 6 // rules at one host
)

// expectedRule is one mechanism that a connection wants in the SPF record of a host.
type expectedRule struct {
	term   Term
	record models.ExpectedRecord
}

// expectedRules reads what the expected records want of the SPF record at a host; ok is false when none speaks of SPF there.
func expectedRules(expected []models.ExpectedRecord, host string) (rules []expectedRule, ok bool) {
	for _, want := range expected {
		if want.Type != "TXT" || lowerName(want.Host) != host {
			continue
		}
		for _, value := range want.Values {
			terms, spf := ruleTerms(value)
			ok = ok || spf
			for _, t := range terms {
				known := slices.ContainsFunc(rules, func(r expectedRule) bool { return bare(r.term.Text) == bare(t.Text) })
				if !known && len(rules) < maxSenders {
					rules = append(rules, expectedRule{t, want})
				}
			}
		}
	}
	return rules, ok
}

// ruleTerms reads an expected value that is an SPF record, the beginning of one, or rules out of one. Anything else is none of SPF's.
func ruleTerms(value string) (terms []Term, spf bool) {
	words := strings.Fields(strings.Trim(value, `" `))
	for i, w := range words {
		if i == 0 && IsSPF(w) {
			spf = true
			continue
		}
		t, err := parseTerm(w)
		if err != nil || t.Modifier && !spf {
			return nil, spf
		}
		if !t.Modifier && t.Name != "all" && t.Qualifier == QualifierPass {
			terms = append(terms, t)
		}
		// A bare word such as "a" is a rule only in the company of a version.
		if !spf && t.Spec == "" && !t.Net.IsValid() {
			return nil, false
		}
	}
	return terms, spf || len(terms) > 0
}

// spfHosts are the hosts whose SPF records matter: the domain, and those that expected records speak of.
func spfHosts(domain string, expected []models.ExpectedRecord) []string {
	hosts := []string{domain}
	for _, want := range expected {
		host := lowerName(want.Host)
		if _, ok := expectedRules(expected, host); ok && within(domain, host) && !slices.Contains(hosts, host) && len(hosts) < maxHosts {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// sender finds out whether a record lets an expected sender in: whether it is listed, and with an address of it, what receivers come to.
func sender(ctx context.Context, r Resolver, s *survey, rule expectedRule) (models.SPFSender, sample) {
	out := models.SPFSender{Rule: Shown(bare(rule.term.Text), 120)}
	if path, ok := s.listed(rule.term.Text); ok {
		out.Listed = way(path)
	}
	from := sampleOf(ctx, r, s.host, s.org, rule.term)
	if from.addr.IsValid() {
		c := CheckHost(ctx, r, Query{Addr: from.addr, Domain: s.host})
		out.Address, out.Result, out.Reason = from.addr.String(), string(c.Result), c.Reason
		if len(c.Path) > 0 {
			out.Reason += fmt.Sprintf(" (%s)", way(c.Path))
		}
	}
	return out, from
}

// sample is an address that a rule lets send, with what is wrong with the rule's own records.
type sample struct {
	addr   netip.Addr // not valid: none could be told
	broken string     // why the sender's own record cannot be used; empty: it can, or there is none
	failed string
}

// sampleOf takes the first address out of what a rule stands for.
func sampleOf(ctx context.Context, r Resolver, host, org string, t Term) sample {
	s := &survey{host: host, org: org, r: r}
	switch t.Name {
	case "include":
		if depends(t.macros) {
			return sample{}
		}
		s = surveySPF(ctx, r, s.target(host, &t), org)
	default:
		s.term(ctx, host, &t, []string{t.Text}, true)
	}
	out := sample{failed: s.failed}
	switch {
	case t.Name != "include" || s.failed != "":
	case s.record == nil && len(s.issues) == 0:
		out.broken = s.host + " has no SPF record"
	case s.fatal():
		i := slices.IndexFunc(s.issues, func(i issue) bool { return i.fatal })
		out.broken = s.issues[i].detail
	}
	for _, n := range s.nets {
		if n.Masked().Addr().Is4() || !out.addr.IsValid() {
			out.addr = inside(n)
		}
		if out.addr.Is4() {
			break
		}
	}
	return out
}

// inside is an address of a network that is not its first where it has several.
func inside(n netip.Prefix) netip.Addr {
	addr := n.Masked().Addr()
	if n.Bits() < addr.BitLen()-1 {
		return addr.Next()
	}
	return addr
}
