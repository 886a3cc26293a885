package dashboard_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
)

const mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"

// outgoingSite is a site with notices, tasks, and a view of what goes out.
type outgoingSite struct {
	*site
	outlook *fakeOutlook
}

func newOutgoingSite(t *testing.T) *outgoingSite {
	t.Helper()
	o := &outgoingSite{}
	o.site = newSite(t, func(opt *dashboard.Options) {
		f := opt.Store.(*fakeStore)
		fillSample(f)
		o.outlook = sampleOutgoing(f)
		opt.Outlook = o.outlook
	})
	return o
}

// wrote fails unless the last change is the one wanted.
func (s *outgoingSite) wrote(want string) {
	s.t.Helper()
	list := s.store.written()
	if len(list) == 0 || list[len(list)-1] != want {
		s.t.Errorf("wrote %q, want %q", list[max(0, len(list)-1):], want)
	}
}

func TestForecastByDayAndByClient(t *testing.T) {
	s := newOutgoingSite(t)
	s.as(models.UserOps)
	p := s.get("/notices/forecast")
	p.want(t, 200, "1 message goes out to 1 client in the next 30 days", "If nothing changes.", "Monday 23 November", "brightwaterpools.example", "7-day", "Over the daily cap",
		"Not known", "kessler-türen.example", "The registry publishes no date", "Goes to nobody", "no usable address", "Comes up for us", "/notices/50/release", `action="/notices/forecast/hold"`)
	s.get("/notices/forecast?by=client&days=60").want(t, 200, `<a href="/clients/2">Brightwater Pools &amp; Spa</a>`, "in the next 60 days")
	p = s.get("/notices/forecast?client=9")
	p.want(t, 200, "Nothing goes out in the next 30 days", "kessler-türen.example")
	p.lacks(t, "7-day")
	s.post("/notices/forecast/hold", url.Values{"contact": {"2"}, "day": {"2026-11-26"}, "kind": {"notice"}, "domain": {"7"}, "stage": {"d3"}, "back": {"/notices/forecast?days=7"}})
	s.wrote("hold foreseen 2 2026-11-26 notice 7 d3 ops@northwind.example")
	if p := s.post("/notices/forecast/hold", url.Values{"contact": {"x"}, "kind": {"notice"}}); p.Status != http.StatusNotFound {
		t.Errorf("a message that is none: %d", p.Status)
	}
	s.as(models.UserViewer).get("/notices/forecast").lacks(t, ">Hold<", ">Release<")
	s.outlook.fc.NoServer = true
	s.get("/notices/forecast").want(t, 200, "No mail server is set up")
}

func TestForecastTurnsPages(t *testing.T) {
	s := newOutgoingSite(t)
	one := s.outlook.fc.Letters[0]
	s.outlook.fc.Letters = slices.Repeat([]models.ForecastLetter{one}, 250)
	p := s.as(models.UserViewer).get("/notices/forecast?page=3")
	p.want(t, 200, "201–250 of 250 messages", `aria-current="page">3<`)
	if n := strings.Count(p.Body, "Read it</a>"); n != 50 {
		t.Errorf("%d messages on the last page", n)
	}
}

