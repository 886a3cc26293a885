package email

import (
	"bytes"
	netmail "net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

const (
	maxReply   = 500 // characters kept of a reply
	maxSubject = 200
)

// outgoing is a message as it goes over the wire, with its envelope.
type outgoing struct {
	from, to string // addr-specs with the domain as A-labels
	utf8     bool   // an address has letters beyond ASCII before the @ (RFC 6531)
	raw      []byte // lines end with CRLF and keep to 998 octets; in ASCII, unless utf8
}

// compose writes the MIME message: text and HTML as alternatives, the calendar file beside them. An address that is none gives the result
// of the attempt: the recipient's is refused for good, ours is our fault. Host is the server that it goes through.
func compose(m notify.Message, host string) (*outgoing, *notify.Result) {
	to, err := parseAddress(m.To.Address)
	if err != nil {
		return nil, &notify.Result{Outcome: models.DeliveryPermanent, Reply: "the recipient's address is not an e-mail address"}
	}
	from, err := parseAddress(m.From.Address)
	if err != nil {
		return nil, &notify.Result{Outcome: models.DeliveryRejected, Reply: "the sender's address is not an e-mail address"}
	}
	var raw bytes.Buffer
	msg := build(m, from, to)
	keepID(msg, m.MessageID, host)
	if _, err := msg.WriteTo(&raw); err != nil {
		return nil, &notify.Result{Outcome: models.DeliveryRejected, Reply: notify.Printable("the message could not be written: "+err.Error(), maxReply)}
	}
	return &outgoing{from: envelope(from), to: envelope(to), utf8: !ascii(from.Address + to.Address), raw: raw.Bytes()}, nil
}

// envelope writes an addr-spec as it stands between angle brackets: a local part that is no dot-atom is quoted (RFC 5321 section 4.1.2), or what
// is in it would be read as parameters of the command.
func envelope(a *netmail.Address) string {
	spec := netmail.Address{Address: a.Address}
	return strings.TrimSuffix(strings.TrimPrefix(spec.String(), "<"), ">")
}

// parseAddress reads one addr-spec, and gives its domain as A-labels.
func parseAddress(s string) (*netmail.Address, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return nil, err
	}
	at := strings.LastIndexByte(a.Address, '@')
	if host := a.Address[at+1:]; !ascii(host) {
		host, err = idna.Lookup.ToASCII(host)
		if err != nil {
			return nil, err
		}
		a.Address = a.Address[:at+1] + host
	}
	return a, nil
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > '~' })
}

// build sets the header and the parts.
func build(m notify.Message, from, to *netmail.Address) *gomail.Msg {
	const maxName = 100
	to.Name, from.Name = words(m.To.Name, maxName), words(m.From.Name, maxName)
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.SetAddrHeaderFromMailAddress(gomail.HeaderFrom, from)
	msg.SetAddrHeaderFromMailAddress(gomail.HeaderTo, to)
	// An address of letters beyond ASCII can stand in the header of mail that needs SMTPUTF8 anyway only; without it answers go to the sender.
	if reply, err := parseAddress(m.ReplyTo); err == nil && (ascii(reply.Address) || !ascii(from.Address+to.Address)) {
		reply.Name = words(reply.Name, maxName)
		msg.SetAddrHeaderFromMailAddress(gomail.HeaderReplyTo, reply)
	}
	msg.Subject(words(m.Subject, maxSubject))
	msg.SetDateWithValue(m.Date)
	msg.SetMessageIDWithValue(msgID(m.MessageID))
	if thread := strings.Fields(m.References); len(thread) > 0 {
		ids := make([]string, len(thread))
		for i, id := range thread {
			ids[i] = "<" + msgID(id) + ">"
		}
		msg.SetGenHeaderPreformatted(gomail.HeaderInReplyTo, ids[len(ids)-1])
		msg.SetGenHeaderPreformatted(gomail.HeaderReferences, strings.Join(ids, "\r\n "))
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	msg.SetGenHeader("X-Auto-Response-Suppress", "OOF, AutoReply")
	listHeader(msg, m)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	if len(m.ICS) > 0 {
		// The type names no method, though RFC 5545 section 3.7.2 wants it beside METHOD in the file: it is the sign by which Exchange takes a part for
		// an invitation, and what it publishes may then be shown in place of the message.
		msg.AttachReadSeeker("domain-expiry.ics", bytes.NewReader(m.ICS), gomail.WithFileContentType("text/calendar; charset=utf-8"))
	}
	return msg
}

// maxMetadata is how long a value may be that Postmark gives back.
const maxMetadata = 80

// keepID asks Postmark not to put an identifier of its own in the place of ours, without which threads break, and to name ours in its webhooks:
// they give a name that no 250 need have said. It takes both fields out before it delivers. Other servers are told nothing.
func keepID(msg *gomail.Msg, id, host string) {
	if !strings.HasSuffix("."+strings.ToLower(host), ".postmarkapp.com") {
		return
	}
	msg.SetGenHeaderPreformatted("X-PM-KeepID", "true")
	if id = msgID(id); len(id) <= maxMetadata {
		msg.SetGenHeaderPreformatted("X-PM-Metadata-message-id", id)
	}
}

// words bounds text from outside for a header. What looks like an encoded word (RFC 2047) would be shown as what it decodes to, which nobody
// looked at: it is taken apart.
func words(s string, most int) string {
	return strings.ReplaceAll(notify.Printable(s, most), "=?", "= ?")
}

// listHeader says which kind of message it is (RFC 2919), and how to have no more of them: by one click where it can be (RFC 8058).
func listHeader(msg *gomail.Msg, m notify.Message) {
	if id := msgID(m.ListID); id != "" {
		msg.SetGenHeaderPreformatted("List-Id", "<"+id+">")
	}
	address := msgID(m.Unsubscribe)
	if address == "" {
		return
	}
	msg.SetGenHeaderPreformatted("List-Unsubscribe", "<"+address+">")
	if strings.HasPrefix(address, "https://") {
		msg.SetGenHeaderPreformatted("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
}

// msgID keeps of an identifier or an address what may stand in one (RFC 5322 section 3.6.4), without angle brackets.
func msgID(id string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '<' || r == '>' {
			return -1
		}
		return r
	}, id)
}
