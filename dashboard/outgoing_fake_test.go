package dashboard_test

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// outgoing is what the fake keeps of notices, tasks and outreach.
type outgoing struct {
	pages        map[int64]models.NoticePage
	over         []models.NoticeView
	tasks        []models.TaskView
	calls        []models.Call
	suppressions []models.Suppression
	proposals    []models.ProposalView
	refuse       error // returned by every change below
}

func (f *fakeStore) Notice(_ context.Context, id int64) (models.NoticePage, error) {
	if p, ok := f.out.pages[id]; ok {
		return p, f.broken
	}
	for _, nv := range f.notices {
		if nv.Notice.ID == id {
			return models.NoticePage{View: nv, Client: f.clients[nv.Notice.ClientID], Contacts: f.contacts[nv.Notice.ClientID]}, f.broken
		}
	}
	return models.NoticePage{}, models.ErrNotFound
}

func (f *fakeStore) CapOverflow(context.Context) ([]models.NoticeView, error) {
	return f.out.over, f.broken
}

func (f *fakeStore) WaitingForBrake(_ context.Context, _ time.Time, limit int) ([]models.NoticeView, int, error) {
	return f.notices[:min(limit, len(f.notices))], len(f.notices), f.broken
}

func (f *fakeStore) QueueRetraction(_ context.Context, mailID int64, by string, _ time.Time) error {
	f.wrote("take back %d %s", mailID, by)
	return f.out.refuse
}

func (f *fakeStore) Tasks(_ context.Context, q models.TaskQuery) (models.TaskList, error) {
	var l models.TaskList
	for _, t := range f.out.tasks {
		if t.Notice.State != models.NoticeQueued {
			continue
		}
		l.Total++
		overdue := t.Notice.WantedBy != nil && t.Notice.WantedBy.Before(q.Today)
		if overdue {
			l.Overdue++
		}
		if q.ClientID != 0 && q.ClientID != t.Notice.ClientID || q.Overdue && !overdue || (q.Nobody || q.Assignee != "") && t.Notice.Assignee != q.Assignee {
			continue
		}
		l.Match++
		if len(l.Rows) < q.Limit {
			l.Rows = append(l.Rows, t)
		}
	}
	return l, f.broken
}

func (f *fakeStore) Task(_ context.Context, id int64) (models.TaskPage, error) {
	for _, t := range f.out.tasks {
		if t.Notice.ID == id {
			return models.TaskPage{Task: t, Contacts: f.contacts[t.Notice.ClientID], Calls: f.out.calls}, f.broken
		}
	}
	return models.TaskPage{}, models.ErrNotFound
}

func (f *fakeStore) PlanTask(_ context.Context, t models.TaskPlan) error {
	day := ""
	if t.WantedBy != nil {
		day = t.WantedBy.Format(time.DateOnly)
	}
	f.wrote("plan task %d %q %q %s %s", t.ID, t.Assignee, t.Note, day, t.By)
	return f.out.refuse
}

func (f *fakeStore) FinishTask(_ context.Context, id int64, by string, _ time.Time) error {
	f.wrote("finish task %d %s", id, by)
	return f.out.refuse
}

func (f *fakeStore) LogCall(_ context.Context, c models.Call, done bool) (models.Call, error) {
	var contact, notice int64
	if c.ContactID != nil {
		contact = *c.ContactID
	}
	if c.NoticeID != nil {
		notice = *c.NoticeID
	}
	f.wrote("call client %d contact %d task %d %s %q %t %s", c.ClientID, contact, notice, c.Outcome, c.Note, done, c.By)
	return c, f.out.refuse
}

func (f *fakeStore) ClientOutreach(_ context.Context, id int64, _ time.Time) (models.ClientOutreach, error) {
	c, ok := f.clients[id]
	if !ok {
		return models.ClientOutreach{}, models.ErrNotFound
	}
	o := models.ClientOutreach{Client: c, Contacts: f.contacts[id], Calls: f.out.calls, Links: 2, Waiting: 1}
	for _, t := range f.out.tasks {
		if t.Notice.ClientID == id {
			o.Tasks = append(o.Tasks, t)
		}
	}
	for _, s := range f.out.suppressions {
		if slices.ContainsFunc(o.Contacts, func(c models.Contact) bool { return c.Email == s.Address }) {
			o.Suppressions = append(o.Suppressions, s)
		}
	}
	return o, f.broken
}