func TestPreviewIsFramedAndTestsGoToWhoIsSignedIn(t *testing.T) {
	s := newOutgoingSite(t)
	const q = "?contact=2&day=2026-11-23&kind=notice"
	s.as(models.UserOps).get("/notices/preview"+q).want(t, 200, "brightwaterpools.example expires on 28 November", "Please renew it.", "Maya Okafor", "a calendar file", "sandbox></iframe>", "Send a test to me")
	p := s.get("/notices/preview/mail.html" + q)
	p.want(t, 200, "Please renew it.")
	if got := p.Header.Values("Content-Security-Policy"); len(got) != 1 || got[0] != mailPolicy {
		t.Errorf("policy of the frame: %q", got)
	}
	s.get("/notices/preview?contact=2&day=2027-01-01&kind=notice").want(t, 404)
	s.get("/notices/preview?contact=2&day=2026-11-23&kind=evil").want(t, 404)

	form := url.Values{"contact": {"2"}, "day": {"2026-11-23"}, "kind": {"notice"}, "to": {"victim@client.example"}}
	if p := s.post("/notices/preview/test", form); p.Status != http.StatusSeeOther {
		t.Fatalf("test: %d\n%s", p.Status, excerpt(p.Body))
	}
	if want := []string{"2026-11-23 ops@northwind.example ops@northwind.example"}; !slices.Equal(s.outlook.tests, want) {
		t.Errorf("tests went to %v, want %v", s.outlook.tests, want)
	}
	s.get("/notices/preview"+q).want(t, 200, "A test was sent to ops@northwind.example")
	s.outlook.outcome, s.outlook.reply = models.DeliveryTemporary, "451 greylisted"
	s.post("/notices/preview/test", form)
	s.get("/notices/preview"+q).want(t, 200, "The test was not sent. The mail server says: 451 greylisted")
	for range 5 {
		p = s.post("/notices/preview/test", form)
	}
	p.want(t, http.StatusTooManyRequests, "Nothing was sent")
	if len(s.outlook.tests) != 5 {
		t.Errorf("%d tests were sent in a minute", len(s.outlook.tests))
	}
	s.as(models.UserOnboarding).post("/notices/preview/test", form).want(t, http.StatusForbidden)
}

func TestNoticePage(t *testing.T) {
	s := newOutgoingSite(t)
	p := s.as(models.UserOps).get("/notices/90")
	p.want(t, 200, "14-day, brightwaterpools.example", "Ladder", "60-day", "250 2.0.0 OK queued as 7F3", "Delayed", "4.2.2 mailbox full", "DW-000012", "41be09", "/c/…", "Maya Okafor", "Send window", "/notices/90/take-back")
	p.lacks(t, "AQIDBAUGBwgJCgsMDQ4PEBESExQV")
	s.get("/notices/52").want(t, 200, "Before it goes out", "/notices/preview/mail.html?contact=2", "Mail to clients is held")
	s.get("/notices/999").want(t, 404)
	s.get("/notices/90/take-back").want(t, 200, "Take this message back?", "can’t be called back")
	s.post("/notices/90/take-back", nil).want(t, http.StatusBadRequest)
	if p := s.post("/notices/90/take-back", url.Values{"confirmed": {"yes"}}); p.Location != "/notices/90" {
		t.Errorf("taking back leads to %q with %d", p.Location, p.Status)
	}
	s.wrote("take back 12 ops@northwind.example")
	page := s.store.out.pages[90]
	page.TakenBack = true
	s.store.out.pages[90] = page
	s.get("/notices/90").lacks(t, ">Take it back<")
	s.post("/notices/90/take-back", url.Values{"confirmed": {"yes"}}).want(t, http.StatusConflict)
}

func TestBrakeIsReleasedAfterAQuestion(t *testing.T) {
	s := newOutgoingSite(t)
	s.as(models.UserOps)
	for _, path := range []string{"/", "/domains", "/clients/1", "/notices", "/tasks", "/access"} {
		s.get(path).want(t, 200, "9 of 29 domains turned bad in one run.", "5 notices that would go out within a day wait.", `href="/brake"`)
	}
	s.get("/brake").want(t, 200, "Let mail to clients go?", "looked at once more", "wrenandwillow.example", "5 notices")
	before := len(s.store.written())
	if p := s.post("/brake/release", nil); p.Location != "/brake" || len(s.store.written()) != before {
		t.Errorf("released without a question: %q %v", p.Location, s.store.written()[before:])
	}
	s.post("/brake/release", url.Values{"confirmed": {"yes"}})
	s.wrote("release brake ops@northwind.example")
	s.as(models.UserViewer).get("/brake").lacks(t, "<form method=\"post\" action=\"/brake")
	s.store.brake = nil
	s.get("/brake").want(t, 200, "The storm brake is off")
}

func TestOverflowOfTheCapIsShown(t *testing.T) {
	s := newOutgoingSite(t)
	s.as(models.UserViewer).get("/notices").want(t, 200, "Over the daily cap", "has had 2 messages that day", "wrenandwillow.example", "The next 30 days")
}

