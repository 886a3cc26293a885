package monitor_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

var (
	gtld    = monitor.GTLDDays()
	noDays  = monitor.LifecycleDays{}
	created = date("2015-01-10T08:00:00Z")
)

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

func date(s string) *time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		if t, err = time.Parse(time.DateOnly, s); err != nil {
			panic(err)
		}
	}
	return &t
}

// said is a registry's answer at a time.
func said(kind models.LookKind, at, expires string, statuses ...string) models.Look {
	f := &models.Facts{
		Registered: new(true), CreatedAt: created, Registrar: "Northwind Names", RegistrarID: "9001", Statuses: statuses,
		Nameservers: []string{"ns1.dnshost.example", "ns2.dnshost.example"}, DNSSEC: models.DNSSECUnsigned,
	}
	if expires != "" {
		f.ExpiresAt, f.ExpiryStated = date(expires), true
	}
	return models.Look{Kind: kind, Domain: "shop.lab", Outcome: models.OutcomeOK, Facts: f, Server: "rdap.lab", At: *date(at)}
}

func registrarSaid(at, expires string) models.Look {
	return models.Look{
		Kind: models.LookRegistrarRDAP, Outcome: models.OutcomeOK, At: *date(at),
		Facts: &models.Facts{RegistrarExpiresAt: date(expires), ExpiryStated: true},
	}
}

func failed(kind models.LookKind, at string, o models.Outcome) models.Look {
	return models.Look{Kind: kind, Domain: "shop.lab", Outcome: o, At: *date(at)}
}

// merge takes runs of looks in, one after the other, each at the time of its first look.
func merge(t *testing.T, days monitor.LifecycleDays, runs ...[]models.Look) models.Registration {
	t.Helper()
	return known(t, days, runs...).Registration
}

// known is what merge comes to, with the statements beside it.
func known(t *testing.T, days monitor.LifecycleDays, runs ...[]models.Look) monitor.Known {
	t.Helper()
	var k monitor.Known
	for _, looks := range runs {
		k, _ = monitor.Merge(k, looks, monitor.MergeContext{Days: days, Now: looks[0].At.Add(time.Second)})
	}
	return k
}

func TestLooksWithoutAnAnswerChangeNoFact(t *testing.T) {
	t.Parallel()
	before := known(t, gtld, []models.Look{said(models.LookRDAP, "2026-11-01T08:00:00Z", "2027-01-10T08:00:00Z", "clientTransferProhibited")})
	for _, o := range []models.Outcome{
		models.OutcomeReserved, models.OutcomeInvalid, models.OutcomeThrottled, models.OutcomeRefused, models.OutcomeTimeout,
		models.OutcomeUnreachable, models.OutcomeUnparsed, models.OutcomeUnsupported,
	} {
		for _, kind := range []models.LookKind{models.LookRDAP, models.LookWHOIS, models.LookRegistrarRDAP} {
			after, changes := monitor.Merge(before, []models.Look{failed(kind, "2026-11-08T08:00:00Z", o)},
				monitor.MergeContext{Days: gtld, Now: *date("2026-11-08T08:00:01Z")})
			after.Registration.UpdatedAt = before.Registration.UpdatedAt
			if diff := cmp.Diff(before.Registration, after.Registration, cmpopts.EquateEmpty()); diff != "" || len(changes) != 0 {
				t.Errorf("%s %s changed facts:\n%s%v", kind, o, diff, changes)
			}
			was, is := models.Stated(before.Statements, models.LookRDAP), models.Stated(after.Statements, models.LookRDAP)
			if !is.At.Equal(*was.At) || is.Facts != was.Facts || !is.States() {
				t.Errorf("%s %s changed what RDAP states: %+v", kind, o, is)
			}
			if asked := models.Stated(after.Statements, kind); !asked.AskedAt.Equal(*date("2026-11-08T08:00:00Z")) || asked.AskedOutcome != o {
				t.Errorf("%s %s is not remembered as the last question: %+v", kind, o, asked)
			}
		}
	}
}

