package bounce

import (
	netmail "net/mail"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// actions says what the actions of RFC 3464 section 2.3.3 come to. What was relayed has left the part of the world that reports: nothing is
// known of it, so it is no delivery and is passed over. What was expanded was delivered to the address that was written to.
var actions = map[string]models.BounceKind{
	"failed": models.BouncePermanent, "delayed": models.BounceTemporary,
	"delivered": models.BounceDelivered, "expanded": models.BounceDelivered,
}

// deliveryStatus reads the blocks of a delivery status: one on the message, then one for each recipient.
func (r *report) deliveryStatus() []models.Bounce {
	var found []models.Bounce
	for _, f := range fieldBlocks(r.status, maxRecipients+1) {
		action, _, _ := strings.Cut(strings.ToLower(f["action"]), " ")
		kind, known := actions[action]
		final := f["final-recipient"]
		if !known || final == "" {
			continue
		}
		var to []string
		for _, a := range slices.Concat(addresses(f["original-recipient"]), addresses(final)) {
			if !slices.Contains(to, a) {
				to = append(to, a)
			}
		}
		if len(to) == 0 {
			continue
		}
		_, words := typed(f["diagnostic-code"])
		if words == "" && kind == models.BouncePermanent {
			words = said(string(r.human), to)
		}
		found = append(found, r.row(kind, to, precise(status(f["status"]), words), words))
	}
	return found
}

// said gives what a report says to people of an address, where it says nothing to programs: what stands behind the address and a colon, as
// OpenSMTPD writes it, or the lines below it that are indented further, as Exim does. Empty: there is nothing.
func said(text string, to []string) string {
	margin, below := -1, []string(nil)
	for line := range strings.Lines(text) {
		words := strings.TrimSpace(line)
		in := len(line) - len(strings.TrimLeft(line, " \t"))
		switch {
		case margin < 0 && slices.Contains(to, strings.ToLower(strings.Trim(words, "<>:"))):
			margin = in
		case margin < 0:
			if of, reason, found := strings.Cut(words, ": "); found && slices.Contains(to, strings.ToLower(of)) {
				return reason
			}
		case words == "" || in <= margin:
			return strings.Join(below, " ")
		default:
			below = append(below, words)
		}
	}
	return strings.Join(below, " ")
}

// complaintTypes are the feedback types (RFC 5965 section 7.3) by which a recipient calls a message unwanted.
var complaintTypes = []string{"abuse", "fraud", "virus", "other", "opt-out"}

// complaint reads a feedback report. Many leave the recipient out; the returned message names it then.
func (r *report) complaint() []models.Bounce {
	blocks := fieldBlocks(r.feedback, 1)
	if len(blocks) == 0 {
		return nil
	}
	f := blocks[0]
	kind := strings.ToLower(f["feedback-type"])
	if !slices.Contains(complaintTypes, kind) {
		return nil
	}
	to := addresses(f["original-rcpt-to"])
	if a, err := netmail.ParseAddress(r.returned.Get("To")); len(to) == 0 && err == nil {
		to = addresses(a.Address)
	}
	if len(to) == 0 || r.messageID() == "" {
		return nil
	}
	return []models.Bounce{r.row(models.BounceComplaint, to, "", "complaint: "+kind)}
}

// The landmarks of qmail's bounces (QSBMF).
const (
	qmailOpening = "Hi. This is the"
	qmailCopy    = "--- Below this line is a copy of the message."
)

// qmail reads a bounce in qmail's form, and only one that returns a message with an identifier: paragraphs that begin with an address in
// angle brackets and a colon, then the reason.
func (r *report) qmail() []models.Bounce {
	text := strings.ReplaceAll(string(r.text), "\r\n", "\n")
	before, after, found := strings.Cut(text, qmailCopy)
	if !found || !strings.HasPrefix(strings.TrimSpace(before), qmailOpening) {
		return nil
	}
	r.returned = headerOf([]byte(strings.TrimLeft(after, "\n")))
	if msgID(r.returned.Get("Message-Id")) == "" {
		return nil
	}
	var rows []models.Bounce
	for paragraph := range strings.SplitSeq(before, "\n\n") {
		first, reason, _ := strings.Cut(strings.TrimSpace(paragraph), "\n")
		to := addresses(strings.TrimSuffix(first, ":"))
		if !strings.HasPrefix(first, "<") || !strings.HasSuffix(first, ">:") || len(to) == 0 || len(rows) >= maxRecipients {
			continue
		}
		rows = append(rows, r.row(models.BouncePermanent, to, precise(status(reason), reason), reason))
	}
	return rows
}
