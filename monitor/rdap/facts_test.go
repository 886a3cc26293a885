package rdap_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

// read parses the answer on a.example with more members, and gives its facts.
func read(t *testing.T, members string) *models.Facts {
	t.Helper()
	look := rdap.Parse("a.example", 200, nil, []byte(`{"objectClassName":"domain","ldhName":"a.example",`+members+`}`), now)
	if look.Facts == nil {
		t.Fatalf("%s: %s", look.Outcome, look.Detail)
	}
	return look.Facts
}

// Every value of RFC 8056 section 2 in both spellings.
func TestStatusesInEverySpelling(t *testing.T) {
	for epp, spellings := range map[string]string{
		"addPeriod": "add period", "autoRenewPeriod": "auto renew period", "clientDeleteProhibited": "client delete prohibited",
		"clientHold": "client hold", "clientRenewProhibited": "client renew prohibited", "clientTransferProhibited": "client transfer prohibited",
		"clientUpdateProhibited": "client update prohibited", "inactive": "inactive", "linked": "associated", "ok": "active",
		"pendingCreate": "pending create", "pendingDelete": "pending delete", "pendingRenew": "pending renew", "pendingRestore": "pending restore",
		"pendingTransfer": "pending transfer", "pendingUpdate": "pending update", "redemptionPeriod": "redemption period",
		"renewPeriod": "renew period", "serverDeleteProhibited": "server delete prohibited", "serverRenewProhibited": "server renew prohibited",
		"serverTransferProhibited": "server transfer prohibited", "serverUpdateProhibited": "server update prohibited",
		"serverHold": "server hold", "transferPeriod": "transfer period",
	} {
		for _, s := range []string{
			spellings, epp, strings.ToUpper(spellings), strings.ToLower(epp), strings.ReplaceAll(spellings, " ", "-"), strings.ReplaceAll(spellings, " ", "_"),
			" " + spellings + "  ", epp + " https://icann.org/epp#" + epp, spellings + " (https://www.icann.org/epp#" + epp + ")", epp + " -- http://www.icann.org/epp#" + epp,
		} {
			if got := read(t, `"status":["`+s+`"]`).Statuses; len(got) != 1 || got[0] != epp {
				t.Errorf("%q: %q, want %q", s, got, epp)
			}
		}
	}
}

