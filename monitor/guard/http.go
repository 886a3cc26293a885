package guard

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// The limits that HTTPOptions falls back to.
const (
	DefaultTimeout      = 20 * time.Second
	DefaultMaxBody      = 1 << 20
	DefaultMaxRedirects = 4
	maxHeaderBytes      = 64 << 10
)

// HTTPOptions bounds an HTTP client. A zero value means the default named at each field.
type HTTPOptions struct {
	Timeout      time.Duration  // of a whole exchange with its redirects and body; DefaultTimeout
	MaxBody      int64          // bytes of a decoded body; DefaultMaxBody
	MaxRedirects int            // hops that are followed; DefaultMaxRedirects, negative: none
	UserAgent    string         // sent with every request; "deedwatch"
	RootCAs      *x509.CertPool // the only roots that are trusted; nil: the system's
}

func (o HTTPOptions) withDefaults() HTTPOptions {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.MaxRedirects == 0 {
		o.MaxRedirects = DefaultMaxRedirects
	}
	if o.UserAgent == "" {
		o.UserAgent = "deedwatch"
	}
	return o
}

// HTTPClient returns a client to be shared: it dials through the Guard, ignores proxies of the environment, keeps no cookies, follows
// few redirects and never from https to http, and reads no more of a body than its limit. It is safe for concurrent use.
func (g *Guard) HTTPClient(opts HTTPOptions) *http.Client {
	opts = opts.withDefaults()
	transport := &http.Transport{
		Proxy:                  nil,
		DialContext:            g.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{RootCAs: opts.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  opts.Timeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        30 * time.Second,
	}
	return &http.Client{
		Transport:     &bounded{next: transport, maxBody: opts.MaxBody, userAgent: opts.UserAgent},
		Timeout:       opts.Timeout,
		CheckRedirect: redirectPolicy(opts.MaxRedirects),
	}
}

// redirectPolicy refuses long chains, a step down from https, and anything that is not http.
func redirectPolicy(limit int) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if len(via) > max(limit, 0) {
			return &RedirectError{URL: plain(req.URL), Reason: fmt.Sprintf("more than %d redirects", max(limit, 0))}
		}
		if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
			return &RedirectError{URL: plain(req.URL), Reason: "it leads from https to " + req.URL.Scheme}
		}
		return checkURL(req.URL)
	}
}

// checkURL accepts http and https addresses with a host and without credentials.
func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return &RedirectError{URL: plain(u), Reason: fmt.Sprintf("scheme %q is neither https nor http", u.Scheme)}
	case u.Hostname() == "":
		return &RedirectError{URL: plain(u), Reason: "it names no host"}
	case u.User != nil:
		return &RedirectError{URL: plain(u), Reason: "it carries credentials"}
	}
	return nil
}

// plain is the address without credentials, query and fragment, for messages.
func plain(u *url.URL) string {
	c := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return c.String()
}

// RedirectError says that an address was not followed.
type RedirectError struct {
	URL    string // without credentials and query
	Reason string
}

// Error names the address and the reason.
func (e *RedirectError) Error() string { return fmt.Sprintf("not followed to %s: %s", e.URL, e.Reason) }

// BodyTooLargeError says that a body was longer than its limit; what was read before is valid but cut.
type BodyTooLargeError struct {
	Limit int64 // bytes
}

// Error names the limit.
func (e *BodyTooLargeError) Error() string {
	return fmt.Sprintf("the answer is longer than %d bytes and was cut", e.Limit)
}

// bounded is the transport under the client: it checks the address of every hop, names the client and caps bodies.
type bounded struct {
	next      *http.Transport
	maxBody   int64
	userAgent string
}

// RoundTrip sends one request of a chain.
func (b *bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := checkURL(req.URL); err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", b.userAgent)
	resp, err := b.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = &cappedBody{body: resp.Body, left: b.maxBody, limit: b.maxBody}
	return resp, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the transport.
func (b *bounded) CloseIdleConnections() { b.next.CloseIdleConnections() }

// cappedBody gives a *BodyTooLargeError once more than limit bytes were there to be read.
type cappedBody struct {
	body        io.ReadCloser
	left, limit int64
}

// Read reads up to the limit, then one byte more to tell an exact fit from a longer body.
func (c *cappedBody) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.left <= 0 {
		var one [1]byte
		n, err := c.body.Read(one[:])
		if n > 0 {
			return 0, &BodyTooLargeError{Limit: c.limit}
		}
		return 0, err
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.body.Read(p)
	c.left -= int64(n)
	return n, err
}

// Close closes the body; what was not read is not waited for.
func (c *cappedBody) Close() error { return c.body.Close() }

// IsRefused reports whether err came from the Guard: an address or a redirect that it would not follow.
func IsRefused(err error) bool { return Words(err) != "" }

// Words gives what the Guard said in the chain of err, without what those say who wrapped it: the address, the reason, and what to set.
// It is "" when err did not come from a Guard.
func Words(err error) string {
	if addr, ok := errors.AsType[*RefusedError](err); ok {
		return addr.Error()
	}
	if hop, ok := errors.AsType[*RedirectError](err); ok {
		return hop.Error()
	}
	return ""
}
