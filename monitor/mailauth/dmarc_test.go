package mailauth_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/monitor/mailauth"
)

func TestParseDMARC(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why, text string
		want      mailauth.Policy
	}{
		{"the least", "v=DMARC1; p=none", mailauth.Policy{P: "none", Percent: 100}},
		{"everything", "v=DMARC1;p=quarantine;sp=reject;np=none;adkim=s;aspf=s;pct=20;rua=mailto:a@x.lab!10m, mailto:b@Y.lab;ruf=mailto:c@x.lab;t=y;psd=n;", mailauth.Policy{
			P: "quarantine", SP: "reject", NP: "none", StrictDKIM: true, StrictSPF: true, Percent: 20, Testing: true,
			RUA: []string{"a@x.lab", "b@y.lab"}, RUF: []string{"c@x.lab"}, PublicSuffix: "n",
		}},
		{"capitals in values", "v=DMARC1; p=Reject", mailauth.Policy{P: "reject", Percent: 100}},
		{"unknown tags are ignored", "v=DMARC1; p=reject; moo=1", mailauth.Policy{P: "reject", Percent: 100}},
		{"no policy", "v=DMARC1", mailauth.Policy{Percent: 100, Broken: "it has no usable policy p="}},
		{"a policy that is none, without reports", "v=DMARC1; p=block", mailauth.Policy{Percent: 100, Broken: "it has no usable policy p=", Faults: []string{"p=block is none of none, quarantine and reject"}}},
		{"with reports it counts as none (6.6.3)", "v=DMARC1; p=block; rua=mailto:a@x.lab", mailauth.Policy{
			P: "none", Percent: 100, RUA: []string{"a@x.lab"},
			Faults: []string{"p=block is none of none, quarantine and reject", "it has no usable policy p=, and is taken as p=none for the sake of its reports"},
		}},
		{"a policy for sub-domains that is none, without reports (6.6.3)", "v=DMARC1; p=reject; sp=foo", mailauth.Policy{Percent: 100, Broken: "it has no usable policy sp=", Faults: []string{"sp=foo is none of none, quarantine and reject"}}},
		{"and with reports", "v=DMARC1; p=reject; sp=foo; rua=mailto:a@x.lab", mailauth.Policy{
			P: "none", Percent: 100, RUA: []string{"a@x.lab"},
			Faults: []string{"sp=foo is none of none, quarantine and reject", "it has no usable policy sp=, and is taken as p=none for the sake of its reports"},
		}},
		{"a policy for sub-domains that is one", "v=DMARC1; p=reject; sp=none", mailauth.Policy{P: "reject", SP: "none", Percent: 100}},
		{"p must follow the version", "v=DMARC1; pct=50; p=reject", mailauth.Policy{P: "reject", Percent: 50, Faults: []string{"p= should come right after the version"}}},
		{"an address without mailto", "v=DMARC1; p=none; rua=a@x.lab", mailauth.Policy{P: "none", Percent: 100, Faults: []string{`rua= holds "a@x.lab", which is no mailto: address`}}},
		{"no number", "v=DMARC1; p=none; pct=all", mailauth.Policy{P: "none", Percent: 100, Faults: []string{"pct=all is no number from 0 to 100"}}},
		{"alignment of another kind", "v=DMARC1; p=none; adkim=x", mailauth.Policy{P: "none", Percent: 100, Faults: []string{"adkim=x is neither r nor s"}}},
		{"commas in place of semicolons", "v=DMARC1; p=none, rua=mailto:a@x.lab", mailauth.Policy{
			Percent: 100, Broken: "it has no usable policy p=", Faults: []string{"p=none, rua=mailto:a@x.lab is none of none, quarantine and reject"},
		}},
	} {
		if diff := cmp.Diff(c.want, mailauth.ParseDMARC(c.text)); diff != "" {
			t.Errorf("%s: %s\n%s", c.why, c.text, diff)
		}
	}
}

