package dns_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/monitor/dns"
)

func TestTheWindowIsBounded(t *testing.T) {
	w := dns.NewWindow()
	ctx, cancel := context.WithCancel(t.Context())
	const each = dns.WindowQueries / 4
	for range 4 {
		if !w.Enter(ctx, each) {
			t.Fatal("no room in an empty window")
		}
	}
	entered := make(chan bool, 1)
	go func() { entered <- w.Enter(ctx, each) }()
	for range each - 1 {
		w.QueryEnded()
	}
	select {
	case <-entered:
		t.Fatal("more entered than there is room for")
	case <-time.After(20 * time.Millisecond):
	}
	w.QueryEnded()
	if !<-entered {
		t.Fatal("nothing entered when there was room")
	}
	go func() { entered <- w.Enter(ctx, 1) }()
	cancel()
	if <-entered {
		t.Error("a full window was entered after the end")
	}
}

func TestTheWindowBoundsDomains(t *testing.T) {
	w := dns.NewWindow()
	for range dns.WindowChecks {
		if !w.Enter(t.Context(), 1) {
			t.Fatal("no room")
		}
		w.QueryEnded()
	}
	entered := make(chan bool, 1)
	go func() { entered <- w.Enter(t.Context(), 1) }()
	w.CheckEnded()
	if !<-entered {
		t.Error("nothing entered when a domain had ended")
	}
}

// TestOneWithMoreThanThereIsGoesAlone: a domain with very many servers must not wait for ever.
func TestOneWithMoreThanThereIsGoesAlone(t *testing.T) {
	if w := dns.NewWindow(); !w.Enter(t.Context(), dns.WindowQueries+1) {
		t.Error("it did not go")
	}
}

// TestLossIsNoticedSoon: a server that is known to answer at once is asked again long before the time-out of one that is not.
func TestLossIsNoticedSoon(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	p := w.prober(func(o *dns.Options) { o.Timeout, o.Retries = 8*time.Second, 2 })
	if got := still(t, p, many(3, apex())...); got[0].Why != "" { // they get to know each other
		t.Fatal(got[0].Why)
	}
	var lost atomic.Bool
	w.ns2.behave(func(_ string, _, answer *mdns.Msg) *mdns.Msg {
		if lost.CompareAndSwap(false, true) {
			return nil
		}
		return answer
	})
	began := time.Now()
	if got := still(t, p, standing(apex())); got[0].Why != "" || !lost.Load() {
		t.Errorf("%q, lost %v", got[0].Why, lost.Load())
	}
	if took := time.Since(began); took < 2*time.Second || took > 5*time.Second {
		t.Errorf("it took %v, want a quarter of the time-out and little more", took)
	}
}

// TestASlowServerHasItsTime: what is slow only once more than usual is slow, not silent.
func TestASlowServerHasItsTime(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	p := w.prober(func(o *dns.Options) { o.Timeout, o.Retries = 2*time.Second, 1 })
	if got := still(t, p, standing(apex())); got[0].Why != "" {
		t.Fatal(got[0].Why)
	}
	w.ns2.behave(func(_ string, _, answer *mdns.Msg) *mdns.Msg {
		time.Sleep(700 * time.Millisecond)
		return answer
	})
	for _, s := range still(t, p, standing(apex())) {
		if s.Why != "" {
			t.Error(s.Why)
		}
	}
}
