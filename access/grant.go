package access

import (
	"encoding/json"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/models"
)

// Draft is what a member of staff enters to record delegated access.
type Draft struct {
	ClientID    int64
	DomainID    *int64
	Platform    string // catalogue code, or a platform's name
	Asset       string // account or property id, or domain name
	Role        string
	Method      models.GrantMethod
	HolderKind  models.HolderKind
	Holder      string
	Purpose     string
	VaultLink   string
	Note        string
	State       models.GrantState // requested or granted
	GrantedBy   string            // who at the client, when State is granted
	AskedAt     *time.Time
	GrantedAt   *time.Time
	ReviewDue   *time.Time
	ExpectedEnd *time.Time
}

// Methods lists every way of delegating, in the order in which they are to be preferred.
func Methods() []models.GrantMethod {
	return []models.GrantMethod{
		models.MethodPartnerAccess, models.MethodManagerAccount, models.MethodUserInvitation, models.MethodRegistrarDelegate,
		models.MethodDNSZoneDelegation, models.MethodOAuth, models.MethodVaultShare,
	}
}

// ReviewEvery is how long after recording or a review the next review falls due when nobody set a date: a quarter.
const ReviewEvery = 91 * 24 * time.Hour

// New turns a draft into a grant and the first line of its history. Errors are *models.InvalidError joined, one a field, and never
// carry what was entered.
func New(d Draft, actor string, now time.Time) (models.Grant, models.GrantEvent, error) {
	trim(&d)
	if errs := validate(d, now); len(errs) > 0 {
		return models.Grant{}, models.GrantEvent{}, errs
	}
	g := models.Grant{
		ClientID: d.ClientID, DomainID: d.DomainID, Platform: d.Platform, Asset: d.Asset, Role: d.Role, Method: d.Method, HolderKind: d.HolderKind,
		Holder: d.Holder, Purpose: d.Purpose, VaultLink: d.VaultLink, Note: d.Note, State: d.State, StateReason: "recorded", StateAt: now,
		AskedBy: actor, AskedAt: d.AskedAt, GrantedBy: d.GrantedBy, GrantedAt: d.GrantedAt, RecordedBy: actor, RecordedAt: now,
		ReviewDue: d.ReviewDue, ExpectedEnd: d.ExpectedEnd,
	}
	if g.State == models.GrantGranted && g.GrantedAt == nil {
		g.GrantedAt = &now
	}
	if g.ReviewDue == nil {
		due := day(now.Add(ReviewEvery))
		g.ReviewDue = &due
	}
	return g, models.GrantEvent{At: now, Actor: actor, Action: "recorded", To: g.State, Note: d.Note}, nil
}

// FieldErrors are the fields of a draft that can't be accepted.
type FieldErrors []*models.InvalidError

// Error lists the fields with their advice, one a line.
func (e FieldErrors) Error() string {
	lines := make([]string, len(e))
	for i, f := range e {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Is makes errors.Is(err, models.ErrInvalid) true.
func (e FieldErrors) Is(target error) bool { return target == models.ErrInvalid }

func trim(d *Draft) {
	for _, s := range []*string{&d.Platform, &d.Asset, &d.Role, &d.Holder, &d.Purpose, &d.VaultLink, &d.Note, &d.GrantedBy} {
		*s = strings.TrimSpace(*s)
	}
}

func validate(d Draft, now time.Time) FieldErrors {
	var errs FieldErrors
	add := func(err error) {
		if e, ok := err.(*models.InvalidError); ok { //nolint:errorlint // made two lines below, never wrapped
			errs = append(errs, e)
		}
	}
	if d.ClientID == 0 {
		add(models.Invalid("Client", "choose the client who gives the access"))
	}
	for _, f := range []struct {
		name, value string
		need        bool
	}{{"Platform", d.Platform, true}, {"Account or property", d.Asset, true}, {"Role", d.Role, true}, {"Holder", d.Holder, true}, {"What for", d.Purpose, true}, {"Note", d.Note, false}, {"Granted by", d.GrantedBy, d.State == models.GrantGranted}} {
		add(text(f.name, f.value, f.need))
	}
	if !slices.Contains(Methods(), d.Method) {
		add(models.Invalid("How", "choose how the access is delegated; sharing a password is not possible"))
	}
	switch d.HolderKind {
	case models.HolderPerson:
		if !plainAddress(d.Holder) {
			add(errPersonHolder)
		}
	case models.HolderTeam, models.HolderAgency:
	default:
		add(models.Invalid("Held by", "choose a person, a team or the agency's identity"))
	}
	if d.State != models.GrantRequested && d.State != models.GrantGranted {
		add(models.Invalid("State", "a grant begins as requested or granted"))
	}
	add(vaultLink(d.VaultLink))
	if d.ReviewDue != nil && tooEarly(*d.ReviewDue, now) {
		add(models.Invalid("Review on", "lies in the past; choose a day from today on"))
	}
	if d.ExpectedEnd != nil && tooEarly(*d.ExpectedEnd, now) {
		add(models.Invalid("Expected end", "lies in the past; choose a day from today on, or leave it empty"))
	}
	return errs
}

var errPersonHolder = &models.InvalidError{Field: "Holder", Msg: "a person is named by the e-mail address, like dana@example.com"}

func plainAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// tooEarly reports whether a calendar day is over everywhere: where somebody fills in the form it may still be the day before UTC's.
func tooEarly(d, now time.Time) bool { return d.Before(day(now).AddDate(0, 0, -1)) }

const maxText = 500

// text checks one free-text field: present when needed, printable, bounded, and nothing that looks like a secret.
func text(name, value string, need bool) error {
	switch {
	case need && value == "":
		return models.Invalid(name, "is empty")
	case !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' }):
		return models.Invalid(name, "holds characters that are not text")
	case utf8.RuneCountInString(value) > maxText:
		return models.Invalid(name, "is longer than %d characters", maxText)
	}
	return refuseSecret(name, value)
}

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// ledgerEntry is the line of the ledger for a change of a grant.
func ledgerEntry(g models.Grant, e models.GrantEvent) (models.Entry, error) {
	body, err := json.Marshal(struct {
		Grant    int64             `json:"grant,omitempty"`
		Platform string            `json:"platform"`
		Asset    string            `json:"asset"`
		Role     string            `json:"role"`
		Holder   string            `json:"holder"`
		From     models.GrantState `json:"from,omitempty"`
		To       models.GrantState `json:"to"`
		Note     string            `json:"note,omitempty"`
	}{g.ID, g.Platform, g.Asset, g.Role, g.Holder, e.From, e.To, e.Note})
	return models.Entry{At: e.At, Kind: models.LedgerGrantPrefix + e.Action, ClientID: &g.ClientID, DomainID: g.DomainID, Actor: e.Actor, Body: string(body)}, err
}
