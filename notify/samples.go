package notify

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Sample is an invented letter that shows how a notice reads.
type Sample struct {
	Name   string // the stage, and after a hyphen the variant
	Stage  models.Stage
	Letter models.Letter
	Now    time.Time // the instant at which it is worded
}

// SampleURL is the address of the client's own page in sample letters.
const SampleURL = "https://watch.agency.example/c/AQIDBAUGBwgJCgsMDQ4PEBESExQV"

// The days around which the samples turn: an expiry, as registries state it.
var (
	sampleExpiry = time.Date(2026, time.November, 28, 14, 0, 0, 0, time.UTC)
	sampleHour   = 17 * time.Hour // of the day on which a notice is worded, in UTC
)

// sampleSpec is one sample: so many days after the expiry, with what is special about it.
type sampleSpec struct {
	name   string
	stage  models.Stage
	after  int
	change func(*models.Letter)
}

// Samples lists one letter for each stage in each of its variants, with every field filled in that the variant can have. A language is set by
// the contact's. They are new at each call.
func Samples() []Sample {
	var all []Sample
	for _, spec := range sampleSpecs() {
		now := models.DayOf(sampleExpiry, time.UTC).AddDate(0, 0, spec.after).Add(sampleHour)
		l := sampleLetter(spec.stage, now)
		if spec.change != nil {
			spec.change(&l)
		}
		all = append(all, Sample{spec.name, spec.stage, l, now})
	}
	return all
}

func sampleSpecs() []sampleSpec {
	return []sampleSpec{
		{"d30", models.StageD30, -30, sampleFirst},
		{"d14", models.StageD14, -14, nil},
		{"d7", models.StageD7, -7, sampleRich},
		{"d7-renewal-not-seen", models.StageD7, -5, sampleReason(ReasonRenewalNotSeen)},
		{"d3", models.StageD3, -3, sampleReason(ReasonPromisedDay)},
		{"d1", models.StageD1, -1, sampleReason(ReasonAutoRenewNotSeen)},
		{"d0", models.StageD0, 0, nil},
		{"d0-attested", models.StageD0, 0, sampleAttested},
		{"p1", models.StageP1, 1, sampleLapsed(models.LifecycleExpired)},
		{"p1-attested", models.StageP1, 1, sampleAttested},
		{"p4", models.StageP4, 4, sampleLapsed(models.LifecycleExpired)},
		{"p4-unconfirmed", models.StageP4, 4, sampleUnconfirmed(false)},
		{"p4-unconfirmed-registrar", models.StageP4, 4, sampleUnconfirmed(true)},
		{"redemption", models.StageRedemption, 46, sampleLapsed(models.LifecycleRedemption)},
		{"pending_delete", models.StagePendingDelete, 70, sampleLapsed(models.LifecycleRedemption)},
		{"pending_delete-released", models.StagePendingDelete, 77, sampleLapsed(models.LifecyclePendingDelete)},
		{"redemption-undated", models.StageRedemption, 46, sampleUndatedLapse(models.LifecycleRedemption)},
		{"pending_delete-undated", models.StagePendingDelete, 70, sampleUndatedLapse(models.LifecycleRedemption)},
		{"pending_delete-undated-released", models.StagePendingDelete, 77, sampleUndatedLapse(models.LifecyclePendingDelete)},
		{"hold", models.StageHold, -40, sampleHold("clientHold")},
		{"hold-registry", models.StageHold, -40, sampleHold("serverHold")},
		{"transfer", models.StageTransfer, -100, nil},
		{"attest", models.StageAttest, -200, sampleUndated},
		{"attest-again", models.StageAttest, -50, sampleAttested},
		{"renewed", models.StageRenewed, -6, sampleRenewed},
		{"retraction", models.StageRetraction, -5, sampleRetraction(true)},
		{"retraction-wrong", models.StageRetraction, -5, sampleRetraction(false)},
		{"records", models.StageRecords, -120, sampleRecords},
		{"records-many", models.StageRecords, -120, sampleManyRecords},
		{"records-one", models.StageRecords, -120, sampleOneRecord},
		{"access_request", models.StageAccessRequest, -300, sampleGrants(1)},
		{"access_review", models.StageAccessReview, -20, sampleGrants(1)},
		{"access_request-several", models.StageAccessRequest, -300, sampleGrants(3)},
		{"access_review-several", models.StageAccessReview, -20, sampleGrants(2)},
		{"several", models.StageP1, 1, sampleSeveral},
		{"several-one-kind", models.StageD7, -7, sampleTwins},
		{"several-news", models.StageRenewed, -6, sampleNews},
		{"several-many", models.StageD30, -30, sampleMany},
		{"several-long", models.StageD30, -30, sampleLong},
	}
}

// sampleLetter is a letter to an owner with one notice.
func sampleLetter(stage models.Stage, now time.Time) models.Letter {
	contact := models.Contact{ID: 1, ClientID: 1, Name: "Rosa Delgado", Email: "rosa@mailhost.example", Role: models.RoleOwner, EmailState: models.EmailOK}
	return models.Letter{
		Mail:    models.Mail{ID: 123, ContactID: contact.ID, ClientID: 1, Recipient: contact.Email, State: models.MailWaiting, CreatedAt: now},
		Contact: contact, Client: models.Client{ID: 1, Name: "Bright Pools"},
		Items: []models.LetterItem{sampleItem(1, "pools.example", stage, sampleExpiry, now)},
	}
}

