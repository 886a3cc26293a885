package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

func names(b models.Board) []string {
	out := []string{}
	for _, r := range b.Rows {
		out = append(out, r.Domain.Name)
	}
	return out
}

func ask(tb testing.TB, s *store.Store, q models.BoardQuery) models.Board {
	tb.Helper()
	if q.Now.IsZero() {
		q.Now = now
	}
	return must[models.Board](tb)(s.Board(tb.Context(), q))
}

// TestBandsOfTheDatabaseAreThoseOfTheModels compares the CASE in SQL with models.BandOf over random rows and readers.
func TestBandsOfTheDatabaseAreThoseOfTheModels(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 1))
		zones := []*time.Location{time.UTC, time.FixedZone("west", -11*3600), time.FixedZone("east", 14*3600), mustZone(t, "America/Los_Angeles")}
		rows := make([]models.PortfolioRow, 120)
		for i := range rows {
			rows[i] = row(fmt.Sprintf("n%03d.lab", i), "Amber Bakery")
		}
		imported(t, s, rows...)
		for i := range rows {
			judged(t, s, rows[i].Domain, func(rec *models.RegistrationRecord) { randomState(r, &rec.Domain) })
		}
		for range 6 {
			seen := now.Add(time.Duration(r.Int64N(int64(40*day))) - 20*day).Truncate(time.Microsecond)
			checkBands(t, s, seen, zones[r.IntN(len(zones))])
		}
	})
}

func mustZone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	return must[*time.Location](tb)(time.LoadLocation(name))
}

func randomState(r *rand.Rand, d *models.Domain) {
	d.Lifecycle = []models.Lifecycle{
		models.LifecycleUnknown, models.LifecycleRegistered, models.LifecycleRegistered, models.LifecycleExpiring, models.LifecycleExpiring,
		models.LifecycleExpired, models.LifecycleRedemption, models.LifecyclePendingDelete, models.LifecycleReleased, models.LifecycleOnHold,
	}[r.IntN(10)]
	d.LifecycleWhy = []models.LifecycleReason{models.WhyDate, models.WhyNoPublicExpiry, models.WhyUnparsedExpiry, models.WhyLookFailing}[r.IntN(4)]
	if r.IntN(5) > 0 {
		e := now.Truncate(day).Add(time.Duration(r.IntN(90)-20) * day)
		if r.IntN(2) == 0 { // not at the edge of a day
			e = e.Add(time.Duration(r.Int64N(int64(day)))).Truncate(time.Microsecond)
		}
		d.ExpiresAt = &e
	}
	if r.IntN(3) > 0 {
		d.CheckedAt = new(now)
	}
}

func checkBands(t *testing.T, s *store.Store, seen time.Time, loc *time.Location) {
	t.Helper()
	all := ask(t, s, models.BoardQuery{Now: seen, Loc: loc})
	want := map[models.Band][]string{}
	counts, groups := map[models.Band]int{}, map[models.Group]int{}
	last := 0
	for _, r := range all.Rows {
		band := models.BandOf(&r.Domain, seen, loc)
		want[band] = append(want[band], r.Domain.Name)
		counts[band]++
		groups[band.Group()]++
		rank := slices.Index(models.Bands(), band)
		if rank < last || r.Band != band {
			t.Fatalf("%s (%s, row says %s) stands after a band of rank %d", r.Domain.Name, band, r.Band, last)
		}
		last = rank
	}
	if diff := cmp.Diff(counts, all.Bands); diff != "" {
		t.Errorf("counts of bands at %v (-models +database):\n%s", seen, diff)
	}
	if diff := cmp.Diff(groups, all.Groups); diff != "" {
		t.Errorf("counts of groups (-models +database):\n%s", diff)
	}
	for _, band := range models.Bands() {
		got := names(ask(t, s, models.BoardQuery{Now: seen, Loc: loc, Band: band}))
		if diff := cmp.Diff(append([]string{}, want[band]...), got); diff != "" {
			t.Errorf("%s at %v in %v (-models +database):\n%s", band, seen, loc, diff)
		}
	}
	soon := ask(t, s, models.BoardQuery{Now: seen, Loc: loc, Group: models.GroupSoon})
	if soon.Matching != groups[models.GroupSoon] {
		t.Errorf("%d names in the group soon, want %d", soon.Matching, groups[models.GroupSoon])
	}
}

