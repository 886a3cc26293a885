package monitor_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// SilentZones lists what the conformance tests of the store say.
func (m *memory) SilentZones(_ context.Context, codes []string) ([]models.SilentZone, error) {
	var zones []models.SilentZone
	for id := int64(1); id <= int64(len(m.rows)); id++ {
		w := m.rows[id]
		z := models.SilentZone{DomainID: id, Domain: w.Domain.Name}
		if w.Delegation != nil {
			z.NS = w.Delegation.ParentNS
		}
		listed := false
		for _, f := range w.Findings {
			if f.State == models.FindingOpen {
				f.DomainID = id
				z.Findings = append(z.Findings, f)
				listed = listed || slices.Contains(codes, f.Code)
			}
		}
		if listed {
			zones = append(zones, z)
		}
	}
	return zones, nil
}

func (m *memory) AnsweringNS(_ context.Context, word string, since time.Time) ([][]string, error) {
	var sets [][]string
	for _, w := range m.rows {
		if at := w.Domain.DNSCheckedAt; w.Domain.DNSFailures == 0 && at != nil && at.After(since) && w.Delegation != nil && strings.Contains(strings.Join(w.Delegation.ParentNS, " "), word) {
			sets = append(sets, w.Delegation.ParentNS)
		}
	}
	return sets, nil
}

func (m *memory) RecordFindings(_ context.Context, changes []models.FindingChange, _ time.Time) error {
	for _, c := range changes {
		w := m.rows[c.Finding.DomainID]
		w.Findings = applyFindings(w.Findings, []models.FindingChange{c})
	}
	return nil
}

func silentZone(id int64, ns []string, more ...models.Finding) models.SilentZone {
	z := models.SilentZone{DomainID: id, Domain: fmt.Sprintf("client%d.lab", id), NS: ns}
	z.Findings = append(z.Findings, models.Finding{DomainID: id, ID: id * 10, Code: monitor.CodeZoneUnreachable, Subject: z.Domain, State: models.FindingOpen, OpenedAt: *date("2026-11-01")})
	z.Findings = append(z.Findings, more...)
	return z
}

func hostChanges(changes []models.FindingChange) []string {
	got := make([]string, 0, len(changes))
	for _, c := range changes {
		line := fmt.Sprintf("%d %s %s", c.Finding.DomainID, c.Kind, c.Finding.Code)
		if c.Finding.CauseCode != "" {
			line += " <" + c.Finding.CauseCode
		}
		got = append(got, line)
	}
	return got
}

