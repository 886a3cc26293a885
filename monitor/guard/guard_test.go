package guard_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/monitor/guard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRefusal(t *testing.T) {
	for _, c := range []struct{ address, why string }{
		{"127.0.0.1", "loopback"},
		{"127.255.255.254", "loopback"},
		{"::1", "loopback"},
		{"0.0.0.0", "unspecified"},
		{"::", "unspecified"},
		{"10.1.2.3", "private"},
		{"172.16.0.1", "private"},
		{"172.31.255.255", "private"},
		{"192.168.1.1", "private"},
		{"fd00::1", "unique local"},
		{"169.254.169.254", "link-local"},
		{"fe80::1", "link-local"},
		{"fe80::1%eth0", "link-local"},
		{"fec0::1", "site-local"},
		{"100.64.0.1", "carrier NAT"},
		{"100.127.255.255", "carrier NAT"},
		{"192.0.2.1", "documentation"},
		{"198.51.100.7", "documentation"},
		{"203.0.113.9", "documentation"},
		{"2001:db8::1", "documentation"},
		{"3fff::1", "documentation"},
		{"198.18.0.1", "benchmarking"},
		{"224.0.0.1", "multicast"},
		{"ff02::1", "multicast"},
		{"255.255.255.255", "broadcast"},
		{"240.0.0.1", "reserved"},
		{"::ffff:127.0.0.1", "loopback"},
		{"::ffff:10.0.0.1", "private"},
		{"::127.0.0.1", "IPv4-compatible"},
		{"64:ff9b::7f00:1", "embeds 127.0.0.1"},
		{"64:ff9b::a9fe:a9fe", "embeds 169.254.169.254"},
		{"64:ff9b:1::1", "NAT64"},
		{"2002:7f00:1::", "embeds 127.0.0.1"},
		{"2002:c0a8:101::1", "embeds 192.168.1.1"},
		{"2001::1", "Teredo"},
		{"100::1", "discard"},
		{"192.88.99.1", "6to4 relay"},
		{"192.0.0.8", "protocol assignment"},
		{"5f00::1", "segment routing"},
		{"8.8.8.8", ""},
		{"172.32.0.1", ""},
		{"100.128.0.1", ""},
		{"2606:4700::1", ""},
		{"64:ff9b::808:808", ""},
		{"2002:808:808::1", ""},
		{"::ffff:8.8.8.8", ""},
	} {
		got := guard.Refusal(netip.MustParseAddr(c.address))
		if (c.why == "") != (got == "") || !strings.Contains(got, c.why) {
			t.Errorf("%s: %q, want %q", c.address, got, c.why)
		}
	}
	if guard.Refusal(netip.Addr{}) == "" {
		t.Error("the zero address is let through")
	}
}

// listen starts a listener on loopback that accepts and drops.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestDialRefusesUnlessAllowed(t *testing.T) {
	l := listen(t)
	_, err := guard.New(false).DialContext(t.Context(), "tcp", l.Addr().String())
	var refused *guard.RefusedError
	if !errors.As(err, &refused) || refused.Address != l.Addr().String() || !strings.Contains(err.Error(), guard.Setting) || !guard.IsRefused(err) {
		t.Errorf("%v", err)
	}
	conn, err := guard.New(true).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if err := guard.New(false).Check(netip.MustParseAddr("10.0.0.1")); !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(guard.New(true).Check(netip.MustParseAddr("10.0.0.1")), guard.New(false).Check(netip.MustParseAddr("9.9.9.9"))); err != nil {
		t.Error(err)
	}
}

