package dns_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

func apex() models.ExpectedRecord {
	return want("example.lab", "A", models.MatchExact, "192.0.2.80")
}

// many is the same domain over and over: what counts is what its servers see.
func many(n int, records ...models.ExpectedRecord) []models.Standing {
	list := make([]models.Standing, n)
	for i := range list {
		list[i] = standing(records...)
	}
	return list
}

// TestADeadServerCostsLittle: neither sweeps nor whole looks wait for each question to a server that does not answer.
func TestADeadServerCostsLittle(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	p := w.prober(func(o *dns.Options) { o.Timeout, o.Retries = 300*time.Millisecond, 2 })
	if got := still(t, p, standing(apex())); got[0].Why != "" {
		t.Fatal(got[0].Why)
	}
	w.ns2.behave(silent(""))
	before := w.ns2.count("")
	for _, s := range still(t, p, many(3, apex())...) { // they find out
		if !strings.Contains(s.Why, "no answer in time") {
			t.Errorf("%q", s.Why)
		}
	}
	if n := w.ns2.count("") - before; n > 3*3*3+2 {
		t.Errorf("finding out took %d queries", n)
	}
	before = w.ns2.count("")
	began := time.Now()
	for _, s := range still(t, p, many(200, apex())...) {
		if !strings.Contains(s.Why, "no answer in time") {
			t.Errorf("%q", s.Why)
		}
	}
	for range 3 {
		l := w.look(p, apex())
		if l.Servers[1].Outcome != "timeout" || l.Records[0].State == models.RecordMissing || !strings.Contains(l.Servers[1].Detail, "not asked again") {
			t.Errorf("%+v, record %s", l.Servers[1], l.Records[0].State)
		}
	}
	if n := w.ns2.count("") - before; n > 0 {
		t.Errorf("the dead server was asked %d times", n)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("203 domains with a dead server took %v", took)
	}
}

// TestAServerThatOnlyDropsOneQuestionIsNotDead: a probe asks what every server of the zone must answer.
func TestAServerThatOnlyDropsOneQuestionIsNotDead(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	w.ns2.behave(silent("\tTXT"))
	p := w.prober(func(o *dns.Options) { o.Timeout = 200 * time.Millisecond })
	for range 3 {
		if l := w.look(p, spf, apex()); l.Servers[1].Outcome != "ok" || l.Records[1].State != models.RecordOK {
			t.Fatalf("%+v, record %s\n%s", l.Servers[1], l.Records[1].State, l.Evidence)
		}
	}
}

// TestTheEndOfASweepIsTheEnd: nothing waits for an answer, or for its turn, once ctx has ended.
func TestTheEndOfASweepIsTheEnd(t *testing.T) {
	for why, change := range map[string]func(*dns.Options){
		"questions wait for answers":     func(o *dns.Options) { o.Timeout = time.Minute },
		"questions wait for their turns": func(o *dns.Options) { o.PerServerRate = 1 },
	} {
		w := newWorld(t, "", exampleZone, exampleZone)
		p := w.prober(change)
		ctx, cancel := context.WithCancel(t.Context())
		var asked atomic.Int32
		w.ns2.behave(func(string, *mdns.Msg, *mdns.Msg) *mdns.Msg {
			if asked.Add(1) == 1 {
				cancel()
			}
			return nil
		})
		var reported atomic.Int32
		began := time.Now()
		err := p.Unchanged(ctx, slices.Values([][]models.Standing{many(700, apex())}), func(_, _ int, s models.Still) {
			if reported.Add(1); s.Why == "" {
				t.Errorf("%s: said to stand", why)
			}
		})
		cancel()
		if err != nil || reported.Load() != 700 || time.Since(began) > 10*time.Second {
			t.Errorf("%s: %v, %d reported after %v", why, err, reported.Load(), time.Since(began))
		}
	}
}

// TestSweepsAndLooksShareOneRate asks by three sweeps and by whole looks at once, and counts at the server.
func TestSweepsAndLooksShareOneRate(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	const rate = 40
	p := w.prober(func(o *dns.Options) { o.PerServerRate = rate })
	still(t, p, standing(apex()))
	first, began := w.ns2.count(""), time.Now()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for _, s := range still(t, p, many(10, apex())...) {
				if s.Why != "" {
					t.Errorf("%q", s.Why)
				}
			}
		})
	}
	for i := range 3 {
		wg.Go(func() {
			p.Look(t.Context(), "example.lab", []models.ExpectedRecord{want(fmt.Sprintf("h%d.example.lab", i), "A", models.MatchExact, "x")})
		})
	}
	wg.Wait()
	asked, most := w.ns2.count("")-first, int(time.Since(began).Seconds()*rate)+rate/2+1
	if asked < 90 || asked > most {
		t.Errorf("%d questions in %v, want at most %d", asked, time.Since(began), most)
	}
}

// TestSweepsBearTheHabitsOfServers: what a server can't do is learnt once, and does not make a domain differ.
func TestSweepsBearTheHabitsOfServers(t *testing.T) {
	formerr := func(q *mdns.Msg) *mdns.Msg {
		return &mdns.Msg{MsgHdr: mdns.MsgHdr{Id: q.Id, Response: true, Rcode: mdns.RcodeFormatError}}
	}
	for _, c := range []struct {
		why   string
		habit func(network string, q, a *mdns.Msg) *mdns.Msg
		extra int // queries that finding out may cost
	}{
		{"it does not know EDNS, and leaves the question out", func(_ string, q, a *mdns.Msg) *mdns.Msg {
			if q.IsEdns0() != nil {
				return formerr(q)
			}
			return a
		}, 3},
		{"it does not know EDNS", func(_ string, q, a *mdns.Msg) *mdns.Msg {
			if q.IsEdns0() != nil {
				f := formerr(q)
				f.Question = q.Question
				return f
			}
			return a
		}, 3},
		{"it answers in small letters", nil, 3},
	} {
		w := newWorld(t, "", exampleZone, exampleZone)
		w.ns2.small = c.habit == nil
		w.ns2.behave(c.habit)
		p := w.prober(func(o *dns.Options) { o.Timeout = 250 * time.Millisecond })
		first := still(t, p, standing(apex()))[0]
		again := still(t, p, standing(apex()))[0]
		if first.Why != "" || again.Why != "" || first.Queries > 7+c.extra || again.Queries != 7 {
			t.Errorf("%s: %+v, then %+v", c.why, first, again)
		}
	}
}
