package portfolio

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

const maxField = 200 // characters; longer texts are a mistake in the file

// parseRow turns one line into a row, or names everything that is wrong with it.
func parseRow(line int, get func(string) string, opts Options) (models.PortfolioRow, []RowError) {
	bad := checkTexts(line, Columns, get, opts.Secret, "domain")
	if len(bad) > 0 {
		return models.PortfolioRow{}, bad
	}
	fail := func(column, msg string) { bad = append(bad, RowError{line, column, msg}) }
	row := models.PortfolioRow{Line: line, Client: get("client"), Services: list(get("services")), TimeZone: get("time_zone"), Language: get("language")}
	if row.Client == "" {
		fail("client", "is empty; name the organisation that owns the domain")
	}
	if name, err := catalog.ParseName(get("domain")); err != nil {
		fail("domain", strings.TrimPrefix(err.Error(), "domain: "))
	} else {
		row.Domain, row.Suffix = name.Registrable, name.Suffix
	}
	if _, err := time.LoadLocation(row.TimeZone); err != nil {
		fail("time_zone", "is no IANA time zone; write it like America/Los_Angeles, or leave it empty")
	}
	row.AutoRenew = autoRenew(get("auto_renew"), fail)
	row.AttestedExpiry = attested(get("attested_expiry"), fail)
	row.Contacts = contacts(get, row, fail)
	return row, bad
}

// checkTexts finds what can't be text of a row, and what must not be: anything that looks like a secret. The public columns hold what
// everybody may read in the DNS: what looks like a key there is none, and may be long.
func checkTexts(line int, columns []string, get func(string) string, secret func(string) bool, public ...string) []RowError {
	var bad []RowError
	for _, col := range columns {
		v, msg := get(col), ""
		switch {
		case !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl):
			msg = "holds characters that are not text; save the file as \"CSV UTF-8\""
		case utf8.RuneCountInString(v) > maxField && !slices.Contains(public, col):
			msg = "is longer than 200 characters; shorten it"
		case secret != nil && v != "" && !slices.Contains(public, col) && secret(v):
			msg = "looks like a password or a key; remove it: Deedwatch never takes any"
		}
		if msg != "" {
			bad = append(bad, RowError{line, col, msg})
		}
	}
	return bad
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
	case "on", "yes", "true", "1":
		return models.AutoRenewOn
	case "off", "no", "false", "0":
		return models.AutoRenewOff
	case "unknown", "?":
		return models.AutoRenewUnknown
	}
	fail("auto_renew", "must be on, off or unknown, or empty")
	return ""
}

func attested(s string, fail func(column, msg string)) *time.Time {
	if s == "" {
		return nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1985 || t.Year() > 2126 {
		fail("attested_expiry", "must be a day as YYYY-MM-DD, for instance 2027-05-31, or empty")
		return nil
	}
	return &t
}

func contacts(get func(string) string, row models.PortfolioRow, fail func(column, msg string)) []models.Contact {
	var out []models.Contact
	for _, role := range []models.ContactRole{models.RoleOwner, models.RoleDeputy} {
		p := string(role)
		name, email, phone := get(p+"_name"), strings.ToLower(get(p+"_email")), get(p+"_phone")
		if name == "" && email == "" && phone == "" {
			continue
		}
		if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
			fail(p+"_email", "must be an e-mail address, like ada@example.com")
			continue
		}
		if len(out) > 0 && out[0].Email == email {
			fail(p+"_email", "is the owner's address too; give another person's, or leave it empty")
			continue
		}
		if name == "" {
			name = email
		}
		out = append(out, models.Contact{
			Name: name, Email: email, Phone: phone, Role: role, TimeZone: row.TimeZone, Language: row.Language, EmailState: models.EmailOK,
		})
	}
	return out
}