func TestTasks(t *testing.T) {
	s := newOutgoingSite(t)
	s.as(models.UserOps)
	s.get("/").want(t, 200, "No answer to the 14-day notice: call", "2, 1 overdue", "(650) 555-0162")
	s.get("/tasks").want(t, 200, "2 tasks are open, 1 overdue.", `href="tel:&#43;16505550162"`, "nobody yet", "1 call, last 21 Nov 07:42: no answer")
	s.get("/tasks?show=mine").want(t, 200, "Asked not to be written to: call")
	s.get("/tasks?show=mine").lacks(t, "No answer to the 14-day")
	s.get("/tasks/91").want(t, 200, "Whom to call", "Rang for long", "Note the call")
	s.get("/tasks/7").want(t, 404)

	s.post("/tasks/91/plan", url.Values{"assignee": {"Dana"}, "note": {"Call after lunch"}, "wanted_by": {"2026-11-24"}})
	s.wrote(`plan task 91 "Dana" "Call after lunch" 2026-11-24 ops@northwind.example`)
	s.post("/tasks/91/plan", url.Values{"me": {"yes"}})
	s.wrote(`plan task 91 "ops@northwind.example" ""  ops@northwind.example`)
	for why, form := range map[string]url.Values{
		"a day that has passed": {"wanted_by": {"2026-11-01"}}, "no day": {"wanted_by": {"soon"}}, "a secret": {"note": {"the password is hunter2hunter2"}},
	} {
		before := len(s.store.written())
		if p := s.post("/tasks/91/plan", form); p.Status != http.StatusBadRequest || len(s.store.written()) != before || strings.Contains(p.Body, "hunter2") {
			t.Errorf("%s: %d %v", why, p.Status, s.store.written()[before:])
		}
	}
	s.post("/tasks/91/call", url.Values{"outcome": {"reached"}, "contact": {"2"}, "note": {"Renews on Monday"}, "done": {"yes"}})
	s.wrote(`call client 2 contact 2 task 91 reached "Renews on Monday" true ops@northwind.example`)
	s.get("/tasks/91").want(t, 200, "The call is noted, and the task is done.")
	s.post("/tasks/91/call", url.Values{"outcome": {"slept"}}).want(t, http.StatusBadRequest, "choose one of the four")
	s.post("/tasks/91/done", nil)
	s.wrote("finish task 91 ops@northwind.example")
	s.store.out.refuse = models.ErrConflict
	s.post("/tasks/91/done", nil).want(t, http.StatusConflict, "It changed in the meantime")
	s.as(models.UserViewer).get("/tasks/91").lacks(t, "<form method=\"post\" action=\"/tasks")
}

