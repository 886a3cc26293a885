package dns_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// network is a small internet for tests: servers announced under documentation addresses, listening on loopback ports.
type network struct {
	t      *testing.T
	addrs  map[netip.Addr]netip.AddrPort
	refuse func(netip.Addr) error
}

// host is one server of it. Its behaviour can be taken over by hook.
type host struct {
	mu    sync.Mutex
	zones map[string][]mdns.RR
	asked []string // "udp www.example.lab. A"
	// hook may change the answer; returning nil sends nothing.
	hook func(network string, query, answer *mdns.Msg) *mdns.Msg
	// forge sends an answer with another id and one to another question ahead of each answer.
	forge bool
	// small answers in small letters, whatever was asked; set before the server is asked.
	small bool
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	return &network{t: t, addrs: map[netip.Addr]netip.AddrPort{}, refuse: documented}
}

// host starts a server at an announced address with zones: origin, then text in zone-file form.
func (n *network) host(addr string, zones ...string) *host {
	n.t.Helper()
	h := &host{zones: map[string][]mdns.RR{}}
	for i := 0; i+1 < len(zones); i += 2 {
		h.load(n.t, zones[i], zones[i+1])
	}
	var pc net.PacketConn
	var l net.Listener
	for range 50 { // a port that is free for both
		var lc net.ListenConfig
		var err error
		if pc, err = lc.ListenPacket(n.t.Context(), "udp", "127.0.0.1:0"); err != nil {
			n.t.Fatal(err)
		}
		if l, err = lc.Listen(n.t.Context(), "tcp", pc.LocalAddr().String()); err == nil {
			break
		}
		_ = pc.Close()
	}
	for _, srv := range []*mdns.Server{{PacketConn: pc, Handler: h.handler("udp")}, {Listener: l, Handler: h.handler("tcp")}} {
		started, done := make(chan struct{}), make(chan struct{})
		srv.NotifyStartedFunc = func() { close(started) }
		go func() { defer close(done); _ = srv.ActivateAndServe() }()
		<-started
		n.t.Cleanup(func() { _ = srv.Shutdown(); <-done })
	}
	n.addrs[netip.MustParseAddr(addr)] = netip.MustParseAddrPort(pc.LocalAddr().String())
	return h
}

func (h *host) load(t *testing.T, origin, text string) {
	t.Helper()
	zp := mdns.NewZoneParser(strings.NewReader("$TTL 300\n"+text), origin, "")
	var rrs []mdns.RR
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		rrs = append(rrs, rr)
	}
	if err := zp.Err(); err != nil {
		t.Fatalf("zone %s: %v", origin, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.zones[origin] = rrs
}

// behave sets the hook.
func (h *host) behave(hook func(network string, query, answer *mdns.Msg) *mdns.Msg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hook = hook
}

func (h *host) forgeAnswers() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forge = true
}

func (h *host) handler(network string) mdns.HandlerFunc {
	return func(w mdns.ResponseWriter, q *mdns.Msg) {
		h.mu.Lock()
		name := q.Question[0].Name
		q.Question[0].Name = strings.ToLower(name) // hooks see it so
		h.asked = append(h.asked, network+" "+q.Question[0].Name+" "+mdns.TypeToString[q.Question[0].Qtype])
		a := h.answer(q)
		hook, forge := h.hook, h.forge
		h.mu.Unlock()
		if forge && network == "udp" {
			forged := a.Copy()
			forged.Id ^= 0x5555
			_ = w.WriteMsg(forged)
			forged = a.Copy()
			forged.Question[0].Name = "forged.lab."
			_ = w.WriteMsg(forged)
			_, _ = w.Write([]byte{1, 2, 3})
		}
		if hook != nil {
			a = hook(network, q, a)
		}
		if a != nil {
			if a != q && len(a.Question) == 1 && a.Question[0].Name == strings.ToLower(name) && !h.small {
				a = a.Copy()
				a.Question[0].Name = name
			}
			_ = w.WriteMsg(a)
		}
	}
}

// count returns how many queries with this text in them arrived.
func (h *host) count(text string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := 0
	for _, a := range h.asked {
		if strings.Contains(a, text) {
			c++
		}
	}
	return c
}

// answer is a plain authoritative server: deepest zone, delegations, wildcards, aliases, negative answers.
func (h *host) answer(q *mdns.Msg) *mdns.Msg {
	a := new(mdns.Msg)
	a.SetReply(q)
	name, rtype := strings.ToLower(q.Question[0].Name), q.Question[0].Qtype
	origin := ""
	for z := range h.zones {
		if mdns.IsSubDomain(z, name) && len(z) > len(origin) && (rtype != mdns.TypeDS || z != name || len(h.zones) == 1) {
			origin = z
		}
	}
	if origin == "" {
		a.Rcode = mdns.RcodeRefused
		return a
	}
	zone := h.zones[origin]
	for _, rr := range zone {
		owner := strings.ToLower(rr.Header().Name)
		if rr.Header().Rrtype == mdns.TypeNS && owner != origin && mdns.IsSubDomain(owner, name) && (rtype != mdns.TypeDS || owner != name) {
			a.Ns = append(a.Ns, rr)
			a.Extra = append(a.Extra, glue(zone, rr.(*mdns.NS).Ns)...)
		}
	}
	if len(a.Ns) > 0 {
		return a
	}
	a.Authoritative = true
	var exists bool
	if a.Answer, exists = find(zone, name, name, rtype); !exists {
		for up := name; up != origin; {
			if _, up, _ = strings.Cut(up, "."); up == "" {
				up = "."
			}
			if _, there := find(zone, up, up, rtype); there || up == origin {
				a.Answer, exists = find(zone, "*."+up, q.Question[0].Name, rtype)
				break
			}
		}
	}
	if len(a.Answer) == 0 {
		for _, rr := range zone {
			if rr.Header().Rrtype == mdns.TypeSOA {
				a.Ns = append(a.Ns, rr)
			}
		}
		if !exists {
			a.Rcode = mdns.RcodeNameError
		}
	}
	return a
}

