package email

import (
	"context"
	"crypto/tls"
	"net"

	gomail "github.com/wneessen/go-mail"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// Sender hands messages over, over a few connections that it keeps open between messages. It is safe for concurrent use; Close ends the
// connections.
type Sender struct {
	opt  Options
	host string
	port int
	pool *pool
}

// New checks the options; it does not connect.
func New(o Options) (*Sender, error) {
	host, port, err := o.validate()
	if err != nil {
		return nil, err
	}
	return &Sender{opt: o, host: host, port: port, pool: newPool(o.Connections, o.IdleTimeout)}, nil
}

// Close ends the connections that are kept open. A message that is sent afterwards gets a connection of its own.
func (s *Sender) Close() { s.pool.close() }

// String hides the login from logs.
func (s *Sender) String() string { return "smtp://" + s.opt.Addr }

// GoString hides the login from %#v.
func (s *Sender) GoString() string { return s.String() }

// Send hands one message over. It returns within the time that ctx and Options.Timeout leave, in whatever phase the server goes silent.
// Only the server's 250 after the message gives models.DeliverySent. A connection that was kept open and turns out to be gone before
// anything of the message was said is replaced within the same call.
func (s *Sender) Send(ctx context.Context, m notify.Message) notify.Result {
	out, problem := compose(m, s.host)
	if problem != nil {
		return *problem
	}
	ctx, cancel := context.WithTimeout(ctx, s.opt.Timeout)
	defer cancel()
	if !s.pool.enter(ctx) {
		return silent(ctx)
	}
	defer s.pool.leave()
	for {
		c, problem := s.session(ctx)
		if problem != nil {
			return *problem
		}
		res, then := c.hand(ctx, out)
		switch then {
		case keep:
			s.release(ctx, c)
			return res
		case replace:
			c.drop()
		case discard:
			c.drop()
			return res
		}
	}
}

// session gives a connection that is alive, one that was kept open if there is any.
func (s *Sender) session(ctx context.Context) (*session, *notify.Result) {
	for c := s.pool.take(); c != nil; c = s.pool.take() {
		if c.alive(ctx) {
			return c, nil
		}
		c.drop()
	}
	return s.connect(ctx)
}

// release keeps a connection for the next message, or ends it when it has carried its share.
func (s *Sender) release(ctx context.Context, c *session) {
	if c.carried >= s.opt.PerConnection {
		c.quit(ctx)
		return
	}
	s.pool.put(c) //nolint:contextcheck // what ends it when nobody uses it outlives the message
}

// connect dials, protects the connection and signs in.
func (s *Sender) connect(ctx context.Context) (*session, *notify.Result) {
	c := &session{}
	client, err := s.client(ctx, c)
	if err != nil {
		return nil, &notify.Result{Outcome: models.DeliveryRejected, Reply: notify.Printable("mail settings: "+err.Error(), maxReply)}
	}
	c.client, err = client.DialToSMTPClientWithContext(ctx)
	c.unwatch()
	if err != nil {
		c.drop()
		res := judgeConnect(ctx, err)
		return nil, &res
	}
	return c, nil
}

// client makes the library's client for one connection. The library bounds only dialling by ctx, and leaves the connection open when the
// greeting or the login fails: the connection is handed to c, which closes it when ctx is over. The context that the library gives to dial
// ends with its call, and is not the one to watch.
func (s *Sender) client(ctx context.Context, c *session) (*gomail.Client, error) {
	dial := func(dialing context.Context, network, _ string) (net.Conn, error) {
		conn, err := s.opt.DialContext(dialing, network, s.opt.Addr)
		if err != nil {
			return nil, err
		}
		c.conn = conn
		c.watch(ctx)
		if s.opt.TLS != TLSImplicit {
			return conn, nil
		}
		secure := tls.Client(conn, s.opt.TLSConfig)
		return secure, secure.HandshakeContext(dialing)
	}
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(s.opt.Timeout), gomail.WithDialContextFunc(dial),
		gomail.WithTLSConfig(s.opt.TLSConfig), gomail.WithTLSPolicy(libraryPolicy(s.opt.TLS)),
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