// fakeResolver answers every name with one address, as a hostile zone would.
func fakeResolver(t *testing.T, answer string) *net.Resolver {
	t.Helper()
	pc, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.ParseIP(answer)}}
		}
		_ = w.WriteMsg(m)
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.ActivateAndServe() }()
	t.Cleanup(func() { _ = pc.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

func TestANameThatResolvesToLoopbackIsRefused(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "169.254.169.254", "10.0.0.1"} {
		g := guard.New(false).WithResolver(fakeResolver(t, address))
		_, err := g.DialContext(t.Context(), "tcp", "registry.example:43")
		var refused *guard.RefusedError
		if !errors.As(err, &refused) || refused.Address != net.JoinHostPort(address, "43") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func get(t *testing.T, c *http.Client, url string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c.Do(req)
}

func TestClientIgnoresProxiesAndNamesItself(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		_, _ = io.WriteString(w, r.UserAgent()+r.Header.Get("Cookie"))
	}))
	t.Cleanup(srv.Close)
	c := guard.New(true).HTTPClient(guard.HTTPOptions{UserAgent: "deedwatch/test"})
	for range 2 {
		resp, err := get(t, c, srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || string(body) != "deedwatch/test" {
			t.Errorf("%q %v", body, err)
		}
	}
}

func TestBodiesAreCapped(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", len(r.URL.Path)-1))
	}))
	t.Cleanup(srv.Close)
	c := guard.New(true).HTTPClient(guard.HTTPOptions{MaxBody: 10})
	for n, whole := range map[int]bool{0: true, 9: true, 10: true, 11: false, 200: false} {
		resp, err := get(t, c, srv.URL+"/"+strings.Repeat("p", n))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		var large *guard.BodyTooLargeError
		if whole != (err == nil) || (!whole && !errors.As(err, &large)) || len(body) != min(n, 10) {
			t.Errorf("%d bytes: read %d, %v", n, len(body), err)
		}
	}
}

func TestRedirects(t *testing.T) {
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	secure := httptest.NewTLSServer(http.RedirectHandler(srv.URL+"/end", http.StatusFound))
	t.Cleanup(secure.Close)
	mux.HandleFunc("/end", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "end") })
	for from, to := range map[string]string{
		"/1": "/2", "/2": "/3", "/3": "/4", "/4": "/end", "/0": "/1", "/file": "file:///etc/passwd", "/login": "http://u:p@127.0.0.1/", "/gopher": "gopher://127.0.0.1/",
	} {
		mux.Handle(from, http.RedirectHandler(to, http.StatusFound))
	}
	c := guard.New(true).HTTPClient(guard.HTTPOptions{Timeout: 5 * time.Second})
	c.Transport = trusting(t, c.Transport, secure)
	for _, x := range []struct{ why, url, reason string }{
		{"four hops", srv.URL + "/1", ""},
		{"five hops", srv.URL + "/0", "more than 4"},
		{"a file", srv.URL + "/file", "scheme"},
		{"another protocol", srv.URL + "/gopher", "scheme"},
		{"credentials", srv.URL + "/login", "credentials"},
		{"from https to http", secure.URL, "from https to http"},
	} {
		resp, err := get(t, c, x.url)
		if err == nil {
			_ = resp.Body.Close()
		}
		if (x.reason == "") != (err == nil) || (err != nil && (!guard.IsRefused(err) || !strings.Contains(err.Error(), x.reason))) {
			t.Errorf("%s: %v", x.why, err)
		}
	}
}

// trusting sends requests to the TLS server through a client that knows its certificate.
func trusting(t *testing.T, plain http.RoundTripper, secure *httptest.Server) http.RoundTripper {
	t.Helper()
	pool := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	tls := guard.New(true).HTTPClient(guard.HTTPOptions{RootCAs: pool})
	t.Cleanup(tls.CloseIdleConnections)
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Scheme == "https" {
			return tls.Transport.RoundTrip(r)
		}
		return plain.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRedirectToAPrivateAddressIsRefused(t *testing.T) {
	for _, target := range []string{"http://127.0.0.1:1/", "http://169.254.169.254/latest/", "http://[::ffff:10.0.0.1]/"} {
		g := guard.New(false)
		c := g.HTTPClient(guard.HTTPOptions{Timeout: 5 * time.Second})
		// The first hop is played here since the test has no public server; the second is dialled by the guard.
		guarded := c.Transport
		c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Hostname() == "public.example" {
				return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {target}}, Body: http.NoBody, Request: r}, nil
			}
			return guarded.RoundTrip(r)
		})
		resp, err := get(t, c, "http://public.example/")
		if err == nil {
			_ = resp.Body.Close()
		}
		if _, refused := errors.AsType[*guard.RefusedError](err); !refused {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := guard.New(true).DialContext(ctx, "tcp", "127.0.0.1:1"); err == nil {
		t.Error("dialled after the end")
	}
}
