package dns

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
)

// maxSubZones bounds how many delegations below the domain are followed for one record.
const maxSubZones = 6

// asked is one server's answer with the server, so that it can be asked further.
type asked struct {
	Answer
	zone string
	srv  server
}

// records gives the verdict on every expected record. Records are asked at once; the rate of each server address is held all the same.
func (s *session) records(ctx context.Context, v view, expected []models.ExpectedRecord) []models.RecordLook {
	looks := make([]models.RecordLook, len(expected))
	var wg sync.WaitGroup
	for i, want := range expected {
		wg.Go(func() { looks[i] = s.record(ctx, v, want) })
	}
	wg.Wait()
	return looks
}

func (s *session) record(ctx context.Context, v view, want models.ExpectedRecord) models.RecordLook {
	found := Found{Zone: lowerName(v.zone.name), Undelegated: v.parent.cut == nil}
	rtype, known := typeOf(want.Type)
	found.Outside = !within(v.domain, fqdn(want.Host)) || checkName(want.Host) != nil
	if !known || found.Outside {
		return Judge(want, found)
	}
	q := question{fqdn(want.Host), rtype}
	answers := s.find(ctx, v.zone, q, &found, 0)
	s.enrich(ctx, q, want, answers, &found)
	found.take(answers)
	look := Judge(want, found)
	if look.State == models.RecordWrong || look.State == models.RecordMissing {
		if found.Sibling = s.sibling(ctx, q, answers); found.Sibling != nil {
			look = Judge(want, found)
		}
	}
	return look
}

func (f *Found) take(answers []asked) {
	f.Answers = make([]Answer, len(answers))
	for i, a := range answers {
		f.Answers[i] = a.Answer
	}
}

// find asks every server of the zone, and where they refer on, every server of the zone below.
func (s *session) find(ctx context.Context, z *zone, q question, found *Found, depth int) []asked {
	findings := make([]finding, len(z.servers))
	var wg sync.WaitGroup
	for i, n := range z.servers {
		if !n.serves() {
			findings[i] = finding{kind: n.kind, detail: n.detail}
			continue
		}
		wg.Go(func() { findings[i] = s.ask(ctx, z.name, n.server, q) })
	}
	wg.Wait()
	var answers []asked
	var on *cut
	for i, f := range findings {
		srv := z.servers[i].server
		if f.kind == AnswerReferral && (q.rtype != dns.TypeNS || f.cut.zone != q.name) {
			on = joinCuts(on, f.cut)
			continue
		}
		if f.kind == AnswerReferral {
			on = joinCuts(on, f.cut)
		}
		answers = append(answers, asked{Answer: newAnswer(srv, q, f), zone: z.name, srv: srv})
	}
	switch {
	case on == nil || depth >= maxSubZones:
	case q.rtype == dns.TypeNS && on.zone == q.name:
		found.Broken = brokenCut(s.openOnce(ctx, on))
	default:
		found.Zone = lowerName(on.zone)
		answers = descend(answers, s.find(ctx, s.openOnce(ctx, on), q, found, depth+1))
	}
	return answers
}

// descend replaces the answers of the zone above by those of the zone below. Of the former only statements stay that a server made in
// place of referring on: it disagrees with the others, unless it serves the zone below as well.
func descend(above, answers []asked) []asked {
	for _, a := range above {
		if a.Kind.answered() && !slices.ContainsFunc(answers, func(b asked) bool { return b.srv.addr == a.srv.addr }) {
			answers = append(answers, a)
		}
	}
	return answers
}

// joinCuts adds up what several servers say about one delegation; of two different ones the deeper counts.
func joinCuts(a, b *cut) *cut {
	if a == nil || below(a.zone, b.zone) {
		return b
	}
	if a.zone != b.zone {
		return a
	}
	sum := &cut{zone: a.zone, ttl: min(a.ttl, b.ttl), more: max(a.more, b.more), glue: a.glue}
	sum.ns = slices.Compact(slices.Sorted(slices.Values(slices.Concat(a.ns, b.ns))))
	for name, addrs := range b.glue {
		if len(sum.glue[name]) == 0 {
			sum.glue[name] = addrs
		}
	}
	return sum
}

// brokenCut says why a sub-delegation is of no use, empty when some server serves it or may do so.
func brokenCut(z *zone) string {
	f := Found{Zone: lowerName(z.name)}
	for _, n := range z.servers {
		if n.serves() {
			return ""
		}
		f.Answers = append(f.Answers, Answer{Server: n.label(), Kind: n.kind})
	}
	if state, why := unanswered(f); state == models.RecordDelegationBroken {
		return why
	}
	return ""
}

// newAnswer turns a server's finding into an answer with canonical values. A delegation that was asked for as such is an answer too.
func newAnswer(srv server, q question, f finding) Answer {
	a := Answer{Server: srv.label(), Kind: f.kind, NegativeTTL: f.negativeTTL}
	if f.kind == AnswerReferral && f.cut.zone == q.name {
		a.Kind = AnswerData
		for _, name := range f.cut.ns {
			a.Values = append(a.Values, shownTarget(name))
		}
	}
	for _, rr := range f.rrs {
		a.Values = append(a.Values, canonicalRR(rr))
	}
	slices.Sort(a.Values)
	a.Values = slices.Compact(a.Values)
	if f.alias != "" {
		a.Alias = lowerName(f.alias)
	}
	return a
}

