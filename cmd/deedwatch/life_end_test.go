package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

// reckon looks at what two years left behind.
func (l *life) reckon() {
	l.t.Helper()
	var err error
	l.ledger, err = l.app.store.VerifyLedger(l.t.Context())
	l.must(err)
	closed := l.closed()
	for i := range l.stories {
		s := &l.stories[i]
		w, err := l.app.store.WatchedByName(l.t.Context(), s.name)
		l.must(err)
		open := ""
		if w.Cycle != nil {
			open = w.Cycle.ExpiresAt.UTC().Format(time.DateOnly)
		}
		if open != s.open {
			l.t.Errorf("%s: the open cycle ends %q, want %q", s.name, open, s.open)
		}
		if diff := cmp.Diff(s.closed, closed[s.name]); diff != "" {
			l.t.Errorf("%s: cycles closed (-want +got):\n%s", s.name, diff)
		}
		var findings []string
		for _, f := range w.Findings {
			line := f.Code + " " + string(f.State)
			if f.CauseCode != "" && f.State == models.FindingOpen {
				line += " under " + f.CauseCode
			}
			findings = append(findings, line)
		}
		for _, want := range s.findings {
			if !slices.Contains(findings, want) {
				l.t.Errorf("%s: the finding %q is not there: %v", s.name, want, findings)
			}
		}
		for _, f := range findings {
			if code, state, _ := strings.Cut(f, " "); strings.HasPrefix(state, "open") && !slices.Contains(s.findings, f) && code != "expiring" && code != "expiry_not_public" {
				l.t.Errorf("%s: the finding %s is still open", s.name, code)
			}
		}
		l.reckonNotices(s, w.Domain.ID)
	}
}

// reckonNotices checks that no notice hangs between its states, and that as many were sent as arrived.
func (l *life) reckonNotices(s *lifeStory, id int64) {
	l.t.Helper()
	views, err := l.app.store.NoticesOf(l.t.Context(), id)
	l.must(err)
	sent, cycle := 0, map[string]bool{}
	for _, v := range views {
		n := v.Notice
		if key := fmt.Sprint(n.CycleID, n.Stage, n.Recipient, n.Channel); cycle[key] {
			l.t.Errorf("%s: two notices %s", s.name, key)
		} else {
			cycle[key] = true
		}
		if n.Channel != models.ChannelEmail {
			continue
		}
		switch n.State {
		case models.NoticeSent:
			sent++
		case models.NoticeSuperseded, models.NoticeCancelled:
		case models.NoticeQueued, models.NoticeHeld, models.NoticeMailed, models.NoticeBlocked, models.NoticeFailed, models.NoticeBounced, models.NoticeDone:
			l.t.Errorf("%s: the %s notice to %s is %s at the end: %s", s.name, n.Stage, n.Recipient, n.State, n.Reason)
		}
	}
	if sent != len(l.got[s.name]) {
		l.t.Errorf("%s: %d notices are recorded as sent, %d arrived", s.name, sent, len(l.got[s.name]))
	}
}

// closed reads the cycles that ended from the ledger.
func (l *life) closed() map[string][]string {
	entries, err := l.app.store.Ledger(l.t.Context(), 0, 100_000)
	l.must(err)
	out := map[string][]string{}
	for _, e := range slices.Backward(entries) {
		if e.Kind != "cycle_closed" {
			continue
		}
		var body struct {
			Domain, Reason string
			Expired        time.Time `json:"expired_at"`
		}
		l.must(json.Unmarshal([]byte(e.Body), &body))
		out[body.Domain] = append(out[body.Domain], body.Reason+" "+body.Expired.UTC().Format(time.DateOnly))
	}
	return out
}
