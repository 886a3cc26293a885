package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// The measures of the world with twelve registries.
const (
	registriesNames   = 2000
	registriesPace    = 40              // questions a second that a server allows, and that the product is told of
	registriesMargin  = 10              // further ones which a busy machine may push into the same second
	registriesJump    = 130 * time.Hour // names far from expiry are not due before 134
	registriesTimeout = 400 * time.Millisecond
)

// believed says what can become known at a registry.
type believed int

const (
	believesAll   believed = iota // everything, with its date
	believesState                 // that the name is registered, and no date
	believesOnce                  // what it said before it fell silent
	believesNone                  // nothing: it lies, or never answers
)

// testRegistry is one of the twelve, with its server.
type testRegistry struct {
	suffix, kind, why string
	believes          believed
	dialect           lab.Dialect
	rdap              lab.RDAPFault
	whois             lab.WHOISFault
	outcomes          []models.Outcome // how looks end that fail here
	registrar         bool             // it links to the registrar's own RDAP
}

// testRegistries are half of them RDAP, half WHOIS.
var testRegistries = []testRegistry{
	{suffix: "alpha", kind: lab.KindRDAP, why: "all is well"},
	{
		suffix: "bravo", kind: lab.KindRDAP, registrar: true, why: "renews by itself without being paid, and refuses who asks faster than it allows",
		rdap: lab.RDAPFault{Kind: lab.RDAPQuota, Allow: registriesPace + registriesMargin, Within: time.Second},
	},
	{suffix: "charlie", kind: lab.KindRDAP, why: "slow", rdap: lab.RDAPFault{Delay: 45 * time.Millisecond}},
	{
		suffix: "delta", kind: lab.KindRDAP, why: "a quota that it publishes nowhere: 429 with Retry-After",
		rdap: lab.RDAPFault{Kind: lab.RDAPQuota, Allow: 60, Within: 90 * time.Second}, outcomes: []models.Outcome{models.OutcomeThrottled},
	},
	{
		suffix: "echo", kind: lab.KindRDAP, believes: believesOnce, why: "answers at first, then it is dead: every connection is reset",
		outcomes: []models.Outcome{models.OutcomeUnreachable},
	},
	{
		suffix: "foxtrot", kind: lab.KindRDAP, believes: believesNone, why: "lies: whatever is asked, it tells of another name, which lapsed",
		rdap: lab.RDAPFault{Kind: lab.RDAPOtherName}, outcomes: []models.Outcome{models.OutcomeUnparsed},
	},
	{suffix: "golf", kind: lab.KindWHOIS, why: "all is well"},
	{
		suffix: "hotel", kind: lab.KindWHOIS, dialect: lab.DialectCountry, why: "days instead of instants, and refuses who asks faster than it allows",
		whois: lab.WHOISFault{Kind: lab.WHOISQuota, Allow: registriesPace + registriesMargin, Within: time.Second},
	},
	{suffix: "india", kind: lab.KindWHOIS, dialect: lab.DialectMinimal, believes: believesState, why: "publishes no date"},
	{
		suffix: "juliett", kind: lab.KindWHOIS, believes: believesNone, why: "lies like foxtrot, over WHOIS",
		whois: lab.WHOISFault{Kind: lab.WHOISOtherName}, outcomes: []models.Outcome{models.OutcomeUnparsed},
	},
	{
		suffix: "kilo", kind: lab.KindWHOIS, why: "a quota that it publishes nowhere, told in prose",
		whois: lab.WHOISFault{Kind: lab.WHOISQuota, Allow: 60, Within: 90 * time.Second}, outcomes: []models.Outcome{models.OutcomeThrottled},
	},
	{
		suffix: "lima", kind: lab.KindWHOIS, believes: believesNone, why: "dead from the start: takes the question and never answers",
		whois: lab.WHOISFault{Kind: lab.WHOISSilent}, outcomes: []models.Outcome{models.OutcomeTimeout},
	},
}

// testName is one name and the truth about it.
type testName struct {
	name     string
	registry *testRegistry
	days     int  // from the start until it expires
	hold     bool // clientHold
	free     bool // not registered
	trap     bool // the registry's date jumps a year ahead after expiry, unpaid
	attested int  // days from the start that the client stated; zero: none
}

// testNames deals the stages of life out evenly at every registry.
func testNames() []testName {
	names := make([]testName, registriesNames)
	for i := range names {
		r := &testRegistries[i%len(testRegistries)]
		place := i / len(testRegistries)
		n := testName{name: fmt.Sprintf("name%04d.%s", i, r.suffix), registry: r, days: 70 + place*2}
		switch place % 40 {
		case 0:
			n.days = 20
		case 1:
			n.days = -10
		case 2:
			n.days = -50
		case 3:
			n.days = -77
		case 4:
			n.hold = r.believes != believesState // this registry has no word for it
		case 5:
			n.free = true
		case 6:
			n.days = 3 // passes before the end of the test
		case 7:
			n.days, n.trap = -10, r.registrar
		case 8:
			n.days, n.trap = 3, r.registrar
		case 9:
			if r.believes == believesState {
				n.attested = 120
			}
		}
		names[i] = n
	}
	return names
}

