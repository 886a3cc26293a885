package mailauth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/mailauth"
)

// TestSenders: whether a sending service is let in is found out with an address of it, in whatever form the connection names it.
func TestSenders(t *testing.T) {
	t.Parallel()
	const vendor = `
		spf.sender.lab TXT v=spf1 include:a.sender.lab -ip4:203.0.113.99 -all
		a.sender.lab TXT v=spf1 ip6:2001:db8:5::/48 ip4:203.0.113.0/25 -all
		out.sender.lab A 203.0.113.7
		six.sender.lab TXT v=spf1 ip6:2001:db8:6::/48 -all
		by.sender.lab TXT v=spf1 exists:%{i}.ok.sender.lab -all
		sender.lab MX 10 out.sender.lab`
	for _, c := range []struct {
		why, value, record      string
		listed, address, result string
	}{
		{"an include, by its first IPv4 address", "include:spf.sender.lab", "v=spf1 include:spf.sender.lab -all", "include:spf.sender.lab", "203.0.113.1", "pass"},
		{"a whole record", "v=spf1 include:spf.sender.lab ~all", "v=spf1 include:spf.sender.lab -all", "include:spf.sender.lab", "203.0.113.1", "pass"},
		{"with its sign", "+include:spf.sender.lab", "v=spf1 +include:SPF.sender.lab. -all", "+include:SPF.sender.lab.", "203.0.113.1", "pass"},
		{"a network", "ip4:203.0.113.0/24", "v=spf1 ip4:203.0.113.0/24 -all", "ip4:203.0.113.0/24", "203.0.113.1", "pass"},
		{"a wider network lets it in too", "ip4:203.0.113.0/24", "v=spf1 ip4:203.0.112.0/22 -all", "", "203.0.113.1", "pass"},
		{"a host", "a:out.sender.lab", "v=spf1 a:out.sender.lab -all", "a:out.sender.lab", "203.0.113.7", "pass"},
		{"mail servers", "mx:sender.lab", "v=spf1 a:out.sender.lab -all", "", "203.0.113.7", "pass"},
		{"IPv6 where there is nothing else", "include:six.sender.lab", "v=spf1 include:six.sender.lab -all", "include:six.sender.lab", "2001:db8:6::1", "pass"},
		{"one that cannot be told without a message is gone by", "include:by.sender.lab", "v=spf1 include:by.sender.lab -all", "include:by.sender.lab", "", ""},
		{"left out", "include:spf.sender.lab", "v=spf1 mx -all", "", "203.0.113.1", "fail"},
		{"left out, softly", "include:spf.sender.lab", "v=spf1 mx ~all", "", "203.0.113.1", "softfail"},
		{"shut out before", "include:spf.sender.lab", "v=spf1 -ip4:203.0.113.0/28 include:spf.sender.lab ~all", "include:spf.sender.lab", "203.0.113.1", "fail"},
		{"not in what an include with a minus holds", "include:spf.sender.lab", "v=spf1 -include:_s.shop.lab ~all", "", "203.0.113.1", "fail"},
	} {
		expected := []models.ExpectedRecord{{Host: "Shop.lab.", Type: "TXT", Match: models.MatchContains, Values: []string{c.value}}}
		zone := load(t, stage(t, "shop.lab TXT "+c.record+"\n_s.shop.lab TXT v=spf1 include:spf.sender.lab -all"+vendor))
		look := mailauth.Examine(t.Context(), zone, "shop.lab", expected)
		if len(look.SPF) != 1 || len(look.SPF[0].Senders) != 1 {
			t.Errorf("%s: %+v", c.why, look.SPF)
			continue
		}
		s := look.SPF[0].Senders[0]
		if s.Listed != c.listed || s.Address != c.address || s.Result != c.result {
			t.Errorf("%s: %+v", c.why, s)
		}
		missing := false
		for _, p := range look.Problems {
			missing = missing || p.Code == "spf_service_missing"
		}
		if want := c.result != "pass" && c.result != ""; missing != want {
			t.Errorf("%s: stated as missing %t, want %t", c.why, missing, want)
		}
	}
}

// TestExpectedThatIsNotSPF: other expected texts are none of SPF's, and nothing is asked on their account.
func TestExpectedThatIsNotSPF(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"google-site-verification=abc", "token", "a", "mx", "brevo-code:abc", "v=DKIM1; p=abc", ""} {
		expected := []models.ExpectedRecord{{Host: "sub.shop.lab", Type: "TXT", Match: models.MatchContains, Values: []string{value}}}
		look := mailauth.Examine(t.Context(), load(t, stage(t, "")), "shop.lab", expected)
		hosts := []string{}
		for _, s := range look.SPF {
			hosts = append(hosts, s.Host)
		}
		if diff := cmp.Diff([]string{"shop.lab"}, hosts); diff != "" {
			t.Errorf("%q\n%s", value, diff)
		}
	}
}

// TestOthersHostsAreNotLookedAt: what an expected record says of another domain is that domain's matter.
func TestOthersHostsAreNotLookedAt(t *testing.T) {
	t.Parallel()
	expected := []models.ExpectedRecord{
		{Host: "workshop.lab", Type: "TXT", Match: models.MatchContains, Values: []string{"include:spf.sender.lab"}},
		{Host: "k1._domainkey.workshop.lab", Type: "TXT", Match: models.MatchContains, Values: []string{"v=DKIM1"}},
		{Host: "_dmarc.workshop.lab", Type: "TXT", Match: models.MatchContains, Values: []string{"v=DMARC1"}},
	}
	look := mailauth.Examine(t.Context(), load(t, stage(t, "")), "shop.lab", expected)
	if len(look.SPF) != 1 || len(look.DKIM) != 0 || len(look.DMARC) != 1 || len(look.Problems) != 0 {
		t.Errorf("%+v", look)
	}
}
