package mailauth_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/mailauth"
)

const purpose = "Newsletters go out under the shop's own name."

// senderRecords are what the connection of a sending service expects of shop.lab.
func senderRecords() []models.ExpectedRecord {
	return []models.ExpectedRecord{
		{Host: "shop.lab", Type: "TXT", Match: models.MatchContains, Values: []string{"include:spf.sender.lab"}, Purpose: purpose, Essential: true},
		{Host: "k1._domainkey.shop.lab", Type: "CNAME", Match: models.MatchExact, Values: []string{"k1.sender.lab"}, Purpose: purpose, Essential: true},
	}
}

// stage is shop.lab with a sending service at which everything is right. Lines of more replace those that are there for the same name and
// type; "name TYPE -" takes them away.
func stage(t *testing.T, more string) string {
	t.Helper()
	lines := []string{
		"shop.lab MX 10 mx.shop.lab",
		"mx.shop.lab A 192.0.2.25",
		"shop.lab TXT v=spf1 mx include:spf.sender.lab -all",
		"k1._domainkey.shop.lab CNAME k1.sender.lab",
		"_dmarc.shop.lab TXT v=DMARC1; p=reject; rua=mailto:dmarc@shop.lab",
		"spf.sender.lab TXT v=spf1 ip4:203.0.113.0/24 ip6:2001:db8:5::/48 -all",
		"k1.sender.lab TXT v=DKIM1; k=rsa; p=" + rsaText(t, 2048),
	}
	var added []string
	for line := range strings.SplitSeq(more, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		f := strings.SplitN(line, " ", 3)
		other := func(l string) bool { return strings.HasPrefix(l, f[0]+" "+f[1]+" ") }
		if keep, ok := strings.CutPrefix(line, "+ "); ok { // beside what is there
			added = append(added, keep)
			continue
		}
		lines = slices.DeleteFunc(lines, other)
		if len(f) == 3 && f[2] == "-" {
			added = slices.DeleteFunc(added, other)
			continue
		}
		added = append(added, line)
	}
	return strings.Join(append(lines, added...), "\n")
}

