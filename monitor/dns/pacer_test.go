package dns_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/monitor/dns"
)

func TestEveryServerOperatorAndNetworkHasItsRate(t *testing.T) {
	for _, c := range []struct {
		why     string
		rate    float64
		servers [][2]string // address and name, asked in turn
		second  int         // questions that may go in a second, after the first burst
	}{
		{"an unknown host", 0, [][2]string{{"198.51.100.1", "ns1.bakery.example"}}, dns.UnknownRate},
		{"a large operator's server", 0, [][2]string{{"198.51.100.1", "ada.ns.cloudflare.com"}}, dns.LargeRate},
		{"a rate that the configuration sets", 7, [][2]string{{"198.51.100.1", "ada.ns.cloudflare.com"}}, 7},
		{"two servers of one operator in two networks", 0, [][2]string{{"198.51.100.1", "ns1.bakery.com"}, {"203.0.113.1", "ns2.bakery.com"}}, 2 * dns.UnknownRate},
		{"three servers of one operator share the operator's", 0, [][2]string{{"198.51.100.1", "ns1.bakery.com"}, {"203.0.113.1", "ns2.bakery.com"}, {"192.0.2.1", "ns3.bakery.com"}}, 2 * dns.UnknownRate},
		{"three operators in one /24 share the network's", 0, [][2]string{{"198.51.100.1", "ns.one.com"}, {"198.51.100.2", "ns.two.com"}, {"198.51.100.3", "ns.three.com"}}, 2 * dns.UnknownRate},
		{"three operators in one /48 share the network's", 0, [][2]string{{"2001:db8:1:1::1", "ns.one.com"}, {"2001:db8:1:2::2", "ns.two.com"}, {"2001:db8:1:3::3", "ns.three.com"}}, 2 * dns.UnknownRate},
		{"three operators in three networks", 0, [][2]string{{"198.51.100.1", "ns.one.com"}, {"203.0.113.2", "ns.two.com"}, {"192.0.2.3", "ns.three.com"}}, 3 * dns.UnknownRate},
	} {
		now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
		p := dns.NewPacer(c.rate, func() time.Time { return now })
		drain := func() (n int) {
			for again := true; again; {
				again = false
				for _, s := range c.servers {
					if p.Allowed(s[0], s[1], 1) > 0 {
						n, again = n+1, true
					}
				}
			}
			return n
		}
		drain()
		sent := 0
		for range 10 { // as the ticks of ten seconds
			for range 20 {
				now = now.Add(50 * time.Millisecond)
				sent += drain()
			}
		}
		if low, high := 10*c.second-2*len(c.servers), 10*c.second; sent < low || sent > high {
			t.Errorf("%s: %d questions in ten seconds, want %d to %d", c.why, sent, low, high)
		}
	}
}

func TestARateFallsWithFailuresAndComesBack(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	p := dns.NewPacer(0, func() time.Time { return now })
	const addr, name = "198.51.100.1", "ns1.bakery.example"
	for _, step := range []struct {
		why       string
		good, bad int
		want      float64
	}{
		{"one in twenty may fail", 19, 1, 20},
		{"three in twenty halve it", 17, 3, 10},
		{"and again", 0, 20, 5},
		{"a clean window adds a tenth", 20, 0, 7},
		{"down to a floor", 0, 200, 2},
		{"an unfinished window decides nothing", 0, 19, 2},
		{"and it comes back to what it was, no further", 1 + 20*20, 0, 20},
	} {
		p.Observe(addr, name, step.good, step.bad)
		if got := p.Rate(addr, name); got != step.want {
			t.Errorf("%s: %v a second, want %v", step.why, got, step.want)
		}
	}
}

func TestQuestionsThatWaitGoInTheirOrderAndGiveWayWhenCut(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	p := dns.NewPacer(20, func() time.Time { return now })
	const addr, name = "198.51.100.1", "ns1.bakery.example"
	if n := p.Allowed(addr, name, 100); n != 10 {
		t.Fatalf("%d at once, want half a second's worth", n)
	}
	for i := 1; i <= 5; i++ {
		if got, want := p.Reserve(addr, name), time.Duration(i)*50*time.Millisecond; got != want {
			t.Errorf("the %d. waits %v, want %v", i, got, want)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := p.Turn(ctx, addr, name); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a question that was cut: %v", err)
	}
	if got := p.Reserve(addr, name); got != 300*time.Millisecond {
		t.Errorf("the next waits %v: the cut one kept its turn", got)
	}
	lifted := dns.NewPacer(-1, func() time.Time { return now })
	if n := lifted.Allowed(addr, name, 1000); n != 1000 {
		t.Errorf("without limit %d of 1000 went", n)
	}
}

func TestOperators(t *testing.T) {
	for name, want := range map[string]string{
		"ada.ns.cloudflare.com.": "cloudflare.com true", "NS-12.awsdns-01.co.uk": "awsdns-01.co.uk true", "ns-cloud-a1.googledomains.com": "googledomains.com true",
		"ns1.bakery.example": "bakery.example false", "notcloudflare.com": "notcloudflare.com false", "ns1.cloudflare.com.evil.example": "evil.example false",
		"com": " false", "": " false",
	} {
		operator, large := dns.OperatorOf(name)
		if got := fmt.Sprint(operator, " ", large); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for i, source := range dns.LargeOperatorSources() {
		if source == "" {
			t.Errorf("row %d names no source", i)
		}
	}
}

// More servers than are remembered, all in use: none of them may get its rate anew, nor may an operator. Only what is idle is forgotten.
func TestServersInUseAreNotForgotten(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	p := dns.NewPacer(0, func() time.Time { return now })
	const many = 1<<15 + 100
	at := func(i int) (addr, name string) {
		return fmt.Sprintf("11.%d.%d.1", i/256, i%256), fmt.Sprintf("ns1.host%d.com", i)
	}
	server := func(i, questions int) (allowed int) {
		addr, name := at(i)
		return p.Allowed(addr, name, questions)
	}
	first := server(0, 1000)
	for i := range many {
		server(i, 1)
	}
	if again := server(0, 1000); first == 0 || again != 0 {
		t.Errorf("%d questions to a server at first, %d more at the same time", first, again)
	}
	if n := p.Allowed("198.51.100.9", "ns9.host0.com", 1000); n > first {
		t.Errorf("%d questions to another server of an operator whose rate is used up", n)
	}
	now = now.Add(11 * time.Minute)
	server(many, 1)
	if servers, shared := p.Known(); servers > 10 || shared > 20 {
		t.Errorf("%d servers and %d shared budgets are remembered after all were idle", servers, shared)
	}
}
