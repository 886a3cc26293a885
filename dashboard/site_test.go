package dashboard_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
)

// noon is the instant at which the tests live: Saturday 21 November 2026, 10:42 Pacific.
var noon = time.Date(2026, 11, 21, 18, 42, 0, 0, time.UTC)

const policy = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// cheap is a hasher that costs next to nothing.
var cheap = dashboard.NewPasswords(dashboard.PasswordParams{MemoryKiB: 64, Iterations: 1, Lanes: 1}, 0)

const staffPassword = "seven quiet otters paint"

var staffHash = func() string {
	h, err := cheap.Hash(context.Background(), staffPassword)
	if err != nil {
		panic(err)
	}
	return h
}()

// fakeLinks knows the tokens "link-1", "link-2" … for answering and "stop-1" … for unsubscribing; the number is both the link's and the
// contact's, unless told otherwise.
type fakeLinks struct{ contact map[int64]int64 }

func (l fakeLinks) VerifyFor(purpose models.LinkPurpose, token string, _ time.Time) (int64, int64, error) {
	var id int64
	word := map[models.LinkPurpose]string{models.LinkAnswer: "link", models.LinkUnsubscribe: "stop"}[purpose]
	if n, err := fmt.Sscanf(token, word+"-%d", &id); err != nil || n != 1 || token != fmt.Sprintf("%s-%d", word, id) {
		return 0, 0, errors.New("forged")
	}
	if c, ok := l.contact[id]; ok {
		return id, c, nil
	}
	return id, id, nil
}

func (fakeLinks) FormToken(purpose models.LinkPurpose, linkID, contactID int64) string {
	return fmt.Sprintf("form-%s-%d-%d", purpose, linkID, contactID)
}

func (l fakeLinks) FormFits(purpose models.LinkPurpose, linkID, contactID int64, token string) bool {
	return token == l.FormToken(purpose, linkID, contactID)
}

// fakeAnswers remembers what was said.
type fakeAnswers struct {
	said []string
	err  error
}

func (a *fakeAnswers) Record(_ context.Context, linkID int64, reply models.Reply, _ time.Time) error {
	line := fmt.Sprintf("%d %s %s", linkID, reply.Domain, reply.Kind)
	if reply.RenewOn != nil {
		line += " " + reply.RenewOn.Format(time.DateOnly)
	}
	if n := reply.Instead; n != nil {
		line += fmt.Sprintf(" %s <%s> %s", n.Name, n.Email, n.Phone)
	}
	return a.say(line)
}

func (a *fakeAnswers) Withdraw(_ context.Context, linkID int64, domain string, _ time.Time) error {
	return a.say(fmt.Sprintf("%d %s withdrawn", linkID, domain))
}

func (a *fakeAnswers) Attest(_ context.Context, linkID int64, domain string, date, _ time.Time) error {
	return a.say(fmt.Sprintf("%d %s expires %s", linkID, domain, date.Format(time.DateOnly)))
}

func (a *fakeAnswers) say(line string) error {
	if a.err == nil {
		a.said = append(a.said, line)
	}
	return a.err
}

// site is a dashboard to visit.
type site struct {
	t       *testing.T
	store   *fakeStore
	answers *fakeAnswers
	log     *strings.Builder
	now     *time.Time
	server  *dashboard.Server
	web     *httptest.Server
	client  *http.Client
}

func pacific(tb testing.TB) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		tb.Fatal(err)
	}
	return loc
}

func agency(tb testing.TB) dashboard.Agency {
	tb.Helper()
	return dashboard.Agency{
		Name: "Northwind Marketing", Phone: "(555) 010-0199", SupportURL: "https://northwind.example/support", Hours: "Monday to Friday, 9 to 5 Pacific",
		Zone: pacific(tb), ZoneName: "Pacific",
		Office: models.Office{Zone: pacific(tb), Days: models.WorkingWeek(), Open: models.ClockTime{Hour: 9}, Close: models.ClockTime{Hour: 17}},
	}
}

