package notify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// TestACorrectedAddress: a contact is one person under whatever address.
func TestACorrectedAddress(t *testing.T) {
	sent := func(state models.NoticeState, reason string) func(*models.Owed) {
		return func(o *models.Owed) {
			for i, stage := range []models.Stage{models.StageD30, models.StageD14} {
				n := row(int64(i+1), stage, owner, state, new(at(t, expiry).AddDate(0, 0, -14+i*5)))
				n.Recipient, n.Reason, n.ExpiresAt = "rosa.old@mailhost.example", reason, *o.Domain.ExpiresAt
				o.Notices = append(o.Notices, n)
			}
		}
	}
	for _, c := range []struct {
		why    string
		change func(*models.Owed)
		want   []string
	}{
		{"it took the stage: not told again", sent(models.NoticeSent, ""), nil},
		{"it is on its way there: taken back, and sent to the new one", func(o *models.Owed) {
			sent(models.NoticeMailed, "")(o)
			o.Notices = o.Notices[1:]
			o.Notices[0].SentAt = nil
		}, []string{"d14 mailed->cancelled rosa.old (another_contact)", "d14 queued rosa"}},
		{"it came back: told at the new one", sent(models.NoticeBounced, notify.ReasonBounced), []string{"d14 queued rosa"}},
		{"it was refused: told at the new one", sent(models.NoticeFailed, notify.ReasonRefused), []string{"d14 queued rosa"}},
		{"the server took it after all while the new one waits: once is enough", func(o *models.Owed) {
			sent(models.NoticeSent, "")(o)
			o.Notices = append(o.Notices, row(9, models.StageD14, owner, models.NoticeQueued, nil))
		}, []string{"d14 queued->cancelled rosa (another_contact)"}},
		{"a tighter stage was sent there: nothing looser comes after it", func(o *models.Owed) {
			sent(models.NoticeSent, "")(o)
			o.Notices[1].Stage = models.StageD7
		}, nil},
	} {
		o := owedFor(at(t, expiry))
		o.Contacts = []models.Contact{owner}
		c.change(&o)
		now := at(t, "2027-01-04 10:00")
		got := ladderOnly(o, notify.Plan(o, policy(t), now))
		same(t, c.why, c.want, got)
	}
}

// ladderOnly leaves out tasks and what a tighter stage took the place of.
func ladderOnly(o models.Owed, plan models.NoticePlan) []string {
	var out []string
	for _, line := range told(o, plan) {
		if !slices.ContainsFunc([]string{" superseded ", "followup_", "superseded (", "d60", "nobody_left"}, func(s string) bool { return strings.Contains(line, s) }) {
			out = append(out, line)
		}
	}
	return out
}

