package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
)

// A delegated access from its recording to the evidence of its removal, over the real store.
func TestAnAccessLivesThroughThePages(t *testing.T) {
	r := newRegister(t)
	r.as(models.UserOnboarding)
	r.get("/access").want(t, 200, "No access is on record", `href="/access/new"`)
	r.get("/access/new?client="+number(r.ids["Juniper Row Bakery"])+"&platform=google_ads").want(t, 200,
		`selected>Juniper Row Bakery`, `value="Google Ads"`, `value="Standard"`, `value="manager_account" checked`)

	at := r.record("asset", "bakery.example/ads")
	p := r.get(at)
	p.want(t, 200, `class="note ok`, "Recorded: Google Ads, granted.", "Juniper Row Bakery", "bakery.example/ads", "Standard", "priya@northwind.example", "Manager account", "Search campaigns",
		"Asked by phone.", "18 Nov 2026", "20 Nov 2026", "20 May 2027", "by Ada Owner", "by onboarding@northwind.example", "Nobody has seen it work yet", `href="/domains/bakery.example"`,
		"remove our manager account", "Recorded. <ins>Granted</ins>")
	r.get(at).lacks(t, "Recorded: Google Ads") // said once
	r.get("/access").want(t, 200, `class="c-gra"`, `<th scope="col">Google Ads</th>`, "What needs a person first", `href="`+at+`"`)

	r.ahead(time.Hour)
	if p := r.step(at, "0", access.ActionVerify, "Opened the campaign list.", "review_on", "2027-01-15"); p.Location != at {
		t.Fatalf("verify: status %d\n%s", p.Status, excerpt(p.Body))
	}
	r.get(at).want(t, 200, "Recorded as verified", "Opened the campaign list.", "15 Jan 2027", "<del>Granted</del> → <ins>Verified</ins>", `class="ac ac-ver"`)

	r.ahead(60 * 24 * time.Hour) // past the review date, before any sweep
	r.get("/access?state=review_due").want(t, 200, "Review due", `class="c-due"`)
	r.get(at).want(t, 200, "Its review date has come")
	r.step(at, "1", access.ActionAskRevoke, "The campaign has ended.")
	r.get("/access?by=list").want(t, 200, "To be removed", ">Remove<")

	r.step(at, "2", access.ActionRevoke, "").want(t, http.StatusUnprocessableEntity, `href="#revoked-note"`, "Note: say the evidence that it is gone", `aria-invalid="true"`)
	if p := r.step(at, "2", access.ActionRevoke, "Ada removed the manager account; the link shows as ended."); p.Status != http.StatusSeeOther {
		t.Fatalf("revoke: status %d\n%s", p.Status, excerpt(p.Body))
	}
	r.get(at).want(t, 200, "Removed", "the link shows as ended", "<ins>Revoked</ins>", "Nothing: it has ended")

	g := r.all()[0].Grant
	events, err := r.rows.GrantEvents(t.Context(), g.ID)
	if err != nil {
		t.Fatal(err)
	}
	var course []string
	for _, e := range events {
		course = append(course, e.Action+">"+string(e.To)+" "+e.Actor)
	}
	want := []string{
		"recorded>granted onboarding@northwind.example", "verified>verified onboarding@northwind.example",
		"to_revoke>to_revoke onboarding@northwind.example", "revoked>revoked onboarding@northwind.example",
	}
	if diff := cmp.Diff(want, course); diff != "" {
		t.Error(diff)
	}
	if g.RevokedHow != "Ada removed the manager account; the link shows as ended." || g.DomainID == nil || g.Version != 3 {
		t.Errorf("stored: %+v", g)
	}
}

func TestStepsOfAnotherHolderAndRole(t *testing.T) {
	r := newRegister(t)
	r.as(models.UserOnboarding)
	at := r.record()
	r.step(at, "0", access.ActionChangeOwner, "Priya leaves.", "holder", "Lena").want(t, http.StatusUnprocessableEntity, "A person is named by the e-mail address", `value="Lena"`, "Priya leaves.")
	r.step(at, "0", access.ActionChangeOwner, "Priya leaves.", "holder", "Lena@northwind.example")
	r.step(at, "1", access.ActionReduceRole, "Only reports now.", "role", "Read only")
	r.step(at, "2", access.ActionVerify, "Seen.", "review_on", "2026-11-01").want(t, http.StatusUnprocessableEntity, "Lies in the past")
	r.step(at, "2", access.ActionVerify, "Seen.", "review_on", "soon").want(t, http.StatusUnprocessableEntity, "Give a day as year-month-day")
	r.step(at, "2", access.ActionKeep, " \n ").want(t, http.StatusUnprocessableEntity, "Say why it is still needed") // white space is no reason
	r.step(at, "2", access.ActionReduceRole, "No.", "role", "").want(t, http.StatusUnprocessableEntity, "#role_changed-role", "Is empty")
	g := r.all()[0].Grant
	if g.Holder != "lena@northwind.example" || g.Role != "Read only" || g.State != models.GrantGranted || g.Version != 2 {
		t.Errorf("%+v", g)
	}
}

