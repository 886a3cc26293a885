package dns_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

func TestLookStatesBothSidesOfAHealthyDelegation(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := w.prober(func(o *dns.Options) { o.Now = func() time.Time { return at } })
	got := w.look(p,
		want("example.lab", "A", models.MatchExact, "192.0.2.80"),
		want("Example.LAB.", "mx", models.MatchExact, "10 mail.example.lab."),
	)
	evidence := string(got.Evidence)
	got.Evidence = nil
	serial := uint32(7)
	names := []string{"ns1.example.lab", "ns2.example.lab"}
	by := func(v string) models.Seen {
		return models.Seen{"ns1.example.lab 192.0.2.11": {v}, "ns2.example.lab 203.0.113.12": {v}}
	}
	expected := models.DelegationLook{
		Domain: "example.lab", At: at, Outcome: models.OutcomeOK, ParentNS: names, ChildNS: names,
		Servers: []models.ServerLook{
			{Name: names[0], Address: "192.0.2.11", Outcome: "ok", Serial: &serial, NS: names},
			{Name: names[1], Address: "203.0.113.12", Outcome: "ok", Serial: &serial, NS: names},
		},
		ChildSigned: models.DNSSECUnsigned,
		Records: []models.RecordLook{
			{Host: "example.lab", Type: "A", State: models.RecordOK, Detail: "By all 2 servers that answered: answers as expected.", Seen: by("192.0.2.80")},
			{Host: "example.lab", Type: "MX", State: models.RecordOK, Detail: "By all 2 servers that answered: answers as expected.", Seen: by("10 mail.example.lab")},
		},
		Targets: []models.TargetLook{{Kind: models.TargetSPF, Host: "example.lab", Name: "_spf.other.lab", State: models.TargetExists}},
		Apex:    []string{"192.0.2.80"}, ApexKnown: true,
		Detail: "Delegated to 2 name server(s); 2 of 2 server address(es) answer for the zone.",
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("look (-want +got):\n%s\n%s", diff, evidence)
	}
	for _, line := range []string{
		"a.root 192.0.2.1 example.lab. NS? udp -> NOERROR",
		"ns.nic.lab 192.0.2.2 example.lab. NS? udp -> NOERROR",
		"ns2.example.lab 203.0.113.12 example.lab. SOA? udp -> NOERROR aa",
	} {
		if !strings.Contains(evidence, line) {
			t.Errorf("the transcript lacks %q:\n%s", line, evidence)
		}
	}
}

