package dashboard_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
)

const sampleSecret = "Tr0ub4dor&3"

// nowhere fails when the secret is in the answer, in the log or in any file of the database.
func (r *register) nowhere(t *testing.T, why string, p page, secret string) {
	t.Helper()
	body, log := p.Body+p.Location, r.log.String()
	for _, form := range []string{secret, strings.ToLower(secret), url.QueryEscape(secret), strings.ReplaceAll(secret, "&", "&amp;"), strings.ReplaceAll(strings.ToLower(secret), "&", "&amp;")} {
		if strings.Contains(body, form) {
			t.Errorf("%s: the page has it", why)
		}
		if strings.Contains(log, form) {
			t.Errorf("%s: the log has it", why)
		}
	}
	files, err := filepath.Glob(r.file + "*")
	if err != nil || len(files) == 0 {
		t.Fatal("no database", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ToLower(string(b)), strings.ToLower(secret)) {
			t.Errorf("%s: %s has it", why, filepath.Base(file))
		}
	}
}

func TestASecretInAnyFieldIsRefusedAndForgotten(t *testing.T) {
	r := newRegister(t)
	r.as(models.UserOnboarding)
	names := map[string]string{ // free text: its name in the summary
		"platform": "Platform", "asset": "Account or property", "role": "Role", "purpose": "What for", "note": "Note", "granted_by": "Granted by", "holder": "Holder", "vault": "Vault item",
		"client": "", "method": "", "holder_kind": "", "state": "", "asked_at": "", "granted_at": "", "review_due": "", "expected_end": "",
	}
	for key := range r.entered() {
		name, known := names[key]
		if !known {
			t.Errorf("no word on the field %q", key)
		}
		p := r.post("/access", r.entered(key, sampleSecret))
		p.want(t, http.StatusUnprocessableEntity, `class="sum"`, `href="#f-`+key+`"`, `id="f-`+key+`"`)
		if name != "" {
			p.want(t, http.StatusUnprocessableEntity, "Not saved: one field holds what looks like a secret", name+": ", "It was not stored, not logged and not sent on")
		}
		for other, value := range map[string]string{"asset": "123-456-7890", "role": "Standard", "purpose": "Search campaigns", "granted_by": "Ada Owner", "review_due": "2027-05-20"} {
			if other != key && !strings.Contains(p.Body, `value="`+value+`"`) {
				t.Errorf("%s: the field %s lost what was entered", key, other)
			}
		}
		r.nowhere(t, key, p, sampleSecret)
	}
	p := r.post("/access", r.entered("note", "the password: "+sampleSecret, "role", "Admin / "+sampleSecret, "asset", ""))
	p.want(t, http.StatusUnprocessableEntity, "Not saved: 2 fields hold what looks like a secret", "Account or property: is empty")
	r.nowhere(t, "two at once", p, sampleSecret)
	if len(r.all()) != 0 {
		t.Errorf("recorded all the same: %+v", r.all())
	}
	if log := r.log.String(); !strings.Contains(log, "looks like a secret") || !strings.Contains(log, `fields="[Granted by]"`) {
		t.Errorf("the log does not say that something was refused:\n%s", log)
	}
}

