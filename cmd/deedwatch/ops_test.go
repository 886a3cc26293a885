package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/engine"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// heard is a server that takes what ops and other programs are told, by path.
type heard struct {
	*httptest.Server
	mu     sync.Mutex
	bodies map[string][]string
	code   int
}

func listening(t *testing.T) *heard {
	t.Helper()
	h := &heard{bodies: map[string][]string{}, code: http.StatusNoContent}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.bodies[r.URL.Path] = append(h.bodies[r.URL.Path], string(body))
		w.WriteHeader(h.code)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *heard) at(path string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bodies[path]
}

const opsSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G"

// TestOpsAreTold runs the wired program: what happens reaches the webhook and the chat with the next round, and a good round the heartbeat.
func TestOpsAreTold(t *testing.T) {
	h := listening(t)
	c := configs.Default()
	c.Database = configs.NewSecret(filepath.Join(t.TempDir(), "ops.db"))
	c.Network.AllowPrivate = true
	c.RDAP.Bootstrap, c.DNS.RootHints = "", "127.0.0.1"
	c.Links.Key = configs.NewSecret(strings.Repeat("k", configs.MinLinkKey))
	c.Ops.ChatURL, c.Ops.HeartbeatURL = configs.NewSecret(h.URL+"/chat"), configs.NewSecret(h.URL+"/beat")
	c.Ops.Webhooks = []configs.Webhook{{Name: "crm", URL: h.URL + "/crm", Secret: configs.NewSecret(opsSecret)}}
	if err := store.Migrate(t.Context(), storeOptions(c, discard)); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC)
	a, err := newApp(t.Context(), c, appOptions{now: func() time.Time { return now }, log: discard, work: true, runner: engine.NewPool(engine.PoolOptions{})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.stop(); err != nil {
			t.Error(err)
		}
	})
	if err := a.start(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	step := func() {
		now = now.Add(time.Minute)
		if err := a.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	step()
	if n := len(h.at("/beat")); n != 1 || len(h.at("/crm")) != 0 {
		t.Errorf("after a calm round: %d heartbeats, %v", n, h.at("/crm"))
	}
	if err := a.store.PullBrake(t.Context(), models.Brake{PulledAt: now, Reason: "half of all names turned bad"}); err != nil {
		t.Fatal(err)
	}
	step()
	step()
	if got := h.at("/crm"); len(got) != 1 || !strings.Contains(got[0], `"type":"brake.pulled"`) {
		t.Errorf("the webhook was told %v", got)
	}
	if got := h.at("/chat"); len(got) != 1 || !strings.Contains(got[0], "The storm brake holds all client mail: half of all names turned bad") {
		t.Errorf("the chat was told %v", got)
	}
	if n := len(h.at("/beat")); n != 3 {
		t.Errorf("%d heartbeats after three rounds", n)
	}
}

func TestTheDigestIsShown(t *testing.T) {
	config := file(t, "deedwatch.yaml", "database: "+filepath.Join(t.TempDir(), "d.db")+"\n")
	if code, _, errs := command(t, nil, "--config", config, "migrate"); code != 0 {
		t.Fatal(errs)
	}
	for _, c := range []struct{ flag, want string }{{"", "WHAT IS OPEN?\n\nNothing is open.\n"}, {"--html", "<h2"}, {"--json", `"subject": "Domains today: nothing is watched yet`}} {
		args := []string{"--config", config, "notices", "digest"}
		if c.flag != "" {
			args = append(args, c.flag)
		}
		if code, out, errs := command(t, nil, args...); code != 0 || !strings.Contains(out, c.want) {
			t.Errorf("%s: %d %s %s", c.flag, code, out, errs)
		}
	}
}

func TestDoctorTriesTheEndpointsWhenAsked(t *testing.T) {
	h := listening(t)
	config := file(t, "deedwatch.yaml", "database: "+filepath.Join(t.TempDir(), "d.db")+"\nnetwork: {allow_private: true}\nops:\n  chat_url: "+h.URL+
		"/chat/B00SECRET\n  digest_to: [ops@agency.example]\n  webhooks: [{name: crm, url: "+h.URL+"/crm, secret: "+opsSecret+"}]\n")
	if code, _, errs := command(t, nil, "--config", config, "migrate"); code != 0 {
		t.Fatal(errs)
	}
	found := doctor(t, config, "--offline", "--ping")
	expect(t, found, "ops", "ok", "webhook:crm is set")
	expect(t, found, "ops", "ok", "ops.digest_to is set and smtp.address is not")
	if len(h.at("/crm")) != 0 {
		t.Error("asked though offline")
	}
	found = doctor(t, config, "--ping")
	expect(t, found, "ops", "ok", "webhook:crm took a test message: 204")
	h.mu.Lock()
	h.code = http.StatusBadGateway
	h.mu.Unlock()
	found = doctor(t, config, "--ping")
	expect(t, found, "ops", "bad", "webhook:crm did not take a test message: 502")
	if strings.Contains(found["ops"].Detail, "B00SECRET") || len(h.at("/chat/B00SECRET")) != 2 {
		t.Errorf("%+v", found["ops"])
	}
}