func registriesWorld(names []testName, start time.Time) lab.World {
	var w lab.World
	for i := range testRegistries {
		r := &testRegistries[i]
		w.TLDs = append(w.TLDs, lab.TLD{
			Name: r.suffix, RDAP: r.kind == lab.KindRDAP, WHOIS: r.kind == lab.KindWHOIS, PublishesExpiry: r.believes != believesState, Dialect: r.dialect,
			Lifecycle: lab.GTLDLifecycle(), RDAPFault: &r.rdap, WHOISFault: &r.whois,
		})
	}
	for _, n := range names {
		if n.free {
			continue
		}
		d := lab.Domain{
			Name: n.name, Registrar: "Harbor Names", Expires: n.expires(start), AutoRenewTrap: n.trap, RegistrarRDAP: n.registry.registrar,
			Statuses: []string{"clientTransferProhibited"},
		}
		if n.hold {
			d.Statuses = append(d.Statuses, "clientHold")
		}
		w.Domains = append(w.Domains, d)
	}
	return w
}

// registriesPortfolio is the import, two names to a client.
func registriesPortfolio(t *testing.T, names []testName, start time.Time) (rows [][]string) {
	t.Helper()
	rows = append(rows, []string{"domain", "client", "owner_name", "owner_email", "attested_expiry"})
	for i, n := range names {
		client, attested := fmt.Sprintf("%04d", i/2), ""
		if n.attested > 0 {
			attested = start.AddDate(0, 0, n.attested).Format(time.DateOnly)
		}
		rows = append(rows, []string{n.name, "Client " + client, "Olive Owner", "owner" + client + "@mail.example", attested})
	}
	return rows
}

func (n *testName) expires(start time.Time) time.Time {
	return start.Truncate(time.Second).AddDate(0, 0, n.days)
}

// stage is where a registration with a date stands, counted by hand in days: 45 of grace, 30 of redemption, 5 until it is deleted.
func (n *testName) stage(start, now time.Time) models.Lifecycle {
	left := n.expires(start).Sub(now)
	switch {
	case n.free || left < -80*lab.Day:
		return models.LifecycleReleased
	case left < -75*lab.Day:
		return models.LifecyclePendingDelete
	case left < -45*lab.Day:
		return models.LifecycleRedemption
	case left < 0:
		return models.LifecycleExpired
	case n.hold:
		return models.LifecycleOnHold
	case left < 60*lab.Day:
		return models.LifecycleExpiring
	}
	return models.LifecycleRegistered
}

// truth is what must be known of the name at now, when its registry could last be believed at seen.
func (n *testName) truth(start, seen, now time.Time) models.Lifecycle {
	switch n.registry.believes {
	case believesNone:
		return models.LifecycleUnknown
	case believesOnce:
		before, after := n.stage(start, seen), n.stage(start, now)
		if before == after || before == models.LifecycleRegistered && after == models.LifecycleExpiring {
			return after // that a date comes nearer needs no look
		}
		return models.LifecycleUnknown // it may have become of it what should, and nobody could look
	case believesState:
		switch stage := n.stage(start, now); stage {
		case models.LifecycleReleased, models.LifecycleRedemption:
			return stage
		case models.LifecyclePendingDelete:
			return models.LifecycleRedemption // this registry has one word for both
		default:
			if n.attested > 0 {
				return models.LifecycleRegistered
			}
			return models.LifecycleUnknown
		}
	case believesAll:
	}
	return n.stage(start, now)
}

// alarms are the findings that say a registration ended or is about to be lost.
var alarms = []string{monitor.CodeExpired, monitor.CodeRenewalUnconfirmed, monitor.CodeRedemption, monitor.CodePendingDelete, monitor.CodeReleased}

// alarm is the one that must be open of the name in this state; empty: none may be.
func (n *testName) alarm(l models.Lifecycle) string {
	switch l {
	case models.LifecycleExpired:
		if n.trap {
			return monitor.CodeRenewalUnconfirmed // the registry calls it renewed, the registrar does not
		}
		return monitor.CodeExpired
	case models.LifecycleRedemption:
		return monitor.CodeRedemption
	case models.LifecyclePendingDelete:
		return monitor.CodePendingDelete
	case models.LifecycleReleased:
		return monitor.CodeReleased
	default:
		return ""
	}
}
