package dashboard_test

import (
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

func withRepair(repair func(models.RepairCase) (models.Repair, bool)) func(*dashboard.Options) {
	return func(o *dashboard.Options) { o.Repair = repair }
}

// The page says of every broken record, and of no other, how it is put right, in fields that are copied without a script.
func TestTheDomainPageSaysHowARecordIsPutRight(t *testing.T) {
	s := newSite(t, withRepair(monitor.Repair))
	fillSample(s.store)
	p := s.as(models.UserViewer).get("/domains/harborlinedental.example")
	p.want(t, 200,
		"Create the CNAME record of promo.harborlinedental.example at the DNS host.",
		`<dt>Name</dt><dd><code class="copy">promo</code><span class="src">in full: promo.harborlinedental.example</span>`,
		`<dt>Target</dt><dd><code class="copy">lp.pagehost.example</code>`,
		"The name servers disagree on the TXT record", "for the DNS host&#39;s support", "ns2.dnshost.example 192.0.2.2 answers v=DKIM1; k=rsa; p=MIGf",
		`<pre class="copy">DNS of harborlinedental.example: CNAME record of promo.harborlinedental.example`,
	)
	if n := strings.Count(p.Body, "How it is put right"); n != 2 {
		t.Errorf("%d repairs for two broken records", n)
	}
	p.lacks(t, "<script", "onclick", "Create the A record")
}

func TestTheDomainPageWithoutRepairs(t *testing.T) {
	for why, o := range map[string]func(*dashboard.Options){
		"nobody can tell": withRepair(nil),
		"nothing to say":  withRepair(func(models.RepairCase) (models.Repair, bool) { return models.Repair{}, false }),
	} {
		s := newSite(t, o)
		fillSample(s.store)
		p := s.as(models.UserViewer).get("/domains/harborlinedental.example")
		p.want(t, 200, "The name is there, the record is not.")
		if strings.Contains(p.Body, "How it is put right") {
			t.Errorf("%s: said all the same", why)
		}
	}
}

func TestARepairIsMadeFromAllThatIsKnown(t *testing.T) {
	var cases []models.RepairCase
	s := newSite(t, withRepair(func(c models.RepairCase) (models.Repair, bool) {
		cases = append(cases, c)
		return models.Repair{}, false
	}))
	fillSample(s.store)
	s.as(models.UserViewer).get("/domains/harborlinedental.example").want(t, 200)
	hosts := map[string]bool{}
	for _, c := range cases {
		hosts[c.Record.Host] = true
		if c.Domain != "harborlinedental.example" || c.Registrar != "Harbor Names, LLC" || len(c.Others) != 3 || c.Delegation == nil || len(c.Delegation.ParentNS) != 2 {
			t.Errorf("%+v", c)
		}
	}
	if len(cases) != 3 || len(hosts) != 3 {
		t.Errorf("each record once: %v", hosts)
	}
}

func TestHostileRepairsStayText(t *testing.T) {
	entry := models.RepairEntry{Type: hostile, Fields: []models.RepairField{{Label: hostile, Value: hostile, Hint: hostile}}}
	s := newSite(t, withRepair(func(models.RepairCase) (models.Repair, bool) {
		return models.Repair{
			Action: models.RepairAction(hostile), Side: hostile, Summary: hostile, DNSHost: hostile, Where: hostile, Zone: hostile,
			Enter: []models.RepairEntry{entry}, Remove: []models.RepairEntry{entry}, Notes: []string{hostile}, Ticket: hostile + "\n</pre>" + hostile,
		}, true
	}))
	fillSample(s.store)
	s.as(models.UserViewer)
	for _, path := range []string{"/domains/harborlinedental.example", "/clients/1/onboarding"} {
		p := s.get(path)
		p.want(t, 200, "&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;/pre&gt;")
		p.lacks(t, "<script", "<img src=x", "\u202e", "\x00")
	}
}
