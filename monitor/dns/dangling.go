package dns

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
)

// maxTargets bounds how many names outside the domain are looked up in one look.
const maxTargets = 32

// targetOnce is the look-up of one alias's target, shared by all records that name it.
type targetOnce struct {
	once sync.Once
	t    Target
}

// target looks up whether the target of an alias exists, once in a look.
func (s *session) target(ctx context.Context, name string, special bool) Target {
	key := name
	if special {
		key = "_ " + name
	}
	s.mu.Lock()
	if s.targets == nil {
		s.targets = map[string]*targetOnce{}
	}
	o, ok := s.targets[key]
	if !ok {
		o = &targetOnce{}
		s.targets[key] = o
	}
	s.mu.Unlock()
	o.once.Do(func() { o.t = s.lookTarget(ctx, name, special) })
	return o.t
}

// reference is a record of the domain that leads to a name outside it; without a name, it is not known where records of the kind lead.
type reference struct {
	kind models.TargetKind
	host string
	name string
	why  string // without a name
}

// lookTargets says of every name outside the domain to which its records lead whether it exists: the name servers of both sides, the mail
// servers and SPF includes of the domain itself, and whatever the expected records were seen to name.
func (s *session) lookTargets(ctx context.Context, v view, looks []models.RecordLook) []models.TargetLook {
	refs := slices.Concat(nameServers(v), s.mailTargets(ctx, v), seenTargets(looks))
	refs = outside(lowerName(v.domain), refs)
	targets := make([]models.TargetLook, len(refs))
	var wg sync.WaitGroup
	for i, r := range refs {
		wg.Go(func() { targets[i] = s.lookReference(ctx, r) })
	}
	wg.Wait()
	return targets
}

// nameServers are the names of the domain's servers on either side of the delegation.
func nameServers(v view) []reference {
	var refs []reference
	for _, name := range slices.Concat(v.parent.cut.ns, v.zone.nsNames()) {
		refs = append(refs, reference{kind: models.TargetNS, host: lowerName(v.domain), name: lowerName(name)})
	}
	return refs
}

// mailTargets asks for the MX and TXT records of the domain itself at the first servers that answer.
func (s *session) mailTargets(ctx context.Context, v view) []reference {
	domain := lowerName(v.domain)
	mx, why := s.apex(ctx, v.zone, dns.TypeMX)
	refs := referencesOf(domain, "MX", mx)
	if why != "" {
		refs = append(refs, reference{kind: models.TargetMX, host: domain, why: why})
	}
	txt, why := s.apex(ctx, v.zone, dns.TypeTXT)
	refs = append(refs, referencesOf(domain, "TXT", txt)...)
	if why != "" {
		refs = append(refs, reference{kind: models.TargetSPF, host: domain, why: why})
	}
	return refs
}

// apex gives the canonical values of one type at the top of a zone; why says what kept every server from stating them.
func (s *session) apex(ctx context.Context, z *zone, rtype uint16) (values []string, why string) {
	why = "no server of the zone answers"
	for _, n := range z.serving() {
		f := s.ask(ctx, z.name, n.server, question{z.name, rtype})
		if f.answered() {
			return newAnswer(n.server, question{z.name, rtype}, f).Values, ""
		}
		why = f.detail
	}
	return nil, why
}

// seenTargets are the names that the servers gave for the expected records.
func seenTargets(looks []models.RecordLook) []reference {
	var refs []reference
	for _, l := range looks {
		answered := false
		for _, values := range l.Seen {
			if len(values) == 1 && strings.HasPrefix(values[0], "<") {
				answered = answered || values[0] == noAnswer(AnswerNoData) || values[0] == noAnswer(AnswerNXDomain)
				continue
			}
			answered = true
			refs = append(refs, referencesOf(l.Host, l.Type, values)...)
		}
		if kind, ok := targetKinds[l.Type]; ok && !answered {
			refs = append(refs, reference{kind: kind, host: l.Host, why: "no server of the zone answers"})
		}
	}
	return refs
}

// targetKinds are the types of records that name others.
var targetKinds = map[string]models.TargetKind{
	"CNAME": models.TargetCNAME, "NS": models.TargetNS, "MX": models.TargetMX, "TXT": models.TargetSPF,
}

