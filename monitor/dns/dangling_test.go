package dns_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// targetLines renders what a look found of the names outside the domain.
func targetLines(l models.DelegationLook) []string {
	lines := []string{}
	for _, t := range l.Targets {
		line := fmt.Sprintf("%s %s %s %s", t.Kind, t.Host, t.Name, t.State)
		if t.State == models.TargetAbsent {
			line += " end " + t.End + " by " + t.DeniedBy
		}
		lines = append(lines, line)
	}
	return lines
}

const plainZone = `
@ SOA ns1 h 7 60 60 60 120
@ NS ns1
@ NS ns2
@ A 192.0.2.80
ns1 A 192.0.2.11
ns2 A 192.0.2.12
`

var outsideCases = []struct {
	why  string
	zone string // beside plainZone
	tld  string
	hook func(w *world)
	want []models.ExpectedRecord
	list []string
}{
	{why: "nothing leads outside", list: []string{}},
	{
		why:  "an alias to a name that is there",
		zone: "www CNAME shop.other.lab.", want: []models.ExpectedRecord{want("www.example.lab", "CNAME", models.MatchExact, "shop.other.lab")},
		list: []string{"cname www.example.lab shop.other.lab exists"},
	},
	{
		why:  "an alias into a domain that is not delegated at all: its parent says so",
		zone: "www CNAME promo.gone.lab.", want: []models.ExpectedRecord{want("www.example.lab", "CNAME", models.MatchExact, "promo.gone.lab")},
		list: []string{"cname www.example.lab promo.gone.lab absent end promo.gone.lab by lab"},
	},
	{
		why:  "an alias to a name that its own domain denies",
		zone: "www CNAME old.other.lab.", want: []models.ExpectedRecord{want("www.example.lab", "CNAME", models.MatchExact, "old.other.lab")},
		list: []string{"cname www.example.lab old.other.lab absent end old.other.lab by other.lab"},
	},
	{
		why:  "a chain that breaks in the middle: the name to be had is the last one",
		zone: "www CNAME hop.other.lab.", want: []models.ExpectedRecord{want("www.example.lab", "CNAME", models.MatchExact, "hop.other.lab")},
		hook: func(w *world) { w.ns1.load(w.t, "other.lab.", otherZone+"hop CNAME x.gone.lab.\n") },
		list: []string{"cname www.example.lab hop.other.lab absent end x.gone.lab by lab"},
	},
	{
		why:  "an alias that is not the expected one leads somewhere as well",
		zone: "www CNAME promo.gone.lab.", want: []models.ExpectedRecord{want("www.example.lab", "CNAME", models.MatchExact, "shop.other.lab")},
		list: []string{"cname www.example.lab promo.gone.lab absent end promo.gone.lab by lab"},
	},
	{
		why: "SERVFAIL says nothing on whether the name is there", zone: "www CNAME old.other.lab.",
		want: []models.ExpectedRecord{want("www.example.lab", "CNAME", models.MatchExact, "old.other.lab")},
		hook: func(w *world) { w.ns1.behave(rcode(mdns.RcodeServerFailure, "old.other.lab")) },
		list: []string{"cname www.example.lab old.other.lab unknown"},
	},
	{
		why:  "mail servers: one there, one in a domain that is gone, and the domain's own",
		zone: "@ MX 10 shop.other.lab.\n@ MX 20 mail.gone.lab.\n@ MX 30 mail\nmail A 192.0.2.25",
		list: []string{"mx example.lab mail.gone.lab absent end mail.gone.lab by lab", "mx example.lab shop.other.lab exists"},
	},
	{why: "no mail at all, said by a dot", zone: "@ MX 0 .", list: []string{}},
	{
		why:  "SPF: an include that is there, a redirect that is gone, and macros that nobody can look up",
		zone: `@ TXT "v=spf1 include:verify.other.lab ?include:%{d}.gone.lab redirect=_SPF.Gone.lab"`,
		list: []string{"spf example.lab _spf.gone.lab absent end _spf.gone.lab by lab", "spf example.lab verify.other.lab exists"},
	},
	{why: "another text with the word in it", zone: `@ TXT "note include:_spf.gone.lab"`, list: []string{}},
	{
		why: "a name server in a domain that is gone, on the parent's side", tld: "example NS ns.gone.lab.\n",
		list: []string{"ns example.lab ns.gone.lab absent end ns.gone.lab by lab"},
	},
	{
		why: "a name server of a dead domain whose address the parent still hands out", tld: "example NS ns.gone.lab.\nns.gone A 192.0.2.11\n",
		hook: func(w *world) {
			w.tld.behave(func(_ string, q, a *mdns.Msg) *mdns.Msg { // the domain is deleted, its host stays as glue
				if strings.EqualFold(q.Question[0].Name, "ns.gone.lab.") {
					a.Answer, a.Rcode = nil, mdns.RcodeNameError
					a.Ns = []mdns.RR{&mdns.SOA{Hdr: mdns.RR_Header{Name: "lab.", Rrtype: mdns.TypeSOA, Class: mdns.ClassINET, Ttl: 60}, Ns: "ns.nic.lab.", Mbox: "h.nic.lab.", Minttl: 60}}
				}
				return a
			})
		},
		list: []string{"ns example.lab ns.gone.lab absent end ns.gone.lab by lab"},
	},
	{
		why: "a name server that only the zone names", zone: "@ NS ns.other.lab.",
		list: []string{"ns example.lab ns.other.lab absent end ns.other.lab by other.lab"},
	},
	{
		why: "a sub-delegation to servers that are gone", zone: "promo NS ns1.gone.lab.",
		want: []models.ExpectedRecord{want("promo.example.lab", "NS", models.MatchExact, "ns1.gone.lab")},
		list: []string{"ns promo.example.lab ns1.gone.lab absent end ns1.gone.lab by lab"},
	},
}

