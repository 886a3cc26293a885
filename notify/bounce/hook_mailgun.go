package bounce

import (
	"crypto/hmac"
	"encoding/hex"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// mailgunEvent is one of Mailgun's events with its signature.
type mailgunEvent struct {
	Signature struct {
		Timestamp string `json:"timestamp"`
		Token     string `json:"token"`
		Signature string `json:"signature"`
	} `json:"signature"`
	Data struct {
		ID        string  `json:"id"`
		Event     string  `json:"event"`
		Severity  string  `json:"severity"`
		Reason    string  `json:"reason"`
		Timestamp float64 `json:"timestamp"`
		Recipient string  `json:"recipient"`
		Message   struct {
			Headers struct {
				MessageID string `json:"message-id"`
			} `json:"headers"`
		} `json:"message"`
		Status struct {
			Enhanced    string `json:"enhanced-code"`
			Message     string `json:"message"`
			Description string `json:"description"`
		} `json:"delivery-status"`
	} `json:"event-data"`
}

// parseMailgun reads one event. Its signature covers an instant and a token, not the event: it only says that the sender knows the key.
func parseMailgun(h hook) ([]models.Bounce, error) {
	var e mailgunEvent
	if err := decode(h.body, &e); err != nil {
		return nil, err
	}
	got, err := hex.DecodeString(e.Signature.Signature)
	if err != nil || !h.fresh(e.Signature.Timestamp, windowRepeated) || !hmac.Equal(got, macSHA256([]byte(h.secret), e.Signature.Timestamp, e.Signature.Token)) {
		return nil, ErrSignature
	}
	kind := models.BounceTemporary
	switch e.Data.Event {
	case "failed":
		if e.Data.Severity == "permanent" {
			kind = models.BouncePermanent
		}
		if kind == models.BouncePermanent && (e.Data.Reason == "old" || e.Data.Reason == "espblock") { // tried for too long; blocked by the provider
			kind = undelivered
		}
		if e.Data.Reason == "suppress-complaint" || e.Data.Reason == "suppress-unsubscribe" {
			kind = models.BounceComplaint
		}
	case "delivered":
		kind = models.BounceDelivered
	case "complained", "unsubscribed":
		kind = models.BounceComplaint
	default:
		return nil, nil
	}
	b := h.row("mailgun", kind, e.Data.Recipient, e.Data.ID)
	if b == nil {
		return nil, models.Invalid("recipient", "it is not an e-mail address")
	}
	b.MessageID, b.At, b.Status = e.Data.Message.Headers.MessageID, time.UnixMicro(int64(e.Data.Timestamp*1e6)), e.Data.Status.Enhanced
	b.Diagnostic = strings.Join([]string{e.Data.Reason, e.Data.Status.Message, e.Data.Status.Description}, " ")
	return []models.Bounce{*b}, nil
}