func TestDatesThatCannotBeTrueAreNotTaken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ expires, why string }{
		{"0001-01-01T00:00:00Z", "the zero time of a failed parse"},
		{"1970-01-01T00:00:00Z", "the zero of another clock"},
		{"1984-12-31T23:59:59Z", "before there were registrations"},
		{"2127-01-01T00:00:00Z", "nobody registers for a century"},
		{"2999-12-31T00:00:00Z", "the .za way to say never"},
		{"2014-12-31T00:00:00Z", "before the registration was created"},
	} {
		reg := merge(t, gtld, []models.Look{said(models.LookRDAP, "2026-11-01T08:00:00Z", c.expires)})
		if reg.RegistryExpiry != nil {
			t.Errorf("%s was taken: %s", c.expires, c.why)
		}
		if reg.NoPublicExpiry {
			t.Errorf("%s: the registry states a date, only not a true one", c.expires)
		}
		later := merge(t, gtld, []models.Look{said(models.LookRDAP, "2026-10-01T08:00:00Z", "2027-01-10T08:00:00Z")},
			[]models.Look{said(models.LookRDAP, "2026-11-01T08:00:00Z", c.expires)})
		if later.RegistryExpiry == nil || !later.RegistryExpiry.Equal(*date("2027-01-10T08:00:00Z")) {
			t.Errorf("%s wiped out the last good date: %v", c.expires, later.RegistryExpiry)
		}
	}
	for _, edge := range []string{"2126-12-31T23:59:59Z"} {
		if reg := merge(t, gtld, []models.Look{said(models.LookRDAP, "2026-11-01T08:00:00Z", edge)}); reg.RegistryExpiry == nil {
			t.Errorf("%s was refused", edge)
		}
	}
}

func TestEachFactIsTakenFromWhoKnowsIt(t *testing.T) {
	t.Parallel()
	rdap := said(models.LookRDAP, "2026-11-01T08:00:00Z", "2027-01-10T08:00:00Z", "clientTransferProhibited")
	whois := said(models.LookWHOIS, "2026-11-01T08:00:02Z", "2027-03-10T08:00:00Z", "ok")
	whois.Facts.Registrar = "Somebody Else"
	reg := merge(t, gtld, []models.Look{whois, registrarSaid("2026-11-01T08:00:01Z", "2027-01-09T08:00:00Z"), rdap})
	if got := reg.RegistryExpiry; !got.Equal(*date("2027-01-10T08:00:00Z")) || reg.RegistrySource != models.LookRDAP {
		t.Errorf("registry expiry = %v from %s, want RDAP's", got, reg.RegistrySource)
	}
	if reg.Registrar != "Northwind Names" || reg.FactsSource != models.LookRDAP {
		t.Errorf("registrar = %q from %s", reg.Registrar, reg.FactsSource)
	}
	if reg.RegistrarExpiry == nil || !reg.RegistrarExpiry.Equal(*date("2027-01-09T08:00:00Z")) {
		t.Errorf("registrar's date = %v", reg.RegistrarExpiry)
	}

	rdap.Facts.ExpiresAt, rdap.Facts.ExpiryStated, rdap.Facts.Nameservers = nil, false, nil
	reg = merge(t, gtld, []models.Look{rdap, whois})
	if reg.RegistryExpiry == nil || !reg.RegistryExpiry.Equal(*date("2027-03-10T08:00:00Z")) || len(reg.Nameservers) != 2 {
		t.Errorf("the gaps of the RDAP answer were not filled from WHOIS: %v %v", reg.RegistryExpiry, reg.Nameservers)
	}
}

