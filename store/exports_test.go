package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

// gathered calls an export and puts its batches together.
func gathered[T any](tb testing.TB, export func(fn func([]T) error) error) []T {
	tb.Helper()
	var all []T
	ok(tb, export(func(rows []T) error {
		if len(rows) == 0 || len(rows) > 500 {
			tb.Errorf("a batch of %d rows", len(rows))
		}
		all = append(all, rows...)
		return nil
	}))
	return all
}

// An export of the board is what all its pages show, in their order, whatever is asked.
func TestBoardExportIsTheBoard(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		boardOf(t, s)
		for _, sort := range []string{"", "state", "domain", "client", "expires", "registrar", "records", "checked"} {
			for _, q := range []models.BoardQuery{
				{},
				{Desc: true},
				{Page: 2, PerPage: 1},
				{Text: "ate"},
				{Text: "BIRCH"},
				{Text: "überd"},
				{Group: models.GroupLapsed},
				{Band: models.BandD7},
				{MaxDays: new(5)},
				{NoDate: true},
				{Records: "broken"},
				{Answer: "none"},
				{Registrar: "Harbour Names"},
				{ClientID: watched(t, s, "late.lab").Client.ID},
				{Text: "nothing"},
			} {
				q.Sort, q.Now, q.Loc = sort, now, time.UTC
				got := gathered(t, func(fn func([]models.BoardRow) error) error { return s.EachBoardRow(t.Context(), q, fn) })
				q.Page, q.PerPage = 1, 0
				if diff := cmp.Diff(must[models.Board](t)(s.Board(t.Context(), q)).Rows, got, cmp.Transformer("none", noneForEmpty)); diff != "" {
					t.Errorf("%+v (-board +export):\n%s", q, diff)
				}
			}
		}
	})
}

// noneForEmpty makes no rows and none at all alike.
func noneForEmpty(rows []models.BoardRow) []*models.BoardRow {
	out := []*models.BoardRow{}
	for i := range rows {
		out = append(out, &rows[i])
	}
	return out
}

// What changes while an export is read is not in it: it is of one instant.
func TestExportsAreOfOneInstant(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		rows := make([]models.PortfolioRow, 1203)
		for i := range rows {
			rows[i] = row(fmt.Sprintf("n%04d.lab", i), fmt.Sprintf("Client %d", i%37))
		}
		imported(t, s, rows...)
		changed := false
		got := gathered(t, func(fn func([]models.PortfolioRow) error) error {
			return s.EachPortfolioRow(t.Context(), 0, func(batch []models.PortfolioRow) error {
				if !changed {
					changed = true
					moved := row("n1202.lab", "Another")
					imported(t, s, moved, row("n9999.lab", "Another"))
					ok(t, s.ArchiveDomain(t.Context(), watched(t, s, "n1201.lab").Domain.ID, "kim", now))
				}
				return fn(batch)
			})
		})
		if len(got) != 1203 || got[1202].Client != "Client 18" || got[1201].Domain != "n1201.lab" {
			t.Errorf("%d rows, the last of %s", len(got), got[len(got)-1].Client)
		}
		later := gathered(t, func(fn func([]models.PortfolioRow) error) error { return s.EachPortfolioRow(t.Context(), 0, fn) })
		if len(later) != 1203 || later[1202].Domain != "n9999.lab" || later[1201].Client != "Another" {
			t.Errorf("afterwards %d rows, the last %+v", len(later), later[len(later)-1])
		}
	})
}

func TestPortfolioExportIsImportedUnchanged(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, fullRow(), row("b.lab", "Birch Studio"), row("gone.lab", "Birch Studio"))
		ok(t, s.ArchiveDomain(t.Context(), watched(t, s, "gone.lab").Domain.ID, "kim", now))
		more := row("a.lab", "Amber Bakery")
		more.Contacts = []models.Contact{{Name: "Bill", Email: "bill@amber.example", Role: models.RoleBilling}, {Name: "Second", Email: "z@amber.example", Role: models.RoleOwner}}
		imported(t, s, more)
		rows := gathered(t, func(fn func([]models.PortfolioRow) error) error { return s.EachPortfolioRow(t.Context(), 0, fn) })
		if len(rows) != 2 || len(rows[0].Contacts) != 2 || rows[0].Contacts[0].Name != "Bo" || rows[0].Contacts[1].Name != "Dee" {
			t.Fatalf("exported: %+v", rows)
		}
		before := watched(t, s, "a.lab")
		r := importing(t, s, false, rows...)
		if diff := cmp.Diff(models.ImportResult{Actions: []models.ImportAction{models.ImportSame, models.ImportSame}}, r); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(before, watched(t, s, "a.lab")); diff != "" {
			t.Errorf("importing what was exported changed:\n%s", diff)
		}
		amber := gathered(t, func(fn func([]models.PortfolioRow) error) error {
			return s.EachPortfolioRow(t.Context(), before.Client.ID, fn)
		})
		if len(amber) != 1 || amber[0].Domain != "a.lab" {
			t.Errorf("of one client: %+v", amber)
		}
	})
}

func TestRecordsAndChangesAreExported(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Birch Studio"), row("gone.lab", "Birch Studio"))
		for i, name := range []string{"b.lab", "a.lab", "gone.lab"} {
			var records []models.ExpectedRecord
			for k := range 300 {
				records = append(records, models.ExpectedRecord{Host: fmt.Sprintf("h%03d.%s", 299-k, name), Type: "A", Match: models.MatchExact, Values: []string{"192.0.2.1"}, State: models.RecordUnknown})
			}
			ok(t, s.UpsertRecords(t.Context(), watched(t, s, name).Domain.ID, records, now))
			judged(t, s, name, func(rec *models.RegistrationRecord) {
				rec.Changes = []models.Change{{At: at(time.Duration(i) * time.Hour), Field: "registrar", Before: "=x", After: name}, {At: at(-day), Field: "lock", After: "off"}}
			})
		}
		ok(t, s.ArchiveDomain(t.Context(), watched(t, s, "gone.lab").Domain.ID, "kim", now))
		records := gathered(t, func(fn func([]models.ExportedRecord) error) error { return s.EachRecord(t.Context(), 0, fn) })
		if len(records) != 600 || records[0].Record.Host != "h000.a.lab" || records[599].Domain != "b.lab" || records[599].Client != "Birch Studio" {
			t.Errorf("%d records", len(records))
		}
		if !slices.IsSortedFunc(records, func(a, b models.ExportedRecord) int {
			return slices.Compare([]string{a.Domain, a.Record.Host}, []string{b.Domain, b.Record.Host})
		}) {
			t.Error("the records are not in order")
		}
		birch := watched(t, s, "b.lab").Client.ID
		var got []string
		for _, c := range gathered(t, func(fn func([]models.ExportedChange) error) error { return s.EachChange(t.Context(), birch, fn) }) {
			got = append(got, c.Domain+" "+c.Client+" "+c.Change.Field+" "+c.Change.After)
		}
		if diff := cmp.Diff([]string{"b.lab Birch Studio lock off", "b.lab Birch Studio registrar b.lab"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Whoever reads may stop; the error is theirs, and the store goes on.
func TestAnExportThatIsStopped(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		boardOf(t, s)
		full := errors.New("the disc is full")
		for range 6 { // more than there are readers
			if err := s.EachBoardRow(t.Context(), models.BoardQuery{Now: now}, func([]models.BoardRow) error { return full }); !errors.Is(err, full) {
				t.Fatal(err)
			}
		}
		ask(t, s, models.BoardQuery{})
	})
}
