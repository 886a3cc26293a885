package monitor_test

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// seen is one run at a time: what is stated then.
type seen struct {
	at       string
	registry string // registry's date by RDAP; empty: the look failed
	status   []string
	by       string // registrar; default "Northwind Names"
	self     string // the registrar's date by its own RDAP; empty: silent
	whois    string // the registrar's date as WHOIS repeats it; empty: not asked
}

func (s seen) looks() []models.Look {
	if s.registry == "" {
		return []models.Look{failed(models.LookRDAP, s.at, models.OutcomeTimeout)}
	}
	main := said(models.LookRDAP, s.at, s.registry, s.status...)
	if s.by != "" {
		main.Facts.Registrar, main.Facts.RegistrarID = s.by, ""
	}
	looks := []models.Look{main}
	if s.self != "" {
		l := registrarSaid(s.at, s.self)
		l.At = l.At.Add(time.Second)
		looks = append(looks, l)
	}
	if s.whois != "" {
		l := said(models.LookWHOIS, s.at, s.registry, s.status...)
		l.At, l.Facts.RegistrarExpiresAt = l.At.Add(2*time.Second), date(s.whois)
		l.Facts.Registrar, l.Facts.RegistrarID = main.Facts.Registrar, main.Facts.RegistrarID
		looks = append(looks, l)
	}
	return looks
}