// stated renders problems as "code subject side", with "breaks" where mail of the sending service is not believed.
func stated(l models.MailLook) []string {
	out := []string{}
	for _, p := range l.Problems {
		s := p.Code + " " + p.Side
		if p.Breaks {
			s += " breaks"
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// examined are the cases of TestExamine; each names what must be stated, which may be nothing.
var examined = []struct {
	name, why string
	zone      string
	want      []string
}{
	{"healthy", "nothing is wrong", "", nil},
	{"softfail", "~all is as good for the sender", "shop.lab TXT v=spf1 include:spf.sender.lab ~all", nil},
	{"in capitals", "names have no case", "shop.lab TXT v=spf1 INCLUDE:Spf.Sender.Lab -all", nil},
	{"through another include", "the way there does not matter", "shop.lab TXT v=spf1 include:_spf.shop.lab -all\n_spf.shop.lab TXT v=spf1 include:spf.sender.lab -all", nil},
	{"through a redirect", "", "shop.lab TXT v=spf1 redirect=_spf.shop.lab\n_spf.shop.lab TXT v=spf1 include:spf.sender.lab -all", nil},
	{"flattened", "the sender's addresses stand there themselves", "shop.lab TXT v=spf1 ip4:203.0.113.0/24 -all", nil},
	{"eight lookups", "ten are allowed", "shop.lab TXT v=spf1 include:spf.sender.lab " + times(7, "a:mx.shop.lab") + " -all", nil},
	{"other texts", "", "+ shop.lab TXT google-site-verification=abc\n+ _dmarc.shop.lab TXT token", nil},
	{"agreed reports", "the receiver of reports publishes that it wants them", "_dmarc.shop.lab TXT v=DMARC1; p=reject; rua=mailto:a@dmarc.lab\nshop.lab._report._dmarc.dmarc.lab TXT v=DMARC1", nil},
	{"key in the zone", "", "k1._domainkey.shop.lab CNAME -\nk1._domainkey.shop.lab TXT v=DKIM1; p=KEY2048", nil},

	{"no spf", "what the connection expects is not there", "shop.lab TXT -", []string{"spf_missing client breaks"}},
	{"spf at the doubled name", "the whole name was entered", "shop.lab TXT -\nshop.lab.shop.lab TXT v=spf1 -all", []string{"spf_missing client breaks"}},
	{"spf in quotation marks", "the quotes became part of the text", `shop.lab TXT "v=spf1 include:spf.sender.lab -all"`, []string{"spf_unrecognised client breaks"}},
	{"a second text that is none", "", "+ shop.lab TXT v=spf1; include:x.lab", []string{"spf_unrecognised client"}},
	{"two records", "", "+ shop.lab TXT v=spf1 mx -all", []string{"spf_several client breaks"}},
	{"unreadable", "", "shop.lab TXT v=spf1 include:spf.sender.lab ipv4:192.0.2.1 -all", []string{"spf_syntax client breaks"}},
	{"strings run together", "", "shop.lab TXT v=spf1 include:spf.sender.lab | include:o.lab -all", []string{"spf_include_gone client", "spf_service_missing client breaks"}},
	{"another include without record", "a host that is there", "shop.lab TXT v=spf1 include:o.lab include:spf.sender.lab -all\no.lab A 192.0.2.9", []string{"spf_include provider breaks"}},
	{"the same behind the sender", "the sender passes before receivers get there", "shop.lab TXT v=spf1 include:spf.sender.lab include:o.lab -all\no.lab A 192.0.2.9", []string{"spf_include provider"}},
	{"one's own include is broken", "then it is the client's side", "shop.lab TXT v=spf1 include:_s.shop.lab include:spf.sender.lab -all\n_s.shop.lab TXT v=spf1 moo", []string{"spf_include client breaks"}},
	{"an include that does not exist", "", "shop.lab TXT v=spf1 include:gone.lab include:spf.sender.lab -all", []string{"spf_include_gone client breaks"}},
	{"a circle", "", "shop.lab TXT v=spf1 include:_a.shop.lab include:spf.sender.lab -all\n_a.shop.lab TXT v=spf1 include:shop.lab -all", []string{"spf_lookups client breaks", "spf_loop client breaks"}},
	{"too many lookups before the sender", "", "shop.lab TXT v=spf1 " + times(11, "a:mx.shop.lab") + " include:spf.sender.lab -all", []string{"spf_lookups client breaks"}},
	{"too many behind the sender", "the sender passes all the same", "shop.lab TXT v=spf1 include:spf.sender.lab " + times(11, "a:mx.shop.lab") + " -all", []string{"spf_lookups client"}},
	{"nearly full", "", "shop.lab TXT v=spf1 include:spf.sender.lab " + times(8, "a:mx.shop.lab") + " -all", []string{"spf_full client"}},
	{"names that lead to nothing", "", "shop.lab TXT v=spf1 a:x.shop.lab a:y.shop.lab a:z.shop.lab include:spf.sender.lab -all", []string{"spf_voids client breaks"}},
	{"eleven mail servers", "", "shop.lab TXT v=spf1 include:spf.sender.lab mx:m.lab -all\n" + strings.ReplaceAll(mxs(11), "shop.lab MX", "m.lab MX"), []string{"spf_mx client"}},
	{"no all", "", "shop.lab TXT v=spf1 include:spf.sender.lab", []string{"spf_no_all client"}},
	{"everybody", "", "shop.lab TXT v=spf1 include:spf.sender.lab +all", []string{"spf_open client"}},
	{"neutral", "", "shop.lab TXT v=spf1 include:spf.sender.lab ?all", []string{"spf_neutral client"}},
	{"behind all", "", "shop.lab TXT v=spf1 mx -all include:spf.sender.lab", []string{"spf_after_all client", "spf_service_missing client breaks"}},
	{"ptr", "", "shop.lab TXT v=spf1 include:spf.sender.lab ptr -all", []string{"spf_ptr client"}},
	{"long", "", "shop.lab TXT v=spf1 include:spf.sender.lab " + times(30, "ip4:198.51.100.%d") + " -all", []string{"spf_long client"}},
	{"left out", "", "shop.lab TXT v=spf1 mx -all", []string{"spf_service_missing client breaks"}},
	{"shut out", "its include stands there with a minus", "shop.lab TXT v=spf1 -include:spf.sender.lab ~all", []string{"spf_service_missing client breaks"}},
	{"the sender's own record is broken", "whoever includes it is broken too", "spf.sender.lab TXT v=spf1 ip4:oops -all", []string{"spf_include provider", "spf_service_broken provider breaks"}},

	{"key gone", "the return address still counts", "k1._domainkey.shop.lab CNAME -", []string{"dkim_gone client breaks"}},
	{"key gone and left out", "nothing is left that the policy lets pass", "k1._domainkey.shop.lab CNAME -\nshop.lab TXT v=spf1 mx -all", []string{"dkim_gone client breaks", "dmarc_rejects client breaks", "spf_service_missing client breaks"}},
	{"key gone, and the policy lets it be", "", "k1._domainkey.shop.lab CNAME -\n_dmarc.shop.lab TXT v=DMARC1; p=none", []string{"dkim_gone client breaks", "dmarc_none client"}},
	{"key at the doubled name", "", "k1._domainkey.shop.lab CNAME -\nk1._domainkey.shop.lab.shop.lab TXT v=DKIM1; p=KEY2048", []string{"dkim_gone client breaks"}},
	{"the sender's key is gone", "the zone points where it should", "k1.sender.lab TXT -\nk1.sender.lab A 192.0.2.3", []string{"dkim_provider_missing provider breaks"}},
	{"the sender's name is gone", "", "k1.sender.lab TXT -", []string{"dkim_provider_missing provider breaks"}},
	{"another text", "", "k1._domainkey.shop.lab CNAME -\nk1._domainkey.shop.lab TXT hello", []string{"dkim_no_key client breaks"}},
	{"two keys", "", "k1._domainkey.shop.lab CNAME -\nk1._domainkey.shop.lab TXT v=DKIM1; p=KEY2048\n+ k1._domainkey.shop.lab TXT v=DKIM1; p=KEY1024", []string{"dkim_several client breaks"}},
	{"revoked by the sender", "", "k1.sender.lab TXT v=DKIM1; p=", []string{"dkim_revoked provider breaks"}},
	{"revoked in the zone", "", "k1._domainkey.shop.lab CNAME -\nk1._domainkey.shop.lab TXT v=DKIM1; p=", []string{"dkim_revoked client breaks"}},
	{"512 bits", "", "k1.sender.lab TXT v=DKIM1; p=KEY512", []string{"dkim_short provider breaks"}},
	{"cut off", "", "k1._domainkey.shop.lab CNAME -\nk1._domainkey.shop.lab TXT v=DKIM1; k=rsa; p=CUT", []string{"dkim_broken client breaks"}},
	{"a test", "", "k1.sender.lab TXT v=DKIM1; t=y; p=KEY2048", []string{"dkim_testing provider"}},
	{"1024 bits", "", "k1.sender.lab TXT v=DKIM1; p=KEY1024", []string{"dkim_weak provider"}},
	{"written carelessly", "", "k1.sender.lab TXT v=DKIM1;; p=KEY2048", []string{"dkim_faults provider"}},

	{"no dmarc", "", "_dmarc.shop.lab TXT -", []string{"dmarc_missing client"}},
	{"dmarc at the doubled name", "", "_dmarc.shop.lab TXT -\n_dmarc.shop.lab.shop.lab TXT v=DMARC1; p=none", []string{"dmarc_missing client"}},
	{"dmarc in small letters", "", "_dmarc.shop.lab TXT v=dmarc1; p=reject", []string{"dmarc_unrecognised client"}},
	{"two dmarc records", "", "+ _dmarc.shop.lab TXT v=DMARC1; p=none", []string{"dmarc_several client"}},
	{"dmarc without policy", "", "_dmarc.shop.lab TXT v=DMARC1; sp=none", []string{"dmarc_syntax client"}},
	{"dmarc with a slip", "", "_dmarc.shop.lab TXT v=DMARC1; p=reject; pct=lots", []string{"dmarc_faults client"}},
	{"policy none", "", "_dmarc.shop.lab TXT v=DMARC1; p=none", []string{"dmarc_none client"}},
	{"a part of the mail", "", "_dmarc.shop.lab TXT v=DMARC1; p=reject; pct=10", []string{"dmarc_part client"}},
	{"reports that nobody agreed to", "", "_dmarc.shop.lab TXT v=DMARC1; p=reject; rua=mailto:a@dmarc.lab", []string{"dmarc_reports provider"}},

	{"no mail server", "", "shop.lab MX -\nshop.lab TXT v=spf1 include:spf.sender.lab -all", []string{"mx_none client"}},
	{"takes no mail", "", "shop.lab MX 0 .\nshop.lab TXT v=spf1 include:spf.sender.lab -all", []string{"mx_null client"}},
	{"takes mail and takes none", "", "+ shop.lab MX 0 .", []string{"mx_null_beside client"}},
	{"a mail server that is gone", "", "+ shop.lab MX 20 mx2.shop.lab\nshop.lab TXT v=spf1 include:spf.sender.lab -all", []string{"mx_gone client"}},
	{"a mail server that is an alias", "", "+ shop.lab MX 20 mx2.shop.lab\nmx2.shop.lab CNAME mx.shop.lab", []string{"mx_alias client"}},
}

// keys puts keys in where the table names them.
func keys(t *testing.T, zone string) string {
	t.Helper()
	return strings.NewReplacer("KEY2048", rsaText(t, 2048), "KEY1024", rsaText(t, 1024), "KEY512", rsaText(t, 512), "CUT", rsaText(t, 2048)[:237]).Replace(zone)
}

func TestExamine(t *testing.T) {
	t.Parallel()
	for _, c := range examined {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			z := load(t, stage(t, keys(t, c.zone)))
			look := mailauth.Examine(t.Context(), z, "shop.lab", senderRecords())
			want := c.want
			if want == nil {
				want = []string{}
			}
			if diff := cmp.Diff(want, stated(look)); diff != "" {
				t.Errorf("%s\n%s%+v", c.why, diff, look)
			}
			if len(look.Unknown) > 0 {
				t.Errorf("unknown: %+v", look.Unknown)
			}
			for _, p := range look.Problems {
				if !slices.Contains(mailauth.Codes(), p.Code) || !strings.HasSuffix(p.Detail, ".") || p.Subject == "" {
					t.Errorf("%+v", p)
				}
				if p.Breaks && p.Code != "dmarc_rejects" && (p.For != purpose || !p.Essential) {
					t.Errorf("whom it concerns: %+v", p)
				}
				printable(t, p.Detail)
				printable(t, p.Subject)
			}
			if z.asked > 60 {
				t.Errorf("%d questions", z.asked)
			}
		})
	}
}

// TestEveryCodeIsReached: each code is stated by some case, here or among those on sub-domains.
func TestEveryCodeIsReached(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"dmarc_walk": true, "dmarc_strict": true} // TestSubdomains
	for _, c := range examined {
		for _, w := range c.want {
			code, _, _ := strings.Cut(w, " ")
			seen[code] = true
		}
	}
	for _, code := range mailauth.Codes() {
		if !seen[code] {
			t.Errorf("no case states %s", code)
		}
	}
}

