package notify_test

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// pacific is the agency's zone in these tests.
func pacific(tb testing.TB) *time.Location {
	tb.Helper()
	return zone(tb, "America/Los_Angeles")
}

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return loc
}

func policy(tb testing.TB) notify.Policy {
	tb.Helper()
	return notify.DefaultPolicy(pacific(tb))
}

func agency() notify.Agency {
	return notify.Agency{
		Name: "Tidewater Marketing", FromName: "Tidewater Marketing domain notices", FromAddress: "domains@tidewater.example",
		ReplyTo: "help@tidewater.example", Phone: "(555) 010-4640", Hours: "Monday to Friday, 9 to 5 Pacific",
		SupportURL: "https://tidewater.example/support/", BaseURL: "https://watch.tidewater.example",
	}
}

// at reads "2026-11-23 09:00" as Pacific time.
func at(tb testing.TB, s string) time.Time {
	tb.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, pacific(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

var (
	owner  = models.Contact{ID: 1, ClientID: 1, Name: "Rosa Delgado", Email: "rosa@mailhost.example", Role: models.RoleOwner, EmailState: models.EmailOK}
	bill   = models.Contact{ID: 2, ClientID: 1, Name: "Ola Berg", Email: "ola@mailhost.example", Role: models.RoleBilling, EmailState: models.EmailOK}
	deputy = models.Contact{ID: 3, ClientID: 1, Name: "Ben Achterberg", Email: "ben@mailhost.example", Role: models.RoleDeputy, EmailState: models.EmailOK}
)

// owedFor gives a domain that expires at exp, looked at lately, with an owner, a billing contact and a deputy.
func owedFor(exp time.Time) models.Owed {
	return models.Owed{
		Domain: models.Domain{
			ID: 7, ClientID: 1, Name: "pools.example", Suffix: "example", Lifecycle: models.LifecycleExpiring, LifecycleWhy: models.WhyDate,
			ExpiresAt: &exp, ExpirySource: models.ExpiryRegistry, Registrar: "Harbor Names", AutoRenew: models.AutoRenewUnknown,
		},
		Client:   models.Client{ID: 1, Name: "Bright Pools"},
		Contacts: []models.Contact{owner, bill, deputy},
		Cycle:    models.Cycle{ID: 11, DomainID: 7, ExpiresAt: exp},
	}
}

// apply does to the rows what the store does with a plan, and gives the states by key.
func apply(tb testing.TB, owed *models.Owed, plan models.NoticePlan) {
	tb.Helper()
	for _, c := range plan.Change {
		done := false
		for i := range owed.Notices {
			if n := &owed.Notices[i]; n.ID == c.ID {
				if n.State != c.From {
					tb.Fatalf("change of notice %d from %s, which is %s", c.ID, c.From, n.State)
				}
				n.State, n.Reason, done = c.To, c.Reason, true
				if c.DueAt != nil {
					n.DueAt = *c.DueAt
				}
			}
		}
		if !done {
			tb.Fatalf("change of notice %d, which does not exist", c.ID)
		}
	}
	for _, n := range plan.Add {
		for _, o := range owed.Notices {
			if o.Stage == n.Stage && o.Recipient == n.Recipient && o.Channel == n.Channel && o.CycleID == n.CycleID && o.Episode == n.Episode {
				tb.Fatalf("%s to %q by %s planned twice", n.Stage, n.Recipient, n.Channel)
			}
		}
		n.ID = int64(len(owed.Notices) + 1)
		owed.Notices = append(owed.Notices, n)
	}
}

// letter gives a message to the owner with one notice of the stage.
func letter(exp, now time.Time, stage models.Stage) models.Letter {
	o := owedFor(exp)
	o.Domain.SeenAt, o.Domain.CheckedAt = new(now.Add(-5*time.Minute)), new(now.Add(-5*time.Minute))
	return models.Letter{
		Mail: models.Mail{
			ID: 123, ContactID: owner.ID, ClientID: 1, Recipient: owner.Email, State: models.MailWaiting,
			CreatedAt: now, NextAttemptAt: now, MessageID: "first@tidewater.example",
		},
		Contact: owner, Client: o.Client,
		Items: []models.LetterItem{{
			Notice: models.Notice{
				ID: 1, DomainID: 7, CycleID: 11, ClientID: 1, Stage: stage, Recipient: owner.Email, ContactID: new(owner.ID),
				Channel: models.ChannelEmail, State: models.NoticeMailed, Reason: notify.ReasonDateNear, ExpiresAt: exp,
			},
			Domain: o.Domain, Cycle: o.Cycle,
		}},
	}
}
