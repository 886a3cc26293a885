package portfolio

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/models"
)

const maxField = 200 // characters; longer texts are a mistake in the file

// publicColumns hold what everybody may read in the DNS: what looks like a key there is none, and may be long.
var publicColumns = []string{"domain", "host", "value", variablesColumn}

// parseRow turns one line into a row, or names everything that is wrong with it.
func (r *Reader) parseRow(l *Line, get func(string) string) {
	if l.Errors = r.texts.check(l.Number, Columns, get); len(l.Errors) > 0 {
		return
	}
	fail := func(column, msg string) {
		l.Errors = append(l.Errors, RowError{Line: l.Number, Column: column, Msg: msg})
	}
	typed := func(column string) string { return strings.TrimPrefix(get(column), "'") } // a spreadsheet's mark for "this is text"
	row := models.PortfolioRow{Line: l.Number, Client: get("client"), Services: list(get("services")), TimeZone: typed("time_zone"), Language: typed("language")}
	if row.Client == "" {
		fail("client", "is empty; name the organisation that owns the domain")
	}
	if name, err := r.opts.name(typed("domain")); err != nil {
		fail("domain", strings.TrimPrefix(err.Error(), "domain: "))
	} else {
		row.Domain, row.Suffix = name.Registrable, name.Suffix
		if name.Host != name.Registrable && name.Host != "www."+name.Registrable {
			l.Note = name.Host + " is watched as " + name.Registrable
		}
	}
	if !r.zones.known(row.TimeZone) {
		fail("time_zone", "is no IANA time zone; write it like America/Los_Angeles, or leave it empty")
	}
	row.AutoRenew = autoRenew(typed("auto_renew"), fail)
	row.AttestedExpiry = attested(typed("attested_expiry"), fail)
	row.Contacts = contacts(get, fail)
	l.Row = row
}

// texts finds what can't be text of a row, and what must not be: anything that looks like a secret. It remembers the last text of each
// column, since lines of one client repeat most of them.
type texts struct {
	secret func(string) bool
	last   map[string]judgedText
}

type judgedText struct {
	text   string
	secret bool
}

// spreadsheetError is what a spreadsheet writes where a formula has no value.
var spreadsheetError = regexp.MustCompile(`^#(REF|N/A|NAME\?|VALUE|DIV/0|NUM|NULL|ERROR|SPILL|CALC)!?$`)

func (t *texts) check(line int, columns []string, get func(string) string) []RowError {
	var bad []RowError
	for _, col := range columns {
		v := get(col)
		if v == "" {
			continue
		}
		public := slices.Contains(publicColumns, col)
		switch {
		case !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl):
			bad = append(bad, RowError{Line: line, Column: col, Msg: "holds characters that are not text; save the file as \"CSV UTF-8\""})
		case spreadsheetError.MatchString(v):
			bad = append(bad, RowError{Line: line, Column: col, Msg: "is a spreadsheet's error; correct the formula there"})
		case !public && utf8.RuneCountInString(v) > maxField:
			bad = append(bad, RowError{Line: line, Column: col, Msg: "is longer than 200 characters; shorten it"})
		case !public && t.isSecret(col, v):
			bad = append(bad, RowError{Line: line, Column: col, Msg: "looks like a password or a key; remove it: Deedwatch never takes any", secret: true})
		}
	}
	return bad
}

func (t *texts) isSecret(column, v string) bool {
	if t.secret == nil {
		return false
	}
	if last, ok := t.last[column]; ok && last.text == v {
		return last.secret
	}
	if t.last == nil {
		t.last = map[string]judgedText{}
	}
	found := t.secret(v)
	t.last[column] = judgedText{v, found}
	return found
}

// zones remembers which time zones there are, since each question reads a file.
type zones map[string]bool

// maxZones is more than there are; a file of made-up names must not fill the memory.
const maxZones = 1000

func (z zones) known(name string) bool {
	ok, asked := z[name]
	if !asked {
		_, err := time.LoadLocation(name)
		if ok = err == nil; len(z) < maxZones {
			z[strings.Clone(name)] = ok
		}
	}
	return ok
}

func list(s string) []string {
	out := []string{}
	for f := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ';' || r == '|' || r == ',' }) {
		if f = strings.TrimSpace(f); f != "" {
			out = append(out, f)
		}
	}
	return out
}

func autoRenew(s string, fail func(column, msg string)) models.AutoRenew {
	switch strings.ToLower(s) {
	case "":
		return ""
	case "on", "yes", "y", "true", "1", "enabled", "active":
		return models.AutoRenewOn
	case "off", "no", "n", "false", "0", "disabled", "inactive":
		return models.AutoRenewOff
	case "unknown", "?", "not stated":
		return models.AutoRenewUnknown
	}
	fail("auto_renew", "must be on, off or unknown, or empty")
	return ""
}

// scientific is a number that a spreadsheet wrote its own way; what it was before is lost.
var scientific = regexp.MustCompile(`^[0-9][.,]?[0-9]*[eE][+-]?[0-9]+$`)

const msgScientific = "was turned into a number by a spreadsheet; format the column as text there, and enter it again"

func contacts(get func(string) string, fail func(column, msg string)) []models.Contact {
	var out []models.Contact
	for _, role := range []models.ContactRole{models.RoleOwner, models.RoleDeputy} {
		p := string(role)
		name, phone := get(p+"_name"), strings.TrimPrefix(get(p+"_phone"), "'")
		email := strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(get(p+"_email"), "'"), "mailto:"))
		if name == "" && email == "" && phone == "" {
			continue
		}
		if scientific.MatchString(phone) {
			fail(p+"_phone", msgScientific)
		}
		if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
			fail(p+"_email", "must be an e-mail address, like ada@example.com")
			continue
		}
		if len(out) > 0 && out[0].Email == email {
			fail(p+"_email", "is the owner's address too; give another person's, or leave it empty")
			continue
		}
		out = append(out, models.Contact{Name: name, Email: email, Phone: phone, Role: role, EmailState: models.EmailOK})
	}
	return out
}