func TestSubdomains(t *testing.T) {
	t.Parallel()
	expected := []models.ExpectedRecord{
		{Host: "bounce.shop.lab", Type: "TXT", Match: models.MatchContains, Values: []string{"include:spf.sender.lab"}, Purpose: purpose},
		{Host: "k1._domainkey.em.news.shop.lab", Type: "CNAME", Match: models.MatchExact, Values: []string{"k1.sender.lab"}, Purpose: purpose},
	}
	const right = "k1._domainkey.shop.lab CNAME -\nk1._domainkey.em.news.shop.lab CNAME k1.sender.lab\nbounce.shop.lab TXT v=spf1 include:spf.sender.lab -all\n"
	for _, c := range []struct {
		name, why, zone string
		want            []string
	}{
		{"healthy", "", right, []string{}},
		{"no record at the return address", "the domain's own does not count there", right + "bounce.shop.lab TXT -\nbounce.shop.lab A 192.0.2.1", []string{"spf_missing client breaks"}},
		{"strict", "the From address must be there", right + "_dmarc.shop.lab TXT v=DMARC1; p=reject; adkim=s", []string{"dmarc_strict client"}},
		{"strict, with a policy of its own", "the newsletter's domain says otherwise", right + "_dmarc.shop.lab TXT v=DMARC1; p=reject\n_dmarc.em.news.shop.lab TXT v=DMARC1; p=none; adkim=s", []string{"dmarc_none client"}},
		{"a policy between", "old and new receivers differ", right + "_dmarc.news.shop.lab TXT v=DMARC1; p=none", []string{"dmarc_walk client"}},
	} {
		look := mailauth.Examine(t.Context(), load(t, stage(t, keys(t, c.zone))), "shop.lab", expected)
		if diff := cmp.Diff(c.want, stated(look)); diff != "" {
			t.Errorf("%s: %s\n%s%+v", c.name, c.why, diff, look)
		}
	}
}