// TestTheReasonIsThatOfWhatWasSaid: planned as overdue, sent as a renewal that nobody confirmed.
func TestTheReasonIsThatOfWhatWasSaid(t *testing.T) {
	w := newWorld(t, "2027-01-16 08:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	if _, err := w.deliver.SweepPlan(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	w.now = at(t, "2027-01-16 09:00")
	d := w.watched("pools.example").Domain
	d.Unconfirmed = true
	w.looked(&d, true)
	w.record(models.RegistrationRecord{Domain: d})
	w.tick()
	views, err := w.s.NoticesOf(t.Context(), d.ID)
	if err != nil || len(w.post.got) != 1 {
		t.Fatalf("%d messages, %v", len(w.post.got), err)
	}
	for _, v := range views {
		if v.Notice.Stage == models.StageP1 && v.Notice.Reason != notify.ReasonUnconfirmed {
			t.Errorf("sent for the reason %q", v.Notice.Reason)
		}
	}
}

// TestWhatWasGivenUpMovesOn: the mail server of the owner put the message off for days; the duty is the next contact's.
func TestWhatWasGivenUpMovesOn(t *testing.T) {
	o := owedFor(at(t, expiry))
	o.Contacts = []models.Contact{owner, bill}
	given := row(1, models.StageD14, owner, models.NoticeFailed, nil)
	given.Reason = notify.ReasonTooLong
	o.Notices = []models.Notice{given}
	ladder := func(now string) []string {
		c := o
		c.Notices = slices.Clone(o.Notices)
		return ladderOnly(c, notify.Plan(c, policy(t), at(t, now)))
	}
	same(t, "d14", []string{"d14 queued ola"}, ladder("2027-01-04 10:00"))
	same(t, "d7", []string{"d7 queued rosa"}, ladder("2027-01-08 10:00"))
	o.Notices[0].Reason = notify.ReasonServerDown // that was ours
	same(t, "d14 that our own server failed", []string{"d14 failed->queued rosa (date_near)"}, ladder("2027-01-04 10:00"))
	o.Notices[0].Reason, o.Contacts = notify.ReasonTooLong, o.Contacts[:1]
	if got := told(o, notify.Plan(o, policy(t), at(t, "2027-01-04 10:00"))); !slices.Contains(got, "nobody_left queued ops") {
		t.Errorf("nobody else is there: %v", got)
	}
}

// TestWhatTheClientSaidIsRememberedOverAWait: a notice that waited says the same as one that did not.
func TestWhatTheClientSaidIsRememberedOverAWait(t *testing.T) {
	w := newWorld(t, "2027-01-01 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.tick()
	if _, err := w.answers.Record(t.Context(), w.linkOf(0), models.Reply{Domain: "pools.example", Kind: models.AnswerRenewed}, w.now); err != nil {
		t.Fatal(err)
	}
	client := w.watched("pools.example").Client.ID
	w.now = at(t, "2027-01-08 09:00") // a week later, and the registry shows nothing
	w.look("pools.example", true)
	if _, err := w.deliver.SweepPlan(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	if _, err := w.deliver.Collect(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	if err := w.s.HoldClient(t.Context(), client, "they call back", "ops@tidewater.example", w.now); err != nil {
		t.Fatal(err)
	}
	w.tick()
	if err := w.s.ReleaseClient(t.Context(), client, "ops@tidewater.example", w.now); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	w.look("pools.example", true)
	w.tick()
	same(t, "messages", 2, len(w.post.got))
	if text := strings.Join(strings.Fields(w.post.got[1].Text), " "); !strings.Contains(text, "You told us that you have renewed it") {
		t.Errorf("the answer is forgotten:\n%s", text)
	}
	views, err := w.s.NoticesOf(t.Context(), w.watched("pools.example").Domain.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		if v.Notice.Stage == models.StageD7 && v.Notice.Reason != notify.ReasonRenewalNotSeen {
			t.Errorf("sent for the reason %q", v.Notice.Reason)
		}
	}
}

// TestADomainComesToAClientWithTheSameAddress: what waited goes out once, on behalf of the client who has the name now.
func TestADomainComesToAClientWithTheSameAddress(t *testing.T) {
	w := newWorld(t, "2027-01-07 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.add("Water Works", "water.example", at(t, expiry).AddDate(0, 6, 0), owner)
	former := w.watched("pools.example").Client.ID
	w.now = at(t, "2027-01-08 08:30")
	w.look("pools.example", true)
	if _, err := w.deliver.SweepPlan(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	if err := w.s.HoldClient(t.Context(), former, "they leave", "ops@tidewater.example", w.now); err != nil {
		t.Fatal(err)
	}
	row := models.PortfolioRow{Line: 1, Domain: "pools.example", Suffix: "example", Client: "Water Works", Contacts: []models.Contact{owner}}
	if _, err := w.s.ImportPortfolio(t.Context(), []models.PortfolioRow{row}, w.now, false); err != nil {
		t.Fatal(err)
	}
	w.now = at(t, "2027-01-08 09:00")
	w.look("pools.example", true)
	w.run("2027-01-08 09:05")
	if got := w.states("pools.example"); !slices.Contains(got, "d7 sent rosa") {
		t.Fatalf("notices: %v", got)
	}
	same(t, "messages", 1, len(w.post.got))
	now := w.watched("pools.example")
	views, err := w.s.NoticesOf(t.Context(), now.Domain.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		if n := v.Notice; n.State == models.NoticeSent && (n.ClientID != now.Client.ID || *n.ContactID != now.Contacts[0].ID) {
			t.Errorf("sent for client %d to contact %d, not %d and %d", n.ClientID, *n.ContactID, now.Client.ID, now.Contacts[0].ID)
		}
	}
}
