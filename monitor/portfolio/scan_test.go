package portfolio_test

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
)

func TestHeadersAreUnderstood(t *testing.T) {
	const none = ""
	for _, tt := range []struct {
		head string
		want []string
		why  string
	}{
		{"domain,client", []string{"domain", "client"}, "our own"},
		{" Client Name ;DOMAIN NAME;E-Mail;Notes", []string{"client", "domain", "owner_email", none}, "other names, blanks, case, semicolons"},
		{"Kunde\tDomäne\tTelefon\tAnsprechpartner", []string{"client", "domain", "owner_phone", "owner_name"}, "another language, tabs"},
		{"domain,website,client,company", []string{"domain", none, "client", none}, "our own name goes before another for the same"},
		{"website,domain,client", []string{none, "domain", "client"}, "in any order"},
		{"sep=;\r\ndomain;client", []string{"domain", "client"}, "a line for spreadsheets"},
		{"\ufeff\"Domain\",\"Client, or company\",customer", []string{"domain", none, "client"}, "quotes, and a comma between them"},
		{"domain;client, in full;client", []string{"domain", none, "client"}, "what separates is what makes sense of the names"},
		{"\n\n domain,client", []string{"domain", "client"}, "blank lines before"},
		{"domain,client,secretary_email,pinned,passenger,tokenized_by,epp_status", []string{"domain", "client", none, none, none, none, none}, "no secrets, though parts of words sound so"},
		{"domain,client,import_line,import_error", []string{"domain", "client", none, none}, "what we added ourselves"},
	} {
		s, err := read(strings.NewReader(tt.head+"\nx.example,C\nC,x.example\n"), portfolio.Options{})
		if err != nil {
			t.Errorf("%q: %v (%s)", tt.head, err, tt.why)
			continue
		}
		var got []string
		for _, c := range s.Columns {
			got = append(got, c.TakenFor)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (%s):\n%s", tt.head, tt.why, diff)
		}
	}
}

func TestColumnsThatSoundLikeSecretsAreRefused(t *testing.T) {
	for _, name := range []string{
		"password", "Pass", "PWD", "registrar pw", "Secret", "client_secret", "auth code", "AuthCode", "Auth-Info", "authorization code", "EPP Code", "eppKey", "transfer code",
		"token", "access tokens", "API key", "apikey", "PIN", "card pin", "OTP", "2FA", "totp seed", "recovery codes", "Passwort", "Kennwort", "mot de passe", "contraseña", "Contrasena",
		"senha", "wachtwoord", "hasło", "lösenord", "пароль", "密码", "パスワード", "private key", "Security question", "login credentials", "passphrase", "código_auth",
	} {
		_, err := read(strings.NewReader("domain,client,"+name+"\na.example,C,hunter2\n"), portfolio.Options{})
		if !errors.Is(err, models.ErrInvalid) || !strings.Contains(err.Error(), "column 3") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFilesThatAreNoTables(t *testing.T) {
	for _, tt := range []struct{ in, want, why string }{
		{"", "is empty", "nothing"},
		{"\xef\xbb\xbf\r\n\r\n", "is empty", "as good as nothing"},
		{"domain,client\n", "no rows", "the names of columns alone"},
		{"domain,client\n\n , \n", "", "blank cells are a row that says what it lacks"},
		{"\xff\xfed\x00o\x00m\x00", "UTF-16", "a spreadsheet's \"Unicode text\""},
		{"d\x00o\x00m\x00a\x00i\x00n\x00", "no text", "the same without its mark"},
		{"PK\x03\x04\x14\x00\x06", "own format", "a workbook"},
		{"\xd0\xcf\x11\xe0\xa1\xb1", "own format", "an old workbook"},
		{"\x7fELF\x02\x01\x01\x00\x00", "no text", "a program"},
		{"caf\xe9,domain,client\nx,a.example,C\n", "not UTF-8", "another encoding"},
		{"domain,client,Domain\nx,C,y\n", "column 1 and as column 3", "a column that stands twice"},
		{"url,website,client\nx,y,C\n", "column 1 and as column 2", "two names for one column"},
		{"name,owner\nx,y\n", `no column named "domain"`, "none that is needed"},
		{"\"domain,client\n\"a.example\",C\n", "first line", "a quote that never ends"},
	} {
		s, err := read(strings.NewReader(tt.in), portfolio.Options{})
		if tt.want == "" {
			if err != nil || len(s.Errors) == 0 {
				t.Errorf("%q: %v, %v (%s)", tt.in, s.Errors, err, tt.why)
			}
			continue
		}
		if !errors.Is(err, models.ErrInvalid) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q (%s)", tt.in, err, tt.want, tt.why)
		}
	}
}

// A quote that is opened and not closed costs its own line.
func TestABadLineCostsItselfOnly(t *testing.T) {
	var b strings.Builder
	b.WriteString("domain,client,notes\n")
	b.WriteString("a.example,\"C,x\n")                           // 2: never closed
	b.WriteString("b.example,C,\"one\n\ntwo, \"\"three\"\"\"\n") // 3 to 5: a text of several lines
	b.WriteString("c.example,C,x,y\n")                           // 6: a cell too many
	b.WriteString("d.example,C,x,,\n")                           // 7: empty ones do no harm
	b.WriteString("e.example,C \"D\" E,x\n")                     // 8: quotes inside
	b.WriteString("f.example\n")                                 // 9: too few
	b.WriteString("g.example, \"C\" ,x\n")                       // 10: blanks around quotes
	b.WriteString("h.example,C," + strings.Repeat("x", 2<<20) + "\n")
	b.WriteString("i.example,\"C\"x,\n") // 12
	b.WriteString("j.example,C")         // 13: no line end
	s, err := read(strings.NewReader(b.String()), portfolio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var rows, bad []string
	for _, r := range s.Rows {
		rows = append(rows, r.Domain+" "+r.Client)
	}
	for _, e := range s.Errors {
		bad = append(bad, strconv.Itoa(e.Line)+" "+e.Column)
	}
	if diff := cmp.Diff([]string{"b.example C", "d.example C", "g.example C", "j.example C"}, rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"2 row", "6 row", "8 row", "9 client", "11 row", "12 row"}, bad); diff != "" {
		t.Error(diff)
	}
	if got := s.Given[0]; !slices.Equal(got, []string{"a.example", "C", "x"}) {
		t.Errorf("the line that can't be read is given as %q", got)
	}
	if got := s.Given[4]; len(got) != 3 || len(got[2]) > 1<<20 {
		t.Errorf("a long line is given as %d cells", len(got))
	}
}

func TestRejectedLinesComeBackAsTheyWere(t *testing.T) {
	in := "import_error,Domain Name,Client,Owner Name,Owner Phone,Notes\n" +
		"old,co.uk,'=Sums & Co,hunter2 x,+1 555 0100,hunter2 too\nold,b.example,,Ada,,plain\nold,c.example,C,,'+1 555 0101\n"
	s, err := read(strings.NewReader(in), portfolio.Options{Secret: func(s string) bool { return strings.HasPrefix(s, "hunter2") }})
	if err != nil || len(s.Rows) != 0 {
		t.Fatal(s.Rows, err)
	}
	if diff := cmp.Diff([]string{"Domain Name", "Client", "Owner Name", "Owner Phone", "Notes"}, s.Header); diff != "" {
		t.Error(diff)
	}
	want := [][]string{
		{"co.uk", "=Sums & Co", "", "+1 555 0100", ""}, // no secret comes back, in whatever column
		{"b.example", "", "Ada", "", "plain"},
		{"c.example", "C", "", "+1 555 0101", ""},
	}
	if diff := cmp.Diff(want, s.Given); diff != "" {
		t.Error(diff)
	}
}

// failing is a disc that goes bad.
type failing struct{ r io.Reader }

func (f failing) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if errors.Is(err, io.EOF) {
		err = errors.New("input/output error")
	}
	return n, err
}