// TestWhatIsNotKnown: an answer that cannot be had is no reason to state anything on what it is about.
func TestWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone  string
		parts string
		want  []string
	}{
		{"shop.lab FAIL TXT", "spf", []string{}},
		{"spf.sender.lab FAIL", "spf", []string{}},
		{"shop.lab TXT v=spf1 a:x.lab include:spf.sender.lab -all\nx.lab FAIL", "spf", []string{}},
		{"k1.sender.lab FAIL", "dkim", []string{}},
		{"_dmarc.shop.lab FAIL", "dmarc", []string{}},
		{"shop.lab FAIL MX\nshop.lab TXT v=spf1 include:spf.sender.lab -all", "mx", []string{}},
		{"_dmarc.shop.lab TXT v=DMARC1; p=reject; rua=mailto:a@dmarc.lab\nshop.lab._report._dmarc.dmarc.lab FAIL", "dmarc", []string{}},
		{"k1._domainkey.shop.lab FAIL\nk1._domainkey.shop.lab CNAME -", "dkim", []string{}},
	} {
		look := mailauth.Examine(t.Context(), load(t, stage(t, c.zone)), "shop.lab", senderRecords())
		if diff := cmp.Diff(c.want, stated(look)); diff != "" {
			t.Errorf("%s\n%s", c.zone, diff)
		}
		for _, u := range look.Unknown {
			if u.Part != c.parts || u.Why == "" || u.Host == "" {
				t.Errorf("%s: unknown %+v", c.zone, u)
			}
		}
		if len(look.Unknown) == 0 {
			t.Errorf("%s: nothing is unknown", c.zone)
		}
	}
}

