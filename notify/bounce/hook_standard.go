package bounce

import (
	"crypto/hmac"
	"encoding/base64"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// standardKinds are the events of our own form.
var standardKinds = map[string]models.BounceKind{
	"mail.bounced": models.BouncePermanent, "mail.deferred": models.BounceTemporary,
	"mail.complained": models.BounceComplaint, "mail.delivered": models.BounceDelivered,
}

// parseStandard reads a request that is signed by Standard Webhooks, in a form of our own for services that have none here:
// {"type": "mail.bounced", "timestamp": RFC 3339, "data": {"message_id", "queue_id", "recipient", "status", "diagnostic"}}.
func parseStandard(h hook) ([]models.Bounce, error) {
	id, at := h.header.Get("Webhook-Id"), h.header.Get("Webhook-Timestamp")
	if id == "" || !h.fresh(at, windowStandard) || !h.signedStandard(id, at) {
		return nil, ErrSignature
	}
	var event struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      struct {
			MessageID  string `json:"message_id"`
			QueueID    string `json:"queue_id"`
			Recipient  string `json:"recipient"`
			Status     string `json:"status"`
			Diagnostic string `json:"diagnostic"`
		} `json:"data"`
	}
	if err := decode(h.body, &event); err != nil {
		return nil, err
	}
	kind, known := standardKinds[event.Type]
	if !known {
		return nil, nil
	}
	b := h.row("standard", kind, event.Data.Recipient, id)
	if b == nil {
		return nil, models.Invalid("recipient", "name the address that the message went to")
	}
	b.At, b.MessageID, b.QueueID = event.Timestamp, event.Data.MessageID, event.Data.QueueID
	b.Status, b.Diagnostic = event.Data.Status, event.Data.Diagnostic
	return []models.Bounce{*b}, nil
}

// signedStandard checks the signatures, of which one must be ours: a secret may be in the course of being replaced.
func (h hook) signedStandard(id, at string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(h.secret, "whsec_"))
	if err != nil || len(key) == 0 {
		return false
	}
	want := macSHA256(key, id, ".", at, ".", string(h.body))
	for signature := range strings.FieldsSeq(h.header.Get("Webhook-Signature")) {
		version, value, _ := strings.Cut(signature, ",")
		if got, err := base64.StdEncoding.DecodeString(value); err == nil && version == "v1" && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}