// referencesOf gives the names in the values of one host's records of a type.
func referencesOf(host, rtype string, values []string) []reference {
	kind, ok := targetKinds[rtype]
	if !ok {
		return nil
	}
	var refs []reference
	for _, v := range values {
		switch rtype {
		case "MX":
			if _, v, ok = strings.Cut(v, " "); ok && v != "." { // a dot alone: there is no mail (RFC 7505)
				refs = append(refs, reference{kind: kind, host: host, name: v})
			}
		case "TXT":
			for _, name := range spfNames(v) {
				refs = append(refs, reference{kind: kind, host: host, name: name})
			}
		default:
			if _, err := netip.ParseAddr(v); err != nil { // an address stands in place of an alias
				refs = append(refs, reference{kind: kind, host: host, name: v})
			}
		}
	}
	return refs
}

// spfNames gives the domains whose senders an SPF record lets in: those of include and redirect that hold no macro (RFC 7208 section 7).
func spfNames(text string) []string {
	fields := strings.Fields(lowerASCII(text))
	if len(fields) == 0 || fields[0] != "v=spf1" {
		return nil
	}
	var names []string
	for _, f := range fields[1:] {
		f = strings.TrimLeft(f, "+-~?")
		name, ok := strings.CutPrefix(f, "include:")
		if !ok {
			name, ok = strings.CutPrefix(f, "redirect=")
		}
		if ok && !strings.Contains(name, "%") {
			names = append(names, strings.TrimSuffix(name, "."))
		}
	}
	return names
}

// outside keeps each reference to a name outside the domain once, in a fixed order, and at most maxTargets.
func outside(domain string, refs []reference) []reference {
	refs = slices.DeleteFunc(refs, func(r reference) bool {
		return r.name != "" && (within(domain, r.name) || checkName(r.name) != nil || !strings.Contains(r.name, "."))
	})
	slices.SortFunc(refs, func(a, b reference) int {
		return strings.Compare(string(a.kind)+" "+a.host+" "+a.name, string(b.kind)+" "+b.host+" "+b.name)
	})
	refs = slices.CompactFunc(refs, func(a, b reference) bool { return a.kind == b.kind && a.host == b.host && a.name == b.name })
	return refs[:min(len(refs), maxTargets)]
}

// lookReference looks up one name. Only what authoritative servers deny counts as absent.
func (s *session) lookReference(ctx context.Context, r reference) models.TargetLook {
	l := models.TargetLook{Kind: r.kind, Host: r.host, Name: shown(r.name), State: models.TargetUnknown, Detail: r.why}
	if r.name == "" {
		return l
	}
	rtype := dns.TypeA
	switch r.kind {
	case models.TargetCNAME:
		return s.target(ctx, fqdn(r.name), underscored(r.host)).look(l)
	case models.TargetNS:
		if set, ok := s.p.cache.addresses(fqdn(r.name), s.p.opts.Now()); ok && set.kind == AnswerData {
			l.State, l.Detail = models.TargetExists, ""
			return l
		}
	case models.TargetSPF:
		rtype = dns.TypeTXT
	case models.TargetMX:
	}
	res := s.resolve(ctx, question{fqdn(r.name), rtype}, nil)
	switch {
	case res.kind == AnswerNXDomain:
		return absentTarget(fqdn(r.name), res).look(l)
	case res.answered():
		l.State, l.Detail = models.TargetExists, ""
	default:
		l.Detail = strings.TrimSuffix(res.detail, ".")
	}
	return l
}

// absentTarget is the target of a chain at whose end a name does not exist.
func absentTarget(name string, res resolution) Target {
	t := Target{Known: true, Absent: true, End: lowerName(name), Detail: "the name does not exist"}
	if n := len(res.chain); n > 0 {
		t.End = lowerName(res.chain[n-1])
		t.Detail = "it is an alias for " + shown(t.End) + ", which does not exist"
	}
	if res.soa != nil {
		t.DeniedBy = lowerName(res.soa.Hdr.Name)
		if t.DeniedBy == "" {
			t.DeniedBy = "."
		}
	}
	return t
}

// look puts what is known of an alias's target into a look.
func (t Target) look(l models.TargetLook) models.TargetLook {
	l.Detail = t.Detail
	switch {
	case !t.Known:
	case t.Absent:
		l.State, l.End, l.DeniedBy = models.TargetAbsent, shown(t.End), shown(t.DeniedBy)
	default:
		l.State = models.TargetExists
	}
	return l
}
