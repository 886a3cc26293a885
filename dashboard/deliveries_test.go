package dashboard_test

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// deliverySite is a site over a real delivery log: one taken, one given up, one that waits for its next try, one digest given up.
func deliverySite(t *testing.T) (*site, *store.Store) {
	t.Helper()
	o := store.Options{DSN: filepath.Join(t.TempDir(), "log.db")}
	if err := store.Migrate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for i, c := range []struct {
		target, kind, body, reply string
		state                     models.DispatchState
		code                      int
	}{
		{"webhook:crm", "finding.opened", `{"id":"event-1","data":{"finding":{"title":"<b>x</b>\u202e"}}}`, "", models.DispatchSent, 204},
		{"webhook:crm", "brake.pulled", `{"id":"event-2"}`, "out of \u202eorder <b>", models.DispatchFailed, 500},
		{"webhook:other", "brake.pulled", `{"id":"event-2"}`, "no answer within 15s", models.DispatchWaiting, 0},
		{"digest:ops@northwind.example", "digest", `{"subject":"Domains today","text":"Good morning\nall is well","html":"<p>"}`, "not sent", models.DispatchFailed, 0},
	} {
		d := models.Dispatch{EventID: fmt.Sprint("event-", i+1), Kind: c.kind, Target: c.target, Body: c.body, At: noon, NextAttemptAt: noon}
		if err := db.AddDispatches(t.Context(), []models.Dispatch{d}, noon); err != nil {
			t.Fatal(err)
		}
		rows, err := db.ClaimDispatches(t.Context(), c.target, noon, noon.Add(time.Hour), 1)
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		d = rows[0]
		d.State, d.LastCode, d.LastReply, d.NextAttemptAt = c.state, c.code, c.reply, noon.Add(time.Hour)
		if c.state == models.DispatchSent {
			d.SentAt = new(noon)
		}
		if err := db.RecordDispatches(t.Context(), []models.DispatchResult{{Dispatch: d, Try: models.DispatchTry{At: noon, TookMicros: 12000, Code: c.code, Reply: c.reply}}}, noon); err != nil {
			t.Fatal(err)
		}
	}
	return newSite(t, func(o *dashboard.Options) { o.Deliveries = db }), db
}

func TestTheDeliveryLog(t *testing.T) {
	s, _ := deliverySite(t)
	s.as(models.UserViewer)
	p := s.get("/ops/deliveries")
	p.want(t, 200, "webhook:crm", "webhook:other", "digest:ops@northwind.example", "Given up", "Tried, waits", "next try", "order &lt;b&gt;", "1–4 of 4", "204 No Content")
	if strings.Contains(p.Body, "Send again") {
		t.Error("a viewer may send again")
	}
	for _, path := range []string{"/ops/deliveries/1/replay", "/ops/deliveries/replay", "/ops/targets/on"} {
		if p := s.post(path, url.Values{"target": {"webhook:crm"}}); p.Status != http.StatusForbidden {
			t.Errorf("a viewer posts to %s: %d", path, p.Status)
		}
	}
	s.get("/ops/deliveries?target=webhook%3Acrm&state=failed").want(t, 200, "1–1 of 1", "event-2")
	s.get("/ops/deliveries?state=sending&page=zzz").want(t, 200, "Nothing matches")
	s.get("/ops/deliveries/1").want(t, 200, "finding.opened", "12 ms", "&#34;title&#34;: &#34;&lt;b&gt;x&lt;/b&gt;")
	s.get("/ops/deliveries/4").want(t, 200, "Subject: Domains today", "all is well")
	s.get("/ops/deliveries/99").want(t, 404)
	s.get("/ops/deliveries/x").want(t, 404)
}

func TestSendingAgain(t *testing.T) {
	s, db := deliverySite(t)
	s.as(models.UserOps)
	s.get("/ops/deliveries").want(t, 200, "Given up at", `<option value="webhook:crm">`)
	if p := s.post("/ops/deliveries/1/replay", nil); p.Location != "/ops/deliveries/1" {
		t.Errorf("replay: %d to %q", p.Status, p.Location)
	}
	s.get("/ops/deliveries/1").want(t, 200, "under the same ID")
	if p := s.post("/ops/deliveries/4/replay", nil); p.Status != http.StatusConflict {
		t.Errorf("a digest was sent again: %d", p.Status)
	}
	today := noon.In(pacific(t)).Format(time.DateOnly)
	for _, since := range []string{"", "2026-01-01", "2027-01-01", "x"} {
		if p := s.post("/ops/deliveries/replay", url.Values{"target": {"webhook:crm"}, "since": {since}}); p.Status != http.StatusBadRequest {
			t.Errorf("since %q: %d", since, p.Status)
		}
	}
	if p := s.post("/ops/deliveries/replay", url.Values{"target": {"webhook:crm"}, "since": {today}}); p.Status != http.StatusSeeOther {
		t.Errorf("since today: %d", p.Status)
	}
	s.get("/ops/deliveries").want(t, 200, "1 delivery that failed is sent again")
	rows, err := db.ClaimDispatches(t.Context(), "webhook:crm", noon, noon.Add(time.Hour), 10)
	if err != nil || len(rows) != 2 || rows[0].EventID != "event-1" || rows[1].EventID != "event-2" {
		t.Errorf("to be sent: %+v %v", rows, err)
	}
}

func TestSwitchingATargetOn(t *testing.T) {
	s, db := deliverySite(t)
	if err := db.SwitchTarget(t.Context(), models.DispatchTarget{Name: "webhook:crm", OffAt: new(noon), Why: "it answered 410 Gone", By: "system"}, noon); err != nil {
		t.Fatal(err)
	}
	s.as(models.UserOps)
	s.get("/ops/deliveries").want(t, 200, "Switched off", "it answered 410 Gone", "Switch on")
	if p := s.post("/ops/targets/on", url.Values{"target": {"webhook:crm"}}); p.Status != http.StatusSeeOther {
		t.Errorf("%d", p.Status)
	}
	if p := s.post("/ops/targets/on", nil); p.Status != http.StatusBadRequest {
		t.Errorf("without a target: %d", p.Status)
	}
	if off, err := db.TargetsOff(t.Context()); err != nil || len(off) != 0 {
		t.Errorf("%+v %v", off, err)
	}
}

func TestWithoutADeliveryLogThereIsNoPage(t *testing.T) {
	s := newSite(t)
	s.as(models.UserAdmin)
	s.get("/ops/deliveries").want(t, 404)
	s.get("/").want(t, 200)
}
