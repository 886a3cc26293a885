package monitor_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
	"github.com/krestmarketing/deedwatch/monitor/dns"
	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

// onLab gives a monitor whose sources are the real clients, pointed at a small internet on loopback.
func onLab(t *testing.T, world lab.World, now func() time.Time, s monitor.Store) *monitor.Monitor {
	t.Helper()
	l, err := lab.Start(t.Context(), world, lab.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	at := l.Endpoints()
	g := guard.New(true)
	r, err := rdap.New(rdap.Options{HTTP: g.HTTPClient(guard.HTTPOptions{}), Overrides: at.RDAPOverrides, Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	w, err := whois.New(whois.Options{Dial: g.DialContext, Servers: at.WHOISServers, Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	o := dns.Options{AllowPrivate: true, Port: uint16(at.DNSPort), Now: now, AddressMap: map[netip.Addr]netip.AddrPort{}}
	for _, root := range at.RootHints {
		o.RootHints = append(o.RootHints, dns.RootServer{Addr: netip.AddrPortFrom(netip.MustParseAddr(root), 0)})
	}
	for from, to := range at.AddressMap {
		o.AddressMap[netip.MustParseAddr(from)] = netip.MustParseAddrPort(to)
	}
	p, err := dns.New(o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := monitor.New(monitor.Options{
		Store: s, RDAP: r, WHOIS: w, DNS: p, Now: now, Limit: func(string) monitor.Limit { return monitor.Limit{PerSecond: 1000} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func labWorld() lab.World {
	https := lab.TLD{Name: "lab", RDAP: true, WHOIS: true, PublishesExpiry: true, Lifecycle: lab.GTLDLifecycle()}
	old := lab.TLD{Name: "old", WHOIS: true, Dialect: lab.DialectMinimal}
	domain := func(name, expires string) lab.Domain {
		return lab.Domain{
			Name: name, Registrar: "Northwind Names", Expires: *date(expires), RegistrarRDAP: true, Statuses: []string{"clientTransferProhibited"},
			Records: []lab.Record{{Host: "www", Type: "A", Value: "203.0.113.24"}},
		}
	}
	trap := domain("trap.lab", "2027-01-10T08:00:00Z")
	trap.AutoRenewTrap = true
	held := domain("held.lab", "2027-09-01T08:00:00Z")
	held.Statuses = []string{"clientHold"}
	return lab.World{
		TLDs:       []lab.TLD{https, old},
		Registrars: []lab.Registrar{{Name: "Northwind Names", IANAID: 9001}},
		Domains: []lab.Domain{
			domain("fine.lab", "2027-09-01T08:00:00Z"), domain("soon.lab", "2027-02-20T08:00:00Z"), trap, held,
			domain("rescue.lab", "2026-12-01T08:00:00Z"), domain("late.lab", "2026-11-03T08:00:00Z"), domain("nodate.old", "2027-09-01T08:00:00Z"),
		},
	}
}

// TestTheRealClientsAgreeWithTheJudge asks a described world over real sockets. It holds the seam between the clients' looks and what is
// made of them; what the clients read is tested with them.
func TestTheRealClientsAgreeWithTheJudge(t *testing.T) {
	t.Parallel()
	c := &clock{now: *date("2027-01-20T08:00:00Z")}
	m := onLab(t, labWorld(), c.Now, nil)
	expected := func(name string) []models.ExpectedRecord {
		return []models.ExpectedRecord{{Host: "www." + name, Type: "A", Match: models.MatchExact, Values: []string{"203.0.113.24"}, Essential: true}}
	}
	got := map[string]string{}
	for _, name := range []string{"fine.lab", "soon.lab", "trap.lab", "held.lab", "rescue.lab", "late.lab", "nodate.old", "free.lab", "x.nowhere"} {
		r := m.CheckOnce(t.Context(), monitor.CheckRequest{Domain: name, Expected: expected(name)})
		line := string(r.Judgement.Lifecycle) + "/" + string(r.Judgement.Why) + " " + string(r.Records[0].State)
		if r.Judgement.Expiry.At != nil {
			line += " " + r.Judgement.Expiry.At.UTC().Format(time.DateOnly) + " " + string(r.Judgement.Expiry.Source)
		}
		got[name] = line
	}
	want := map[string]string{
		"fine.lab":   "registered/date ok 2027-09-01 registry",
		"soon.lab":   "expiring/date ok 2027-02-20 registry",
		"trap.lab":   "expired/unconfirmed_renew ok 2027-01-10 registrar", // the registry's date is a year later
		"held.lab":   "on_hold/epp_status delegation_broken 2027-09-01 registry",
		"rescue.lab": "redemption/epp_status delegation_broken 2026-12-01 registry",
		"late.lab":   "pending_delete/epp_status delegation_broken 2026-11-03 registry",
		"nodate.old": "unknown/no_public_expiry ok",
		"free.lab":   "unknown/absent_once delegation_broken", // one run proves nothing
		"x.nowhere":  "unknown/never_looked unknown",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestARunOverTheWireIsStored(t *testing.T) {
	t.Parallel()
	c := &clock{now: *date("2027-01-20T08:00:00Z")}
	s := openStore(t)
	m := onLab(t, labWorld(), c.Now, s)
	var rows []models.PortfolioRow
	for _, name := range []string{"fine.lab", "trap.lab", "nodate.old", "free.lab"} {
		rows = append(rows, models.PortfolioRow{
			Domain: name, Suffix: name[len(name)-3:], Client: "Harborline Dental",
			Contacts: []models.Contact{{Name: "Maya Okafor", Email: "maya@elsewhere.example", Role: models.RoleOwner}},
		})
	}
	if _, err := s.ImportPortfolio(t.Context(), rows, c.Now(), false); err != nil {
		t.Fatal(err)
	}
	tick(t, m)
	c.add(2 * time.Hour)
	tick(t, m)
	got := map[string]models.Lifecycle{}
	for _, row := range rows {
		view, err := s.DomainView(t.Context(), row.Domain)
		if err != nil {
			t.Fatal(err)
		}
		got[row.Domain] = view.Watched.Domain.Lifecycle
		if len(view.Observations) == 0 || view.Watched.Delegation == nil {
			t.Errorf("%s: %d observations, delegation %v", row.Domain, len(view.Observations), view.Watched.Delegation)
		}
		for _, o := range view.Observations {
			whole, err := s.Observation(t.Context(), o.ID)
			if err != nil || (whole.Outcome.Answered() && len(whole.Evidence) == 0) {
				t.Errorf("%s: evidence of %s %s: %d bytes, %v", row.Domain, o.Kind, o.Outcome, len(whole.Evidence), err)
			}
		}
	}
	want := map[string]models.Lifecycle{
		"fine.lab": models.LifecycleRegistered, "trap.lab": models.LifecycleExpired, "nodate.old": models.LifecycleUnknown,
		"free.lab": models.LifecycleReleased, // two kinds of sources, and a later run
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
