package main

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
	"github.com/krestmarketing/deedwatch/notify"
)

// restatedLife is one name whose date is stated anew now and then, with its cycles and notices as the store would keep them.
type restatedLife struct {
	t      *testing.T
	p      notify.Policy
	owed   models.Owed
	cycles []models.Cycle
	sent   []string
}

func newRestatedLife(t *testing.T, expires string) *restatedLife {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	l := &restatedLife{t: t, p: notify.DefaultPolicy(berlin)}
	contact := models.Contact{ID: 1, ClientID: 1, Name: "Rosa Delgado", Email: "rosa@mailhost.example", Role: models.RoleOwner, EmailState: models.EmailOK}
	l.owed = models.Owed{
		Domain:   models.Domain{ID: 7, ClientID: 1, Name: "pools.example", Lifecycle: models.LifecycleExpiring, LifecycleWhy: models.WhyDate},
		Client:   models.Client{ID: 1, Name: "Bright Pools"},
		Contacts: []models.Contact{contact},
	}
	l.owed.Domain.ExpiresAt = new(l.day(expires))
	return l
}

func (l *restatedLife) day(s string) time.Time {
	l.t.Helper()
	at, err := time.ParseInLocation("2006-01-02", s, l.p.Office.Location())
	if err != nil {
		l.t.Fatal(err)
	}
	return at.Add(14 * time.Hour)
}

// turn does to the cycles what the look of the day decides.
func (l *restatedLife) turn(now time.Time) {
	d := &l.owed.Domain
	d.Lifecycle, d.LifecycleSince = models.LifecycleExpiring, nil
	if now.After(*d.ExpiresAt) {
		d.Lifecycle, d.LifecycleSince = models.LifecycleExpired, d.ExpiresAt
	}
	var open *models.Cycle
	var ended []models.Cycle
	for i := range l.cycles {
		if c := &l.cycles[i]; c.ClosedAt == nil {
			open = c
		} else {
			ended = append(ended, *c)
		}
	}
	step := monitor.DecideCycle(open, ended, d.ID, models.Expiry{At: d.ExpiresAt}, d.Lifecycle, now)
	if step.Close != nil {
		open.ClosedAt, open.CloseReason = &step.Close.At, step.Close.Reason
		l.owed.Notices = slices.DeleteFunc(l.owed.Notices, func(n models.Notice) bool { return n.State == models.NoticeQueued })
		if step.Reason != models.CycleRestated {
			l.t.Errorf("%s: the cycle is closed as %s", now, step.Reason)
		}
	}
	switch {
	case step.Move != nil:
		open.ExpiresAt = step.Move.ExpiresAt
	case step.Open != nil && step.Open.ID != 0:
		l.cycles[step.Open.ID-1] = *step.Open
	case step.Open != nil:
		c := *step.Open
		c.ID = int64(len(l.cycles) + 1)
		l.cycles = append(l.cycles, c)
	}
	i := slices.IndexFunc(l.cycles, func(c models.Cycle) bool { return c.ClosedAt == nil })
	l.owed.Cycle = l.cycles[i]
}

// live plays day by day, at ten: a look, the plan, and what is due is sent. It gives what was sent as "stage date", the date being the one named.
func (l *restatedLife) live(from, until string, restated map[string]string) []string {
	for now := l.day(from).Add(-4 * time.Hour); now.Before(l.day(until)); now = now.AddDate(0, 0, 1) {
		if to, ok := restated[now.Format(time.DateOnly)]; ok {
			l.owed.Domain.ExpiresAt = new(l.day(to))
		}
		l.turn(now)
		owed := l.owed
		owed.Notices = slices.DeleteFunc(slices.Clone(l.owed.Notices), func(n models.Notice) bool { return n.CycleID != l.owed.Cycle.ID })
		plan := notify.Plan(owed, l.p, now)
		for _, c := range plan.Change {
			for i := range l.owed.Notices {
				if n := &l.owed.Notices[i]; n.ID == c.ID {
					n.State, n.Reason = c.To, c.Reason
				}
			}
		}
		for _, n := range plan.Add {
			n.ID = int64(len(l.sent)*1000 + len(l.owed.Notices) + 1)
			l.owed.Notices = append(l.owed.Notices, n)
		}
		for i := range l.owed.Notices {
			n := &l.owed.Notices[i]
			if n.Channel == models.ChannelEmail && n.State == models.NoticeQueued && !n.DueAt.After(now) {
				n.State, n.SentAt = models.NoticeSent, new(now)
				l.sent = append(l.sent, string(n.Stage)+" "+l.owed.Domain.ExpiresAt.Format("2 Jan"))
			}
		}
	}
	return l.sent
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
			map[string]string{"2027-01-13": "2027-03-05"},
			[]string{"d14 15 Jan", "d7 15 Jan", "d3 15 Jan", "d30 5 Mar", "d14 5 Mar", "d7 5 Mar", "d3 5 Mar", "d1 5 Mar", "d0 5 Mar", "p1 5 Mar", "p4 5 Mar"},
		},
		{
			"some days later: the stages that were sent are not sent again", "2027-01-24",
			map[string]string{"2027-01-13": "2027-01-19"},
			[]string{"d14 15 Jan", "d7 15 Jan", "d3 15 Jan", "d1 19 Jan", "d0 19 Jan", "p1 19 Jan", "p4 19 Jan"},
		},
		{
			"restated and taken back: what was sent for the first date stays sent", "2027-01-24",
			map[string]string{"2027-01-13": "2027-02-20", "2027-01-14": "2027-01-15"},
			[]string{"d14 15 Jan", "d7 15 Jan", "d3 15 Jan", "d1 15 Jan", "d0 15 Jan", "p1 15 Jan", "p4 15 Jan"},
		},
		{
			"to and fro between two replicas: each stage once for each date", "2027-03-01",
			map[string]string{"2027-01-13": "2027-02-20", "2027-01-14": "2027-01-15", "2027-01-20": "2027-02-20", "2027-01-25": "2027-01-15", "2027-01-27": "2027-02-20"},
			[]string{
				"d14 15 Jan", "d7 15 Jan", "d3 15 Jan", "d1 15 Jan", "d0 15 Jan", "p1 15 Jan", "p4 15 Jan",
				"d30 20 Feb", "d14 20 Feb", "d7 20 Feb", "d3 20 Feb", "d1 20 Feb", "d0 20 Feb", "p1 20 Feb", "p4 20 Feb",
			},
		},
		{
			"after it expired, a registrar shows the end of its grace: warned of that date too, and thanked for nothing", "2027-03-01",
			map[string]string{"2027-01-21": "2027-02-24"},
			[]string{
				"d14 15 Jan", "d7 15 Jan", "d3 15 Jan", "d1 15 Jan", "d0 15 Jan", "p1 15 Jan", "p4 15 Jan",
				"d30 24 Feb", "d14 24 Feb", "d7 24 Feb", "d3 24 Feb", "d1 24 Feb", "d0 24 Feb", "p1 24 Feb", "p4 24 Feb",
			},
		},
		{
			"it comes nearer: the tightest stage, and none again", "2027-01-16",
			map[string]string{"2027-01-03": "2027-01-10"},
			[]string{"d14 15 Jan", "d7 10 Jan", "d3 10 Jan", "d1 10 Jan", "d0 10 Jan", "p1 10 Jan", "p4 10 Jan"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			got := newRestatedLife(t, "2027-01-15").live("2027-01-01", c.until, c.restated)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}
