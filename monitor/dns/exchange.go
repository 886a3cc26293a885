package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

// ednsSize is the UDP payload that is announced: it passes common paths without fragments (RFC 9715).
const ednsSize = 1232

// question is what is asked, in class IN. The name is lower case with its trailing dot.
type question struct {
	name  string
	rtype uint16
}

// String returns the question as the transcript shows it.
func (q question) String() string { return q.name + " " + typeName(q.rtype) }

// AnswerKind says what became of one question to one server.
type AnswerKind string

// The kinds. Those from AnswerRefused on are no statement on the zone.
const (
	AnswerData        AnswerKind = "data"
	AnswerNoData      AnswerKind = "nodata"
	AnswerNXDomain    AnswerKind = "nxdomain"
	AnswerReferral    AnswerKind = "referral"
	AnswerRefused     AnswerKind = "refused"
	AnswerServfail    AnswerKind = "servfail"
	AnswerLame        AnswerKind = "lame"
	AnswerNotAuth     AnswerKind = "not_authoritative"
	AnswerTimeout     AnswerKind = "timeout"
	AnswerUnreachable AnswerKind = "unreachable"
	AnswerMalformed   AnswerKind = "malformed"
	AnswerNotAsked    AnswerKind = "not_asked"    // budget or context ended, or there is no way to the address
	AnswerForbidden   AnswerKind = "forbidden"    // the address may not be dialled
	AnswerUnresolved  AnswerKind = "unresolvable" // the server's name has no address
)

// answered reports whether the kind states something on the asked name.
func (k AnswerKind) answered() bool {
	return k == AnswerData || k == AnswerNoData || k == AnswerNXDomain
}

// reply is what came back for one question: a message, or the kind of failure. The message is shared and must not be changed.
type reply struct {
	msg    *dns.Msg
	kind   AnswerKind // set when msg is nil
	detail string
	took   time.Duration
	how    string // udp, tcp, with what was fallen back to
}

// exchange asks one server: over UDP with EDNS, again after a time-out, over TCP when the answer is truncated, without EDNS when the
// server does not speak it or the last try is due.
func (p *Prober) exchange(ctx context.Context, to netip.AddrPort, q question) reply {
	var r reply
	for try := range p.opts.Retries + 1 {
		edns := try == 0 || try < p.opts.Retries
		r = p.once(ctx, "udp", to, q, edns)
		if r.msg != nil && edns && dislikesEDNS(r.msg) {
			edns = false
			r = p.once(ctx, "udp", to, q, edns)
		}
		if r.msg != nil && r.msg.Truncated {
			return p.overTCP(ctx, to, q, edns)
		}
		if r.msg != nil || ctx.Err() != nil {
			return r
		}
	}
	return r
}

// overTCP repeats a question whose answer did not fit. Half an answer is none, so a failure here is the failure of the question.
func (p *Prober) overTCP(ctx context.Context, to netip.AddrPort, q question, edns bool) reply {
	r := p.once(ctx, "tcp", to, q, edns)
	if r.msg != nil && edns && dislikesEDNS(r.msg) {
		r = p.once(ctx, "tcp", to, q, false)
	}
	if r.msg == nil {
		r.detail = "truncated over UDP, and over TCP: " + r.detail
	}
	return r
}

func dislikesEDNS(m *dns.Msg) bool {
	switch m.Rcode {
	case dns.RcodeFormatError, dns.RcodeNotImplemented, dns.RcodeBadVers:
		return true
	}
	return false
}

// once sends one query and waits for its answer, inside Options.Timeout and the address's rate.
func (p *Prober) once(ctx context.Context, network string, to netip.AddrPort, q question, edns bool) reply {
	how := network
	if !edns {
		how += " without EDNS"
	}
	if err := p.pacer.wait(ctx, to); err != nil {
		return reply{kind: AnswerNotAsked, detail: "the look was cut short", how: how}
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return reply{kind: AnswerNotAsked, detail: "the look was cut short", how: how}
	}
	began := time.Now() //nolint:forbidigo // measures a round trip; decides nothing
	msg, ignored, err := roundTrip(ctx, p.opts.Timeout, network, to, q, edns)
	r := reply{msg: msg, how: how, took: time.Since(began)} //nolint:forbidigo // as above
	if err != nil {
		r.kind, r.detail = failure(ctx, err, ignored)
	}
	return r
}

