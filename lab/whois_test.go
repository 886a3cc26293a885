package lab_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/lab"
)

func TestWHOISDialects(t *testing.T) {
	l, clock := startLab(t, smallWorld())
	servers := l.Endpoints().WHOISServers
	tests := []struct {
		suffix           string
		active, expired  []string
		redemption, free string
		never            string
	}{
		{
			"lab",
			[]string{"Domain Name: BAKERY.LAB\r\n", "Registry Expiry Date: 2026-12-01T18:42:00Z\r\n", "Registrar: Harbor Names", "Registrar IANA ID: 9001", "Domain Status: clientTransferProhibited ", "Name Server: NS1.LABDNS.LAB", "DNSSEC: unsigned"},
			[]string{"Domain Status: autoRenewPeriod "},
			"Domain Status: redemptionPeriod ", `No match for domain "BAKERY.LAB".`, "\x00",
		},
		{
			"shoplab",
			[]string{"Domain name:    bakery.shoplab\n", "Expiry date:    01-Dec-2026\n", "Registered on:  21-Nov-2023\n", "Domain status:  clientTransferProhibited\n", "    ns1.labdns.lab\n"},
			[]string{"Domain status:  clientTransferProhibited, autoRenewPeriod\n"},
			"redemptionPeriod", "No entries found for bakery.shoplab.", "\r",
		},
		{
			"landlab",
			[]string{"Domain: bakery.landlab\n", "Status: connect\n", "Nserver: ns2.labdns.lab\n"},
			[]string{"Status: connect\n"},
			"Status: redemptionPeriod\n", "Status: free\n", "2026",
		},
	}
	look := func(t *testing.T, suffix string) string {
		t.Helper()
		text, err := whois(t, servers[suffix], "bakery."+suffix)
		must(t, err)
		return text
	}
	expect := func(t *testing.T, text string, parts ...string) {
		t.Helper()
		for _, p := range parts {
			if !strings.Contains(text, p) {
				t.Errorf("no %q in\n%s", p, text)
			}
		}
	}
	for _, tt := range tests {
		text := look(t, tt.suffix)
		expect(t, text, tt.active...)
		if strings.Contains(text, tt.never) {
			t.Errorf("%q in\n%s", tt.never, text)
		}
	}
	clock.Advance(11 * lab.Day)
	for _, tt := range tests {
		expect(t, look(t, tt.suffix), tt.expired...)
	}
	clock.Advance(45 * lab.Day)
	for _, tt := range tests {
		expect(t, look(t, tt.suffix), tt.redemption)
	}
	clock.Advance(40 * lab.Day)
	for _, tt := range tests {
		expect(t, look(t, tt.suffix), tt.free)
	}
}

func TestWHOISQuestionForms(t *testing.T) {
	w := smallWorld()
	w.Domains = append(w.Domains, lab.Domain{Name: "fenster-müller.lab", Unicode: "fenster-müller.lab", Expires: start.AddDate(1, 0, 0)})
	l, _ := startLab(t, w)
	for _, question := range []string{"fenster-müller.lab", "xn--fenster-mller-4ob.lab", "XN--FENSTER-MLLER-4OB.LAB", "-T dn,ace xn--fenster-mller-4ob.lab"} {
		text, err := whois(t, l.Endpoints().WHOISServers["lab"], question)
		must(t, err)
		if !strings.Contains(text, "Domain Name: XN--FENSTER-MLLER-4OB.LAB") {
			t.Errorf("%s: %s", question, text)
		}
	}
}

