package email_test

import (
	"bufio"
	"context"
	"io"
	"mime"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/email"
)

// wired sends a message through a server that knows SMTPUTF8 and gives its header as it was on the wire.
func wired(t *testing.T, m notify.Message) string {
	t.Helper()
	s := script{}
	addr := serve(t, &s, func(s *smtp.Server) { s.EnableSMTPUTF8 = true })
	if got := sender(t, email.Options{Addr: addr}).Send(t.Context(), m); got.Outcome != models.DeliverySent {
		t.Fatalf("got %+v", got)
	}
	head, _, _ := strings.Cut(s.received()[0], "\r\n\r\n")
	return head + "\r\n"
}

// TestTheHeaderIsASCII holds RFC 5322 section 2.2: what no SMTPUTF8 was asked for has no letter beyond ASCII in it, in no field.
func TestTheHeaderIsASCII(t *testing.T) {
	for reply, want := range map[string]string{
		"help@bücher.lab": "\r\nReply-To: <help@xn--bcher-kva.lab>\r\n",
		"büro@watch.lab":  "", // no form in ASCII: answers go to the sender
		"help@watch.lab":  "\r\nReply-To: <help@watch.lab>\r\n",
	} {
		m := message()
		m.ReplyTo = reply
		head := wired(t, m)
		if strings.ContainsFunc(head, func(r rune) bool { return r > '~' }) {
			t.Errorf("%s: not in ASCII:\n%s", reply, head)
		}
		if !strings.Contains(head, want) || strings.Contains(head, "\r\nReply-To") != (want != "") {
			t.Errorf("%s: %s", reply, head)
		}
	}
	m := message()
	m.ReplyTo, m.To.Address = "büro@watch.lab", "zoë@client.lab" // mail that needs SMTPUTF8 anyway
	if head := wired(t, m); !strings.Contains(head, "\r\nReply-To: <büro@watch.lab>") {
		t.Errorf("answers go elsewhere:\n%s", head)
	}
}

// TestNothingFromOutsideIsDecoded holds that a name in the form of an encoded word (RFC 2047) is shown as it stands, and not as what it hides.
func TestNothingFromOutsideIsDecoded(t *testing.T) {
	const hidden = "=?utf-8?q?Pay_at_evil=2Elab?="
	m := message()
	m.Subject, m.To.Name, m.From.Name = hidden+" expires", hidden, hidden
	head := wired(t, m)
	plain, err := new(mime.WordDecoder).DecodeHeader(strings.ReplaceAll(head, "\r\n ", " "))
	if err != nil || strings.Contains(plain, "evil.lab") || !strings.Contains(plain, "= ?utf-8?q?Pay_at_evil=2Elab?= expires") {
		t.Errorf("%v\n%s", err, plain)
	}
}

// TestTheCalendarFileIsAnAttachment holds that no mail program takes the message for an invitation and shows that instead.
func TestTheCalendarFileIsAnAttachment(t *testing.T) {
	m := message()
	m.ICS = []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n")
	_, raw := delivered(t, m)
	_, part, found := strings.Cut(strings.ReplaceAll(raw, "\r\n ", " "), "\r\nContent-Type: text/calendar")
	part, _, _ = strings.Cut(part, "\r\n\r\n")
	if disposition := strings.Contains(raw, "Content-Disposition: attachment;"); !found || !disposition || strings.Contains(part, "method=") {
		t.Errorf("%q", part)
	}
	if html := strings.Index(raw, "text/html"); html < 0 || html > strings.Index(raw, "text/calendar") {
		t.Error("the file stands before the words: the first part is searched for invitations")
	}
}

// TestPostmarkKeepsOurIdentifier holds that the server that would replace it is asked not to, and to name it later, and that no other is.
func TestPostmarkKeepsOurIdentifier(t *testing.T) {
	s := script{}
	addr := serve(t, &s, nil)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	for host, want := range map[string]bool{"smtp.postmarkapp.com:587": true, "SMTP-broadcasts.postmarkapp.com:25": true, "smtp.client.lab:587": false, "evilpostmarkapp.com:25": false} {
		for id, named := range map[string]bool{message().MessageID: want, strings.Repeat("a", 80) + "@watch.lab": false} {
			m := message()
			m.MessageID = id
			if got := sender(t, email.Options{Addr: host, DialContext: dial}).Send(t.Context(), m); got.Outcome != models.DeliverySent {
				t.Fatalf("%s: %+v", host, got)
			}
			raw := s.received()[len(s.received())-1]
			if keep := strings.Contains(raw, "\r\nX-PM-KeepID: true\r\n"); keep != want || strings.Contains(raw, "X-PM-Metadata") != named {
				t.Errorf("%s %s:\n%s", host, id, raw)
			}
			if named && !strings.Contains(raw, "\r\nX-PM-Metadata-message-id: "+id+"\r\n") {
				t.Errorf("%s: not named as it is:\n%s", host, raw)
			}
		}
	}
}

// TestALocalPartThatIsQuoted holds that no address says more to a server than who it is (RFC 5321 section 4.1.2).
func TestALocalPartThatIsQuoted(t *testing.T) {
	said := make(chan string, 3)
	addr := answering(t, func(line string) string {
		word, _, _ := strings.Cut(line, " ")
		if word == "RCPT" {
			said <- line
			return "550 5.1.1 no such user"
		}
		return "250 ok"
	})
	for address, want := range map[string]string{
		`"rosa lee"@client.lab`:                       `RCPT TO:<"rosa lee"@client.lab>`,
		`"x@other.lab> NOTIFY=NEVER y=<z"@client.lab`: `RCPT TO:<"x@other.lab> NOTIFY=NEVER y=<z"@client.lab>`,
		`rosa.lee+news@client.lab`:                    `RCPT TO:<rosa.lee+news@client.lab>`,
	} {
		m := message()
		m.To.Address = address
		if got := sender(t, email.Options{Addr: addr}).Send(t.Context(), m); got.Outcome != models.DeliveryPermanent {
			t.Errorf("%s: %+v", address, got)
		}
		if got := <-said; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// answering starts a server that answers each line by itself.
func answering(t *testing.T, answer func(line string) string) string {
	t.Helper()
	l := listen(t)
	var open sync.WaitGroup
	serveOne := func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "220 mx.lab\r\n")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			if _, err := io.WriteString(conn, answer(lines.Text())+"\r\n"); err != nil {
				return
			}
		}
	}
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { serveOne(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		open.Wait()
	})
	return l.Addr().String()
}