// TestLookOfAHealthyDomain: what is found is kept with the verdicts, and what nobody expects is not asked for.
func TestLookOfAHealthyDomain(t *testing.T) {
	t.Parallel()
	z := load(t, stage(t, "default._bimi.shop.lab TXT v=BIMI1; l=https://shop.lab/logo.svg\n_smtp._tls.shop.lab TXT v=TLSRPTv1; rua=mailto:a@shop.lab"))
	got := mailauth.Examine(t.Context(), z, "Shop.lab.", senderRecords())
	want := models.MailLook{
		SPF: []models.SPFLook{{
			Host: "shop.lab", Text: "v=spf1 mx include:spf.sender.lab -all", Lookups: 2, All: "-all",
			Senders: []models.SPFSender{{
				Rule: "include:spf.sender.lab", Listed: "include:spf.sender.lab", Address: "203.0.113.1", Result: "pass",
				Reason: "ip4:203.0.113.0/24 of spf.sender.lab matches, and so include:spf.sender.lab of shop.lab matches (include:spf.sender.lab > ip4:203.0.113.0/24)",
			}},
		}},
		DKIM:  []models.DKIMLook{{Host: "k1._domainkey.shop.lab", Alias: "k1.sender.lab", Type: "rsa", Bits: 2048, Usable: true}},
		DMARC: []models.DMARCLook{{Domain: "shop.lab", At: "shop.lab", Policy: "reject"}},
		MX:    []string{"10 mx.shop.lab"}, BIMI: true, TLSRPT: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestSpeaksOfWhereItIs: the words name the place of a common slip.
func TestSpeaksOfWhereItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, code, words string }{
		{"shop.lab TXT -\nshop.lab.shop.lab TXT v=spf1 -all", "spf_missing", "stands at shop.lab.shop.lab instead"},
		{"k1._domainkey.shop.lab CNAME -\nk1._domainkey.shop.lab.shop.lab TXT v=DKIM1; p=", "dkim_gone", "stands at k1._domainkey.shop.lab.shop.lab instead"},
		{"_dmarc.shop.lab TXT -\n_dmarc.shop.lab.shop.lab TXT v=DMARC1; p=none", "dmarc_missing", "stands at _dmarc.shop.lab.shop.lab instead"},
		{"shop.lab TXT v=spf1 include:spf.sender.lab | include:o.lab -all", "spf_include_gone", "the space between these two is missing"},
		{"shop.lab TXT v=spf1 include:spf.sender.lab ip4:192.0.2.1 | -all", "spf_syntax", "the space between these two is missing"},
		{"k1._domainkey.shop.lab CNAME -\nk1._domainkey.shop.lab TXT v=DKIM1; k=rsa; p=CUT", "dkim_broken", "the rest was cut off"},
		{"shop.lab TXT v=spf1 include:a.lab include:spf.sender.lab -all\na.lab TXT v=spf1 include:b.lab -all\nb.lab A 192.0.2.1", "spf_include", "include:a.lab > include:b.lab"},
		{"shop.lab TXT v=spf1 mx -all", "spf_service_missing", `Mail from 203.0.113.1 comes to "fail"`},
	} {
		look := mailauth.Examine(t.Context(), load(t, stage(t, keys(t, c.zone))), "shop.lab", senderRecords())
		i := slices.IndexFunc(look.Problems, func(p models.MailProblem) bool { return p.Code == c.code })
		if i < 0 || !strings.Contains(look.Problems[i].Detail, c.words) {
			t.Errorf("%s: want %s %q\n%+v", c.zone, c.code, c.words, look.Problems)
		}
	}
}

