package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

const (
	hostileTimeout = time.Second     // what a look may take in these tests
	siegeTimeout   = 3 * time.Second // and where many are under way on a busy machine, which must read 10 MB in it
	hostileSlack   = time.Second     // by which a busy machine may be late
	hostileMemory  = 64 << 20        // what a look may allocate in all, in bytes
)

// flood writes a chunk over and over: so many bytes, or without end when n is negative. It allocates nothing.
func flood(w io.Writer, chunk []byte, n int) {
	for sent := 0; n < 0 || sent < n; sent += len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// drip writes one byte after the other, slowly, until nobody listens.
func drip(w io.Writer, flush func(), done <-chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if _, err := w.Write([]byte("x")); err != nil {
				return
			}
			flush()
		}
	}
}

// bomb is little over the wire and much when unpacked.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	flood(w, make([]byte, 64<<10), 32<<20)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hostileRDAP answers each name in its own bad way.
func hostileRDAP(t *testing.T) string {
	t.Helper()
	packed, chunk := bomb(t), bytes.Repeat([]byte("x"), 64<<10)
	many := `{"objectClassName":"domain","ldhName":"many.rdap","status":["ok"` + strings.Repeat(`,"<script>\u001b[31m"`, 20_000) + `],"nameservers":[{"ldhName":"ns.lab"}` +
		strings.Repeat(`,{"ldhName":"a.lab\r\nBcc: x"}`, 10_000) + `],"events":[{"eventAction":"expiration","eventDate":"2028-06-01T11:00:00Z"}]}`
	mux := http.NewServeMux()
	answer := func(name string, h http.HandlerFunc) {
		mux.HandleFunc("GET /domain/"+name+".rdap", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/rdap+json")
			h(w, r)
		})
	}
	answer("big", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"x":"`)
		flood(w, chunk, 10<<20)
	})
	answer("endless", func(w http.ResponseWriter, _ *http.Request) { flood(w, chunk, -1) })
	answer("bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed)
	})
	answer("drip", func(w http.ResponseWriter, r *http.Request) { drip(w, w.(http.Flusher).Flush, r.Context().Done()) })
	answer("deep", func(w http.ResponseWriter, _ *http.Request) {
		flood(w, []byte(strings.Repeat(`{"a":[`, 1000)), 900<<10)
	})
	answer("loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) })
	answer("many", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, many) })
	answer("headers", func(w http.ResponseWriter, _ *http.Request) {
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = conn.Close() }()
		_, _ = buf.WriteString("HTTP/1.1 200 OK\r\n")
		flood(buf, []byte("X-Padding: "+strings.Repeat("x", 4000)+"\r\n"), -1)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// hostileWHOIS answers each name in its own bad way.
func hostileWHOIS(t *testing.T) string {
	t.Helper()
	comment := []byte(strings.Repeat("% nothing\r\n", 6000))
	return whoisServer(t, func(ctx context.Context, conn net.Conn, name string) {
		switch name {
		case "big.whois":
			flood(conn, comment, 10<<20)
			_, _ = io.WriteString(conn, "Domain Name: BIG.WHOIS\r\nRegistry Expiry Date: 2028-06-01T11:00:00Z\r\n")
		case "endless.whois":
			flood(conn, comment, -1)
		case "oneline.whois":
			flood(conn, bytes.Repeat([]byte("x"), 64<<10), -1)
		case "drip.whois":
			drip(conn, func() {}, ctx.Done())
		}
	})
}

// whoisServer answers every question by a function, until the test ends.
func whoisServer(t *testing.T, answer func(ctx context.Context, conn net.Conn, name string)) string {
	t.Helper()
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(conn).ReadString('\n')
			answer(ctx, conn, strings.TrimSpace(line))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { cancel(); _ = l.Close(); <-done })
	return l.Addr().String()
}