// enrich follows what the first answers leave open: aliases in front of other types, addresses in place of an alias, targets of aliases.
func (s *session) enrich(ctx context.Context, q question, want models.ExpectedRecord, answers []asked, found *Found) {
	if q.rtype != dns.TypeCNAME {
		s.followAliases(ctx, q, answers)
		return
	}
	found.Targets = map[string]Target{}
	m, err := newMatcher(want)
	if err != nil {
		return
	}
	var names []string
	for i := range answers {
		a := &answers[i]
		if a.Kind == AnswerNoData {
			a.Addresses = s.inPlace(ctx, a, q.name)
			if len(a.Addresses) > 0 {
				names = append(names, m.targets()...)
			}
		}
		if m.matches(a.Values) {
			names = append(names, a.Values...)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		found.Targets[name] = s.target(ctx, fqdn(name), underscored(q.name))
	}
}

// followAliases looks up the asked type at the end of each alias, once for all servers that name it.
func (s *session) followAliases(ctx context.Context, q question, answers []asked) {
	ends := map[string]resolution{}
	for i := range answers {
		a := &answers[i]
		if a.Alias == "" {
			continue
		}
		res, ok := ends[a.Alias]
		if !ok {
			res = s.resolve(ctx, question{fqdn(a.Alias), q.rtype}, nil)
			ends[a.Alias] = res
		}
		switch {
		case res.kind == AnswerData:
			for _, rr := range res.rrs {
				a.Values = append(a.Values, canonicalRR(rr))
			}
			slices.Sort(a.Values)
		case res.kind == AnswerUnresolved || res.answered():
			a.NegativeTTL = longest(a.NegativeTTL, res.negativeTTL)
		default: // the end could not be looked up: that is no statement on the record
			a.Kind = res.kind
		}
	}
}

// inPlace asks the server that has no alias for the addresses of the name.
func (s *session) inPlace(ctx context.Context, a *asked, name string) []string {
	var addrs []string
	for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
		for _, rr := range s.ask(ctx, a.zone, a.srv, question{name, t}).rrs {
			addrs = append(addrs, canonicalRR(rr))
		}
	}
	slices.Sort(addrs)
	return slices.Compact(addrs)
}

// lookTarget looks up whether the target of an alias exists, at its own authoritative servers. A target without address still serves when it
// has other records, or when the alias is not for a host at all (an underscore label, as of DKIM keys or verifications).
func (s *session) lookTarget(ctx context.Context, name string, special bool) Target {
	t := Target{}
	for _, rtype := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeTXT, dns.TypeMX} {
		res := s.resolve(ctx, question{name, rtype}, nil)
		switch res.kind {
		case AnswerData:
			t.Exists = true
			for _, rr := range res.rrs {
				if addr, ok := addressOf(rr); ok {
					t.Addresses = append(t.Addresses, addr.String())
				}
			}
		case AnswerNXDomain:
			if !t.Exists { // some servers deny the name when they have it and not the type
				return absentTarget(name, res)
			}
		case AnswerNoData:
		default:
			switch {
			case t.Exists: // one type was not to be had; that the name is there is known all the same
				t.Known, t.Incomplete = true, true
				return t
			case res.loop: // every link was answered with authority: no address will ever come of it
				return Target{Known: true, Detail: res.detail}
			}
			return Target{Detail: strings.TrimSuffix(res.detail, ".")}
		}
		if rtype != dns.TypeA && t.Exists {
			break
		}
	}
	t.Known, t.Exists = true, t.Exists || special
	if !t.Exists {
		t.Detail = "the name has no address and no other record that was asked for"
	}
	return t
}

// underscored reports whether a name has a label that begins with an underscore, which no host name has.
func underscored(name string) bool {
	return strings.HasPrefix(name, "_") || strings.Contains(name, "._")
}

// sibling asks for a random name beside the host, at the first server that answered something else than expected. It returns nil at the
// top of a zone, where no wildcard can reach, and when the server has no answer.
func (s *session) sibling(ctx context.Context, q question, answers []asked) *Answer {
	for i := range answers {
		a := answers[i]
		if a.Kind != AnswerData && len(a.Addresses) == 0 {
			continue
		}
		if !below(a.zone, q.name) {
			return nil
		}
		random := question{randomSibling(q.name), q.rtype}
		probe := []asked{{Answer: newAnswer(a.srv, random, s.ask(ctx, a.zone, a.srv, random)), zone: a.zone, srv: a.srv}}
		if q.rtype == dns.TypeCNAME && probe[0].Kind == AnswerNoData {
			probe[0].Addresses = s.inPlace(ctx, &probe[0], random.name)
		}
		s.followAliases(ctx, random, probe)
		if !probe[0].Kind.answered() {
			return nil
		}
		return &probe[0].Answer
	}
	return nil
}
