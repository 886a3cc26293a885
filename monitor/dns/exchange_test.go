package dns_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

var spf = want("example.lab", "TXT", models.MatchContains, "v=spf1 include:_spf.other.lab -all")

// TestHabitsOfServers looks through servers with odd habits; all but those that never answer must still give the right verdict.
func TestHabitsOfServers(t *testing.T) {
	for _, tc := range []struct {
		name, why string
		hook      func(network string, q, a *mdns.Msg) *mdns.Msg
		state     models.RecordState
		evidence  string
	}{
		{"truncating", "a truncated answer is asked for again over TCP", func(network string, _, a *mdns.Msg) *mdns.Msg {
			if network == "udp" {
				a = a.Copy()
				a.Answer, a.Truncated = nil, true
			}
			return a
		}, models.RecordOK, "TXT? tcp -> NOERROR"},
		{"truncating without TCP", "half an answer is none", func(network string, _, a *mdns.Msg) *mdns.Msg {
			if network == "tcp" {
				return nil
			}
			a = a.Copy()
			a.Truncated = true
			return a
		}, models.RecordZoneUnreachable, "truncated over UDP"},
		{"truncating over TCP too", "and what is empty for want of room does not say that there is nothing", func(_ string, _, a *mdns.Msg) *mdns.Msg {
			a = a.Copy()
			a.Answer, a.Truncated = nil, true
			return a
		}, models.RecordZoneUnreachable, "truncated over TCP"},
		{"no EDNS", "FORMERR on EDNS is answered by asking without", func(_ string, q, a *mdns.Msg) *mdns.Msg {
			if q.IsEdns0() != nil {
				return &mdns.Msg{MsgHdr: mdns.MsgHdr{Id: q.Id, Response: true, Rcode: mdns.RcodeFormatError}}
			}
			return a
		}, models.RecordOK, "without EDNS"},
		{"EDNS dropped", "a firewall that eats EDNS", func(_ string, q, a *mdns.Msg) *mdns.Msg {
			if q.IsEdns0() != nil {
				return nil
			}
			return a
		}, models.RecordOK, "without EDNS"},
		{"wrong id", "an answer with another id is not ours", func(_ string, _, a *mdns.Msg) *mdns.Msg {
			a = a.Copy()
			a.Id++
			return a
		}, models.RecordZoneUnreachable, "nothing that belongs to the question"},
		{"other name", "an answer to another question is not ours", func(_ string, _, a *mdns.Msg) *mdns.Msg {
			a = a.Copy()
			a.Question[0].Name = "other.lab."
			return a
		}, models.RecordZoneUnreachable, "nothing that belongs to the question"},
		{"other type", "an answer for another type is not ours", func(_ string, _, a *mdns.Msg) *mdns.Msg {
			a = a.Copy()
			a.Question[0].Qtype = mdns.TypeHINFO
			return a
		}, models.RecordZoneUnreachable, "nothing that belongs to the question"},
		{"query echoed", "a query is no answer", func(_ string, q, _ *mdns.Msg) *mdns.Msg { return q }, models.RecordZoneUnreachable, "nothing that belongs"},
		{"records of others", "records for names that were not asked for are not believed", func(_ string, q, a *mdns.Msg) *mdns.Msg {
			a = a.Copy()
			a.Answer = []mdns.RR{rr(`bank.lab. 300 IN TXT "v=spf1 include:_spf.other.lab -all"`)}
			return a
		}, models.RecordZoneUnreachable, "not asked for"},
		{"case changed", "names are compared without case", func(_ string, _, a *mdns.Msg) *mdns.Msg {
			a = a.Copy()
			a.Question[0].Name = "eXaMple.LAB."
			for _, r := range a.Answer {
				r.Header().Name = "EXAMPLE.lab."
			}
			return a
		}, models.RecordOK, "aa"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, "", exampleZone, exampleZone)
			onTXT := func(network string, q, a *mdns.Msg) *mdns.Msg {
				if q.Question[0].Qtype == mdns.TypeTXT {
					return tc.hook(network, q, a)
				}
				return a
			}
			w.ns1.behave(onTXT)
			w.ns2.behave(onTXT)
			l := w.look(w.prober(func(o *dns.Options) { o.Timeout = 250 * time.Millisecond }), spf)
			if l.Records[0].State != tc.state || !strings.Contains(string(l.Evidence), tc.evidence) {
				t.Errorf("%s: got %s %q, want %s and %q in the transcript\n%s", tc.why, l.Records[0].State, l.Records[0].Detail, tc.state, tc.evidence, l.Evidence)
			}
		})
	}
}

// A forged answer that arrives first is passed over; the right one that follows counts.
func TestForgedAnswersArePassedOver(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	w.ns1.forgeAnswers()
	l := w.look(w.prober(), spf)
	if l.Records[0].State != models.RecordOK || len(l.Records[0].Seen) != 2 {
		t.Fatalf("got %+v\n%s", l.Records[0], l.Evidence)
	}
}

func TestASilentServerIsAskedAgain(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	var mu sync.Mutex
	lost := map[string]bool{}
	w.ns1.behave(func(_ string, q, a *mdns.Msg) *mdns.Msg {
		mu.Lock()
		defer mu.Unlock()
		if key := q.Question[0].String(); !lost[key] {
			lost[key] = true
			return nil
		}
		return a
	})
	l := w.look(w.prober(func(o *dns.Options) { o.Timeout = 250 * time.Millisecond }), spf)
	if codes(l) != "" || l.Records[0].State != models.RecordOK {
		t.Fatalf("one lost packet each made %q, %s\n%s", codes(l), l.Records[0].State, l.Evidence)
	}
}