func find(zone []mdns.RR, owner, shown string, rtype uint16) (found []mdns.RR, exists bool) {
	for _, rr := range zone {
		name := strings.ToLower(rr.Header().Name)
		exists = exists || mdns.IsSubDomain(owner, name)
		if name == owner && (rr.Header().Rrtype == rtype || rr.Header().Rrtype == mdns.TypeCNAME) {
			rr = mdns.Copy(rr)
			rr.Header().Name = shown
			found = append(found, rr)
		}
	}
	return found, exists
}

func glue(zone []mdns.RR, name string) (found []mdns.RR) {
	for _, rr := range zone {
		if t := rr.Header().Rrtype; strings.EqualFold(rr.Header().Name, name) && (t == mdns.TypeA || t == mdns.TypeAAAA) {
			found = append(found, rr)
		}
	}
	return found
}

// world is the usual stage: a root, the TLD "lab" and two servers for example.lab and its hoster.
type world struct {
	*network
	root, tld, ns1, ns2 *host
}

const (
	rootZone = `
@ SOA a.root. h.root. 1 60 60 60 60
@ NS a.root.
a.root. A 192.0.2.1
lab. NS ns.nic.lab.
ns.nic.lab. A 192.0.2.2`
	tldZone = `
@ SOA ns.nic h.nic 1 60 60 60 900
@ NS ns.nic
ns.nic A 192.0.2.2
example NS ns1.example
example NS ns2.example
ns1.example A 192.0.2.11
ns2.example A 203.0.113.12
other NS ns1.example
`
	exampleZone = `
@ SOA ns1 h 7 60 60 60 120
@ NS ns1
@ NS ns2
@ A 192.0.2.80
@ MX 10 mail
@ TXT "v=spf1 include:_spf.other.lab -all"
ns1 A 192.0.2.11
ns2 A 203.0.113.12
mail A 192.0.2.25
www CNAME shop.other.lab.
`
	otherZone = `
@ SOA ns1.example.lab. h 1 60 60 60 60
@ NS ns1.example.lab.
shop A 198.51.100.1
shop A 198.51.100.2
shop AAAA 2001:db8::1
verify TXT "token"
_spf TXT "v=spf1 -all"
`
)

// newWorld starts the stage; zone1 and zone2 are example.lab at its two servers, tld is added to the TLD's zone.
func newWorld(t *testing.T, tld, zone1, zone2 string) *world {
	t.Helper()
	n := newNetwork(t)
	w := &world{network: n}
	w.root = n.host("192.0.2.1", ".", rootZone)
	w.tld = n.host("192.0.2.2", "lab.", tldZone+tld)
	w.ns1 = n.host("192.0.2.11", "example.lab.", zone1, "other.lab.", otherZone)
	w.ns2 = n.host("203.0.113.12", "example.lab.", zone2)
	return w
}

// documented takes documentation addresses for those of the public internet, which they are in a network of tests.
func documented(addr netip.Addr) error {
	for _, public := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"} {
		if netip.MustParsePrefix(public).Contains(addr) {
			return nil
		}
	}
	return dns.Private(addr)
}

// prober returns a prober for the network; change edits its options.
func (n *network) prober(change ...func(*dns.Options)) *dns.Prober {
	n.t.Helper()
	o := dns.Options{
		RootHints:     []dns.RootServer{{Name: "a.root", Addr: netip.MustParseAddrPort("192.0.2.1:53")}},
		AddressMap:    n.addrs,
		Timeout:       time.Second,
		Retries:       1,
		PerServerRate: -1,
	}
	for _, c := range change {
		c(&o)
	}
	if o.Refuse == nil && !o.AllowPrivate {
		o.Refuse = n.refuse
	}
	p, err := dns.New(o)
	if err != nil {
		n.t.Fatal(err)
	}
	return p
}

// look runs one look at example.lab that must end long before the test does.
func (n *network) look(p *dns.Prober, expected ...models.ExpectedRecord) models.DelegationLook {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), 20*time.Second)
	defer cancel()
	l := p.Look(ctx, "example.lab", expected)
	if n.t.Failed() {
		n.t.Logf("transcript:\n%s", l.Evidence)
	}
	return l
}

func want(host, rtype string, match models.Match, values ...string) models.ExpectedRecord {
	return models.ExpectedRecord{Host: host, Type: rtype, Match: match, Values: values}
}

func codes(l models.DelegationLook) string {
	var c []string
	for _, p := range l.Problems {
		c = append(c, p.Code)
	}
	return strings.Join(c, " ")
}

// silent drops every query with the text in its question.
func silent(text string) func(string, *mdns.Msg, *mdns.Msg) *mdns.Msg {
	return func(_ string, q, a *mdns.Msg) *mdns.Msg {
		if strings.Contains(q.Question[0].String(), text) {
			return nil
		}
		return a
	}
}

// rcode answers every query with the text in its question with this code.
func rcode(code int, text string) func(string, *mdns.Msg, *mdns.Msg) *mdns.Msg {
	return func(_ string, q, a *mdns.Msg) *mdns.Msg {
		if !strings.Contains(q.Question[0].String(), text) {
			return a
		}
		return new(mdns.Msg).SetRcode(q, code)
	}
}
