package email_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/email"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a mail server that answers as told; a nil error accepts.
type script struct {
	mail, rcpt, data, auth error
	user, password         string

	mu       sync.Mutex
	messages []string
	froms    []string
}

func (s *script) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{s}, nil }

type session struct{ *script }

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.froms = append(s.froms, from)
	return s.mail
}
func (s *session) Rcpt(string, *smtp.RcptOptions) error { return s.rcpt }
func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.data != nil {
		return s.data
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, string(b))
	return nil
}
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.auth != nil {
			return s.auth
		}
		if user != s.user || password != s.password {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *script) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.messages...)
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serve starts a real SMTP server that follows the script.
func serve(t *testing.T, s *script, change func(*smtp.Server)) string {
	t.Helper()
	server := smtp.NewServer(s)
	server.Domain, server.AllowInsecureAuth, server.ReadTimeout = "mx.lab", true, 10*time.Second
	if change != nil {
		change(server)
	}
	l := listen(t)
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

func sender(t *testing.T, o email.Options) *email.Sender {
	t.Helper()
	if o.TLS == "" {
		o.TLS = email.TLSNone
	}
	if o.HELO == "" {
		o.HELO = "watch.lab"
	}
	s, err := email.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func refuse(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

func TestWhatAReplyMeans(t *testing.T) {
	for _, c := range []struct {
		why  string
		s    *script
		want notify.Result
	}{
		{"the message was taken", &script{}, notify.Result{Outcome: models.DeliverySent, Code: 250, Enhanced: "2.0.0", Reply: "OK: queued"}},
		{
			"the server does not like our sender", &script{mail: refuse(550, smtp.EnhancedCode{5, 7, 1}, "sender denied")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 550, Enhanced: "5.7.1", Reply: "sender denied"},
		},
		{
			"greylisted at MAIL", &script{mail: refuse(451, smtp.EnhancedCode{4, 7, 1}, "later")},
			notify.Result{Outcome: models.DeliveryTemporary, Code: 451, Enhanced: "4.7.1", Reply: "later"},
		},
		{
			"no such mailbox", &script{rcpt: refuse(550, smtp.EnhancedCode{5, 1, 1}, "no such user, sorry")},
			notify.Result{Outcome: models.DeliveryPermanent, Code: 550, Enhanced: "5.1.1", Reply: "no such user, sorry"},
		},
		{
			"no such mailbox, said without an enhanced code", &script{rcpt: refuse(550, smtp.NoEnhancedCode, "mailbox unavailable")},
			notify.Result{Outcome: models.DeliveryPermanent, Code: 550, Reply: "mailbox unavailable"},
		},
		{
			"a full mailbox, for good", &script{rcpt: refuse(552, smtp.EnhancedCode{5, 2, 2}, "over quota")},
			notify.Result{Outcome: models.DeliveryPermanent, Code: 552, Enhanced: "5.2.2", Reply: "over quota"},
		},
		{
			"a recipient greylisted", &script{rcpt: refuse(450, smtp.EnhancedCode{4, 2, 0}, "greylisted")},
			notify.Result{Outcome: models.DeliveryTemporary, Code: 450, Enhanced: "4.2.0", Reply: "greylisted"},
		},
		{
			"relaying is refused to us, at whatever recipient", &script{rcpt: refuse(554, smtp.EnhancedCode{5, 7, 1}, "relay access denied")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 554, Enhanced: "5.7.1", Reply: "relay access denied"},
		},
		{
			"the same in words only", &script{rcpt: refuse(550, smtp.NoEnhancedCode, "Relaying denied")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 550, Reply: "Relaying denied"},
		},
		{
			"our own sending is blocked, said as a bad sender's address", &script{rcpt: refuse(550, smtp.EnhancedCode{5, 1, 8}, "Access denied, bad outbound sender")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 550, Enhanced: "5.1.8", Reply: "Access denied, bad outbound sender"},
		},
		{
			"their system is out of order, which is not the mailbox", &script{rcpt: refuse(554, smtp.EnhancedCode{5, 3, 2}, "system not accepting messages")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 554, Enhanced: "5.3.2", Reply: "system not accepting messages"},
		},
		{
			"our sender is not believed, in words only", &script{rcpt: refuse(550, smtp.NoEnhancedCode, "Sender verify failed")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 550, Reply: "Sender verify failed"},
		},
		{
			"our sender is unknown to our own server, which says so at RCPT with a code for addresses", &script{rcpt: refuse(550, smtp.EnhancedCode{5, 1, 0}, "<domains@watch.lab>: Sender address rejected: User unknown in virtual mailbox table")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 550, Enhanced: "5.1.0", Reply: "<domains@watch.lab>: Sender address rejected: User unknown in virtual mailbox table"},
		},
		{
			"an address that is refused with the same code", &script{rcpt: refuse(550, smtp.EnhancedCode{5, 1, 0}, "Address rejected")},
			notify.Result{Outcome: models.DeliveryPermanent, Code: 550, Enhanced: "5.1.0", Reply: "Address rejected"},
		},
		{
			"relaying is refused to us with a code for hosts", &script{rcpt: refuse(550, smtp.EnhancedCode{5, 4, 1}, "Relay access denied")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 550, Enhanced: "5.4.1", Reply: "Relay access denied"},
		},
		{
			"we may not send in that name, said with a code for mailboxes after the message: no contact is to blame", &script{data: refuse(554, smtp.EnhancedCode{5, 2, 252}, "SendAsDenied")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 554, Enhanced: "5.2.252", Reply: "SendAsDenied"},
		},
		{
			"our limit for the day, said at RCPT with a code for hosts", &script{rcpt: refuse(550, smtp.EnhancedCode{5, 4, 5}, "Daily user sending limit exceeded")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 550, Enhanced: "5.4.5", Reply: "Daily user sending limit exceeded"},
		},
		{
			"the content is refused with a code for mailboxes", &script{data: refuse(552, smtp.EnhancedCode{5, 2, 0}, "suspected spam")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 552, Enhanced: "5.2.0", Reply: "suspected spam"},
		},
		{
			"no such host, said at RCPT", &script{rcpt: refuse(550, smtp.EnhancedCode{5, 4, 1}, "Recipient address rejected: Access denied")},
			notify.Result{Outcome: models.DeliveryPermanent, Code: 550, Enhanced: "5.4.1", Reply: "Recipient address rejected: Access denied"},
		},
		{
			"the content is refused", &script{data: refuse(554, smtp.EnhancedCode{5, 6, 0}, "looks like spam")},
			notify.Result{Outcome: models.DeliveryRejected, Code: 554, Enhanced: "5.6.0", Reply: "looks like spam"},
		},
		{
			"the mailbox is refused after the message", &script{data: refuse(550, smtp.EnhancedCode{5, 1, 1}, "user unknown")},
			notify.Result{Outcome: models.DeliveryPermanent, Code: 550, Enhanced: "5.1.1", Reply: "user unknown"},
		},
		{
			"out of room after the message", &script{data: refuse(452, smtp.EnhancedCode{4, 3, 1}, "disk full")},
			notify.Result{Outcome: models.DeliveryTemporary, Code: 452, Enhanced: "4.3.1", Reply: "disk full"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			addr := serve(t, c.s, nil)
			got := sender(t, email.Options{Addr: addr}).Send(t.Context(), message())
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if sent := len(c.s.received()) > 0; sent != (got.Outcome == models.DeliverySent) {
				t.Errorf("the server took the message: %t, and we say %s", sent, got.Outcome)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	cert, pool := certificate(t)
	withTLS := func(s *smtp.Server) { s.TLSConfig = cert }
	for _, c := range []struct {
		why      string
		tls      email.TLSPolicy
		s        *script
		password string
		change   func(*smtp.Server)
		want     models.Delivery
	}{
		{"the login is right", email.TLSStart, &script{user: "watch", password: "open sesame"}, "open sesame", withTLS, models.DeliverySent},
		{"a wrong password is our fault", email.TLSStart, &script{user: "watch", password: "other"}, "open sesame", withTLS, models.DeliveryRejected},
		{
			"a login server that is down passes", email.TLSStart,
			&script{auth: refuse(454, smtp.EnhancedCode{4, 7, 0}, "try again")}, "open sesame", withTLS, models.DeliveryTemporary,
		},
		{"a server without STARTTLS gets neither login nor mail", email.TLSStart, &script{user: "watch", password: "open sesame"}, "open sesame", nil, models.DeliveryRejected},
		{"TLS from the first byte", email.TLSImplicit, &script{user: "watch", password: "open sesame"}, "open sesame", withTLS, models.DeliverySent},
	} {
		t.Run(c.why, func(t *testing.T) {
			var addr string
			if c.tls == email.TLSImplicit {
				addr = serveTLS(t, c.s, cert)
			} else {
				addr = serve(t, c.s, c.change)
			}
			s := sender(t, email.Options{Addr: addr, TLS: c.tls, TLSConfig: pool, Username: "watch", Password: func() string { return c.password }})
			got := s.Send(t.Context(), message())
			if got.Outcome != c.want {
				t.Errorf("got %+v, want %s", got, c.want)
			}
			if sent := len(c.s.received()) > 0; sent != (c.want == models.DeliverySent) {
				t.Errorf("the server took the message: %t", sent)
			}
			for _, text := range []string{got.Reply, fmt.Sprint(s), fmt.Sprintf("%+v %#v", s, s)} {
				if strings.Contains(text, "sesame") {
					t.Errorf("the password shows: %s", text)
				}
			}
		})
	}
	t.Run("a certificate of an unknown authority is refused", func(t *testing.T) {
		s := script{}
		addr := serve(t, &s, withTLS)
		got := sender(t, email.Options{Addr: addr, TLS: email.TLSStart}).Send(t.Context(), message())
		if got.Outcome != models.DeliveryRejected || len(s.received()) != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

// TestServersThatBreakOff speaks by a raw script, since a proper server library does not misbehave: lines it says, each after one line it
// was told, and what it does then.
func TestServersThatBreakOff(t *testing.T) {
	hello := []string{"220 mx.lab", "250 mx.lab"}
	for _, c := range []struct {
		why   string
		says  []string
		hangs bool
		want  models.Delivery
		code  int
	}{
		{"gone before the greeting", nil, false, models.DeliveryTemporary, 0},
		{"no service at all", []string{"554 no service here"}, false, models.DeliveryRejected, 554},
		{"too busy", []string{"421 too busy"}, false, models.DeliveryTemporary, 421},
		{"gone after EHLO", hello, false, models.DeliveryTemporary, 0},
		{"gone after RCPT", append(hello, "250 ok"), false, models.DeliveryTemporary, 0},
		{"gone after DATA", append(hello, "250 ok", "250 ok"), false, models.DeliveryTemporary, 0},
		{"gone after the message, before the 250: nobody knows, so again", append(hello, "250 ok", "250 ok", "354 go on"), false, models.DeliveryTemporary, 0},
		{"shutting down after the message", append(hello, "250 ok", "250 ok", "354 go on", "421 going down"), false, models.DeliveryTemporary, 421},
		{"gone after the 250: it was sent", append(hello, "250 ok", "250 ok", "354 go on", "250 2.0.0 taken"), false, models.DeliverySent, 250},
		{"silent before the greeting", nil, true, models.DeliveryTemporary, 0},
		{"silent after EHLO", hello, true, models.DeliveryTemporary, 0},
		{"silent after the message", append(hello, "250 ok", "250 ok", "354 go on"), true, models.DeliveryTemporary, 0},
		{"not a mail server: our settings", []string{"HTTP/1.1 400 Bad Request"}, false, models.DeliveryRejected, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			addr := rawServer(t, c.says, c.hangs)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if c.hangs {
				ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
			}
			defer cancel()
			began := time.Now()
			got := sender(t, email.Options{Addr: addr, Timeout: time.Minute}).Send(ctx, message())
			if got.Outcome != c.want || got.Code != c.code {
				t.Errorf("got %+v, want %s with code %d", got, c.want, c.code)
			}
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("took %s although its time was over", took)
			}
		})
	}
}

// rawServer answers each line (and the message as one) with the next thing it says, then hangs or hangs up.
func rawServer(t *testing.T, says []string, hangs bool) string {
	t.Helper()
	l := listen(t)
	done := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		talk(conn, says)
		if hangs {
			<-stop
		}
	}()
	t.Cleanup(func() {
		close(stop)
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

func talk(conn net.Conn, says []string) {
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReader(conn)
	for i, line := range says {
		if _, err := fmt.Fprintf(conn, "%s\r\n", line); err != nil {
			return
		}
		if i == len(says)-1 && !strings.HasPrefix(line, "354") && !strings.HasPrefix(line, "250") {
			return
		}
		for {
			said, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if !strings.HasPrefix(line, "354") || said == ".\r\n" {
				break
			}
		}
	}
}

func TestNobodyListens(t *testing.T) {
	l := listen(t)
	addr := l.Addr().String()
	_ = l.Close()
	if got := sender(t, email.Options{Addr: addr}).Send(t.Context(), message()); got.Outcome != models.DeliveryTemporary {
		t.Errorf("got %+v, want a temporary failure", got)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []email.Options{{}, {Addr: "mx.lab"}, {Addr: "mx.lab:nowhere"}, {Addr: ":25"}, {Addr: "mx.lab:25", TLS: "sometimes"}} {
		if _, err := email.New(o); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%+v: got %v, want an invalid option", o, err)
		}
	}
}

// TestAddressesBeyondASCII holds what becomes of a recipient whose address only some servers can carry (RFC 6531).
func TestAddressesBeyondASCII(t *testing.T) {
	for _, c := range []struct {
		why, to, from string
		server        bool // it knows SMTPUTF8
		want          models.Delivery
	}{
		{"the server can carry it", "zoë@client.lab", "domains@watch.lab", true, models.DeliverySent},
		{"the server can't: somebody else has to be written to", "zoë@client.lab", "domains@watch.lab", false, models.DeliveryPermanent},
		{"only the domain is beyond ASCII, which every server can carry", "zoe@bücher.lab", "domains@watch.lab", false, models.DeliverySent},
		{"our own address can't be carried: our fault", "zoe@client.lab", "dömains@watch.lab", false, models.DeliveryRejected},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := script{}
			addr := serve(t, &s, func(server *smtp.Server) { server.EnableSMTPUTF8 = c.server })
			m := message()
			m.To.Address, m.From.Address = c.to, c.from
			got := sender(t, email.Options{Addr: addr}).Send(t.Context(), m)
			if got.Outcome != c.want || (len(s.received()) > 0) != (c.want == models.DeliverySent) {
				t.Errorf("got %+v, want %s", got, c.want)
			}
		})
	}
}