func TestSecretsOfEveryKindAreForgotten(t *testing.T) {
	r := newRegister(t)
	r.as(models.UserOnboarding)
	for why, c := range map[string]struct{ key, value, secret string }{
		"a private key":                 {"note", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk", "b3BlbnNzaC1rZXk"},
		"a password in an address":      {"vault", "https://ada:cakecake@vault.example/x", "cakecake"},
		"a token in an address":         {"vault", "http://vault.example/x?token=cakecake", "cakecake"},
		"a vault item that is no link":  {"vault", "cakecake", "cakecake"},
		"behind an address":             {"vault", "https://vault.example/x " + sampleSecret, sampleSecret},
		"an announced password":         {"purpose", "login: cakecake", "cakecake"},
		"in a note that is too long":    {"note", strings.Repeat("word ", 120) + sampleSecret, sampleSecret},
		"in a person's name":            {"holder", "Ada " + sampleSecret, sampleSecret},
		"beside bytes that are no text": {"note", "\xff\xfe cakecake", "cakecake"},
	} {
		p := r.post("/access", r.entered(c.key, c.value))
		p.want(t, http.StatusUnprocessableEntity, `href="#f-`+c.key+`"`)
		r.nowhere(t, why, p, c.secret)
	}
	if len(r.all()) != 0 {
		t.Errorf("recorded all the same: %+v", r.all())
	}
}

func TestASecretInAStepIsRefusedAndForgotten(t *testing.T) {
	r := newRegister(t)
	r.as(models.UserOnboarding)
	at := r.record("state", "requested", "granted_by", "", "granted_at", "")
	for why, c := range map[string]struct {
		action access.Action
		more   []string
		note   string
	}{
		"note":                   {access.ActionGrant, nil, "the pin: " + sampleSecret},
		"who gave it":            {access.ActionGrant, []string{"by", sampleSecret}, "Came by mail."},
		"role":                   {access.ActionReduceRole, []string{"role", sampleSecret}, "Came by mail."},
		"holder":                 {access.ActionChangeOwner, []string{"holder", sampleSecret}, "Came by mail."},
		"next review":            {access.ActionGrant, []string{"review_on", sampleSecret}, "Came by mail."},
		"a field of another":     {access.ActionGrant, []string{"holder", sampleSecret}, "Came by mail."},
		"evidence":               {access.ActionAskRevoke, nil, sampleSecret},
		"not possible, and more": {access.ActionRevoke, nil, sampleSecret},
	} {
		p := r.step(at, "0", c.action, c.note, c.more...)
		if p.Status != http.StatusUnprocessableEntity && p.Status != http.StatusConflict {
			t.Errorf("%s: status %d", why, p.Status)
		}
		if c.note == "Came by mail." {
			p.want(t, http.StatusUnprocessableEntity, "Came by mail.", `class="sum"`)
		}
		r.nowhere(t, why, p, sampleSecret)
	}
	p := r.step(at, "7", access.ActionGrant, sampleSecret) // on an old page too
	p.want(t, http.StatusConflict)
	r.nowhere(t, "conflict", p, sampleSecret)
	for _, query := range []string{"?by=", "?state=", "?platform=", "?client=", "?holder=", "?sort=", "?page=", "/new?client=", "/new?platform="} {
		r.nowhere(t, query, r.get("/access"+query+url.QueryEscape(sampleSecret)), sampleSecret)
	}
	if g := r.all()[0].Grant; g.Version != 0 {
		t.Errorf("moved all the same: %+v", g)
	}
}

func TestWhatIsWrongIsNamedAndTheRestKept(t *testing.T) {
	r := newRegister(t)
	r.as(models.UserOnboarding)
	for why, c := range map[string]struct {
		change []string
		says   []string
	}{
		"nothing entered":          {[]string{"platform", "", "asset", " ", "role", "", "holder", "", "purpose", ""}, []string{"Not saved: 5 fields need another look", "Platform: is empty", "Role: is empty", "What for: is empty"}},
		"no client":                {[]string{"client", ""}, []string{"Client: choose the client"}},
		"a client nobody has":      {[]string{"client", "4711"}, []string{"Client: choose the client"}},
		"a shared password":        {[]string{"method", "shared_password"}, []string{"How: choose how", "sharing a password is not possible"}},
		"a person by name":         {[]string{"holder", "Priya"}, []string{"Holder: a person is named by the e-mail address", `value="Priya"`}},
		"granted by nobody":        {[]string{"granted_by", ""}, []string{"Granted by: is empty"}},
		"a day that is none":       {[]string{"granted_at", "2026-02-31"}, []string{"Granted on: give a day"}},
		"given tomorrow":           {[]string{"granted_at", "2026-11-22"}, []string{"Granted on: lies ahead"}},
		"asked for next year":      {[]string{"asked_at", "2027-11-22"}, []string{"Asked on: lies ahead"}},
		"a review in the past":     {[]string{"review_due", "2026-11-01"}, []string{"Review on: lies in the past", `value="2026-11-01"`}},
		"requested, but given":     {[]string{"state", "requested"}, []string{"Granted by: is for access that was given", "Granted on: is for access that was given"}},
		"verified from the start":  {[]string{"state", "verified"}, []string{"State: a grant begins as requested or granted"}},
		"a vault without https":    {[]string{"vault", "http://vault.example/items/7"}, []string{"Vault item: must be the https address"}},
		"a year of another age":    {[]string{"expected_end", "9999-01-01"}, []string{"Expected end: give a day"}},
		"a name that is very long": {[]string{"role", strings.Repeat("long ", 101) + "x"}, []string{"Role: is longer than 500 characters"}},
	} {
		p := r.post("/access", r.entered(c.change...))
		p.want(t, http.StatusUnprocessableEntity, append(c.says, "Asked by phone.", `selected>Person`)...)
		if t.Failed() {
			t.Fatal(why)
		}
	}
	if len(r.all()) != 0 {
		t.Errorf("recorded all the same: %+v", r.all())
	}
	r.record("state", "requested", "granted_by", "", "granted_at", "", "asked_at", "", "review_due", "", "platform", "Our own CRM", "holder_kind", "team", "holder", "Web team", "asset", "dental.example")
	g := r.all()[0].Grant
	if g.AskedAt == nil || !g.AskedAt.Equal(noon) || g.GrantedAt != nil || g.ReviewDue == nil || g.Platform != "Our own CRM" || g.Holder != "Web team" {
		t.Errorf("what was left out: %+v", g)
	}
	if g.DomainID != nil {
		t.Error("bound to a domain of another client")
	}
}