func TestAFileThatCannotBeReadOn(t *testing.T) {
	head := "domain,client\na.example,C\n"
	s, err := read(failing{strings.NewReader(head + strings.Repeat("# filling\n", 20_000))}, portfolio.Options{})
	if err == nil || errors.Is(err, models.ErrInvalid) || len(s.Rows) != 1 || !strings.Contains(err.Error(), "after line") {
		t.Errorf("%d rows, %v", len(s.Rows), err)
	}
	if _, err := read(failing{strings.NewReader("")}, portfolio.Options{}); err == nil || errors.Is(err, models.ErrInvalid) {
		t.Errorf("a bad disc is no empty file: %v", err)
	}
}

func TestALongFile(t *testing.T) {
	pr, pw := io.Pipe()
	go func() {
		_, err := io.WriteString(pw, "domain,client,notes\n")
		for i := range 20_000 {
			if err == nil {
				_, err = io.WriteString(pw, "n"+strconv.Itoa(i)+".example,C,"+strings.Repeat("filling ", 65)+"\n")
			}
		}
		pw.CloseWithError(err)
	}()
	s, err := read(pr, portfolio.Options{})
	if err != nil || len(s.Rows) != 20_000 || len(s.Errors) > 0 {
		t.Errorf("%d rows, %d errors, %v", len(s.Rows), len(s.Errors), err)
	}
}

// FuzzTable holds the reader to encoding/csv: what that reads without an error comes out alike. Whatever is given, lines count up, and a
// line is either a row or has a reason.
func FuzzTable(f *testing.F) {
	for _, s := range []string{
		"domain,client\na.example,C\n", "\xef\xbb\xbfdomain;client\n\"a\r\nb\";C\n", "domain,client\n\"a,\"\"b\"\"\",C\n\"never", "domain,client\r\na.example,C\r\n\r\n\r",
		"domain,client\na\rdomain", "sep=,\ndomain,client\nx,\"y\"z", "domain\tclient\n'=1\t\"'@x\"\n", "domain,client\n,\n\"\"\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := portfolio.NewReader(strings.NewReader(string(in)), portfolio.Options{Secret: func(string) bool { return false }})
		if err != nil {
			return
		}
		var given [][]string
		last, clean := 1, true
		for {
			l, err := r.Next()
			if err != nil {
				break
			}
			if l.Number <= last || (len(l.Errors) == 0) != (l.Row.Domain != "") {
				t.Fatalf("line %d after %d: %+v", l.Number, last, l)
			}
			last = l.Number
			clean = clean && len(l.Errors) > 0
			given = append(given, l.Given)
		}
		theirs := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(in), "\xef\xbb\xbf")))
		theirs.FieldsPerRecord = -1
		records, err := theirs.ReadAll()
		if err != nil || !clean || strings.ContainsAny(string(in), "'\r;\t ") || strings.HasPrefix(string(in), "sep=") || strings.Contains(string(in), "import") || len(records) != len(given)+1 {
			return
		}
		for i, want := range records[1:] {
			got := given[i][:min(len(want), len(given[i]))]
			if !slices.Equal(got, want) {
				t.Fatalf("%q is read as %q by encoding/csv and as %q here", in, want, given[i])
			}
		}
	})
}
