package lab_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/lab"
)

func TestJournalTellsWhatWasAsked(t *testing.T) {
	l, clock := startLab(t, smallWorld())
	clock.Advance(time.Hour)
	_, _ = getJSON(t, l.Endpoints().RDAPOverrides["lab"]+"domain/bakery.lab")
	_, err := whois(t, l.Endpoints().WHOISServers["shoplab"], "bakery.shoplab")
	must(t, err)
	ask(t, l, "127.77.0.1", "bakery.lab", dns.TypeNS)
	must(t, send(l, "a@mailhost.lab"))

	want := []lab.Entry{
		{Kind: lab.KindRDAP, Server: "lab", Question: "bakery.lab", Answer: "200"},
		{Kind: lab.KindWHOIS, Server: "shoplab", Question: "bakery.shoplab"},
		{Kind: lab.KindDNS, Server: "127.77.0.1", Question: "bakery.lab. NS udp", Answer: "NOERROR, 0 answers, 2 authority"},
		{Kind: lab.KindSMTP, Server: lab.InboxServer, Question: "MAIL agency@mailhost.lab", Answer: "250 for a@mailhost.lab"},
	}
	got := l.Journal()
	if len(got) != len(want) {
		t.Fatalf("%d entries: %+v", len(got), got)
	}
	for i, w := range want {
		g := got[i]
		if g.Kind != w.Kind || g.Server != w.Server || g.Question != w.Question || w.Answer != "" && g.Answer != w.Answer {
			t.Errorf("entry %d: %+v, want %+v", i, g, w)
		}
		if g.Overlap != 1 || !g.LabTime.Equal(start.Add(time.Hour)) || g.Start.IsZero() || g.End.Before(g.Start) {
			t.Errorf("entry %d: %+v", i, g)
		}
	}
}

func TestJournalCountsOverlap(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	url := l.Endpoints().RDAPOverrides["lab"] + "domain/bakery.lab"
	for range 20 {
		_, _ = getJSON(t, url)
	}
	if c := l.Counter(lab.KindRDAP, "lab"); c.Requests != 20 || c.MaxOverlap != 1 || c.InFlight != 0 {
		t.Errorf("one after the other: %+v", c)
	}
	l.SetRDAPFault("lab", lab.RDAPFault{Delay: 300 * time.Millisecond})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { _, _, _ = get(t, http.MethodGet, url) })
	}
	eventually(t, "three questions in flight", func() bool { return l.Counter(lab.KindRDAP, "lab").InFlight == 3 })
	wg.Wait()
	if c := l.Counter(lab.KindRDAP, "lab"); c.Requests != 23 || c.MaxOverlap != 3 || c.InFlight != 0 {
		t.Errorf("three at once: %+v", c)
	}
	most := 0
	for _, e := range l.Journal() {
		most = max(most, e.Overlap)
	}
	if most != 3 {
		t.Errorf("greatest overlap in the journal: %d", most)
	}
	if all := l.Counters(); len(all) != 1 || all[0].Server != "lab" {
		t.Errorf("%+v", all)
	}
}
