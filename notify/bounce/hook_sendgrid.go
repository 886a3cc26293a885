package bounce

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// sendGridEvent is one of SendGrid's events.
type sendGridEvent struct {
	Email     string `json:"email"`
	Event     string `json:"event"`
	Type      string `json:"type"`
	Timestamp int64  `json:"timestamp"`
	SMTPID    string `json:"smtp-id"` // the Message-ID that we gave
	ID        string `json:"sg_event_id"`
	MessageID string `json:"sg_message_id"`
	Reason    string `json:"reason"`
	Response  string `json:"response"`
	Status    string `json:"status"`
}

// SendGrid drops, without trying, what goes to addresses it has learnt about.
var (
	droppedForGood  = []string{"Bounced Address", "Invalid"}
	droppedUnwanted = []string{"Spam Reporting Address", "Unsubscribed Address"}
)

// parseSendGrid reads events that are signed with the key of the event webhook (ECDSA over the instant and the body).
func parseSendGrid(h hook) ([]models.Bounce, error) {
	const prefix = "X-Twilio-Email-Event-Webhook-"
	at := h.header.Get(prefix + "Timestamp")
	signature, err := base64.StdEncoding.DecodeString(h.header.Get(prefix + "Signature"))
	if err != nil || !h.fresh(at, windowRepeated) || !h.signedSendGrid(at, signature) {
		return nil, ErrSignature
	}
	var events []sendGridEvent
	if err := decode(h.body, &events); err != nil {
		return nil, err
	}
	var rows []models.Bounce
	for _, e := range events[:min(len(events), maxEvents)] {
		kind, ok := e.kind()
		if !ok {
			continue
		}
		if b := h.row("sendgrid", kind, e.Email, e.ID, e.MessageID, e.Event); b != nil {
			b.MessageID, b.QueueID, b.At, b.Status, b.Diagnostic = e.SMTPID, e.MessageID, time.Unix(e.Timestamp, 0), e.Status, e.Reason+" "+e.Response
			rows = append(rows, *b)
		}
	}
	return rows, nil
}

func (e *sendGridEvent) kind() (kind models.BounceKind, ok bool) {
	switch e.Event {
	case "bounce":
		if e.Type == "blocked" { // not tried again; the next message may pass
			return undelivered, true
		}
		return models.BouncePermanent, true
	case "dropped":
		switch {
		case slices.Contains(droppedForGood, e.Reason):
			return models.BouncePermanent, true
		case slices.Contains(droppedUnwanted, e.Reason):
			return models.BounceComplaint, true
		}
		return undelivered, true
	case "deferred":
		return models.BounceTemporary, true
	case "delivered":
		return models.BounceDelivered, true
	case "spamreport", "unsubscribe", "group_unsubscribe":
		return models.BounceComplaint, true
	}
	return "", false
}

func (h hook) signedSendGrid(at string, signature []byte) bool {
	der, err := base64.StdEncoding.DecodeString(h.secret)
	if err != nil {
		return false
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return false
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	sum := sha256.Sum256(append([]byte(at), h.body...))
	return ok && ecdsa.VerifyASN1(key, sum[:], signature)
}
