package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// ForecastStore is what foreseeing needs of the store.
type ForecastStore interface {
	PlanCandidates(ctx context.Context, q models.PlanQuery, now time.Time) (domainIDs []int64, err error)
	// ClientCircle gives the domains of a client and of the clients who share an address with it.
	ClientCircle(ctx context.Context, clientID int64) (domainIDs []int64, err error)
	ClientOf(ctx context.Context, contactID int64) (clientID int64, err error)
	Owed(ctx context.Context, domainIDs []int64, q models.PlanQuery, now time.Time) ([]models.Owed, error)
	Beforehand(ctx context.Context, day string, since, now time.Time) (models.Beforehand, error)
	PlannedLetter(ctx context.Context, contactID int64, notices []models.Notice, at time.Time) (models.Letter, error)
	Letter(ctx context.Context, mailID int64) (models.Letter, error)
	HoldPlanned(ctx context.Context, n models.Notice, by string, now time.Time) (models.Notice, error)
	OutsiderByAddress(ctx context.Context, address string) (models.Contact, error)
	AddLedger(ctx context.Context, entries []models.Entry) error
}

// MaxForecast is for how many days at most it can be said what goes out.
const MaxForecast = 60

// testLink stands where a client's link would be in a message that only shows how one reads. No signature is in it: it opens nothing.
const testLink = "not-a-working-link"

// Forecaster says what goes out in the next days and shows how it reads. It writes nothing but holds, and the ledger's line on a test. It keeps
// no state between calls and is safe for concurrent use.
type Forecaster struct {
	Store    ForecastStore
	Renderer *Renderer
	Mailer   Mailer // hands over tests
	Policy   Policy
	Clock    func() time.Time
	NoServer bool // no mail server is set up
}

// Forecast says what goes out in so many days, today included; models.ErrInvalid for none or more than MaxForecast.
func (f *Forecaster) Forecast(ctx context.Context, days int) (models.Forecast, error) {
	return f.forecast(ctx, days, 0)
}

// ForecastClient says the same of one client only, in a small part of the time. What is due to other clients is left out, but counts where it
// goes to an address of the client's.
func (f *Forecaster) ForecastClient(ctx context.Context, clientID int64, days int) (models.Forecast, error) {
	fc, err := f.forecast(ctx, days, clientID)
	others := func(client int64) bool { return client != clientID }
	fc.Letters = slices.DeleteFunc(fc.Letters, func(l models.ForecastLetter) bool { return others(l.Client.ID) })
	fc.Tasks = slices.DeleteFunc(fc.Tasks, func(i models.ForecastItem) bool { return others(i.Notice.ClientID) })
	fc.Nobody = slices.DeleteFunc(fc.Nobody, func(i models.ForecastItem) bool { return others(i.Notice.ClientID) })
	fc.Unknown = slices.DeleteFunc(fc.Unknown, func(u models.Unforeseen) bool { return others(u.ClientID) })
	return fc, err
}

// forecast foresees for all clients (0), or for one with those who share an address with it.
func (f *Forecaster) forecast(ctx context.Context, days int, clientID int64) (models.Forecast, error) {
	if days < 1 || days > MaxForecast {
		return models.Forecast{}, models.Invalid("days", "give a number from 1 to %d", MaxForecast)
	}
	now := f.Clock()
	office := f.Policy.Office
	q := f.Policy.Query(now)
	last := now.AddDate(0, 0, days)
	ahead := f.Policy.Query(last)
	q.Horizon, q.AttestedBefore = ahead.Horizon, ahead.AttestedBefore
	ids, err := f.Store.PlanCandidates(ctx, q, last) // what rests until then may be told of before
	if err != nil {
		return models.Forecast{}, fmt.Errorf("forecast: %w", err)
	}
	if clientID != 0 {
		circle, err := f.Store.ClientCircle(ctx, clientID)
		if err != nil {
			return models.Forecast{}, fmt.Errorf("forecast: %w", err)
		}
		ids = slices.DeleteFunc(ids, func(id int64) bool { return !slices.Contains(circle, id) })
	}
	var rows []models.Owed
	for chunk := range slices.Chunk(ids, planPage) {
		page, err := f.Store.Owed(ctx, chunk, q, now)
		if err != nil {
			return models.Forecast{}, fmt.Errorf("forecast: %w", err)
		}
		rows = append(rows, page...)
	}
	day := office.Day(now)
	before, err := f.Store.Beforehand(ctx, day.Format(time.DateOnly), office.At(day, models.ClockTime{}), now)
	if err != nil {
		return models.Forecast{}, fmt.Errorf("forecast: %w", err)
	}
	out := Foresee(rows, before, f.Policy, now, days)
	out.NoServer = f.NoServer
	return out, nil
}

