package whois_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a WHOIS server on loopback that hands each query to h; it is gone, with its connections, at the end of the test.
func serve(t *testing.T, h func(query string, conn net.Conn)) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer func() { _ = conn.Close() }()
				query, err := bufio.NewReader(conn).ReadString('\n')
				if err == nil {
					h(query, conn)
				}
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return l.Addr().String()
}

func client(t *testing.T, server string, timeout time.Duration) *whois.Client {
	t.Helper()
	c, err := whois.New(whois.Options{Dial: guard.New(true).DialContext, Servers: map[string]string{"test": server}, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const registration = "Domain Name: quill.test\nRegistrar: Invented Names\nRegistry Expiry Date: 2027-03-01T10:00:00Z\n"

func TestLookAsksOneServerOnce(t *testing.T) {
	var queries atomic.Value
	server := serve(t, func(q string, conn net.Conn) {
		queries.Store(q)
		_, _ = io.WriteString(conn, registration)
	})
	look := client(t, server, 5*time.Second).Look(t.Context(), "Quill.test.")
	if look.Outcome != models.OutcomeOK || look.Facts.ExpiresAt == nil || look.Took <= 0 || look.Kind != models.LookWHOIS {
		t.Fatalf("%+v", look)
	}
	if q := queries.Load(); q != "quill.test\r\n" || look.Server != server || string(look.Evidence) != strings.TrimSpace(registration) {
		t.Errorf("asked %q of %s, kept %q", q, look.Server, look.Evidence)
	}
}

func TestReferralsAreNeverFollowed(t *testing.T) {
	var reached atomic.Bool
	inner := serve(t, func(_ string, conn net.Conn) { reached.Store(true); _, _ = io.WriteString(conn, registration) })
	for _, line := range []string{"whois: ", "refer: ", "Registrar WHOIS Server: ", "ReferralServer: whois://", "%referral rwhois://"} {
		for _, end := range []string{"\n", ""} {
			server := serve(t, func(_ string, conn net.Conn) { _, _ = io.WriteString(conn, registration+line+inner+end) })
			if look := client(t, server, 5*time.Second).Look(t.Context(), "quill.test"); look.Outcome != models.OutcomeOK {
				t.Errorf("%q: %s %s", line+end, look.Outcome, look.Detail)
			}
		}
	}
	if reached.Load() {
		t.Error("a referral was followed")
	}
}

func TestHostileServers(t *testing.T) {
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	forever := func(text string) func(string, net.Conn) {
		return func(_ string, conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, text); err != nil {
					return
				}
			}
		}
	}
	for _, c := range []struct {
		why   string
		serve func(string, net.Conn)
		want  models.Outcome
	}{
		{"an endless stream of lines", forever("Domain Name: quill.test\nRegistry Expiry Date: 2027-03-01\n"), models.OutcomeUnparsed},
		{"an endless line", forever(strings.Repeat("x", 4096)), models.OutcomeUnparsed},
		{"10 MB", func(_ string, conn net.Conn) { _, _ = io.WriteString(conn, registration+strings.Repeat("x", 10<<20)) }, models.OutcomeUnparsed},
		{"a drip that never ends", func(_ string, conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, "D"); err != nil {
					return
				}
				select {
				case <-hang:
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		}, models.OutcomeTimeout},
		{"silence", func(_ string, conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) }, models.OutcomeTimeout},
		{"an answer that hangs after its text", func(_ string, conn net.Conn) {
			_, _ = io.WriteString(conn, registration)
			_, _ = conn.Read(make([]byte, 1))
		}, models.OutcomeTimeout},
		{"a limit, then a reset", func(_ string, conn net.Conn) {
			_, _ = io.WriteString(conn, "Number of allowed queries exceeded.\r\n")
			_ = conn.(*net.TCPConn).SetLinger(0)
		}, models.OutcomeThrottled},
		{"nothing at all", func(string, net.Conn) {}, models.OutcomeUnparsed},
		{"HTML and control characters", func(_ string, conn net.Conn) { _, _ = io.WriteString(conn, "<script>\x00\x1b[2J\r\n</script>") }, models.OutcomeUnparsed},
		{"half a referral, on which the library panics when it looks for servers itself", func(_ string, conn net.Conn) { _, _ = io.WriteString(conn, "refer: x") }, models.OutcomeUnparsed},
	} {
		t.Run(c.why, func(t *testing.T) {
			started := time.Now()
			timeout := 10 * time.Second
			if c.want == models.OutcomeTimeout {
				timeout = 300 * time.Millisecond
			}
			look := client(t, serve(t, c.serve), timeout).Look(t.Context(), "quill.test")
			if c.why == "a limit, then a reset" && look.Outcome == models.OutcomeUnreachable {
				return // the reset may overtake the text; then nothing was learnt, which is as right
			}
			if look.Outcome != c.want || look.Facts != nil {
				t.Errorf("%s: %s", look.Outcome, look.Detail)
			}
			if took := time.Since(started); took > 9*time.Second {
				t.Errorf("took %s", took)
			}
			if len(look.Evidence) > models.MaxEvidence || strings.ContainsAny(look.Detail, "\r\n\x00\x1b") {
				t.Errorf("%d bytes kept, detail %q", len(look.Evidence), look.Detail)
			}
		})
	}
}

