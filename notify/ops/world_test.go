package ops_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/ops"
	"github.com/krestmarketing/deedwatch/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G"

// world is a database, a clock that the test turns, and what was said.
type world struct {
	t     *testing.T
	db    *store.Store
	mu    sync.Mutex
	now   time.Time
	log   bytes.Buffer
	mails []notify.Message
	fail  bool // the mail server is down
}

func newWorld(t *testing.T) *world {
	t.Helper()
	o := store.Options{DSN: filepath.Join(t.TempDir(), "ops.db")}
	if err := store.Migrate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &world{t: t, db: db, now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)} // a Monday
	_, err = db.ImportPortfolio(t.Context(), []models.PortfolioRow{
		{Domain: "amber.lab", Suffix: "lab", Client: "Amber <!channel> Bakery", Contacts: []models.Contact{{Name: "Maya Okafor", Email: "maya@amber.example", Role: models.RoleOwner}}},
		{Domain: "basil.lab", Suffix: "lab", Client: "Basil Books", Contacts: []models.Contact{{Name: "Jonas Kessler", Email: "jonas@basil.example", Role: models.RoleOwner}}},
	}, w.now, false)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) clock() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }

func (w *world) pass(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.now = w.now.Add(d) }

// Write takes the log.
func (w *world) Write(p []byte) (int, error) { w.mu.Lock(); defer w.mu.Unlock(); return w.log.Write(p) }

// Send takes a mail.
func (w *world) Send(_ context.Context, m notify.Message) notify.Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail {
		return notify.Result{Outcome: models.DeliveryTemporary, Reply: "connection refused"}
	}
	w.mails = append(w.mails, m)
	return notify.Result{Outcome: models.DeliverySent, Code: 250, Enhanced: "2.0.0", Reply: "queued"}
}

func office(zone *time.Location) models.Office {
	return models.Office{Zone: zone, Days: models.WorkingWeek(), Open: models.ClockTime{Hour: 9}, Close: models.ClockTime{Hour: 17}}
}

// desk makes a desk over the world; fn changes its options.
func (w *world) desk(fn func(*ops.Options)) *ops.Desk {
	w.t.Helper()
	client := guard.New(true).HTTPClient(guard.HTTPOptions{Timeout: 5 * time.Second, MaxBody: 64 << 10})
	w.t.Cleanup(client.CloseIdleConnections)
	o := ops.Options{
		Store: w.db, HTTP: client, Mailer: w, Clock: w.clock, Logger: slog.New(slog.NewTextHandler(w, nil)), Office: office(time.UTC), DigestAt: models.ClockTime{Hour: 8},
		Agency: notify.Agency{Name: "Northwind", FromName: "Domain notices", FromAddress: "domains@northwind.example", BaseURL: "https://watch.northwind.example/"},
	}
	fn(&o)
	d, err := ops.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.sweep(d) // from here on it is told
	return d
}

// sweep does one round: put down, hand over.
func (w *world) sweep(d *ops.Desk) {
	w.t.Helper()
	targets, err := d.Sweep(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, target := range targets {
		if err := d.Deliver(w.t.Context(), target); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) brake(why string) {
	w.t.Helper()
	if err := w.db.PullBrake(w.t.Context(), models.Brake{PulledAt: w.clock(), Reason: why}); err != nil {
		w.t.Fatal(err)
	}
}

// find opens findings of a domain.
func (w *world) find(domain string, n int, severity models.Severity, subject string) {
	w.t.Helper()
	d, err := w.db.WatchedByName(w.t.Context(), domain)
	if err != nil {
		w.t.Fatal(err)
	}
	changes := make([]models.FindingChange, n)
	for i := range changes {
		changes[i] = models.FindingChange{Kind: models.FindingOpened, Finding: models.Finding{
			DomainID: d.Domain.ID, Code: "lapsed", Subject: subject + time.Duration(i).String(), Severity: severity, Title: "The name <https://evil.example|lapsed> @here", State: models.FindingOpen,
			FirstSeen: w.clock(), OpenedAt: w.clock(), LastSeen: w.clock(),
		}}
	}
	if err := w.db.RecordFindings(w.t.Context(), changes, w.clock()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) rows() []models.Dispatch {
	w.t.Helper()
	p, err := w.db.Deliveries(w.t.Context(), models.DispatchQuery{Per: 10_000})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(p.Rows)
	return p.Rows
}

// got is one request that a receiver took.
type got struct {
	id, body string
	event    ops.Event
}

// receiver is a server that checks the signature of each request by itself and answers as the test says.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	taken  []got
	answer func(w http.ResponseWriter, r *http.Request)
}

func newReceiver(t *testing.T, signedWith string) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		g := got{id: req.Header.Get("webhook-id"), body: string(body)}
		if signedWith != "" && !verified(signedWith, req.Header, body) {
			t.Errorf("the signature is wrong: %v", req.Header)
		}
		_ = json.Unmarshal(body, &g.event)
		r.mu.Lock()
		r.taken = append(r.taken, g)
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w, req)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) requests() []got { r.mu.Lock(); defer r.mu.Unlock(); return slices.Clone(r.taken) }

func (r *receiver) say(f func(http.ResponseWriter, *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// verified checks a signature by the definition of HMAC (RFC 2104), without the package that makes it.
func verified(secret string, h http.Header, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	block := make([]byte, 64)
	copy(block, key)
	inner, outer := sha256.New(), sha256.New()
	for _, b := range block {
		inner.Write([]byte{b ^ 0x36})
		outer.Write([]byte{b ^ 0x5c})
	}
	inner.Write([]byte(h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "."))
	inner.Write(body)
	outer.Write(inner.Sum(nil))
	want := "v1," + base64.StdEncoding.EncodeToString(outer.Sum(nil))
	return slices.Contains(strings.Fields(h.Get("webhook-signature")), want)
}

func hook(url string, events ...string) func(*ops.Options) {
	return func(o *ops.Options) {
		o.Webhooks = []ops.Webhook{{Name: "crm", URL: url, Secrets: []string{secret}, Events: events}}
	}
}