func (f *fakeStore) SetNoticeSettings(_ context.Context, id int64, to models.NoticeSettings, by string, _ time.Time) error {
	number := func(n *int) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	f.wrote("settings %d %v %s %s %s", id, to.Stages, number(to.DeputyFrom), number(to.AnswerHours), by)
	return f.out.refuse
}

func (f *fakeStore) HoldClient(_ context.Context, id int64, why, by string, _ time.Time) error {
	f.wrote("hold client %d %q %s", id, why, by)
	return f.out.refuse
}

func (f *fakeStore) ReleaseClient(_ context.Context, id int64, by string, _ time.Time) error {
	f.wrote("release client %d %s", id, by)
	return f.out.refuse
}

func (f *fakeStore) AddContact(_ context.Context, c models.Contact, by string, _ time.Time) (models.Contact, error) {
	f.wrote("add contact %d %s %s %s %s %s %s", c.ClientID, c.Name, c.Email, c.Role, c.Language, c.TimeZone, by)
	return c, f.out.refuse
}

func (f *fakeStore) CorrectContact(_ context.Context, c models.Contact, by string, _ time.Time) error {
	f.wrote("correct contact %d of %d %s %s %s %s", c.ID, c.ClientID, c.Name, c.Email, c.Role, by)
	return f.out.refuse
}

func (f *fakeStore) Suppress(_ context.Context, sup models.Suppression) error {
	f.wrote("suppress %s %s %q %s", sup.Address, sup.Reason, sup.Detail, sup.By)
	return f.out.refuse
}

func (f *fakeStore) LiftSuppression(_ context.Context, id int64, by string, _ time.Time) error {
	f.wrote("lift %d %s", id, by)
	return f.out.refuse
}

func (f *fakeStore) QueueAccess(_ context.Context, stage models.Stage, clientID, grantID int64, day, by string, _ time.Time) error {
	f.wrote("access %s %d %d %s %s", stage, clientID, grantID, day, by)
	return f.out.refuse
}

func (f *fakeStore) RevokeLinks(_ context.Context, clientID int64, why, by string, _ time.Time) (int, error) {
	f.wrote("revoke links %d %q %s", clientID, why, by)
	return 2, f.out.refuse
}

func (f *fakeStore) Proposals(_ context.Context, clientID int64) (list []models.ProposalView, err error) {
	for _, p := range f.out.proposals {
		if p.Proposal.ClientID == clientID {
			list = append(list, p)
		}
	}
	return list, f.broken
}

func (f *fakeStore) AcceptProposal(_ context.Context, d models.ProposalDecision) (models.Contact, error) {
	f.wrote("accept %d %s %s %q %s", d.ID, d.Role, d.Email, d.Former, d.By)
	return models.Contact{Name: "Ben Achterberg", Role: d.Role}, f.out.refuse
}

func (f *fakeStore) RefuseProposal(_ context.Context, id int64, why, by string, _ time.Time) error {
	f.wrote("refuse %d %q %s", id, why, by)
	return f.out.refuse
}

// fakeOutlook foresees what it is told.
type fakeOutlook struct {
	store   *fakeStore
	fc      models.Forecast
	preview models.Preview
	outcome models.Delivery
	reply   string
	err     error
	tests   []string
}

func (o *fakeOutlook) Forecast(_ context.Context, days int) (models.Forecast, error) {
	fc := o.fc
	fc.Days = days
	return fc, o.err
}

func (o *fakeOutlook) ForecastClient(ctx context.Context, clientID int64, days int) (models.Forecast, error) {
	fc, err := o.Forecast(ctx, days)
	fc.Letters = slices.DeleteFunc(slices.Clone(fc.Letters), func(l models.ForecastLetter) bool { return l.Client.ID != clientID })
	return fc, err
}

func (o *fakeOutlook) Preview(_ context.Context, key models.LetterKey) (models.Preview, error) {
	if o.err != nil {
		return models.Preview{}, o.err
	}
	if !slices.ContainsFunc(o.fc.Letters, func(l models.ForecastLetter) bool { return l.Key == key }) {
		return models.Preview{}, models.ErrNotFound
	}
	return o.preview, nil
}

func (o *fakeOutlook) Hold(_ context.Context, key models.LetterKey, domainID int64, stage models.Stage, by string) (models.Notice, error) {
	o.store.wrote("hold foreseen %d %s %s %d %s %s", key.ContactID, key.Day, key.Kind, domainID, stage, by)
	return models.Notice{}, o.err
}

