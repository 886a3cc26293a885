package email

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// TLSPolicy says how the connection is protected.
type TLSPolicy string

// The policies. With none, a login is sent only by mechanisms that do not reveal it, or to this machine.
const (
	TLSNone     TLSPolicy = "none"     // in the clear
	TLSStart    TLSPolicy = "starttls" // STARTTLS is demanded (RFC 3207)
	TLSImplicit TLSPolicy = "tls"      // TLS from the first byte (RFC 8314)
)

// Options say through which server mail goes.
type Options struct {
	Addr      string        // host:port of the submission server
	Username  string        // empty: no login
	Password  func() string // asked at each login; nil: none. Never logged
	TLS       TLSPolicy     // empty: starttls
	TLSConfig *tls.Config   // nil: the system's roots, the server's name from Addr, TLS 1.2 at least
	HELO      string        // our name in EHLO; empty: the host's
	Timeout   time.Duration // for the whole hand-over, from dialling to the last reply, when ctx gives no earlier deadline; zero: one minute
	// Connections is how many are open at once, PerConnection how many messages one carries until it is replaced, and IdleTimeout how long one
	// is kept without a message. Zero: 10, 100 and 30 seconds.
	Connections, PerConnection int
	IdleTimeout                time.Duration
	DialContext                func(ctx context.Context, network, addr string) (net.Conn, error)
}

// validate fills in defaults and says what can't work.
func (o *Options) validate() (host string, port int, err error) {
	host, service, err := net.SplitHostPort(o.Addr)
	if err != nil || host == "" {
		return "", 0, models.Invalid("mail server", "give it as host:port, such as smtp.agency.example:587")
	}
	if port, err = strconv.Atoi(service); err != nil || port < 1 || port > 65535 {
		return "", 0, models.Invalid("mail server", "give a port number, such as 587")
	}
	switch o.TLS {
	case "":
		o.TLS = TLSStart
	case TLSNone, TLSStart, TLSImplicit:
	default:
		return "", 0, models.Invalid("mail tls", "choose none, starttls or tls")
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.Connections <= 0 {
		o.Connections = 10
	}
	if o.PerConnection <= 0 {
		o.PerConnection = 100
	}
	if o.IdleTimeout <= 0 {
		o.IdleTimeout = 30 * time.Second
	}
	if o.TLSConfig == nil {
		o.TLSConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	if o.DialContext == nil {
		o.DialContext = (&net.Dialer{}).DialContext
	}
	return host, port, nil
}
