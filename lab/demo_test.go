package lab_test

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/lab"
)

func TestDemoWorldShowsEveryState(t *testing.T) {
	// A day that has just begun and one about to end: what is due tomorrow must
	// lie within the coming day in both.
	for _, now := range []time.Time{start, start.Truncate(lab.Day).Add(time.Minute), start.Truncate(lab.Day).Add(lab.Day - time.Minute)} {
		c := &clock{t: now}
		l, err := lab.Start(t.Context(), lab.DemoWorld(now), lab.Options{Now: c.Now})
		must(t, err)
		seen := map[lab.State]int{}
		for _, d := range l.Domains() {
			seen[l.State(d.Name)]++
		}
		for state, least := range map[lab.State]int{
			lab.StateActive: 20, lab.StateAutoRenewGrace: 2, lab.StateRedemption: 1, lab.StatePendingDelete: 1, lab.StateAbsent: 1,
		} {
			if seen[state] < least {
				t.Errorf("%s: %d domains %s, want %d", now, seen[state], state, least)
			}
		}
		if got := l.State("stillwateryoga.lab"); got != lab.StateActive {
			t.Errorf("%s: before the first day %s", now, got)
		}
		c.Advance(lab.Day)
		if got := l.State("stillwateryoga.lab"); got != lab.StateAutoRenewGrace {
			t.Errorf("%s: after the first day %s", now, got)
		}
		must(t, l.Close())
	}
}

func TestDemoPortfolioFitsTheWorld(t *testing.T) {
	l, _ := startLab(t, lab.DemoWorld(start))
	rows, err := csv.NewReader(bytes.NewReader(lab.DemoPortfolio(start))).ReadAll()
	must(t, err)
	const header = "domain,client,owner_name,owner_email,owner_phone,deputy_name,deputy_email,services,auto_renew,attested_expiry,time_zone,language"
	if got := strings.Join(rows[0], ","); got != header {
		t.Errorf("header %s", got)
	}
	clients := map[string]bool{}
	ownMail := 0
	for _, row := range rows[1:] {
		if _, ok := l.Domain(row[0]); !ok {
			t.Errorf("%s is not in the world", row[0])
		}
		clients[row[1]] = true
		if strings.HasSuffix(row[3], "@"+row[0]) {
			ownMail++
		}
		if _, err := time.LoadLocation(row[10]); err != nil {
			t.Error(err)
		}
		if attested := row[9]; (row[0] == "halemorrow.landlab") != (attested == "2027-03-21") {
			t.Errorf("%s: attested %q", row[0], attested)
		}
	}
	if len(rows) != 31 || len(clients) != 12 || ownMail != 1 {
		t.Errorf("%d domains, %d clients, %d owners with their mail on the domain", len(rows)-1, len(clients), ownMail)
	}
}

// TestDemoRecordsAreRightOrBrokenOnPurpose asks the first server of each domain
// for each expected record and counts what does not match.
func TestDemoRecordsAreRightOrBrokenOnPurpose(t *testing.T) {
	l, _ := startLab(t, lab.DemoWorld(start))
	broken := map[string]bool{}
	for _, r := range lab.DemoRecords() {
		d, ok := l.Domain(r.Domain)
		if !ok {
			t.Fatalf("%s is not in the world", r.Domain)
		}
		name := d.Name
		if r.Host != "@" {
			name = r.Host + "." + name
		}
		found := false
		for _, rr := range ask(t, l, l.ServerAddress(d.NameServers[0]), name, dns.StringToType[r.Type]).Answer {
			value := ""
			switch rr := rr.(type) {
			case *dns.TXT:
				value = strings.Join(rr.Txt, "")
			case *dns.CNAME:
				value = strings.TrimSuffix(rr.Target, ".")
			}
			found = found || value == r.Value || r.Match == "prefix" && strings.HasPrefix(value, r.Value)
		}
		if !found {
			broken[r.Domain+" "+r.Host] = true
		}
	}
	for _, want := range []string{"goldencrust-catering.lab news._domainkey", "petalandstem.lab @", "bluelagoonpools.lab www", "willowvet.lab www"} {
		if !broken[want] {
			t.Errorf("%s is not broken", want)
		}
		delete(broken, want)
	}
	if len(broken) != 0 {
		t.Errorf("broken without purpose: %v", broken)
	}
	drifted := ask(t, l, l.ServerAddress("ns2.driftdns.lab"), "www.stillwater-retreat.lab", dns.TypeCNAME)
	if got := values(drifted.Answer); len(got) != 1 || !strings.Contains(got[0], "old-site") {
		t.Errorf("the second server does not differ: %v", got)
	}
	if r := ask(t, l, l.ServerAddress("ns1.dnshost.lab"), "shops.agencyhost.lab", dns.TypeA); r.Rcode != dns.RcodeNameError {
		t.Errorf("the dangling target exists: %v", r)
	}
	if r := ask(t, l, l.ServerAddress("ns1.oldhost.lab"), "crestviewhomes.lab", dns.TypeSOA); r.Rcode != dns.RcodeRefused {
		t.Errorf("the lame server answers: %v", r)
	}
}

func TestDemoRegistriesThrottle(t *testing.T) {
	l, _ := startLab(t, lab.DemoWorld(start))
	resp, _, err := get(t, http.MethodGet, l.Endpoints().RDAPOverrides["lab"]+"domain/redlineauto.lab")
	must(t, err)
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "600" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	text, err := whois(t, l.Endpoints().WHOISServers["shoplab"], "bluelagoon.shoplab")
	must(t, err)
	if !strings.Contains(text, "limit exceeded") {
		t.Error(text)
	}
}

// The access that the demo was asked for belongs to clients of its portfolio, and shows each step of an onboarding.
func TestDemoGrantsFitThePortfolio(t *testing.T) {
	portfolio := string(lab.DemoPortfolio(start))
	steps := map[string]int{}
	for _, g := range lab.DemoGrants() {
		if !strings.Contains(portfolio, g.Client) {
			t.Errorf("%q is no client of the portfolio", g.Client)
		}
		switch {
		case g.Verified != "" && g.Granted == "":
			t.Errorf("%s was verified and never granted", g.Platform)
		case g.Verified != "":
			steps["verified"]++
		case g.Granted != "":
			steps["granted"]++
		default:
			steps["asked for"]++
		}
	}
	if len(steps) != 3 {
		t.Errorf("the demo shows %v only", steps)
	}
}
