package bounce

import (
	"net/url"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// snsEnvelope is what Amazon SNS wraps around a message.
type snsEnvelope struct {
	Type         string
	TopicArn     string
	Message      string
	SubscribeURL string
}

// sesEvent is a notification of Amazon SES, or an event of one of its configuration sets.
type sesEvent struct {
	NotificationType string `json:"notificationType"`
	EventType        string `json:"eventType"`
	Mail             struct {
		MessageID     string `json:"messageId"` // Amazon's own; its 250 named it
		CommonHeaders struct {
			MessageID string `json:"messageId"`
		} `json:"commonHeaders"`
	} `json:"mail"`
	Bounce struct {
		BounceType        string         `json:"bounceType"`
		BounceSubType     string         `json:"bounceSubType"`
		BouncedRecipients []sesRecipient `json:"bouncedRecipients"`
		Timestamp         time.Time      `json:"timestamp"`
		FeedbackID        string         `json:"feedbackId"`
	} `json:"bounce"`
	Complaint struct {
		ComplainedRecipients  []sesRecipient `json:"complainedRecipients"`
		Timestamp             time.Time      `json:"timestamp"`
		FeedbackID            string         `json:"feedbackId"`
		ComplaintFeedbackType string         `json:"complaintFeedbackType"`
	} `json:"complaint"`
	Delivery struct {
		Recipients   []string  `json:"recipients"`
		Timestamp    time.Time `json:"timestamp"`
		SMTPResponse string    `json:"smtpResponse"`
	} `json:"delivery"`
	DeliveryDelay struct {
		DelayedRecipients []sesRecipient `json:"delayedRecipients"`
		Timestamp         time.Time      `json:"timestamp"`
		DelayType         string         `json:"delayType"`
	} `json:"deliveryDelay"`
}

type sesRecipient struct {
	EmailAddress   string `json:"emailAddress"`
	Action         string `json:"action"` // of the delivery report, when the bounce was one (RFC 3464)
	Status         string `json:"status"`
	DiagnosticCode string `json:"diagnosticCode"`
}

// parseSES reads a message of Amazon SNS with an event of Amazon SES. The certificate of its signature would have to be fetched, so it is
// known by the topic and by the password in the address it was given.
func parseSES(h hook) ([]models.Bounce, error) {
	topic, password, found := strings.Cut(h.secret, " ")
	if !found || password == "" {
		return nil, ErrSignature
	}
	if err := h.password(strings.TrimSpace(password)); err != nil {
		return nil, err
	}
	var envelope snsEnvelope
	if err := decode(h.body, &envelope); err != nil {
		return nil, err
	}
	if !same(envelope.TopicArn, topic) {
		return nil, ErrSignature
	}
	switch envelope.Type {
	case "SubscriptionConfirmation":
		return nil, confirmation(envelope.SubscribeURL)
	case "Notification":
	default:
		return nil, nil
	}
	var e sesEvent
	if !strings.HasPrefix(strings.TrimSpace(envelope.Message), "{") { // Amazon's word that the topic was set up
		return nil, nil
	}
	if err := decode([]byte(envelope.Message), &e); err != nil {
		return nil, err
	}
	return h.sesRows(&e), nil
}

// confirmation asks for a person's confirmation, at Amazon's own address only.
func confirmation(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || !strings.HasPrefix(u.Host, "sns.") || !strings.HasSuffix(strings.TrimSuffix(u.Host, ".cn"), ".amazonaws.com") {
		return models.Invalid("SubscribeURL", "it is not an address of Amazon SNS")
	}
	return &SubscribeError{URL: u.String()}
}

// came says what a bounce of Amazon SES is, which tells of delays by other events: for good, or by its type one that may pass, though not for
// this message. Automatic replies come as Transient/General too, without a delivery report; they say nothing.
func (e *sesEvent) came(to *sesRecipient) models.BounceKind {
	reported := to.Action == "failed" || to.Action == "" && (to.Status != "" || to.DiagnosticCode != "")
	switch {
	case e.Bounce.BounceType == "Permanent":
		return models.BouncePermanent
	case e.Bounce.BounceSubType == "General" && !reported:
		return models.BounceTemporary
	}
	return undelivered
}

func (h hook) sesRows(e *sesEvent) []models.Bounce {
	var rows []models.Bounce
	add := func(kind models.BounceKind, to sesRecipient, at time.Time, id, words string) {
		if b := h.row("ses", kind, to.EmailAddress, e.Mail.MessageID, id); b != nil && len(rows) < maxEvents {
			b.At, b.MessageID, b.QueueID = at, e.Mail.CommonHeaders.MessageID, e.Mail.MessageID
			b.Status, b.Diagnostic = to.Status, strings.TrimSpace(words+" "+to.DiagnosticCode)
			rows = append(rows, *b)
		}
	}
	kind := e.NotificationType
	if kind == "" {
		kind = e.EventType
	}
	switch kind {
	case "Bounce":
		for _, to := range e.Bounce.BouncedRecipients {
			add(e.came(&to), to, e.Bounce.Timestamp, e.Bounce.FeedbackID, e.Bounce.BounceType+"/"+e.Bounce.BounceSubType)
		}
	case "Complaint":
		for _, to := range e.Complaint.ComplainedRecipients {
			if e.Complaint.ComplaintFeedbackType != "not-spam" {
				add(models.BounceComplaint, to, e.Complaint.Timestamp, e.Complaint.FeedbackID, "complaint "+e.Complaint.ComplaintFeedbackType)
			}
		}
	case "Delivery":
		for _, to := range e.Delivery.Recipients {
			add(models.BounceDelivered, sesRecipient{EmailAddress: to}, e.Delivery.Timestamp, "delivery", e.Delivery.SMTPResponse)
		}
	case "DeliveryDelay":
		for _, to := range e.DeliveryDelay.DelayedRecipients {
			add(models.BounceTemporary, to, e.DeliveryDelay.Timestamp, e.DeliveryDelay.Timestamp.String(), e.DeliveryDelay.DelayType)
		}
	}
	return rows
}
