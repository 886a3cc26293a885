package bounce_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify/bounce"
)

// dsn is a delivery report with the fields of its recipient, and a header and a part's type that may be told otherwise.
type dsn struct {
	head, text, kind, fields, returned string
}

func (d dsn) raw() []byte {
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	return []byte(or(d.head, "Content-Type: multipart/report; report-type=delivery-status; boundary=b") +
		"\nMessage-ID: <r1@mx.lab>\n\n--b\nContent-Type: text/plain\n\n" + or(d.text, "Sorry.") +
		"\n\n--b\nContent-Type: " + or(d.kind, "message/delivery-status") + "\n\nReporting-MTA: dns; mx.lab\n\n" + d.fields +
		"\n\n--b\nContent-Type: text/rfc822-headers\n\n" + or(d.returned, "Message-ID: <"+ours+">") + "\n\n--b--\n")
}

// TestReportsAsServersWriteThem holds what the servers' own habits come to. Only what matters of each is looked at.
func TestReportsAsServersWriteThem(t *testing.T) {
	const to, failed = "Final-Recipient: rfc822; bo@client.lab\n", "Action: failed\n"
	const amazon = "0100018f1a2b3c4d-0a1b2c3d-4e5f-4a6b-8c7d-0123456789ab-000000"
	for _, c := range []struct {
		why    string
		dsn    dsn
		status string
		words  string
		blamed bool // the address
	}{
		{"exim gave up after temporary refusals, and states 5.0.0", dsn{fields: failed + to + "Status: 5.0.0\nDiagnostic-Code: smtp; 451 4.7.1 Greylisted"}, "4.7.1", "451 4.7.1 Greylisted", false},
		{"and without a code", dsn{fields: failed + to + "Status: 5.0.0\nDiagnostic-Code: smtp; 421-busy\n 421 come back"}, "4.0.0", "421-busy 421 come back", false},
		{
			"exim could not connect for days: only people are told so",
			dsn{text: "The following address(es) failed:\n\n  bo@client.lab\n    host mx.client.lab [192.0.2.4]\n    Connection timed out: retry timeout exceeded\n  al@client.lab\n    Unrouteable address", fields: failed + to + "Status: 5.0.0"},
			"4.4.7", "host mx.client.lab [192.0.2.4] Connection timed out: retry timeout exceeded", false,
		},
		{
			"exim found no route: only people are told so",
			dsn{text: "  al@client.lab\n    retry timeout exceeded\n  bo@client.lab\n    Unrouteable address\n\nMore.", fields: failed + to + "Status: 5.0.0"},
			"5.0.0", "Unrouteable address", true,
		},
		{"opensmtpd refused: only people are told so", dsn{text: "    Hi!\n\nbo@client.lab: 550 5.7.26 unauthenticated mail\n", fields: to + failed + "Status: 5.0.0"}, "5.7.26", "550 5.7.26 unauthenticated mail", false},
		{"opensmtpd gave up", dsn{text: "bo@client.lab: Message expired after too many delivery attempts\n", fields: to + failed + "Status: 5.0.0"}, "4.4.7", "Message expired after too many delivery attempts", false},
		{"exchange online gave up", dsn{fields: to + failed + "Status: 5.4.316\nDiagnostic-Code: smtp;550 5.4.316 Message expired, connection refused(Socket error code 10061)"}, "4.4.7", "550 5.4.316 Message expired, connection refused(Socket error code 10061)", false},
		{"exchange online found no such domain", dsn{fields: to + failed + "Status: 5.4.310\nDiagnostic-Code: smtp;550 5.4.310 DNS domain client.lab does not exist"}, "5.4.310", "550 5.4.310 DNS domain client.lab does not exist", true},
		{"exchange before that, with a number of its own", dsn{fields: to + failed + "Status: 4.4.7\nDiagnostic-Code: smtp;550 4.4.7 QUEUE.Expired; message expired"}, "4.4.7", "550 4.4.7 QUEUE.Expired; message expired", false},
		{"a code with a comment", dsn{fields: to + "Action: Failed (no such user)\nStatus: 5.1.1 (unknown)"}, "5.1.1", "", true},
		{"a local program refused", dsn{fields: "Original-Recipient: rfc822;bo@client.lab\nFinal-Recipient: x-unix; bo\n" + failed + "Status: 5.7.0\nDiagnostic-Code: x-unix; 77"}, "5.7.0", "77", false},
		{"a type with a comment", dsn{kind: "message/delivery-status (report)", fields: to + failed + "Status: 5.1.1"}, "5.1.1", "", true},
		{"a type with a parameter that is none", dsn{kind: "message/delivery-status; name=delivery status.txt", fields: to + failed + "Status: 5.1.1"}, "5.1.1", "", true},
		{"a boundary behind a comment", dsn{head: "Content-Type: multipart/report (RFC 6522); boundary=\"b\"", fields: to + failed + "Status: 5.1.1"}, "5.1.1", "", true},
		{"a boundary behind a parameter that is none", dsn{head: "Content-Type: multipart/report; x=a b; boundary=b", fields: to + failed + "Status: 5.1.1"}, "5.1.1", "", true},
		{"a line in the header that is none", dsn{head: "X-Scanned by a gateway\nContent-Type: multipart/report; boundary=b", fields: to + failed + "Status: 5.1.1"}, "5.1.1", "", true},
	} {
		for _, end := range []string{"\n", "\r\n"} {
			got, err := bounce.ParseMail([]byte(strings.ReplaceAll(string(c.dsn.raw()), "\n", end)), now)
			if err != nil || len(got) != 1 {
				t.Errorf("%s: %v, %v", c.why, got, err)
				continue
			}
			b := got[0]
			if b.Kind != models.BouncePermanent || b.Recipient != "bo@client.lab" || b.MessageID != ours || b.Status != c.status || b.Diagnostic != c.words || b.BlamesAddress() != c.blamed {
				t.Errorf("%s: the address is blamed: %t: %+v", c.why, b.BlamesAddress(), b)
			}
			check(t, got)
		}
	}
	t.Run("Amazon replaces our identifier by its own", func(t *testing.T) {
		for returned, want := range map[string]string{
			"Message-ID: <" + amazon + "@eu-west-1.amazonses.com>": amazon,
			"Message-ID: <accepted@evil.lab>":                      "", // a word of every 250: it must not name a message
			"Message-ID: <" + ours + ">":                           "",
		} {
			got, err := bounce.ParseMail(dsn{returned: returned, fields: to + failed + "Status: 5.1.1"}.raw(), now)
			if err != nil || got[0].QueueID != want {
				t.Errorf("%s: %q, %v", returned, got[0].QueueID, err)
			}
		}
	})
}