func TestPolicyFor(t *testing.T) {
	t.Parallel()
	p := mailauth.ParseDMARC("v=DMARC1; p=reject; sp=quarantine; np=none")
	for _, c := range []struct {
		below, exists bool
		want          string
	}{{false, true, "reject"}, {true, true, "quarantine"}, {true, false, "none"}} {
		if got := p.For(c.below, c.exists); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if got := mailauth.ParseDMARC("v=DMARC1; p=reject").For(true, true); got != "reject" {
		t.Errorf("without sp: %s", got)
	}
}

func TestIsDMARC(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"v=DMARC1; p=none": true, "v=DMARC1": true, "v = DMARC1 ;p=none": true, "v=DMARC1;p=none": true,
		"v=dmarc1; p=none": false, "v=DMARC2": false, "p=none; v=DMARC1": false, "v=DMARC1 p=none": false, `"v=DMARC1; p=none"`: false, "": false,
	} {
		if mailauth.IsDMARC(text) != want {
			t.Errorf("%q: want %t", text, want)
		}
	}
}

func TestFindPolicy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why, zone, domain string
		walk              bool
		at, several       string
		failed            bool
	}{
		{"its own", "_dmarc.a.shop.lab TXT v=DMARC1; p=none\n_dmarc.shop.lab TXT v=DMARC1; p=reject", "a.shop.lab", false, "a.shop.lab", "", false},
		{"the organisation's", "_dmarc.shop.lab TXT v=DMARC1; p=reject", "a.b.shop.lab", false, "shop.lab", "", false},
		{"nothing between is asked", "_dmarc.b.shop.lab TXT v=DMARC1; p=none\n_dmarc.shop.lab TXT v=DMARC1; p=reject", "a.b.shop.lab", false, "shop.lab", "", false},
		{"but on a walk", "_dmarc.b.shop.lab TXT v=DMARC1; p=none\n_dmarc.shop.lab TXT v=DMARC1; p=reject", "a.b.shop.lab", true, "b.shop.lab", "", false},
		{"a long name loses its middle", "_dmarc.d.e.f.g.h.i.shop.lab TXT v=DMARC1; p=none\n_dmarc.e.f.g.h.i.shop.lab TXT v=DMARC1; p=none", "a.b.c.d.e.f.g.h.i.shop.lab", true, "e.f.g.h.i.shop.lab", "", false},
		{"two are none", "_dmarc.shop.lab TXT v=DMARC1; p=none\n_dmarc.shop.lab TXT v=DMARC1; p=reject", "shop.lab", false, "", "shop.lab", false},
		{"other texts do not count", "_dmarc.shop.lab TXT token\n_dmarc.shop.lab TXT v=DMARC1; p=reject", "shop.lab", false, "shop.lab", "", false},
		{"no answer is not an absence", "_dmarc.a.shop.lab FAIL\n_dmarc.shop.lab TXT v=DMARC1; p=reject", "a.shop.lab", false, "", "", true},
		{"an alias is followed", "_dmarc.shop.lab CNAME d.host.lab\nd.host.lab TXT v=DMARC1; p=reject", "shop.lab", false, "shop.lab", "", false},
		{"none", "shop.lab A 192.0.2.1", "a.shop.lab", false, "", "", false},
	} {
		d := mailauth.FindPolicy(t.Context(), load(t, c.zone), c.domain, "shop.lab", c.walk)
		if d.At != c.at || d.Several != c.several || (d.Failed != "") != c.failed {
			t.Errorf("%s: %+v", c.why, d)
		}
	}
}

func FuzzParseDMARC(f *testing.F) {
	f.Add("v=DMARC1; p=quarantine; sp=none; adkim=s; aspf=r; pct=50; rua=mailto:a@x.lab!10m,mailto:b@y.lab")
	f.Add("v=DMARC1;;p=;rua=,;=")
	f.Fuzz(func(t *testing.T, text string) {
		p := mailauth.ParseDMARC(text)
		if p.Broken == "" && !slices.Contains([]string{"none", "quarantine", "reject"}, p.P) || p.Percent < 0 || p.Percent > 100 {
			t.Errorf("%+v", p)
		}
		for _, s := range append(p.Faults, p.Broken) {
			printable(t, s)
		}
	})
}
