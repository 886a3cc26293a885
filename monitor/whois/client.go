package whois

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
)

// defaultTimeout bounds one look: resolving, connecting, asking, and reading to the end.
const defaultTimeout = 15 * time.Second

// defaultPort is the registered port (RFC 3912 section 2).
const defaultPort = "43"

// DialFunc connects; a guard.Guard's DialContext is one.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Options configures a Client. The zero value asks the public registries through a guard.
type Options struct {
	Dial    DialFunc          // nil: a guard that refuses private addresses
	Servers map[string]string // suffix to host or host:port; wins over the catalogue
	Timeout time.Duration     // of one look; zero: 15 s
	Clock   func() time.Time  // nil: the system's
}

// Client looks at registrations over WHOIS. It is safe for concurrent use.
type Client struct {
	dial    DialFunc
	servers map[string]string
	timeout time.Duration
	now     func() time.Time
}

// New returns a Client. An error names the option that can't be used.
func New(o Options) (*Client, error) {
	c := &Client{dial: o.Dial, servers: map[string]string{}, timeout: o.Timeout, now: o.Clock}
	if c.dial == nil {
		c.dial = guard.New(false).DialContext
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.now == nil {
		c.now = time.Now //nolint:forbidigo // the default of the option; all else goes through it
	}
	for suffix, server := range o.Servers {
		name := normalName(strings.TrimPrefix(suffix, "."))
		if name == "" {
			return nil, fmt.Errorf("whois server for %q: not a suffix; write it like \"com\" or \"co.uk\"", suffix)
		}
		target, err := hostPort(server)
		if err != nil {
			return nil, fmt.Errorf("whois server for %q: %w", suffix, err)
		}
		c.servers[name] = target
	}
	return c, nil
}

// hostPort completes a server with the registered port.
func hostPort(s string) (string, error) {
	s = strings.TrimSpace(s)
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port = strings.Trim(s, "[]"), defaultPort
	}
	if host == "" || port == "" || strings.ContainsAny(host, " /\r\n\t") || (strings.Contains(host, ":") && net.ParseIP(host) == nil) {
		return "", fmt.Errorf("%q: write it as host or host:port", s)
	}
	return net.JoinHostPort(host, port), nil
}

// Server returns host:port of the server for an A-label name: by the longest suffix of the options, else from the catalogue. ok is
// false when none is known.
func (c *Client) Server(domain string) (server string, ok bool) {
	server, _, ok = c.target(normalName(domain))
	return server, ok
}

// target returns the server and what to send it. A server of the operator's gets the plain name: it need not speak the dialect of the
// registry's own.
func (c *Client) target(name string) (server, query string, ok bool) {
	for rest, more := name, name != ""; more; _, rest, more = strings.Cut(rest, ".") {
		if s, found := c.servers[rest]; found {
			return s, name, true
		}
	}
	r := catalog.ForDomain(name)
	if r.WHOISServer == "" {
		return "", "", false
	}
	s, _ := catalog.FindServer(r.WHOISServer)
	return net.JoinHostPort(r.WHOISServer, defaultPort), s.QueryFor(name), true
}

// Look asks the registry about domain. It always returns a look; what went wrong is its outcome.
func (c *Client) Look(ctx context.Context, domain string) models.Look {
	started := c.now()
	name := normalName(domain)
	look := models.Look{Kind: models.LookWHOIS, Domain: name, At: started, ContentType: "text/plain"}
	if name == "" || net.ParseIP(name) != nil {
		look.Domain, look.Outcome, look.Detail = clean(domain, 253), models.OutcomeInvalid, "not a domain name; correct it in the portfolio"
		return look
	}
	server, query, ok := c.target(name)
	if !ok {
		look.Outcome, look.Detail = models.OutcomeUnsupported, "no WHOIS server is known for this suffix; set whois.servers, or let the client attest the date"
		return look
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	text, err := ask(ctx, c.dial, server, query, c.timeout)
	look = c.read(ctx, name, server, text, err, started)
	look.Took = c.now().Sub(started)
	return look
}

// read judges what came back. Of an answer that broke off only a refusal is believed: half a registration could lack its status.
func (c *Client) read(ctx context.Context, name, server string, text []byte, err error, started time.Time) models.Look {
	look := Parse(name, server, text, started)
	look.Server = server
	var long *tooLongError
	switch {
	case err == nil:
		return look
	case len(text) > 0 && (look.Outcome == models.OutcomeThrottled || look.Outcome == models.OutcomeRefused):
		return look
	case errors.As(err, &long):
		look.Outcome, look.Detail, look.Truncated = models.OutcomeUnparsed, long.Error(), true
	default:
		look.Outcome, look.Detail = failure(ctx, err)
	}
	look.Facts = nil
	return look
}

// failure names the outcome of an exchange that gave no whole answer.
func failure(ctx context.Context, err error) (models.Outcome, string) {
	var netErr net.Error
	var dnsErr *net.DNSError
	switch {
	case guard.IsRefused(err):
		return models.OutcomeRefused, clean(guard.Words(err), 300)
	case ctx.Err() != nil, errors.As(err, &netErr) && netErr.Timeout():
		return models.OutcomeTimeout, "no whole answer inside the deadline"
	case errors.As(err, &dnsErr):
		return models.OutcomeUnreachable, "the server's name does not resolve: " + clean(dnsErr.Name, 100)
	}
	return models.OutcomeUnreachable, clean(err.Error(), 200)
}
