package dns_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/internal/authns"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// TestAgainstServersOfAnotherMake looks at a world served by NSD and Knot, found through a hints file as an operator gives it.
func TestAgainstServersOfAnotherMake(t *testing.T) {
	servers := authns.Start(t, authns.ExampleWorld()...)
	file, err := os.Open(servers.HintsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	hints, err := dns.ParseRootHints(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := dns.New(dns.Options{RootHints: hints, Port: servers.Port, AllowPrivate: true, PerServerRate: -1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()

	records := []struct {
		models.ExpectedRecord
		state  models.RecordState
		detail string
	}{
		{want("example.lab", "A", models.MatchExact, "127.77.0.80"), models.RecordOK, ""},
		{want("example.lab", "NS", models.MatchExact, "ns1.example.lab", "ns2.example.lab", "ns3.example.lab"), models.RecordOK, ""},
		{want("example.lab", "MX", models.MatchOneOf, "10 mail.example.lab."), models.RecordOK, ""},
		{want("example.lab", "TXT", models.MatchContains, "include:_spf.hoster.lab"), models.RecordOK, ""},
		{want("s1._domainkey.example.lab", "TXT", models.MatchExact, "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ"), models.RecordOK, ""},
		{want("www.example.lab", "CNAME", models.MatchSuffix, "hoster.lab"), models.RecordOK, ""},
		{want("promo.example.lab", "CNAME", models.MatchExact, "shop.hoster.lab"), models.RecordOKFlattened, "shop.hoster.lab"},
		{want("old.example.lab", "CNAME", models.MatchExact, "gone.hoster.lab"), models.RecordDangling, "gone.hoster.lab"},
		{want("drift.example.lab", "A", models.MatchExact, "127.77.0.80"), models.RecordWrong, "by ns2.example.lab 127.77.0.12: answers 127.77.0.81"},
		{want("mail.example.lab", "TXT", models.MatchContains, "x"), models.RecordMissing, ""},
		{want("nothere.example.lab", "CNAME", models.MatchExact, "shop.hoster.lab"), models.RecordNameGone, ""},
		{want("v.wild.example.lab", "TXT", models.MatchExact, "token"), models.RecordShadowed, "wildcard"},
		{want("landing.app.example.lab", "TXT", models.MatchExact, "campaign"), models.RecordOK, "By ns2.example.lab 127.77.0.12: answers as expected."},
		{want("app.example.lab", "NS", models.MatchContains, "ns2.example.lab"), models.RecordOK, ""},
		{want("a.news.example.lab", "A", models.MatchExact, "127.77.0.1"), models.RecordDelegationBroken, "<REFUSED>"},
	}
	expected := make([]models.ExpectedRecord, len(records))
	for i, r := range records {
		expected[i] = r.ExpectedRecord
	}
	l := p.Look(ctx, "example.lab", expected)
	if l.Outcome != models.OutcomeOK || codes(l) != "ns_lame" || l.Problems[0].Subject != "ns3.example.lab 127.77.0.13" {
		t.Errorf("outcome %s, problems %+v", l.Outcome, l.Problems)
	}
	var outcomes []string
	for _, s := range l.Servers {
		outcomes = append(outcomes, s.Outcome)
	}
	if got := strings.Join(outcomes, " "); got != "ok ok refused" {
		t.Errorf("servers %q", got)
	}
	for i, r := range l.Records {
		if r.State != records[i].state || !strings.Contains(r.Detail, records[i].detail) {
			t.Errorf("%s %s: %s %q, want %s %q; seen %v", r.Host, r.Type, r.State, r.Detail, records[i].state, records[i].detail, r.Seen)
		}
	}

	nobody := p.Look(ctx, "nobody.lab", []models.ExpectedRecord{want("nobody.lab", "A", models.MatchExact, "127.77.0.1")})
	if codes(nobody) != "all_servers_failing ns_lame single_ns" || nobody.Records[0].State != models.RecordDelegationBroken {
		t.Errorf("nobody.lab: problems %q, record %+v", codes(nobody), nobody.Records[0])
	}
	gone := p.Look(ctx, "gone.lab", []models.ExpectedRecord{want("gone.lab", "A", models.MatchExact, "127.77.0.1")})
	if gone.Outcome != models.OutcomeAbsent || gone.NegativeTTL != time.Minute || gone.Records[0].State != models.RecordDelegationBroken {
		t.Errorf("gone.lab: %s, negative TTL %v, record %+v", gone.Outcome, gone.NegativeTTL, gone.Records[0])
	}
	if t.Failed() {
		t.Logf("%s", l.Evidence)
	}
}
