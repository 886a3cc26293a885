package dashboard

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// formField is one field of a form of the register. Value is empty when what was entered must not come back.
type formField struct {
	Key, ID     string
	Label, Hint string
	Value, Err  string
	Type        string // text, date or area
	List        string // id of the list of suggestions
	Describe    string // ids of the hint and the error
	Required    bool   // told to the browser; the register's rules decide
}

// fieldKind says what somebody enters.
type fieldKind int

const (
	choiceField fieldKind = iota
	textField             // free text, tested for secrets
	dayField
)

// grantField is a field of the form for a new grant. Name is what the register's rules call it.
type grantField struct {
	key, name, hint string
	kind            fieldKind
}

// grantFields are the fields in the order of the page.
var grantFields = []grantField{
	{"client", "Client", "", choiceField},
	{"platform", "Platform", "Choose from the list, or write any other.", textField},
	{"asset", "Account or property", "The public name or number, such as a site address, G-XXXXXXX or 123-456-7890.", textField},
	{"purpose", "What for", "The service it is needed for.", textField},
	{"method", "How", "", choiceField},
	{"role", "Role", "As the platform names it. The least that the work needs.", textField},
	{"vault", "Vault item", "Only with a password-manager share: the https address of the item. Never what is in it.", textField},
	{"holder_kind", "Held by", "", choiceField},
	{"holder", "Holder", "A person’s e-mail address, or the name of the team or identity.", textField},
	{"state", "State", "", choiceField},
	{"asked_at", "Asked on", "Empty: today, when it is only asked for.", dayField},
	{"granted_by", "Granted by", "Who at the client gave it.", textField},
	{"granted_at", "Granted on", "Empty: today, when it is given.", dayField},
	{"review_due", "Review on", "Empty: in a quarter.", dayField},
	{"expected_end", "Expected end", "When the work ends, if that is known.", dayField},
	{"note", "Note", "What the next person should know.", textField},
}

// grantForm is what somebody entered, and what is wrong with it by the key of the field.
type grantForm struct {
	values  map[string]string
	errs    map[string]string
	refused int // fields that held what looks like a secret
}

// readGrantForm takes the form's own fields, trimmed.
func readGrantForm(post url.Values) grantForm {
	f := grantForm{values: map[string]string{}, errs: map[string]string{}}
	for _, field := range grantFields {
		f.values[field.key] = strings.TrimSpace(post.Get(field.key))
	}
	return f
}

// draft gives the entered grant, noting days that can't be read. Names of persons are kept in lower case, as accounts are, so that one
// person is found as one holder.
func (f *grantForm) draft(now time.Time, loc *time.Location) access.Draft {
	v := f.values
	d := access.Draft{
		Platform: v["platform"], Asset: v["asset"], Role: v["role"], Method: models.GrantMethod(v["method"]), HolderKind: models.HolderKind(v["holder_kind"]), Holder: v["holder"],
		Purpose: v["purpose"], VaultLink: v["vault"], Note: v["note"], State: models.GrantState(v["state"]), GrantedBy: v["granted_by"],
		AskedAt: f.day("asked_at"), GrantedAt: f.day("granted_at"), ReviewDue: f.day("review_due"), ExpectedEnd: f.day("expected_end"),
	}
	d.ClientID, _ = strconv.ParseInt(v["client"], 10, 64) // 0 is refused by the rules
	if p, ok := catalog.FindPlatform(d.Platform); ok {
		d.Platform = p.Code
	}
	if d.HolderKind == models.HolderPerson {
		d.Holder = strings.ToLower(d.Holder)
	}
	f.checkPast(d, now, loc)
	if d.State == models.GrantRequested && d.AskedAt == nil {
		d.AskedAt = &now
	}
	return d
}

// checkPast notes days of the past that lie ahead, and a grant that is told of before it is given.
func (f *grantForm) checkPast(d access.Draft, now time.Time, loc *time.Location) {
	for key, day := range map[string]*time.Time{"asked_at": d.AskedAt, "granted_at": d.GrantedAt} {
		if day != nil && dayAhead(*day, now, loc) > 0 {
			f.errs[key] = "lies ahead; give the day on which it happened"
		}
	}
	if d.State == models.GrantRequested {
		for _, key := range []string{"granted_by", "granted_at"} {
			if f.values[key] != "" && f.errs[key] == "" {
				f.errs[key] = "is for access that was given; leave it empty, or choose “Granted”"
			}
		}
	}
}