// boardOf sets up a small board: an expired name, one due in 5 days, one without a date, one far away and one that is archived.
func boardOf(t *testing.T, s *store.Store) {
	t.Helper()
	rows := []models.PortfolioRow{
		row("late.lab", "Amber Bakery"), row("soon_5.lab", "birch studio"), row("dateless.lab", "Çınar & Söhne"), row("far.lab", "Amber Bakery"), row("gone.lab", "Dogwood"),
	}
	imported(t, s, rows...)
	set := func(name string, lifecycle models.Lifecycle, expiry *time.Time, registrar string, checked *time.Time) {
		judged(t, s, name, func(rec *models.RegistrationRecord) {
			d := &rec.Domain
			d.Lifecycle, d.LifecycleWhy, d.ExpiresAt, d.Registrar, d.CheckedAt = lifecycle, models.WhyDate, expiry, registrar, checked
			if expiry != nil {
				rec.OpenCycle = &models.Cycle{ExpiresAt: *expiry, OpenedAt: now}
			} else {
				d.LifecycleWhy = models.WhyNoPublicExpiry
			}
		})
	}
	set("late.lab", models.LifecycleExpired, new(at(-3*day)), "Harbour Names", new(at(-time.Hour)))
	set("soon_5.lab", models.LifecycleExpiring, new(at(5*day)), "ÜberDomains", new(at(-2*time.Hour)))
	set("dateless.lab", models.LifecycleUnknown, nil, "", nil)
	set("far.lab", models.LifecycleRegistered, new(at(200*day)), "harbour names", new(at(-3*time.Hour)))
	ok(t, s.ArchiveDomain(t.Context(), watched(t, s, "gone.lab").Domain.ID, "kim", now))
	d := watched(t, s, "far.lab").Domain
	d.RecordsTotal, d.RecordsRight, d.RecordsUnknown = 5, 2, 1
	ok(t, s.RecordDelegation(t.Context(), models.DelegationRecord{Domain: d}))
	queued(t, s, owed(watched(t, s, "late.lab"), models.StageP1))
	queued(t, s, owed(watched(t, s, "soon_5.lab"), models.StageD7))
	for _, id := range collected(t, s, now, "2026-11-22") {
		sent(t, s, id, now)
	}
	w := watched(t, s, "soon_5.lab")
	must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{Answer: models.Answer{
		DomainID: w.Domain.ID, CycleID: w.Cycle.ID, ContactID: w.Contacts[0].ID, Kind: models.AnswerWillRenew, At: at(time.Hour), By: "Bo",
	}}))
}

func TestBoardFilters(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		boardOf(t, s)
		amber := watched(t, s, "late.lab").Client.ID
		for name, tc := range map[string]struct {
			q    models.BoardQuery
			want []string
			why  string
		}{
			"nothing asked":     {models.BoardQuery{}, []string{"late.lab", "soon_5.lab", "dateless.lab", "far.lab"}, "by attention, without the archived"},
			"part of a name":    {models.BoardQuery{Text: " ATE"}, []string{"late.lab", "dateless.lab"}, "case and edges do not matter"},
			"underscore":        {models.BoardQuery{Text: "n_5"}, []string{"soon_5.lab"}, "an underscore stands for itself"},
			"underscore alone":  {models.BoardQuery{Text: "_"}, []string{"soon_5.lab"}, "not for any letter"},
			"percent":           {models.BoardQuery{Text: "%"}, []string{}, "a percent sign stands for itself"},
			"backslash":         {models.BoardQuery{Text: `\`}, []string{}, "and so does the escape"},
			"quote":             {models.BoardQuery{Text: `' OR 1=1 --`}, []string{}, "it is no SQL"},
			"client":            {models.BoardQuery{Text: "BIRCH"}, []string{"soon_5.lab"}, "the client's name"},
			"client beyond a-z": {models.BoardQuery{Text: "ÇINAR"}, []string{}, "I is not ı: simple folding, alike on both"},
			"client folded":     {models.BoardQuery{Text: "SÖHNE"}, []string{"dateless.lab"}, "letters beyond ASCII fold too"},
			"registrar":         {models.BoardQuery{Text: "überd"}, []string{"soon_5.lab"}, "the registrar"},
			"client id":         {models.BoardQuery{ClientID: amber}, []string{"late.lab", "far.lab"}, ""},
			"registrar exact":   {models.BoardQuery{Registrar: "Harbour Names"}, []string{"late.lab"}, "picked from the list"},
			"days":              {models.BoardQuery{MaxDays: new(5)}, []string{"late.lab", "soon_5.lab"}, "calendar days, what has expired included"},
			"fewer days":        {models.BoardQuery{MaxDays: new(4)}, []string{"late.lab"}, ""},
			"no date":           {models.BoardQuery{NoDate: true}, []string{"dateless.lab"}, ""},
			"broken":            {models.BoardQuery{Records: "broken"}, []string{"far.lab"}, "5 expected, 2 right, 1 unknown"},
			"unanswered":        {models.BoardQuery{Answer: "none"}, []string{"late.lab"}, "written to and not answered"},
			"band":              {models.BoardQuery{Band: models.BandD7}, []string{"soon_5.lab"}, ""},
			"group and text":    {models.BoardQuery{Group: models.GroupLapsed, Text: "lab"}, []string{"late.lab"}, "both hold"},
		} {
			t.Run(name, func(t *testing.T) {
				b := ask(t, s, tc.q)
				if diff := cmp.Diff(tc.want, names(b)); diff != "" {
					t.Errorf("(%s) (-want +got):\n%s", tc.why, diff)
				}
				if b.Matching != len(tc.want) || b.Total != 4 || b.Clients != 3 || b.Broken != 1 || b.Unanswered != 1 {
					t.Errorf("figures: %d matching of %d, %d clients, %d broken, %d unanswered", b.Matching, b.Total, b.Clients, b.Broken, b.Unanswered)
				}
			})
		}
	})
}

