package portfolio_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
)

// sheetOf is a whole portfolio.
type sheetOf struct {
	Rows    []models.PortfolioRow
	Errors  []portfolio.RowError
	Given   [][]string
	Columns []portfolio.Column
	Header  []string
	Notes   []string // of the rows
}

// read reads a whole portfolio.
func read(in io.Reader, opts portfolio.Options) (sheetOf, error) {
	r, err := portfolio.NewReader(in, opts)
	if err != nil {
		return sheetOf{}, err
	}
	s := sheetOf{Columns: r.Columns(), Header: r.Header()}
	for {
		l, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return s, nil
		case err != nil:
			return s, err
		case len(l.Errors) > 0:
			s.Errors, s.Given = append(s.Errors, l.Errors...), append(s.Given, l.Given)
		default:
			s.Rows, s.Notes = append(s.Rows, l.Row), append(s.Notes, l.Note)
		}
	}
}

func TestShippedExampleIsClean(t *testing.T) {
	f, err := os.Open("../../configs/portfolio.example.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet, err := read(f, portfolio.Options{})
	if err != nil || len(sheet.Errors) > 0 || len(sheet.Rows) != 3 {
		t.Fatalf("%d rows, %v, %v", len(sheet.Rows), sheet.Errors, err)
	}
}

func TestReadTakesWhatSpreadsheetsWrite(t *testing.T) {
	day := time.Date(2027, 5, 31, 0, 0, 0, 0, time.UTC)
	want := []models.PortfolioRow{{
		Line: 2, Domain: "xn--bcher-kva.example", Suffix: "example", Client: `Books, "Old" & New`, Services: []string{"seo", "google_ads"}, AutoRenew: models.AutoRenewOff,
		AttestedExpiry: &day, TimeZone: "Europe/Berlin", Language: "de",
		Contacts: []models.Contact{
			{Name: "Ada", Email: "ada@books.example", Phone: "+49 555 1", Role: models.RoleOwner, EmailState: models.EmailOK},
			{Email: "ben@books.example", Role: models.RoleDeputy, EmailState: models.EmailOK},
		},
	}}
	const head = "Domain,CLIENT,Owner Name,owner-email,owner_phone,deputy_email,services,auto_renew,attested_expiry,time_zone,language,colour"
	const line = `https://Bücher.example/x,"Books, ""Old"" & New",Ada,Ada@Books.example,+49 555 1,ben@books.example,seo; google_ads,No,2027-05-31,Europe/Berlin,de,blue`
	semicolons := func(s string) string {
		return strings.NewReplacer("Books, ", "Books, ", "seo; ", "seo| ").Replace(s)
	}
	for why, in := range map[string]string{
		"commas":           head + "\n" + line + "\n",
		"BOM and CRLF":     "\xef\xbb\xbf" + head + "\r\n" + line + "\r\n",
		"no final newline": head + "\n" + line,
		"line ends of old": strings.ReplaceAll(head+"\n"+line+"\n", "\n", "\r"),
		"tabs":             strings.ReplaceAll(head, ",", "\t") + "\n" + tabs(line),
		"semicolons":       strings.ReplaceAll(head, ",", ";") + "\n" + strings.ReplaceAll(tabs(semicolons(line)), "\t", ";"),
	} {
		t.Run(why, func(t *testing.T) {
			sheet, err := read(strings.NewReader(in), portfolio.Options{})
			if err != nil || len(sheet.Errors) > 0 {
				t.Fatal(err, sheet.Errors)
			}
			if diff := cmp.Diff(want, sheet.Rows); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// tabs replaces the separating commas of a line whose second field is quoted.
func tabs(line string) string {
	parts := strings.Split(line, `"`)
	for i := 0; i < len(parts); i += 4 { // outside the quoted field, which itself holds doubled quotes
		parts[i] = strings.ReplaceAll(parts[i], ",", "\t")
	}
	out := strings.Join(parts, `"`)
	head, rest, _ := strings.Cut(out, ` & New"`)
	return head + ` & New"` + strings.ReplaceAll(rest, ",", "\t")
}

func TestEveryBadRowSaysWhatToDo(t *testing.T) {
	const head = "domain,client,owner_name,owner_email,deputy_email,auto_renew,attested_expiry,time_zone\n"
	tests := []struct{ why, row, want string }{
		{"no name", ",C,,,,,,", "line 2, domain: no name was given; write it like example.com"},
		{"a suffix", "co.uk,C,,,,,,", "line 2, domain: that is a suffix, nobody's own name; give the name registered below it, like example.com"},
		{"no client", "a.example,,,,,,,", "line 2, client: is empty; name the organisation that owns the domain"},
		{"bad address", "a.example,C,Ada,ada,,,,", "line 2, owner_email: must be an e-mail address, like ada@example.com"},
		{"name without address", "a.example,C,Ada,,,,,", "line 2, owner_email: must be an e-mail address, like ada@example.com"},
		{"deputy is the owner", "a.example,C,Ada,a@b.example,A@b.example,,,", "line 2, deputy_email: is the owner's address too; give another person's, or leave it empty"},
		{"auto-renew", "a.example,C,,,,perhaps,,", "line 2, auto_renew: must be on, off or unknown, or empty"},
		{"date in another form", "a.example,C,,,,,31/05/2027,", "line 2, attested_expiry: does not say whether the day or the month comes first; write it as YYYY-MM-DD, for instance 2027-05-31"},
		{"date beyond belief", "a.example,C,,,,,2999-12-31,", "line 2, attested_expiry: must be a day as YYYY-MM-DD, for instance 2027-05-31, or empty"},
		{"zone", "a.example,C,,,,,,Pacific", "line 2, time_zone: is no IANA time zone; write it like America/Los_Angeles, or leave it empty"},
		{"a header injected", "a.example,C,\"Ada\r\nBcc: x\",a@b.example,,,,", "line 2, owner_name: holds characters that are not text; save the file as \"CSV UTF-8\""},
		{"not UTF-8", "a.example,C\xe4,,,,,,", "line 2, client: holds characters that are not text; save the file as \"CSV UTF-8\""},
		{"too long", "a.example," + strings.Repeat("C", 201) + ",,,,,,", "line 2, client: is longer than 200 characters; shorten it"},
		{"a secret", "a.example,C,hunter2hunter2,a@b.example,,,,", "line 2, owner_name: looks like a password or a key; remove it: Deedwatch never takes any"},
		{"a stray quote", `a.example,C "x" y",,,,,,`, "line 2, row: can't be read as CSV: a quote is missing or misplaced"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			in := head + tt.row + "\nfine.example,C,,,,,,\n"
			sheet, err := read(strings.NewReader(in), portfolio.Options{Secret: func(s string) bool { return strings.HasPrefix(s, "hunter2") }})
			if err != nil {
				t.Fatal(err)
			}
			if len(sheet.Errors) != 1 || sheet.Errors[0].Error() != tt.want {
				t.Errorf("got  %v\nwant %s", sheet.Errors, tt.want)
			}
			if len(sheet.Rows) != 1 || sheet.Rows[0].Domain != "fine.example" {
				t.Errorf("the good row was lost: %v", sheet.Rows)
			}
		})
	}
}

func TestDuplicatesAreNamed(t *testing.T) {
	sheet, err := read(strings.NewReader("client,domain\nC,a.example\nC,www.A.example.\n"), portfolio.Options{})
	if err != nil || len(sheet.Rows) != 1 || len(sheet.Errors) != 1 || !strings.Contains(sheet.Errors[0].Msg, "line 2") {
		t.Errorf("%+v, %v", sheet, err)
	}
}

func TestFilesThatMustNotBeRead(t *testing.T) {
	for _, in := range []string{
		"", "\n", "name,owner\nx,y\n", "domain,client,registrar_password\na.example,C,p\n", "domain,client,EPP Code\n", "domain,client,api_key\n", "domain,client,2fa-token\n",
		"domain,domain,client\n", "domain;client;Passwort;password\n", "\"domain,client\n",
	} {
		if _, err := read(strings.NewReader(in), portfolio.Options{}); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("domain,client\na.example,C\n"))
	f.Add([]byte("\xef\xbb\xbfdomain;client\n\"a\r\nb\";C\n"))
	f.Fuzz(func(_ *testing.T, in []byte) {
		_, _ = read(strings.NewReader(string(in)), portfolio.Options{Secret: func(string) bool { return false }})
	})
}
