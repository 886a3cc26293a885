package services_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog/services"
)

// unrelated is a zone of a business that uses none of the services.
var unrelated = []services.ZoneRecord{
	{Type: "A", Name: "@", Data: "198.51.100.7"},
	{Type: "AAAA", Name: "@", Data: "2001:db8::7"},
	{Type: "CNAME", Name: "www", Data: "bakery.example"},
	{Type: "MX", Name: "@", Data: "mail.bakery.example", Priority: number("10")},
	{Type: "A", Name: "mail", Data: "198.51.100.8"},
	{Type: "TXT", Name: "@", Data: "v=spf1 mx include:spf.hoster.example -all"},
	{Type: "TXT", Name: "_dmarc", Data: "v=DMARC1; p=none"},
	{Type: "TXT", Name: "s1._domainkey", Data: "v=DKIM1; k=rsa; p=MIGf"},
	{Type: "NS", Name: "lab", Data: "ns1.hoster.example"},
	{Type: "TXT", Name: "@", Data: "some words"},
	{Type: "CNAME", Name: "autodiscover", Data: "mail.hoster.example"},
	{Type: "SRV", Name: "_imaps._tcp", Data: "mail.bakery.example", Port: number("993")},
}

func number(s string) *services.Number { return new(services.Number(s)) }

func TestNothingIsFoundInAnUnrelatedZone(t *testing.T) {
	for _, f := range services.Discover(services.Shipped(), "bakery.example", unrelated) {
		t.Errorf("%s at %s by %v", f.Service.Notes.Code, f.Host, f.Records)
	}
	if got := services.Discover(services.Shipped(), "not a name", unrelated); got != nil {
		t.Errorf("%v in the zone of no name", got)
	}
}

// undiscoverable are services of which a zone shows only what is the client's or the agency's own.
var undiscoverable = []string{"agency-subdomain", "callrail", "google-tag-server-address", "meta-conversions-gateway"}

// What a template makes is found again, whole, with its variables, and nothing else is complete beside it but what has the same records.
func TestEveryServiceIsFoundInItsOwnZone(t *testing.T) {
	var silent []string
	for _, s := range services.Shipped().Services() {
		switch code := s.Notes.Code; {
		case s.Notes.SameAs != "":
			continue
		case !s.Discoverable():
			silent = append(silent, code)
			continue
		}
		t.Run(s.Notes.Code, func(t *testing.T) {
			made := connected(t, &s, unrelatedBeside()...)
			found := services.Discover(services.Shipped(), "Bakery.Example.", made.Records)
			i := slices.IndexFunc(found, func(f services.Found) bool { return f.Service.Notes.Code == s.Notes.Code })
			if i < 0 {
				t.Fatalf("not found in %v, but %v", made.New, codes(found))
			}
			f := found[i]
			if !f.Complete() {
				t.Errorf("missing: %v", f.Missing)
			}
			if at := sampleHost(&s); strings.TrimPrefix(f.Host, "@") != at {
				t.Errorf("found at %q, want %q", f.Host, at)
			}
			if len(f.Records)+len(f.Unsure) != len(made.New) {
				t.Errorf("evidence is %v, of %v", f.Records, made.New)
			}
			want := sampleVariables(&s)
			if len(f.Unsure) > 0 { // whose DKIM key it is, nothing tells
				delete(want, "selector")
				delete(want, "key")
			}
			if d := cmp.Diff(want, f.Variables); d != "" {
				t.Errorf("variables: (-want +got)\n%s", d)
			}
			for _, o := range found {
				if o.Service.Notes.Code != s.Notes.Code {
					t.Errorf("%s was found beside it, by %v", o.Service.Notes.Code, o.Records)
				}
			}
		})
	}
	if d := cmp.Diff(undiscoverable, silent); d != "" {
		t.Errorf("services that nothing tells of: (-want +got)\n%s", d)
	}
}