// TestCauses: what follows from another problem names it.
func TestCauses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, code, cause, words string }{
		{"spf.sender.lab TXT v=spf1 ip4:oops -all", "spf_include", "spf_service_broken", "spf.sender.lab"},
		{"k1._domainkey.shop.lab CNAME -\nshop.lab TXT v=spf1 mx -all", "dmarc_rejects", "dkim_gone", "turn its mail away"},
		{"k1._domainkey.shop.lab CNAME -\nshop.lab TXT v=spf1 mx -all\n_dmarc.shop.lab TXT v=DMARC1; p=quarantine", "dmarc_rejects", "dkim_gone", "into spam"},
	} {
		look := mailauth.Examine(t.Context(), load(t, stage(t, c.zone)), "shop.lab", senderRecords())
		i := slices.IndexFunc(look.Problems, func(p models.MailProblem) bool { return p.Code == c.code })
		if i < 0 || look.Problems[i].Cause != c.cause || !strings.Contains(look.Problems[i].Detail, c.words) {
			t.Errorf("%s: %+v", c.zone, look.Problems)
		}
	}
}

// TestWhoSendsWasNotSaid: with an expected record that names no sender, nobody can say that its mail is turned away.
func TestWhoSendsWasNotSaid(t *testing.T) {
	t.Parallel()
	expected := senderRecords()
	expected[0].Match, expected[0].Values = models.MatchPrefix, []string{"v=spf1 "}
	for zone, want := range map[string][]string{
		"k1._domainkey.shop.lab CNAME -":                 {"dkim_gone client breaks"},
		"k1._domainkey.shop.lab CNAME -\nshop.lab TXT -": {"dkim_gone client breaks", "dmarc_rejects client breaks", "spf_missing client breaks"},
	} {
		look := mailauth.Examine(t.Context(), load(t, stage(t, zone)), "shop.lab", expected)
		if diff := cmp.Diff(want, stated(look)); diff != "" {
			t.Errorf("%s\n%s", zone, diff)
		}
	}
}

// TestNothingExpected: a domain without a sending service is told of what is wrong with its own records, and nothing breaks.
func TestNothingExpected(t *testing.T) {
	t.Parallel()
	look := mailauth.Examine(t.Context(), load(t, "shop.lab TXT v=spf1 moo -all"), "shop.lab", nil)
	if diff := cmp.Diff([]string{"dmarc_missing client", "mx_none client", "spf_syntax client"}, stated(look)); diff != "" {
		t.Error(diff)
	}
}

// TestHostileRecords: a record made to send whoever reads it round in circles ends soon.
func TestHostileRecords(t *testing.T) {
	t.Parallel()
	var wide strings.Builder
	wide.WriteString("shop.lab TXT v=spf1 " + times(60, "include:i%d.lab") + " -all\n")
	for line := range strings.FieldsSeq(times(60, "i%d.lab")) {
		wide.WriteString(line + " TXT v=spf1 " + times(20, "mx:m%d.lab") + " -all\n")
	}
	for name, zone := range map[string]string{
		"wide": wide.String(),
		"deep": "shop.lab TXT v=spf1 include:a.%{d} -all\na.shop.lab TXT v=spf1 include:a.%{d} include:a.%{d} -all\na.a.shop.lab TXT v=spf1 include:%{d3}.a.%{d} -all",
		"long": "shop.lab TXT v=spf1 exists:" + strings.Repeat("%{d}", 200) + ".lab " + strings.Repeat("a ", 3000) + "-all",
	} {
		z := load(t, zone)
		look := mailauth.Examine(t.Context(), z, "shop.lab", senderRecords())
		if z.asked > 150 || len(look.Problems) == 0 {
			t.Errorf("%s: %d questions, %+v", name, z.asked, look.Problems)
		}
	}
}