func TestARegistryWithoutADateIsANormalState(t *testing.T) {
	t.Parallel()
	silent := said(models.LookWHOIS, "2026-11-01T08:00:00Z", "")
	if reg := merge(t, noDays, []models.Look{silent}); !reg.NoPublicExpiry || reg.FactsAt == nil {
		t.Errorf("no expiry field: NoPublicExpiry = %v", reg.NoPublicExpiry)
	}
	redacted := said(models.LookRDAP, "2026-11-01T08:00:00Z", "")
	redacted.Facts.ExpiryStated, redacted.Facts.ExpiryRedacted = true, true
	if reg := merge(t, noDays, []models.Look{redacted}); !reg.NoPublicExpiry {
		t.Error("a redacted date is not published")
	}
	unread := said(models.LookWHOIS, "2026-11-01T08:00:00Z", "")
	unread.Facts.ExpiryStated = true
	if reg := merge(t, noDays, []models.Look{unread}); reg.NoPublicExpiry {
		t.Error("an unreadable date is published")
	}
}

func TestAStatusThatIsNoLongerStatedIsGone(t *testing.T) {
	t.Parallel()
	reg := merge(t, gtld,
		[]models.Look{said(models.LookRDAP, "2026-11-01T08:00:00Z", "2027-01-10T08:00:00Z", "clientHold")},
		[]models.Look{said(models.LookRDAP, "2026-11-02T08:00:00Z", "2027-01-10T08:00:00Z")})
	if len(reg.Statuses) != 0 {
		t.Errorf("statuses = %v", reg.Statuses)
	}
}