func TestNoNameSmugglesASecondQuery(t *testing.T) {
	c := client(t, serve(t, func(q string, _ net.Conn) { t.Errorf("asked %q", q) }), time.Second)
	for _, name := range []string{"evil.test\r\nAS1", "a b.test", "", "-x.test", "..", strings.Repeat("x.", 200) + "test", "192.0.2.1", "evil\x00.test"} {
		look := c.Look(t.Context(), name)
		if look.Outcome != models.OutcomeInvalid || strings.ContainsAny(look.Domain+look.Detail, "\r\n\x00") {
			t.Errorf("%q: %s, domain %q", name, look.Outcome, look.Domain)
		}
	}
}

func TestPrivateServersAreRefused(t *testing.T) {
	server := serve(t, func(string, net.Conn) { t.Error("the loopback server was reached") })
	c, err := whois.New(whois.Options{Servers: map[string]string{"test": server}})
	if err != nil {
		t.Fatal(err)
	}
	look := c.Look(t.Context(), "quill.test")
	if look.Outcome != models.OutcomeRefused || !strings.Contains(look.Detail, guard.Setting) {
		t.Errorf("%s: %s", look.Outcome, look.Detail)
	}
}

func TestServer(t *testing.T) {
	c, err := whois.New(whois.Options{Servers: map[string]string{"test": "whois.test", ".shop.test": "192.0.2.1:4343", "v6.test": "[2001:db8::1]:43", "uk": "whois.test:1"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"quill.test": "whois.test:43", "quill.shop.test": "192.0.2.1:4343", "quill.v6.test": "[2001:db8::1]:43", "quill.co.uk": "whois.test:1",
		"quill.com": "whois.verisign-grs.com:43", "quill.de": "whois.denic.de:43", "quill.nowhere-test": "", "": "",
	} {
		if got, ok := c.Server(name); got != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if look := c.Look(t.Context(), "quill.nowhere-test"); look.Outcome != models.OutcomeUnsupported {
		t.Errorf("%s", look.Outcome)
	}
	for suffix, server := range map[string]string{"c om": "x", "com": "", "net": "a b", "org": "x\r\ny", "biz": "::::"} {
		if _, err := whois.New(whois.Options{Servers: map[string]string{suffix: server}}); err == nil {
			t.Errorf("%q: %q was accepted", suffix, server)
		}
	}
}

func TestACatalogueServerGetsItsOwnQuery(t *testing.T) {
	asked := make(chan string, 1)
	server := serve(t, func(q string, conn net.Conn) { asked <- q; _, _ = io.WriteString(conn, "No match!!\n") })
	var address string
	c, err := whois.New(whois.Options{Dial: func(ctx context.Context, network, a string) (net.Conn, error) {
		address = a
		return (&net.Dialer{}).DialContext(ctx, network, server)
	}})
	if err != nil {
		t.Fatal(err)
	}
	look := c.Look(t.Context(), "quill.jp")
	if q := <-asked; q != "quill.jp/e\r\n" || address != "whois.jprs.jp:43" || look.Outcome != models.OutcomeAbsent {
		t.Errorf("asked %q of %s: %s", q, address, look.Outcome)
	}
}

func TestLooksRunTogether(t *testing.T) {
	c := client(t, serve(t, func(q string, conn net.Conn) {
		_, _ = io.WriteString(conn, "Domain Name: "+strings.TrimSpace(q)+"\nRegistry Expiry Date: 2027-03-01\n")
	}), 5*time.Second)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if look := c.Look(t.Context(), "quill.test"); look.Outcome != models.OutcomeOK {
				t.Errorf("%s: %s", look.Outcome, look.Detail)
			}
		})
	}
	wg.Wait()
}
