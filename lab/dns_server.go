package lab

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// nameServer answers for one address over UDP and TCP.
type nameServer struct {
	lab     *Lab
	address string
	tcp     bool
}

// serveDNS starts both halves of every name server and waits until they listen.
func (l *Lab) serveDNS(sockets []dnsSocket) error {
	for _, socket := range sockets {
		shut := func() bool {
			return l.behaviour(socket.address).Mode == ModeUDPOnly
		}
		halves := []*dns.Server{
			{PacketConn: socket.udp, Handler: nameServer{lab: l, address: socket.address}},
			{Listener: gate{Listener: socket.tcp, shut: shut}, Handler: nameServer{lab: l, address: socket.address, tcp: true}},
		}
		for _, srv := range halves {
			started := make(chan struct{})
			srv.NotifyStartedFunc = func() { close(started) }
			failed := make(chan error, 1)
			l.wg.Go(func() { failed <- srv.ActivateAndServe() })
			select {
			case <-started:
			case err := <-failed:
				return fmt.Errorf("lab: name server %s: %w", socket.address, err)
			}
			l.onClose(srv.ShutdownContext)
		}
	}
	return nil
}

func (l *Lab) behaviour(address string) Behaviour {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	if b := l.state.servers[address]; b != nil {
		return *b
	}
	return Behaviour{}
}

// ServeDNS answers one query as this server behaves at the moment.
func (n nameServer) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	if len(query.Question) != 1 {
		_ = w.WriteMsg(new(dns.Msg).SetRcode(query, dns.RcodeFormatError))
		return
	}
	q := query.Question[0]
	end := n.lab.journal.begin(KindDNS, n.address, n.describe(q))
	b := n.lab.behaviour(n.address).about(q.Name)
	if !n.lab.wait(b.Delay) || b.Mode == ModeSilent || b.Mode == ModeTCPOnly && !n.tcp {
		end("nothing")
		return
	}
	if q.Qtype == dns.TypeAXFR {
		n.transfer(w, query, b, end)
		return
	}
	reply := n.reply(query, b)
	end(summary(reply))
	_ = w.WriteMsg(reply)
}

func (n nameServer) describe(q dns.Question) string {
	proto := "udp"
	if n.tcp {
		proto = "tcp"
	}
	return fmt.Sprintf("%s %s %s", q.Name, dns.TypeToString[q.Qtype], proto)
}

func summary(m *dns.Msg) string {
	text := fmt.Sprintf("%s, %d answers, %d authority", dns.RcodeToString[m.Rcode], len(m.Answer), len(m.Ns))
	if m.Truncated {
		text += ", truncated"
	}
	return text
}

// reply composes the message; the question keeps the case it came in.
func (n nameServer) reply(query *dns.Msg, b Behaviour) *dns.Msg {
	m := new(dns.Msg).SetReply(query)
	m.RecursionAvailable = false
	opt := query.IsEdns0()
	switch b.Mode {
	case ModeRefused:
		return m.SetRcode(query, dns.RcodeRefused)
	case ModeServFail:
		return m.SetRcode(query, dns.RcodeServerFailure)
	case ModeFormErrEDNS:
		if opt != nil {
			return m.SetRcode(query, dns.RcodeFormatError)
		}
	case ModeOK, ModeSilent, ModeTruncate, ModeNotAuthoritative, ModeOtherName, ModeUDPOnly, ModeTCPOnly:
	}
	n.lab.state.mu.Lock()
	q := query.Question[0]
	n.lab.state.answer(n.address, q, n.lab.now(), m)
	var soa []dns.RR
	var sign *signer
	if z := n.lab.state.zoneAt(n.address, strings.ToLower(q.Name)); z != nil {
		soa, sign = ofType(z.rrs[z.name], dns.TypeSOA), z.signer
	}
	n.lab.state.mu.Unlock()
	b.bend(q, m, soa)
	if sign != nil && opt != nil && opt.Do() {
		m.Answer = append(m.Answer, sign.over(m.Answer, n.lab.now())...)
	}
	size := dns.MinMsgSize
	if opt != nil {
		m.SetEdns0(1232, opt.Do())
		size = max(size, int(opt.UDPSize()))
	}
	if !n.tcp {
		if b.Mode == ModeTruncate {
			m.Truncated, m.Answer, m.Ns = true, nil, nil
		}
		m.Truncate(size)
		if b.Mode == ModeTruncate {
			m.Truncated = true
		}
	}
	return m
}

// transfer answers AXFR where the server allows it, over TCP.
func (n nameServer) transfer(w dns.ResponseWriter, query *dns.Msg, b Behaviour, end func(string)) {
	var rrs []dns.RR
	if b.AllowTransfer && n.tcp {
		n.lab.state.mu.Lock()
		rrs = n.lab.state.transfer(n.address, query.Question[0].Name)
		n.lab.state.mu.Unlock()
	}
	if rrs == nil {
		end("REFUSED")
		_ = w.WriteMsg(new(dns.Msg).SetRcode(query, dns.RcodeRefused))
		return
	}
	end(fmt.Sprintf("transfer of %d records", len(rrs)))
	channel := make(chan *dns.Envelope, 1)
	channel <- &dns.Envelope{RR: rrs}
	close(channel)
	_ = new(dns.Transfer).Out(w, query, channel)
}

// wait lets the time pass and returns false if the lab closes meanwhile.
func (l *Lab) wait(d time.Duration) bool { return pause(l.ctx, d) }

func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
