package services_test

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog/services"
)

// agencyServices are what the agency sells; nothing else may be needed.
var agencyServices = []string{"SEO", "Google Ads", "Social Media Ads", "Social Media Management", "Website Development", "Email Marketing"}

// samples are values for the variables of shipped templates that must have a form; every other one is a word.
var samples = map[string]string{
	"address": "192.0.2.10", "target": "edge.typeform.com", "bounces": "b.vendor.example", "key1": "k1.vendor.example", "key2": "k2.vendor.example",
	"ns1": "ns1.agency.example", "ns2": "ns2.agency.example", "portal": "4711", "group": "12", "cluster": "07", "user": "815", "dkim": "v=DKIM1; k=rsa; p=MIGf",
	"key": "k=rsa; p=MIGf",
}

func sampleVariables(s *services.Service) map[string]string {
	vars := map[string]string{}
	for _, name := range s.Variables() {
		value, ok := samples[name]
		if !ok {
			value = "x" + strings.ToLower(name) + "7"
		}
		vars[name] = value
	}
	return vars
}

// sampleHost is a host that the template may be applied to.
func sampleHost(s *services.Service) string {
	switch {
	case !s.HostRequired:
		return ""
	case len(s.Notes.Hosts) > 0:
		return s.Notes.Hosts[0]
	}
	return "shop"
}

// connected is the zone that applying a template to an empty one makes.
func connected(t *testing.T, s *services.Service, zone ...services.ZoneRecord) services.Result {
	t.Helper()
	r, err := services.Apply(services.Application{Template: s.Template, Domain: "bakery.example", Host: sampleHost(s), Variables: sampleVariables(s), Zone: zone})
	if err != nil {
		t.Fatalf("%s: %v", s.Notes.Code, err)
	}
	return r
}

func TestShippedTemplates(t *testing.T) {
	files, err := filepath.Glob("templates/*.json")
	if err != nil {
		t.Fatal(err)
	}
	all := services.Shipped().Services()
	if len(all) != len(files) || len(all) < 60 {
		t.Fatalf("%d services of %d files: a code, or a provider with a service, is there twice", len(all), len(files))
	}
	for _, s := range all {
		t.Run(s.Notes.Code, func(t *testing.T) {
			if _, err := os.Stat(filepath.Join("templates", s.Notes.Code+".json")); err != nil {
				t.Errorf("the file is not named after the code: %v", err)
			}
			if err := s.Validate(); err != nil {
				t.Error(err)
			}
			if u, err := url.Parse(s.Notes.Source); err != nil || u.Scheme != "https" || !strings.Contains(u.Host, ".") {
				t.Errorf("the source %q is no https address", s.Notes.Source)
			}
			if len(s.Notes.Needs) == 0 || slices.ContainsFunc(s.Notes.Needs, func(n string) bool { return !slices.Contains(agencyServices, n) }) {
				t.Errorf("needed by %v, which is not what the agency sells", s.Notes.Needs)
			}
			if b := s.Notes.Breaks; !strings.HasSuffix(b, ".") || len(b) > 140 || strings.Contains(b, "DNS") || strings.Contains(b, "record") {
				t.Errorf("not one plain sentence: %q", b)
			}
			if s.Notes.Name == "" || s.Version == "" {
				t.Error("name and version are needed")
			}
			for _, v := range s.Variables() {
				if !strings.Contains(s.VariableDescription, v) {
					t.Errorf("nobody is told what %s is", v)
				}
			}
			if s.Notes.NoRecords == "" && len(connected(t, &s).New) == 0 {
				t.Error("applying it makes nothing")
			}
		})
	}
}

func TestEveryServiceAskedForIsThere(t *testing.T) {
	for _, code := range []string{
		"google-search-console", "google-workspace", "google-tag-server", "google-business", "meta-domain", "meta-conversions-gateway", "linkedin", "tiktok", "pinterest",
		"bing-webmaster", "mailchimp", "klaviyo", "hubspot-site", "hubspot-email", "activecampaign", "constant-contact", "brevo", "sendgrid", "mailgun", "postmark", "amazon-ses",
		"salesforce-marketing-cloud", "campaign-monitor", "shopify", "wordpress-com", "wp-engine", "kinsta", "webflow", "squarespace", "wix", "unbounce", "leadpages", "instapage",
		"clickfunnels", "gohighlevel", "callrail", "zendesk-help", "intercom-email", "calendly", "typeform", "cloudflare-pages", "fastly", "vercel", "netlify", "agency-subdomain",
	} {
		if _, ok := services.Shipped().ByCode(code); !ok {
			t.Errorf("%s is not shipped", code)
		}
	}
}