// failure names what went wrong without an answer.
func failure(ctx context.Context, err error, ignored int) (AnswerKind, string) {
	var ne net.Error
	switch {
	case ctx.Err() != nil:
		return AnswerNotAsked, "the look was cut short"
	case ignored > 0:
		return AnswerMalformed, fmt.Sprintf("answers with nothing that belongs to the question and can be read (%d messages)", ignored)
	case errors.Is(err, errUnreadable):
		return AnswerMalformed, "answers with what can't be read"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, net.ErrClosed), errors.As(err, &ne) && ne.Timeout():
		return AnswerTimeout, "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return AnswerUnreachable, "nothing listens at the address (connection refused)"
	default:
		return AnswerUnreachable, "no connection: " + escape(err.Error(), 160)
	}
}

var errUnreadable = errors.New("unreadable answer")

// roundTrip opens a fresh socket (its port is random), sends the query and reads until the answer to it arrives. The socket is connected,
// so the kernel passes on only what comes from the asked address. It stops at once when ctx ends.
func roundTrip(ctx context.Context, timeout time.Duration, network string, to netip.AddrPort, q question, edns bool) (*dns.Msg, int, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, to.String())
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()

	query := newQuery(q, edns)
	dc := &dns.Conn{Conn: conn, UDPSize: dns.MaxMsgSize}
	if err := dc.WriteMsg(query); err != nil {
		return nil, 0, err
	}
	ignored := 0
	for {
		packet, err := dc.ReadMsgHeader(nil)
		if errors.Is(err, dns.ErrShortRead) && network == "udp" {
			ignored++
			continue
		}
		if err != nil {
			return nil, ignored, err
		}
		msg, err := unpack(packet)
		if err == nil && answers(query, msg) {
			return msg, ignored, nil
		}
		if network == "tcp" {
			return nil, ignored + 1, errUnreadable
		}
		ignored++
	}
}

func newQuery(q question, edns bool) *dns.Msg {
	m := new(dns.Msg)
	m.Id = dns.Id()
	m.Question = []dns.Question{{Name: q.name, Qtype: q.rtype, Qclass: dns.ClassINET}}
	if edns {
		m.SetEdns0(ednsSize, false)
	}
	return m
}

// unpack reads a packet; a panic on hostile bytes is one unreadable packet, not the end of the process.
func unpack(packet []byte) (m *dns.Msg, err error) {
	defer func() {
		if recover() != nil {
			m, err = nil, errUnreadable
		}
	}()
	m = new(dns.Msg)
	if err := m.Unpack(packet); err != nil {
		return nil, err
	}
	return m, nil
}

// answers reports whether m is the answer to query: its id, and its one question by name, type and class. A server that cannot parse a
// query may leave the question out (RFC 1035 section 4.1.1 leaves it open); such an answer states nothing but the refusal.
func answers(query, m *dns.Msg) bool {
	if m.Id != query.Id || !m.Response || m.Opcode != dns.OpcodeQuery {
		return false
	}
	if len(m.Question) == 0 && len(m.Answer) == 0 && len(m.Ns) == 0 {
		return m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented
	}
	if len(m.Question) != 1 {
		return false
	}
	asked, got := query.Question[0], m.Question[0]
	return got.Qtype == asked.Qtype && got.Qclass == asked.Qclass && lowerASCII(got.Name) == asked.Name
}

// typeName returns the mnemonic of an RR type, TYPEn where there is none.
func typeName(t uint16) string {
	if s, ok := dns.TypeToString[t]; ok {
		return s
	}
	return fmt.Sprintf("TYPE%d", t)
}

// typeOf returns the RR type of a mnemonic.
func typeOf(name string) (uint16, bool) {
	t, ok := dns.StringToType[strings.ToUpper(name)]
	switch t {
	case dns.TypeANY, dns.TypeAXFR, dns.TypeIXFR, dns.TypeOPT, dns.TypeNone:
		return 0, false
	}
	return t, ok
}
