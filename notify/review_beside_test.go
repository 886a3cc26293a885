package notify_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// TestReviewBesideTheLadder says of each stage beside the ladder when it still goes out and what takes it back, right before sending.
func TestReviewBesideTheLadder(t *testing.T) {
	now := at(t, "2027-01-06 10:00")
	next := at(t, "2027-01-07 09:00")
	soon := now.Add(15 * time.Minute)
	keep := func() notify.Review { return notify.Review{Keep: []models.LetterItem{{}}} }
	type change = func(l *models.Letter, it *models.LetterItem, d *models.Domain)
	onHold := func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
		d.Lifecycle, d.ExpiresAt = models.LifecycleOnHold, nil
	}
	old := new(now.AddDate(0, 0, -5))
	brokenNow := func(_ *models.Letter, it *models.LetterItem, d *models.Domain) {
		it.Findings, d.DNSCheckedAt, d.CheckedAt, d.SeenAt = []models.Finding{finding("record_wrong", now)}, &now, old, old
	}
	over := func(_ *models.Letter, it *models.LetterItem, d *models.Domain) {
		it.Cycle.ClosedAt, it.Cycle.ExpiresAt = new(now.Add(-time.Hour)), d.ExpiresAt.AddDate(-1, 0, 0)
	}
	for _, c := range []struct {
		why    string
		stage  models.Stage
		change []change
		want   notify.Review
	}{
		{"still on hold", "hold", []change{onHold}, keep()},
		{
			"on hold, not looked at since: look first", "hold",
			[]change{onHold, func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
				d.CheckedAt, d.NextLookAt = old, now.Add(time.Hour)
			}},
			notify.Review{Wait: true, Recheck: []int64{7}},
		},
		{"the hold is over", "hold", nil, drop(models.NoticeCancelled, nil, notify.ReasonHoldOver)},
		{"looks fail: it waits", "hold", []change{onHold, func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) { d.LifecycleWhy = models.WhyLookFailing }}, drop(models.NoticeQueued, &soon, notify.ReasonUnknown)},
		{"the last answer is too old", "hold", []change{onHold, func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) { d.SeenAt = old }}, drop(models.NoticeQueued, &soon, notify.ReasonNoFreshLook)},
		{"no longer watched", "hold", []change{onHold, func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) { d.ArchivedAt = &now }}, drop(models.NoticeCancelled, nil, notify.ReasonClosed)},
		{"the client is held: it waits, as due as it is", "hold", []change{onHold, func(l *models.Letter, _ *models.LetterItem, _ *models.Domain) { l.Client.HeldAt = &now }}, drop(models.NoticeQueued, nil, notify.ReasonClientHeld)},
		{"asked not to be written to", "hold", []change{onHold, func(l *models.Letter, _ *models.LetterItem, _ *models.Domain) { l.Contact.OptedOutAt = &now }}, drop(models.NoticeCancelled, nil, notify.ReasonOptedOut)},
		{"a transfer is under way", "transfer", []change{func(_ *models.Letter, it *models.LetterItem, _ *models.Domain) {
			it.Registration = &models.Registration{Statuses: []string{"clientTransferProhibited", "pendingTransfer"}}
		}}, keep()},
		{"the transfer is over", "transfer", []change{func(_ *models.Letter, it *models.LetterItem, _ *models.Domain) {
			it.Registration = &models.Registration{}
		}}, drop(models.NoticeCancelled, nil, notify.ReasonTransferOver)},
		{"no date yet, and no look would show one", "attest", []change{func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
			d.Lifecycle, d.LifecycleWhy, d.ExpiresAt, d.CheckedAt = models.LifecycleUnknown, models.WhyNoPublicExpiry, nil, old
		}}, keep()},
		{"released since: nothing is asked", "attest", []change{func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
			d.Lifecycle, d.ExpirySource, d.AttestedAt = models.LifecycleReleased, models.ExpiryAttested, new(now.AddDate(-2, 0, 0))
		}}, drop(models.NoticeCancelled, nil, notify.ReasonClosed)},
		{"the date was stated", "attest", nil, drop(models.NoticeCancelled, nil, notify.ReasonDateStated)},
		{"still broken", "records", []change{brokenNow}, keep()},
		{"repaired", "records", []change{brokenNow, func(_ *models.Letter, it *models.LetterItem, _ *models.Domain) { it.Findings = nil }}, drop(models.NoticeCancelled, nil, notify.ReasonRepaired)},
		{"a lapse explains them", "records", []change{brokenNow, func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
			d.Lifecycle = models.LifecycleRedemption
		}}, drop(models.NoticeCancelled, nil, notify.ReasonExplained)},
		{"the zone gives no answer: never on an unknown", "records", []change{brokenNow, func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) { d.DNSFailures = 2 }}, drop(models.NoticeQueued, &next, notify.ReasonNoFreshLook)},
		{"the zone was looked at too long ago", "records", []change{brokenNow, func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) { d.DNSCheckedAt = old }}, drop(models.NoticeQueued, &next, notify.ReasonNoFreshLook)},
		{"thanks: still renewed", "renewed", []change{over}, keep()},
		{"the renewal was taken back", "renewed", []change{over, func(_ *models.Letter, it *models.LetterItem, d *models.Domain) { it.Cycle.ExpiresAt = *d.ExpiresAt }}, drop(models.NoticeCancelled, nil, notify.ReasonUndone)},
		{"thanks that waited for weeks", "renewed", []change{over, func(_ *models.Letter, it *models.LetterItem, _ *models.Domain) {
			it.Cycle.ClosedAt = new(now.AddDate(0, 0, -40))
		}}, drop(models.NoticeCancelled, nil, notify.ReasonTooLate)},
		{"wrong, by the registry", "retraction", []change{over}, keep()},
		{"taken back by hand, whatever is known", "retraction", []change{func(_ *models.Letter, it *models.LetterItem, d *models.Domain) {
			it.Notice.Reason, d.Lifecycle, d.SeenAt, d.CheckedAt, d.ArchivedAt = notify.ReasonByHand, models.LifecycleUnknown, nil, nil, &now
		}}, keep()},
		{"access is still asked for", "access_request", []change{func(_ *models.Letter, it *models.LetterItem, d *models.Domain) {
			*d, it.Grant = models.Domain{}, &models.Grant{State: models.GrantRequested}
		}}, keep()},
		{"the access was given meanwhile", "access_request", []change{func(_ *models.Letter, it *models.LetterItem, _ *models.Domain) {
			it.Grant = &models.Grant{State: models.GrantGranted}
		}}, drop(models.NoticeCancelled, nil, notify.ReasonAnswered)},
		{"a review of access", "access_review", []change{func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) { *d = models.Domain{} }}, keep()},
	} {
		l := letter(at(t, expiry).AddDate(0, 6, 0), now, c.stage)
		for _, change := range c.change {
			change(&l, &l.Items[0], &l.Items[0].Domain)
		}
		for i := range c.want.Keep {
			c.want.Keep[i] = l.Items[i]
		}
		if diff := cmp.Diff(c.want, notify.ReviewLetter(&l, policy(t), now)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", c.stage, c.why, diff)
		}
	}
}

func TestReviewOfALadderThatIsOver(t *testing.T) {
	now := at(t, "2027-03-02 10:00")
	l := letter(at(t, expiry), now, models.StageP4)
	l.Items[0].Domain.Lifecycle, l.Items[0].Domain.LifecycleSince = models.LifecycleRedemption, new(now.AddDate(0, 0, -1))
	l.Client.Notices.Stages = []models.Stage{"d7", "p4"}
	want := drop(models.NoticeCancelled, nil, notify.ReasonLadderOver)
	if diff := cmp.Diff(want, notify.ReviewLetter(&l, policy(t), now)); diff != "" {
		t.Errorf("redemption is not in use for this client (-want +got):\n%s", diff)
	}
}
