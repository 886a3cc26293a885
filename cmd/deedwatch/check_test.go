package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/internal/authns"
	"github.com/krestmarketing/deedwatch/lab"
)

var discard = slog.New(slog.DiscardHandler)

// checked is the contract's document of check, as an outsider reads it: every key by its name.
type checked struct {
	CheckedAt time.Time `json:"checked_at"`
	Domains   []struct {
		Domain       string `json:"domain"`
		Registration *struct {
			Outcome         string     `json:"outcome"`
			Registered      *bool      `json:"registered"`
			ExpiresAt       *time.Time `json:"expires_at"`
			Source          string     `json:"source"`
			Server          string     `json:"server"`
			Lifecycle       string     `json:"lifecycle"`
			EffectiveExpiry *time.Time `json:"effective_expiry"`
			ExpirySource    *string    `json:"expiry_source"`
			LastSafeDay     *time.Time `json:"last_safe_day"`
		} `json:"registration"`
		Delegation *struct {
			ParentNS []string                                  `json:"parent_ns"`
			ChildNS  []string                                  `json:"child_ns"`
			Servers  []struct{ Name, Address, Outcome string } `json:"servers"`
			DNSSEC   string                                    `json:"dnssec"`
		} `json:"delegation"`
		Records []struct {
			Host, Type, State, Repair string
			Expected                  []string
			Seen                      map[string][]string
		} `json:"records"`
		Findings []struct{ Code, Severity, Subject, Title, Detail string } `json:"findings"`
	} `json:"domains"`
}

func runCheck(t *testing.T, args ...string) (int, checked) {
	t.Helper()
	code, out, errs := command(t, nil, args...)
	var doc checked
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("exit %d, %v\n%s\n%s", code, err, out, errs)
	}
	return code, doc
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const expectExample = `
- {host: www, type: CNAME, match: exact, value: shop.hoster.lab.}
- {host: promo, type: CNAME, match: exact, value: shop.hoster.lab}
- {host: "@", type: TXT, match: contains, value: "v=spf1 include:_spf.hoster.lab -all"}
- {host: s1._domainkey, type: TXT, match: prefix, value: "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEB"}
- {host: old.example.lab, type: CNAME, match: exact, value: gone.hoster.lab}
- {host: drift, type: A, match: exact, value: 127.77.0.80}
- {host: absent, type: CNAME, match: exact, value: shop.hoster.lab}
- {host: www, type: TXT, match: exact, value: nothing}
- {host: token.wild, type: TXT, match: exact, value: expected}
- {host: news, type: A, match: exact, value: 127.77.0.95}
- {host: "@", type: MX, match: one_of, value: [10 mail.example.lab, 20 mail2.example.lab]}
`

