package dashboard_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// hostile is what a registrar, a name server or a mail server might put into a field.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}` + "\u202e\x00'javascript:"

var optionValue = regexp.MustCompile(` value="[^"<>]*"`)

// TestHostileTextStaysText puts hostile text into every field that comes from outside, and visits every page that shows it.
func TestHostileTextStaysText(t *testing.T) {
	s := newSite(t, withRepair(monitor.Repair))
	fillSample(s.store)
	const name = "harborlinedental.example"
	v := s.store.views[name]
	w := &v.Watched
	w.Domain.Registrar, w.Domain.AutoRenewBy, w.Domain.AttestedBy, w.Domain.QuietReason, w.Domain.QuietUntil = hostile, hostile, hostile, hostile, new(noon.AddDate(0, 0, 1))
	w.Client.Name = hostile
	w.Contacts = []models.Contact{{Name: hostile, Email: hostile, Phone: "javascript:alert(1)", Role: models.ContactRole(hostile), EmailState: models.EmailBad, EmailReason: hostile}}
	w.Registration.Registrar, w.Registration.RegistrarID, w.Registration.Statuses, w.Registration.Nameservers = hostile, hostile, []string{hostile}, []string{hostile}
	w.Delegation.ParentNS, w.Delegation.ChildNS, w.Delegation.Detail = []string{hostile}, []string{hostile}, hostile
	w.Delegation.Servers = []models.ServerLook{{Name: hostile, Address: hostile, Outcome: hostile, Detail: hostile}}
	w.Records = []models.ExpectedRecord{{Host: hostile, Type: hostile, Values: []string{hostile}, Purpose: hostile, Service: hostile, Detail: hostile, State: models.RecordWrong, Match: models.Match(hostile), Seen: models.Seen{hostile: {hostile}}}}
	w.Findings = []models.Finding{{Title: hostile, Subject: hostile, Detail: hostile, NextStep: hostile, Assignee: hostile, State: models.FindingOpen, Severity: models.SeverityMajor, OpenedAt: noon}}
	v.Changes = []models.Change{{Field: hostile, Before: hostile, After: hostile, At: noon}}
	v.Notices = []models.NoticeView{{Notice: models.Notice{Stage: models.Stage(hostile), Recipient: hostile, Reason: hostile, State: models.NoticeFailed}, Attempts: []models.Attempt{{Code: 550, Enhanced: hostile, Reply: hostile}}}}
	v.Answers = []models.Answer{{Kind: models.AnswerRenewed, By: hostile, At: noon}}
	v.Observations = []models.Observation{{ID: 1, Server: hostile, Detail: hostile, Kind: models.LookKind(hostile), Outcome: models.Outcome(hostile)}}
	v.Grants = []models.Grant{{Platform: hostile, Role: hostile, Holder: hostile, Method: models.GrantMethod(hostile)}}
	s.store.views[name] = v
	s.store.obs[1] = models.Observation{ID: 1, Server: hostile, Detail: hostile, Worker: hostile, ContentType: hostile, Evidence: []byte(hostile + "</pre><script>alert(3)</script>\xff")}
	s.store.notices[0].Notice.Recipient, s.store.notices[0].Notice.Reason = hostile, hostile
	s.store.clients[1] = models.Client{ID: 1, Name: hostile, Services: []string{hostile}}
	s.store.contacts[1] = w.Contacts
	for i := range s.store.domains {
		s.store.domains[i].ClientName, s.store.domains[i].Domain.Registrar = hostile, hostile
	}
	s.store.today.Unanswered[0].ClientName = hostile
	s.store.today.Findings[0].Finding.Title, s.store.today.Findings[0].Finding.Subject, s.store.today.Findings[0].ClientName = hostile, hostile, hostile
	s.store.sweeps[0].Error = hostile
	s.store.brake.Reason = hostile
	g := &s.store.grants[0].Grant
	s.store.grants[0].ClientName, g.Platform, g.Asset, g.Role, g.Purpose = hostile, hostile, hostile, hostile, hostile
	p := samplePortal(s.store, 1)
	p.Contact.ID, p.Contact.Name, p.Client.Name = 1, hostile, hostile
	p.Domains[0].Records = w.Records
	p.Grants = v.Grants
	s.store.portals[1] = p

	s.as(models.UserAdmin)
	for _, path := range []string{
		"/", "/domains", "/domains?q=" + "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E" + "&registrar=%3Cscript%3Ealert(1)", "/domains/" + name, "/observations/1", "/clients", "/clients/1", "/clients/1/onboarding", "/domains/" + name + "/archive",
		"/notices", "/access", "/c/link-1", "/c/link-1/confirm?domain=harborlinesmiles.example", "/c/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/%3Cscript%3Ealert(1)",
		"/login?next=/%22%3E%3Cscript%3Ealert(1)",
	} {
		page := s.get(path)
		if page.Status >= 500 {
			t.Errorf("%s: status %d", path, page.Status)
		}
		page.Body = optionValue.ReplaceAllString(page.Body, "") // a filter's value must stay as it is; it is escaped, which the rest of the list tests
		for _, bad := range []string{"<script", "<img", "onerror=alert(2)>{", "\u202e", "\x00", `href="javascript`, `href="tel:javascript`} {
			if strings.Contains(page.Body, bad) {
				i := strings.Index(page.Body, bad)
				t.Errorf("%s: the page has %q: …%s…", path, bad, page.Body[max(0, i-120):min(len(page.Body), i+80)])
			}
		}
	}
	for _, path := range []string{"/domains/" + name, "/observations/1", "/clients/1", "/clients/1/onboarding", "/c/link-1"} {
		if page := s.get(path); !strings.Contains(page.Body, "&lt;script&gt;alert(1)&lt;/script&gt;") {
			t.Errorf("%s does not show the hostile text as text", path)
		}
	}
}

func TestEvidenceIsShownInASandbox(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	p := s.as(models.UserViewer).get("/observations/1")
	p.want(t, 200, "harborlinedental.example", "⟨U+202E⟩", "␀", "&lt;script&gt;", "184ms", "sha256 9f3c71e21a")
	if got := p.Header.Values("Content-Security-Policy"); len(got) != 2 || got[0] != policy || !strings.HasPrefix(got[1], "sandbox") || strings.Contains(got[1], "allow-scripts") {
		t.Errorf("policies: %q", got)
	}
	p.lacks(t, "<form", "<script")
	s.get("/observations/99").want(t, 404)
	s.get("/observations/x").want(t, 404)
}