// Two people have the page open. The second is told what the first did, and loses nothing of what they wrote.
func TestAStepOnAPageThatIsOldIsRefused(t *testing.T) {
	r := newRegister(t)
	r.as(models.UserOnboarding)
	at := r.record()
	r.step(at, "0", access.ActionVerify, "Opened it.")
	r.as(models.UserAdmin)
	p := r.step(at, "0", access.ActionVerify, "I opened it too.")
	p.want(t, http.StatusConflict, "It changed in the meantime", "Seen to work", "Opened it.", "onboarding@northwind.example", "I opened it too.", `name="version" value="1"`)
	if strings.Count(p.Body, "Recorded. <ins>") != 1 {
		t.Error("the line from before the page was opened is told as news")
	}
	r.step(at, "1", access.ActionAskRevoke, "Ends.")
	r.step(at, "1", access.ActionKeep, "Runs on until spring.").want(t, http.StatusConflict, "Put down for removal", "You wrote:", "Runs on until spring.")
	r.step(at, "2", access.ActionKeep, "Runs on.").want(t, http.StatusConflict, "not possible any more")
	r.step(at, "2", access.Action("invented"), "x").want(t, http.StatusBadRequest)
	r.step(at, "x", access.ActionRevoke, "x").want(t, http.StatusBadRequest)
	r.step(at, "", access.ActionRevoke, "x").want(t, http.StatusBadRequest)
	if g := r.all()[0].Grant; g.Version != 2 || g.State != models.GrantToRevoke {
		t.Errorf("%+v", g)
	}
	r.step("/access/99", "0", access.ActionVerify, "x").want(t, http.StatusNotFound)
	r.get("/access/99").want(t, http.StatusNotFound)
	r.get("/access/first").want(t, http.StatusNotFound)
}

func TestOnlyOnboardingAndAboveRecordAndMove(t *testing.T) {
	r := newRegister(t)
	r.as(models.UserOnboarding)
	at := r.record()
	r.as(models.UserViewer)
	for _, path := range []string{"/access", "/access?by=list", "/access?by=person", at} {
		p := r.get(path)
		p.want(t, 200, "Google Ads")
		p.lacks(t, `href="/access/new`, `action="`+at+`/steps"`)
	}
	r.get("/access/new").want(t, http.StatusForbidden)
	r.post("/access", r.entered()).want(t, http.StatusForbidden)
	r.step(at, "0", access.ActionVerify, "Seen.").want(t, http.StatusForbidden)
	r.client = r.newClient()
	if p := r.post("/access", r.entered()); p.Status != http.StatusSeeOther || p.Location != "/login" {
		t.Errorf("signed out: status %d to %q", p.Status, p.Location)
	}
	if all := r.all(); len(all) != 1 || all[0].Grant.Version != 0 {
		t.Errorf("something was written: %+v", all)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	r := newRegister(t)
	r.as(models.UserOnboarding)
	at := r.record()
	for _, header := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}}} {
		r.do(http.MethodPost, "/access", r.entered(), header).want(t, http.StatusForbidden, "not sent from our own page")
		step := url.Values{"version": {"0"}, "action": {"verified"}, "note": {"x"}}
		r.do(http.MethodPost, at+"/steps", step, header).want(t, http.StatusForbidden)
	}
	if all := r.all(); len(all) != 1 || all[0].Grant.Version != 0 {
		t.Errorf("something was written: %+v", all)
	}
}

// Whatever an allowed text holds, the pages show it and never run it.
func TestHostileTextIsShownNotRun(t *testing.T) {
	r := newRegister(t)
	r.as(models.UserOnboarding)
	const hostile = `<script>alert()</script>" onmouseover="x`
	at := r.record("platform", hostile, "asset", hostile, "role", hostile, "purpose", hostile, "holder_kind", "team", "holder", hostile, "granted_by", hostile, "note", hostile+"\r\n\u202etxt")
	r.step(at, "0", access.ActionVerify, hostile)
	invalid := r.post("/access", r.entered("platform", hostile, "asset", hostile, "note", hostile, "holder_kind", "team", "holder", hostile, "method", hostile, "client", hostile, "state", hostile, "review_due", hostile))
	invalid.want(t, http.StatusUnprocessableEntity, "alert()")
	for name, p := range map[string]page{
		"grant": r.get(at), "matrix": r.get("/access"), "list": r.get("/access?by=list"), "people": r.get("/access?by=person"),
		"leaver": r.get("/access?by=person&holder=" + url.QueryEscape(strings.ToLower(hostile))), "form": r.get("/access/new?client=" + number(r.ids["Juniper Row Bakery"])), "again": invalid,
		"address": r.get("/access?by=%3Cscript%3E&state=%3Cscript%3E&platform=%3Cscript%3E&holder=%3Cscript%3E&sort=%3Cscript%3E&page=%3Cscript%3E"),
	} {
		p.lacks(t, "<script", `" onmouseover`, "\u202e")
		if p.Status >= 500 {
			t.Errorf("%s: status %d", name, p.Status)
		}
	}
	r.get(at).want(t, 200, "&lt;script&gt;", "⟨U&#43;202E⟩")
	if _, err := url.Parse(at); err != nil {
		t.Error(err)
	}
}