func TestTargetsOutsideTheDomain(t *testing.T) {
	for _, tc := range outsideCases {
		t.Run(tc.why, func(t *testing.T) {
			w := newWorld(t, tc.tld, plainZone+tc.zone+"\n", plainZone+tc.zone+"\n")
			if tc.hook != nil {
				tc.hook(w)
			}
			look := w.look(w.prober(), tc.want...)
			if diff := cmp.Diff(tc.list, targetLines(look)); diff != "" {
				t.Errorf("%s\n%s", diff, look.Evidence)
			}
		})
	}
}

func TestWhatLeadsOutsideIsNotKnownWhenNobodyAnswers(t *testing.T) {
	w := newWorld(t, "", plainZone, plainZone)
	for _, h := range []*host{w.ns1, w.ns2} {
		h.behave(func(_ string, q, a *mdns.Msg) *mdns.Msg {
			if q.Question[0].Qtype == mdns.TypeMX || strings.HasPrefix(q.Question[0].Name, "www.") {
				return new(mdns.Msg).SetRcode(q, mdns.RcodeServerFailure)
			}
			return a
		})
	}
	got := targetLines(w.look(w.prober(), want("www.example.lab", "CNAME", models.MatchExact, "shop.other.lab")))
	if diff := cmp.Diff([]string{"cname www.example.lab  unknown", "mx example.lab  unknown"}, got); diff != "" {
		t.Errorf("neither there nor gone:\n%s", diff)
	}
}

func TestATargetIsLookedUpOnceForManyRecords(t *testing.T) {
	zone := plainZone + "a CNAME shop.other.lab.\nb CNAME shop.other.lab.\nc CNAME shop.other.lab.\n"
	w := newWorld(t, "", zone, zone)
	var expected []models.ExpectedRecord
	for _, h := range []string{"a", "b", "c"} {
		expected = append(expected, want(h+".example.lab", "CNAME", models.MatchExact, "shop.other.lab"))
	}
	w.look(w.prober(func(o *dns.Options) { o.Retries = -1 }), expected...)
	if n := w.ns1.count("shop.other.lab. A"); n > 2 { // A and AAAA
		t.Errorf("asked %d times", n)
	}
}

// One family of addresses is enough to know that a name is there, and nothing is said of the other that could not be asked for.
func TestATargetThatIsHalfKnownIsThere(t *testing.T) {
	t.Run("the other fails", func(t *testing.T) { halfKnown(t, mdns.RcodeServerFailure) })
	t.Run("the server denies the name for it", func(t *testing.T) { halfKnown(t, mdns.RcodeNameError) })
}

func halfKnown(t *testing.T, code int) {
	t.Helper()
	w := newWorld(t, "", exampleZone, exampleZone)
	w.ns1.behave(func(_ string, q, a *mdns.Msg) *mdns.Msg {
		if q.Question[0].Name != "shop.other.lab." || q.Question[0].Qtype != mdns.TypeAAAA {
			return a
		}
		a = new(mdns.Msg).SetRcode(q, code)
		a.Authoritative = code == mdns.RcodeNameError
		return a
	})
	l := w.look(w.prober(), want("www.example.lab", "CNAME", models.MatchExact, "shop.other.lab"))
	if r := l.Records[0]; r.State != models.RecordOK || strings.Contains(r.Detail, "could not be looked up") {
		t.Errorf("%s: %s", r.State, r.Detail)
	}
	i := slices.IndexFunc(l.Targets, func(t models.TargetLook) bool { return t.Name == "shop.other.lab" })
	if i < 0 || l.Targets[i].State != models.TargetExists {
		t.Errorf("%+v", l.Targets)
	}
}

func TestADomainThatIsGoneHasNoTargets(t *testing.T) {
	n := newNetwork(t)
	n.host("192.0.2.1", ".", rootZone)
	n.host("192.0.2.2", "lab.", "@ SOA ns.nic h.nic 1 60 60 60 900\n@ NS ns.nic\nns.nic A 192.0.2.2\n")
	look := n.look(n.prober(func(o *dns.Options) { o.RootHints[0].Addr = netip.MustParseAddrPort("192.0.2.1:53") }))
	if look.Outcome != models.OutcomeAbsent || look.Targets != nil {
		t.Errorf("%s %v", look.Outcome, look.Targets)
	}
}