// unrelatedBeside leaves out what the templates' records would remove.
func unrelatedBeside() []services.ZoneRecord {
	return slices.DeleteFunc(slices.Clone(unrelated), func(r services.ZoneRecord) bool {
		return r.Name == "www" || r.Name == "mail" || (r.Name == "@" && !strings.HasPrefix(r.Data, "some"))
	})
}

func codes(found []services.Found) []string {
	var out []string
	for _, f := range found {
		out = append(out, f.Service.Notes.Code)
	}
	return out
}

func TestDiscover(t *testing.T) {
	cname := func(name, to string) services.ZoneRecord {
		return services.ZoneRecord{Type: "CNAME", Name: name, Data: to}
	}
	txt := func(name, text string) services.ZoneRecord {
		return services.ZoneRecord{Type: "TXT", Name: name, Data: text}
	}
	for _, tt := range []struct {
		why  string
		zone []services.ZoneRecord
		want []string // code host complete? variables
	}{
		{
			"several tokens of one kind are several connections",
			[]services.ZoneRecord{txt("@", "google-site-verification=a"), txt("@", "google-site-verification=b")},
			[]string{"google-search-console @ complete token=a", "google-search-console @ complete token=b"},
		},
		{"half a pair of keys is incomplete, and the other is named", []services.ZoneRecord{cname("k2._domainkey", "dkim2.mcsv.net")}, []string{"mailchimp @ missing k3._domainkey CNAME dkim3.mcsv.net"}},
		{"keys may stand under a sub-domain", []services.ZoneRecord{cname("k2._domainkey.news", "dkim2.mcsv.net."), cname("K3._domainkey.News", "DKIM3.mcsv.net")}, []string{"mailchimp news complete"}},
		{
			"what is known of a variable is filled into what is missing",
			[]services.ZoneRecord{cname("s1._domainkey", "s1.domainkey.u42.wl007.sendgrid.net")},
			[]string{"sendgrid @ missing %em% CNAME u42.wl007.sendgrid.net, s2._domainkey CNAME s2.domainkey.u42.wl007.sendgrid.net cluster=007 user=42"},
		},
		{
			"records of two accounts are no whole",
			[]services.ZoneRecord{cname("hs1-1._domainkey", "x.hs01a.dkim.hubspotemail.net"), cname("hs2-2._domainkey", "x.hs02b.dkim.hubspotemail.net")},
			[]string{
				"hubspot-email @ missing hs2-1._domainkey CNAME x.hs01b.dkim.hubspotemail.net cluster=01 label=x portal=1",
				"hubspot-email @ missing hs1-2._domainkey CNAME x.hs02a.dkim.hubspotemail.net cluster=02 label=x portal=2",
			},
		},
		{"only www: the sub-domain's template is whole, the domain's is not said", []services.ZoneRecord{cname("www", "shops.myshopify.com")}, []string{"shopify-subdomain www complete"}},
		{
			"an IPv6 address in its short form",
			[]services.ZoneRecord{{Type: "A", Name: "@", Data: "23.227.38.65"}, {Type: "AAAA", Name: "@", Data: "2620:127:f00f:5::"}, cname("www", "shops.myshopify.com")},
			[]string{"shopify @ complete"},
		},
		{
			"an SPF rule of a sender that was never set up otherwise",
			[]services.ZoneRecord{txt("@", "v=spf1 include:mail.zendesk.com ~all")},
			[]string{"zendesk-email @ missing zendesk1._domainkey CNAME zendesk1._domainkey.zendesk.com, zendesk2._domainkey CNAME zendesk2._domainkey.zendesk.com"},
		},
		{"a rule with a qualifier, beside others", []services.ZoneRecord{
			txt("@", "v=spf1 mx ?include:mail.zendesk.com include:_spf.google.com ~all"), cname("zendesk1._domainkey", "zendesk1._domainkey.zendesk.com"),
			cname("zendesk2._domainkey", "zendesk2._domainkey.zendesk.com"),
			{Type: "MX", Name: "@", Data: "smtp.google.com"},
			txt("google._domainkey", "v=DKIM1; p=x"),
		}, []string{"google-workspace @ complete dkim=v=DKIM1; p=x", "zendesk-email @ complete"}},
		{"a text that only mentions a rule is no SPF record", []services.ZoneRecord{txt("@", "ask for include:mail.zendesk.com")}, nil},
		{"text for verification may be gone", []services.ZoneRecord{{Type: "A", Name: "@", Data: "198.202.211.1"}, cname("www", "cdn.webflow.com")}, []string{"webflow @ complete"}},
		{"another value of the same record is a sign and is not missed", []services.ZoneRecord{cname("shop", "abc.vercel-dns-016.com")}, []string{"vercel-subdomain shop complete id=abc n=016"}},
		{
			"of two forms of a service of which neither is whole, the current one is said",
			[]services.ZoneRecord{txt("@", "brevo-code:1")},
			[]string{"brevo @ missing brevo1._domainkey CNAME b1.%label%.dkim.brevo.com, brevo2._domainkey CNAME b2.%label%.dkim.brevo.com code=1"},
		},
		{"what completes the older form makes it the one", []services.ZoneRecord{txt("@", "brevo-code:1"), txt("mail._domainkey", "k=rsa;p=x")}, []string{"brevo-classic @ complete code=1 key=k=rsa;p=x"}},
		{"the case of a token counts", []services.ZoneRecord{txt("@", "Google-Site-Verification=x")}, nil},
	} {
		var got []string
		for _, f := range services.Discover(services.Shipped(), "bakery.example", tt.zone) {
			got = append(got, line(f))
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.why, d)
		}
	}
}

