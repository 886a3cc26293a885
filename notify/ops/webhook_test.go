package ops_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/notify/ops"
)

// TestSignatureOfThePublishedVector signs what the tests of Standard Webhooks' own libraries sign.
func TestSignatureOfThePublishedVector(t *testing.T) {
	at := time.Unix(1614265330, 0)
	key := "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	body := []byte(`{"test": 2432232314}`)
	if got := ops.Sign([]string{key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body); got != want {
		t.Errorf("signature %s", got)
	}
	both := ops.Sign([]string{secret, key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)
	if parts := strings.Fields(both); len(parts) != 2 || parts[1] != want {
		t.Errorf("with a second secret: %s", both)
	}
}

func TestAWebhookIsToldWithoutNamingAnybody(t *testing.T) {
	w, r := newWorld(t), newReceiver(t, secret)
	d := w.desk(hook(r.URL))
	w.find("amber.lab", 1, models.SeverityCritical, "maya@amber.example ")
	w.brake("2 of 2 names turned bad")
	if err := w.db.ReleaseBrake(t.Context(), "joy@northwind.example", w.clock()); err != nil {
		t.Fatal(err)
	}
	w.sweep(d)
	w.sweep(d)
	kinds := map[string]ops.Event{}
	for _, g := range r.requests() {
		kinds[g.event.Type] = g.event
		if g.id == "" || g.id != g.event.ID || g.event.Version != 1 {
			t.Errorf("webhook-id %q, body %s", g.id, g.body)
		}
		for _, person := range []string{"maya", "Maya", "joy@", "Okafor"} {
			if strings.Contains(g.body, person) {
				t.Errorf("a person is named: %s", g.body)
			}
		}
	}
	if len(kinds) != 3 || len(r.requests()) != 3 {
		t.Fatalf("%d requests: %v", len(r.requests()), kinds)
	}
	f := kinds["finding.opened"]
	if f.Data.Domain.Name != "amber.lab" || f.Data.Client.Name != "Amber <!channel> Bakery" || f.Data.Finding.Severity != "critical" || f.Data.Finding.Subject != "" || !f.At.Equal(w.clock()) {
		t.Errorf("%+v %+v", f.Data, f.Data.Finding)
	}
	if b := kinds["brake.pulled"]; b.Data.Facts["reason"] != "2 of 2 names turned bad" || b.Data.Actor != "system" || kinds["brake.released"].Data.Actor != "staff" {
		t.Errorf("%+v", b)
	}
}

func TestAWebhookGetsWhatItAsksFor(t *testing.T) {
	w, r := newWorld(t), newReceiver(t, secret)
	d := w.desk(hook(r.URL, "brake.*", "answer.recorded"))
	w.find("amber.lab", 1, models.SeverityMinor, "x")
	w.brake("storm")
	w.sweep(d)
	if got := r.requests(); len(got) != 1 || got[0].event.Type != "brake.pulled" {
		t.Errorf("%+v", got)
	}
}

// TestReceiversThatMisbehave says what each misbehaviour comes to after one attempt.
func TestReceiversThatMisbehave(t *testing.T) {
	var elsewhere atomic.Int32
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(private.Close)
	for _, c := range []struct {
		why    string
		answer func(http.ResponseWriter, *http.Request)
		state  models.DispatchState
		code   int
		reply  string
		after  time.Duration
	}{
		{"taken", status(204), models.DispatchSent, 204, "", 0},
		{"an error", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "out of\x1b[31m order", 500) }, models.DispatchWaiting, 500, "out of[31m order", 5 * time.Second},
		{"too busy", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "600"); w.WriteHeader(429) }, models.DispatchWaiting, 429, "", 10 * time.Minute},
		{"too busy for a year", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "31536000")
			w.WriteHeader(503)
		}, models.DispatchWaiting, 503, "", 24 * time.Hour},
		{"wrong", status(400), models.DispatchWaiting, 400, "", 5 * time.Second},
		{"gone", status(410), models.DispatchFailed, 410, "", 0},
		{"redirected", http.RedirectHandler(private.URL, http.StatusTemporaryRedirect).ServeHTTP, models.DispatchWaiting, 307, "not followed", 5 * time.Second},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, models.DispatchWaiting, 0, "no answer within", 5 * time.Second},
		{"a slow answer", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			_, _ = w.Write([]byte("wait"))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, models.DispatchWaiting, 500, "wait", 5 * time.Second},
		{"a huge answer", func(w http.ResponseWriter, _ *http.Request) {
			for range 1000 {
				if _, err := w.Write([]byte(strings.Repeat("y", 10_000))); err != nil {
					return
				}
			}
		}, models.DispatchSent, 200, "yyy", 0},
		{"dropped", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, models.DispatchWaiting, 0, "EOF", 5 * time.Second},
	} {
		t.Run(c.why, func(t *testing.T) {
			w, r := newWorld(t), newReceiver(t, secret)
			r.say(c.answer)
			d := w.desk(func(o *ops.Options) {
				hook(r.URL + "/in/s3cr3t-t0ken")(o)
				o.Timeout = 300 * time.Millisecond
			})
			w.brake("storm")
			w.sweep(d)
			row := w.rows()[0]
			if row.State != c.state || row.LastCode != c.code || !strings.Contains(row.LastReply, c.reply) || len([]rune(row.LastReply)) > 300 || row.Attempts != 1 {
				t.Errorf("%+v", row)
			}
			if wait := row.NextAttemptAt.Sub(w.clock()); c.after > 0 && wait != c.after {
				t.Errorf("tried again after %s, want %s", wait, c.after)
			}
			v, err := w.db.Delivery(t.Context(), row.ID)
			if err != nil || len(v.Tries) != 1 || v.Tries[0].Code != c.code {
				t.Errorf("tries %+v %v", v.Tries, err)
			}
		})
	}
	if elsewhere.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestAPrivateAddressIsRefused(t *testing.T) {
	w, r := newWorld(t), newReceiver(t, secret)
	client := guard.New(false).HTTPClient(guard.HTTPOptions{})
	t.Cleanup(client.CloseIdleConnections)
	d := w.desk(func(o *ops.Options) { hook(r.URL)(o); o.HTTP = client })
	w.brake("storm")
	w.sweep(d)
	if row := w.rows()[0]; row.State != models.DispatchWaiting || !strings.Contains(row.LastReply, "network.allow_private") || len(r.requests()) != 0 {
		t.Errorf("%+v", row)
	}
}