// Answers without measure: each look ends in time, and allocates little.
func TestLooksAreBounded(t *testing.T) {
	c := configs.Default()
	c.Network.AllowPrivate = true
	c.RDAP.Overrides, c.RDAP.Timeout = map[string]string{"rdap": hostileRDAP(t)}, hostileTimeout
	c.WHOIS.Servers, c.WHOIS.Timeout = map[string]string{"whois": hostileWHOIS(t)}, hostileTimeout
	l, err := newLooks(c, time.Now, discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		name    string
		outcome models.Outcome
	}{
		{"big.rdap", models.OutcomeUnparsed},
		{"endless.rdap", models.OutcomeUnparsed},
		{"bomb.rdap", models.OutcomeUnparsed},
		{"drip.rdap", models.OutcomeTimeout},
		{"deep.rdap", models.OutcomeUnparsed},
		{"loop.rdap", models.OutcomeRefused},
		{"headers.rdap", models.OutcomeUnreachable},
		{"many.rdap", models.OutcomeOK},
		{"big.whois", models.OutcomeUnparsed},
		{"endless.whois", models.OutcomeUnparsed},
		{"oneline.whois", models.OutcomeUnparsed},
		{"drip.whois", models.OutcomeTimeout},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		var look models.Look
		if strings.HasSuffix(want.name, ".rdap") {
			look = l.rdap.Look(t.Context(), want.name)
		} else {
			look = l.whois.Look(t.Context(), want.name)
		}
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		if look.Outcome != want.outcome || (look.Facts != nil) != (want.outcome == models.OutcomeOK) {
			t.Errorf("%s: %s, want %s: %s, facts %+v", want.name, look.Outcome, want.outcome, look.Detail, look.Facts)
		}
		if took > hostileTimeout+hostileSlack {
			t.Errorf("%s took %s", want.name, took)
		}
		if allocated > hostileMemory {
			t.Errorf("%s allocated %d MB", want.name, allocated>>20)
		}
		if len(look.Evidence) > models.MaxEvidence || unprintable(look.Detail) >= 0 {
			t.Errorf("%s: %d bytes of evidence, %q", want.name, len(look.Evidence), look.Detail)
		}
		if f := look.Facts; f != nil && (len(f.Statuses) > 100 || len(f.Nameservers) > 100 || f.ExpiresAt == nil || unprintable(fmt.Sprint(f.Statuses, f.Nameservers)) >= 0) {
			t.Errorf("%s: %d statuses, %d name servers, expires %v", want.name, len(f.Statuses), len(f.Nameservers), f.ExpiresAt)
		}
		t.Logf("FIGURE bounded look %s: %s after %s, %d kB allocated in all", want.name, look.Outcome, took.Round(time.Millisecond), allocated>>10)
	}
}

// public lets a registry on loopback pass for one on the public internet; everything else goes through the guard of the product.
type public struct {
	host    string
	guarded http.RoundTripper
}

func (p public) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == p.host {
		return http.DefaultTransport.RoundTrip(r)
	}
	return p.guarded.RoundTrip(r)
}