func TestWHOISFaults(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	at := l.Endpoints().WHOISServers["lab"]
	tests := []struct {
		fault lab.WHOISFault
		check func(t *testing.T, text string, err error)
	}{
		{lab.WHOISFault{Kind: lab.WHOISThrottled}, says("Number of allowed queries exceeded")},
		{lab.WHOISFault{Kind: lab.WHOISReserved}, says("reserved by the registry")},
		{lab.WHOISFault{Kind: lab.WHOISHostile}, says("<script>", "\x1b[31m", "\r\nBcc: ", "Registry Expiry Date: 2026-12-01")},
		{lab.WHOISFault{Kind: lab.WHOISReferral, ReferTo: "127.0.0.1:9"}, says("refer:        127.0.0.1:9\n", "Registrar WHOIS Server: 127.0.0.1:9")},
		{lab.WHOISFault{Kind: lab.WHOISText, Text: "anything\n"}, says("anything")},
		{lab.WHOISFault{Kind: lab.WHOISOtherName}, says("SOMEBODY-ELSE.INVALID", "2020-01-01")},
		{lab.WHOISFault{Kind: lab.WHOISBareRefer}, func(t *testing.T, text string, _ error) {
			t.Helper()
			if !strings.HasSuffix(text, "refer: x") {
				t.Errorf("%q", text)
			}
		}},
		{lab.WHOISFault{Kind: lab.WHOISBig, Bytes: 1 << 20}, func(t *testing.T, text string, err error) {
			t.Helper()
			must(t, err)
			if len(text) < 1<<20 || !strings.Contains(text, "Registry Expiry Date") {
				t.Errorf("%d bytes", len(text))
			}
		}},
		{lab.WHOISFault{Kind: lab.WHOISBig}, func(t *testing.T, text string, _ error) {
			t.Helper()
			if len(text) < 10<<20 {
				t.Errorf("%d bytes", len(text))
			}
		}},
		{lab.WHOISFault{Kind: lab.WHOISEndless}, func(t *testing.T, text string, _ error) {
			t.Helper()
			if len(text) < 12<<20 {
				t.Errorf("ended after %d bytes", len(text))
			}
		}},
		{lab.WHOISFault{Kind: lab.WHOISOutage}, fails},
		{lab.WHOISFault{Kind: lab.WHOISEmpty}, func(t *testing.T, text string, err error) {
			t.Helper()
			if text != "" || err != nil {
				t.Errorf("%q %v", text, err)
			}
		}},
		{lab.WHOISFault{Delay: 80 * time.Millisecond}, says("Domain Name: BAKERY.LAB")},
	}
	for _, tt := range tests {
		t.Run(string(tt.fault.Kind), func(t *testing.T) {
			l.SetWHOISFault("lab", tt.fault)
			before := time.Now()
			text, err := whois(t, at, "bakery.lab")
			if took := time.Since(before); took < tt.fault.Delay {
				t.Errorf("answered after %s", took)
			}
			tt.check(t, text, err)
		})
	}
	l.SetWHOISFault("lab", lab.WHOISFault{Kind: lab.WHOISOutage, Times: 2})
	for i, want := range []bool{false, false, true} {
		if _, err := whois(t, at, "bakery.lab"); (err == nil) != want {
			t.Errorf("question %d: %v", i, err)
		}
	}
}

func TestWHOISSilence(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	l.SetWHOISFault("lab", lab.WHOISFault{Kind: lab.WHOISSilent})
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Endpoints().WHOISServers["lab"])
	must(t, err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte("bakery.lab\r\n"))
	must(t, err)
	_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("read %d, %v", n, err)
	}
}

func TestFaultOfOneDomain(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	must(t, l.SetDomainWHOISFault("bakery.lab", lab.WHOISFault{Kind: lab.WHOISThrottled, Times: 1}))
	for i, want := range []string{"exceeded", "Registry Expiry Date"} {
		text, err := whois(t, l.Endpoints().WHOISServers["lab"], "bakery.lab")
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("question %d: %s %v", i, text, err)
		}
	}
}

func says(parts ...string) func(t *testing.T, text string, err error) {
	return func(t *testing.T, text string, err error) {
		t.Helper()
		must(t, err)
		for _, p := range parts {
			if !strings.Contains(text, p) {
				t.Errorf("no %q in %.300q", p, text)
			}
		}
	}
}

func fails(t *testing.T, text string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("answered %.100q", text)
	}
}
