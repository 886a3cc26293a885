package sheet_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models/sheet"
)

func TestCellsAreNoFormulas(t *testing.T) {
	for _, tt := range []struct{ in, want, why string }{
		{"", "", "nothing"},
		{"Juniper Row Bakery", "Juniper Row Bakery", "a name"},
		{"a-b = c@d", "a-b = c@d", "only the beginning counts"},
		{"2027-05-31", "2027-05-31", "an ISO date"},
		{"12.5", "12.5", "a number"},
		{"=1+1", "'=1+1", "a formula"},
		{"+1 555 0100", "'+1 555 0100", "a telephone number would be added up"},
		{"-3", "'-3", "a minus begins formulas as well"},
		{"@SUM(A1)", "'@SUM(A1)", "the way of an old spreadsheet"},
		{"|calc", "'|calc", "a command"},
		{"\t=1", "'\t=1", "tabs are dropped by some"},
		{"\r=1", "'\r=1", "so are line ends"},
		{"  =1", "'  =1", "and blanks"},
		{"\u00a0\u200b\ufeff=1", "'\u00a0\u200b\ufeff=1", "also those that nobody sees"},
		{`"=1`, `'"=1`, "and quotes"},
		{"“=1", "'“=1", "of every kind"},
		{"＝1", "'＝1", "full width"},
		{"﹢1", "'﹢1", "small form"},
		{"'=1", "''=1", "an apostrophe of its own stays"},
		{"'t Hoekje", "'t Hoekje", "a name that begins with one needs no other"},
		{"seo;=1", "seo;'=1", "where semicolons separate, the second part is a cell"},
		{"seo; google_ads", "seo; google_ads", "a list"},
	} {
		if got := sheet.Safe(tt.in); got != tt.want {
			t.Errorf("Safe(%q) = %q, want %q (%s)", tt.in, got, tt.want, tt.why)
		}
		if got := sheet.Plain(tt.want); got != tt.in {
			t.Errorf("Plain(%q) = %q, want %q (%s)", tt.want, got, tt.in, tt.why)
		}
	}
	for _, same := range []string{"'tis", "'2027-05-31", "''", "'", "a;'b"} {
		if got := sheet.Plain(same); got != same {
			t.Errorf("Plain(%q) = %q: that apostrophe is not ours", same, got)
		}
	}
}

func TestATable(t *testing.T) {
	var b bytes.Buffer
	w, err := sheet.NewWriter(&b, "Domain", "Client")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range [][]string{{"a.example", `Books, "Old"`}, {"b.example"}, {"=c", "one\r\ntwo\x00\u202e\xff"}} {
		if err := w.Write(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := "\ufeffDomain,Client\r\na.example,\"Books, \"\"Old\"\"\"\r\nb.example,\r\n'=c,one two\ufffd\r\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// full is a disc with no room left.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errors.New("no space left")
	}
	return len(b), nil
}

func TestATableThatCannotBeWrittenSaysSo(t *testing.T) {
	if _, err := sheet.NewWriter(&full{}, "a"); err == nil {
		t.Error("a table was begun on a full disc")
	}
	w, err := sheet.NewWriter(&full{10}, "a")
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Write(strings.Repeat("x", 100)) // buffered
	if err := w.Close(); err == nil {
		t.Error("a full disc went unnoticed")
	}
}

// FuzzCells holds that no cell can begin a formula, under any of the separators, and that reading gives back what was written.
func FuzzCells(f *testing.F) {
	for _, s := range []string{"=1", " \"=cmd|' /C calc'!A0", "'=x", "a;=b", "\x00\r\n\t@", "＝1", "+1 555", "\ufeff-", "x,\"y\n=1", "\xff=", ";;'';=", "\u0301=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := sheet.Plain(sheet.Safe(s)); got != s {
			t.Fatalf("%q was read as %q", s, got)
		}
		var b bytes.Buffer
		w, err := sheet.NewWriter(&b, "one", "two")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write("x", s), w.Close()); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 2 {
			t.Fatalf("%q became %q: %v", s, b.String(), err)
		}
		for part := range strings.SplitSeq(rows[1][1], ";") {
			if formula(part) {
				t.Fatalf("%q became the cell %q", s, part)
			}
		}
		if strings.ContainsFunc(rows[1][1], unicode.IsControl) {
			t.Fatalf("%q kept control characters: %q", s, rows[1][1])
		}
	})
}

// formula judges a cell on its own terms: what is left when all that is not a letter, a digit or a sign is dropped from its beginning.
func formula(cell string) bool {
	if strings.HasPrefix(cell, "'") {
		return false
	}
	cell = strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '\u200b' || r == '\ufffd' })
	return strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "+") || strings.HasPrefix(cell, "-") || strings.HasPrefix(cell, "@") ||
		strings.HasPrefix(cell, "＝") || strings.HasPrefix(cell, "＋")
}

func TestADocument(t *testing.T) {
	var b bytes.Buffer
	doc, err := sheet.NewTable(&b, sheet.JSON, "domains", time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC), sheet.Titled("Domain", "Expires (ISO)"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(doc.Write("=1\n\x00\xff</script>"), doc.Write("b.example", "2027-05-31"), doc.Close()); err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"domains","at":"2026-11-22T08:00:00Z","rows":[
{"domain":"=1\n\u0000\ufffd\u003c/script\u003e","expires_iso":null},
{"domain":"b.example","expires_iso":"2027-05-31"}
],"count":2}
`
	if diff := cmp.Diff(want, b.String()); diff != "" || !json.Valid(b.Bytes()) {
		t.Error(diff)
	}
	if _, err := sheet.NewTable(&b, "xml", "domains", time.Time{}, nil); err == nil {
		t.Error("a table of an unknown format was begun")
	}
	short, err := sheet.NewTable(&full{100}, sheet.JSON, "domains", time.Time{}, sheet.Columns("domain"))
	if err != nil {
		t.Fatal(err)
	}
	_ = short.Write(strings.Repeat("x", 100))
	if err := short.Close(); err == nil {
		t.Error("a full disc went unnoticed")
	}
}
