package portfolio_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/models/sheet"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
)

func TestDaysAreReadOrRefusedNeverGuessed(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"2027-05-31", ""},
		{"2027/05/31", ""},
		{"31 May 2027", ""},
		{"31-May-2027", ""},
		{"May 31, 2027", ""},
		{"Mon 31 May 2027", ""},
		{"2027-05-31 00:00:00", ""},
		{"2027-05-31T23:59:59-08:00", ""}, // the day that is written there
		{"'2027-05-31", ""},               // marked as text by a spreadsheet
		{"05/06/2027", "day or the month"},
		{"31/05/2027", "day or the month"},
		{"31.05.2027", "day or the month"},
		{"5-6-27", "day or the month"},
		{"46538", "number of a day"},
		{"46538.5", "number of a day"},
		{"4.6538E+04", "turned into a number"},
		{"########", "did not fit"},
		{"#VALUE!", "spreadsheet's error"},
		{"2027-02-30", "YYYY-MM-DD"},
		{"0001-01-01", "YYYY-MM-DD"},
		{"9999-12-31", "YYYY-MM-DD"},
		{"soon", "YYYY-MM-DD"},
		{"=TODAY()", "YYYY-MM-DD"},
	} {
		s, err := read(strings.NewReader("domain,client,attested_expiry\na.example,C,\""+tt.in+"\"\n"), portfolio.Options{})
		switch {
		case err != nil:
			t.Errorf("%s: %v", tt.in, err)
		case tt.want == "" && (len(s.Rows) != 1 || s.Rows[0].AttestedExpiry.Format(time.RFC3339) != "2027-05-31T00:00:00Z"):
			t.Errorf("%s: %+v %v", tt.in, s.Rows, s.Errors)
		case tt.want != "" && (len(s.Errors) != 1 || !strings.Contains(s.Errors[0].Msg, tt.want)):
			t.Errorf("%s: %v, want %q", tt.in, s.Errors, tt.want)
		}
	}
}

func TestLinesDoNotContradictEachOther(t *testing.T) {
	const head = "domain,client,owner_name,owner_email,owner_phone,deputy_email,time_zone,language\n"
	const first = "a.example,C,Ada,ada@c.example,1,ben@c.example,Europe/Berlin,de\n"
	for _, tt := range []struct{ row, want, why string }{
		{"b.example,C,Ada,ada@c.example,1,ben@c.example,Europe/Berlin,de", "", "the same again"},
		{"b.example,C,,ada@c.example,,,,", "", "what is left out says nothing"},
		{"b.example,C,Cy,cy@c.example,2,,,", "", "another person"},
		{"b.example,D,Ben,ben@c.example,3,,Europe/Paris,fr", "", "another client may have the same people in other parts"},
		{"b.example,C,Ada,ada@c.example,1,,Europe/Paris,", "time_zone: is another one than on line 2", "a client has one zone"},
		{"b.example,C,Ada,ada@c.example,1,,,en", "language: is another one than on line 2", "and one language"},
		{"b.example,C,Ada Lo,ADA@c.example,1,,,", "owner_name: is another one than on line 2", "an address has one name"},
		{"b.example,C,,ada@c.example,2,,,", "owner_phone: is another one than on line 2", "and one number"},
		{"b.example,C,Ben,ben@c.example,,,,", "owner_email: has the other part, owner or deputy, on line 2", "a person has one part at a client"},
		{"www.a.example,C,,,,,,", "domain: is the same registered name, a.example, as line 2", "hosts of a name are the name"},
	} {
		s, err := read(strings.NewReader(head+first+tt.row+"\n"), portfolio.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if tt.want == "" {
			if len(s.Rows) != 2 {
				t.Errorf("%s: %v", tt.why, s.Errors)
			}
			continue
		}
		if len(s.Errors) != 1 || !strings.Contains(s.Errors[0].Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.why, s.Errors, tt.want)
		}
	}
}

