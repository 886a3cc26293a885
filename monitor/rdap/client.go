package rdap

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
)

// maxBody is the most that is read of an answer, in bytes.
const maxBody = 1 << 20

// defaultTimeout bounds one look with its redirects.
const defaultTimeout = 20 * time.Second

// Options configures a Client. The zero value asks the public registries over a guarded client.
type Options struct {
	HTTP      *http.Client      // shared; nil: a guarded client with this package's limits
	Bootstrap string            // URL or file of a registry in IANA's format; empty: IANA's, with the embedded seed beneath
	CachePath string            // file where a fetched registry is kept; empty: not kept
	Overrides map[string]string // suffix to base URL, wins over everything
	Timeout   time.Duration     // of one look; zero: 20 s
	Clock     func() time.Time  // nil: the system's
	Logger    *slog.Logger      // nil: discards
}

// Client looks at registrations over RDAP. It is safe for concurrent use.
type Client struct {
	http      *http.Client
	directory *Directory
	timeout   time.Duration
	now       func() time.Time
}

// New returns a Client. An error names the option that can't be used.
func New(o Options) (*Client, error) {
	if o.HTTP == nil {
		o.HTTP = guard.New(false).HTTPClient(guard.HTTPOptions{MaxBody: maxBody})
	}
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the default of the option; all else goes through it
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	d, err := newDirectory(o)
	if err != nil {
		return nil, err
	}
	return &Client{http: o.HTTP, directory: d, timeout: o.Timeout, now: o.Clock}, nil
}

// Server returns the base URL of the server that is responsible for an A-label name; ok is false when none is known.
func (c *Client) Server(domain string) (base string, ok bool) { return c.directory.Lookup(domain) }

// Directory returns the register of servers, for refreshing and for showing it.
func (c *Client) Directory() *Directory { return c.directory }

// Refresh brings the register of servers up to date when it is due; see Directory.Refresh.
func (c *Client) Refresh(ctx context.Context) error { return c.directory.Refresh(ctx) }

// Look asks the registry about domain. It always returns a look; what went wrong is its outcome.
func (c *Client) Look(ctx context.Context, domain string) models.Look {
	name := normalName(domain)
	if name == "" {
		return models.Look{
			Kind: models.LookRDAP, Domain: clean(domain, 253), At: c.now(), Outcome: models.OutcomeInvalid,
			Detail: "not a domain name; correct it in the portfolio",
		}
	}
	base, ok := c.Server(name)
	if !ok {
		return models.Look{
			Kind: models.LookRDAP, Domain: name, At: c.now(), Outcome: models.OutcomeUnsupported,
			Detail: "no RDAP server is known for this suffix; WHOIS is asked, or set rdap.overrides",
		}
	}
	return c.get(ctx, models.LookRDAP, name, base+"domain/"+url.PathEscape(name))
}

// LookRelated asks the registrar's RDAP at address, which a registry named in its "related" link. The expiration a registrar states is
// its own date: it stands in RegistrarExpiresAt, and ExpiresAt is nil.
func (c *Client) LookRelated(ctx context.Context, domain, address string) models.Look {
	name := normalName(domain)
	look := models.Look{Kind: models.LookRegistrarRDAP, Domain: name, Server: clean(address, 200), At: c.now()}
	u, err := url.Parse(address)
	if name == "" || err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		look.Outcome, look.Detail = models.OutcomeUnsupported, "the registry names no usable address of the registrar's RDAP"
		return look
	}
	look = c.get(ctx, models.LookRegistrarRDAP, name, address)
	if f := look.Facts; f != nil {
		if f.RegistrarExpiresAt == nil {
			f.RegistrarExpiresAt = f.ExpiresAt
		}
		f.ExpiresAt = nil
	}
	return look
}

// get sends one request and reads its answer.
func (c *Client) get(ctx context.Context, kind models.LookKind, name, address string) models.Look {
	started := c.now()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	look := models.Look{Kind: kind, Domain: name, At: started, Server: address}
	status, header, body, err := c.fetch(ctx, address)
	if err != nil {
		look.Outcome, look.Detail = failure(ctx, err)
		keepEvidence(&look, body)
	} else {
		parsed := Parse(name, status, header, body, started)
		parsed.Kind, parsed.Server = kind, address
		look = parsed
	}
	look.Took = c.now().Sub(started)
	return look
}

// fetch returns an answer's status, headers and whole body.
func (c *Client) fetch(ctx context.Context, address string) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header.Set("Accept", MediaType+", application/json;q=0.9")
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = &guard.BodyTooLargeError{Limit: maxBody}
	}
	return resp.StatusCode, resp.Header, body, err
}

// failure names the outcome of an exchange that gave no whole answer.
func failure(ctx context.Context, err error) (models.Outcome, string) {
	var large *guard.BodyTooLargeError
	var netErr net.Error
	var dnsErr *net.DNSError
	text := clean(err.Error(), 200)
	switch {
	case guard.IsRefused(err):
		return models.OutcomeRefused, clean(guard.Words(err), 300)
	case errors.As(err, &large):
		return models.OutcomeUnparsed, text
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return models.OutcomeTimeout, "no whole answer inside the deadline"
	case errors.As(err, &dnsErr):
		return models.OutcomeUnreachable, "the server's name does not resolve: " + clean(dnsErr.Name, 100)
	case strings.Contains(text, "x509:") || strings.Contains(text, "tls:"):
		return models.OutcomeUnreachable, "no trusted connection: " + text
	}
	return models.OutcomeUnreachable, text
}
