package lab_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/lab"
)

func TestLifecycleByTheClock(t *testing.T) {
	w := smallWorld()
	w.TLDs[0].Lifecycle = lab.Lifecycle{AutoRenewGrace: 10 * lab.Day, Redemption: 5 * lab.Day, PendingDelete: 2 * lab.Day}
	l, clock := startLab(t, w)
	tests := []struct {
		why       string
		after     time.Duration // since the expiry
		state     lab.State
		status    []any // RDAP; nil means 404
		delegated bool
	}{
		{"ten days before", -10 * lab.Day, lab.StateActive, []any{"client transfer prohibited"}, true},
		{"one second before", -time.Second, lab.StateActive, []any{"client transfer prohibited"}, true},
		{"at the instant", 0, lab.StateAutoRenewGrace, []any{"client transfer prohibited", "auto renew period"}, true},
		{"last second of grace", 10*lab.Day - time.Second, lab.StateAutoRenewGrace, []any{"client transfer prohibited", "auto renew period"}, true},
		{"redemption", 10 * lab.Day, lab.StateRedemption, []any{"client transfer prohibited", "pending delete", "redemption period"}, false},
		{"pending delete", 15 * lab.Day, lab.StatePendingDelete, []any{"client transfer prohibited", "pending delete"}, false},
		{"gone", 17 * lab.Day, lab.StateAbsent, nil, false},
	}
	expiry := start.Add(10 * lab.Day)
	for _, tt := range tests {
		clock.Advance(expiry.Add(tt.after).Sub(clock.Now()))
		if got := l.State("bakery.lab"); got != tt.state {
			t.Errorf("%s: state %s, want %s", tt.why, got, tt.state)
		}
		status, v := getJSON(t, l.Endpoints().RDAPOverrides["lab"]+"domain/bakery.lab")
		switch {
		case tt.status == nil && status != http.StatusNotFound:
			t.Errorf("%s: RDAP answers %d", tt.why, status)
		case tt.status != nil:
			if diff := cmp.Diff(tt.status, v["status"]); diff != "" {
				t.Errorf("%s: %s", tt.why, diff)
			}
			if got := event(v, "expiration"); got != "2026-12-01T18:42:00Z" {
				t.Errorf("%s: expiration %s", tt.why, got)
			}
		}
		r := ask(t, l, l.ServerAddress("a.nic.lab"), "bakery.lab", dns.TypeNS)
		if got := len(r.Ns) == 2 && r.Rcode == dns.RcodeSuccess; got != tt.delegated || !got && r.Rcode != dns.RcodeNameError {
			t.Errorf("%s: delegated %v, want %v: %v", tt.why, got, tt.delegated, r)
		}
	}
}

func TestRenewalRepairsUntilPendingDelete(t *testing.T) {
	for _, tt := range []struct {
		why   string
		after time.Duration
		err   error
	}{
		{"before expiry", 0, nil},
		{"in grace", 30 * lab.Day, nil},
		{"in redemption", 70 * lab.Day, nil},
		{"pending delete", 86 * lab.Day, lab.ErrTooLate},
		{"gone", 200 * lab.Day, lab.ErrTooLate},
	} {
		l, clock := startLab(t, smallWorld())
		clock.Advance(tt.after)
		if err := l.Renew("bakery.lab", 1); !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, want %v", tt.why, err, tt.err)
		}
		if got := l.State("bakery.lab"); (got == lab.StateActive) != (tt.err == nil) {
			t.Errorf("%s: state %s", tt.why, got)
		}
	}
}

