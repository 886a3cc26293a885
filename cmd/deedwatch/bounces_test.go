package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// keptReports is a store that keeps reports, or fails.
type keptReports struct {
	err error
	got []models.Bounce
}

func (*keptReports) MailReported(context.Context, models.Bounce) (int64, error) { return 0, nil }
func (*keptReports) Letter(context.Context, int64) (models.Letter, error) {
	return models.Letter{}, models.ErrNotFound
}

func (k *keptReports) RecordBounce(_ context.Context, rec models.BounceRecord) (bool, error) {
	k.got = append(k.got, rec.Bounce)
	return k.err == nil, k.err
}

func TestWhatMailServicesAreAnswered(t *testing.T) {
	kept := &keptReports{}
	h := &mailHooks{
		services: map[string]configs.MailHook{"relay": {Name: "relay", Format: "postmark", Secret: configs.NewSecret("open sesame")}},
		returns:  notify.Returns{Store: kept}, now: time.Now, log: slog.New(slog.DiscardHandler),
	}
	const complaint = `{"RecordType":"SpamComplaint","ID":1,"Email":"bo@client.lab"}`
	for _, c := range []struct {
		why, name, password, body string
		err                       error
		want, kept                int
	}{
		{"a report", "relay", "open sesame", complaint, nil, http.StatusOK, 1},
		{"an event of no interest", "relay", "open sesame", `{"RecordType":"Open"}`, nil, http.StatusOK, 0},
		{"a wrong password", "relay", "sesame", complaint, nil, http.StatusUnauthorized, 0},
		{"a service that is not set up", "other", "open sesame", complaint, nil, http.StatusNotFound, 0},
		{"something else", "relay", "open sesame", "<xml/>", nil, http.StatusBadRequest, 0},
		{"the database is away: the service is to repeat it", "relay", "open sesame", complaint, errors.New("away"), http.StatusInternalServerError, 1},
	} {
		kept.err, kept.got = c.err, nil
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth("hook", c.password)
		if got := h.Receive(t.Context(), c.name, r.Header, []byte(c.body)); got != c.want || len(kept.got) != c.kept {
			t.Errorf("%s: %d with %d kept, want %d with %d", c.why, got, len(kept.got), c.want, c.kept)
		}
		if len(kept.got) > 0 && kept.got[0].Source != "webhook:relay" {
			t.Errorf("%s: source %q", c.why, kept.got[0].Source)
		}
	}
}

func TestTheDoctorTriesTheBounceMailbox(t *testing.T) {
	c := configs.Default()
	c.SMTP.Address = "smtp.agency.lab:587"
	if got := examineBounces(t.Context(), c, false); got[0].State != "warning" {
		t.Errorf("nothing set: %+v", got)
	}
	c.Bounces.Maildir = filepath.Join(t.TempDir(), "none")
	if got := examineBounces(t.Context(), c, false); got[0].State != "bad" {
		t.Errorf("a folder that is none: %+v", got)
	}
	if got := examineBounces(t.Context(), c, true); got[0].State != "ok" {
		t.Errorf("offline: %+v", got)
	}
	for replies, warned := range map[string]bool{"": true, c.Agency.FromAddress: true, "help@agency.lab": false} {
		c.Agency.ReplyTo = replies
		if got := examineBounces(t.Context(), c, true); (len(got) > 1) != warned {
			t.Errorf("replies to %q: %+v", replies, got)
		}
	}
}