func (o *fakeOutlook) SendTest(_ context.Context, key models.LetterKey, to mail.Address, by string) (models.Delivery, string, error) {
	o.tests = append(o.tests, strings.Join([]string{key.Day, to.Address, by}, " "))
	return o.outcome, o.reply, o.err
}

func (o *fakeOutlook) Ladder(d *models.Domain, _ *models.Client) []models.LadderStep {
	if d.ExpiresAt == nil {
		return nil
	}
	var list []models.LadderStep
	for stage, days := range map[models.Stage]int{models.StageD60: -60, models.StageD30: -30, models.StageD7: -7, models.StageP1: 1} {
		list = append(list, models.LadderStep{Stage: stage, DueAt: d.ExpiresAt.AddDate(0, 0, days), Ops: stage == models.StageD60, Deputy: days > -8})
	}
	slices.SortFunc(list, func(a, b models.LadderStep) int { return a.DueAt.Compare(b.DueAt) })
	return list
}

func (o *fakeOutlook) Rules(*models.Client) models.NoticeRules {
	nine, five := models.ClockTime{Hour: 9}, models.ClockTime{Hour: 17}
	return models.NoticeRules{
		SendFrom: nine, SendUntil: five, Office: models.Office{Zone: time.UTC, Days: models.WorkingWeek(), Open: nine, Close: five},
		AnyDayWithin: 3, DeputyFrom: 7, DeputyAfter: 7, AnswerHours: 48, DailyCap: 2,
		Stages: []models.Stage{models.StageD60, models.StageD30, models.StageD7, models.StageP1, models.StageRedemption},
	}
}

