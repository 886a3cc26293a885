package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/lab"
)

// agencyTemplate is one that an agency adds for itself.
const agencyTemplate = `{"providerId":"agency.example","providerName":"Agency","serviceId":"subdomain-delegation","serviceName":"Sub-domain at the agency","hostRequired":true,
"records":[{"type":"NS","host":"@","pointsTo":"ns1.agency.lab"},{"type":"NS","host":"@","pointsTo":"ns2.agency.lab"}],
"deedwatch":{"code":"agency-subdomain","name":"Our own","needs":["Website Development"],"breaks":"All of it stops.","source":"https://agency.example/dns","hosts":["promo"]}}`

func templates(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestConnectionsListAndShow(t *testing.T) {
	code, out, errs := command(t, nil, "connections", "list", "--json")
	var all struct{ Services []map[string]any }
	if err := json.Unmarshal([]byte(out), &all); code != exitFine || err != nil || len(all.Services) < 60 {
		t.Fatalf("exit %d, %v, %d services, %s", code, err, len(all.Services), errs)
	}
	keys := []string{
		"breaks", "code", "discoverable", "host_required", "multi_instance", "name", "needs", "no_records", "provider_id", "records", "same_as", "service_id", "source",
		"unverified", "variable_description", "variables",
	}
	for _, s := range all.Services {
		if d := cmp.Diff(keys, slices.Sorted(maps.Keys(s))); d != "" || s["records"] == nil || s["needs"] == nil || s["variables"] == nil {
			t.Errorf("%v: keys are never missing, and lists never null: %s", s["code"], d)
		}
	}
	code, out, _ = command(t, nil, "connections", "show", "mailchimp", "--json")
	var one map[string]any
	if err := json.Unmarshal([]byte(out), &one); code != exitFine || err != nil || one["code"] != "mailchimp" {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
	if code, out, _ = command(t, nil, "connections", "show", "shopify.com/shop"); code != exitFine || !strings.Contains(out, "23.227.38.65") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, _ = command(t, nil, "connections", "list"); code != exitFine || !strings.Contains(out, "mailchimp-classic") || strings.Contains(out, "example-address") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, errs = command(t, nil, "connections", "show", "nosuch"); code != exitUsage || out != "" || !strings.Contains(errs, "connections list") {
		t.Errorf("exit %d: %q %q", code, out, errs)
	}
}

func TestConnectionsApply(t *testing.T) {
	for _, tt := range []struct {
		why, request string
		code         int
		exception    any
	}{
		{"a shipped template", `{"provider_id":"mailchimp.com","service_id":"sending-domain","domain":"bakery.example","zone_records":[]}`, exitFine, nil},
		{"a document is printed for an exception too", `{"provider_id":"klaviyo.com","service_id":"branded-sending-domain","domain":"bakery.example"}`, exitFine, "HostRequired"},
		{"a template that nobody knows", `{"provider_id":"a","service_id":"b","domain":"bakery.example"}`, exitFine, "UnknownTemplate"},
		{"a public template as it is, sign-on members included", `{"template":{"providerId":"a.example","providerName":"A","serviceId":"s","serviceName":"S","version":2,"logoUrl":"https://a.example/l.svg","syncPubKeyDomain":"a.example","syncBlock":false,"warnPhishing":true,"sharedProviderName":true,"records":[{"type":"A","host":"@","pointsTo":"192.0.2.1","ttl":60,"comment":"x"}]},"domain":"bakery.example"}`, exitFine, nil},
		{"a template that is none", `{"template":[],"domain":"bakery.example"}`, exitUsage, nil},
		{"records that are none", `{"template_records":{"type":"A"},"domain":"bakery.example"}`, exitUsage, nil},
		{"a misspelt member", `{"domian":"bakery.example"}`, exitUsage, nil},
		{"a list", `[]`, exitUsage, nil},
		{"a number for a name", `{"domain":5}`, exitUsage, nil},
		{"a list for a host", `{"domain":"bakery.example","template_records":[{"type":"A","host":["x"]}]}`, exitUsage, nil},
		{"no JSON", `domain: bakery.example`, exitUsage, nil},
		{"nothing", ``, exitUsage, nil},
		{"two documents", `{"domain":"a.example"}{"domain":"b.example"}`, exitUsage, nil},
	} {
		code, out, errs := command(t, []byte(tt.request), "connections", "apply", "--json")
		if code != tt.code {
			t.Errorf("%s: exit %d, %s", tt.why, code, errs)
		}
		if tt.code == exitUsage {
			if out != "" || errs == "" || strings.Contains(errs, "Go ") || strings.Contains(errs, "struct") {
				t.Errorf("%s: %q, %q", tt.why, out, errs)
			}
			continue
		}
		var doc map[string]any
		if err := json.Unmarshal([]byte(out), &doc); err != nil || doc["exception"] != tt.exception || doc["records"] == nil || doc["new"] == nil || doc["deleted"] == nil {
			t.Errorf("%s: %v, %s", tt.why, err, out)
		}
	}
}

func TestConnectionsOfTheAgencysFolder(t *testing.T) {
	config := file(t, "deedwatch.yaml", "services: {folder: "+templates(t, map[string]string{"ours.json": agencyTemplate, "readme.txt": "not a template"})+"}\n")
	code, out, errs := command(t, nil, "--config", config, "connections", "show", "agency-subdomain")
	if code != exitFine || !strings.Contains(out, "ns1.agency.lab") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	bad := file(t, "deedwatch.yaml", "services: {folder: "+templates(t, map[string]string{"fine.json": agencyTemplate, "broken.json": `{"providerId":"x"}`})+"}\n")
	for _, args := range [][]string{{"connections", "list"}, {"connections", "discover", "example.lab"}, {"check", "example.lab"}} {
		code, out, errs := command(t, nil, append([]string{"--config", bad}, args...)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, "broken.json: ") || strings.Contains(errs, "fine.json") {
			t.Errorf("%v: exit %d, %q, %q", args, code, out, errs)
		}
	}
}

func TestConnectionsExpect(t *testing.T) {
	for _, tt := range []struct {
		why  string
		args []string
		code int
		want string
	}{
		{"records as check takes them", []string{"mailgun", "https://news.bakery.com/", "selector=s1", "key=k=rsa; p=A"}, exitFine, "host: email.news.bakery.com"},
		{"a variable is missing", []string{"mailgun", "bakery.com"}, exitUsage, "has no value"},
		{"a host is needed", []string{"klaviyo", "bakery.com"}, exitUsage, "give a host below it"},
		{"not a variable", []string{"mailgun", "bakery.com", "selector"}, exitUsage, "name=value"},
		{"not a service", []string{"nosuch", "bakery.com"}, exitUsage, "connections list"},
		{"not a name", []string{"mailgun", "a b"}, exitUsage, ""},
		{"a service without records says so", []string{"callrail", "bakery.com"}, exitFine, "has no records"},
	} {
		code, out, errs := command(t, nil, append([]string{"connections", "expect"}, tt.args...)...)
		if code != tt.code || !strings.Contains(out+errs, tt.want) || (code == exitUsage && out != "") {
			t.Errorf("%s: exit %d\n%s\n%s", tt.why, code, out, errs)
		}
	}
}

// bakeryWorld is one business that has Mailchimp's keys, half of Brevo's, a shop, mail sent from a delegated sub-domain, a wildcard, and a
// second one whose servers are silent.
func bakeryWorld(t *testing.T) (config string) {
	t.Helper()
	now := time.Now()
	l, err := lab.Start(t.Context(), lab.World{
		TLDs:       []lab.TLD{{Name: "lab", RDAP: true, PublishesExpiry: true}},
		Registrars: []lab.Registrar{{Name: "Amber Names", IANAID: 9999}},
		Servers:    []lab.Server{{Name: "ns1.host.lab"}, {Name: "ns2.host.lab"}, {Name: "ns1.mute.lab", Behaviour: lab.Behaviour{Mode: lab.ModeSilent}}},
		Domains: []lab.Domain{
			{Name: "host.lab", Registrar: "Amber Names", Expires: now.AddDate(1, 0, 0), NameServers: []string{"ns1.host.lab"}, Infrastructure: true},
			{Name: "mute.lab", Registrar: "Amber Names", Expires: now.AddDate(1, 0, 0), NameServers: []string{"ns1.mute.lab"}, Infrastructure: true},
			{Name: "silent.lab", Registrar: "Amber Names", Expires: now.AddDate(1, 0, 0), NameServers: []string{"ns1.mute.lab"}},
			{Name: "plain.lab", Registrar: "Amber Names", Expires: now.AddDate(1, 0, 0), NameServers: []string{"ns1.host.lab"}, Records: []lab.Record{{Type: "A", Value: "127.0.0.9"}, {Host: "www", Type: "A", Value: "127.0.0.9"}}},
			{Name: "refused.lab", Registrar: "Amber Names", Expires: now.AddDate(1, 0, 0), NameServers: []string{"ns1.host.lab", "ns2.host.lab"}, ServedBy: []string{}},
			{Name: "bakery.lab", Registrar: "Amber Names", Expires: now.AddDate(1, 0, 0), NameServers: []string{"ns1.host.lab", "ns2.host.lab"}, Records: []lab.Record{
				{Type: "A", Value: "127.0.0.9"},
				{Type: "MX", Value: "1 smtp.google.com"},
				{Type: "TXT", Value: "v=spf1 include:_spf.google.com ~all"},
				{Type: "TXT", Value: "google-site-verification=AbC"},
				{Type: "TXT", Value: "brevo-code:42"},
				{Host: "google._domainkey", Type: "TXT", Value: "v=DKIM1; k=rsa; p=MIGf"},
				{Host: "k2._domainkey", Type: "CNAME", Value: "dkim2.mcsv.net"},
				{Host: "k3._domainkey", Type: "CNAME", Value: "dkim3.mcsv.net"},
				{Host: "shop", Type: "CNAME", Value: "shops.myshopify.com"},
				{Host: "tienda", Type: "CNAME", Value: "cdn.webflow.com"},
				{Host: "promo", Type: "NS", Value: "ns1.agency.lab"},
				{Host: "promo", Type: "NS", Value: "ns2.agency.lab"},
				{Host: "*.wild", Type: "CNAME", Value: "custom-proxy.leadpages.net"},
			}},
		},
	}, lab.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c := labConfig(l.Endpoints())
	var addresses []string
	for from, to := range l.Endpoints().AddressMap {
		addresses = append(addresses, fmt.Sprintf("%q: %q", from, to))
	}
	return file(t, "deedwatch.yaml", fmt.Sprintf(
		"network: {allow_private: true}\nrdap: {overrides: {lab: %q}, per_second: 50}\ndns: {root_hints: %q, port: %d, ipv6: false, timeout: 400ms, per_second: 2000, address_map: {%s}}\nservices: {folder: %s}\n",
		l.Endpoints().RDAPOverrides["lab"], c.DNS.RootHints, c.DNS.Port, strings.Join(addresses, ", "), templates(t, map[string]string{"ours.json": agencyTemplate})))
}

type discovered struct {
	Domain, Outcome, Detail string
	Asked                   int
	Unanswered              []questionDoc
	Services                []struct {
		Code, Name, Breaks, Host string
		Needs, Also              []string
		Complete                 bool
		Variables                map[string]string
		Records, Missing, Unsure []struct{ Type, Name, Data string }
	}
}

func TestConnectionsDiscover(t *testing.T) {
	config := bakeryWorld(t)
	run := func(want int, args ...string) (doc discovered, text string) {
		t.Helper()
		code, out, errs := command(t, nil, append([]string{"--config", config, "connections", "discover"}, args...)...)
		if code != want {
			t.Fatalf("%v: exit %d, want %d\n%s\n%s", args, code, want, out, errs)
		}
		if slices.Contains(args, "--json") {
			if err := json.Unmarshal([]byte(out), &doc); err != nil {
				t.Fatal(err)
			}
		}
		return doc, out
	}
	doc, _ := run(exitNoLook, "https://bakery.lab/cakes", "--json", "--host", "tienda", "--host", "x.wild")
	got := map[string]string{}
	for _, s := range doc.Services {
		got[s.Code+" at "+s.Host] = fmt.Sprint(s.Complete, " ", len(s.Records))
	}
	want := map[string]string{
		"google-workspace at @": "true 3", "google-search-console at @": "true 1", "brevo at @": "false 1", "mailchimp at @": "true 2", "shopify-subdomain at shop": "true 1",
		"webflow-subdomain at tienda": "true 1", "agency-subdomain at promo": "true 2",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	inPromo := func(q questionDoc) bool { return q.Host == "promo" || strings.HasSuffix(q.Host, ".promo") } // whose servers serve nothing
	if doc.Domain != "bakery.lab" || doc.Outcome != "ok" || doc.Asked < 100 || len(doc.Unanswered) == 0 ||
		slices.ContainsFunc(doc.Unanswered, func(q questionDoc) bool { return !inPromo(q) || q.Type == "NS" }) {
		t.Errorf("%s %s: %d asked, without an answer %v", doc.Domain, doc.Outcome, doc.Asked, doc.Unanswered)
	}
	for _, s := range doc.Services {
		if s.Code == "google-workspace" && s.Variables["dkim"] != "v=DKIM1; k=rsa; p=MIGf" {
			t.Errorf("variables: %v", s.Variables)
		}
		if s.Code == "brevo" && (len(s.Missing) != 2 || s.Missing[0].Data != "b1.%label%.dkim.brevo.com") {
			t.Errorf("missing: %v", s.Missing)
		}
	}
	if _, text := run(exitNoLook, "bakery.lab"); !strings.Contains(text, "mailchimp at @") || !strings.Contains(text, "missing: brevo1._domainkey CNAME") || strings.Contains(text, "webflow") {
		t.Errorf("for people: %s", text)
	}
	if doc, _ := run(exitFine, "plain.lab", "--json"); len(doc.Services) != 0 || doc.Asked < 100 || len(doc.Unanswered) > 0 {
		t.Errorf("an address where an alias was asked for is an answer: %+v", doc)
	}
	if doc, _ := run(exitNoLook, "refused.lab", "--json"); len(doc.Services) != 0 || len(doc.Unanswered) != doc.Asked || doc.Asked < 100 {
		t.Errorf("servers that refuse answer nothing: %+v", doc)
	}
	if doc, _ := run(exitFine, "nobody.lab", "--json"); doc.Outcome != "absent" || doc.Asked != 0 {
		t.Errorf("%+v", doc)
	}
	if doc, _ := run(exitNoLook, "silent.lab", "--json"); len(doc.Services) != 0 || (doc.Outcome == "ok" && len(doc.Unanswered) == 0) {
		t.Errorf("%+v", doc)
	}
	run(exitUsage, "not a name")
}

func TestCheckExpectsConnections(t *testing.T) {
	config := bakeryWorld(t)
	expect := file(t, "expect.yaml", `
- {connection: mailchimp, host: "@"}
- {connection: google-search-console, host: "@", variables: {token: AbC}}
- {connection: google-workspace, host: "@", variables: {dkim: "v=DKIM1; k=rsa; p=MIGf"}}
- {connection: brevo, host: bakery.lab, variables: {code: "42", label: bakery-lab}}
- {connection: agency-subdomain, host: promo.bakery.lab}
- {connection: callrail, host: "@"}
- {host: shop, type: CNAME, value: shops.myshopify.com}
`)
	code, doc := runCheck(t, "--config", config, "check", "bakery.lab", "--skip-registration", "--json", "--expect", expect)
	if code != exitProblems {
		t.Errorf("exit %d", code)
	}
	got := map[string]string{}
	for _, r := range doc.Domains[0].Records {
		got[r.Host+" "+r.Type+" "+strings.Join(r.Expected, ",")] = r.State
	}
	for record, state := range map[string]string{
		"bakery.lab TXT google-site-verification=AbC":                     "ok",
		"bakery.lab MX 1 smtp.google.com":                                 "ok",
		"bakery.lab TXT include:_spf.google.com":                          "ok",
		"google._domainkey.bakery.lab TXT v=DKIM1; k=rsa; p=MIGf":         "ok",
		"bakery.lab TXT brevo-code:42":                                    "ok",
		"brevo1._domainkey.bakery.lab CNAME b1.bakery-lab.dkim.brevo.com": "name_gone",
		"brevo2._domainkey.bakery.lab CNAME b2.bakery-lab.dkim.brevo.com": "name_gone",
		"promo.bakery.lab NS ns1.agency.lab,ns2.agency.lab":               "delegation_broken",
	} {
		if got[record] != state {
			t.Errorf("%s is %q, want %q", record, got[record], state)
		}
	}
	if len(got) != 11 {
		t.Errorf("%d records: %v", len(got), got)
	}
	for why, bad := range map[string]string{
		"a connection nobody knows": "- {connection: nosuch, host: x}",
		"a variable is missing":     "- {connection: google-search-console, host: x}",
		"records of its own":        "- {connection: mailchimp, host: x, type: A, value: 192.0.2.1}",
		"a host is needed":          "- {connection: klaviyo, host: '@'}",
		"no host name":              "- {connection: mailchimp, host: 'a b'}",
	} {
		code, out, errs := command(t, nil, "--config", config, "check", "bakery.lab", "--expect", file(t, "e.yaml", bad))
		if code != exitUsage || out != "" || !strings.Contains(errs, "entry 1") {
			t.Errorf("%s: exit %d, %q, %q", why, code, out, errs)
		}
	}
}
