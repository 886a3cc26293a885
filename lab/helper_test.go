package lab_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/lab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 21, 18, 42, 0, 0, time.UTC)

// clock is a clock that a test sets.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: start} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// smallWorld has one domain under each of three suffixes of different kinds.
func smallWorld() lab.World {
	registered := func(name string) lab.Domain {
		return lab.Domain{
			Name: name, Registrar: "Harbor Names", Created: start.AddDate(-3, 0, 0), Updated: start.AddDate(0, -1, 0),
			Expires: start.Add(10 * lab.Day), RegistrarRDAP: true, Statuses: []string{"clientTransferProhibited"},
			Records: []lab.Record{
				{Type: "A", Value: "192.0.2.10"},
				{Host: "www", Type: "CNAME", Value: "landing.agency.lab"},
				{Host: "alias", Type: "CNAME", Value: name},
				{Type: "TXT", Value: `verification="a; b\c"`},
				{Host: "*.wild", Type: "TXT", Value: "star"},
				{Host: "deep.below", Type: "A", Value: "192.0.2.11"},
			},
		}
	}
	return lab.World{
		TLDs: []lab.TLD{
			{Name: "lab", RDAP: true, WHOIS: true, PublishesExpiry: true},
			{Name: "shoplab", WHOIS: true, PublishesExpiry: true, Dialect: lab.DialectCountry},
			{Name: "landlab", WHOIS: true, Dialect: lab.DialectMinimal},
		},
		Registrars: []lab.Registrar{{Name: "Harbor Names", IANAID: 9001, URL: "https://www.harbor.example", AbuseEmail: "abuse@harbor.example", AbusePhone: "+1.5550111"}},
		Domains:    []lab.Domain{registered("bakery.lab"), registered("bakery.shoplab"), registered("bakery.landlab")},
	}
}

func startLab(t *testing.T, w lab.World) (*lab.Lab, *clock) {
	t.Helper()
	c := newClock()
	l, err := lab.Start(t.Context(), w, lab.Options{Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return l, c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// query asks one name server one question and waits long for the answer.
func query(t *testing.T, l *lab.Lab, network, server, name string, qtype uint16, edns bool) (*dns.Msg, error) {
	t.Helper()
	return queryWithin(t, l, network, server, name, qtype, edns, 5*time.Second)
}

func queryWithin(t *testing.T, l *lab.Lab, network, server, name string, qtype uint16, edns bool, patience time.Duration) (*dns.Msg, error) {
	t.Helper()
	m := new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype)
	m.RecursionDesired = false
	if edns {
		m.SetEdns0(1232, false)
	}
	c := &dns.Client{Net: network, Timeout: patience}
	r, _, err := c.Exchange(m, net.JoinHostPort(server, strconv.Itoa(l.Endpoints().DNSPort)))
	return r, err
}

// ask is query over UDP that must be answered.
func ask(t *testing.T, l *lab.Lab, server, name string, qtype uint16) *dns.Msg {
	t.Helper()
	r, err := query(t, l, "udp", server, name, qtype, true)
	if err != nil {
		t.Fatalf("%s %s at %s: %v", name, dns.TypeToString[qtype], server, err)
	}
	return r
}

// page is an HTTP answer that was read to its end.
type page struct {
	StatusCode int
	Header     http.Header
}

// get fetches a URL without following redirects. The page is nil when there
// was no answer at all; an answer that broke off comes with an error.
func get(t *testing.T, method, url string) (*page, []byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	must(t, err)
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 40<<20))
	return &page{resp.StatusCode, resp.Header}, body, err
}

// getJSON fetches a URL and decodes it into a plain map.
func getJSON(t *testing.T, url string) (int, map[string]any) {
	t.Helper()
	resp, body, err := get(t, http.MethodGet, url)
	must(t, err)
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%s: %v in %.200q", url, err, body)
	}
	return resp.StatusCode, v
}

// whois asks over plain TCP.
func whois(t *testing.T, address, question string) (string, error) {
	t.Helper()
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(t.Context(), "tcp", address)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(conn, question+"\r\n"); err != nil {
		return "", err
	}
	body, err := io.ReadAll(io.LimitReader(conn, 12<<20))
	return string(body), err
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 5 s: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
