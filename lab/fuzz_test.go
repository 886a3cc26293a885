package lab_test

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/lab"
)

func FuzzMailParse(f *testing.F) {
	for _, raw := range []string{plainMail, hostileMail, "", "\r\n", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := lab.Mail{Raw: raw}.Parse()
		if err == nil && p.Header == nil {
			t.Error("neither a header nor an error")
		}
	})
}

// FuzzQuestions sends arbitrary names to every service of one lab. Whatever
// comes in, the lab answers the next proper question.
func FuzzQuestions(f *testing.F) {
	for _, name := range []string{"bakery.lab", "", ".", "a..b", "xn--", "bücher.lab", "\xff.lab", strings.Repeat("a.", 120) + "lab", "*.lab", "bakery.lab\x00"} {
		f.Add(name)
	}
	l, err := lab.Start(f.Context(), smallWorld(), lab.Options{Now: newClock().Now})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = l.Close() })
	f.Fuzz(func(t *testing.T, name string) {
		_, _ = whois(t, l.Endpoints().WHOISServers["lab"], name)
		_, _, _ = get(t, http.MethodGet, l.Endpoints().RDAPOverrides["lab"]+"domain/"+url.PathEscape(name))
		if _, ok := dns.IsDomainName(name); ok && name != "" {
			m := new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.TypeTXT)
			c := &dns.Client{Timeout: time.Second}
			_, _, _ = c.Exchange(m, net.JoinHostPort(l.ServerAddress("ns1.labdns.lab"), strconv.Itoa(l.Endpoints().DNSPort)))
		}
		text, err := whois(t, l.Endpoints().WHOISServers["lab"], "bakery.lab")
		if err != nil || !strings.Contains(text, "Registry Expiry Date") {
			t.Errorf("after %q: %q %v", name, text, err)
		}
	})
}
