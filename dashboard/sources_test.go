package dashboard_test

import (
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const harborline = "harborlinedental.example"

// sourcesPanel cuts the panel out of the page, so that nothing else on it can satisfy a test.
func sourcesPanel(t *testing.T, s *site, statements []models.Statement) string {
	t.Helper()
	v := s.store.views[harborline]
	v.Watched.Statements = statements
	s.store.views[harborline] = v
	_, panel, found := strings.Cut(s.get("/domains/"+harborline).Body, "What each source says</h2>")
	if !found {
		return ""
	}
	panel, _, _ = strings.Cut(panel, "</section>")
	return panel
}

func TestWhatEachSourceSays(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserViewer)
	date := func(days int) *time.Time { return new(noon.AddDate(0, 0, days)) }
	stated := func(source models.LookKind, f models.Facts) models.Statement {
		return models.Statement{
			Source: source, Server: "server.example", Outcome: models.OutcomeOK, Facts: &f, At: new(noon.Add(-2 * time.Hour)), AskedAt: noon.Add(-2 * time.Hour),
			AskedOutcome: models.OutcomeOK, ObservationID: new(int64(1)),
		}
	}
	for _, c := range []struct {
		why         string
		statements  []models.Statement
		want, lacks []string
	}{
		{"nobody was asked: there is nothing to set side by side", nil, nil, []string{"Last answer"}},
		{
			"one source agrees with itself",
			[]models.Statement{stated(models.LookRDAP, models.Facts{ExpiresAt: date(21), Registrar: "Harbor Names"})},
			[]string{"in 21 days", "Harbor Names", "2 h ago", `href="/observations/1"`},
			[]string{"They differ", "they agree", "DNSSEC"},
		},
		{
			"two agree, and what one of them leaves out is said so",
			[]models.Statement{
				stated(models.LookRDAP, models.Facts{ExpiresAt: date(21), Registrar: "Harbor Names", DNSSEC: models.DNSSECSigned}),
				stated(models.LookWHOIS, models.Facts{ExpiresAt: date(21)}),
			},
			[]string{"they agree", "Signed", "not stated"},
			[]string{"They differ"},
		},
		{
			"dates a month apart differ, and the page says which one counts",
			[]models.Statement{stated(models.LookRDAP, models.Facts{ExpiresAt: date(50)}), stated(models.LookWHOIS, models.Facts{ExpiresAt: date(21)})},
			[]string{"They differ", "in 50 days", "in 21 days", "the earlier one counts"},
			[]string{"they agree"},
		},
		{
			"a source that never answered shows how it went, and states nothing",
			[]models.Statement{
				stated(models.LookRDAP, models.Facts{ExpiresAt: date(21)}),
				{Source: models.LookWHOIS, Server: "whois.example:43", AskedAt: noon.Add(-time.Hour), AskedOutcome: models.OutcomeThrottled},
			},
			[]string{"never answered, asked 1 h ago", "Told to come back later"},
			[]string{"They differ"},
		},
		{
			"one knows the name and the other does not",
			[]models.Statement{
				stated(models.LookRDAP, models.Facts{ExpiresAt: date(21)}),
				{Source: models.LookWHOIS, Outcome: models.OutcomeAbsent, At: new(noon.Add(-time.Hour)), AskedAt: noon.Add(-time.Hour), AskedOutcome: models.OutcomeAbsent},
			},
			[]string{"no such registration", "They differ"},
			nil,
		},
		{
			"what a server says is shown, never obeyed",
			[]models.Statement{stated(models.LookRDAP, models.Facts{Registrar: "<script>alert(1)</script>\u202e", Statuses: []string{"<b>ok</b>"}})},
			[]string{"&lt;script&gt;", "⟨U&#43;202E⟩", "&lt;b&gt;ok"},
			[]string{"<script", "<b>ok"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			panel := sourcesPanel(t, s, c.statements)
			for _, w := range c.want {
				if !strings.Contains(panel, w) {
					t.Errorf("%q is not in the panel", w)
				}
			}
			for _, w := range c.lacks {
				if strings.Contains(panel, w) {
					t.Errorf("%q is in the panel", w)
				}
			}
		})
	}
}

func TestHistory(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserViewer)
	v := s.store.views[harborline]
	change := func(field, before, after string) models.Change {
		return models.Change{At: noon.AddDate(0, -1, 0), Field: field, Before: before, After: after, Source: models.LookWHOIS, ObservationID: new(int64(1))}
	}
	for _, c := range []struct {
		why         string
		change      models.Change
		want, lacks []string
	}{
		{
			"of a list only what came and went is shown", change(models.FactNameservers, "ns1.a.example, ns2.a.example", "ns2.a.example, ns3.b.example"),
			[]string{`<del class="mono">ns1.a.example</del>`, `<ins class="mono">ns3.b.example</ins>`, "WHOIS", `href="/observations/1"`},
			[]string{"ns2.a.example"},
		},
		{"a first list has nothing before it", change(models.FactStatuses, "", "clientHold"), []string{"clientHold"}, []string{"→"}},
		{"a date is a day", change(models.FactRegistryExpiry, "2026-12-12T00:00:00Z", "2027-12-12T00:00:00Z"), []string{"12 Dec 2026", "12 Dec 2027"}, []string{"T00:00"}},
		{"a date from nothing", change(models.FactRegistrarExpiry, "", "2027-12-12T10:00:00Z"), []string{"<del>nothing</del>", "12 Dec 2027"}, nil},
		{"a state is a word", change(models.FactLifecycle, "expiring", "pending_delete"), []string{"State", "<del>expiring</del>", "<ins>pending delete</ins>"}, nil},
		{"a lock", change(models.FactTransferLock, "on", "off"), []string{"Transfer lock", "<ins>off</ins>"}, nil},
		{"DNSSEC", change(models.FactDNSSEC, "signed", "unsigned"), []string{"<ins>not signed</ins>"}, nil},
		{"what is foreign is escaped", change(models.FactRegistrar, "A", "<img src=x>"), []string{"&lt;img"}, []string{"<img"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			v.Changes = []models.Change{c.change}
			s.store.views[harborline] = v
			_, panel, _ := strings.Cut(s.get("/domains/"+harborline).Body, "Change history</h2>")
			panel, _, _ = strings.Cut(panel, "</section>")
			for _, w := range c.want {
				if !strings.Contains(panel, w) {
					t.Errorf("%q is not in the history", w)
				}
			}
			for _, w := range c.lacks {
				if strings.Contains(panel, w) {
					t.Errorf("%q is in the history", w)
				}
			}
		})
	}
}

func TestAnEndingThatNothingCovers(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	for i := range s.store.domains {
		if d := &s.store.domains[i].Domain; d.Name == "xn--kessler-tren-llb.example" {
			d.LookOutcome, d.LifecycleWhy, d.SeenAt, d.LookSource = models.OutcomeUnsupported, models.WhyNeverLooked, nil, ""
		}
	}
	s.as(models.UserViewer).get("/domains").want(t, 200, "Ending not covered", "No server is known that answers for .example", "No server known")
}