func sampleItem(id int64, name string, stage models.Stage, expiry, now time.Time) models.LetterItem {
	seen := now.Add(-65 * time.Minute)
	return models.LetterItem{
		Notice: models.Notice{ID: id, DomainID: id, CycleID: id, ClientID: 1, Stage: stage, Reason: ReasonDateNear, ExpiresAt: expiry, CreatedAt: now.Add(-time.Hour)},
		Domain: models.Domain{
			ID: id, ClientID: 1, Name: name, Suffix: "example", Lifecycle: models.LifecycleExpiring, ExpiresAt: &expiry, ExpirySource: models.ExpiryRegistry,
			Registrar: "Harbor Names", AutoRenew: models.AutoRenewUnknown, SeenAt: &seen, CheckedAt: &seen,
		},
		Cycle: models.Cycle{ID: id, DomainID: id, ExpiresAt: expiry},
	}
}

func sampleFirst(l *models.Letter) {
	d := &l.Items[0].Domain
	d.AutoRenew, d.AutoRenewAt = models.AutoRenewOn, new(sampleExpiry.AddDate(-1, 0, 3))
}

func sampleRich(l *models.Letter) {
	i := &l.Items[0]
	i.Domain.AutoRenew, i.Domain.LastSafeDay = models.AutoRenewOff, new(sampleExpiry.AddDate(0, 0, 45))
	i.PriorSentAt = new(sampleExpiry.AddDate(0, 0, -15))
	i.Records = []models.ExpectedRecord{
		{Host: "send.pools.example", Type: "TXT", Purpose: "Newsletters no longer go out under your own name, and many land in spam."},
		{Host: "offers.pools.example", Type: "CNAME", Purpose: "The landing pages of your ads no longer open, while the ads go on costing money.", Essential: true},
	}
	l.Copies = []models.Contact{{Name: "Ben Achterberg"}}
}

func sampleReason(reason string) func(*models.Letter) {
	return func(l *models.Letter) { l.Items[0].Notice.Reason = reason }
}

// sampleAttested is a name of a registry that publishes no date, with an IDN and without a known registrar.
func sampleAttested(l *models.Letter) {
	d := &l.Items[0].Domain
	d.ExpirySource, d.AttestedBy, d.AttestedAt = models.ExpiryAttested, "Luis Ferreira", new(sampleExpiry.AddDate(-1, 0, -40))
	d.ExpiresAt = new(models.DayOf(sampleExpiry, time.UTC))
	d.Registrar, d.Name = "", "xn--bcher-kva.example"
	l.Contact.Name = ""
}

func sampleUndated(l *models.Letter) {
	d := &l.Items[0].Domain
	d.ExpiresAt, d.ExpirySource, l.Items[0].Cycle = nil, models.ExpiryNone, models.Cycle{}
}

func sampleLapsed(state models.Lifecycle) func(*models.Letter) {
	return func(l *models.Letter) { lapse(&l.Items[0], state) }
}

func lapse(i *models.LetterItem, state models.Lifecycle) {
	i.Domain.Lifecycle, i.Domain.LifecycleSince = state, new(sampleExpiry)
	i.Domain.LastSafeDay, i.Domain.RecoverUntil = new(sampleExpiry.AddDate(0, 0, 45)), new(sampleExpiry.AddDate(0, 0, 75))
	i.Notice.Reason, i.PriorSentAt = ReasonDatePassed, new(sampleExpiry)
}

// sampleUndatedLapse is a name that its registry takes away, and of which nobody knows a date.
func sampleUndatedLapse(state models.Lifecycle) func(*models.Letter) {
	return func(l *models.Letter) {
		lapse(&l.Items[0], state)
		l.Items[0].Domain.LastSafeDay, l.Items[0].PriorSentAt = nil, nil
		sampleUndated(l)
	}
}

func sampleUnconfirmed(registrar bool) func(*models.Letter) {
	return func(l *models.Letter) {
		i := &l.Items[0]
		lapse(i, models.LifecycleExpired)
		i.Domain.Unconfirmed = true
		i.Registration = &models.Registration{RegistryExpiry: new(sampleExpiry.AddDate(1, 0, 0))}
		if registrar {
			i.Registration.RegistrarExpiry = new(sampleExpiry)
		}
	}
}

func sampleHold(status string) func(*models.Letter) {
	return func(l *models.Letter) {
		i := &l.Items[0]
		i.Domain.Lifecycle, i.Domain.LifecycleSince = models.LifecycleOnHold, new(sampleExpiry.AddDate(0, 0, -41))
		i.Registration = &models.Registration{Statuses: []string{status, "clientTransferProhibited"}}
	}
}

func sampleRenewed(l *models.Letter) { renew(&l.Items[0]) }

func renew(i *models.LetterItem) {
	i.Cycle.ClosedAt, i.Cycle.CloseReason = new(sampleExpiry.AddDate(0, 0, -6)), closedRenewed
	i.Domain.ExpiresAt, i.Domain.Lifecycle = new(sampleExpiry.AddDate(1, 0, 0)), models.LifecycleRegistered
}

func sampleRetraction(renewed bool) func(*models.Letter) {
	return func(l *models.Letter) {
		i := &l.Items[0]
		if renewed {
			renew(i)
		}
		i.Retracted = &models.Mail{ID: 101, Subject: "pools.example", SentAt: new(sampleExpiry.AddDate(0, 0, -7))}
	}
}
