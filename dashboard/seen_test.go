package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// TestAHeldClientIsSeenWhereItsNoticesWait: a notice that is due and does not go out says why, wherever it is listed or shown.
func TestAHeldClientIsSeenWhereItsNoticesWait(t *testing.T) {
	s := newOutgoingSite(t)
	s.as(models.UserOps)
	s.get("/notices").lacks(t, "Client is held")
	s.get("/notices/52").lacks(t, "Client is held")
	s.get("/notices/preview?contact=2&day=2026-11-23&kind=notice").want(t, 200, "Goes out Monday 23 November 2026")

	c := s.store.clients[2]
	c.HeldAt, c.HeldBy, c.HeldWhy = &noon, "dana@northwind.example", "A quarrel about the bill"
	s.store.clients[2] = c
	for i := range s.store.notices {
		s.store.notices[i].Notice.ClientID = 2
	}
	p := s.get("/notices")
	p.want(t, 200, "Client is held", "Held", "On its way")
	if n := strings.Count(p.Body, "Client is held"); n != 2 {
		t.Errorf("%d notices are marked, want the two that wait", n)
	}
	s.get("/notices/52").want(t, 200, "Client is held", "does not go out until somebody releases the client")
	s.get("/notices/52").lacks(t, "this notice goes out")
	s.outlook.preview.Letter.Client.HeldAt = &noon
	p = s.get("/notices/preview?contact=2&day=2026-11-23&kind=notice")
	p.want(t, 200, "Nothing goes out to this client until somebody releases it")
	p.lacks(t, "Goes out Monday")
}

// TestNoticesOffTheLadderStandOnTheDomainsPage: one on a hold, on records or on a missing date belongs to no expiry, and has no rung.
func TestNoticesOffTheLadderStandOnTheDomainsPage(t *testing.T) {
	s := newOutgoingSite(t)
	s.as(models.UserOps)
	const name = "harborlinedental.example"
	dom := s.store.views[name].Watched.Domain
	s.store.notices = append(s.store.notices, models.NoticeView{DomainName: name, Notice: models.Notice{
		ID: 81, DomainID: dom.ID, ClientID: dom.ClientID, Stage: models.StageRecords, Recipient: "maya@client.example", Channel: models.ChannelEmail,
		State: models.NoticeQueued, DueAt: noon.Add(46 * time.Hour), Reason: "records_broken", ExpiresAt: noon,
	}}, models.NoticeView{DomainName: name, Notice: models.Notice{
		ID: 82, DomainID: dom.ID, ClientID: dom.ClientID, CycleID: 77, Stage: models.StageD14, Recipient: "of-years-ago@client.example", Channel: models.ChannelEmail, State: models.NoticeSent,
	}})
	p := s.get("/domains/" + name)
	p.want(t, 200, `<a href="/notices/81"><b>Broken records</b></a>`, `<a href="/notices/70"><b>30-day</b></a>`)
	p.lacks(t, "of-years-ago@client.example")
	s.get("/notices/81").lacks(t, `id="lad"`)
	s.get("/notices/90").want(t, 200, `id="lad"`)
}

// TestARefusedFormLeadsBack: to the page of ours that it came from, and to no other.
func TestARefusedFormLeadsBack(t *testing.T) {
	s := newOutgoingSite(t)
	s.as(models.UserOps)
	const from = "/domains/harborlinedental.example"
	post := func(referer string) page {
		header := http.Header{}
		if referer != "" {
			header.Set("Referer", referer)
		}
		return s.do(http.MethodPost, from+"/attest", url.Values{"date": {"2020-01-01"}, "by": {"Maya"}}, header)
	}
	host := s.web.URL
	p := post(host + from)
	p.want(t, http.StatusBadRequest, "long past", `href="`+from+`">Go back to the form</a>`)
	for _, other := range []string{"", "https://evil.example" + from, "javascript:alert(1)", host + "//evil.example/", "%zz"} {
		post(other).lacks(t, "Go back to the form")
	}
	s.do(http.MethodGet, "/clients/9999", nil, http.Header{"Referer": {host + from}}).lacks(t, "Go back to the form")
}

// TestWhatIsPastIsSaidAsPast: a date that is over has expired, and a fact of which no answer tells has no age.
func TestWhatIsPastIsSaidAsPast(t *testing.T) {
	s := newOutgoingSite(t)
	s.as(models.UserOps)
	s.get("/notices/90").want(t, 200, "<span>Expires <span")
	s.get("/tasks/91").want(t, 200, "<span>Expires <span")
	page := s.store.out.pages[90]
	past := *page.Domain
	past.ExpiresAt = new(noon.AddDate(0, 0, -3))
	page.Domain, s.store.out.tasks[0].Domain = &past, &past
	s.store.out.pages[90] = page
	s.get("/notices/90").want(t, 200, "<span>Expired <span", "3 days ago")
	s.get("/tasks/91").want(t, 200, "<span>Expired <span")

	const name = "harborlinedental.example"
	v := s.store.views[name]
	v.Watched.Registration = &models.Registration{}
	s.store.views[name] = v
	p := s.get("/domains/" + name)
	p.want(t, 200, "no look has stated it")
	p.lacks(t, ">, never<")
}