// Preview gives a foreseen message as it will read on its day; models.ErrNotFound when it is not foreseen, or not any more.
func (f *Forecaster) Preview(ctx context.Context, key models.LetterKey) (models.Preview, error) {
	l, err := f.find(ctx, key)
	if err != nil {
		return models.Preview{}, err
	}
	return f.Show(ctx, l)
}

// find foresees up to a message's day, and gives the message.
func (f *Forecaster) find(ctx context.Context, key models.LetterKey) (*models.ForecastLetter, error) {
	day, err := time.Parse(time.DateOnly, key.Day)
	if err != nil {
		return nil, models.Invalid("day", "give a day as year-month-day, e.g. 2026-11-22")
	}
	days := int(day.Sub(f.Policy.Office.Day(f.Clock()))/(24*time.Hour)) + 1
	if days < 1 || days > MaxForecast {
		return nil, fmt.Errorf("forecast: %s: %w", key.Day, models.ErrNotFound)
	}
	client, err := f.Store.ClientOf(ctx, key.ContactID)
	if err != nil {
		return nil, fmt.Errorf("forecast: %w", err)
	}
	fc, err := f.ForecastClient(ctx, client, days)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(fc.Letters, func(l models.ForecastLetter) bool { return l.Key == key })
	if i < 0 {
		return nil, fmt.Errorf("forecast: no message to contact %d on %s: %w", key.ContactID, key.Day, models.ErrNotFound)
	}
	return &fc.Letters[i], nil
}

// Show words a foreseen message for its day.
func (f *Forecaster) Show(ctx context.Context, l *models.ForecastLetter) (models.Preview, error) {
	letter, err := f.letter(ctx, l)
	if err != nil {
		return models.Preview{}, fmt.Errorf("preview: %w", err)
	}
	agency := f.Renderer.Agency()
	r, err := f.Renderer.Render(&letter, agency.LinkURL(testLink), f.Policy, l.At)
	if err != nil {
		return models.Preview{}, fmt.Errorf("preview: %w", err)
	}
	from := mail.Address{Name: clean(agency.FromName, 80), Address: agency.FromAddress}
	return models.Preview{
		Letter: letter, At: l.At, From: from.String(), Subject: r.Subject, Text: r.Text, HTML: r.HTML, ICS: string(r.ICS),
	}, nil
}

// letter gives the message with what wording it needs, as it will be on its day: looked at right before, and expired when its date has passed.
func (f *Forecaster) letter(ctx context.Context, l *models.ForecastLetter) (models.Letter, error) {
	notices := make([]models.Notice, len(l.Items))
	for i := range l.Items {
		notices[i] = l.Items[i].Notice
	}
	letter, err := f.Store.PlannedLetter(ctx, l.Key.ContactID, notices, l.At)
	if err != nil {
		return letter, err
	}
	seen := l.At.Add(-time.Minute)
	for i := range letter.Items {
		item := &letter.Items[i]
		passBy(&item.Domain, l.At)
		if at := item.Domain.SeenAt; at != nil && at.Before(seen) {
			item.Domain.SeenAt = &seen
		}
		if at := l.Items[i].PriorAt; at != nil {
			item.PriorSentAt = at
		}
	}
	return letter, nil
}

// Hold keeps a notice of a foreseen message from going out until somebody releases it; models.ErrNotFound when it is not foreseen any more.
func (f *Forecaster) Hold(ctx context.Context, key models.LetterKey, domainID int64, stage models.Stage, by string) (models.Notice, error) {
	l, err := f.find(ctx, key)
	if err != nil {
		return models.Notice{}, err
	}
	for i := range l.Items {
		n := &l.Items[i].Notice
		if n.DomainID == domainID && n.Stage == stage && !l.Items[i].Held {
			held := *n
			if held.DueAt.Before(l.At) {
				held.DueAt = l.At
			}
			return f.Store.HoldPlanned(ctx, held, by, f.Clock())
		}
	}
	return models.Notice{}, fmt.Errorf("hold a foreseen notice: %w", models.ErrNotFound)
}

