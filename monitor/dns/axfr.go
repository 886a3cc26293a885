package dns

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// transferEvery is for how long it is remembered whether a server gives a zone away: asking for a transfer is impolite, so each server is
// asked once in that time by a process, whatever looks are made.
const transferEvery = 22 * time.Hour

// transfers remembers which servers give which zones away. It is safe for concurrent use.
type transfers struct {
	mu   sync.Mutex
	seen map[transferKey]transferSeen
}

type transferKey struct {
	zone string
	addr netip.Addr
}

type transferSeen struct {
	open    bool
	expires time.Time
}

func (t *transfers) get(key transferKey, now time.Time) (open, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok := t.seen[key]
	return s.open, ok && now.Before(s.expires)
}

func (t *transfers) keep(key transferKey, open bool, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen[key] = transferSeen{open: open, expires: now.Add(transferEvery)}
	evict(t.seen, func(s transferSeen) bool { return !now.Before(s.expires) })
}

// transferOpen asks a server for a transfer of the zone (RFC 5936) and reads the first message only: it begins with the SOA where anybody
// is served. Nothing of the zone is kept.
func (s *session) transferOpen(ctx context.Context, zone string, srv server) bool {
	key := transferKey{zone: zone, addr: srv.addr}
	now := s.p.opts.Now()
	if open, known := s.p.cache.transfers.get(key, now); known {
		return open
	}
	msg, kind, _ := s.stream(ctx, srv, plainQuery(zone, dns.TypeAXFR))
	if kind == AnswerNotAsked {
		return false
	}
	open := msg != nil && msg.Rcode == dns.RcodeSuccess && len(msg.Answer) > 0 &&
		msg.Answer[0].Header().Rrtype == dns.TypeSOA && lowerASCII(msg.Answer[0].Header().Name) == zone
	s.p.cache.transfers.keep(key, open, now)
	return open
}
