package dns

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Bounds of what is asked over TCP in one look.
const (
	maxStreams   = 16 // server addresses
	streamTrials = 2  // before it is believed that an address does not answer over TCP
)

// streamCheck is what one server address showed over TCP, with EDNS and the DNSSEC records asked for.
type streamCheck struct {
	kind   AnswerKind // AnswerData: it answers over TCP; AnswerNotAsked: nothing is known
	detail string
	edns   string // how it answers a question with EDNS, where it refuses such; empty: as it should
	soa    signedSet
	keys   signedSet
	open   bool // anybody is given the whole zone
}

// checkStreams asks every serving server over TCP: resolvers fall back to it, and what needs room is asked there at once.
func (s *session) checkStreams(ctx context.Context, v view) {
	var wg sync.WaitGroup
	for i, n := range v.zone.serving() {
		if i == maxStreams {
			break
		}
		wg.Go(func() {
			n.stream = s.checkStream(ctx, v.zone.name, n.server, len(v.parent.ds) > 0 && len(v.keys) > 0)
			if n.stream.kind == AnswerData {
				s.p.cache.tcpWorks.Store(true)
				n.stream.open = s.transferOpen(ctx, v.zone.name, n.server)
			}
		})
	}
	wg.Wait()
	s.controlTCP(ctx, v)
	s.noteEDNS(v)
}

// noteEDNS tells of servers that refuse EDNS over UDP, where they could not be asked over TCP.
func (s *session) noteEDNS(v view) {
	for _, n := range v.zone.serving() {
		if n.stream.kind == AnswerData {
			continue
		}
		if to, err := s.p.endpoint(n.server); err == nil && s.p.pacer.peer(to, n.name).form(s.p.pacer.now()).bare {
			n.stream.edns = "with an error"
		}
	}
}

// controlTCP makes sure that a server is not blamed for a line that carries no TCP: as long as nobody has answered over it, the parent's
// server is asked too, and when that fails as well, nothing is known.
func (s *session) controlTCP(ctx context.Context, v view) {
	failed := func(n *nsServer) bool { return n.stream.kind == AnswerTimeout || n.stream.kind == AnswerUnreachable }
	serving := v.zone.serving()
	for _, n := range serving {
		if !failed(n) {
			continue
		}
		if !s.p.cache.tcpWorks.Load() && v.parent.zone != nil {
			if s.checkStream(ctx, v.parent.zone.zone, v.parent.from, false).kind == AnswerData {
				s.p.cache.tcpWorks.Store(true)
			}
		}
		break
	}
	if s.p.cache.tcpWorks.Load() {
		return
	}
	for _, n := range serving {
		if failed(n) {
			n.stream = streamCheck{kind: AnswerNotAsked, detail: "no server answered over TCP so far: our own line may not carry it"}
		}
	}
}

// checkStream asks one server for the SOA and, where the zone is signed, for the keys.
func (s *session) checkStream(ctx context.Context, zone string, srv server, signed bool) streamCheck {
	var c streamCheck
	var msg *dns.Msg
	for range streamTrials {
		if msg, c.kind, c.detail = s.stream(ctx, srv, secureQuery(zone, dns.TypeSOA)); msg != nil || c.kind == AnswerNotAsked {
			break
		}
	}
	if msg == nil {
		return c
	}
	c.kind = AnswerData
	if dislikesEDNS(msg) {
		c.edns = rcodeName(msg.Rcode)
		return c
	}
	c.soa = setOf(zone, dns.TypeSOA, msg)
	if !signed {
		return c
	}
	if msg, _, _ = s.stream(ctx, srv, secureQuery(zone, dns.TypeDNSKEY)); msg != nil {
		c.keys = setOf(zone, dns.TypeDNSKEY, msg)
	}
	return c
}

// secureQuery asks for a type with the DNSSEC records that belong to it (RFC 3225).
func secureQuery(name string, rtype uint16) *dns.Msg {
	m := plainQuery(name, rtype)
	m.SetEdns0(ednsSize, true)
	return m
}

func plainQuery(name string, rtype uint16) *dns.Msg {
	return &dns.Msg{MsgHdr: dns.MsgHdr{Id: dns.Id()}, Question: []dns.Question{{Name: name, Qtype: rtype, Qclass: dns.ClassINET}}}
}

// stream puts one question to a server over a TCP connection of its own, and reads one message. Without one, kind and detail say why.
func (s *session) stream(ctx context.Context, srv server, query *dns.Msg) (msg *dns.Msg, kind AnswerKind, detail string) {
	to, err := s.p.endpoint(srv)
	switch {
	case err != nil:
		return nil, AnswerNotAsked, "not asked: " + err.Error()
	case ctx.Err() != nil:
		return nil, AnswerNotAsked, "the look was cut short"
	case s.left.Add(-1) < 0:
		return nil, AnswerNotAsked, fmt.Sprintf("not asked: the look had used its %d questions", s.p.opts.MaxQueries)
	}
	began := s.p.opts.Now()
	msg, err = s.p.streamOnce(ctx, s.p.pacer.peer(to, srv.name), query)
	q := query.Question[0]
	took := float64(s.p.opts.Now().Sub(began)) / float64(time.Millisecond)
	if err != nil {
		kind, detail = failure(ctx, err, 0)
		s.log.note("%s %s %s? tcp -> %s: %s (%.1f ms)", srv.label(), q.Name, typeName(q.Qtype), kind, detail, took)
		return nil, kind, detail
	}
	s.log.note("%s %s %s? tcp -> %s, %d answers (%.1f ms)", srv.label(), q.Name, typeName(q.Qtype), rcodeName(msg.Rcode), len(msg.Answer), took)
	return msg, AnswerData, ""
}

// streamOnce sends a query over a fresh TCP connection and reads the first message of the answer, inside Options.Timeout and the address's
// rate. It stops at once when ctx ends.
func (p *Prober) streamOnce(ctx context.Context, pr *peer, query *dns.Msg) (*dns.Msg, error) {
	if err := p.pacer.turn(ctx, pr); err != nil {
		return nil, err
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, p.opts.Timeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", pr.to.String())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	dc := &dns.Conn{Conn: conn}
	if err := dc.WriteMsg(query); err != nil {
		return nil, err
	}
	packet, err := dc.ReadMsgHeader(nil)
	if err != nil {
		return nil, err
	}
	msg, err := unpack(packet)
	if err != nil || msg.Id != query.Id || !msg.Response {
		return nil, errUnreadable
	}
	if q := query.Question[0]; len(msg.Question) > 1 || len(msg.Question) == 1 && (msg.Question[0].Qtype != q.Qtype || lowerASCII(msg.Question[0].Name) != q.Name) {
		return nil, errUnreadable
	}
	return msg, nil
}