// TestWhoRenewed walks names around their expiry: who moved the registry's date, and what shows it.
func TestWhoRenewed(t *testing.T) {
	t.Parallel()
	auto, locked := []string{"autoRenewPeriod"}, []string{"clientTransferProhibited"}
	first := seen{at: "2026-12-20T08:00:00Z", registry: oldDate, status: locked}
	jumped := seen{at: "2027-01-11T08:00:00Z", registry: newDate, status: auto}
	ccTLD := monitor.LifecycleDays{AutoRenewGrace: 30, Redemption: 30, NoAutoRenew: true}
	for name, c := range map[string]struct {
		runs        []seen
		days        monitor.LifecycleDays
		unconfirmed bool
		want        string // effective expiry
		why         string
	}{
		"registrar silent": {[]seen{first, jumped}, gtld, true, oldDate, "nobody who can know has said a word"},
		"registrar silent, WHOIS has its old date": {
			[]seen{first, {at: "2027-01-12T08:00:00Z", registry: newDate, status: auto, whois: oldDate}}, gtld, true, oldDate, "WHOIS repeats what the registrar says",
		},
		"registrar silent, WHOIS has its new date": {
			[]seen{first, jumped, {at: "2027-01-14T08:00:00Z", registry: newDate, status: auto, whois: newDate}}, gtld, false, newDate, "the registrar renewed",
		},
		"registrar renewed before the registry did": {
			[]seen{{at: "2027-01-08T08:00:00Z", registry: oldDate, self: newDate}, jumped},
			gtld, false, newDate,
			"a registrar that keeps a paid renewal until the date says so before",
		},
		"registrar's date passed, jump never seen": {
			[]seen{{at: "2027-01-20T08:00:00Z", registry: newDate, status: locked, self: oldDate}},
			gtld, true, oldDate,
			"first sight inside the grace, of a registry that shows no status for it",
		},
		"registrar's date passed long ago": {
			[]seen{{at: "2027-03-20T08:00:00Z", registry: newDate, status: locked, self: oldDate}}, gtld, false, newDate, "the registry kept the name past any grace",
		},
		"registrar's date to come": {
			[]seen{{at: "2026-12-20T08:00:00Z", registry: newDate, status: locked, self: oldDate}}, gtld, false, oldDate, "no trap yet: the earlier date counts",
		},
		"transfer with the jump": {
			[]seen{first, {at: "2027-01-12T08:00:00Z", registry: newDate, status: locked, by: "Contoso Domains"}}, gtld, false, newDate, "a transfer adds a year, and is paid",
		},
		"transfer during the grace": {
			[]seen{first, jumped, {at: "2027-01-20T08:00:00Z", registry: newDate, status: locked, by: "Contoso Domains"}},
			gtld, false, newDate,
			"it takes the place of the registry's own year, at the same date",
		},
		"transferred, by the status": {
			[]seen{first, jumped, {at: "2027-01-20T08:00:00Z", registry: newDate, status: []string{"transferPeriod"}}}, gtld, false, newDate, "RFC 3915 names it",
		},
		"the registrar is only spelled in another way": {
			[]seen{{at: first.at, registry: oldDate, by: "Northwind Names, Inc."}, {at: jumped.at, registry: newDate, status: auto, by: "NORTHWIND NAMES INC"}},
			gtld, true, oldDate, "nobody transferred anything",
		},
		"renewed for three years at the date": {
			[]seen{first, {at: "2027-01-11T08:00:00Z", registry: "2030-01-10T08:00:00Z", status: locked}}, gtld, false, "2030-01-10T08:00:00Z", "a registry adds one year by itself",
		},
		"two years on, after two years without a look": {
			[]seen{first, {at: "2029-01-12T08:00:00Z", registry: "2030-01-10T08:00:00Z", status: auto}},
			gtld, false, "2030-01-10T08:00:00Z",
			"whoever renewed the first year, it has been outlived",
		},
		"client renews in the grace, one more year": {
			[]seen{first, jumped, {at: "2027-01-20T08:00:00Z", registry: "2029-01-10T08:00:00Z", status: auto}}, gtld, false, "2029-01-10T08:00:00Z", "the second year was ordered",
		},
		"client renews in the grace, by the status": {
			[]seen{first, jumped, {at: "2027-01-20T08:00:00Z", registry: newDate, status: []string{"renewPeriod"}}},
			gtld, false, newDate,
			"renewPeriod is for a renewal that was ordered (RFC 3915)",
		},
		"ordered at the date, by the status": {
			[]seen{first, {at: "2027-01-10T20:00:00Z", registry: newDate, status: []string{"renewPeriod"}}}, gtld, false, newDate, "",
		},
		"client renews in the grace, by the registrar": {
			[]seen{first, {at: jumped.at, registry: newDate, status: auto, self: oldDate}, {at: "2027-01-20T08:00:00Z", registry: newDate, status: auto, self: newDate}},
			gtld, false, newDate, "",
		},
		"looks failed over the date": {
			[]seen{first, {at: "2027-01-05T08:00:00Z"}, {at: "2027-01-15T08:00:00Z"}, {at: "2027-01-28T08:00:00Z", registry: newDate, status: auto}},
			gtld, true, oldDate,
			"the jump is seen late, still inside the grace",
		},
		"looks failed over date and grace": {
			[]seen{first, {at: "2027-01-15T08:00:00Z"}, {at: "2027-03-01T08:00:00Z", registry: newDate, status: locked}}, gtld, false, newDate, "it has been outlived",
		},
		"first sight inside the grace":          {[]seen{{at: "2027-02-01T08:00:00Z", registry: newDate, status: auto}}, gtld, true, oldDate, "imported in the middle of it"},
		"ccTLD without auto-renew":              {[]seen{first, {at: "2027-01-12T08:00:00Z", registry: newDate, status: locked}}, ccTLD, false, newDate, "somebody ordered it"},
		"ccTLD without auto-renew, registrar":   {[]seen{first, {at: "2027-01-12T08:00:00Z", registry: newDate, self: oldDate}}, ccTLD, false, newDate, "the registrar's page is late"},
		"ccTLD that shows nothing of who did":   {[]seen{first, {at: "2027-01-12T08:00:00Z", registry: newDate}}, monitor.LifecycleDays{AutoRenewGrace: 30}, true, oldDate, "not known to be without auto-renew"},
		"corrected by a day":                    {[]seen{first, {at: "2026-12-27T08:00:00Z", registry: "2027-01-11T08:00:00Z"}}, gtld, false, "2027-01-11T08:00:00Z", ""},
		"corrected by ten days, backwards":      {[]seen{first, {at: "2026-12-27T08:00:00Z", registry: "2026-12-31T08:00:00Z"}}, gtld, false, "2026-12-31T08:00:00Z", ""},
		"corrected by days while unconfirmed":   {[]seen{first, jumped, {at: "2027-01-14T08:00:00Z", registry: "2028-01-12T08:00:00Z", status: auto}}, gtld, true, oldDate, "the doubt stays"},
		"jump backwards: renewal undone":        {[]seen{first, jumped, {at: "2027-01-30T08:00:00Z", registry: oldDate, status: []string{"redemptionPeriod"}}}, gtld, false, oldDate, ""},
		"early renewal undone":                  {[]seen{first, {at: "2026-12-22T08:00:00Z", registry: newDate}, {at: "2026-12-26T08:00:00Z", registry: oldDate}}, gtld, false, oldDate, "the payment bounced"},
		"undone and jumped again":               {[]seen{first, jumped, {at: "2027-01-12T08:00:00Z", registry: oldDate}, {at: "2027-01-14T08:00:00Z", registry: newDate, status: auto}}, gtld, true, oldDate, "the second jump proves no more than the first"},
		"confirmed, undone, and jumped again":   {[]seen{first, {at: jumped.at, registry: newDate, self: newDate}, {at: "2027-01-12T08:00:00Z", registry: oldDate, self: oldDate}, {at: "2027-01-14T08:00:00Z", registry: newDate, status: auto, self: oldDate}}, gtld, true, oldDate, "the confirmation was of what was taken back"},
		"outlived, and the registrar is behind": {[]seen{first, jumped, {at: "2027-02-25T08:00:00Z", registry: newDate, self: oldDate}}, gtld, false, newDate, "45 days on the registry still shows it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var k monitor.Known
			for _, run := range c.runs {
				k, _ = monitor.Merge(k, run.looks(), monitor.MergeContext{Days: c.days, Now: date(run.at).Add(time.Minute)})
			}
			e := models.EffectiveExpiry(nil, &k.Registration)
			if e.Unconfirmed != c.unconfirmed || e.At == nil || !e.At.Equal(*date(c.want)) {
				t.Errorf("effective %v (unconfirmed %v, %s), want %s, %v: %s", e.At, e.Unconfirmed, e.Reason, c.want, c.unconfirmed, c.why)
			}
		})
	}
}