// SendTest hands a foreseen message over to an address of our own, marked as a test, and gives how that ended with the server's words. It counts
// as no notice: its link works nowhere, and only a line of the ledger, on no client, says that it was sent. A contact of a client who is no
// user of ours is refused with models.ErrInvalid: who reads that a name expires takes it for true.
func (f *Forecaster) SendTest(ctx context.Context, key models.LetterKey, to mail.Address, by string) (outcome models.Delivery, reply string, err error) {
	if f.NoServer {
		return "", "", models.Invalid("test", "no mail server is set up (smtp.address)")
	}
	switch _, err := f.Store.OutsiderByAddress(ctx, to.Address); {
	case err == nil:
		return "", "", models.Invalid("to", "%s is a contact of a client: a test goes to an address of your own", to.Address)
	case !errors.Is(err, models.ErrNotFound):
		return "", "", err
	}
	p, err := f.Preview(ctx, key)
	if err != nil {
		return "", "", err
	}
	now, agency := f.Clock(), f.Renderer.Agency()
	_, host, _ := strings.Cut(agency.FromAddress, "@")
	const say = "This is a test for staff. It was sent to nobody else, and its link does not work."
	subject := "[Test] " + p.Subject
	res := f.Mailer.Send(ctx, Message{
		MessageID: "test." + rand.Text() + "@" + host,
		From:      mail.Address{Name: clean(agency.FromName, 80), Address: agency.FromAddress}, To: to, ReplyTo: agency.ReplyTo,
		Subject: subject, Text: say + "\n\n" + p.Text, HTML: afterBody(p.HTML, "<p><b>"+say+"</b></p>"), ICS: []byte(p.ICS), Date: now,
	})
	err = f.Store.AddLedger(context.WithoutCancel(ctx), []models.Entry{entry(now, "test_sent", by, 0, 0, struct {
		Recipient string `json:"recipient"`
		Subject   string `json:"subject"`
		ContactID int64  `json:"contact_id"`
		Day       string `json:"day"`
		Outcome   string `json:"outcome"`
		Reply     string `json:"smtp_reply"`
	}{to.Address, subject, key.ContactID, key.Day, string(res.Outcome), clean(res.Reply, 500)})})
	return res.Outcome, clean(res.Reply, 500), err
}

// Ladder gives the stages of a domain with a known date, by its client's own settings, the earliest first.
func (f *Forecaster) Ladder(d *models.Domain, c *models.Client) []models.LadderStep {
	if d.ExpiresAt == nil {
		return nil
	}
	var list []models.LadderStep
	for _, s := range f.Policy.For(c).steps(d, f.Clock()) {
		list = append(list, models.LadderStep{Stage: s.stage, DueAt: s.due, Ops: s.ops, Deputy: s.deputy, Desk: s.desk, Off: s.off})
	}
	return list
}

// Rules gives what pages say of the policy: the agency's, or with the client's own settings.
func (f *Forecaster) Rules(c *models.Client) models.NoticeRules {
	p := f.Policy
	if c != nil {
		p = p.For(c)
	}
	r := models.NoticeRules{
		SendFrom: p.SendFrom, SendUntil: p.SendUntil, Office: p.Office, AnyDayWithin: p.AnyDayWithin, DeputyFrom: p.DeputyWithin, DeputyAfter: p.DeputyAfter,
		AnswerHours: int(p.FollowUpAfter / time.Hour), DailyCap: p.DailyCap,
	}
	for _, rung := range p.Ladder {
		r.Stages = append(r.Stages, rung.Stage)
	}
	r.Stages = append(r.Stages, p.Late...)
	return r
}

// afterBody puts a piece of HTML at the beginning of a page's body, and before all of it where no body begins.
func afterBody(page, piece string) string {
	i := strings.Index(page, "<body")
	if i < 0 {
		return piece + page
	}
	end := strings.IndexByte(page[i:], '>')
	if end < 0 {
		return piece + page
	}
	end += i + 1
	return page[:end] + piece + page[end:]
}
