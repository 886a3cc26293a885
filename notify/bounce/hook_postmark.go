package bounce

import (
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// postmarkBounces are the types of Postmark's bounces that are for good or a complaint, and those by which the message alone was lost: a soft
// bounce is told when Postmark tries no longer. The others pass (Transient), or are answers of people and machines (AutoResponder).
var postmarkBounces = map[string]models.BounceKind{
	"HardBounce": models.BouncePermanent, "BadEmailAddress": models.BouncePermanent, "ManuallyDeactivated": models.BouncePermanent,
	"SpamComplaint": models.BounceComplaint, "Unsubscribe": models.BounceComplaint,
	"SoftBounce": undelivered, "DnsError": undelivered, "Blocked": undelivered, "DMARCPolicy": undelivered, "SpamNotification": undelivered,
	"VirusNotification": undelivered, "SMTPApiError": undelivered,
}

// postmarkEvent has the fields of all of Postmark's records.
type postmarkEvent struct {
	RecordType        string
	ID                int64
	Type              string
	MessageID         string            // Postmark's own; its 250 may have named it
	Metadata          map[string]string // what we gave it along with the message
	Email             string
	Recipient         string
	Description       string
	Details           string
	BouncedAt         time.Time
	DeliveredAt       time.Time
	ChangedAt         time.Time
	SuppressSending   bool
	SuppressionReason string
}

// parsePostmark reads one record. Postmark signs nothing; it is known by the password in the address it was given.
func parsePostmark(h hook) ([]models.Bounce, error) {
	if err := h.password(h.secret); err != nil {
		return nil, err
	}
	var e postmarkEvent
	if err := decode(h.body, &e); err != nil {
		return nil, err
	}
	kind, recipient, at := models.BounceTemporary, e.Email, e.BouncedAt
	switch e.RecordType {
	case "Bounce":
		if k, known := postmarkBounces[e.Type]; known {
			kind = k
		}
	case "SpamComplaint":
		kind = models.BounceComplaint
	case "Delivery":
		kind, recipient, at = models.BounceDelivered, e.Recipient, e.DeliveredAt
	case "SubscriptionChange":
		if !e.SuppressSending || e.SuppressionReason != "ManualSuppression" { // the others come as records of their own too
			return nil, nil
		}
		kind, recipient, at = models.BounceComplaint, e.Recipient, e.ChangedAt
	default:
		return nil, nil
	}
	b := h.row("postmark", kind, recipient, e.RecordType, strconv.FormatInt(e.ID, 10), e.MessageID)
	if b == nil {
		return nil, models.Invalid("recipient", "it is not an e-mail address")
	}
	b.QueueID, b.At, b.Diagnostic = e.MessageID, at, e.Type+" "+e.Description+" "+e.Details
	for key, value := range e.Metadata {
		if strings.EqualFold(key, "message-id") {
			b.MessageID = value
		}
	}
	return []models.Bounce{*b}, nil
}
