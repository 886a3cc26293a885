package dns

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
)

// Look asks the parent of domain for its delegation, every authoritative server for the zone, and each of them for every expected record.
// It always returns a whole look: what could not be learnt is in its Outcome and Detail, never an error. Records[i] belongs to
// expected[i]. A look that ctx cuts short states nothing on the domain and returns at once.
func (p *Prober) Look(ctx context.Context, domain string, expected []models.ExpectedRecord) models.DelegationLook {
	at := p.opts.Now()
	look := models.DelegationLook{Domain: lowerName(domain), At: at, Outcome: models.OutcomeInvalid, ChildSigned: models.DNSSECUnknown}
	s := p.newSession()
	if err := checkName(domain); err != nil {
		look.Detail = "Not looked up: " + err.Error() + "."
		look.Records = unknownRecords(expected, "the domain's name cannot be looked up")
	} else {
		s.look(ctx, &look, expected)
		if ctx.Err() != nil {
			cutShort(&look, expected)
		}
	}
	look.Took = p.opts.Now().Sub(at)
	look.Evidence = s.log.bytes()
	return look
}

// look fills in the parts of a look in the order in which they build on each other.
func (s *session) look(ctx context.Context, look *models.DelegationLook, expected []models.ExpectedRecord) {
	domain := fqdn(look.Domain)
	parent := s.askParent(ctx, domain)
	look.Outcome, look.Detail = parent.outcome, parent.detail
	look.NegativeTTL = parent.finding.negativeTTL
	look.ParentDS = parent.ds
	v := view{domain: domain, parent: parent, private: s.private(), now: look.At}
	switch {
	case !look.Outcome.Answered():
		look.Records = unknownRecords(expected, "the delegation could not be looked up")
		return
	case look.Outcome == models.OutcomeAbsent:
		look.Records = s.undelegated(expected, domain, parent)
		look.Problems = problems(v)
		return
	case parent.cut == nil:
		v.zone = s.enclosing(ctx, parent)
	default:
		v.zone = s.openDomain(ctx, domain, parent.cut)
		v.glue = s.checkGlue(ctx, v.zone, parent.cut)
		v.keys, v.keysKnown = s.keys(ctx, v.zone, func(keys []*dns.DNSKEY) bool { return len(parent.ds) == 0 || keysFit(keys, domain, parent.ds) })
		look.ParentNS = plainNames(parent.cut.ns)
		look.ChildNS = plainNames(v.zone.nsNames())
		look.Servers = serverLooks(v.zone)
		look.ChildSigned = signed(v)
		s.checkStreams(ctx, v)
		s.lookApex(ctx, &v)
		look.Apex, look.ApexKnown = v.apex.addrs, v.apex.known
		s.confirmGone(ctx, &v)
	}
	look.Records = s.records(ctx, v, expected)
	v.seenHosts(expected, look.Records)
	if parent.cut != nil {
		look.Targets = s.lookTargets(ctx, v, look.Records)
	}
	look.Problems = problems(v)
	for _, r := range look.Records {
		look.NegativeTTL = longest(look.NegativeTTL, r.NegativeTTL)
	}
	if look.Detail == "" {
		look.Detail = summary(v)
	}
}

// private tells addresses that are not of the public internet. On a test network, loopback and documentation addresses stand for that.
func (s *session) private() func(string) bool {
	refuse := s.p.opts.Refuse
	if refuse == nil {
		refuse = ownNetwork
	}
	return func(address string) bool {
		addr, err := netip.ParseAddr(address)
		return err == nil && refuse(addr) != nil
	}
}

// openDomain asks the servers that the parent names, then those that only the zone itself names.
func (s *session) openDomain(ctx context.Context, domain string, c *cut) *zone {
	z := &zone{name: domain, sets: map[string]addressSet{}, more: c.more}
	s.probe(ctx, z, c, c.ns, true)
	var extra []string
	for _, name := range z.nsNames() {
		if _, known := z.sets[name]; !known && len(z.sets)+len(extra) < maxNSNames {
			extra = append(extra, name)
		}
	}
	if len(extra) > 0 {
		s.probe(ctx, z, c, extra, true)
	}
	return z
}

// enclosing opens the parent zone itself: a name that is not delegated may still have its records there.
func (s *session) enclosing(ctx context.Context, parent parentView) *zone {
	z := &zone{name: parent.zone.zone, sets: map[string]addressSet{}}
	n := &nsServer{server: parent.from}
	s.probeServer(ctx, z.name, n, false)
	z.servers = append(z.servers, n)
	return z
}

// undelegated gives the verdict on every record of a domain that the parent says does not exist.
func (s *session) undelegated(expected []models.ExpectedRecord, domain string, parent parentView) []models.RecordLook {
	looks := make([]models.RecordLook, len(expected))
	for i, want := range expected {
		looks[i] = Judge(want, Found{
			Zone: lowerName(domain), Outside: !within(domain, fqdn(want.Host)),
			Gone: parent.detail, NegativeTTL: parent.finding.negativeTTL,
		})
	}
	return looks
}

func unknownRecords(expected []models.ExpectedRecord, why string) []models.RecordLook {
	looks := make([]models.RecordLook, len(expected))
	for i, want := range expected {
		looks[i] = models.RecordLook{Host: lowerName(want.Host), Type: want.Type, State: models.RecordUnknown, Detail: "Not judged: " + why + "."}
	}
	return looks
}

// cutShort takes back what a look says that ended before it was whole.
func cutShort(look *models.DelegationLook, expected []models.ExpectedRecord) {
	look.Outcome, look.Detail = models.OutcomeTimeout, "The look was cut short before every server had answered."
	look.Problems, look.Targets = nil, nil
	look.Apex, look.ApexKnown = nil, false
	look.Records = unknownRecords(expected, "the look was cut short")
}

// serverLooks renders the servers, sorted by name and address.
func serverLooks(z *zone) []models.ServerLook {
	looks := make([]models.ServerLook, 0, len(z.servers))
	for _, n := range z.servers {
		l := models.ServerLook{Name: shown(lowerName(n.name)), Outcome: serverOutcome(n.kind), Serial: n.serial, NS: plainNames(n.nsNames()), Detail: n.detail}
		if n.addr.IsValid() {
			l.Address = n.addr.String()
		}
		looks = append(looks, l)
	}
	slices.SortFunc(looks, func(a, b models.ServerLook) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Address, b.Address)
	})
	return looks
}

// serverOutcome is the kind in the words of models.ServerLook.
func serverOutcome(k AnswerKind) string {
	switch k {
	case AnswerData:
		return "ok"
	case AnswerForbidden:
		return string(AnswerRefused)
	case AnswerNotAsked:
		return string(AnswerTimeout)
	default:
		return string(k)
	}
}

func plainNames(names []string) []string {
	plain := make([]string, 0, len(names))
	for _, n := range names {
		plain = append(plain, shown(lowerName(n)))
	}
	slices.Sort(plain)
	return slices.Compact(plain)
}

func signed(v view) models.DNSSEC {
	switch {
	case !v.keysKnown:
		return models.DNSSECUnknown
	case len(v.keys) > 0:
		return models.DNSSECSigned
	default:
		return models.DNSSECUnsigned
	}
}
