package lab

import (
	"strconv"
	"testing"
	"time"
)

func TestJournalForgetsEntriesButNotCounts(t *testing.T) {
	j := newJournal(func() time.Time { return time.Time{} }, 4)
	early := j.begin(KindDNS, "a", "0")
	for i := 1; i <= 9; i++ {
		j.begin(KindDNS, "a", strconv.Itoa(i))("done")
	}
	early("late end of a forgotten entry")
	early("ending twice counts once")
	got := j.entries()
	if len(got) != 4 || got[0].Question != "6" || got[3].Question != "9" || got[3].Answer != "done" {
		t.Errorf("%+v", got)
	}
	if c := j.counter(KindDNS, "a"); c.Requests != 10 || c.MaxOverlap != 2 || c.InFlight != 0 {
		t.Errorf("%+v", c)
	}
}

func TestServersGetPortsWhereTheirAddressesCannotBeBound(t *testing.T) {
	elsewhere := func(string) string { return "192.0.2.1" } // not an address of this machine
	l, err := Start(t.Context(), World{TLDs: []TLD{{Name: "lab"}}}, Options{Now: time.Now, bindHost: elsewhere})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	e := l.Endpoints()
	if e.DNSPort != 0 || len(e.AddressMap) != 6 || e.AddressMap["127.77.0.1"] == "" {
		t.Errorf("%+v", e)
	}
}