func TestChangesAreKeptAndFirstStatementsAreNone(t *testing.T) {
	t.Parallel()
	first, changes := monitor.Merge(monitor.Known{Registration: models.Registration{DomainID: 7}}, []models.Look{said(models.LookRDAP, "2026-11-01T08:00:00Z", "2027-01-10T08:00:00Z", "ok")},
		monitor.MergeContext{Days: gtld, Now: *date("2026-11-01T08:00:01Z")})
	if len(changes) != 0 {
		t.Errorf("first statements became changes: %v", changes)
	}
	again := said(models.LookRDAP, "2026-11-02T08:00:00Z", "2028-01-10T08:00:00Z", "clientTransferProhibited")
	again.Facts.Nameservers = []string{"ns9.other.example", "ns2.dnshost.example"}
	again.Facts.Registrar, again.Facts.RegistrarID = "Contoso Domains", "9002"
	_, changes = monitor.Merge(first, []models.Look{again}, monitor.MergeContext{Days: gtld, Now: *date("2026-11-02T08:00:01Z")})
	got := map[string]string{}
	for _, c := range changes {
		if c.DomainID != 7 {
			t.Errorf("change %s belongs to domain %d", c.Field, c.DomainID)
		}
		got[c.Field] = c.Before + " -> " + c.After
	}
	want := map[string]string{
		"registrar":       "Northwind Names -> Contoso Domains",
		"nameservers":     "ns1.dnshost.example, ns2.dnshost.example -> ns2.dnshost.example, ns9.other.example",
		"statuses":        " -> clientTransferProhibited",
		"transfer_lock":   "off -> on",
		"registry_expiry": "2027-01-10T08:00:00Z -> 2028-01-10T08:00:00Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAbsenceNeedsTwoKindsOfSourcesAndALaterRun(t *testing.T) {
	t.Parallel()
	const absent = models.OutcomeAbsent
	ok := said(models.LookRDAP, "2026-11-01T08:00:00Z", "2027-01-10T08:00:00Z")
	run := func(at string, kinds ...models.LookKind) []models.Look {
		var looks []models.Look
		for _, k := range kinds {
			looks = append(looks, failed(k, at, absent))
		}
		return looks
	}
	notRegistered := said(models.LookWHOIS, "2026-11-02T08:00:00Z", "")
	notRegistered.Facts = &models.Facts{Registered: new(false)}
	for name, c := range map[string]struct {
		runs [][]models.Look
		gone bool
		why  string
	}{
		"one 404": {[][]models.Look{run("2026-11-02T08:00:00Z", models.LookRDAP)}, false, "registries answer it for registered names"},
		"many 404s": {[][]models.Look{
			run("2026-11-02T08:00:00Z", models.LookRDAP), run("2026-11-02T10:00:00Z", models.LookRDAP), run("2026-11-03T10:00:00Z", models.LookRDAP),
		}, false, "one kind of source may be wrong for days"},
		"two kinds once": {[][]models.Look{run("2026-11-02T08:00:00Z", models.LookRDAP, models.LookWHOIS)}, false, "both may be in the same maintenance"},
		"two kinds, again too soon": {[][]models.Look{
			run("2026-11-02T08:00:00Z", models.LookRDAP, models.LookWHOIS), run("2026-11-02T08:30:00Z", models.LookRDAP, models.LookWHOIS),
		}, false, "half an hour later is the same maintenance"},
		"two kinds, a later run": {[][]models.Look{
			run("2026-11-02T08:00:00Z", models.LookRDAP, models.LookWHOIS), run("2026-11-02T09:00:00Z", models.LookRDAP),
		}, true, "proof"},
		"second kind in the later run": {[][]models.Look{
			run("2026-11-02T08:00:00Z", models.LookRDAP), run("2026-11-02T09:30:00Z", models.LookRDAP, models.LookDNS),
		}, true, "the parent's NXDOMAIN is a second kind"},
		"half-hourly looks add up": {[][]models.Look{
			run("2026-11-02T08:00:00Z", models.LookWHOIS, models.LookDNS), run("2026-11-02T08:30:00Z", models.LookWHOIS, models.LookDNS),
			run("2026-11-02T09:00:00Z", models.LookWHOIS, models.LookDNS),
		}, true, "the run an hour after the first counts"},
		"only the zone": {[][]models.Look{
			run("2026-11-02T08:00:00Z", models.LookDNS), run("2026-11-02T09:30:00Z", models.LookDNS),
		}, false, "a name without delegation may be registered"},
		"the registrar": {[][]models.Look{
			run("2026-11-02T08:00:00Z", models.LookRDAP, models.LookRegistrarRDAP), run("2026-11-02T09:30:00Z", models.LookRDAP, models.LookRegistrarRDAP),
		}, false, "a registrar knows only its own names"},
		"answered in between": {[][]models.Look{
			run("2026-11-02T08:00:00Z", models.LookRDAP, models.LookWHOIS),
			{said(models.LookRDAP, "2026-11-02T09:00:00Z", "2027-01-10T08:00:00Z")},
			run("2026-11-02T10:00:00Z", models.LookRDAP, models.LookWHOIS),
		}, false, "it begins anew"},
		"registered by one of two": {[][]models.Look{
			run("2026-11-02T08:00:00Z", models.LookRDAP, models.LookDNS),
			append(run("2026-11-02T10:00:00Z", models.LookRDAP), said(models.LookWHOIS, "2026-11-02T10:00:00Z", "2027-01-10T08:00:00Z")),
		}, false, "positive proof wins"},
		"an answer that says not registered": {[][]models.Look{
			{notRegistered, failed(models.LookDNS, "2026-11-02T08:00:00Z", absent)}, {func() models.Look { l := notRegistered; l.At = l.At.Add(2 * time.Hour); return l }()},
		}, true, "it is an absence in other words"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reg := merge(t, gtld, append([][]models.Look{{ok}}, c.runs...)...)
			j := monitor.JudgeLifecycle(&models.Domain{}, &reg, models.EffectiveExpiry(nil, &reg), gtld, *date("2026-11-03T12:00:00Z"))
			if gone := j.Lifecycle == models.LifecycleReleased; gone != c.gone {
				t.Errorf("lifecycle %s (%s), want gone %v: %s", j.Lifecycle, j.Why, c.gone, c.why)
			}
			if reg.RegistryExpiry == nil {
				t.Error("the last good date is lost")
			}
		})
	}
}

