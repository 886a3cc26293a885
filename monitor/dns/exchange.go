package dns

import (
	"context"
	"encoding/binary"
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
	folded bool   // the answer did not repeat the case of the letters
}

// exchange asks one server: over UDP with EDNS, again after a time-out, over TCP when the answer is truncated or does not repeat the case
// of the letters, without EDNS when the server does not speak it or the last try is due. A server that went silent is probed once before
// anything else is asked of it, and not asked for a while when that is in vain.
func (p *Prober) exchange(ctx context.Context, pr *peer, zone string, q question) reply {
	var r reply
	for try := range p.opts.Retries + 1 {
		if verdict, open := p.knock(ctx, pr, zone); !open {
			return verdict
		}
		f := pr.form(p.pacer.now())
		f.bare = f.bare || try > 0 && try == p.opts.Retries
		r = p.once(ctx, "udp", pr, q, f)
		if r.msg != nil && !f.bare && dislikesEDNS(r.msg) {
			f.bare = true
			if r = p.once(ctx, "udp", pr, q, f); r.msg != nil && !dislikesEDNS(r.msg) {
				pr.used(p.pacer.now(), f)
			}
		}
		if r.msg != nil && r.folded && !f.plain {
			return p.sure(ctx, pr, q, f)
		}
		if r.msg != nil && r.msg.Truncated {
			return p.overTCP(ctx, pr, q, f)
		}
		if r.msg != nil || ctx.Err() != nil {
			return r
		}
	}
	return r
}

// sure asks again after an answer that does not repeat the case of the letters: a forger may have guessed the rest of it. What comes over
// TCP can't be forged from afar; where there is no TCP, small letters from a fresh port have to do. The server's habit is remembered.
func (p *Prober) sure(ctx context.Context, pr *peer, q question, f form) reply {
	f.plain = true
	r := p.once(ctx, "tcp", pr, q, f)
	if r.msg == nil && ctx.Err() == nil {
		r = p.once(ctx, "udp", pr, q, f)
		if r.msg != nil && r.msg.Truncated {
			return p.overTCP(ctx, pr, q, f)
		}
	}
	if r.msg != nil {
		pr.used(p.pacer.now(), f)
	}
	return r
}

// knock reports whether a server may be asked, and probes it first where it went silent; else what is to be said in its place.
func (p *Prober) knock(ctx context.Context, pr *peer, zone string) (verdict reply, open bool) {
	for {
		g, under, verdict := pr.enter(p.pacer.now())
		switch g {
		case gateOpen:
			return reply{}, true
		case gateDead:
			return verdict, false
		case gateProbe:
			p.probe(ctx, pr, zone)
		case gateWait:
			select {
			case <-under:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return reply{kind: AnswerNotAsked, detail: "the look was cut short"}, false
		}
	}
}

// probe asks a server for the SOA of one of its zones, the second time without EDNS: what does not even answer that is taken for dead for a
// short time. The probe was begun by enter.
func (p *Prober) probe(ctx context.Context, pr *peer, zone string) {
	r := reply{kind: AnswerNotAsked}
	defer func() { pr.probed(p.pacer.now(), r) }()
	for _, bare := range []bool{false, true} {
		if r = p.once(ctx, "udp", pr, question{zone, dns.TypeSOA}, form{bare: bare, plain: bare}); r.kind != AnswerTimeout {
			return
		}
	}
}

// overTCP repeats a question whose answer did not fit. Half an answer is none, so a failure here is the failure of the question.
func (p *Prober) overTCP(ctx context.Context, pr *peer, q question, f form) reply {
	r := p.once(ctx, "tcp", pr, q, f)
	if r.msg != nil && !f.bare && dislikesEDNS(r.msg) {
		f.bare = true
		r = p.once(ctx, "tcp", pr, q, f)
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

// once sends one query and waits for its answer, inside Options.Timeout and the server's rate.
func (p *Prober) once(ctx context.Context, network string, pr *peer, q question, f form) reply {
	how := network
	if f.bare {
		how += " without EDNS"
	}
	if err := p.pacer.turn(ctx, pr); err != nil {
		return reply{kind: AnswerNotAsked, detail: "the look was cut short", how: how}
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return reply{kind: AnswerNotAsked, detail: "the look was cut short", how: how}
	}
	began := time.Now() //nolint:forbidigo // measures a round trip; decides nothing
	got, err := roundTrip(ctx, p.opts.Timeout, network, pr.to, q, f)
	r := reply{msg: got.msg, folded: got.folded, how: how, took: time.Since(began)} //nolint:forbidigo // as above
	if err != nil {
		r.kind, r.detail = failure(ctx, err, got.ignored)
	}
	p.note(network, pr, r)
	return r
}

// note remembers of a server how a query to it ended.
func (p *Prober) note(network string, pr *peer, r reply) {
	now := p.pacer.now()
	switch {
	case r.msg != nil:
		pr.answered(now)
		if pr.to.Addr().Is6() && !pr.to.Addr().Is4In6() {
			p.line.answered(now)
		}
		p.pacer.observe(pr, r.msg.Rcode != dns.RcodeRefused && r.msg.Rcode != dns.RcodeServerFailure)
	case r.kind == AnswerNotAsked || network == "tcp": // a server without TCP is not dead
	case r.kind == AnswerTimeout:
		pr.timedOut(now)
		p.pacer.observe(pr, false)
	default:
		pr.answered(now) // by something that is no answer; an address where nothing listens costs no time
	}
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

// received is what a round trip ended with.
type received struct {
	msg     *dns.Msg
	folded  bool // it did not repeat the case of the letters
	ignored int  // messages that did not belong to the question, or could not be read
}

// roundTrip opens a fresh socket (its port is random), sends the query and reads until the answer to it arrives. The socket is connected,
// so the kernel passes on only what comes from the asked address. It stops at once when ctx ends.
func roundTrip(ctx context.Context, timeout time.Duration, network string, to netip.AddrPort, q question, f form) (got received, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, to.String())
	if err != nil {
		return got, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()

	query := newQuery(q, !f.bare)
	packed, err := query.Pack()
	if err != nil {
		return got, err
	}
	section := questionIn(packed)
	if !f.plain {
		mixCase(section)
	}
	dc := &dns.Conn{Conn: conn, UDPSize: dns.MaxMsgSize}
	if _, err := dc.Write(packed); err != nil {
		return got, err
	}
	for {
		packet, err := dc.ReadMsgHeader(nil)
		if errors.Is(err, dns.ErrShortRead) && network == "udp" {
			got.ignored++
			continue
		}
		if err != nil {
			return got, err
		}
		exact, folded := repeats(packet, section)
		if got.folded = network == "udp" && folded && !exact; folded {
			foldQuestion(packet, len(section))
		}
		msg, err := unpack(packet)
		if err == nil && answers(query, msg) {
			got.msg = msg
			return got, nil
		}
		got.ignored++
		if network == "tcp" {
			return got, errUnreadable
		}
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
	// A packet that ends early between two records is not half an answer, and one without any record left not an empty one.
	if int(binary.BigEndian.Uint16(packet[6:])) != len(m.Answer) || int(binary.BigEndian.Uint16(packet[8:])) != len(m.Ns) {
		return nil, errUnreadable
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
