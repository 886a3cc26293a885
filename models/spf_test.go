package models_test

import (
	"testing"

	"github.com/krestmarketing/deedwatch/models"
)

func TestATextHoldsWhatIsWanted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why, text, wanted string
		want              bool
	}{
		{"a text that contains it", "site-check=7f3a9c; more", "7f3a9c", true},
		{"a text in another case", "Site-Check=7F3A9C", "7f3a9c", false},
		{"a term", "v=spf1 include:spf.mailer.example ~all", "include:spf.mailer.example", true},
		{"in another case", "V=SPF1 Include:SPF.mailer.example ~all", "include:spf.mailer.example", true},
		{"with the qualifier that is meant without one", "v=spf1 +ip4:192.0.2.1 -all", "ip4:192.0.2.1", true},
		{"with another qualifier", "v=spf1 -include:spf.mailer.example ~all", "include:spf.mailer.example", false},
		{"an address that begins another", "v=spf1 ip4:192.0.2.10 -all", "ip4:192.0.2.1", false},
		{"a name that begins another", "v=spf1 include:spf.mailer.example.attacker.example -all", "include:spf.mailer.example", false},
		{"a name that ends another", "v=spf1 exists:include:spf.mailer.example -all", "include:spf.mailer.example", false},
		{"several terms in any order", "v=spf1 mx ip4:192.0.2.7 include:a.example -all", "include:a.example ip4:192.0.2.7", true},
		{"one of several", "v=spf1 mx include:a.example -all", "include:a.example ip4:192.0.2.7", false},
		{"a part of a term that somebody asks for", "v=spf1 include:_spf.mailer.example ~all", "mailer.example", true},
		{"a term in a text that is no SPF record", "note: include:a.example", "include:a.example", true},
		{"a later version is no SPF record", "v=spf10 include:a.example.b -all", "include:a.example", true},
		{"nothing", "", "include:a.example", false},
	} {
		if got := models.TextHolds(c.text, c.wanted); got != c.want {
			t.Errorf("%s: %q in %q = %v", c.why, c.wanted, c.text, got)
		}
	}
}