func line(f services.Found) string {
	words := []string{f.Service.Notes.Code, f.Host, "complete"}
	if !f.Complete() {
		var missing []string
		for _, m := range f.Missing {
			missing = append(missing, m.Name+" "+m.Type+" "+m.Data)
		}
		words[2] = "missing " + strings.Join(missing, ", ")
	}
	for _, name := range slices.Sorted(maps.Keys(f.Variables)) {
		words = append(words, name+"="+f.Variables[name])
	}
	return strings.Join(words, " ")
}

func TestServicesWithTheSameRecordsAreNamedTogether(t *testing.T) {
	found := services.Discover(services.Shipped(), "bakery.example", []services.ZoneRecord{{Type: "TXT", Name: "@", Data: "google-site-verification=x"}})
	if len(found) != 1 || !slices.Equal(found[0].Also, []string{"google-business"}) {
		t.Errorf("%+v", found)
	}
}

func TestQuestions(t *testing.T) {
	c := services.Shipped()
	plain, more := c.Questions(), c.Questions("tienda")
	for _, q := range []services.Question{{"@", "TXT"}, {"@", "MX"}, {"k2._domainkey", "CNAME"}, {"send", "NS"}, {"www", "CNAME"}, {"pm-bounces", "CNAME"}, {"shop", "CNAME"}, {"mg", "TXT"}} {
		if !slices.Contains(plain, q) {
			t.Errorf("%v is not asked for", q)
		}
	}
	if slices.Contains(plain, services.Question{Name: "tienda", Type: "CNAME"}) || !slices.Contains(more, services.Question{Name: "tienda", Type: "CNAME"}) ||
		!slices.Contains(more, services.Question{Name: "k2._domainkey.tienda", Type: "CNAME"}) {
		t.Error("a host that is given is asked for, with what lies below it")
	}
	seen := map[services.Question]bool{}
	for _, q := range more {
		if seen[q] || strings.Contains(q.Name, "%") || q.Name == "" || strings.HasPrefix(q.Type, "REDIR") || q.Type == "SPFM" {
			t.Errorf("%v can't be asked, or is asked twice", q)
		}
		seen[q] = true
	}
	t.Logf("FIGURE discovery: %d questions for %d services", len(plain), len(c.Services()))
}