// TestTheLadder follows one event over the days of a receiver that never takes it, then replays it.
func TestTheLadder(t *testing.T) {
	w, r := newWorld(t), newReceiver(t, secret)
	r.say(status(500))
	d := w.desk(hook(r.URL))
	w.brake("storm")
	w.sweep(d)
	for i, wait := range ops.WebhookLadder {
		w.pass(wait - time.Second)
		w.sweep(d)
		if n := len(r.requests()); n != i+1 {
			t.Fatalf("before rung %d: %d requests", i, n)
		}
		w.pass(time.Second)
		w.sweep(d)
		if n := len(r.requests()); n != i+2 {
			t.Fatalf("at rung %d: %d requests", i, n)
		}
	}
	row := w.rows()[0]
	if row.State != models.DispatchFailed || row.Attempts != 10 {
		t.Fatalf("in the end: %+v", row)
	}
	w.pass(100 * time.Hour)
	w.sweep(d)
	r.say(nil)
	if err := w.db.ReplayDispatch(t.Context(), row.ID, w.clock()); err != nil {
		t.Fatal(err)
	}
	w.sweep(d)
	all := r.requests()
	if len(all) != 11 || w.rows()[0].State != models.DispatchSent {
		t.Errorf("after the replay: %d requests, %s", len(all), w.rows()[0].State)
	}
	if slices.ContainsFunc(all, func(g got) bool { return g.id != all[0].id || g.body != all[0].body }) {
		t.Error("an attempt came under another ID or with another body")
	}
}