// TestWhatQmailGaveUp holds that qmail's form tells what was refused from what was tried for too long, also without a code.
func TestWhatQmailGaveUp(t *testing.T) {
	const raw = "From: MAILER-DAEMON@old.lab\n\nHi. This is the qmail-send program at old.lab.\nSorry.\n\n" +
		"<bo@client.lab>:\nConnected to 192.0.2.4 but greeting failed.\nRemote host said: 421 Too many\nI'm not going to try again; this message has been in the queue too long.\n\n" +
		"<al@client.lab>:\nSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n\n" +
		"<cy@client.lab>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n" +
		"<di@client.lab>:\nSorry, no mailbox here by that name.\n\n" +
		"--- Below this line is a copy of the message.\n\nMessage-ID: <" + ours + ">\n"
	got, err := bounce.ParseMail([]byte(raw), now)
	if err != nil || len(got) != 4 {
		t.Fatalf("%v, %v", got, err)
	}
	for i, want := range []struct {
		status string
		blamed bool
	}{{"4.4.7", false}, {"4.4.1", false}, {"5.1.1", true}, {"", true}} {
		if b := got[i]; b.Kind != models.BouncePermanent || b.Status != want.status || b.BlamesAddress() != want.blamed {
			t.Errorf("%s: %q, the address is blamed: %t", b.Recipient, b.Status, b.BlamesAddress())
		}
	}
}

// TestWhatIsNoBounce is what comes to the mailbox beside reports, and what reports do not say.
func TestWhatIsNoBounce(t *testing.T) {
	const status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.lab\n\nFinal-Recipient: rfc822; bo@client.lab\nAction: failed\nStatus: 5.1.1\n"
	for why, raw := range map[string]string{
		"a delivery that nothing is known of":         string(dsn{fields: "Final-Recipient: rfc822; bo@client.lab\nAction: relayed\nStatus: 2.0.0"}.raw()),
		"a receipt of reading (RFC 8098)":             "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; bo@client.lab\nDisposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n",
		"a report that somebody forwards":             "Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: text/plain\n\nWhat is this?\n--c\nContent-Type: message/rfc822\n\n" + status + "\n--c--\n",
		"a report in base64 that somebody forwards":   "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(status)),
		"a person who quotes a report":                "In-Reply-To: <" + ours + ">\n\n> Final-Recipient: rfc822; bo@client.lab\n> Action: failed\nIs that me?\n",
		"a request to prove that we are people":       "Subject: Please confirm your message\nAuto-Submitted: auto-replied\nIn-Reply-To: <" + ours + ">\n\nYour message to bo@client.lab waits. Open the link.\n",
		"an automatic reply that speaks of a failure": "From: MAILER-DAEMON@client.lab\nSubject: Undeliverable: out of office\nIn-Reply-To: <" + ours + ">\n\nbo@client.lab: 550 5.1.1 I have left the firm.\n",
		"a failed authentication (RFC 6591)":          "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: auth-failure\nOriginal-Rcpt-To: <bo@client.lab>\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <" + ours + ">\n\n--b--\n",
	} {
		if got, err := bounce.ParseMail([]byte(raw), now); !errors.Is(err, bounce.ErrNoReport) {
			t.Errorf("%s: %+v, %v", why, got, err)
		}
	}
}

// TestReportsThatCostTime holds that no message keeps the reader busy: each of these took seconds, one of them a minute, while fields were read
// to their end. They take milliseconds.
func TestReportsThatCostTime(t *testing.T) {
	const many = bounce.MaxReport / 3
	for why, raw := range map[string]string{
		"a field that goes on and on":             "Content-Type: message/delivery-status\n\nX: y\n" + strings.Repeat(" x\n", many),
		"a header that goes on, with a bad line":  "bad line\nX: y\n" + strings.Repeat(" x\n", many),
		"an address of escapes that never end":    "Content-Type: message/delivery-status\n\nAction: failed\nFinal-Recipient: utf-8; " + strings.Repeat(`\x{`, many) + "@x",
		"a type of comments that never end":       "Content-Type: multipart/report; x=a b" + strings.Repeat("(", many),
		"a type of boundaries that are none":      "Content-Type: multipart/report; x=a b" + strings.Repeat("; boundary=", many/4),
		"a hundred recipients and a text of many": "Content-Type: multipart/report; boundary=b\n\n--b\n\n" + strings.Repeat(" a@b.lab\n", 25_000) + "\n--b\nContent-Type: message/delivery-status\n\n" + strings.Repeat("Action: failed\nFinal-Recipient: rfc822; c@b.lab\n\n", 110),
	} {
		began := time.Now()
		if got, err := bounce.ParseMail([]byte(raw), now); err == nil {
			check(t, got)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s: %s", why, took)
		}
	}
}
