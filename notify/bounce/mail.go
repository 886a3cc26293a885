package bounce

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// ErrNoReport says that a message is no report on other mail: an automatic reply (RFC 3834), a person's letter, or something unreadable.
var ErrNoReport = errors.New("not a report on mail")

// The bounds of what is read of one report.
const (
	MaxReport     = 1 << 20 // bytes of the whole
	maxPart       = 256 << 10
	maxParts      = 20
	maxDepth      = 3
	maxRecipients = 100
	maxEvidence   = 8 << 10
	maxDiagnostic = 500
)

// ParseMail reads a message from the bounce mailbox and gives what it reports, one row for each recipient. What is beyond MaxReport is not
// looked at. ErrNoReport when it is something else.
func ParseMail(raw []byte, now time.Time) ([]models.Bounce, error) {
	raw = raw[:min(len(raw), MaxReport)]
	r := report{raw: raw, now: now}
	body := r.open()
	r.walk(r.header, body, 0)
	var found []models.Bounce
	switch {
	case r.status != nil:
		found = r.deliveryStatus()
	case r.feedback != nil:
		found = r.complaint()
	case r.text != nil:
		found = r.qmail()
	}
	if len(found) == 0 {
		return nil, ErrNoReport
	}
	return found, nil
}

// report is a message taken apart.
type report struct {
	header   textproto.MIMEHeader
	raw      []byte
	now      time.Time
	parts    int
	status   []byte               // message/delivery-status, or its form in UTF-8 (RFC 6533)
	feedback []byte               // message/feedback-report
	text     []byte               // the first text, when the message is one
	human    []byte               // the first text, wherever it is: what the report says to people
	returned textproto.MIMEHeader // header of the message that is reported on
}

// open reads the header and gives the body. A header with lines that are none is read for those that are.
func (r *report) open() io.Reader {
	if msg, err := netmail.ReadMessage(bytes.NewReader(r.raw)); err == nil {
		r.header = textproto.MIMEHeader(msg.Header)
		return msg.Body
	}
	head, body, end := bytes.Cut(r.raw, []byte("\r\n\r\n"))
	if unix, rest, found := bytes.Cut(r.raw, []byte("\n\n")); found && (!end || len(unix) < len(head)) {
		head, body = unix, rest
	}
	r.header = headerOf(head)
	return bytes.NewReader(body)
}

// walk goes through the parts and keeps those that say something. What can't be read is passed over.
func (r *report) walk(header textproto.MIMEHeader, body io.Reader, depth int) {
	if r.parts++; r.parts > maxParts || depth > maxDepth {
		return
	}
	kind, boundary := mediaType(header.Get("Content-Type"))
	if strings.HasPrefix(kind, "multipart/") {
		if boundary == "" {
			return
		}
		parts := multipart.NewReader(body, boundary)
		for r.parts <= maxParts {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			r.walk(p.Header, p, depth+1)
		}
		return
	}
	content, _ := io.ReadAll(io.LimitReader(decoded(header.Get("Content-Transfer-Encoding"), body), maxPart)) // what could be read counts
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		keepFirst(&r.status, content)
	case "message/feedback-report":
		keepFirst(&r.feedback, content)
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
		if r.returned == nil {
			r.returned = headerOf(content)
		}
	case "text/plain":
		if depth == 0 {
			r.text = content
		}
		keepFirst(&r.human, content)
	}
}

var (
	comment       = regexp.MustCompile(`\([^()"]*\)`)
	looseBoundary = regexp.MustCompile(`(?i);\s*boundary\s*=\s*("[^"]+"|[^\s;"]+)`)
)

// mediaType reads a Content-Type, also one with a comment (RFC 2045 section 5.1) or with parameters that are wrong; without a type it is text.
func mediaType(field string) (kind, boundary string) {
	kind, params, err := mime.ParseMediaType(field)
	if err == nil {
		return kind, params["boundary"]
	}
	if m := looseBoundary.FindStringSubmatch(field); m != nil {
		boundary = strings.Trim(m[1], `"`)
	}
	bare, _, _ := strings.Cut(comment.ReplaceAllString(field, " "), ";")
	if kind, _, err = mime.ParseMediaType(bare); err != nil {
		return "text/plain", ""
	}
	return kind, boundary
}

func keepFirst(to *[]byte, content []byte) {
	if *to == nil {
		*to = content
	}
}

func decoded(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	return body
}

// headerOf reads the header at the beginning of a text; what follows it, and lines that are none, don't matter.
func headerOf(content []byte) textproto.MIMEHeader {
	blocks := fieldBlocks(content, 1)
	header := textproto.MIMEHeader{}
	if len(blocks) > 0 {
		for name, value := range blocks[0] {
			header.Set(name, value)
		}
	}
	return header
}

// messageID gives which of our messages is reported on: the identifier of the returned message, or what the report says it answers.
func (r *report) messageID() string {
	for _, field := range []string{r.returned.Get("Message-Id"), r.header.Get("In-Reply-To"), last(r.header.Get("References"))} {
		if id := msgID(field); id != "" {
			return id
		}
	}
	return ""
}

func last(list string) string {
	words := strings.Fields(list)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// msgID gives an identifier without its angle brackets; empty when it is none.
func msgID(field string) string {
	id := strings.Trim(strings.TrimSpace(field), "<>")
	if len(id) > 300 || !strings.Contains(id, "@") || strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return ""
	}
	return id
}

var amazon = regexp.MustCompile(`^[0-9a-f]{16}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9]{6}$`)

// amazonID gives the name that Amazon SES gave a message when it took it: it replaces our Message-ID by one that begins with it. Other names
// of servers are not looked for in reports, which anybody may send: what is easy to guess must not name a message.
func amazonID(field string) string {
	name, _, _ := strings.Cut(msgID(field), "@")
	if !amazon.MatchString(name) {
		return ""
	}
	return name
}

// row gives the row for one recipient, which has one identity however often the report is found.
func (r *report) row(kind models.BounceKind, recipients []string, status, diagnostic string) models.Bounce {
	b := models.Bounce{
		At: r.now, Kind: kind, Status: status, Diagnostic: printable(diagnostic), Source: "mailbox", MessageID: r.messageID(),
		QueueID:  amazonID(r.returned.Get("Message-Id")),
		Evidence: bytes.Clone(r.raw[:min(len(r.raw), maxEvidence)]),
	}
	if len(recipients) > 0 {
		b.Recipient, b.Others = recipients[0], recipients[1:]
	}
	if date, err := netmail.ParseDate(r.header.Get("Date")); err == nil && date.Before(r.now) && r.now.Sub(date) < 30*24*time.Hour {
		b.At = date
	}
	identity := r.header.Get("Message-Id")
	if identity == "" {
		sum := sha256.Sum256(r.raw)
		identity = hex.EncodeToString(sum[:])
	}
	b.EventID = eventID("mailbox", identity, b.MessageID, b.Recipient, string(kind))
	return b
}

// eventID names an event by what makes it one, in a bounded form.
func eventID(source string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return source + ":" + hex.EncodeToString(sum[:16])
}
