package main

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// yearLine is what the ledger says of a message that was handed over. An erasure takes the recipient out.
type yearLine struct {
	NoticeID  int64  `json:"notice_id"`
	MessageID string `json:"message_id"`
	Recipient string `json:"recipient"`
	TextHash  string `json:"text_sha256"`
}

// noteHead keeps the ledger's head, as a careful agency does elsewhere.
func (y *year) noteHead() {
	lines, err := y.store.Ledger(y.ctx, 0, 1)
	y.must(err)
	if len(lines) > 0 {
		y.heads = append(y.heads, lines[0].Hash)
	}
}

// reckon closes the year: the ledger is whole and has a line on every send and on nothing else, and nothing is stuck.
func (y *year) reckon() {
	entries, err := y.store.Ledger(y.ctx, 0, 1<<20)
	y.must(err)
	state, err := y.store.AuditLedger(y.ctx, y.heads)
	switch {
	case err != nil:
		y.fail(nil, "the ledger does not verify: %v", err)
		var broken *store.LedgerError
		if i := slices.IndexFunc(entries, func(e models.Entry) bool { return errors.As(err, &broken) && e.ID == broken.EntryID }); i >= 0 {
			var of *yearDomain // its story is told
			if id := entries[i].DomainID; id != nil {
				of = y.byID[*id]
			}
			y.fail(of, "that line: %+v", entries[i])
		}
	case len(state.Kept) != len(y.heads):
		y.fail(nil, "of %d heads that were kept %d are in the ledger", len(y.heads), len(state.Kept))
	case y.count.erased > 0 && state.Erased == 0:
		y.fail(nil, "%d contacts were erased, and no line of the ledger", y.count.erased)
	}
	if err == nil && len(entries) != state.Entries {
		y.fail(nil, "%d lines of %d were verified", state.Entries, len(entries))
	}
	proven := map[yearLine]bool{} // whether what it proves was sent
	for i := range entries {
		if entries[i].Kind == "mail_sent" {
			var l yearLine
			y.must(json.Unmarshal([]byte(entries[i].Body), &l))
			if proven[l] = false; l.TextHash == "" || l.MessageID == "" {
				y.fail(nil, "line %d of the ledger proves nothing: %s", entries[i].ID, entries[i].Body)
			}
		}
	}
	for _, s := range y.sends {
		recipient := s.address
		if s.contact != nil && s.contact.erased {
			recipient = models.ErasedWord
		}
		for _, it := range s.items {
			l := yearLine{it.noticeID, s.messageID, recipient, s.hash}
			_, there := proven[l]
			if there {
				proven[l] = true
			}
			if s.heard && !there {
				y.fail(it.domain, "%s to %s on %s (mail %d) has no line in the ledger", it.stage, s.address, s.at.Format(time.DateTime), s.mailID)
			}
		}
	}
	for l, sent := range proven {
		if !sent {
			y.fail(nil, "the ledger has a line on what was never sent: %+v", l)
		}
	}
	y.checkRest()
}

// checkRest: after two quiet weeks no row waits without a reason.
func (y *year) checkRest() {
	views, err := y.store.QueuedNotices(y.ctx, 1<<20)
	y.must(err)
	for i := range views {
		n, m := &views[i].Notice, views[i].Mail
		d := y.byID[n.DomainID]
		late := y.wall().Sub(n.DueAt)
		if n.CreatedAt.After(n.DueAt) { // owed anew, since another contact said to be the wrong person
			late = y.wall().Sub(n.CreatedAt)
		}
		switch {
		case n.Channel == models.ChannelTask || n.State == models.NoticeFailed || n.State == models.NoticeHeld || n.State == models.NoticeBlocked:
		case n.State == models.NoticeMailed && (m == nil || m.State != models.MailWaiting && m.State != models.MailSending):
			y.fail(d, "notice %d (%s) is bound to a message that is settled", n.ID, n.Stage)
		case late < 5*yearDay:
		case n.State == models.NoticeQueued && d != nil && (d.at(y.now).due == nil || d.noDate):
		default:
			y.fail(d, "notice %d (%s to %s) is %s since %s: %s", n.ID, n.Stage, n.Recipient, n.State, n.DueAt.Format(time.DateTime), n.Reason)
		}
	}
}
