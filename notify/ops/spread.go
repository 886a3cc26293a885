package ops

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// The targets as they stand in rows: chat, webhook:NAME, digest:ADDRESS.
const (
	chatTarget    = "chat"
	webhookPrefix = "webhook:"
	digestPrefix  = "digest:"
)

// A webhook that is told more than maxSingly things at once gets them in batches of at most maxBatch.
const (
	maxSingly = 20
	maxBatch  = 100
)

// audience is who is told at the moment: targets that are switched off are not among them.
type audience struct {
	webhooks []Webhook
	chat     bool
	baseURL  string // of the pages
}

// dispatches gives what is to be handed to whom. It is pure: the same events give the same dispatches.
func (a audience) dispatches(list []Event, now time.Time) ([]models.Dispatch, error) {
	var out []models.Dispatch
	for _, w := range a.webhooks {
		for _, e := range packed(w.wants(list)) {
			d, err := dispatchOf(e.ID, e.Type, webhookPrefix+w.Name, e, e.At, now)
			if err != nil {
				return nil, err
			}
			out = append(out, d)
		}
	}
	if !a.chat {
		return out, nil
	}
	m, about := chatMessage(list, a.baseURL)
	if len(about) == 0 {
		return out, nil
	}
	last := about[len(about)-1]
	id, kind := last.ID, last.Type
	if len(about) > 1 {
		id, kind = batchID(about), kindBatch
	}
	d, err := dispatchOf(id, kind, chatTarget, m, last.At, now)
	return append(out, d), err
}

func dispatchOf(id, kind, target string, body any, at, now time.Time) (models.Dispatch, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return models.Dispatch{}, fmt.Errorf("write the body of %s: %w", id, err)
	}
	return models.Dispatch{EventID: id, Kind: kind, Target: target, Body: string(text), At: at, NextAttemptAt: now}, nil
}

// packed leaves few events as they are, and puts many into batches.
func packed(list []Event) []Event {
	if len(list) <= maxSingly {
		return list
	}
	var out []Event
	for len(list) > 0 {
		n := min(len(list), maxBatch)
		batch := newEvent(batchID(list[:n]), kindBatch, list[n-1].At)
		batch.Data.Events = list[:n:n]
		out, list = append(out, batch), list[n:]
	}
	return out
}

// batchID names several events by theirs.
func batchID(list []Event) string {
	h := sha256.New()
	for i := range list {
		h.Write([]byte(list[i].ID + "\n"))
	}
	return "batch-" + hex.EncodeToString(h.Sum(nil))[:32]
}

// wants gives the events that a webhook asks for.
func (w Webhook) wants(list []Event) []Event {
	if len(w.Events) == 0 {
		return list
	}
	var out []Event
	for i := range list {
		for _, pattern := range w.Events {
			start, open := strings.CutSuffix(pattern, "*")
			if pattern == list[i].Type || open && strings.HasPrefix(list[i].Type, start) {
				out = append(out, list[i])
				break
			}
		}
	}
	return out
}