func TestADeadHostIsOneCause(t *testing.T) {
	t.Parallel()
	ns := []string{"ns1.dnshost.example", "ns2.dnshost.example"}
	numbered := func(n int) []string {
		return []string{fmt.Sprintf("ns-%d.cloudns-%02d.com", n, n), fmt.Sprintf("ns-%d.cloudns-%02d.net", n, n+1)}
	}
	told := func(id int64, cause string) models.Finding {
		return models.Finding{
			DomainID: id, ID: id*10 + 1, Code: monitor.CodeHostFailing, Subject: "dnshost.example", State: models.FindingOpen, CauseCode: cause, Severity: models.SeverityCritical,
			Title:  "A DNS host is down: dnshost.example, 3 names",
			Detail: "No server of dnshost.example answers for any of the 3 names whose servers it runs: client1.lab, client2.lab, client3.lab. It is on the DNS host's side.",
		}
	}
	folded := func(z models.SilentZone) models.SilentZone {
		z.Findings[0].CauseCode = monitor.CodeHostFailing
		return z
	}
	for name, c := range map[string]struct {
		why   string
		zones []models.SilentZone
		alive []string
		want  []string
	}{
		"two": {"two names may fail by chance", []models.SilentZone{silentZone(1, ns), silentZone(2, ns)}, nil, nil},
		"elsewhere": {"three names at three hosts", []models.SilentZone{
			silentZone(1, ns), silentZone(2, []string{"ns1.other.example"}), silentZone(3, []string{"ns1.third.example"}),
		}, nil, nil},
		"two hosts for one name": {"it is not known whose fault it is", []models.SilentZone{
			silentZone(1, ns), silentZone(2, ns), silentZone(3, append(slices.Clone(ns), "ns1.other.example")),
		}, nil, nil},
		"one answers": {"the host is there", []models.SilentZone{silentZone(1, ns), silentZone(2, ns), silentZone(3, ns)}, []string{"dnshost.example"}, nil},
		"three": {"one carries it, the others are folded", []models.SilentZone{
			silentZone(1, ns), silentZone(2, ns, models.Finding{DomainID: 2, ID: 25, Code: "record_missing", CauseCode: "expired", State: models.FindingOpen}), silentZone(3, ns),
		}, nil, []string{
			"1 opened dnshost_failing", "1 seen zone_unreachable <dnshost_failing",
			"2 opened dnshost_failing <dnshost_failing", "2 seen zone_unreachable <dnshost_failing",
			"3 opened dnshost_failing <dnshost_failing", "3 seen zone_unreachable <dnshost_failing",
		}},
		"numbered": {"a host with many domains of its own", []models.SilentZone{silentZone(1, numbered(1)), silentZone(2, numbered(5)), silentZone(3, numbered(9))}, nil, []string{
			"1 opened dnshost_failing", "1 seen zone_unreachable <dnshost_failing",
			"2 opened dnshost_failing <dnshost_failing", "2 seen zone_unreachable <dnshost_failing",
			"3 opened dnshost_failing <dnshost_failing", "3 seen zone_unreachable <dnshost_failing",
		}},
		"told already": {"nothing new", []models.SilentZone{
			folded(silentZone(1, ns, told(1, ""))), folded(silentZone(2, ns, told(2, monitor.CodeHostFailing))), folded(silentZone(3, ns, told(3, monitor.CodeHostFailing))),
		}, nil, nil},
		"one more": {"the number is told anew, where it stands", []models.SilentZone{
			folded(silentZone(1, ns, told(1, monitor.CodeHostFailing))), folded(silentZone(2, ns, told(2, ""))), folded(silentZone(3, ns, told(3, monitor.CodeHostFailing))), silentZone(4, ns),
		}, nil, []string{
			"1 seen dnshost_failing <dnshost_failing", "2 seen dnshost_failing", "3 seen dnshost_failing <dnshost_failing",
			"4 opened dnshost_failing <dnshost_failing", "4 seen zone_unreachable <dnshost_failing",
		}},
		"back": {"it is taken back in one go, and what still fails stands for itself", []models.SilentZone{
			folded(silentZone(1, ns, told(1, ""))), folded(silentZone(2, ns, told(2, monitor.CodeHostFailing))), folded(silentZone(3, ns, told(3, monitor.CodeHostFailing))),
		}, []string{"dnshost.example"}, []string{
			"1 seen zone_unreachable", "1 resolved dnshost_failing", "2 seen zone_unreachable", "2 resolved dnshost_failing <dnshost_failing",
			"3 seen zone_unreachable", "3 resolved dnshost_failing <dnshost_failing",
		}},
		"moved": {"a name that went to another host", []models.SilentZone{folded(silentZone(1, []string{"ns1.other.example"}, told(1, "")))}, nil, []string{
			"1 seen zone_unreachable", "1 resolved dnshost_failing",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alive := map[string]bool{}
			for _, host := range c.alive {
				alive[host] = true
			}
			got := monitor.JudgeHosts(c.zones, alive, *date("2026-11-02"))
			if diff := cmp.Diff(append([]string{}, c.want...), hostChanges(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			for _, ch := range got {
				if ch.Kind == models.FindingOpened && (!strings.Contains(ch.Finding.Title, "3 names") && name != "one more" || ch.Finding.NextStep == "" || ch.Finding.Severity != models.SeverityCritical) {
					t.Errorf("%+v", ch.Finding)
				}
			}
		})
	}
}

// TestALifeOfADeadHost lets a host fail and come back under the whole loop: one finding is shown for all its names, and when it goes, what
// is wrong with one of them is shown.
func TestALifeOfADeadHost(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.lab", "b.lab", "c.lab")
	down, wrong := true, false
	b.dns.look = func(name string, expected []models.ExpectedRecord) models.DelegationLook {
		l := models.DelegationLook{Outcome: models.OutcomeOK, ParentNS: []string{"ns1.dnshost.example", "ns2.dnshost.example"}, Records: make([]models.RecordLook, len(expected))}
		if down {
			l.Problems = []models.DelegationProblem{{Code: "all_servers_failing", Side: "provider", Subject: name, Detail: "None answers."}}
		} else if wrong && name == "b.lab" {
			l.Problems = []models.DelegationProblem{{Code: "cname_at_apex", Side: "client", Subject: name, Detail: "It is an alias."}}
		}
		return l
	}
	look := func() {
		t.Helper()
		for id := range int64(3) {
			if err := b.m.LookDNS(t.Context(), id+1); err != nil {
				t.Fatal(err)
			}
		}
		b.clock.add(time.Hour)
		if _, err := b.m.SweepDNS(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	shown := func() []string { // as Today lists them
		var codes []string
		for id := range int64(3) {
			for _, f := range b.store.rows[id+1].Findings {
				if f.State == models.FindingOpen && f.CauseCode == "" {
					codes = append(codes, b.store.rows[id+1].Domain.Name+" "+f.Code)
				}
			}
		}
		return codes
	}
	for range 4 {
		look()
	}
	if diff := cmp.Diff([]string{"a.lab dnshost_failing"}, shown()); diff != "" {
		t.Fatalf("down (-want +got):\n%s", diff)
	}
	down, wrong = false, true
	look()
	if diff := cmp.Diff([]string{"b.lab dns_cname_at_apex"}, shown()); diff != "" {
		t.Fatalf("back, with one name wrong (-want +got):\n%s", diff)
	}
	wrong = false
	look()
	if got := shown(); len(got) != 0 {
		t.Fatalf("all is well: %v", got)
	}
	down = true
	for range 4 {
		look()
	}
	if diff := cmp.Diff([]string{"a.lab dnshost_failing"}, shown()); diff != "" {
		t.Fatalf("down again (-want +got):\n%s", diff)
	}
}

func TestWhatACauseExplainedStandsForItselfWhenItGoes(t *testing.T) {
	t.Parallel()
	stored := []models.Finding{
		{ID: 1, Code: "expired", Subject: "shop.lab", State: models.FindingOpen},
		{ID: 2, Code: "record_missing", Subject: "www.shop.lab A", State: models.FindingOpen, CauseCode: "expired"},
		{ID: 3, Code: "record_wrong", Subject: "shop.lab A", State: models.FindingOpen, CauseCode: "nameservers_changed"},
		{ID: 4, Code: "record_wrong", Subject: "old.shop.lab A", State: models.FindingResolved, CauseCode: "expired"},
	}
	judged := func(code string) bool { return code == "expired" }
	got := monitor.Reconcile(stored, nil, judged, *date("2026-11-02"))
	if diff := cmp.Diff([]string{"0 resolved expired", "0 seen record_missing"}, hostChanges(got)); diff != "" {
		t.Errorf("renewed (-want +got):\n%s", diff)
	}
	got = monitor.Reconcile(stored, []models.Verdict{{Code: "expired", Subject: "shop.lab"}}, judged, *date("2026-11-02"))
	if diff := cmp.Diff([]string{"0 seen expired"}, hostChanges(got)); diff != "" {
		t.Errorf("still expired (-want +got):\n%s", diff)
	}
}
