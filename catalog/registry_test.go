package catalog_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/catalog"
)

func TestShippedRegistriesAreValid(t *testing.T) {
	data, err := os.ReadFile("registry.json")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := catalog.LoadRegistries(data)
	if err != nil {
		t.Fatal(err)
	}
	servers, ccTLDs := 0, 0
	for suffix, r := range rows {
		if suffix != r.Suffix {
			t.Errorf("%q stands under %q", r.Suffix, suffix)
		}
		if r.WHOISServer != "" {
			servers++
			if r.Class == catalog.ClassCCTLD {
				ccTLDs++
			}
		}
	}
	if servers < 120 || ccTLDs < 120 {
		t.Errorf("%d WHOIS servers, %d of them for ccTLDs", servers, ccTLDs)
	}
	if got := catalog.Registries(); len(got) != len(rows) || got[0].Suffix >= got[1].Suffix {
		t.Errorf("%d rows listed of %d", len(got), len(rows))
	}
}

func TestForDomain(t *testing.T) {
	for _, c := range []struct {
		name, suffix string
		class        catalog.Class
		grace, back  int
		publishes    catalog.Tri
		assumed      bool
	}{
		{"quill.com", "com", catalog.ClassGTLD, 45, 30, catalog.Yes, false},
		{"Quill.CO.UK.", "co.uk", catalog.ClassCCTLD, 30, 60, catalog.Yes, false},
		{"quill.de", "de", catalog.ClassCCTLD, 0, 30, catalog.No, false},
		{"quill.com.au", "com.au", catalog.ClassCCTLD, 30, 0, catalog.No, false},
		{"quill.sk", "sk", catalog.ClassCCTLD, 0, 40, catalog.Yes, false},
		{"quill.il", "il", catalog.ClassCCTLD, 0, 0, catalog.Yes, true},
		{"quill.uk.com", "uk.com", catalog.ClassPrivate, 45, 30, catalog.Yes, true},
		{"quill.nowhere-test", "", catalog.ClassGTLD, 45, 30, catalog.Unknown, true},
		{"quill.gr", "", catalog.ClassCCTLD, 0, 0, catalog.Unknown, true},
		{"", "", catalog.ClassGTLD, 45, 30, catalog.Unknown, true},
		{"xcom", "", catalog.ClassGTLD, 45, 30, catalog.Unknown, true},
	} {
		r := catalog.ForDomain(c.name)
		if r.Suffix != c.suffix || r.Class != c.class || r.AutoRenewGraceDays != c.grace || r.RedemptionDays != c.back || r.PublishesExpiry != c.publishes || r.Assumed != c.assumed {
			t.Errorf("%q: %+v", c.name, r)
		}
	}
}

func TestRegistriesWithoutPublicExpirySayWhy(t *testing.T) {
	for _, suffix := range []string{"de", "nl", "eu", "be", "at", "ch", "li", "au", "no", "hu", "lu", "lv", "tn", "nz", "kz", "sa", "gg", "je"} {
		if r := catalog.ForDomain("quill." + suffix); r.PublishesExpiry != catalog.No || r.Reason == "" {
			t.Errorf("%s: %s, %q", suffix, r.PublishesExpiry, r.Reason)
		}
	}
}

func TestBrokenRegistriesAreNamed(t *testing.T) {
	good := map[string]any{
		"suffix": "test", "class": "cctld", "auto_renew_grace_days": 1, "redemption_days": 2, "pending_delete_days": 3, "publishes_expiry": "yes",
		"source": "a document", "source_url": "https://registry.test/life", "seen": "2026-11",
	}
	for _, c := range []struct {
		why, key string
		value    any
		message  string
	}{
		{"no suffix", "suffix", "", "A-label"},
		{"capitals", "suffix", "Test", "A-label"},
		{"a leading dot", "suffix", ".test", "A-label"},
		{"an odd class", "class", "odd", "none of gtld"},
		{"an odd answer", "publishes_expiry", "maybe", "none of yes"},
		{"no reason for no expiry", "publishes_expiry", "no", "needs a reason"},
		{"neither source nor assumed", "source", "", "source or is assumed"},
		{"both source and assumed", "assumed", true, "source or is assumed"},
		{"a server with a port", "whois", "whois.test:43", "not a host name"},
		{"a source without an address", "source_url", "", "no address of a document"},
		{"a source that is no web page", "source_url", "file:///etc/passwd", "no address of a document"},
		{"a day for a month", "seen", "2026-11-22", "no month"},
		{"an odd renewal", "auto_renews", "maybe", "none of yes, no"},
		{"an odd way back", "recovery", "prayer", "none of registrar"},
		{"a grace of a year", "auto_renew_grace_days", 365, "0 to 60"},
		{"negative days", "redemption_days", -1, "0 to 120"},
		{"a gTLD of its own kind", "class", "gtld", "45, 30 and 5"},
		{"an unknown key", "typo", 1, "unknown field"},
	} {
		row := maps.Clone(good)
		row[c.key] = c.value
		data, err := json.Marshal([]any{row})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := catalog.LoadRegistries(data); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v, want %q", c.why, err, c.message)
		}
	}
	assumed := map[string]any{"suffix": "test", "class": "cctld", "auto_renew_grace_days": 0, "redemption_days": 0, "pending_delete_days": 0, "publishes_expiry": "yes", "assumed": true}
	if data, err := json.Marshal([]any{assumed}); err != nil {
		t.Fatal(err)
	} else if _, err := catalog.LoadRegistries(data); err == nil || !strings.Contains(err.Error(), "needs a note") {
		t.Errorf("an assumption without a word on why: %v", err)
	}
	one, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "{}", "[] []", fmt.Sprintf("[%s,%s]", one, one)} {
		if _, err := catalog.LoadRegistries([]byte(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// What the judge of renewals rests on: where a date moves by itself, a later one proves no payment.
func TestAutoRenewals(t *testing.T) {
	for name, want := range map[string]catalog.Tri{
		"quill.com": catalog.Yes, "quill.io": catalog.Yes, "quill.ca": catalog.Yes, "quill.us": catalog.Yes, "quill.fr": catalog.Yes,
		"quill.co.uk": catalog.No, "quill.se": catalog.No, "quill.it": catalog.No, "quill.cz": catalog.No, "quill.pl": catalog.No, "quill.il": "", "quill.unlisted": catalog.Unknown,
	} {
		if got := catalog.ForDomain(name).AutoRenews; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, r := range catalog.Registries() {
		if r.Assumed && r.AutoRenews == catalog.No {
			t.Errorf("%s: without a source nobody can say that a date moves only when somebody pays", r.Suffix)
		}
	}
}