func TestClientsOwnNotices(t *testing.T) {
	s := newOutgoingSite(t)
	s.as(models.UserOps)
	s.get("/clients/2/notices").want(t, 200, "Notices and contacts", "Ben Achterberg was named instead", "Not written to: 550", "Mail came back", "Write there again", "as the agency does, 48", "Open tasks", "Rang for long", "2 in use")
	post := func(path string, form url.Values, want string) {
		t.Helper()
		if p := s.post("/clients/2"+path, form); p.Status != http.StatusSeeOther || p.Location != "/clients/2/notices" {
			t.Errorf("%s: %d to %q\n%s", path, p.Status, p.Location, excerpt(p.Body))
		}
		s.wrote(want)
	}
	post("/notices", url.Values{"ladder": {"own"}, "stage": {"d30", "d7", "redemption", "evil"}, "deputy_from": {"10"}, "answer_hours": {"24"}}, "settings 2 [d30 d7 redemption] 10 24 ops@northwind.example")
	post("/notices", url.Values{"ladder": {"agency"}, "stage": {"d30"}}, "settings 2 [] - - ops@northwind.example")
	post("/notices", url.Values{"reset": {"yes"}, "answer_hours": {"24"}}, "settings 2 [] - - ops@northwind.example")
	post("/hold", url.Values{"why": {"A quarrel about the bill"}}, `hold client 2 "A quarrel about the bill" ops@northwind.example`)
	post("/release", nil, "release client 2 ops@northwind.example")
	post("/call", url.Values{"outcome": {"no_answer"}}, `call client 2 contact 0 task 0 no_answer "" false ops@northwind.example`)
	post("/links/revoke", url.Values{"why": {"forwarded"}}, `revoke links 2 "forwarded" ops@northwind.example`)
	post("/suppressions/5/lift", nil, "lift 5 ops@northwind.example")
	post("/contacts/2/suppress", url.Values{"why": {"left the firm"}}, `suppress maya@client.example by_hand "left the firm" ops@northwind.example`)
	post("/proposals/8", url.Values{"do": {"accept"}, "role": {"owner"}, "email": {"ben@books.example"}, "former": {"deputy"}}, `accept 8 owner ben@books.example "deputy" ops@northwind.example`)
	post("/proposals/8", url.Values{"do": {"refuse"}, "why": {"left"}}, `refuse 8 "left" ops@northwind.example`)
	post("/access/3/ask", nil, "access access_request 2 3 2026-11-21 ops@northwind.example")
	post("/access-statement", nil, "access access_review 2 0 2026-11-21 ops@northwind.example")
	before := len(s.store.written())
	for path, form := range map[string]url.Values{
		"/notices": {"ladder": {"own"}}, "/hold": {"why": {""}}, "/links/revoke": {}, "/suppressions/99/lift": {}, "/contacts/2/suppress": {}, "/contacts/1/suppress": {"why": {"another client's"}}, "/proposals/99": {"do": {"accept"}}, "/call": {},
	} {
		if p := s.post("/clients/2"+path, form); p.Status < 400 || p.Status >= 500 {
			t.Errorf("%s %v: %d", path, form, p.Status)
		}
	}
	s.post("/clients/2/notices", url.Values{"answer_hours": {"0"}}).want(t, http.StatusBadRequest, "Hours to answer")
	s.post("/clients/1/proposals/8", url.Values{"do": {"accept"}}).want(t, http.StatusConflict) // another client's
	if now := s.store.written(); len(now) != before {
		t.Errorf("refused, and wrote %v", now[before:])
	}
	c := s.store.clients[2]
	c.HeldAt, c.HeldBy, c.HeldWhy = &noon, "dana@northwind.example", "A quarrel about the bill"
	s.store.clients[2] = c
	s.get("/clients/2/notices").want(t, 200, "Nothing goes out to this client since", "A quarrel about the bill", "Release its notices")
	s.get("/clients/2").want(t, 200, "Nothing goes out to this client", "Rang for long")
}

func TestContactsAreAddedAndCorrected(t *testing.T) {
	s := newOutgoingSite(t)
	s.as(models.UserOnboarding)
	s.get("/clients/2/contacts/new").want(t, 200, "Add a contact")
	s.get("/clients/2/contacts/2").want(t, 200, "Correct Maya Okafor", `value="maya@client.example"`)
	s.get("/clients/2/contacts/102").want(t, 200, "Not written to")
	s.get("/clients/2/contacts/1").want(t, 404) // another client's
	good := url.Values{"name": {"Rosa Delgado"}, "email": {"Rosa@Client.example"}, "role": {"billing"}, "phone": {"(650) 555-0118"}, "language": {"es"}, "time_zone": {"Europe/Madrid"}}
	if p := s.post("/clients/2/contacts/new", good); p.Location != "/clients/2/notices" {
		t.Fatalf("adding: %d\n%s", p.Status, excerpt(p.Body))
	}
	s.wrote("add contact 2 Rosa Delgado rosa@client.example billing es Europe/Madrid onboarding@northwind.example")
	s.post("/clients/2/contacts/102", good)
	s.wrote("correct contact 102 of 2 Rosa Delgado rosa@client.example billing onboarding@northwind.example")
	for field, value := range map[string]string{
		"email": "Rosa <rosa@client.example>", "role": "king", "time_zone": "Mars/Base", "language": "<es>", "name": "",
	} {
		form := url.Values{}
		maps.Copy(form, good)
		form.Set(field, value)
		before := len(s.store.written())
		if p := s.post("/clients/2/contacts/new", form); p.Status != http.StatusUnprocessableEntity || len(s.store.written()) != before {
			t.Errorf("%s %q: %d", field, value, p.Status)
		}
	}
	secret := url.Values{"name": {"password: Tr0ub4dor&3xyz"}, "email": {"rosa@client.example"}, "role": {"owner"}}
	p := s.post("/clients/2/contacts/new", secret)
	p.want(t, http.StatusUnprocessableEntity, "so it was not kept")
	p.lacks(t, "Tr0ub4dor")
	s.store.out.refuse = models.ErrConflict
	s.post("/clients/2/contacts/new", good).want(t, http.StatusUnprocessableEntity, "Another contact of this client has this address")
}