// DNS servers of two other makes, one of them lame, and a registry in the lab.
func TestCheckAgainstOtherMakes(t *testing.T) {
	running := authns.Start(t, authns.ExampleWorld()...)
	expires := time.Now().AddDate(0, 0, 200).UTC().Truncate(time.Second)
	l, err := lab.Start(t.Context(), lab.World{
		TLDs:       []lab.TLD{{Name: "lab", RDAP: true, PublishesExpiry: true}},
		Registrars: []lab.Registrar{{Name: "Amber Names", IANAID: 9999}},
		Domains:    []lab.Domain{{Name: "example.lab", Registrar: "Amber Names", Created: expires.AddDate(-3, 0, 0), Updated: expires.AddDate(-1, 0, 0), Expires: expires}},
	}, lab.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	config := file(t, "deedwatch.yaml", fmt.Sprintf("network: {allow_private: true}\nrdap: {overrides: {lab: %q}, per_second: 50}\ndns: {root_hints: %q, port: %d, ipv6: false, timeout: 500ms, per_second: 500}\n",
		l.Endpoints().RDAPOverrides["lab"], running.HintsFile, running.Port))
	code, doc := runCheck(t, "--config", config, "check", "https://www.Example.lab/", "--json", "--expect", file(t, "expect.yaml", expectExample))
	if code != exitProblems || len(doc.Domains) != 1 {
		t.Fatalf("exit %d, %+v", code, doc)
	}
	d := doc.Domains[0]
	if d.Domain != "example.lab" || d.Registration == nil || d.Registration.Outcome != "ok" || d.Registration.Lifecycle != "registered" || d.Registration.Source != "rdap" ||
		d.Registration.EffectiveExpiry == nil || !d.Registration.EffectiveExpiry.Equal(expires) || *d.Registration.ExpirySource != "registry" || d.Registration.LastSafeDay == nil {
		t.Errorf("registration: %+v", d.Registration)
	}
	states := map[string]string{}
	for _, r := range d.Records {
		states[r.Host+" "+r.Type] = r.State
		if right := r.State == "ok" || r.State == "ok_flattened"; right != (r.Repair == "") || !right && !strings.Contains(r.Repair, r.Host) {
			t.Errorf("%s %s is %s, and its repair reads %q", r.Host, r.Type, r.State, r.Repair)
		}
	}
	want := map[string]string{
		"www.example.lab CNAME": "ok", "promo.example.lab CNAME": "ok_flattened", "example.lab TXT": "ok", "s1._domainkey.example.lab TXT": "ok", "old.example.lab CNAME": "dangling",
		"drift.example.lab A": "wrong", "absent.example.lab CNAME": "name_gone", "www.example.lab TXT": "missing", "token.wild.example.lab TXT": "shadowed",
		"news.example.lab A": "delegation_broken", "example.lab MX": "ok",
	}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
	checkServers(t, doc)
}

func checkServers(t *testing.T, doc checked) {
	t.Helper()
	d := doc.Domains[0]
	servers := []string{"ns1.example.lab", "ns2.example.lab", "ns3.example.lab"}
	if diff := cmp.Diff(servers, d.Delegation.ParentNS); diff != "" {
		t.Error("parent:", diff)
	}
	if diff := cmp.Diff(servers, d.Delegation.ChildNS); diff != "" {
		t.Error("child:", diff)
	}
	outcomes := map[string]string{}
	for _, s := range d.Delegation.Servers {
		outcomes[s.Name+" "+s.Address] = s.Outcome
	}
	if diff := cmp.Diff(map[string]string{"ns1.example.lab 127.77.0.11": "ok", "ns2.example.lab 127.77.0.12": "ok", "ns3.example.lab 127.77.0.13": "refused"}, outcomes); diff != "" {
		t.Error(diff)
	}
	lame := false
	for _, f := range d.Findings {
		lame = lame || (strings.Contains(f.Code, "lame") && strings.Contains(f.Subject+f.Detail, "ns3.example.lab"))
	}
	if !lame {
		t.Errorf("the lame server is not named: %+v", d.Findings)
	}
}

// A bootstrap registry at an address is fetched when nothing else covers a name.
func TestCheckFetchesTheBootstrap(t *testing.T) {
	l, err := lab.Start(t.Context(), lab.DemoWorld(time.Now()), lab.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	config := file(t, "deedwatch.yaml", "network: {allow_private: true}\nrdap: {bootstrap: "+l.Endpoints().RDAPBootstrapURL+"}\n")
	code, doc := runCheck(t, "--config", config, "check", "goldencrust.lab", "--skip-dns", "--json")
	if code != exitFine || doc.Domains[0].Registration.Outcome != "ok" {
		t.Errorf("exit %d: %+v", code, doc.Domains[0].Registration)
	}
}

func TestCheckExitCodes(t *testing.T) {
	l, err := lab.Start(t.Context(), lab.DemoWorld(time.Now()), lab.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c := labConfig(l.Endpoints())
	config := file(t, "deedwatch.yaml", fmt.Sprintf("network: {allow_private: true}\nrdap: {overrides: {lab: %q}, per_second: 50}\ndns: {root_hints: %q, port: %d, ipv6: false, timeout: 400ms}\n",
		l.Endpoints().RDAPOverrides["lab"], c.DNS.RootHints, c.DNS.Port))
	fine := ""
	for _, d := range l.Domains() {
		if strings.HasSuffix(d.Name, ".lab") && d.RDAPFault == nil && !l.Broken(d.Name) && d.Expires.After(time.Now().AddDate(0, 6, 0)) && len(d.Statuses) < 3 {
			fine = d.Name
			break
		}
	}
	for _, tt := range []struct {
		why  string
		code int
		args []string
	}{
		{"a name that is fine", exitFine, []string{"check", fine, "--skip-dns", "--json"}},
		{"nobody registered it", exitProblems, []string{"check", "nobody-has-this-name.lab", "--skip-registration", "--json"}},
		{"the world does not cover it", exitNoLook, []string{"check", "example.unknownsuffix", "--skip-dns", "--json"}},
		{"no name", exitUsage, []string{"check", "not a name"}},
		{"an IP address", exitUsage, []string{"check", "192.0.2.1"}},
		{"no argument", exitUsage, []string{"check"}},
		{"an unknown flag", exitUsage, []string{"check", "example.lab", "--nonsense"}},
		{"no such expectations", exitUsage, []string{"check", "example.lab", "--expect", "/nowhere.yaml"}},
		{"bad expectations", exitUsage, []string{"check", "example.lab", "--expect", file(t, "e.yaml", "- {host: www, typ: A}")}},
		{"an unknown connection", exitUsage, []string{"check", "example.lab", "--expect", file(t, "e.yaml", "- {host: www, connection: nosuch}")}},
	} {
		code, out, errs := command(t, nil, append([]string{"--config", config}, tt.args...)...)
		if code != tt.code {
			t.Errorf("%s: exit %d, want %d\n%s\n%s", tt.why, code, tt.code, out, errs)
		}
		if tt.code == exitUsage && (out != "" || errs == "") {
			t.Errorf("%s: usage errors go to standard error alone: %q %q", tt.why, out, errs)
		}
	}
}