func TestAConfirmedRenewalIsNotDoubtedAgainForTheRegistrarsOldDate(t *testing.T) {
	t.Parallel()
	auto := []string{"autoRenewPeriod"}
	runs := []seen{
		{at: "2026-12-20T08:00:00Z", registry: oldDate, self: oldDate},
		{at: "2027-01-11T08:00:00Z", registry: newDate, status: auto, self: oldDate},
		{at: "2027-01-13T08:00:00Z", registry: newDate, status: auto, self: oldDate},
		{at: "2027-01-15T08:00:00Z", registry: "2028-01-11T08:00:00Z", status: auto, self: oldDate},
	}
	answer := &models.Answer{Kind: models.AnswerRenewed, At: *date("2027-01-12T08:00:00Z")}
	var k monitor.Known
	for i, run := range runs {
		mc := monitor.MergeContext{Days: gtld, Now: *date(run.at)}
		if i >= 2 {
			mc.Answer = answer
		}
		k, _ = monitor.Merge(k, run.looks(), mc)
		e := models.EffectiveExpiry(nil, &k.Registration)
		if wantDoubt := i == 1; e.Unconfirmed != wantDoubt {
			t.Errorf("%s: unconfirmed %v (%s)", run.at, e.Unconfirmed, e.Reason)
		}
		if i >= 2 && (e.Reason != models.ExpiryConfirmed || !e.At.Equal(*date(run.registry))) {
			t.Errorf("%s: %v counts (%s), want the registry's date that the client confirmed", run.at, e.At, e.Reason)
		}
	}
	lapse := seen{at: "2027-02-10T08:00:00Z", registry: oldDate, status: []string{"redemptionPeriod"}}
	k, _ = monitor.Merge(k, lapse.looks(), monitor.MergeContext{Days: gtld, Now: *date(lapse.at), Answer: answer})
	if e := models.EffectiveExpiry(nil, &k.Registration); !e.At.Equal(*date(oldDate)) {
		t.Errorf("taken back after all: %v counts (%s), want what the registry states", e.At, e.Reason)
	}
}
