package notify_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/email"
)

// exchange is a real SMTP server that knows no mailbox of the refused name.
type exchange struct {
	refused string
	mu      sync.Mutex
	took    []string
}

func (e *exchange) NewSession(*smtp.Conn) (smtp.Session, error) { return &exchangeSession{e: e}, nil }

type exchangeSession struct {
	e  *exchange
	to string
}

func (s *exchangeSession) Reset()                               {}
func (s *exchangeSession) Logout() error                        { return nil }
func (s *exchangeSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *exchangeSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.to = to; strings.HasPrefix(to, s.e.refused+"@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	return nil
}

func (s *exchangeSession) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.e.took = append(s.e.took, who(s.to))
	return nil
}

func (e *exchange) start(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(e)
	server.Domain, server.ReadTimeout = "mx.lab", 10*time.Second
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		_ = l.Close() // Serve may not have begun yet
		<-done
	})
	return l.Addr().String()
}

// TestARefusalThroughTheRealMailer is the seam of rule 7: a server's 550 at RCPT goes through the SMTP library, our judgement of it and the
// store, and ends as a contact marked bad, a task for ops, and the same stage to the next contact.
func TestARefusalThroughTheRealMailer(t *testing.T) {
	server := &exchange{refused: "rosa"}
	sender, err := email.New(email.Options{Addr: server.start(t), TLS: email.TLSNone, HELO: "watch.lab"})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, "2027-01-01 09:00", func(o *notify.Options) { o.Mailer = sender })
	w.add("Bright Pools", "pools.example", at(t, expiry), owner, bill)
	w.tick()
	v := w.watched("pools.example")
	if c := v.Contacts[0]; c.EmailState != models.EmailBad || c.EmailReason != "no such mailbox" || c.EmailStateAt == nil {
		t.Errorf("the contact is not marked: %+v", c)
	}
	if !hasFinding(v, notify.CodeAddressRefused) {
		t.Errorf("no task for ops: %+v", v.Findings)
	}
	same(t, "after the refusal", []string{"d14 failed rosa"}, w.states("pools.example"))
	w.now = w.now.Add(time.Minute)
	w.tick()
	same(t, "a minute later", []string{"d14 failed rosa", "d14 sent ola"}, w.states("pools.example"))
	same(t, "what the server took", []string{"ola"}, server.took)
	if n := w.ledger(); n["mail_refused"] != 1 || n["mail_sent"] != 1 {
		t.Errorf("ledger: %v", n)
	}
}