func TestGoneSwitchesOffAndTellsTheChat(t *testing.T) {
	w, r, chat := newWorld(t), newReceiver(t, secret), newReceiver(t, "")
	r.say(status(410))
	d := w.desk(func(o *ops.Options) { hook(r.URL)(o); o.Chat = func() string { return chat.URL } })
	w.find("amber.lab", 1, models.SeverityMinor, "x")
	w.sweep(d)
	w.find("basil.lab", 1, models.SeverityMinor, "x")
	w.sweep(d)
	w.pass(time.Hour)
	w.sweep(d)
	if len(r.requests()) != 1 {
		t.Errorf("%d requests to what is gone", len(r.requests()))
	}
	if said := chat.requests(); len(said) != 1 || !strings.Contains(said[0].body, "webhook:crm answered 410 Gone") {
		t.Errorf("chat: %+v", said)
	}
}

func TestManyAreToldInBatches(t *testing.T) {
	w, r, chat := newWorld(t), newReceiver(t, secret), newReceiver(t, "")
	d := w.desk(func(o *ops.Options) { hook(r.URL)(o); o.Chat = func() string { return chat.URL } })
	const storm = 5000
	w.find("amber.lab", storm, models.SeverityCritical, "x")
	w.sweep(d)
	seen := map[string]bool{}
	for _, g := range r.requests() {
		if g.event.Type != "batch" || len(g.event.Data.Events) != 100 || len(g.body) > 200_000 {
			t.Fatalf("%s of %d in %d bytes", g.event.Type, len(g.event.Data.Events), len(g.body))
		}
		for _, e := range g.event.Data.Events {
			seen[e.ID] = true
		}
	}
	if len(seen) != storm || len(r.requests()) != storm/100 {
		t.Errorf("%d events in %d requests", len(seen), len(r.requests()))
	}
	said := chat.requests()
	if len(said) != 1 {
		t.Fatalf("%d messages in the chat", len(said))
	}
	var m struct{ Text string }
	if err := json.Unmarshal([]byte(said[0].body), &m); err != nil || strings.Count(m.Text, "\n") != 8 || !strings.HasSuffix(m.Text, "… and 4992 more.") {
		t.Errorf("%s", m.Text)
	}
}

// TestADeadWorkersDeliveryIsTakenAgain stops between the request and the record.
func TestADeadWorkersDeliveryIsTakenAgain(t *testing.T) {
	w, r := newWorld(t), newReceiver(t, secret)
	d := w.desk(hook(r.URL))
	w.brake("storm")
	if _, err := d.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := w.db.ClaimDispatches(t.Context(), "webhook:crm", w.clock(), w.clock().Add(3*time.Minute), 1)
	if err != nil || len(rows) != 1 {
		t.Fatal(err)
	}
	w.sweep(d)
	if len(r.requests()) != 0 {
		t.Error("taken from a worker that lives")
	}
	w.pass(3 * time.Minute)
	w.sweep(d)
	if got := r.requests(); len(got) != 1 || got[0].id != rows[0].EventID || w.rows()[0].Attempts != 2 {
		t.Errorf("%+v", got)
	}
}

func TestTwoDesksTellEachThingOnce(t *testing.T) {
	w, r := newWorld(t), newReceiver(t, secret)
	desks := []*ops.Desk{w.desk(hook(r.URL)), w.desk(hook(r.URL))}
	for i := range 15 {
		w.find("amber.lab", 1, models.SeverityMinor, fmt.Sprint("s", i))
	}
	var wg sync.WaitGroup
	for _, d := range desks {
		wg.Go(func() {
			for range 3 {
				targets, err := d.Sweep(t.Context())
				if err != nil {
					t.Error(err)
				}
				for _, target := range targets {
					if err := d.Deliver(t.Context(), target); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]int{}
	for _, g := range r.requests() {
		seen[g.id]++
	}
	if len(seen) != 15 || len(r.requests()) != 15 {
		t.Errorf("%d requests of %d events", len(r.requests()), len(seen))
	}
}

func TestPing(t *testing.T) {
	w, r := newWorld(t), newReceiver(t, secret)
	d := w.desk(hook(r.URL))
	if code, answer := d.Ping(t.Context(), "webhook:crm"); code != 200 || answer != "" || r.requests()[0].event.Type != "ping" {
		t.Errorf("%d %s", code, answer)
	}
	if code, answer := d.Ping(t.Context(), "webhook:other"); code != 0 || answer == "" {
		t.Errorf("%d %s", code, answer)
	}
	if len(w.rows()) != 0 {
		t.Error("a ping is in the log")
	}
}
