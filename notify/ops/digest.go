package ops

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// digestBody is a digest that waits for its mail server.
type digestBody struct {
	Rendered
	Until time.Time `json:"until"` // after that it is not sent any more
}

// digestDue gives the day of the digest that is due at now, and until when it may be sent: from the set time to the close of business, on
// business days. Where the office closes before the set time, it is the end of the day.
func digestDue(o models.Office, at models.ClockTime, now time.Time) (day time.Time, until time.Time, due bool) {
	day = o.Day(now)
	if !o.BusinessDay(day) {
		return day, until, false
	}
	from := o.At(day, at)
	if until = o.At(day, o.Close); !until.After(from) {
		until = o.At(day.AddDate(0, 0, 1), models.ClockTime{})
	}
	return day, until, !now.Before(from) && now.Before(until)
}

// digest puts the digest of the day down, once for each address, when it is due.
func (d *Desk) digest(ctx context.Context, now time.Time) error {
	day, until, due := digestDue(d.o.Office, d.o.DigestAt, now)
	if !due || len(d.o.DigestTo) == 0 {
		return nil
	}
	targets := make([]string, len(d.o.DigestTo))
	for i, to := range d.o.DigestTo {
		targets[i] = digestPrefix + strings.ToLower(to)
	}
	id := "digest-" + day.Format(time.DateOnly)
	missing, err := d.o.Store.MissingDispatches(ctx, id, targets)
	if err != nil || len(missing) == 0 {
		return err
	}
	r, err := d.Digest(ctx, now)
	if err != nil {
		return err
	}
	rows := make([]models.Dispatch, len(missing))
	for i, target := range missing {
		if rows[i], err = dispatchOf(id, kindDigest, target, digestBody{r, until}, now, now); err != nil {
			return err
		}
	}
	return d.o.Store.AddDispatches(ctx, rows, now)
}

// Digest gives the digest as it reads at an instant.
func (d *Desk) Digest(ctx context.Context, now time.Time) (Rendered, error) {
	t, err := d.o.Store.Today(ctx, now, d.o.Office.Location())
	if err != nil {
		return Rendered{}, fmt.Errorf("digest: %w", err)
	}
	off, err := d.o.Store.TargetsOff(ctx)
	if err != nil {
		return Rendered{}, fmt.Errorf("digest: %w", err)
	}
	v := view{today: &t, now: now, loc: d.o.Office.Location(), baseURL: d.o.Agency.BaseURL, late: stopped(t.Sweeps, now, d.started, d.o.Late), off: off}
	return render(v.digest(d.o.Agency.Name))
}

// deliverDigest hands the day's digest to the mail server.
func (d *Desk) deliverDigest(ctx context.Context, target string) error {
	rows, err := d.claim(ctx, target, 1)
	if err != nil || len(rows) == 0 {
		return err
	}
	var body digestBody
	result, _ := d.attempt(rows[0], digestLadder, func(now time.Time) reply {
		if err := json.Unmarshal([]byte(rows[0].Body), &body); err != nil {
			return reply{text: "the digest can't be read"}
		}
		if !now.Before(body.Until) {
			return reply{text: "not sent before the close of business"}
		}
		return d.mail(ctx, rows[0].EventID, strings.TrimPrefix(target, digestPrefix), body.Rendered, now)
	})
	if next := &result.Dispatch; next.State == models.DispatchWaiting && !next.NextAttemptAt.Before(body.Until) {
		next.State = models.DispatchFailed // the next one says what is new
	}
	return d.record(ctx, []models.DispatchResult{result})
}

// mail sends one digest. Its Message-ID is that of the day and the address, so that a repeat is visibly the same message.
func (d *Desk) mail(ctx context.Context, event, to string, r Rendered, now time.Time) reply {
	_, host, _ := strings.Cut(d.o.Agency.FromAddress, "@")
	sum := sha256.Sum256([]byte(event + "/" + to))
	said := d.o.Mailer.Send(ctx, notify.Message{
		MessageID: hex.EncodeToString(sum[:])[:32] + "@" + host, From: mail.Address{Name: d.o.Agency.FromName, Address: d.o.Agency.FromAddress},
		To: mail.Address{Address: to}, Subject: r.Subject, Text: r.Text, HTML: r.HTML, Date: now, ListID: "domain-digest." + host,
	})
	out := reply{code: said.Code, text: notify.Printable(strings.TrimSpace(said.Enhanced+" "+said.Reply), maxReply)}
	switch {
	case said.Outcome == models.DeliverySent && (out.code < 200 || out.code > 299):
		out.code = 250
	case said.Outcome != models.DeliverySent && out.code >= 200 && out.code <= 299:
		out.code = 0
	}
	return out
}
