package dnsbench_test

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/internal/dnsbench"
)

// start starts a world whose helper is this test program.
func start(t *testing.T, o dnsbench.Options) *dnsbench.World {
	t.Helper()
	o.Helper = func(ctx context.Context, spec string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), envServe+"="+spec)
		return cmd
	}
	w, err := dnsbench.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// said is what matters of an answer.
type said struct {
	Rcode                     string
	AA, TC                    bool
	Answer, Authority, Extras []string
}

func ask(t *testing.T, network string, to netip.AddrPort, name string, kind uint16, edns bool) said {
	t.Helper()
	m := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind)
	if edns {
		m.SetEdns0(1232, false)
	}
	a, _, err := (&dns.Client{Net: network, Timeout: 10 * time.Second}).ExchangeContext(t.Context(), m, to.String())
	if err != nil {
		t.Fatalf("%s %s at %s: %v", name, dns.TypeToString[kind], to, err)
	}
	texts := func(set []dns.RR) (out []string) {
		for _, rr := range set {
			if rr.Header().Rrtype != dns.TypeOPT {
				out = append(out, strings.ToLower(rr.String()))
			}
		}
		slices.Sort(out)
		return out
	}
	return said{dns.RcodeToString[a.Rcode], a.Authoritative, a.Truncated, texts(a.Answer), texts(a.Ns), texts(a.Extra)}
}

// TestOurOwnServersSayWhatNSDSays: the world is the same where NSD is not installed.
func TestOurOwnServersSayWhatNSDSays(t *testing.T) {
	nsd, own := start(t, dnsbench.Options{Zones: 2000}), start(t, dnsbench.Options{Zones: 2000, NoNSD: true})
	if nsd.Server != "NSD" || own.Server == nsd.Server {
		t.Fatalf("served by %q and %q", nsd.Server, own.Server)
	}
	seen := map[dnsbench.Fault]bool{}
	for _, n := range nsd.Names {
		if seen[n.Fault] {
			continue
		}
		seen[n.Fault] = true
		for _, q := range nsd.Questions(n) {
			for _, kind := range []uint16{q.Type, dns.TypeCAA, dns.TypeDS} {
				a := ask(t, "udp", q.To, q.Name, kind, true)
				b := ask(t, "udp", netip.AddrPortFrom(q.To.Addr(), own.Port), q.Name, kind, true)
				if len(a.Answer) > 0 {
					a.Authority, a.Extras = nil, nil // what else is sent along is the server's choice
				}
				if diff := cmp.Diff(a, b); diff != "" {
					t.Errorf("%q at %s: %s %s: -NSD +own\n%s", n.Fault, q.To.Addr(), q.Name, dns.TypeToString[kind], diff)
				}
			}
		}
	}
	if len(seen) != 6 {
		t.Errorf("faults: %v", seen)
	}
	for _, q := range []struct {
		at, name, why string
		kind          uint16
	}{
		{"127.0.1.1", "d0000001.tld", "a delegation from the root", dns.TypeA},
		{"127.0.1.1", "nowhere", "no such name in the root", dns.TypeA},
		{"127.0.2.1", "ns1.op0.tld", "the address of a name server", dns.TypeA},
		{"127.0.2.1", "op0.tld", "a name without records", dns.TypeA},
		{"127.0.2.1", "tld", "the apex", dns.TypeSOA},
		{"127.0.2.2", "missing.ops", "no such name", dns.TypeMX},
		{"127.16.0.1", "d9999999.tld", "a zone that it does not have", dns.TypeSOA},
	} {
		at := netip.MustParseAddr(q.at)
		a, b := ask(t, "tcp", netip.AddrPortFrom(at, nsd.Port), q.name, q.kind, false), ask(t, "tcp", netip.AddrPortFrom(at, own.Port), q.name, q.kind, false)
		if len(a.Answer) > 0 {
			a.Authority, a.Extras = nil, nil
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: -NSD +own\n%s", q.why, diff)
		}
	}
}

func TestServersAWayOff(t *testing.T) {
	const rtt = 50 * time.Millisecond
	w := start(t, dnsbench.Options{Zones: 20, RTT: rtt})
	began := time.Now()
	if a := ask(t, "udp", w.Root, "tld", dns.TypeNS, true); a.Rcode != "NOERROR" || time.Since(began) < rtt {
		t.Errorf("%+v after %v", a, time.Since(began))
	}
	if asked, err := w.Naive(t.Context(), w.Names, 20); err != nil || asked < 20*17 {
		t.Errorf("%d questions, %v", asked, err)
	}
}

func TestAWorldThatCannotBeServedSaysWhy(t *testing.T) {
	first := start(t, dnsbench.Options{Zones: 10, NoNSD: true})
	_, err := dnsbench.Start(t.Context(), dnsbench.Options{Zones: 10, Port: first.Port})
	if err == nil || !strings.Contains(err.Error(), "may not listen") {
		t.Errorf("a port in use: %v", err)
	}
	_, err = dnsbench.Start(t.Context(), dnsbench.Options{Zones: 10, NoNSD: true, Helper: func(ctx context.Context, _ string) *exec.Cmd {
		return exec.CommandContext(ctx, "/bin/sh", "-c", "echo out of order >&2")
	}})
	if err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("a helper that fails: %v", err)
	}
}
