package rdap_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

// typical is an answer of the usual size of 4 KiB: half of it is what a look needs, half is notices.
func typical(name string) string {
	entity := `{"objectClassName":"entity","roles":["registrar"],"handle":"9995","publicIds":[{"type":"IANA Registrar ID","identifier":"9995"}],` +
		`"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","Invented Names Ltd"],["url",{},"uri","https://names.example"]]],` +
		`"entities":[{"objectClassName":"entity","roles":["abuse"],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text",""],["tel",{"type":"voice"},"uri","tel:+1.5550100"],["email",{},"text","abuse@names.example"]]]}]}`
	head := `{"objectClassName":"domain","handle":"1_DOMAIN-LAB","ldhName":"` + strings.ToUpper(name) + `","links":[{"value":"https://rdap.example/domain/` + name + `","rel":"self","href":"https://rdap.example/domain/` + name + `","type":"application/rdap+json"},` +
		`{"value":"https://rdap.names.example/domain/` + name + `","rel":"related","href":"https://rdap.names.example/domain/` + name + `","type":"application/rdap+json"}],` +
		`"status":["client delete prohibited","client transfer prohibited","client update prohibited","server transfer prohibited"],"entities":[` + entity + `],` +
		`"events":[{"eventAction":"registration","eventDate":"2009-03-01T10:00:00Z"},{"eventAction":"expiration","eventDate":"2027-03-01T10:00:00Z"},{"eventAction":"last changed","eventDate":"2026-02-01T10:00:00Z"},{"eventAction":"last update of RDAP database","eventDate":"2026-11-22T10:00:00Z"}],` +
		`"secureDNS":{"delegationSigned":true,"dsData":[{"keyTag":1234,"algorithm":13,"digestType":2,"digest":"` + strings.Repeat("AB12", 16) + `"}]},` +
		`"nameservers":[{"objectClassName":"nameserver","ldhName":"NS1.HOSTING.EXAMPLE"},{"objectClassName":"nameserver","ldhName":"NS2.HOSTING.EXAMPLE"},{"objectClassName":"nameserver","ldhName":"NS3.HOSTING.EXAMPLE"}],` +
		`"rdapConformance":["rdap_level_0","icann_rdap_technical_implementation_guide_1","icann_rdap_response_profile_1"],"notices":[`
	const notice = `{"title":"Terms","description":["These words stand for the terms of use of a registry."],"links":[{"href":"https://rdap.example/terms","type":"text/html"}]}`
	for len(head) < 3<<10+850 {
		head += notice + ","
	}
	return head + notice + "]}"
}

func BenchmarkParse(b *testing.B) {
	body := []byte(typical("harbour-bakery.example"))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if rdap.Parse("harbour-bakery.example", 200, nil, body, now).Facts == nil {
			b.Fatal("no facts")
		}
	}
}

// lookServer answers for every name and counts the connections it accepts.
func lookServer(tb testing.TB, start func(*httptest.Server)) (*rdap.Client, *atomic.Int32) {
	tb.Helper()
	var accepted atomic.Int32
	body := typical("harbour-bakery.lab")
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", rdap.MediaType)
		_, _ = io.WriteString(w, body)
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			accepted.Add(1)
		}
	}
	start(srv)
	tb.Cleanup(srv.Close)
	options := guard.HTTPOptions{Timeout: 10 * time.Second}
	if srv.TLS != nil {
		options.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	}
	hc := guard.New(true).HTTPClient(options)
	tb.Cleanup(hc.CloseIdleConnections)
	c, err := rdap.New(rdap.Options{HTTP: hc, Overrides: map[string]string{"lab": srv.URL}, Timeout: 10 * time.Second})
	if err != nil {
		tb.Fatal(err)
	}
	return c, &accepted
}

func plainHTTP(s *httptest.Server)   { s.Start() }
func secureHTTP2(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() }

func TestLooksShareAConnection(t *testing.T) {
	for name, start := range map[string]func(*httptest.Server){"HTTP/1.1": plainHTTP, "HTTP/2": secureHTTP2} {
		c, accepted := lookServer(t, start)
		for range 50 {
			if look := c.Look(t.Context(), "harbour-bakery.lab"); look.Outcome != models.OutcomeOK {
				t.Fatal(look.Detail)
			}
		}
		if n := accepted.Load(); n != 1 {
			t.Errorf("%s: %d connections for 50 looks", name, n)
		}
	}
}

// A connection is kept after answers that are no facts, too.
func TestErrorsKeepTheConnection(t *testing.T) {
	var accepted atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(map[bool]int{true: http.StatusTooManyRequests, false: http.StatusNotFound}[strings.Contains(r.URL.Path, "busy")])
		_, _ = io.WriteString(w, strings.Repeat("<p>no</p>", 2000))
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			accepted.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	hc := guard.New(true).HTTPClient(guard.HTTPOptions{})
	t.Cleanup(hc.CloseIdleConnections)
	c, err := rdap.New(rdap.Options{HTTP: hc, Overrides: map[string]string{"lab": srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		c.Look(t.Context(), "busy.lab")
		c.Look(t.Context(), "nobody.lab")
	}
	if n := accepted.Load(); n != 1 {
		t.Errorf("%d connections for 20 looks", n)
	}
}

func BenchmarkLook(b *testing.B) {
	for _, v := range []struct {
		name  string
		start func(*httptest.Server)
	}{{"HTTP1", plainHTTP}, {"HTTP2", secureHTTP2}} {
		b.Run(v.name, func(b *testing.B) {
			c, accepted := lookServer(b, v.start)
			b.ReportAllocs()
			for b.Loop() {
				if look := c.Look(b.Context(), "harbour-bakery.lab"); look.Outcome != models.OutcomeOK {
					b.Fatal(look.Detail)
				}
			}
			b.ReportMetric(float64(accepted.Load()), "conns")
		})
	}
}
