package dns

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
)

// confirmations is how many further servers of the parent must agree before "not delegated" is believed, where it has as many.
const confirmations = 2

// parentView is what the parent zone says about a domain.
type parentView struct {
	outcome models.Outcome
	detail  string
	zone    *cut // the parent, nil when it was not reached
	from    server
	cut     *cut // the delegation, nil when there is none
	ds      []models.DS
	finding finding
}

// askParent walks to the parent of a domain and takes its delegation from there, never from memory.
func (s *session) askParent(ctx context.Context, domain string) parentView {
	q := question{domain, dns.TypeNS}
	c, remembered := s.start(parentName(domain))
	for range maxCuts {
		f, from := s.askCut(ctx, c, q, nil, nil)
		switch {
		case f.kind == AnswerReferral && f.cut.zone != domain:
			s.p.cache.keep(f.cut, s.p.opts.Now())
			c, remembered = f.cut, false
			continue
		case f.kind == AnswerNXDomain || f.kind == AnswerNoData || f.kind == AnswerData && f.alias != "":
			f, from = s.secondOpinion(ctx, c, q, f, from)
		case f.answered() || f.kind == AnswerReferral:
		case remembered && f.kind != AnswerNotAsked && f.kind != AnswerForbidden:
			s.p.cache.drop(c)
			c, _ = s.start(parentName(c.zone))
			remembered = false
			continue
		}
		return s.readParent(ctx, domain, c, f, from)
	}
	return parentView{outcome: models.OutcomeUnreachable, detail: "The walk from the root met too many delegations."}
}

// secondOpinion asks further servers of the parent after one has said that there is no delegation. One that knows a delegation wins: a
// stale server must not make a domain look gone.
func (s *session) secondOpinion(ctx context.Context, c *cut, q question, first finding, from server) (finding, server) {
	asked := []netip.Addr{from.addr}
	for range confirmations {
		f, srv := s.askCut(ctx, c, q, nil, asked)
		switch {
		case f.kind == AnswerReferral && f.cut.zone == q.name, f.kind == AnswerData && f.alias == "":
			return f, srv
		case !f.answered():
			return first, from
		}
		asked = append(asked, srv.addr)
	}
	return first, from
}

// readParent turns the parent's answer into the view of it.
func (s *session) readParent(ctx context.Context, domain string, c *cut, f finding, from server) parentView {
	v := parentView{outcome: models.OutcomeOK, zone: c, from: from, finding: f}
	zone := zoneTitle(c.zone)
	switch f.kind {
	case AnswerReferral:
		v.cut = f.cut
	case AnswerData:
		if f.alias != "" {
			v.detail = zone + " has the name as an alias and does not delegate it."
			return v
		}
		v.cut = cutFinding(domain, f.rrs, new(dns.Msg), c.zone).cut
	case AnswerNXDomain:
		if c.zone == "." {
			v.outcome, v.detail = models.OutcomeUnsupported, "The root zone has no suffix ."+lowerName(domain[strings.LastIndex(strings.TrimSuffix(domain, "."), ".")+1:])+"."
			return v
		}
		v.outcome, v.detail = models.OutcomeAbsent, zone+" says that the name does not exist."
		return v
	case AnswerNoData:
		v.detail = zone + " has the name and does not delegate it."
		return v
	default:
		v.outcome, v.detail = failedOutcome(f.kind), "No server of "+strings.ToLower(zone[:1])+zone[1:]+" gave an answer: "+f.detail+"."
		return v
	}
	s.p.cache.keep(v.cut, s.p.opts.Now())
	v.ds = s.parentDS(ctx, domain, c, from)
	return v
}

// parentDS asks the parent for the DS set (RFC 4035 section 3.1.4.1: the parent is authoritative for it).
func (s *session) parentDS(ctx context.Context, domain string, c *cut, from server) []models.DS {
	q := question{domain, dns.TypeDS}
	f := s.ask(ctx, c.zone, from, q)
	if !f.answered() {
		f, _ = s.askCut(ctx, c, q, nil, []netip.Addr{from.addr})
	}
	var set []models.DS
	for _, rr := range f.rrs {
		if ds, ok := rr.(*dns.DS); ok && len(set) < maxNSNames {
			set = append(set, models.DS{
				KeyTag: int(ds.KeyTag), Algorithm: int(ds.Algorithm), DigestType: int(ds.DigestType), Digest: strings.ToUpper(ds.Digest),
			})
		}
	}
	slices.SortFunc(set, func(a, b models.DS) int {
		if a.KeyTag != b.KeyTag {
			return a.KeyTag - b.KeyTag
		}
		return a.DigestType - b.DigestType
	})
	return set
}

func zoneTitle(zone string) string {
	if zone == "." {
		return "The root zone"
	}
	return "The zone " + shown(lowerName(zone))
}

// failedOutcome says how a look ended whose last question failed in this way.
func failedOutcome(k AnswerKind) models.Outcome {
	switch k {
	case AnswerRefused, AnswerForbidden:
		return models.OutcomeRefused
	case AnswerMalformed:
		return models.OutcomeUnparsed
	case AnswerTimeout, AnswerNotAsked:
		return models.OutcomeTimeout
	default:
		return models.OutcomeUnreachable
	}
}