// TestRecordStates walks through the taxonomy over real packets.
func TestRecordStates(t *testing.T) {
	zone := func(more string) string { return exampleZone + more }
	for _, tc := range []struct {
		name, why    string
		tld          string
		zone1, zone2 string
		hook1, hook2 func(string, *mdns.Msg, *mdns.Msg) *mdns.Msg
		want         models.ExpectedRecord
		state        models.RecordState
		detail       string // must be part of it
		ttl          time.Duration
	}{
		{
			name: "alias", why: "the CNAME is as expected and its target has addresses",
			want: want("www.example.lab", "CNAME", models.MatchExact, "Shop.Other.Lab."), state: models.RecordOK,
		},
		{
			name: "joined text", why: "TXT strings are joined without a space", zone1: zone("k TXT \"ab\" \"cd\"\n"), zone2: zone("k TXT \"abcd\"\n"),
			want: want("k.example.lab", "TXT", models.MatchExact, "abcd"), state: models.RecordOK,
		},
		{
			name: "flattened", why: "the apex serves addresses of the target in place of the alias",
			zone1: zone("flat A 198.51.100.2\n"), zone2: zone("flat A 198.51.100.1\nflat A 198.51.100.2\nflat AAAA 2001:db8::1\n"),
			want: want("flat.example.lab", "CNAME", models.MatchExact, "shop.other.lab"), state: models.RecordOKFlattened,
		},
		{
			name: "not flattened", why: "addresses that are not the target's are another host",
			zone1: zone("flat A 198.51.100.9\n"), zone2: zone("flat A 198.51.100.9\n"),
			want: want("flat.example.lab", "CNAME", models.MatchExact, "shop.other.lab"), state: models.RecordWrong, detail: "198.51.100.9",
		},
		{
			name: "wrong on one", why: "a stale secondary is named beside the right server",
			zone1: zone("x A 192.0.2.90\n"), zone2: zone("x A 192.0.2.91\n"),
			want: want("x.example.lab", "A", models.MatchExact, "192.0.2.90"), state: models.RecordWrong,
			detail: "By ns1.example.lab 192.0.2.11: answers as expected; by ns2.example.lab 203.0.113.12: answers 192.0.2.91.",
		},
		{
			name: "missing", why: "the name has another type", zone1: zone("x A 192.0.2.90\n"), zone2: zone("x A 192.0.2.90\n"),
			want: want("x.example.lab", "TXT", models.MatchContains, "token"), state: models.RecordMissing, ttl: 120 * time.Second,
		},
		{
			name: "name gone", why: "NXDOMAIN everywhere",
			want: want("gone.example.lab", "CNAME", models.MatchExact, "shop.other.lab"), state: models.RecordNameGone, ttl: 120 * time.Second,
		},
		{
			name: "dangling", why: "the target's own zone says NXDOMAIN", zone1: zone("d CNAME gone.other.lab.\n"), zone2: zone("d CNAME gone.other.lab.\n"),
			want: want("d.example.lab", "CNAME", models.MatchExact, "gone.other.lab"), state: models.RecordDangling, detail: "gone.other.lab",
		},
		{
			name: "dangling domain", why: "the target's domain is not registered", zone1: zone("d CNAME x.expired.lab.\n"), zone2: zone("d CNAME x.expired.lab.\n"),
			want: want("d.example.lab", "CNAME", models.MatchExact, "x.expired.lab"), state: models.RecordDangling,
		},
		{
			name: "chain broken in the middle", why: "the alias's target is an alias for what is gone", zone1: zone("d CNAME e\ne CNAME gone.other.lab.\n"), zone2: zone("d CNAME e\ne CNAME gone.other.lab.\n"),
			want: want("d.example.lab", "CNAME", models.MatchExact, "e.example.lab"), state: models.RecordDangling,
		},
		{
			name: "chain in a circle", why: "no address will ever come of it", zone1: zone("d CNAME e\ne CNAME d\n"), zone2: zone("d CNAME e\ne CNAME d\n"),
			want: want("d.example.lab", "CNAME", models.MatchExact, "e.example.lab"), state: models.RecordDangling, detail: "endless",
		},
		{
			name: "chain whose middle cannot be looked up", why: "silence is no statement",
			tld: "dead NS ns.dead\nns.dead A 192.0.2.66\n", zone1: zone("d CNAME e\ne CNAME x.dead.lab.\n"), zone2: zone("d CNAME e\ne CNAME x.dead.lab.\n"),
			want: want("d.example.lab", "CNAME", models.MatchExact, "e.example.lab"), state: models.RecordOK, detail: "could not be looked up",
		},
		{
			name: "address behind a broken chain", why: "the address is not there", zone1: zone("d CNAME e\ne CNAME gone.other.lab.\n"), zone2: zone("d CNAME e\ne CNAME gone.other.lab.\n"),
			want: want("d.example.lab", "A", models.MatchExact, "192.0.2.80"), state: models.RecordMissing, detail: "alias for e.example.lab",
		},
		{
			name: "international target", why: "people write it in their own script", zone1: zone("d CNAME xn--bcher-kva.other.lab.\n"), zone2: zone("d CNAME XN--Bcher-kva.Other.LAB.\n"),
			want: want("d.example.lab", "CNAME", models.MatchExact, "B\u00fccher.other.lab"), state: models.RecordDangling,
		},
		{
			name: "wrong beside right in one set", why: "exact means the whole set", zone1: zone("x A 192.0.2.90\nx A 192.0.2.91\n"), zone2: zone("x A 192.0.2.90\nx A 192.0.2.91\n"),
			want: want("x.example.lab", "A", models.MatchExact, "192.0.2.90"), state: models.RecordWrong, detail: "192.0.2.90, 192.0.2.91",
		},
		{
			name: "target with text only", why: "an alias to a verification text does its work", zone1: zone("d CNAME verify.other.lab.\n"), zone2: zone("d CNAME verify.other.lab.\n"),
			want: want("d.example.lab", "CNAME", models.MatchExact, "verify.other.lab"), state: models.RecordOK,
		},
		{
			name: "flattened, target half known", why: "an address of the other family may be the target's or not",
			zone1: zone("flat A 198.51.100.2\nflat AAAA 2001:db8::1\n"), zone2: zone("flat A 198.51.100.2\nflat AAAA 2001:db8::1\n"),
			hook1: rcode(mdns.RcodeServerFailure, "shop.other.lab.\tIN\t AAAA"),
			want:  want("flat.example.lab", "CNAME", models.MatchExact, "shop.other.lab"), state: models.RecordUnknown,
		},
		{
			name: "target unreachable", why: "not knowing whether the target exists is no reason to call it dangling",
			tld:   "dead NS ns.dead\nns.dead A 192.0.2.66\n",
			zone1: zone("d CNAME x.dead.lab.\n"), zone2: zone("d CNAME x.dead.lab.\n"),
			want: want("d.example.lab", "CNAME", models.MatchExact, "x.dead.lab"), state: models.RecordOK, detail: "could not be looked up",
		},
		{
			name: "shadowed text", why: "the record is gone and the wildcard answers", zone1: zone("* TXT \"other\"\n"), zone2: zone("* TXT \"other\"\n"),
			want: want("v.example.lab", "TXT", models.MatchExact, "token"), state: models.RecordShadowed, detail: "wildcard",
		},
		{
			name: "shadowed alias", why: "a wildcard address answers in place of the lost alias", zone1: zone("* A 192.0.2.99\n"), zone2: zone("* A 192.0.2.99\n"),
			want: want("v.example.lab", "CNAME", models.MatchExact, "shop.other.lab"), state: models.RecordShadowed,
		},
		{
			name: "wildcard fits", why: "what the wildcard serves is what is expected", zone1: zone("* CNAME shop.other.lab.\n"), zone2: zone("* CNAME shop.other.lab.\n"),
			want: want("v.example.lab", "CNAME", models.MatchExact, "shop.other.lab"), state: models.RecordOK,
		},
		{
			name: "behind an alias", why: "addresses at the end of an alias are the name's addresses",
			want: want("www.example.lab", "A", models.MatchOneOf, "198.51.100.1", "198.51.100.2"), state: models.RecordOK, detail: "an alias for shop.other.lab",
		},
		{
			name: "servfail everywhere", why: "a failing zone states nothing", hook1: rcode(mdns.RcodeServerFailure, "TXT"), hook2: rcode(mdns.RcodeServerFailure, "TXT"),
			want: want("example.lab", "TXT", models.MatchPrefix, "v=spf1"), state: models.RecordZoneUnreachable, detail: "<SERVFAIL>",
		},
		{
			name: "silent everywhere", why: "no answer is never missing", hook1: silent("TXT"), hook2: silent("TXT"),
			want: want("example.lab", "TXT", models.MatchPrefix, "v=spf1"), state: models.RecordZoneUnreachable, detail: "<timeout>",
		},
		{
			name: "one silent", why: "the verdict comes from those that answer", hook1: silent("example.lab"),
			want: want("example.lab", "TXT", models.MatchPrefix, "v=spf1"), state: models.RecordOK,
		},
		{
			name: "one lame", why: "a lame server is a problem of the delegation, not of the record", hook2: rcode(mdns.RcodeRefused, "example.lab"),
			want: want("x.example.lab", "TXT", models.MatchPrefix, "v=spf1"), state: models.RecordNameGone,
		},
		{
			name: "all lame", why: "nobody serves the zone", hook1: rcode(mdns.RcodeRefused, "example.lab"), hook2: rcode(mdns.RcodeRefused, "example.lab"),
			want: want("example.lab", "TXT", models.MatchPrefix, "v=spf1"), state: models.RecordDelegationBroken, detail: "<REFUSED>",
		},
		{
			name: "sub-zone", why: "the servers of the deepest cut are asked", zone1: zone("app NS ns1.app\nns1.app A 192.0.2.31\n"), zone2: zone("app NS ns1.app\nns1.app A 192.0.2.31\n"),
			want: want("t.app.example.lab", "TXT", models.MatchExact, "in the sub-zone"), state: models.RecordOK, detail: "ns1.app.example.lab 192.0.2.31",
		},
		{
			name: "sub-zone lame", why: "the client's delegation leads to a server without the zone", zone1: zone("app NS ns2\n"), zone2: zone("app NS ns2\n"),
			want: want("t.app.example.lab", "TXT", models.MatchExact, "in the sub-zone"), state: models.RecordDelegationBroken,
		},
		{
			name: "expected delegation", why: "the NS set that the client created, in the referral", zone1: zone("app NS ns1.app\nns1.app A 192.0.2.31\n"), zone2: zone("app NS ns1.app\nns1.app A 192.0.2.31\n"),
			want: want("app.example.lab", "NS", models.MatchExact, "ns1.app.example.lab"), state: models.RecordOK,
		},
		{
			name: "expected delegation lame", why: "right names, but their servers do not serve the zone", zone1: zone("app NS ns2\n"), zone2: zone("app NS ns2\n"),
			want: want("app.example.lab", "NS", models.MatchExact, "ns2.example.lab"), state: models.RecordDelegationBroken,
		},
		{
			name: "foreign host", why: "a host outside of the domain cannot be judged by its servers",
			want: want("www.other.lab", "A", models.MatchExact, "192.0.2.1"), state: models.RecordUnknown,
		},
		{
			name: "hostile text", why: "bytes from outside come out as printable ASCII", zone1: zone("h TXT \"a\\010\\013<b>\\255\"\n"), zone2: zone("h TXT \"a\\010\\013<b>\\255\"\n"),
			want: want("h.example.lab", "TXT", models.MatchExact, "x"), state: models.RecordWrong, detail: `a\010\013<b>\255`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.zone1 == "" {
				tc.zone1, tc.zone2 = exampleZone, exampleZone
			}
			w := newWorld(t, tc.tld, tc.zone1, tc.zone2)
			w.host("192.0.2.31", "app.example.lab.", "@ SOA ns1 h 1 60 60 60 60\n@ NS ns1\nns1 A 192.0.2.31\nt TXT \"in the sub-zone\"\n")
			w.host("192.0.2.66").behave(silent(""))
			w.ns1.behave(tc.hook1)
			w.ns2.behave(tc.hook2)
			l := w.look(w.prober(func(o *dns.Options) { o.Timeout, o.Retries = 300*time.Millisecond, -1 }), tc.want)
			r := l.Records[0]
			if r.State != tc.state || !strings.Contains(r.Detail, tc.detail) || r.NegativeTTL < tc.ttl {
				t.Errorf("%s: got %s %q, negative TTL %v, want %s %q, %v\nseen %v\n%s", tc.why, r.State, r.Detail, r.NegativeTTL, tc.state, tc.detail, tc.ttl, r.Seen, l.Evidence)
			}
			for i, c := range l.Evidence {
				if (c < ' ' || c > '~') && c != '\n' {
					t.Fatalf("the transcript holds byte %#x at %d", c, i)
				}
			}
		})
	}
}