// A registry on the public internet sends us inside: by a redirect, by the address of the registrar's server, by a referral. Nobody goes.
func TestLooksStayOutside(t *testing.T) {
	inside, visits := insideListener(t)
	target := "http://" + inside.Addr().String() + "/domain/x.rdap"
	g := guard.New(false)
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch name := strings.TrimPrefix(r.URL.Path, "/domain/"); name {
		case "redirect.rdap":
			http.Redirect(w, r, target, http.StatusFound)
		case "metadata.rdap":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
		case "mapped.rdap":
			_, port, _ := net.SplitHostPort(inside.Addr().String())
			http.Redirect(w, r, "http://[::ffff:127.0.0.1]:"+port+"/", http.StatusSeeOther)
		case "named.rdap":
			_, port, _ := net.SplitHostPort(inside.Addr().String())
			http.Redirect(w, r, "http://localhost:"+port+"/", http.StatusMovedPermanently)
		}
	}))
	t.Cleanup(registry.Close)
	client := g.HTTPClient(guard.HTTPOptions{Timeout: 5 * time.Second})
	client.Transport = public{strings.TrimPrefix(registry.URL, "http://"), client.Transport}
	r, err := rdap.New(rdap.Options{HTTP: client, Overrides: map[string]string{"rdap": registry.URL + "/"}, Clock: time.Now, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, look models.Look) {
		t.Helper()
		if look.Outcome != models.OutcomeRefused || look.Facts != nil || !strings.Contains(look.Detail, guard.Setting) {
			t.Errorf("%s: %s: %s", what, look.Outcome, look.Detail)
		}
	}
	for _, name := range []string{"redirect.rdap", "metadata.rdap", "mapped.rdap", "named.rdap"} {
		refused(name, r.Look(t.Context(), name))
	}
	refused("the registrar's server", r.LookRelated(t.Context(), "x.rdap", target))

	server := whoisServer(t, func(_ context.Context, conn net.Conn, name string) {
		_, _ = fmt.Fprintf(conn, "Domain Name: %s\r\nRegistrar WHOIS Server: %s\r\nrefer: %s\r\nReferralServer: rwhois://%s\r\n", name, inside.Addr(), inside.Addr(), inside.Addr())
	})
	w, err := whois.New(whois.Options{Servers: map[string]string{"whois": server, "inside": inside.Addr().String()}, Timeout: 5 * time.Second, Clock: time.Now, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == server {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		return g.DialContext(ctx, network, address)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if look := w.Look(t.Context(), "refer.whois"); look.Outcome == models.OutcomeRefused || look.Outcome == models.OutcomeAbsent {
		t.Errorf("a referral: %s: %s", look.Outcome, look.Detail)
	}
	refused("a WHOIS server inside", w.Look(t.Context(), "x.inside"))
	if len(visits) > 0 {
		t.Errorf("%d connections went inside", len(visits))
	}
}

// A zone of the public internet names servers on loopback. Nobody asks them, and nothing is said of the domain.
func TestDNSStaysOutside(t *testing.T) {
	world, err := lab.Start(t.Context(), lab.World{
		TLDs:    []lab.TLD{{Name: "lab", RDAP: true, PublishesExpiry: true}},
		Domains: []lab.Domain{{Name: "inside.lab", Expires: hostileExpiry}},
	}, lab.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close() })
	c := labConfig(world.Endpoints())
	c.Network.AllowPrivate = false
	const root = "198.41.0.4"
	address := netip.MustParseAddr(strings.Split(world.Endpoints().RootHints[0], ":")[0])
	c.DNS.RootHints = root
	c.DNS.AddressMap = map[string]string{root: netip.AddrPortFrom(address, uint16(world.Endpoints().DNSPort)).String()}
	l, err := newLooks(c, time.Now, discard)
	if err != nil {
		t.Fatal(err)
	}
	look := l.dns.Look(t.Context(), "inside.lab", []models.ExpectedRecord{{Host: "www.inside.lab", Type: "CNAME", Match: models.MatchExact, Values: []string{"sites.agency.lab"}}})
	if look.Outcome.Answered() || len(look.Records) != 1 || look.Records[0].State.Judged() {
		t.Errorf("%s: %s, records %+v", look.Outcome, look.Detail, look.Records)
	}
	asked := 0
	for _, n := range world.Counters() {
		if n.Kind == lab.KindDNS && n.Server != address.String() {
			t.Errorf("the server %s was asked %d times", n.Server, n.Requests)
		} else if n.Kind == lab.KindDNS {
			asked += n.Requests
		}
	}
	if asked == 0 {
		t.Error("the root was not asked, so nothing was tested")
	}
	if !strings.Contains(look.Detail, "is not a public address") {
		t.Errorf("nobody is told why: %s\n%s", look.Detail, look.Evidence)
	}
}
