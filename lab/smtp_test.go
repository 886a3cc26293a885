package lab_test

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/lab"
)

const plainMail = "From: agency@mailhost.lab\r\nTo: a@mailhost.lab\r\nSubject: =?utf-8?q?F=C3=A4llig?=\r\nMessage-ID: <1@lab>\r\n\r\nHello\r\n.dot\r\n"

// send delivers without STARTTLS, which smtp.SendMail would insist on.
func send(l *lab.Lab, to ...string) error {
	c, err := smtp.Dial(l.Endpoints().SMTPAddr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.Mail("agency@mailhost.lab"); err != nil {
		return err
	}
	for _, address := range to {
		if err := c.Rcpt(address); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(plainMail)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

func TestMailIsKept(t *testing.T) {
	l, clock := startLab(t, smallWorld())
	clock.Advance(time.Hour)
	c, err := smtp.Dial(l.Endpoints().SMTPAddr)
	must(t, err)
	must(t, c.StartTLS(&tls.Config{ServerName: "127.0.0.1", RootCAs: l.Endpoints().RDAPRootCAs}))
	must(t, c.Auth(smtp.PlainAuth("", "agency", "anything", "127.0.0.1")))
	must(t, c.Mail("agency@mailhost.lab"))
	must(t, c.Rcpt("a@mailhost.lab"))
	must(t, c.Rcpt("b@mailhost.lab"))
	w, err := c.Data()
	must(t, err)
	_, err = w.Write([]byte(plainMail))
	must(t, err)
	must(t, w.Close())
	must(t, c.Quit())

	mails := l.MailsTo("B@mailhost.lab")
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	want := lab.Mail{
		ID: 1, ReceivedAt: start.Add(time.Hour), From: "agency@mailhost.lab", To: []string{"a@mailhost.lab", "b@mailhost.lab"},
		Raw: []byte(plainMail), TLS: true, User: "agency", Acknowledged: true,
	}
	if diff := cmp.Diff(want, mails[0]); diff != "" {
		t.Error(diff)
	}
	p, err := mails[0].Parse()
	must(t, err)
	if p.Subject != "Fällig" || p.MessageID != "<1@lab>" || p.Text != "Hello\r\n.dot\r\n" {
		t.Errorf("%+v", p)
	}
	if _, ok := l.Mail(2); ok || len(l.MailsTo("nobody@mailhost.lab")) != 0 {
		t.Error("mails out of nothing")
	}
}

func TestMultipartMailIsTakenApart(t *testing.T) {
	raw := strings.ReplaceAll(`From: x@lab
Subject: parts
Content-Type: multipart/mixed; boundary=out

--out
Content-Type: multipart/alternative; boundary=in

--in
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe
--in
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

`+base64.StdEncoding.EncodeToString([]byte("<p>Grüße</p>"))+`
--in--
--out
Content-Type: text/calendar; method=PUBLISH
Content-Disposition: attachment; filename="renew.ics"

BEGIN:VCALENDAR
--out--
`, "\n", "\r\n")
	p, err := lab.Mail{Raw: []byte(raw)}.Parse()
	must(t, err)
	if p.Text != "Grüße" || p.HTML != "<p>Grüße</p>" {
		t.Errorf("text %q, html %q", p.Text, p.HTML)
	}
	want := []lab.Attachment{{Name: "renew.ics", ContentType: "text/calendar; method=PUBLISH", Data: []byte("BEGIN:VCALENDAR")}}
	if diff := cmp.Diff(want, p.Attachments); diff != "" {
		t.Error(diff)
	}
	if _, err := (lab.Mail{Raw: []byte("no header")}).Parse(); err == nil {
		t.Error("what is no mail is an error")
	}
}

func code(err error) int {
	if p, ok := errors.AsType[*textproto.Error](err); ok {
		return p.Code
	}
	return 0
}

func TestScriptedRefusals(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	l.SetSMTPFault(lab.SMTPFault{Recipient: "full@mailhost.lab", Code: 452, Enhanced: "4.2.2", Text: "mailbox full", Times: 2})
	l.AddSMTPFault(lab.SMTPFault{Recipient: "full@mailhost.lab", Code: 421, Times: 1})
	l.SetSMTPFault(lab.SMTPFault{Recipient: "gone@mailhost.lab", Code: 550, Enhanced: "5.1.1"})
	l.SetSMTPFault(lab.SMTPFault{Recipient: "late@mailhost.lab", AtData: true, Code: 554, Times: 1})
	for i, want := range []int{452, 452, 421, 0} {
		err := send(l, "full@mailhost.lab")
		if code(err) != want || (err == nil) != (want == 0) {
			t.Errorf("attempt %d: %v, want %d", i, err, want)
		}
		if i == 0 && !strings.Contains(err.Error(), "4.2.2 mailbox full") {
			t.Errorf("%v", err)
		}
	}
	for range 3 {
		if err := send(l, "gone@mailhost.lab"); code(err) != 550 {
			t.Errorf("%v", err)
		}
	}
	if err := send(l, "late@mailhost.lab"); code(err) != 554 {
		t.Errorf("at DATA: %v", err)
	}
	must(t, send(l, "late@mailhost.lab"))
	if n := len(l.Mails()); n != 2 {
		t.Errorf("%d mails kept, want the two that were accepted", n)
	}
	l.ClearSMTPFaults()
	must(t, send(l, "gone@mailhost.lab"))
}

func TestDropBeforeTheAnswer(t *testing.T) {
	w := smallWorld()
	w.SMTP = []lab.SMTPFault{{Recipient: "a@mailhost.lab", Drop: true, Times: 1}}
	l, _ := startLab(t, w)
	if err := send(l, "a@mailhost.lab"); err == nil {
		t.Error("the client was told")
	}
	must(t, send(l, "a@mailhost.lab"))
	mails := l.Mails()
	if len(mails) != 2 || mails[0].Acknowledged || !mails[1].Acknowledged {
		t.Errorf("%+v", mails)
	}
}

func TestMailOutageAndDelay(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	l.AddSMTPFault(lab.SMTPFault{Outage: true, Times: 2})
	for i, want := range []bool{false, false, true} {
		if err := send(l, "a@mailhost.lab"); (err == nil) != want {
			t.Errorf("attempt %d: %v", i, err)
		}
	}
	l.AddSMTPFault(lab.SMTPFault{Delay: 80 * time.Millisecond, Times: 1})
	before := time.Now()
	must(t, send(l, "a@mailhost.lab"))
	if took := time.Since(before); took < 80*time.Millisecond {
		t.Errorf("took %s", took)
	}
}

func TestMailOutageEndsOpenConnections(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	c, err := smtp.Dial(l.Endpoints().SMTPAddr)
	must(t, err)
	defer func() { _ = c.Close() }()
	must(t, c.Noop())
	l.AddSMTPFault(lab.SMTPFault{Outage: true})
	if err := c.Mail("a@agency.lab"); err == nil {
		t.Error("a connection from before the outage took a message")
	}
	if mails := l.Mails(); len(mails) != 0 {
		t.Errorf("%+v", mails)
	}
}

func TestCloseCutsIdleClients(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	c, err := smtp.Dial(l.Endpoints().SMTPAddr)
	must(t, err)
	defer func() { _ = c.Close() }()
	before := time.Now()
	must(t, l.Close())
	if took := time.Since(before); took > 2*time.Second {
		t.Errorf("closing took %s", took)
	}
	if err := c.Noop(); err == nil {
		t.Error("the connection lives on")
	}
}

func TestServerWithoutSTARTTLS(t *testing.T) {
	l, err := lab.Start(t.Context(), lab.World{}, lab.Options{Now: newClock().Now, PlainSMTP: true})
	must(t, err)
	defer func() { must(t, l.Close()) }()
	c, err := smtp.Dial(l.Endpoints().SMTPAddr)
	must(t, err)
	defer func() { _ = c.Close() }()
	if ok, _ := c.Extension("STARTTLS"); ok {
		t.Error("STARTTLS is offered")
	}
}
