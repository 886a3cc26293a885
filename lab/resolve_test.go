package lab_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/lab"
)

// resolve walks from the root hints to the final answer as a resolver without
// cache does, looking up name servers that come without glue.
func resolve(t *testing.T, l *lab.Lab, name string, qtype uint16, depth int) *dns.Msg {
	t.Helper()
	if depth > 6 {
		t.Fatalf("%s: the walk does not end", name)
	}
	at := l.Endpoints().RootHints[1]
	for range 8 {
		r := ask(t, l, at, name, qtype)
		if r.Authoritative || r.Rcode != dns.RcodeSuccess || len(r.Ns) == 0 {
			return r
		}
		ns := r.Ns[0].(*dns.NS).Ns
		at = ""
		for _, rr := range r.Extra {
			if a, ok := rr.(*dns.A); ok && a.Hdr.Name == ns {
				at = a.A.String()
			}
		}
		if at == "" {
			found := resolve(t, l, ns, dns.TypeA, depth+1)
			if len(found.Answer) == 0 {
				t.Fatalf("%s: name server %s has no address", name, ns)
			}
			at = found.Answer[0].(*dns.A).A.String()
		}
	}
	t.Fatalf("%s: the walk does not end", name)
	return nil
}

func TestResolvingTheDemoFromTheRoot(t *testing.T) {
	l, _ := startLab(t, lab.DemoWorld(start))
	for _, d := range l.Domains() {
		r := resolve(t, l, d.Name, dns.TypeMX, 0)
		gone := d.Name == "willowvet-emergency.lab"
		switch l.State(d.Name) {
		case lab.StateRedemption, lab.StatePendingDelete, lab.StateAbsent:
			gone = true
		case lab.StateActive, lab.StateAutoRenewGrace:
		}
		if gone && r.Rcode != dns.RcodeNameError || !gone && len(r.Answer) != 1 {
			t.Errorf("%s (%s): %v", d.Name, l.State(d.Name), r)
		}
	}
	for _, target := range []string{"sites.agencyhost.lab", "mx.mailhost.lab", "old-site.oldhost.lab"} {
		if r := resolve(t, l, target, dns.TypeA, 0); len(r.Answer) != 1 {
			t.Errorf("%s: %v", target, r)
		}
	}
	key := resolve(t, l, "news.dkim.mailservice.lab", dns.TypeTXT, 0)
	if len(key.Answer) != 1 || !strings.HasPrefix(strings.Join(key.Answer[0].(*dns.TXT).Txt, ""), "v=DKIM1; k=rsa; p=MI") {
		t.Errorf("%v", key)
	}
}

func TestResolvingBelowASuffixOfTwoLabels(t *testing.T) {
	w := smallWorld()
	w.TLDs = append(w.TLDs, lab.TLD{Name: "co.shoplab", WHOIS: true, PublishesExpiry: true})
	w.Domains = append(w.Domains, lab.Domain{Name: "bakery.co.shoplab", Expires: start.AddDate(1, 0, 0), Records: []lab.Record{{Type: "A", Value: "192.0.2.5"}}})
	l, _ := startLab(t, w)
	if r := resolve(t, l, "bakery.co.shoplab", dns.TypeA, 0); len(r.Answer) != 1 {
		t.Errorf("%v", r)
	}
	if r := resolve(t, l, "free.co.shoplab", dns.TypeA, 0); r.Rcode != dns.RcodeNameError {
		t.Errorf("%v", r)
	}
	if text, err := whois(t, l.Endpoints().WHOISServers["shoplab"], "bakery.co.shoplab"); err != nil || !strings.Contains(text, "No entries found") {
		t.Errorf("the registry above does not know it: %q %v", text, err)
	}
}

// TestChangesWhileEverybodyAsks exists for the race detector.
func TestChangesWhileEverybodyAsks(t *testing.T) {
	l, clock := startLab(t, smallWorld())
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 15 {
				_, _ = query(t, l, "udp", l.ServerAddress("ns1.labdns.lab"), "www.bakery.lab", dns.TypeA, true)
				_, _, _ = get(t, "GET", l.Endpoints().RDAPOverrides["lab"]+"domain/bakery.lab")
				_, _ = whois(t, l.Endpoints().WHOISServers["lab"], "bakery.lab")
				_ = send(l, "a@mailhost.lab")
				_ = l.Domains()
				_ = l.Journal()
				_ = l.Counters()
			}
		})
	}
	for i := range 60 {
		clock.Advance(lab.Day / 24)
		_ = l.SetRecord("bakery.lab", "www", "TXT", strings.Repeat("x", i))
		_ = l.Renew("bakery.lab", 1)
		_ = l.SetStatuses("bakery.lab", "clientHold")
		_ = l.SetServerBehaviour("ns1.labdns.lab", lab.Behaviour{SerialOffset: int32(i)})
		_, _ = l.BreakRecord("bakery.lab")
		_ = l.RepairRecord("bakery.lab")
		l.SetRDAPFault("lab", lab.RDAPFault{Kind: lab.RDAPCut, Times: 1})
		l.SetWHOISFault("lab", lab.WHOISFault{Kind: lab.WHOISHostile, Times: 1})
		l.SetSMTPFault(lab.SMTPFault{Code: 451, Times: 1})
	}
	wg.Wait()
	for _, c := range l.Counters() {
		if c.InFlight != 0 || c.Requests == 0 {
			t.Errorf("%+v", c)
		}
	}
}