// dayAhead counts the days from today to a calendar day.
func dayAhead(day, now time.Time, loc *time.Location) int {
	return models.DaysBetween(now, time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, loc), loc)
}

// day reads a calendar day; nil when the field is empty or can't be read, which is noted.
func (f *grantForm) day(key string) *time.Time {
	t, err := readDay(f.values[key])
	if err != "" {
		f.errs[key], f.values[key] = err, ""
	}
	return t
}

// readDay reads a calendar day as midnight UTC; nothing for an empty text. What is wrong is said without repeating the text.
func readDay(text string) (day *time.Time, problem string) {
	if text == "" {
		return nil, ""
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1990 || t.Year() > 2200 {
		return nil, "give a day as year-month-day, e.g. 2027-01-31"
	}
	return &t, ""
}

// refuse notes what the register's rules say of the fields.
func (f *grantForm) refuse(fields access.FieldErrors) {
	for _, e := range fields {
		for _, field := range grantFields {
			if field.name == e.Field && f.errs[field.key] == "" {
				f.errs[field.key] = e.Msg
			}
		}
	}
}

// secretGone is what a person who entered a secret must know.
const secretGone = "It was not stored, not logged and not sent on. If it was a real one, ask the client to change it."

// forget empties each free text that must not come back: it looks like a secret, or is no text at all. The names of those that looked like
// secrets are returned; a text that the rules passed over is refused here.
func (f *grantForm) forget() []string {
	var names []string
	for _, field := range grantFields {
		value := f.values[field.key]
		switch what := access.SecretIn(value); {
		case field.kind != textField:
		case what != "":
			f.values[field.key] = ""
			if f.errs[field.key] == "" {
				f.errs[field.key] = "looks like " + what
			}
			f.errs[field.key] = strings.TrimRight(f.errs[field.key], ".") + ". " + secretGone
			names = append(names, field.name)
		case !utf8.ValidString(value), field.key == "vault" && f.errs["vault"] != "": // an address can hold a secret that looks like none
			f.values[field.key] = ""
		}
	}
	f.refused = len(names)
	return names
}

// fieldLists are the lists of suggestions on the page.
var fieldLists = map[string]string{"platform": "l-platforms", "role": "l-roles", "holder": "l-holders"}

// typed says how the field is entered and which texts belong to it.
func (f formField) typed() formField {
	f.Type = "text"
	switch f.Key {
	case "note":
		f.Type = "area"
	case "asked_at", "granted_at", "review_due", "expected_end", "review_on":
		f.Type = "date"
	}
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-h")
	}
	if f.Err != "" {
		ids = append(ids, f.ID+"-e")
	}
	f.Describe = strings.Join(ids, " ")
	return f
}

// fields are the fields for the page. Which of several choices is chosen is told by their own list.
func (f *grantForm) fields() map[string]formField {
	out := map[string]formField{}
	for _, field := range grantFields {
		ff := formField{Key: field.key, ID: "f-" + field.key, Label: field.name, Hint: field.hint, Err: sentence(f.errs[field.key]), List: fieldLists[field.key]}
		if field.kind != choiceField {
			ff.Value = visible(f.values[field.key])
		}
		out[field.key] = ff.typed()
	}
	return out
}

// problem is one line of an error summary.
type problem struct{ ID, Text string }

// summaryView is the summary above a form that was not accepted.
type summaryView struct {
	Title    string
	Problems []problem
}

// summary lists what is wrong in the order of the page; nil when nothing is.
func (f *grantForm) summary() *summaryView {
	if len(f.errs) == 0 {
		return nil
	}
	v := &summaryView{Title: notSaved(len(f.errs), f.refused)}
	for _, field := range grantFields {
		if msg := f.errs[field.key]; msg != "" {
			v.Problems = append(v.Problems, problem{"f-" + field.key, field.name + ": " + strings.TrimSuffix(msg, " "+secretGone)})
		}
	}
	return v
}

func notSaved(errs, refused int) string {
	switch {
	case refused == 1:
		return "Not saved: one field holds what looks like a secret"
	case refused > 1:
		return "Not saved: " + strconv.Itoa(refused) + " fields hold what looks like a secret"
	case errs == 1:
		return "Not saved: one field needs another look"
	}
	return "Not saved: " + strconv.Itoa(errs) + " fields need another look"
}