func TestAutoRenewTrap(t *testing.T) {
	w := smallWorld()
	w.Domains[0].AutoRenewTrap = true
	l, clock := startLab(t, w)
	look := func() (registry, registrar string, status []any) {
		_, v := getJSON(t, l.Endpoints().RDAPOverrides["lab"]+"domain/bakery.lab")
		links := v["links"].([]any)
		_, r := getJSON(t, links[len(links)-1].(map[string]any)["href"].(string))
		return event(v, "expiration"), event(r, "registrar expiration"), v["status"].([]any)
	}
	const paid, jumped = "2026-12-01T18:42:00Z", "2027-12-01T18:42:00Z"
	for _, tt := range []struct {
		days     int
		registry string
		grace    bool
	}{{9, paid, false}, {10, paid, true}, {11, jumped, true}, {54, jumped, true}} {
		clock.Advance(start.Add(time.Duration(tt.days) * lab.Day).Sub(clock.Now()))
		registry, registrar, status := look()
		if registry != tt.registry || registrar != paid || slices.Contains(status, any("auto renew period")) != tt.grace {
			t.Errorf("day %d: registry %s, registrar %s, status %v", tt.days, registry, registrar, status)
		}
	}
	must(t, l.Renew("bakery.lab", 1))
	registry, registrar, _ := look()
	if registry != jumped || registrar != jumped {
		t.Errorf("after the renewal: registry %s, registrar %s", registry, registrar)
	}
}

func TestHoldsAndOtherChanges(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	must(t, l.SetStatuses("bakery.lab", "clientHold"))
	parent := l.ServerAddress("b.nic.lab")
	if r := ask(t, l, parent, "bakery.lab", dns.TypeNS); r.Rcode != dns.RcodeNameError {
		t.Errorf("on hold and still delegated: %v", r)
	}
	must(t, l.SetStatuses("bakery.lab"))
	must(t, l.SetNameServers("bakery.lab", "ns.elsewhere.example"))
	if r := ask(t, l, parent, "bakery.lab", dns.TypeNS); !cmp.Equal(values(r.Ns), []string{"bakery.lab. NS ns.elsewhere.example."}) {
		t.Errorf("%v", r)
	}
	must(t, l.SetRegistrar("bakery.lab", "New Registrar"))
	must(t, l.SetExpiry("bakery.lab", start.Add(-lab.Day)))
	d, ok := l.Domain("BAKERY.lab")
	if !ok || d.Registrar != "New Registrar" || l.State("bakery.lab") != lab.StateAutoRenewGrace || !d.Updated.Equal(start) {
		t.Errorf("%v %s", d, l.State("bakery.lab"))
	}
	must(t, l.RemoveDomain("bakery.lab"))
	if err := l.Renew("bakery.lab", 1); !errors.Is(err, lab.ErrNoDomain) {
		t.Errorf("renewing a removed domain: %v", err)
	}
	must(t, l.AddDomain(lab.Domain{Name: "bakery.lab", Expires: start.AddDate(2, 0, 0)}))
	if err := l.AddDomain(lab.Domain{Name: "bakery.lab"}); err == nil {
		t.Error("a second registration of the same name")
	}
	if names := l.Domains(); len(names) != 3 {
		t.Errorf("%d domains", len(names))
	}
}

func TestWorldIsChecked(t *testing.T) {
	now := func() time.Time { return start }
	for why, w := range map[string]lab.World{
		"no suffix for the domain":   {TLDs: []lab.TLD{{Name: "lab"}}, Domains: []lab.Domain{{Name: "a.example"}}},
		"suffix twice":               {TLDs: []lab.TLD{{Name: "lab"}, {Name: "LAB"}}},
		"domain twice":               {TLDs: []lab.TLD{{Name: "lab"}}, Domains: []lab.Domain{{Name: "a.lab"}, {Name: "A.lab"}}},
		"record that does not parse": {TLDs: []lab.TLD{{Name: "lab"}}, Domains: []lab.Domain{{Name: "a.lab", Records: []lab.Record{{Type: "A", Value: "x"}}}}},
		"server outside loopback":    {TLDs: []lab.TLD{{Name: "lab"}}, Servers: []lab.Server{{Name: "ns.a.lab", Address: "192.0.2.1"}}},
	} {
		if l, err := lab.Start(t.Context(), w, lab.Options{Now: now}); err == nil {
			_ = l.Close()
			t.Errorf("%s: started", why)
		}
	}
	if _, err := lab.Start(t.Context(), lab.World{}, lab.Options{}); err == nil {
		t.Error("started without a clock")
	}
}
