package bounce

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// ErrSignature says that a request is not from the mail service: its signature or its password is missing or wrong, or it is too old.
var ErrSignature = errors.New("the request is not signed by the mail service")

// MaxHook is the most bytes that a request of a mail service may have.
const MaxHook = 1 << 20

// How far the signed instant of a request may be from now. Standard Webhooks signs every try anew; Mailgun and SendGrid repeat what they
// signed for a day, and what is taken twice counts once.
const (
	windowStandard = 5 * time.Minute
	windowRepeated = 25 * time.Hour
)

// maxEvents bounds what one request may report.
const maxEvents = 1000

// SubscribeError says that Amazon SNS asks for a confirmation, which a person gives by opening the address. It is not opened from here: a
// request must not make us fetch an address.
type SubscribeError struct{ URL string }

// Error says what to do.
func (e *SubscribeError) Error() string {
	return "the topic wants its subscription confirmed: open " + e.URL
}

// parsers are the forms of requests that are known.
var parsers = map[string]func(h hook) ([]models.Bounce, error){
	"standard": parseStandard, "postmark": parsePostmark, "ses": parseSES, "sendgrid": parseSendGrid, "mailgun": parseMailgun,
}

// hook is one request.
type hook struct {
	secret string
	header http.Header
	body   []byte
	now    time.Time
}

// Parse checks a request of a mail service and gives what it reports, which may be nothing of interest. The secret is, by format:
//
//   - standard: the whsec_… of Standard Webhooks;
//   - postmark: the password of the Basic authentication in the webhook's address, or USER:PASSWORD;
//   - ses: the topic's ARN and, after a space, the password of the Basic authentication in the subscription's address;
//   - sendgrid: the public key of the signed event webhook, in base64;
//   - mailgun: the HTTP webhook signing key.
//
// The error wraps ErrSignature when the request may be anybody's, models.ErrInvalid when it can't be read, and is a *SubscribeError when the
// service asks for a confirmation.
func Parse(format, secret string, header http.Header, body []byte, now time.Time) ([]models.Bounce, error) {
	parse, known := parsers[format]
	switch {
	case !known:
		return nil, models.Invalid("webhook format", "choose postmark, ses, sendgrid, mailgun or standard")
	case secret == "":
		return nil, fmt.Errorf("%w: no secret is set", ErrSignature)
	case len(body) > MaxHook:
		return nil, models.Invalid("webhook", "the request has more than %d bytes", MaxHook)
	}
	found, err := parse(hook{secret, header, body, now})
	if err != nil {
		return nil, fmt.Errorf("%s webhook: %w", format, err)
	}
	for i := range found {
		b := &found[i]
		b.Diagnostic = printable(b.Diagnostic)
		b.Status = precise(status(b.Status), b.Diagnostic)
		settle(b)
		if b.At.IsZero() || b.At.After(now) {
			b.At = now
		}
		b.MessageID = msgID(b.MessageID)
		b.Evidence = append([]byte(nil), body[:min(len(body), maxEvidence)]...)
	}
	return found, nil
}

// undelivered is the kind of what a service tried no longer, or never, for a reason that it does not see in the address: mail that it calls
// soft, blocked, transient or dropped. It did not arrive and will not, which is all that the owner of a domain has of it.
const undelivered models.BounceKind = "undelivered"

// settle makes a permanent failure of what was undelivered. A status or words that would make the address bad become one of class 4 (RFC 3463),
// "persistent transient failure", as in a delivery report on what was given up.
func settle(b *models.Bounce) {
	if b.Kind != undelivered {
		return
	}
	b.Kind = models.BouncePermanent
	switch {
	case !b.BlamesAddress():
	case b.Status == "":
		b.Status = "4.0.0"
	default:
		b.Status = "4" + b.Status[1:]
	}
}

// row begins the row of one event; nil when the address is none. Its identity is made of what the service calls the event.
func (h hook) row(format string, kind models.BounceKind, recipient string, identity ...string) *models.Bounce {
	to := addresses(recipient)
	if len(to) == 0 {
		return nil
	}
	return &models.Bounce{
		Kind: kind, Recipient: to[0], Others: to[1:], Source: "webhook", EventID: eventID(format, append(identity, to[0], string(kind))...),
	}
}

// decode reads the body, or a part of it.
func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return models.Invalid("webhook", "the request is not what the service sends: %v", err)
	}
	return nil
}

// password checks the Basic authentication of a request against PASSWORD or USER:PASSWORD.
func (h hook) password(want string) error {
	r := http.Request{Header: h.header}
	user, password, _ := r.BasicAuth()
	got := password
	if strings.Contains(want, ":") {
		got = user + ":" + password
	}
	if !same(got, want) {
		return ErrSignature
	}
	return nil
}

// same compares in constant time, whatever the lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// fresh reports whether a signed instant in Unix seconds is not further from now than a window.
func (h hook) fresh(seconds string, window time.Duration) bool {
	at, err := strconv.ParseInt(seconds, 10, 64)
	return err == nil && h.now.Sub(time.Unix(at, 0)).Abs() <= window
}

func macSHA256(key []byte, parts ...string) []byte {
	m := hmac.New(sha256.New, key)
	for _, p := range parts {
		m.Write([]byte(p))
	}
	return m.Sum(nil)
}
