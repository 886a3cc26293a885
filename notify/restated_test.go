package notify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// ladderLife plays a cycle day by day: each day at ten is planned, and what is due is sent. It gives what the owner was sent as "stage date",
// the date being the one that was named.
func ladderLife(t *testing.T, owed *models.Owed, from, until string, restated map[string]string) []string {
	t.Helper()
	p := policy(t)
	var sent []string
	for now := at(t, from); now.Before(at(t, until)); now = now.AddDate(0, 0, 1) {
		if to, ok := restated[now.Format("2006-01-02")]; ok {
			owed.Domain.ExpiresAt = new(at(t, to))
			owed.Cycle.ExpiresAt = *owed.Domain.ExpiresAt
		}
		owed.Domain.Lifecycle, owed.Domain.LifecycleSince = models.LifecycleExpiring, nil
		if e := owed.Domain.ExpiresAt; now.After(*e) {
			owed.Domain.Lifecycle, owed.Domain.LifecycleSince = models.LifecycleExpired, e
		}
		apply(t, owed, notify.Plan(*owed, p, now))
		for i := range owed.Notices {
			n := &owed.Notices[i]
			if n.Channel == models.ChannelEmail && n.State == models.NoticeQueued && !n.DueAt.After(now) {
				n.State, n.SentAt, n.ExpiresAt = models.NoticeSent, new(now), *owed.Domain.ExpiresAt
				if n.Recipient == owner.Email {
					sent = append(sent, string(n.Stage)+" "+n.ExpiresAt.Format("2 Jan"))
				}
			}
		}
	}
	return sent
}

// TestARestatedDate: stages count for the date that they named.
func TestARestatedDate(t *testing.T) {
	for _, c := range []struct {
		why, until string
		restated   map[string]string
		want       []string
	}{
		{
			"after d3 the registry states a date seven weeks later: the ladder begins anew for it", "2027-03-12",
			map[string]string{"2027-01-13": "2027-03-05 14:00"},
			[]string{"d14 15 Jan", "d7 15 Jan", "d3 15 Jan", "d30 5 Mar", "d14 5 Mar", "d7 5 Mar", "d3 5 Mar", "d1 5 Mar", "d0 5 Mar", "p1 5 Mar", "p4 5 Mar"},
		},
		{
			"some days later: the stages that were sent are not sent again", "2027-01-24",
			map[string]string{"2027-01-13": "2027-01-19 14:00"},
			[]string{"d14 15 Jan", "d7 15 Jan", "d3 15 Jan", "d1 19 Jan", "d0 19 Jan", "p1 19 Jan", "p4 19 Jan"},
		},
		{
			"restated and taken back: what was sent for the first date stays sent", "2027-01-24",
			map[string]string{"2027-01-13": "2027-02-20 14:00", "2027-01-14": "2027-01-15 14:00"},
			[]string{"d14 15 Jan", "d7 15 Jan", "d3 15 Jan", "d1 15 Jan", "d0 15 Jan", "p1 15 Jan", "p4 15 Jan"},
		},
		{
			"to and fro between two replicas: each stage once for each date", "2027-03-01",
			map[string]string{"2027-01-13": "2027-02-20 14:00", "2027-01-14": "2027-01-15 14:00", "2027-01-20": "2027-02-20 14:00", "2027-01-25": "2027-01-15 14:00", "2027-01-27": "2027-02-20 14:00"},
			[]string{
				"d14 15 Jan", "d7 15 Jan", "d3 15 Jan", "d1 15 Jan", "d0 15 Jan", "p1 15 Jan", "p4 15 Jan",
				"d30 20 Feb", "d14 20 Feb", "d7 20 Feb", "d3 20 Feb", "d1 20 Feb", "d0 20 Feb", "p1 20 Feb", "p4 20 Feb",
			},
		},
		{
			"after it expired, a registrar shows the end of its grace: warned of that date too, and thanked for nothing", "2027-03-01",
			map[string]string{"2027-01-21": "2027-02-24 14:00"},
			[]string{
				"d14 15 Jan", "d7 15 Jan", "d3 15 Jan", "d1 15 Jan", "d0 15 Jan", "p1 15 Jan", "p4 15 Jan",
				"d30 24 Feb", "d14 24 Feb", "d7 24 Feb", "d3 24 Feb", "d1 24 Feb", "d0 24 Feb", "p1 24 Feb", "p4 24 Feb",
			},
		},
		{
			"it comes nearer: the tightest stage, and none again", "2027-01-16",
			map[string]string{"2027-01-03": "2027-01-10 14:00"},
			[]string{"d14 15 Jan", "d7 10 Jan", "d3 10 Jan", "d1 10 Jan", "d0 10 Jan", "p1 10 Jan", "p4 10 Jan"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			owed := owedFor(at(t, expiry))
			got := ladderLife(t, &owed, "2027-01-01 10:00", c.until+" 09:00", c.restated)
			same(t, "sent to the owner", c.want, got)
		})
	}
}

// TestARestatedDateKeepsWhatAPersonHolds: a hold is on the stage, whatever date it will name.
func TestARestatedDateKeepsWhatAPersonHolds(t *testing.T) {
	owed := owedFor(at(t, expiry))
	ladderLife(t, &owed, "2027-01-01 10:00", "2027-01-13 09:00", nil)
	held := row(int64(len(owed.Notices)+1), models.StageD1, owner, models.NoticeHeld, nil)
	held.DueAt, held.ExpiresAt = at(t, "2027-01-14 09:00"), at(t, expiry)
	owed.Notices = append(owed.Notices, held)
	ladderLife(t, &owed, "2027-01-13 10:00", "2027-03-05 12:00", map[string]string{"2027-01-13": "2027-03-05 14:00"})
	for _, n := range owed.Notices {
		if n.Stage == models.StageD1 && n.Recipient == owner.Email && n.State == models.NoticeSent {
			t.Error("a notice that a person holds went out")
		}
	}
}

// TestTheTaskOfARestatedDate: who did not answer to the notice of the new date is asked after too.
func TestTheTaskOfARestatedDate(t *testing.T) {
	owed := owedFor(at(t, expiry))
	ladderLife(t, &owed, "2027-01-01 10:00", "2027-01-13 09:00", nil)
	for i := range owed.Notices {
		if n := &owed.Notices[i]; strings.HasPrefix(string(n.Stage), models.FollowUpPrefix) && n.State == models.NoticeQueued {
			n.State = models.NoticeDone // called: they wait for the registrar to correct the date
		}
	}
	ladderLife(t, &owed, "2027-01-13 10:00", "2027-02-25 12:00", map[string]string{"2027-01-13": "2027-03-05 14:00"})
	open := slices.ContainsFunc(owed.Notices, func(n models.Notice) bool {
		return n.Stage == models.StageD14.FollowUp() && n.State == models.NoticeQueued && n.CreatedAt.After(at(t, "2027-02-01 00:00").Add(-time.Hour))
	})
	if !open {
		t.Error("no task after the notice of the new date was not answered")
	}
}