func TestADateOfAFormerRegistrarIsForgotten(t *testing.T) {
	t.Parallel()
	first := []models.Look{said(models.LookRDAP, "2026-11-01T08:00:00Z", "2027-06-10T08:00:00Z", "ok"), registrarSaid("2026-11-01T08:00:01Z", "2027-06-01T08:00:00Z")}
	elsewhere := said(models.LookRDAP, "2026-11-08T08:00:00Z", "2027-06-10T08:00:00Z", "ok")
	elsewhere.Facts.Registrar, elsewhere.Facts.RegistrarID = "Contoso Domains", "9002"
	if reg := merge(t, gtld, first, []models.Look{elsewhere}); reg.RegistrarExpiry != nil {
		t.Errorf("the former registrar's date still counts: %v", reg.RegistrarExpiry)
	}
	if reg := merge(t, gtld, first, []models.Look{elsewhere, registrarSaid("2026-11-08T08:00:01Z", "2027-06-02T08:00:00Z")}); reg.RegistrarExpiry == nil {
		t.Error("the new registrar's date is lost")
	}
	renamed := said(models.LookRDAP, "2026-11-08T08:00:00Z", "2027-06-10T08:00:00Z", "ok")
	renamed.Facts.Registrar = "Northwind Names, LLC"
	if reg := merge(t, gtld, first, []models.Look{renamed}); reg.RegistrarExpiry == nil {
		t.Error("a registrar that only changed its name lost its date")
	}
}

func TestWhateverComesInTheRegistrationStaysBelievable(t *testing.T) {
	t.Parallel()
	kinds := []models.LookKind{models.LookRDAP, models.LookWHOIS, models.LookRegistrarRDAP, models.LookDNS}
	outcomes := []models.Outcome{models.OutcomeOK, models.OutcomeOK, models.OutcomeAbsent, models.OutcomeTimeout, models.OutcomeReserved}
	rapid.Check(t, func(t *rapid.T) {
		now := *date("2026-11-01T08:00:00Z")
		maybe := func(label string) *time.Time {
			if rapid.Bool().Draw(t, "no "+label) {
				return nil
			}
			return new(time.Unix(rapid.Int64Range(-1e10, 1e11).Draw(t, label), 0).UTC())
		}
		var reg monitor.Known
		for range rapid.IntRange(1, 6).Draw(t, "runs") {
			now = now.Add(time.Duration(rapid.IntRange(1, 24*90).Draw(t, "hours")) * time.Hour)
			var looks []models.Look
			for range rapid.IntRange(1, 3).Draw(t, "looks") {
				l := models.Look{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Outcome: rapid.SampledFrom(outcomes).Draw(t, "outcome"), At: now}
				if l.Outcome == models.OutcomeOK && l.Kind != models.LookDNS {
					l.Facts = &models.Facts{
						ExpiresAt: maybe("expiry"), RegistrarExpiresAt: maybe("registrar expiry"), CreatedAt: maybe("created"),
						Statuses: rapid.SliceOfN(rapid.SampledFrom([]string{"ok", "autoRenewPeriod", "redemptionPeriod"}), 0, 2).Draw(t, "statuses"),
					}
				}
				looks = append(looks, l)
			}
			mc := monitor.MergeContext{Days: gtld, Now: now}
			next, _ := monitor.Merge(reg, looks, mc)
			for _, d := range []*time.Time{next.Registration.RegistryExpiry, next.Registration.RegistrarExpiry, next.Registration.RenewalOf} {
				if d != nil && (d.Year() < 1984 || d.Year() > 2126) {
					t.Fatalf("%v was taken for true", d)
				}
			}
			if _, changes := monitor.Merge(next, looks, mc); len(changes) != 0 {
				t.Fatalf("the same looks changed facts twice: %+v", changes)
			}
			reg = next
		}
	})
}
