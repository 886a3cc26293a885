package dns_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/internal/authns"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// faultVerdict is what a look comes to.
type faultVerdict struct {
	Outcome  models.Outcome
	Problems []string
	States   []string
	Servers  []string
	Targets  []string
}

// lookAt looks at one case's domain.
func lookAt(t *testing.T, p *dns.Prober, c faultCase) (faultVerdict, models.DelegationLook) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	l := p.Look(ctx, c.domain, c.expected)
	v := faultVerdict{Outcome: l.Outcome}
	for _, problem := range l.Problems {
		v.Problems = append(v.Problems, problem.Code+" ("+problem.Side+") "+problem.Subject)
	}
	slices.Sort(v.Problems)
	for _, r := range l.Records {
		v.States = append(v.States, string(r.State))
	}
	for _, s := range l.Servers {
		v.Servers = append(v.Servers, s.Name+" "+s.Address+" "+s.Outcome)
	}
	for _, target := range l.Targets {
		v.Targets = append(v.Targets, fmt.Sprint(target.Kind, " ", target.Name, " ", target.End, " ", target.State))
	}
	return v, l
}

// TestServersOfEveryMakeGiveTheVerdictsOfTheLab looks at a table of faults on the lab, and at NSD, Knot and BIND side by side, each in every
// role.
func TestServersOfEveryMakeGiveTheVerdictsOfTheLab(t *testing.T) {
	cases := faultCases()
	onLab := map[string]faultVerdict{}
	for _, c := range cases {
		v, l := lookAt(t, labOf(t, c), c)
		if found, states := strings.Join(v.Problems, "; "), strings.Join(v.States, " "); found != c.found || states != c.states || v.Outcome != models.OutcomeOK {
			t.Errorf("%s: %s: %s, %q, records %q; want %q, %q\n%s", c.domain, c.why, v.Outcome, found, states, c.found, c.states, l.Evidence)
		}
		onLab[c.domain] = v
	}
	zones := faultZones(t, cases)
	makes := []authns.Make{authns.NSD, authns.Knot, authns.BIND}
	for turn := range makes {
		t.Run(fmt.Sprintf("root %s, then in turn", makes[turn]), func(t *testing.T) {
			var servers []authns.Server
			for i, addr := range []string{faultRoot, faultTLD, faultNS1Addr, faultNS2Addr} {
				servers = append(servers, authns.Server{Make: makes[(turn+i)%len(makes)], Addr: addr, Zones: zones[addr]})
			}
			running := authns.Start(t, servers...)
			var lc net.ListenConfig
			hole, err := lc.ListenPacket(t.Context(), "udp4", net.JoinHostPort(faultHole, strconv.Itoa(int(running.Port))))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = hole.Close() }()
			p := faultProber(t, running.Port, running.RootHints[0].Addr())
			for _, c := range cases {
				v, l := lookAt(t, p, c)
				if diff := cmp.Diff(onLab[c.domain], v); diff != "" {
					t.Errorf("%s: %s (-lab +these):\n%s\n%s", c.domain, c.why, diff, l.Evidence)
				}
			}
		})
	}
}

func faultProber(t *testing.T, port uint16, root netip.Addr) *dns.Prober {
	t.Helper()
	p, err := dns.New(dns.Options{
		RootHints: []dns.RootServer{{Addr: netip.AddrPortFrom(root, 0)}}, Port: port, AllowPrivate: true, PerServerRate: -1, Timeout: 600 * time.Millisecond, Retries: 1,
		Now: func() time.Time { return signedAt },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// labOf gives a prober for one case's world on the lab.
func labOf(t *testing.T, c faultCase) *dns.Prober {
	t.Helper()
	l, err := lab.Start(t.Context(), lab.World{
		TLDs: []lab.TLD{{Name: "lab", WHOIS: true}}, Domains: []lab.Domain{faultHosts(), c.d}, Zones: c.zones,
		Servers: []lab.Server{
			{Name: faultNS1, Address: faultNS1Addr, Behaviour: c.one},
			{Name: faultNS2, Address: faultNS2Addr, Behaviour: c.two},
			{Name: faultSilent, Address: faultHole, Behaviour: lab.Behaviour{Mode: lab.ModeSilent}},
		},
	}, lab.Options{Now: func() time.Time { return signedAt }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	at := l.Endpoints()
	if len(at.AddressMap) > 0 {
		t.Fatal("the lab answers at other addresses than its own: verdicts that name servers can't be compared")
	}
	return faultProber(t, uint16(at.DNSPort), netip.MustParseAddr(at.RootHints[0]))
}