func TestHostsAreWatchedAsTheirName(t *testing.T) {
	s, err := read(strings.NewReader("url,client\nhttps://shop.a.example/x,C\nwww.b.example,C\nc.example,C\n"), portfolio.Options{})
	if err != nil || len(s.Rows) != 3 {
		t.Fatal(s, err)
	}
	if diff := cmp.Diff([]string{"shop.a.example is watched as a.example", "", ""}, s.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestQuirksOfSpreadsheets(t *testing.T) {
	for _, tt := range []struct{ column, in, want, why string }{
		{"client", "'t Hoekje", "'t Hoekje", "an apostrophe that belongs to the name"},
		{"client", "'=Sums & Co", "=Sums & Co", "one that an export put there"},
		{"client", "''=Sums & Co", "'=Sums & Co", "and nothing more"},
		{"client", `=HYPERLINK("http://x.example")`, `=HYPERLINK("http://x.example")`, "a formula is text here"},
		{"client", "#REF!", "client: is a spreadsheet's error; correct the formula there", "a formula that was lost is not"},
		{"client", "<script>alert(1)</script>", "<script>alert(1)</script>", "markup is text"},
		{"client", "a\x00b", "client: holds characters that are not text; save the file as \"CSV UTF-8\"", "a NUL is none"},
		{"owner_phone", "'+1 555 0100", "+1 555 0100", "a number as text"},
		{"owner_phone", "1.5555E+10", "owner_phone: was turned into a number by a spreadsheet; format the column as text there, and enter it again", "digits that are gone"},
		{"owner_email", "'Ada@C.example", "ada@c.example", "text again"},
		{"owner_email", "mailto:ada@c.example", "ada@c.example", "a link"},
		{"domain", "'b.example", "b.example", "text again"},
		{"auto_renew", "TRUE", "on", "as spreadsheets write it"},
		{"auto_renew", "Not stated", "unknown", "as the board writes it"},
	} {
		cells := map[string]string{"domain": "a.example", "client": "C", "owner_name": "Ada", "owner_email": "ada@c.example"}
		cells[tt.column] = tt.in
		var b bytes.Buffer
		b.WriteString("domain,client,owner_name,owner_email,owner_phone,auto_renew\n")
		for _, col := range []string{"domain", "client", "owner_name", "owner_email", "owner_phone", "auto_renew"} {
			b.WriteString(`"` + strings.ReplaceAll(cells[col], `"`, `""`) + `",`)
		}
		s, err := read(&b, portfolio.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(s.Rows) == 1 {
			row := s.Rows[0]
			got = map[string]string{
				"domain": row.Domain, "client": row.Client, "owner_email": row.Contacts[0].Email, "owner_phone": row.Contacts[0].Phone, "auto_renew": string(row.AutoRenew),
			}[tt.column]
		} else if len(s.Errors) == 1 {
			got = s.Errors[0].Column + ": " + s.Errors[0].Msg
		}
		if got != tt.want {
			t.Errorf("%s %q came to %q, want %q (%s)", tt.column, tt.in, got, tt.want, tt.why)
		}
	}
}

// What Cells gives is read as the row that it was given.
func TestRowsAreReadAsTheyWereWritten(t *testing.T) {
	rows := []models.PortfolioRow{
		{
			Domain: "xn--bcher-kva.example", Suffix: "example", Client: `'=Books; +"Old" & New`, Services: []string{"seo", "google_ads"}, AutoRenew: models.AutoRenewOff,
			AttestedExpiry: new(time.Date(2027, 5, 31, 0, 0, 0, 0, time.UTC)), TimeZone: "Europe/Berlin", Language: "de",
			Contacts: []models.Contact{
				{Name: "@da; =1", Email: "ada@books.example", Phone: "+49 555 1", Role: models.RoleOwner},
				{Name: "'t Hart", Email: "ben@books.example", Phone: "-", Role: models.RoleDeputy},
			},
		},
		{Domain: "b.example", Suffix: "example", Client: "＝full; - width", Services: []string{}, AutoRenew: models.AutoRenewUnknown},
	}
	var b bytes.Buffer
	table, err := sheet.NewTable(&b, sheet.CSV, "portfolio", time.Time{}, sheet.Columns(portfolio.Columns...))
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := table.Write(portfolio.Cells(&rows[i])...); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := read(&b, portfolio.Options{})
	if err != nil || len(s.Errors) > 0 {
		t.Fatal(s.Errors, err)
	}
	if diff := cmp.Diff(rows, s.Rows, cmpopts.IgnoreFields(models.PortfolioRow{}, "Line"), cmpopts.IgnoreFields(models.Contact{}, "EmailState")); diff != "" {
		t.Error(diff)
	}
}
