package catalog_test

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog"
)

func TestShippedServersAreValid(t *testing.T) {
	data, err := os.ReadFile("server.json")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := catalog.LoadServers(data)
	if err != nil || len(rows) < 25 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if diff := cmp.Diff(rows, catalog.Servers()); diff != "" {
		t.Errorf("the table in the program is another one:\n%s", diff)
	}
}

func TestServerLimit(t *testing.T) {
	second := func(n int) catalog.Window { return catalog.Window{N: n, Per: time.Second} }
	minute := func(n int) catalog.Window { return catalog.Window{N: n, Per: time.Minute} }
	day := func(n int) catalog.Window { return catalog.Window{N: n, Per: 24 * time.Hour} }
	for _, tt := range []struct {
		why, server, key string
		windows          []catalog.Window
		assumed          bool
	}{
		{"a host", "whois.nic.uk", "whois.nic.uk", []catalog.Window{second(5), day(1000)}, false},
		{"with a port, in capitals, with a final dot", "WHOIS.NIC.UK.:43", "whois.nic.uk", []catalog.Window{second(5), day(1000)}, false},
		{"one operator, many hosts: the key is the operator's", "whois.nic.xyz:43", "whois.centralnic.com", []catalog.Window{{N: 1800, Per: 15 * time.Minute}}, false},
		{"and the first host", "whois.centralnic.com", "whois.centralnic.com", []catalog.Window{{N: 1800, Per: 15 * time.Minute}}, false},
		{"one operator, another service", "https://rdap.centralnic.com/xyz/", "rdap.centralnic.com", []catalog.Window{minute(60)}, true},
		{"Identity Digital's suffixes are one service", "whois.nic.io", "whois.afilias-grs.info", []catalog.Window{minute(60)}, true},
		{"as are these", "whois.nic.academy:43", "whois.afilias-grs.info", []catalog.Window{minute(60)}, true},
		{"an allowance a day", "whois.nic.fr", "whois.nic.fr", []catalog.Window{day(7200)}, false},
		{"a base URL with port and path", "https://rdap.denic.de:443/domain/", "rdap.denic.de", []catalog.Window{{N: 1, Per: 5 * time.Second}, day(2000)}, true},
	} {
		l, ok := catalog.ServerLimit(tt.server)
		if !ok || l.Server != tt.key || l.Assumed != tt.assumed || !cmp.Equal(l.Windows, tt.windows) {
			t.Errorf("%s: %v %+v", tt.why, ok, l)
		}
		if l.Source == "" {
			t.Errorf("%s: nobody can look it up", tt.why)
		}
	}
}

func TestServersOfWhichNothingIsKnown(t *testing.T) {
	for why, server := range map[string]string{
		"unknown": "whois.unknown.test", "RDAP at a WHOIS host": "https://whois.nic.uk/", "WHOIS at an RDAP host": "rdap.denic.de", "a host below a known one": "x.whois.nic.uk",
		"known for its ways, not for a limit": "whois.nic.ch", "user info that looks like a host": "https://rdap.denic.de@rdap.test/", "empty": "", "an address": "192.0.2.1:43",
		"an IPv6 address": "[2001:db8::1]:43",
	} {
		if l, ok := catalog.ServerLimit(server); ok {
			t.Errorf("%s: %+v", why, l)
		}
	}
}

func TestLimitsCanNotBeChangedFromOutside(t *testing.T) {
	l, _ := catalog.ServerLimit("whois.nic.uk")
	l.Windows[0].N = 9999
	if again, _ := catalog.ServerLimit("whois.nic.uk"); again.Windows[0].N != 5 {
		t.Error("the shared table was changed")
	}
}

func TestServerLimitsAreAllThatAreKnown(t *testing.T) {
	all := catalog.ServerLimits()
	for i, l := range all {
		if len(l.Windows) == 0 || l.Source == "" {
			t.Errorf("%+v", l)
		}
		if i > 0 && all[i-1].Server > l.Server {
			t.Errorf("%s stands after %s", l.Server, all[i-1].Server)
		}
	}
	if len(all) < 25 {
		t.Errorf("%d", len(all))
	}
}

func TestWaysOfServers(t *testing.T) {
	for host, want := range map[string]string{
		"whois.denic.de": "-T dn,ace quill.test", "whois.jprs.jp": "quill.test/e", "whois.verisign-grs.com": "domain quill.test", "whois.nic.uk": "quill.test",
	} {
		s, ok := catalog.FindServer(host)
		if got := s.QueryFor("quill.test"); !ok || got != want {
			t.Errorf("%s is asked %q, want %q", host, got, want)
		}
	}
	if s, _ := catalog.FindServer("whois.nic.es"); s.Access != catalog.AccessRegistered {
		t.Error("port 43 of .es answers registered addresses only")
	}
	if s, _ := catalog.FindServer("whois.nic.li"); s.Access != catalog.AccessClosed {
		t.Error("port 43 of .li is closed")
	}
	if r := catalog.ForDomain("quill.co.jp"); r.WHOISServer != "whois.jprs.jp" {
		t.Errorf("%+v", r)
	}
}

func TestBrokenServersAreNamed(t *testing.T) {
	good := map[string]any{
		"server": "whois.test.test", "operator": "Test", "protocol": "whois", "windows": []any{map[string]int{"n": 5, "seconds": 60}}, "source": "a document, https://registry.test", "seen": "2026-11",
	}
	for _, c := range []struct {
		why, key string
		value    any
		message  string
	}{
		{"a port", "server", "whois.test:43", "without port"},
		{"capitals", "server", "WHOIS.test", "lower case"},
		{"nobody's", "operator", "", "needs an operator"},
		{"an odd protocol", "protocol", "gopher", "neither rdap nor whois"},
		{"an odd charset", "charset", "ebcdic", "is not latin1"},
		{"an odd access", "access", "web", "neither registered nor closed"},
		{"a query of two lines", "query", "{}\r\nx", "one line"},
		{"a query without the name", "query", "x", "hold {} once"},
		{"no source", "source", "", "needs a source"},
		{"no month", "seen", "", "needs a source"},
		{"an assumption of nothing", "windows", []any{}, "there are none"},
		{"itself among its hosts", "hosts", []string{"whois.test.test"}, "no further host"},
		{"no host among its hosts", "hosts", []string{"a b"}, "no further host"},
		{"none at all", "windows", []any{map[string]int{"n": 0, "seconds": 60}}, "are possible"},
		{"a week", "windows", []any{map[string]int{"n": 5, "seconds": 604800}}, "are possible"},
		{"the same window twice", "windows", []any{map[string]int{"n": 5, "seconds": 60}, map[string]int{"n": 6, "seconds": 60}}, "two windows"},
		{"an unknown key", "typo", 1, "unknown field"},
	} {
		row := maps.Clone(good)
		row[c.key] = c.value
		if c.key == "windows" && len(c.value.([]any)) == 0 {
			row["assumed"] = true
		}
		data, err := json.Marshal([]any{row})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := catalog.LoadServers(data); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v, want %q", c.why, err, c.message)
		}
	}
	other := maps.Clone(good)
	other["server"], other["hosts"], other["protocol"] = "whois.other.test", []string{"whois.test.test"}, ""
	twice, err := json.Marshal([]any{good, other})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := catalog.LoadServers(twice); err == nil || !strings.Contains(err.Error(), "stands already in row 1 for whois") {
		t.Errorf("a host of two services: %v", err)
	}
}
