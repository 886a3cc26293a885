package email

import (
	"bytes"
	netmail "net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

const (
	maxReply   = 500 // characters kept of a reply
	maxSubject = 200
)

// compose builds the MIME message: text and HTML as alternatives, the calendar file beside them. An address that is none gives the result
// of the attempt: the recipient's is refused for good, ours is our fault.
func compose(m notify.Message) (*gomail.Msg, *notify.Result) {
	to, err := netmail.ParseAddress(m.To.Address)
	if err != nil {
		return nil, &notify.Result{Outcome: models.DeliveryPermanent, Reply: "the recipient's address is not an e-mail address"}
	}
	from, err := netmail.ParseAddress(m.From.Address)
	if err != nil {
		return nil, &notify.Result{Outcome: models.DeliveryRejected, Reply: "the sender's address is not an e-mail address"}
	}
	const maxName = 100
	to.Name, from.Name = notify.Printable(m.To.Name, maxName), notify.Printable(m.From.Name, maxName)
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.SetAddrHeaderFromMailAddress(gomail.HeaderFrom, from)
	msg.SetAddrHeaderFromMailAddress(gomail.HeaderTo, to)
	if reply, err := netmail.ParseAddress(m.ReplyTo); m.ReplyTo != "" && err == nil {
		msg.SetAddrHeaderFromMailAddress(gomail.HeaderReplyTo, reply)
	}
	msg.Subject(notify.Printable(m.Subject, maxSubject))
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
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	if len(m.ICS) > 0 {
		msg.AttachReadSeeker("domain-expiry.ics", bytes.NewReader(m.ICS), gomail.WithFileContentType("text/calendar; charset=utf-8"))
	}
	return msg, nil
}

// msgID keeps of a message identifier what may stand in one (RFC 5322 section 3.6.4), without angle brackets.
func msgID(id string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '<' || r == '>' {
			return -1
		}
		return r
	}, id)
}
