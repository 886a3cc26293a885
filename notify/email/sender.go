package email

import (
	"context"
	"crypto/tls"
	"net"
	"sync"

	gomail "github.com/wneessen/go-mail"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// Sender hands messages over, each on a connection of its own. It is safe for concurrent use.
type Sender struct {
	opt  Options
	host string
	port int
}

// New checks the options; it does not connect.
func New(o Options) (*Sender, error) {
	host, port, err := o.validate()
	if err != nil {
		return nil, err
	}
	return &Sender{opt: o, host: host, port: port}, nil
}

// String hides the login from logs.
func (s *Sender) String() string { return "smtp://" + s.opt.Addr }

// GoString hides the login from %#v.
func (s *Sender) GoString() string { return s.String() }

// Send hands one message over. It returns within the time that ctx and Options.Timeout leave, in whatever phase the server goes silent.
// Only the server's 250 after the message gives models.DeliverySent.
func (s *Sender) Send(ctx context.Context, m notify.Message) notify.Result {
	msg, problem := compose(m)
	if problem != nil {
		return *problem
	}
	ctx, cancel := context.WithTimeout(ctx, s.opt.Timeout)
	defer cancel()
	guard := &connGuard{}
	defer guard.release()
	client, err := s.client(ctx, guard)
	if err != nil {
		return notify.Result{Outcome: models.DeliveryRejected, Reply: notify.Printable("mail settings: "+err.Error(), maxReply)}
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return judgeConnect(ctx, err)
	}
	err = client.SendWithSMTPClient(conn, msg)
	if msg.IsDelivered() { // what fails after the 250 is of no account
		_ = client.CloseWithSMTPClient(conn)
		return accepted(msg.ServerResponse())
	}
	return judgeSend(ctx, err)
}

// client makes the library's client for one attempt. Its connection is handed to guard, which closes it when ctx is over: the library
// bounds only dialling by ctx, and leaves the connection open when the greeting or the login fails.
func (s *Sender) client(ctx context.Context, guard *connGuard) (*gomail.Client, error) {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		conn, err := s.opt.DialContext(ctx, network, s.opt.Addr)
		if err != nil {
			return nil, err
		}
		guard.hold(conn)
		if s.opt.TLS != TLSImplicit {
			return conn, nil
		}
		secure := tls.Client(conn, s.opt.TLSConfig)
		return secure, secure.HandshakeContext(ctx)
	}
	guard.watch(ctx)
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(s.opt.Timeout), gomail.WithDialContextFunc(dial),
		gomail.WithTLSConfig(s.opt.TLSConfig), gomail.WithTLSPolicy(libraryPolicy(s.opt.TLS)),
		gomail.WithoutNoop(), gomail.WithoutRset(),
	}
	if s.opt.HELO != "" {
		options = append(options, gomail.WithHELO(s.opt.HELO))
	}
	if s.opt.Username != "" {
		password := ""
		if s.opt.Password != nil {
			password = s.opt.Password()
		}
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.opt.Username), gomail.WithPassword(password))
	}
	return gomail.NewClient(s.host, options...)
}

// libraryPolicy translates the policy. Implicit TLS is done by our dialer; asked opportunistically, the library notices that the
// connection is protected already and may use plain mechanisms for the login.
func libraryPolicy(p TLSPolicy) gomail.TLSPolicy {
	switch p {
	case TLSNone:
		return gomail.NoTLS
	case TLSImplicit:
		return gomail.TLSOpportunistic
	case TLSStart:
	}
	return gomail.TLSMandatory
}

// connGuard closes the connection of one attempt, at its end or when its context is over, whichever is first.
type connGuard struct {
	mu   sync.Mutex
	conn net.Conn
	done bool
	stop func() bool
}

func (g *connGuard) watch(ctx context.Context) { g.stop = context.AfterFunc(ctx, g.close) }

func (g *connGuard) hold(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conn = c
	if g.done {
		_ = c.Close()
	}
}

func (g *connGuard) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done = true
	if g.conn != nil {
		_ = g.conn.Close()
	}
}

func (g *connGuard) release() {
	if g.stop != nil {
		g.stop()
	}
	g.close()
}
