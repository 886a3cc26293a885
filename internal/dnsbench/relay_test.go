package dnsbench_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/internal/dnsbench"
)

// envServe makes the test program the helper process of a world.
const envServe = "DNSBENCH_SERVE"

func TestMain(m *testing.M) {
	if spec := os.Getenv(envServe); spec != "" {
		if err := dnsbench.Serve(context.Background(), spec, os.Stdin); err != nil {
			_, _ = os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// server answers every question with an empty answer, over UDP and TCP.
func server(t *testing.T) netip.AddrPort {
	t.Helper()
	var lc net.ListenConfig
	udp, err := lc.ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := lc.Listen(t.Context(), "tcp4", udp.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	answer := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) { _ = w.WriteMsg(new(dns.Msg).SetReply(q)) })
	for _, s := range []*dns.Server{{PacketConn: udp, Handler: answer}, {Listener: tcp, Handler: answer}} {
		started, done := make(chan struct{}), make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() { defer close(done); _ = s.ActivateAndServe() }()
		<-started
		t.Cleanup(func() { _ = s.Shutdown(); <-done })
	}
	return netip.MustParseAddrPort(udp.LocalAddr().String())
}

func TestARelayPassesOnAndMisbehavesOnRequest(t *testing.T) {
	to := server(t)
	from := netip.AddrPortFrom(netip.MustParseAddr("127.81.0.1"), to.Port())
	r, err := dnsbench.NewRelay(from, to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	ask := func(network string, patience time.Duration) (*dns.Msg, time.Duration, error) {
		m := new(dns.Msg).SetQuestion("example.lab.", dns.TypeA)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		began := time.Now()
		a, _, err := (&dns.Client{Net: network, Timeout: patience}).ExchangeContext(ctx, m, from.String())
		return a, time.Since(began), err
	}
	for _, network := range []string{"udp", "tcp"} {
		if a, _, err := ask(network, 5*time.Second); err != nil || a.Rcode != dns.RcodeSuccess {
			t.Errorf("%s: %v, %v", network, a, err)
		}
	}
	r.Act(dnsbench.Behaviour{ServFail: true})
	if a, _, err := ask("udp", 5*time.Second); err != nil || a.Rcode != dns.RcodeServerFailure {
		t.Errorf("failing: %v, %v", a, err)
	}
	r.Act(dnsbench.Behaviour{Delay: 100 * time.Millisecond})
	if _, took, err := ask("udp", 5*time.Second); err != nil || took < 100*time.Millisecond {
		t.Errorf("slow: %v, %v", took, err)
	}
	r.Act(dnsbench.Behaviour{Loss: 1})
	if _, _, err := ask("udp", 100*time.Millisecond); err == nil {
		t.Error("a dead server answered")
	}
}

// TestSickness: what is planted in the world of sick servers is so, and is taken back.
func TestSickness(t *testing.T) {
	w, err := dnsbench.Start(t.Context(), dnsbench.Options{Zones: 300, Sick: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	kinds := map[string]int{}
	for _, n := range w.Names {
		kinds[w.Sick(n)]++
	}
	if kinds["dead"] == 0 || kinds["slow"] == 0 || kinds["failing"] == 0 || kinds[""] < 200 {
		t.Errorf("%v", kinds)
	}
	w.Sicken(true)
	w.Sicken(false)
	if asked, err := w.Naive(t.Context(), w.Names[:20], 4); err != nil || asked < 20*17 {
		t.Errorf("%d questions, %v", asked, err)
	}
}
