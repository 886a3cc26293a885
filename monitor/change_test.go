package monitor_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// history merges looks, each a day after the last, and lists the changes as "fact before -> after by source".
func history(t *testing.T, every time.Duration, looks ...models.Look) []string {
	t.Helper()
	out := []string{}
	var k monitor.Known
	now := *date("2026-11-01T08:00:00Z")
	for _, l := range looks {
		l.At = now
		var changes []models.Change
		k, changes = monitor.Merge(k, []models.Look{l}, monitor.MergeContext{Days: gtld, Now: now})
		for _, c := range changes {
			out = append(out, fmt.Sprintf("%s %s -> %s by %s", c.Field, c.Before, c.After, c.Source))
		}
		now = now.Add(every)
	}
	return out
}

// with is the registry's usual answer with something else in it.
func with(change func(*models.Look)) models.Look {
	l := said(models.LookRDAP, "2026-11-01T08:00:00Z", "2027-06-10T08:00:00Z", "clientTransferProhibited")
	if change != nil {
		change(&l)
	}
	return l
}

func facts(change func(*models.Facts)) models.Look {
	return with(func(l *models.Look) { change(l.Facts) })
}

func TestChangesHaveBeforeAfterAndWhoSaidSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after models.Look
		want  []string
	}{
		"registrar": {
			facts(func(f *models.Facts) { f.Registrar, f.RegistrarID = "Contoso Domains", "9002" }),
			[]string{"registrar Northwind Names -> Contoso Domains by rdap"},
		},
		"name servers": {
			facts(func(f *models.Facts) { f.Nameservers = []string{"ns1.other.example"} }),
			[]string{"nameservers ns1.dnshost.example, ns2.dnshost.example -> ns1.other.example by rdap"},
		},
		"lock off": {
			facts(func(f *models.Facts) { f.Statuses = []string{"ok"} }),
			[]string{"statuses clientTransferProhibited ->  by rdap", "transfer_lock on -> off by rdap"},
		},
		"lock by another": {
			facts(func(f *models.Facts) { f.Statuses = []string{"serverTransferProhibited"} }),
			[]string{"statuses clientTransferProhibited -> serverTransferProhibited by rdap"},
		},
		"signed": {
			facts(func(f *models.Facts) {
				f.DNSSEC, f.DS = models.DNSSECSigned, []models.DS{{KeyTag: 7, Algorithm: 13, DigestType: 2, Digest: "AB"}}
			}),
			[]string{"dnssec unsigned -> signed by rdap", "ds  -> 7 13 2 ab by rdap"},
		},
		"date": {
			facts(func(f *models.Facts) { f.ExpiresAt = date("2028-06-10T08:00:00Z") }),
			[]string{"registry_expiry 2027-06-10T08:00:00Z -> 2028-06-10T08:00:00Z by rdap"},
		},
		"created": {
			facts(func(f *models.Facts) { f.CreatedAt = date("2026-10-30T08:00:00Z") }),
			[]string{"created 2015-01-10T08:00:00Z -> 2026-10-30T08:00:00Z by rdap"},
		},
	} {
		if diff := cmp.Diff(c.want, history(t, day, with(nil), c.after)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestWhatIsNoNewsIsNoChange(t *testing.T) {
	t.Parallel()
	signed := func(digests ...string) models.Look {
		return facts(func(f *models.Facts) {
			f.DNSSEC = models.DNSSECSigned
			for i, d := range digests {
				f.DS = append(f.DS, models.DS{KeyTag: i, Algorithm: 13, DigestType: 2, Digest: d})
			}
		})
	}
	for name, looks := range map[string][]models.Look{
		"order and case of name servers": {with(nil), facts(func(f *models.Facts) { f.Nameservers = []string{"NS2.dnshost.example.", "ns1.DNSHOST.example"} })},
		"order of statuses": {
			facts(func(f *models.Facts) { f.Statuses = []string{"clientHold", "clientTransferProhibited"} }),
			facts(func(f *models.Facts) { f.Statuses = []string{"clientTransferProhibited", "clientHold"} }),
		},
		"ok and active": {
			facts(func(f *models.Facts) { f.Statuses = []string{"clientTransferProhibited", "active"} }), with(nil),
			facts(func(f *models.Facts) { f.Statuses = []string{"clientTransferProhibited", "ok"} }),
		},
		"a registrar spelled in two ways": {
			facts(func(f *models.Facts) { f.Registrar, f.RegistrarID = "Example, Inc.", "" }),
			facts(func(f *models.Facts) { f.Registrar, f.RegistrarID = "EXAMPLE INC", "" }),
			facts(func(f *models.Facts) { f.Registrar, f.RegistrarID = "Example, Inc.", "" }),
		},
		"a registrar that is called otherwise under its number": {with(nil), facts(func(f *models.Facts) { f.Registrar = "NW Brands" })},
		"digests in other case":                                 {signed("AB", "CD"), signed("ab", "cd")},
		"a DS set that is not stated":                           {signed("AB"), signed(), signed("AB")},
		"DNSSEC that is not stated":                             {with(nil), facts(func(f *models.Facts) { f.DNSSEC = models.DNSSECUnknown })},
		"a day without a time": {
			with(nil), facts(func(f *models.Facts) { f.ExpiresAt = date("2027-06-10") }), with(nil),
		},
		"a date that is not stated":   {with(nil), facts(func(f *models.Facts) { f.ExpiresAt = nil }), with(nil)},
		"a date that can't be true":   {with(nil), facts(func(f *models.Facts) { f.ExpiresAt = date("2999-12-31") })},
		"name servers not stated":     {with(nil), facts(func(f *models.Facts) { f.Nameservers = nil }), with(nil)},
		"a failing look":              {with(nil), {Kind: models.LookRDAP, Outcome: models.OutcomeThrottled}, with(nil)},
		"an answer on something else": {with(nil), {Kind: models.LookRDAP, Outcome: models.OutcomeUnparsed}, with(nil)},
		"one 404":                     {with(nil), {Kind: models.LookRDAP, Outcome: models.OutcomeAbsent}, with(nil)},
	} {
		if got := history(t, day, looks...); len(got) != 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestWhatGoesToAndFroIsShownThereAndBackOnce is about registries whose servers are not of one mind.
func TestWhatGoesToAndFroIsShownThereAndBackOnce(t *testing.T) {
	t.Parallel()
	held := facts(func(f *models.Facts) { f.Statuses = []string{"clientTransferProhibited", "clientHold"} })
	free := with(nil)
	var looks []models.Look
	for range 10 {
		looks = append(looks, free, held)
	}
	const there, back = "statuses clientTransferProhibited -> clientHold, clientTransferProhibited by rdap", "statuses clientHold, clientTransferProhibited -> clientTransferProhibited by rdap"
	if diff := cmp.Diff([]string{there, back}, history(t, 6*hour, looks...)); diff != "" {
		t.Errorf("to and fro:\n%s", diff)
	}
	settled := append(slices.Clone(looks), slices.Repeat([]models.Look{held}, 12)...)
	if diff := cmp.Diff([]string{there, back, there}, history(t, 6*hour, settled...)); diff != "" {
		t.Errorf("the value that stayed is told once it has held:\n%s", diff)
	}
	if got := history(t, 3*day, free, held, free, held); len(got) != 3 {
		t.Errorf("what changes every three days is news each time: %q", got)
	}
}

// TestEachChangeRestsOnTheLookThatShowedIt goes through the real store.
func TestEachChangeRestsOnTheLookThatShowedIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := openStore(t)
	b.m = b.monitor(t, s)
	main, own := with(nil), registrarSaid("2026-11-01", "2027-06-01T08:00:00Z")
	main.Facts.RelatedURL = "https://rdap.registrar.example/domain/shop.lab"
	b.rdap.answer["shop.lab"] = func() models.Look { return main }
	b.rdap.related["shop.lab"] = func() models.Look { return own }
	if _, err := s.ImportPortfolio(t.Context(), []models.PortfolioRow{{Domain: "shop.lab", Suffix: "lab", Client: "Harborline Dental"}}, b.clock.Now(), false); err != nil {
		t.Fatal(err)
	}
	tick(t, b.m)
	b.clock.add(10 * day)
	own = registrarSaid("2026-11-11", "2027-05-20T08:00:00Z")
	main = facts(func(f *models.Facts) { f.Nameservers = []string{"ns1.other.example"} })
	main.Facts.RelatedURL = "https://rdap.registrar.example/domain/shop.lab"
	tick(t, b.m)
	view, err := s.DomainView(t.Context(), "shop.lab")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]models.LookKind{
		models.FactNameservers: models.LookRDAP, models.FactRegistrarExpiry: models.LookRegistrarRDAP, models.FactEffectiveExpiry: models.LookRegistrarRDAP,
	}
	got := map[string]models.LookKind{}
	for _, c := range view.Changes {
		if c.ObservationID == nil {
			t.Errorf("%s has no evidence", c.Field)
			continue
		}
		o, err := s.Observation(t.Context(), *c.ObservationID)
		if err != nil || o.Kind != c.Source || !o.At.Equal(b.clock.Now()) {
			t.Errorf("%s rests on a look by %s at %v (%v), and was stated by %s", c.Field, o.Kind, o.At, err, c.Source)
		}
		got[c.Field] = o.Kind
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, st := range view.Watched.Statements {
		o, err := s.Observation(t.Context(), *st.ObservationID)
		if err != nil || o.Kind != st.Source || !o.At.Equal(*st.At) {
			t.Errorf("the statement of %s rests on %s at %v (%v)", st.Source, o.Kind, o.At, err)
		}
	}
}