// newSite starts a dashboard over an empty fake with one account for each role: viewer@, onboarding@, ops@ and admin@northwind.example.
func newSite(t *testing.T, change ...func(*dashboard.Options)) *site {
	t.Helper()
	now := noon
	s := &site{t: t, store: newFake(), answers: &fakeAnswers{}, log: &strings.Builder{}, now: &now}
	for i, role := range []models.UserRole{models.UserViewer, models.UserOnboarding, models.UserOps, models.UserAdmin} {
		s.store.users[int64(i+1)] = models.User{ID: int64(i + 1), Email: string(role) + "@northwind.example", Name: "Dana " + string(role), Role: role, PasswordHash: staffHash}
	}
	o := dashboard.Options{
		Store: s.store, Sessions: sessionStore{memstore.NewWithCleanupInterval(0)}, Links: fakeLinks{}, Answers: s.answers, Access: s.store,
		Now: func() time.Time { return *s.now }, Agency: agency(t), BaseURL: "https://watch.northwind.example", Passwords: cheap,
		Logger: textLogger(s.log),
	}
	for _, c := range change {
		c(&o)
	}
	server, err := dashboard.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.server = server
	s.web = httptest.NewServer(server)
	t.Cleanup(s.web.Close)
	s.client = s.newClient()
	return s
}

// sessionStore lets the in-memory store be asked with a context.
type sessionStore struct{ *memstore.MemStore }

var _ scs.CtxStore = sessionStore{}

func (s sessionStore) FindCtx(_ context.Context, token string) ([]byte, bool, error) {
	return s.Find(token)
}

func (s sessionStore) CommitCtx(_ context.Context, token string, b []byte, expiry time.Time) error {
	return s.Commit(token, b, expiry)
}
func (s sessionStore) DeleteCtx(_ context.Context, token string) error { return s.Delete(token) }

// newClient is a browser: it keeps cookies, says where a request comes from, and does not follow redirects.
func (s *site) newClient() *http.Client {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &http.Client{Jar: jar, Transport: s.web.Client().Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// page is an answer that was read.
type page struct {
	Status   int
	Header   http.Header
	Body     string
	Location string
}

func (s *site) do(method, path string, form url.Values, header http.Header) page {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.web.URL+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	maps.Copy(req.Header, header)
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return page{Status: resp.StatusCode, Header: resp.Header, Body: string(b), Location: resp.Header.Get("Location")}
}

func (s *site) get(path string) page { s.t.Helper(); return s.do(http.MethodGet, path, nil, nil) }

func (s *site) post(path string, form url.Values) page {
	s.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	var link int64
	if n, _ := fmt.Sscanf(path, "/c/link-%d/", &link); n == 1 && !form.Has("form") { // as the link's own page does
		form.Set("form", fakeLinks{}.FormToken(models.LinkAnswer, link, link))
	}
	return s.do(http.MethodPost, path, form, nil)
}

// as signs in with a fresh browser.
func (s *site) as(role models.UserRole) *site {
	s.t.Helper()
	s.client = s.newClient()
	p := s.post("/login", url.Values{"email": {string(role) + "@northwind.example"}, "password": {staffPassword}})
	if p.Status != http.StatusSeeOther || p.Location != "/" {
		s.t.Fatalf("sign in as %s: status %d, location %q", role, p.Status, p.Location)
	}
	return s
}

// want fails unless the page has the status and every one of the texts.
func (p page) want(t *testing.T, status int, texts ...string) {
	t.Helper()
	if p.Status != status {
		t.Errorf("status %d, want %d\n%s", p.Status, status, excerpt(p.Body))
	}
	for _, text := range texts {
		if !strings.Contains(p.Body, text) {
			t.Errorf("the page lacks %q\n%s", text, excerpt(p.Body))
		}
	}
}

// lacks fails when the page has one of the texts.
func (p page) lacks(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.Body, text) {
			t.Errorf("the page has %q", text)
		}
	}
}

func excerpt(body string) string {
	if i := strings.Index(body, "<main"); i >= 0 {
		body = body[i:]
	}
	return body[:min(len(body), 3000)]
}