// TestHostileTextInOutgoingStaysText puts hostile text into every field that these pages show.
func TestHostileTextInOutgoingStaysText(t *testing.T) {
	s := newOutgoingSite(t)
	f := s.store
	c := f.clients[2]
	c.Name, c.HeldAt, c.HeldBy, c.HeldWhy = hostile, &noon, hostile, hostile
	f.clients[2] = c
	person := models.Contact{ID: 2, ClientID: 2, Name: hostile, Email: hostile, Phone: "javascript:alert(1)", Role: models.ContactRole(hostile), EmailState: models.EmailBad, EmailReason: hostile, Language: hostile, TimeZone: hostile}
	f.contacts[2] = []models.Contact{person}
	for i := range f.out.tasks {
		v := &f.out.tasks[i]
		v.Client, v.Contact = c, &person
		v.Notice.Note, v.Notice.Assignee, v.Notice.Reason, v.Notice.Stage = hostile, hostile, hostile, models.Stage(hostile)
	}
	f.out.calls[0].Note, f.out.calls[0].By, f.out.calls[0].Outcome = hostile, hostile, models.CallOutcome(hostile)
	f.out.suppressions[0] = models.Suppression{ID: 5, Address: hostile, Reason: models.SuppressionReason(hostile), Detail: hostile}
	f.out.proposals[0].Proposal.Name, f.out.proposals[0].Proposal.Email, f.out.proposals[0].Proposal.Phone, f.out.proposals[0].ContactName = hostile, hostile, hostile, hostile
	f.out.over[0].Notice.Recipient, f.out.over[0].ClientName = hostile, hostile
	page := f.out.pages[90]
	page.Client, page.Contacts = c, f.contacts[2]
	page.View.Mail.Subject, page.View.Mail.Text, page.View.Attempts[0].Reply, page.Bounces[0].Diagnostic = hostile, hostile, hostile, hostile
	f.out.pages[90] = page
	for i := range s.outlook.fc.Letters {
		l := &s.outlook.fc.Letters[i]
		l.Client, l.Contact, l.Items[0].Client, l.Items[0].Notice.Stage = c, person, hostile, models.Stage(hostile)
	}
	s.outlook.fc.Unknown[0].Client, s.outlook.fc.Nobody[0].Client = hostile, hostile
	p := &s.outlook.preview
	p.Subject, p.Text, p.From, p.Letter.Client.Name, p.Letter.Contact.Name, p.Letter.Mail.Recipient = hostile, hostile, hostile, hostile, hostile, hostile
	s.as(models.UserAdmin)
	for _, path := range []string{
		"/", "/notices", "/notices/forecast", "/notices/forecast?by=client", "/notices/preview?contact=2&day=2026-11-23&kind=notice", "/notices/90", "/notices/90/take-back", "/brake",
		"/tasks", "/tasks/91", "/clients/2", "/clients/2/notices", "/clients/2/contacts/2",
	} {
		page := s.get(path)
		if page.Status >= 500 {
			t.Errorf("%s: status %d", path, page.Status)
		}
		for _, bad := range []string{"<script", "<img", "onerror=alert(2)>{", "\u202e", "\x00", `href="javascript`, `href="tel:javascript`} {
			if i := strings.Index(page.Body, bad); i >= 0 {
				t.Errorf("%s: the page has %q: …%s…", path, bad, page.Body[max(0, i-120):min(len(page.Body), i+80)])
			}
		}
	}
}