func TestBoardSorts(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		boardOf(t, s)
		for _, tc := range []struct {
			sort      string
			up, down  []string
			reasoning string
		}{
			{"state", []string{"late.lab", "soon_5.lab", "dateless.lab", "far.lab"}, []string{"far.lab", "dateless.lab", "soon_5.lab", "late.lab"}, "attention"},
			{"domain", []string{"dateless.lab", "far.lab", "late.lab", "soon_5.lab"}, []string{"soon_5.lab", "late.lab", "far.lab", "dateless.lab"}, "names"},
			{"expires", []string{"late.lab", "soon_5.lab", "far.lab", "dateless.lab"}, []string{"far.lab", "soon_5.lab", "late.lab", "dateless.lab"}, "no date is last either way"},
			{"client", []string{"far.lab", "late.lab", "soon_5.lab", "dateless.lab"}, []string{"dateless.lab", "soon_5.lab", "far.lab", "late.lab"}, "equal ones by name"},
			{"registrar", []string{"far.lab", "late.lab", "soon_5.lab", "dateless.lab"}, []string{"soon_5.lab", "far.lab", "late.lab", "dateless.lab"}, "case does not matter, none is last"},
			{"records", []string{"far.lab", "dateless.lab", "late.lab", "soon_5.lab"}, []string{"dateless.lab", "late.lab", "soon_5.lab", "far.lab"}, "most broken first"},
			{"checked", []string{"dateless.lab", "far.lab", "soon_5.lab", "late.lab"}, []string{"late.lab", "soon_5.lab", "far.lab", "dateless.lab"}, "never is longest ago"},
		} {
			for desc, want := range map[bool][]string{false: tc.up, true: tc.down} {
				if diff := cmp.Diff(want, names(ask(t, s, models.BoardQuery{Sort: tc.sort, Desc: desc}))); diff != "" {
					t.Errorf("%s, descending %v (%s) (-want +got):\n%s", tc.sort, desc, tc.reasoning, diff)
				}
			}
		}
	})
}

func TestBoardPages(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		rows := make([]models.PortfolioRow, 23)
		for i := range rows {
			rows[i] = row(fmt.Sprintf("n%02d.lab", i), "Amber Bakery")
		}
		imported(t, s, rows...)
		var got []string
		for page := range 4 {
			b := ask(t, s, models.BoardQuery{Page: page + 1, PerPage: 10})
			if b.Matching != 23 {
				t.Errorf("page %d: %d matching", page+1, b.Matching)
			}
			got = append(got, names(b)...)
		}
		if !slices.IsSorted(got) || len(slices.Compact(got)) != 23 {
			t.Errorf("the pages together: %v", got)
		}
		if n := len(ask(t, s, models.BoardQuery{}).Rows); n != 23 {
			t.Errorf("%d rows without paging", n)
		}
	})
}

func TestBoardRowsSayWhatIsGoingOn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		boardOf(t, s)
		queued(t, s, owed(watched(t, s, "late.lab"), models.StageP4)) // owed, not on its way: not shown
		by := map[string]models.BoardRow{}
		b := ask(t, s, models.BoardQuery{})
		for _, r := range b.Rows {
			by[r.Domain.Name] = r
		}
		if n := by["late.lab"].LastNotice; n == nil || n.Stage != models.StageP1 || n.State != models.NoticeSent || by["late.lab"].Answer != nil {
			t.Errorf("late.lab: notice %+v", n)
		}
		if a := by["soon_5.lab"].Answer; a == nil || a.Kind != models.AnswerWillRenew || by["soon_5.lab"].ClientName != "birch studio" {
			t.Errorf("soon_5.lab: answer %+v", a)
		}
		if by["far.lab"].LastNotice != nil || by["far.lab"].Bounced {
			t.Errorf("far.lab: %+v", by["far.lab"])
		}
		if diff := cmp.Diff([]string{"Harbour Names", "harbour names", "ÜberDomains"}, b.Registrars); diff != "" {
			t.Errorf("registrars:\n%s", diff)
		}
		if b.ClientList[0].Name != "Amber Bakery" || b.ClientList[1].Name != "birch studio" {
			t.Errorf("clients: %+v", b.ClientList)
		}
	})
}