func TestOtherStatuses(t *testing.T) {
	for _, c := range []struct {
		why, in string
		want    []string
	}{
		{"RDAP values without an EPP word", `["Locked","TRANSFER PROHIBITED","server recover prohibited"]`, []string{"locked", "transfer prohibited", "server recover prohibited"}},
		{"the same in both spellings", `["active","ok"]`, []string{"ok"}},
		{"a string where a list belongs", `"client hold"`, []string{"clientHold"}},
		{"several in one string", `["clientHold, clientUpdateProhibited;linked"]`, []string{"clientHold", "clientUpdateProhibited", "linked"}},
		{"an address alone", `["https://icann.org/epp#ok"]`, []string{"https://icann.org/epp#ok"}},
		{"no list", `{}`, []string{}},
		{"empty and null", `["",null,[],{}]`, []string{}},
	} {
		if diff := cmp.Diff(c.want, read(t, `"status":`+c.in).Statuses); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
}

func TestFurtherEventsAreKeptAndCountForNothing(t *testing.T) {
	f := read(t, `"events":[{"eventAction":"reregistration","eventDate":"2020-01-01T00:00:00Z"},{"eventAction":"Transfer","eventDate":"2024-05-06"},
	 {"eventAction":"deletion","eventDate":"2028-01-01T00:00:00Z"},{"eventAction":"reinstantiation","eventDate":"2023-01-01T00:00:00Z"},
	 {"eventAction":"locked","eventDate":"never"},{"eventAction":"unlocked","eventDate":"2023-01-02T00:00:00Z"},
	 {"eventAction":"soft expiration","eventDate":"2027-01-02T00:00:00Z"},{"eventAction":"last update of RDAP database","eventDate":"2026-11-22T11:00:00Z"},
	 {"eventAction":"delegation check","eventDate":"2026-11-21T11:00:00Z"},{"eventDate":"2026-11-21T11:00:00Z"}]`)
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	want := []models.Event{
		{Action: "reregistration", At: at("2020-01-01T00:00:00Z")},
		{Action: "transfer", At: at("2024-05-06T00:00:00Z"), DateOnly: true},
		{Action: "deletion", At: at("2028-01-01T00:00:00Z")},
		{Action: "reinstantiation", At: at("2023-01-01T00:00:00Z")},
		{Action: "unlocked", At: at("2023-01-02T00:00:00Z")},
		{Action: "soft expiration", At: at("2027-01-02T00:00:00Z")},
		{Action: "last update of RDAP database", At: at("2026-11-22T11:00:00Z")},
		{Action: "delegation check", At: at("2026-11-21T11:00:00Z")},
	}
	if diff := cmp.Diff(want, f.Events); diff != "" {
		t.Error(diff)
	}
	if f.ExpiresAt != nil || f.RegistrarExpiresAt != nil || f.ExpiryStated || f.CreatedAt != nil || f.UpdatedAt != nil {
		t.Errorf("%+v", f)
	}
}

func TestEventActionsInEverySpelling(t *testing.T) {
	f := read(t, `"events":[{"eventAction":"Registrar Expiration","eventDate":"2027-01-02T00:00:00Z"},{"eventAction":"EXPIRATION","eventDate":"2027-01-01T00:00:00Z"},
	 {"eventAction":"lastChanged","eventDate":"2026-01-01T00:00:00Z"},{"EventAction":"registration","EVENTDATE":"2020-01-01T00:00:00Z"}]`)
	want := []*time.Time{day(2027, 1, 1), day(2027, 1, 2), day(2020, 1, 1), day(2026, 1, 1)}
	if diff := cmp.Diff(want, []*time.Time{f.ExpiresAt, f.RegistrarExpiresAt, f.CreatedAt, f.UpdatedAt}); diff != "" {
		t.Error(diff)
	}
}

func TestSecureDNS(t *testing.T) {
	ds := []models.DS{{KeyTag: 7, Algorithm: 13, DigestType: 2, Digest: "ab01"}}
	const dsData = `"dsData":[{"keyTag":7,"algorithm":13,"digestType":2,"digest":"AB01"}]`
	for _, c := range []struct {
		why, in string
		want    models.DNSSEC
		ds      []models.DS
	}{
		{"signed with its DS", `{"delegationSigned":true,"zoneSigned":true,"maxSigLife":604800,` + dsData + `}`, models.DNSSECSigned, ds},
		{"numbers in quotes", `{"delegationSigned":"true","dsData":{"keyTag":"7","algorithm":"13","digestType":"2","digest":"ab 01"}}`, models.DNSSECSigned, ds},
		{"DS alone", `{` + dsData + `}`, models.DNSSECSigned, ds},
		{"the same DS twice", `[{` + dsData + `},{` + dsData + `}]`, models.DNSSECSigned, ds},
		{"keys without DS", `{"keyData":[{"flags":257,"protocol":3,"algorithm":13,"publicKey":"AwE="}]}`, models.DNSSECSigned, nil},
		{"not signed", `{"delegationSigned":false}`, models.DNSSECUnsigned, nil},
		{"one and zero", `{"delegationSigned":0}`, models.DNSSECUnsigned, nil},
		{"only the zone", `{"zoneSigned":true}`, models.DNSSECUnknown, nil},
		{"contradicts itself", `{"delegationSigned":false,` + dsData + `}`, models.DNSSECUnknown, ds},
		{"null", `null`, models.DNSSECUnknown, nil},
		{"a word", `"unsigned"`, models.DNSSECUnknown, nil},
		{"a digest that is none", `{"delegationSigned":true,"dsData":[{"keyTag":7,"algorithm":13,"digestType":2,"digest":"<x>"},{"keyTag":70000,"digest":"ab"}]}`, models.DNSSECSigned, nil},
	} {
		f := read(t, `"secureDNS":`+c.in)
		if diff := cmp.Diff(c.ds, f.DS); diff != "" || f.DNSSEC != c.want {
			t.Errorf("%s: %s, want %s %s", c.why, f.DNSSEC, c.want, diff)
		}
	}
}

func TestRegistrar(t *testing.T) {
	card := func(properties string) string {
		return `"vcardArray":["vcard",[["version",{},"text","4.0"],` + properties + `]]`
	}
	for _, c := range []struct{ why, in, name, id string }{
		{"the usual", `[{"roles":["registrar"],"publicIds":[{"type":"IANA Registrar ID","identifier":"9995"}],` + card(`["fn",{},"text","Invented Names"]`) + `}]`, "Invented Names", "9995"},
		{"role in capitals, id as a number, one object", `{"roles":"REGISTRAR","publicIds":{"type":"IANA RegistrarID","identifier":9995},` + card(`["FN",{},"text","Invented Names"]`) + `}`, "Invented Names", "9995"},
		{"publicIDs and its types as seen", `[{"roles":["registrar"],"publicIDs":[{"type":"iana","identifier":" 9995 "}],"handle":"H-1"}]`, "H-1", "9995"},
		{"another kind of id", `[{"roles":["registrar"],"publicIds":[{"type":"Company Number","identifier":"1"},{"type":"IANA Registrar ID","identifier":"none"}],"handle":"H-1"}]`, "H-1", ""},
		{"a structured organisation", `[{"roles":["registrar"],` + card(`["fn",{},"text",""],["org",{},"text",["Invented Names","Unit 2"]]`) + `}]`, "Invented Names", ""},
		{"a person's card", `[{"roles":["registrar"],` + card(`["fn",{},"text","Ada Person"],["kind",{},"text","individual"],["org",{},"text","Invented Names"]`) + `}]`, "Invented Names", ""},
		{"null members in the card", `[{"roles":["registrar"],"handle":"H-1","vcardArray":["vcard",[null,["fn"],["fn",null,null,null],[]]]}]`, "H-1", ""},
		{"JSContact", `[{"roles":["registrar"],"jscontact_card":{"@type":"Card","name":{"full":"Invented Names"}}}]`, "Invented Names", ""},
		{"JSContact of a firm", `[{"roles":["registrar"],"jscard":{"organizations":{"org":{"name":"Invented Names"}}}}]`, "Invented Names", ""},
		{"the abuse contact is nobody's registrar", `[{"roles":["registrar"],"handle":"H-1","entities":[{"roles":["abuse"],"handle":"A-1",` + card(`["fn",{},"text","Abuse"]`) + `}]}]`, "H-1", ""},
		{"inside another entity", `[{"roles":["registrant"],"handle":"C-1","entities":[{"roles":["Registrar"],"handle":"H-1"}]}]`, "H-1", ""},
		{"the top one first", `[{"roles":["registrant"],"entities":[{"roles":["registrar"],"handle":"H-2"}]},{"roles":["registrar"],"handle":"H-1"}]`, "H-1", ""},
		{"no registrar", `[{"roles":["registrant","technical"],"handle":"C-1"},{"handle":"x"},null,"y"]`, "", ""},
	} {
		if f := read(t, `"entities":`+c.in); f.Registrar != c.name || f.RegistrarID != c.id {
			t.Errorf("%s: %q %q, want %q %q", c.why, f.Registrar, f.RegistrarID, c.name, c.id)
		}
	}
}

// A date that is left out on purpose is known as such, and not as one that is not published or can't be read (RFC 9537).
func TestRedactions(t *testing.T) {
	const registry, registrar = `{"eventAction":"expiration","eventDate":"2027-05-06T00:00:00Z"}`, `{"eventAction":"registrar expiration","eventDate":"2027-05-06T00:00:00Z"}`
	for _, c := range []struct {
		why, redacted, events string
		want                  bool
		expires               *time.Time
		skipped               int
	}{
		{"removed, by name type", `[{"name":{"type":"Registry Expiry Date"},"method":"removal"}]`, ``, true, nil, 0},
		{"removed, by description", `[{"name":{"description":"Domain expiration"},"method":"removal"}]`, ``, true, nil, 0},
		{"removed, by path", `[{"name":{"type":"x"},"prePath":"$.events[?(@.eventAction=='expiration')]","method":"removal"}]`, ``, true, nil, 0},
		{"double quotes", `[{"prePath":"$.events[?(@.eventAction==\"expiration\")].eventDate","method":"removal"}]`, ``, true, nil, 0},
		{"all events", `[{"prePath":"$.events[*]"}]`, ``, true, nil, 0},
		{"an object where a list belongs", `{"name":{"type":"Expiration Date"}}`, ``, true, nil, 0},
		{"emptied", `[{"postPath":"$.events[?(@.eventAction=='expiration')].eventDate","method":"emptyValue"}]`, `{"eventAction":"expiration","eventDate":""}`, true, nil, 0},
		{"a word in its place", ``, `{"eventAction":"expiration","eventDate":"REDACTED FOR PRIVACY"}`, true, nil, 0},
		{"a part of it", `[{"postPath":"$.events[?(@.eventAction=='expiration')].eventDate","method":"partialValue"}]`, registry, true, nil, 1},
		{"another value in its place", `[{"name":{"type":"Expiration Date"},"replacementPath":"$.events[1]","method":"replacementValue"}]`, registry, true, nil, 1},
		{"said to be removed, and there", `[{"name":{"type":"Expiration Date"},"method":"removal"}]`, registry, false, day(2027, 5, 6), 0},
		{"the registrar's date alone", `[{"name":{"type":"Registrar Registration Expiration Date"},"method":"removal"}]`, ``, false, nil, 0},
		{"the registrar's date by path", `[{"name":{"type":"expiration"},"prePath":"$.events[?(@.eventAction=='registrar expiration')]"}]`, registry, false, day(2027, 5, 6), 0},
		{"the registrar's date is not the true one", `[{"name":{"type":"Registrar Expiration"},"method":"partialValue"}]`, registry + "," + registrar, false, day(2027, 5, 6), 1},
		{"a name and nothing more", `[{"name":{"type":"Registrant Name"},"prePath":"$.entities[0]","method":"removal"}]`, ``, false, nil, 0},
		{"nulls", `[null,{"name":null,"prePath":null,"method":null}]`, ``, false, nil, 0},
	} {
		if c.redacted == "" {
			c.redacted = "null"
		}
		f := read(t, `"redacted":`+c.redacted+`,"events":[`+c.events+`]`)
		if diff := cmp.Diff(c.expires, f.ExpiresAt); diff != "" || f.ExpiryRedacted != c.want || len(f.Skipped) != c.skipped {
			t.Errorf("%s: redacted %v, expires %v, skipped %q", c.why, f.ExpiryRedacted, f.ExpiresAt, f.Skipped)
		}
	}
}

func TestRelatedLink(t *testing.T) {
	const rdapType = `"type":"application/rdap+json"`
	for _, c := range []struct{ why, in, want string }{
		{"the usual", `[{"rel":"related","href":"https://r.example/domain/A.EXAMPLE",` + rdapType + `}]`, "https://r.example/domain/A.EXAMPLE"},
		{"an object, capitals, a parameter", `{"rel":"Related","href":" https://r.example/v1/domain/a.example ","type":"Application/RDAP+JSON; charset=utf-8"}`, "https://r.example/v1/domain/a.example"},
		{"no media type, but the path", `[{"rel":"related","href":"https://r.example/domain/a.example"}]`, "https://r.example/domain/a.example"},
		{"no media type and no path", `[{"rel":"related","href":"https://r.example/a.example"}]`, ""},
		{"a web page", `[{"rel":"related","href":"https://r.example/domain/a.example","type":"text/html"}]`, ""},
		{"the domain before anything else", `[{"rel":"related","href":"https://r.example/x",` + rdapType + `},{"rel":"related","href":"https://r.example/domain/a.example",` + rdapType + `}]`, "https://r.example/domain/a.example"},
		{"a path of its own", `[{"rel":"related","href":"https://r.example/q?name=a.example",` + rdapType + `}]`, "https://r.example/q?name=a.example"},
		{"another domain", `[{"rel":"related","href":"https://r.example/domain/b.example",` + rdapType + `}]`, ""},
		{"an entity", `[{"rel":"related","href":"https://r.example/entity/9995",` + rdapType + `}]`, ""},
		{"help", `[{"rel":"related","href":"https://r.example/help",` + rdapType + `}]`, ""},
		{"itself", `[{"rel":"self","href":"https://x.example/domain/a.example"},{"rel":"related","href":"http://X.example/domain/A.example/",` + rdapType + `}]`, ""},
		{"credentials", `[{"rel":"related","href":"https://u:p@r.example/domain/a.example",` + rdapType + `}]`, ""},
		{"another scheme", `[{"rel":"related","href":"file:///domain/a.example",` + rdapType + `}]`, ""},
		{"too long", `[{"rel":"related","href":"https://r.example/` + strings.Repeat("x", 2000) + `/domain/a.example",` + rdapType + `}]`, ""},
		{"another relation", `[{"rel":"alternate","href":"https://r.example/domain/a.example",` + rdapType + `},null,"x"]`, ""},
	} {
		if got := read(t, `"links":`+c.in).RelatedURL; got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

func TestNameservers(t *testing.T) {
	f := read(t, `"nameservers":[{"ldhName":"NS_1.Example."},{"ldhName":null,"unicodeName":"ns.bäckerei.example"},"ns3.example",{"ldhName":"r1--x.example"},{"ldhName":"a b"},{"ldhName":"ns3.example"}]`)
	want := []string{"ns.xn--bckerei-5wa.example", "ns3.example", "ns_1.example", "r1--x.example"}
	if diff := cmp.Diff(want, f.Nameservers); diff != "" {
		t.Error(diff)
	}
}
