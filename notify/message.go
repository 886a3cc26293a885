package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Agency is who writes: every name, number and address in a notice comes from here.
type Agency struct {
	Name        string // "Krest Marketing"
	FromName    string // display name of the sender
	FromAddress string // RFC 5322 addr-spec; its domain also ends our Message-IDs
	ReplyTo     string // addr-spec of a mailbox that people read; empty: FromAddress
	Phone       string // under which a client can check that a notice is genuine
	Hours       string // when somebody answers it: "Monday to Friday, 9 to 5 Pacific"
	SupportURL  string // public page that states the same number; shown without being a link
	BaseURL     string // https address under which the client's pages live, without a trailing slash
	Language    string // BCP 47 tag of notices to clients without one
}

// Validate says what is missing.
func (a Agency) Validate() error {
	for _, f := range []struct{ name, value string }{
		{"agency name", a.Name},
		{"agency phone", a.Phone},
		{"agency hours", a.Hours},
		{"support address", a.SupportURL},
	} {
		if clean(f.value, 200) == "" {
			return models.Invalid(f.name, "say it: every notice does, so that clients can check it")
		}
	}
	if _, err := mail.ParseAddress(a.FromAddress); err != nil || !strings.Contains(a.FromAddress, "@") || strings.ContainsAny(a.FromAddress, "<> \t\r\n") {
		return models.Invalid("from address", "give one plain address such as domains@agency.example")
	}
	if _, err := mail.ParseAddress(a.ReplyTo); a.ReplyTo != "" && err != nil {
		return models.Invalid("reply-to address", "give one plain address, or leave it out")
	}
	u, err := url.Parse(a.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return models.Invalid("base address", "give the http(s) address of the client pages, such as https://watch.agency.example")
	}
	return nil
}

// LinkURL gives the address of a client's own page.
func (a Agency) LinkURL(token string) string {
	return strings.TrimRight(a.BaseURL, "/") + "/c/" + token
}

// UnsubscribeURL gives the address behind which a contact asks not to be written to any more.
func (a Agency) UnsubscribeURL(token string) string {
	return strings.TrimRight(a.BaseURL, "/") + "/u/" + token
}

// ListID names the notices as a kind of mail (RFC 2919), so that a reader can file them.
func (a Agency) ListID() string {
	_, host, _ := strings.Cut(a.FromAddress, "@")
	return "domain-notices." + host
}

// MessageID names the message that carries a notice first on a day (RFC 5322 msg-id without angle brackets). It is derived from the
// notice's key, so that a repeat after a crash is visibly the same message.
func (a Agency) MessageID(contactID int64, day string, first models.Notice) string {
	key := fmt.Sprintf("%d/%d/%s/%s/%s/%d/%s", first.DomainID, first.CycleID, first.Stage, first.Recipient, first.Channel, contactID, day)
	sum := sha256.Sum256([]byte(key))
	_, host, _ := strings.Cut(a.FromAddress, "@")
	return hex.EncodeToString(sum[:])[:32] + "@" + host
}

// Message is a rendered mail, ready for the wire.
type Message struct {
	MessageID  string // without angle brackets
	References string // msg-ids of the thread without angle brackets, space separated; may be empty
	From, To   mail.Address
	ReplyTo    string // addr-spec, may be empty
	Subject    string
	Text, HTML string
	ICS        []byte // calendar file, may be empty
	Date       time.Time

	ListID      string // RFC 2919 list-id without angle brackets, may be empty
	Unsubscribe string // https address that takes the contact off by one POST (RFC 8058), may be empty
}

// Result is how handing a message over ended.
type Result struct {
	Outcome  models.Delivery
	Code     int    // SMTP reply code, 0: none
	Enhanced string // RFC 3463, may be empty
	Reply    string // the server's words, or what failed; printable and bounded
}

// Mailer hands a message over, within the time that ctx leaves. It never gives an error beside the result: whatever happens is an outcome.
type Mailer interface {
	Send(ctx context.Context, m Message) Result
}