// sampleOutgoing fills in what the pages on notices, tasks and outreach show.
func sampleOutgoing(f *fakeStore) *fakeOutlook {
	dom := f.domains[6].Domain // brightwaterpools.example, of client 2
	contact := f.contacts[2][0]
	sent := noon.AddDate(0, 0, -5)
	n := models.Notice{
		ID: 90, DomainID: dom.ID, CycleID: 7, ClientID: 2, ContactID: &contact.ID, Stage: models.StageD14, Recipient: contact.Email, Channel: models.ChannelEmail,
		State: models.NoticeSent, DueAt: sent, SentAt: &sent, CreatedAt: sent.Add(-time.Hour), Reason: "date_near", ExpiresAt: *dom.ExpiresAt, MailID: new(int64(12)),
	}
	text := "Please renew brightwaterpools.example.\n\nhttps://watch.northwind.example/c/AQIDBAUGBwgJCgsMDQ4PEBESExQV\n"
	view := models.NoticeView{
		Notice: n, Mail: &models.Mail{ID: 12, State: models.MailSent, Subject: "brightwaterpools.example expires on 28 November", Text: text, TextHash: "41be09", SentAt: &sent, Recipient: contact.Email},
		Attempts:   []models.Attempt{{At: sent, Outcome: models.DeliverySent, Code: 250, Enhanced: "2.0.0", Reply: "OK queued as 7F3"}},
		DomainName: dom.Name, ClientName: f.clients[2].Name,
	}
	task := models.Notice{
		ID: 91, DomainID: dom.ID, CycleID: 7, ClientID: 2, ContactID: &contact.ID, Stage: models.StageD14.FollowUp(), Recipient: "ops", Channel: models.ChannelTask,
		State: models.NoticeQueued, DueAt: noon.Add(-30 * time.Hour), Reason: "no_answer", WantedBy: new(models.DayOf(noon, time.UTC).AddDate(0, 0, -1)), ExpiresAt: *dom.ExpiresAt,
	}
	f.out = outgoing{
		pages: map[int64]models.NoticePage{90: {
			View: view, Client: f.clients[2], Domain: &dom, Contacts: f.contacts[2], Ladder: []models.NoticeView{view, {Notice: task}}, Carried: []models.NoticeView{view},
			Bounces: []models.Bounce{{At: sent.Add(time.Hour), Kind: models.BounceTemporary, Status: "4.2.2", Diagnostic: "mailbox full"}},
		}},
		over: []models.NoticeView{{DomainName: "wrenandwillow.example", ClientName: "Wren & Willow Florists", Notice: models.Notice{
			ID: 95, ClientID: 3, Stage: models.StageD30, Recipient: "maya@client.example", Channel: models.ChannelEmail, State: models.NoticeQueued, Reason: models.ReasonOverCap, DueAt: noon.Add(20 * time.Hour),
		}}},
		tasks: []models.TaskView{
			{
				Notice: task, Client: f.clients[2], Domain: &dom, Contact: &contact,
				Calls: []models.Call{{ID: 1, ClientID: 2, NoticeID: new(int64(91)), Outcome: models.CallNoAnswer, At: noon.Add(-3 * time.Hour), By: "ops@northwind.example"}},
			},
			{
				Notice: models.Notice{ID: 92, ClientID: 2, ContactID: &contact.ID, Stage: models.StageOptedOut, Channel: models.ChannelTask, State: models.NoticeQueued, DueAt: noon.Add(-time.Hour), Assignee: "ops@northwind.example"},
				Client: f.clients[2], Contact: &contact,
			},
		},
		calls:        []models.Call{{ID: 1, ClientID: 2, ContactID: &contact.ID, NoticeID: new(int64(91)), Outcome: models.CallNoAnswer, Note: "Rang for long", At: noon.Add(-3 * time.Hour), By: "ops@northwind.example"}},
		suppressions: []models.Suppression{{ID: 5, Address: "luis@client.example", Reason: models.SuppressedBounced, Detail: "5.1.1 no such user", At: noon.AddDate(0, 0, -2)}},
		proposals: []models.ProposalView{{
			Proposal:    models.Proposal{ID: 8, ClientID: 2, ContactID: contact.ID, Name: "Ben Achterberg", Email: "ben@books.example", Phone: "(650) 555-0170", State: models.ProposalOpen, At: noon.Add(-2 * time.Hour)},
			ContactName: contact.Name, DomainName: dom.Name,
		}},
	}
	key := models.LetterKey{ContactID: contact.ID, Day: "2026-11-23", Kind: models.MailNotice}
	at := noon.Add(46 * time.Hour)
	queued := models.Notice{ID: 52, DomainID: dom.ID, CycleID: 7, ClientID: 2, ContactID: &contact.ID, Stage: models.StageD7, State: models.NoticeQueued, Channel: models.ChannelEmail, DueAt: at, ExpiresAt: *dom.ExpiresAt}
	later := queued
	later.ID, later.Stage = 0, models.StageD3
	held := queued
	held.ID, held.State, held.Stage = 50, models.NoticeHeld, models.StageD1
	letter := func(day int, state models.ForecastState, items ...models.ForecastItem) models.ForecastLetter {
		k := key
		k.Day = time.Date(2026, 11, 23+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		return models.ForecastLetter{Key: k, At: at.AddDate(0, 0, day), State: state, Client: f.clients[2], Contact: contact, Items: items}
	}
	item := func(n models.Notice) models.ForecastItem {
		return models.ForecastItem{Notice: n, Domain: dom.Name, Client: f.clients[2].Name, Held: n.State == models.NoticeHeld}
	}
	return &fakeOutlook{
		store: f, outcome: models.DeliverySent, reply: "taken",
		fc: models.Forecast{
			At: noon, Until: noon.AddDate(0, 0, 30),
			Letters: []models.ForecastLetter{letter(0, models.ForecastGoes, item(queued)), letter(3, models.ForecastOverCap, item(later)), letter(5, models.ForecastHeld, item(held))},
			Tasks:   []models.ForecastItem{item(task)}, Nobody: []models.ForecastItem{item(models.Notice{Stage: models.StageD30, ClientID: 2, DueAt: at, Reason: "no_usable_address"})},
			Unknown: []models.Unforeseen{{Name: "xn--kessler-tren-llb.example", Client: "Kessler Fenster GmbH", ClientID: 9, LifecycleWhy: models.WhyNoPublicExpiry, SeenAt: new(noon.Add(-5 * time.Hour))}},
		},
		preview: models.Preview{
			Letter: models.Letter{Client: f.clients[2], Contact: contact, Mail: models.Mail{Recipient: contact.Email}, Items: []models.LetterItem{{Domain: dom}}},
			At:     at, From: "Northwind <domains@northwind.example>", Subject: "brightwaterpools.example expires on 28 November", Text: "Please renew it.\n", HTML: "<!doctype html><body><p style=\"color:#111\">Please renew it.</p></body>", ICS: "BEGIN:VCALENDAR",
		},
	}
}
