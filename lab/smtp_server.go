package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// InboxServer is the mail server's name in the journal.
const InboxServer = "inbox"

// startSMTP serves the inbox.
func (l *Lab) startSMTP(faults []SMTPFault, noTLS bool) error {
	l.inbox = &inbox{}
	for _, f := range faults {
		l.AddSMTPFault(f)
	}
	plain, err := listenTCP(l.ctx, loopback, 0)
	if err != nil {
		return err
	}
	shut := func() bool {
		if !l.inbox.outage() {
			return false
		}
		l.journal.begin(KindSMTP, InboxServer, "(connection)")("outage")
		return true
	}
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &mailSession{lab: l, conn: c}, nil
	}))
	srv.Domain = "mailhost.lab"
	srv.AllowInsecureAuth = true
	srv.MaxMessageBytes = 32 << 20
	srv.ReadTimeout, srv.WriteTimeout = time.Minute, time.Minute
	if !noTLS {
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{l.cert}, MinVersion: tls.VersionTLS12}
	}
	srv.ErrorLog = log.New(io.Discard, "", 0)
	l.endpoints.SMTPAddr = plain.Addr().String()
	l.wg.Go(func() {
		if err := srv.Serve(cutting{Listener: gate{Listener: plain, shut: shut}, ctx: l.ctx}); err != nil && !errors.Is(err, net.ErrClosed) {
			l.log.Error("lab: mail server ended", "error", err)
		}
	})
	// Shutdown waits for its clients; those were cut off when the context ended.
	l.onClose(func(ctx context.Context) error {
		// Serve may not have begun, and then Shutdown does not know the listener.
		_ = plain.Close()
		err := srv.Shutdown(ctx)
		if errors.Is(err, net.ErrClosed) {
			err = nil
		}
		return err
	})
	return nil
}

// mailSession is one SMTP connection. go-smtp calls its methods in turn.
type mailSession struct {
	lab  *Lab
	conn *smtp.Conn
	from string
	to   []string
	user string
	end  func(string)
	said []string // refusals of this transaction
}

// AuthMechanisms offers PLAIN with any user and password.
func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth remembers who signed in, never the password.
func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, _ string) error {
		s.user = user
		return nil
	}), nil
}

// Mail begins a transaction. An outage ends connections that were made before it, too.
func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.lab.inbox.outage() {
		s.lab.journal.begin(KindSMTP, InboxServer, "MAIL "+from)("outage")
		resetConn(s.conn.Conn())
		return errors.New("lab: outage as scripted")
	}
	s.from, s.to = from, nil
	s.end = s.lab.journal.begin(KindSMTP, InboxServer, "MAIL "+from)
	return nil
}

// Rcpt takes a recipient or refuses it as scripted.
func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if f, ok := s.lab.inbox.fault(to, false); ok {
		if err := s.strike(f, "RCPT "+to); err != nil {
			return err
		}
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the message, refuses it, or takes it and does not say so.
func (s *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("lab: read the message: %w", err)
	}
	_, encrypted := s.conn.TLSConnectionState()
	m := Mail{
		ReceivedAt: s.lab.now(), From: s.from, To: s.to, Raw: raw,
		TLS: encrypted, User: s.user, Acknowledged: true,
	}
	for _, to := range s.to {
		f, ok := s.lab.inbox.fault(to, true)
		if !ok {
			continue
		}
		if f.Drop {
			m.Acknowledged = false
			s.lab.inbox.add(m)
			pause(s.lab.ctx, f.Delay)
			s.finish("taken, connection dropped")
			resetConn(s.conn.Conn())
			return errors.New("lab: dropped as scripted")
		}
		if err := s.strike(f, "DATA for "+to); err != nil {
			return err
		}
	}
	s.lab.inbox.add(m)
	s.finish("250 for " + strings.Join(s.to, ", "))
	return nil
}

// strike lets a fault delay and refuse.
func (s *mailSession) strike(f SMTPFault, question string) error {
	if !pause(s.lab.ctx, f.Delay) {
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "shutting down"}
	}
	if f.Code == 0 {
		return nil
	}
	text := f.Text
	if text == "" {
		text = "refused as scripted"
	}
	s.said = append(s.said, fmt.Sprintf("%s: %d %s", question, f.Code, text))
	return &smtp.SMTPError{Code: f.Code, EnhancedCode: enhanced(f), Message: text}
}

func enhanced(f SMTPFault) smtp.EnhancedCode {
	var code smtp.EnhancedCode
	if _, err := fmt.Sscanf(f.Enhanced, "%d.%d.%d", &code[0], &code[1], &code[2]); err != nil {
		return smtp.EnhancedCodeNotSet
	}
	return code
}

func (s *mailSession) finish(answer string) {
	if s.end != nil {
		s.end(strings.Join(append(s.said, answer), "; "))
	}
	s.end, s.said = nil, nil
}

// Reset ends the transaction.
func (s *mailSession) Reset() {
	s.finish("reset")
	s.from, s.to = "", nil
}

// Logout ends the session.
func (s *mailSession) Logout() error {
	s.finish("closed")
	return nil
}