func TestACancelledLookReturnsAtOnceAndStatesNothing(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	reached := make(chan struct{})
	var once sync.Once
	w.ns1.behave(func(_ string, _, _ *mdns.Msg) *mdns.Msg {
		once.Do(func() { close(reached) })
		return nil
	})
	w.ns2.behave(silent(""))
	p := w.prober(func(o *dns.Options) { o.Timeout = time.Minute })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan models.DelegationLook, 1)
	go func() { done <- p.Look(ctx, "example.lab", []models.ExpectedRecord{spf}) }()
	<-reached
	cancel()
	select {
	case l := <-done:
		if l.Outcome != models.OutcomeTimeout || len(l.Problems) > 0 || l.Records[0].State != models.RecordUnknown {
			t.Errorf("a cut look says %s %v %s", l.Outcome, l.Problems, l.Records[0].State)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the look did not return after its context was cancelled")
	}
}

func TestPrivateAddressesAreNotDialled(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	delegated(t, w, "example NS ns1.example\nns1.example A 127.0.0.1\n")
	at := w.addrs[netip.MustParseAddr("192.0.2.11")]
	l := w.look(w.prober(func(o *dns.Options) { o.Port = at.Port() }), spf)
	if w.ns1.count("") > 0 {
		t.Fatalf("a loopback address from a zone was dialled:\n%s", l.Evidence)
	}
	if l.Servers[0].Outcome != "refused" || l.Records[0].State != models.RecordZoneUnreachable || !strings.Contains(string(l.Evidence), "may not be dialled") {
		t.Errorf("got %+v, record %s\n%s", l.Servers, l.Records[0].State, l.Evidence)
	}
	if l := w.look(w.prober(func(o *dns.Options) { o.Port, o.AllowPrivate = at.Port(), true }), spf); l.Servers[0].Outcome != "ok" {
		t.Errorf("with AllowPrivate: %+v\n%s", l.Servers, l.Evidence)
	}
	refuse := func(netip.Addr) error { return fmt.Errorf("house rule") }
	if l := w.look(w.prober(func(o *dns.Options) { o.Port, o.AllowPrivate, o.Refuse = at.Port(), true, refuse }), spf); !strings.Contains(string(l.Evidence), "house rule") {
		t.Errorf("Refuse was not asked:\n%s", l.Evidence)
	}
}

func TestLooksShareDelegationsAndAddresses(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := w.prober(func(o *dns.Options) { o.Now = func() time.Time { return now } })
	const looks = 20
	var wg sync.WaitGroup
	for range looks {
		wg.Go(func() { p.Look(t.Context(), "example.lab", []models.ExpectedRecord{spf}) })
	}
	wg.Wait()
	if c := w.root.count(""); c > 3 {
		t.Errorf("%d looks at once asked the root %d times", looks, c)
	}
	before, tld := w.root.count(""), w.tld.count("example.lab. NS")
	w.look(p, spf)
	if c := w.root.count(""); c != before {
		t.Errorf("a later look asked the root again (%d times)", c-before)
	}
	if c := w.tld.count("example.lab. NS"); c != tld+1 {
		t.Errorf("the parent was asked %d times for the finding itself, want once a look", c-tld)
	}
	now = now.Add(25 * time.Hour)
	w.look(p, spf)
	if w.root.count("") == before {
		t.Error("a delegation outlived its TTL")
	}
}

// A delegation that is remembered and whose servers are gone must not blind the prober until its TTL ends.
func TestAFailingRememberedDelegationIsAskedForAgain(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	p := w.prober(func(o *dns.Options) { o.Timeout, o.Retries = 250*time.Millisecond, -1 })
	w.look(p)
	w.tld.behave(silent(""))
	w.host("192.0.2.4", "lab.", tldZone)
	w.root.load(t, ".", strings.ReplaceAll(rootZone, "192.0.2.2", "192.0.2.4"))
	if l := w.look(p, spf); l.Outcome != models.OutcomeOK || l.Records[0].State != models.RecordOK {
		t.Fatalf("after the TLD moved: %s %s\n%s", l.Outcome, l.Detail, l.Evidence)
	}
}

func TestTheBudgetBoundsALookAndAccusesNobody(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	p := w.prober(func(o *dns.Options) { o.MaxQueries = 4 })
	l := w.look(p, spf)
	if total := w.root.count("") + w.tld.count("") + w.ns1.count("") + w.ns2.count(""); total > 4 {
		t.Errorf("%d queries, want at most 4", total)
	}
	if codes(l) != "" || l.Records[0].State.Judged() {
		t.Errorf("problems %q, record %s\n%s", codes(l), l.Records[0].State, l.Evidence)
	}
}

func TestTheRatePerAddressIsHeld(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	p := w.prober(func(o *dns.Options) { o.PerServerRate = 20 })
	expected := make([]models.ExpectedRecord, 18)
	for i := range expected {
		expected[i] = want(fmt.Sprintf("h%d.example.lab", i), "TXT", models.MatchExact, "x")
	}
	began := time.Now()
	w.look(p, expected...)
	least := time.Duration(float64(w.ns2.count("")-10) / 20 * float64(time.Second) * 9 / 10)
	if took := time.Since(began); took < least {
		t.Errorf("%d queries to one address took %v, want at least %v", w.ns2.count(""), took, least)
	}
}