// What the format has, and we use, survives being read and written; what we do not use is passed over.
func TestPublicFormatRoundTrip(t *testing.T) {
	err := fs.WalkDir(os.DirFS("templates"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join("templates", name))
		if err != nil {
			return err
		}
		var first, second services.Service
		if err := json.Unmarshal(content, &first); err != nil {
			return err
		}
		written, err := json.Marshal(first)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(written, &second); err != nil {
			return err
		}
		if d := cmp.Diff(first, second); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const public = `{"providerId":"exampleservice.example","providerName":"Example","serviceId":"mail","serviceName":"Mail","version":3,"logoUrl":"https://example.example/x.svg",
		"syncBlock":false,"syncPubKeyDomain":"exampleservice.example","sharedProviderName":true,"warnPhishing":true,"description":"d","variableDescription":"key: the key",
		"records":[{"groupId":"a","type":"MX","host":"@","pointsTo":"mx.exampleservice.example","priority":"10","ttl":"3600","essential":"Always"},
		{"type":"SRV","name":"_sip","service":"_sip","protocol":"tls","port":443,"weight":1,"priority":100,"target":"sip.exampleservice.example","ttl":3600},
		{"type":"TXT","host":"@","data":"%key%","ttl":"%ttl%","txtConflictMatchingMode":"Prefix","txtConflictMatchingPrefix":"ex="}]}`
	root := folder(t, map[string]string{"exampleservice.example.mail.json": public})
	c, err := services.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := c.Find("EXAMPLEservice.example", "Mail")
	if !ok || s.Records[0].Priority != "10" || s.Records[2].TTL != "%ttl%" || s.Notes.Code != "exampleservice.example/mail" || s.Title() != "Example Mail" {
		t.Errorf("read as %+v", s)
	}
	if d := cmp.Diff([]string{"key", "ttl"}, s.Variables()); d != "" {
		t.Error(d)
	}
}

func folder(t *testing.T, files map[string]string) fs.FS {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return os.DirFS(dir)
}

func TestLaterFoldersWin(t *testing.T) {
	const base = `{"providerId":"p.example","serviceId":"one","serviceName":"One","records":[{"type":"A","host":"@","pointsTo":"192.0.2.1"}],
		"deedwatch":{"code":"one","name":"One","needs":["SEO"],"breaks":"It stops.","source":"https://p.example/"}}`
	replaced := strings.ReplaceAll(base, "192.0.2.1", "192.0.2.2")
	public, _, _ := strings.Cut(replaced, ",\n\t\t\"deedwatch\"")
	for _, tt := range []struct{ why, second string }{
		{"the same provider and service", strings.ReplaceAll(replaced, `"code":"one"`, `"code":"two"`)},
		{"the same code", strings.ReplaceAll(replaced, `"serviceId":"one"`, `"serviceId":"other"`)},
		{"a public template has no notes and keeps ours", public + "}"},
	} {
		c, err := services.Load(folder(t, map[string]string{"a.json": base}), folder(t, map[string]string{"b.json": tt.second}))
		if err != nil {
			t.Fatal(err)
		}
		all := c.Services()
		if len(all) != 1 || all[0].Records[0].PointsTo != "192.0.2.2" {
			t.Errorf("%s: %+v", tt.why, all)
		}
		if strings.Contains(tt.why, "public") {
			if s, ok := c.ByCode("one"); !ok || s.Notes.Breaks != "It stops." {
				t.Errorf("%s: %+v", tt.why, s)
			}
		}
	}
}

func TestErrorsNameTheFile(t *testing.T) {
	good := `{"providerId":"p.example","serviceId":"s","records":[{"type":"A","host":"@","pointsTo":"192.0.2.1"}]`
	for why, tt := range map[string]struct{ content, want string }{
		"no JSON":                    {"{", "bad.json: not a template"},
		"nothing in it":              {"{}", "bad.json: providerId is missing"},
		"no records":                 {`{"providerId":"p","serviceId":"s","records":[]}`, "there are no records"},
		"records and none":           {good + `,"deedwatch":{"code":"x","name":"X","breaks":"b","source":"s","noRecords":"none"}}`, "noRecords is said"},
		"a CNAME at the apex":        {`{"providerId":"p","serviceId":"s","records":[{"type":"CNAME","host":"@","pointsTo":"x.example"}]}`, "needs hostRequired"},
		"an open variable":           {`{"providerId":"p","serviceId":"s","records":[{"type":"TXT","host":"@","data":"%x"}]}`, "is not closed"},
		"no such type":               {`{"providerId":"p","serviceId":"s","records":[{"type":"no way","host":"@"}]}`, "is not a record type"},
		"a mode that is none":        {`{"providerId":"p","serviceId":"s","records":[{"type":"TXT","host":"@","data":"x","txtConflictMatchingMode":"Some"}]}`, "None, All or Prefix"},
		"a group with a variable":    {`{"providerId":"p","serviceId":"s","records":[{"type":"TXT","host":"@","data":"x","groupId":"%x%"}]}`, "hold no variables"},
		"a number that is an object": {`{"providerId":"p","serviceId":"s","records":[{"type":"A","host":"@","pointsTo":"192.0.2.1","ttl":{}}]}`, "write {} as a number"},
		"a code with capitals":       {good + `,"deedwatch":{"code":"Mail Chimp","name":"X","breaks":"b","source":"s"}}`, "small letters"},
		"half the notes":             {good + `,"deedwatch":{"code":"x"}}`, "name, breaks and source"},
		"a host that is none":        {good + `,"deedwatch":{"code":"x","name":"X","breaks":"b","source":"s","hosts":["a b"]}}`, "is not a host name"},
		"a pattern without value":    {good + `,"deedwatch":{"code":"x","name":"X","breaks":"b","source":"s","discover":[{"host":"@","type":"A"}]}}`, "needs host, type and value"},
		"a pattern of no type":       {good + `,"deedwatch":{"code":"x","name":"X","breaks":"b","source":"s","discover":[{"host":"@","type":"?","value":"x"}]}}`, "is not a record type"},
	} {
		_, err := services.Load(folder(t, map[string]string{"good.json": good + "}", "bad.json": tt.content}))
		if err == nil || !strings.Contains(err.Error(), "bad.json: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", why, err)
		}
	}
	if _, err := services.Load(os.DirFS(filepath.Join(t.TempDir(), "none"))); err == nil {
		t.Error("a folder that is not there was accepted")
	}
}
