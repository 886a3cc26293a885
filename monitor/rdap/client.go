package rdap

import (
	"bytes"
	"context"
	"log/slog"
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
	Apart     []string          // suffixes below another one with a registry of their own, such as eu.org: the other's server is not asked
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
	return &Client{http: patient(o.HTTP, o.Clock), directory: d, timeout: o.Timeout, now: o.Clock}, nil
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
// its own date: it stands in RegistrarExpiresAt, and ExpiresAt is nil. An address of the registry itself is not asked again.
func (c *Client) LookRelated(ctx context.Context, domain, address string) models.Look {
	name := normalName(domain)
	look := models.Look{Kind: models.LookRegistrarRDAP, Domain: name, Server: clean(address, 200), At: c.now(), Outcome: models.OutcomeUnsupported}
	u := linked(address)
	if name == "" || u == nil {
		look.Detail = "the registry names no usable address of the registrar's RDAP"
		return look
	}
	registry, known := c.Server(name)
	if known && below(u.String(), registry) {
		look.Detail = "the registry names itself where the registrar's RDAP belongs"
		return look
	}
	look = c.get(ctx, models.LookRegistrarRDAP, name, u.String())
	if look.Outcome == models.OutcomeAbsent {
		look.Detail = "the registrar's server knows no such registration (404)"
	}
	f := look.Facts
	if f == nil {
		return look
	}
	if f.RegistrarExpiresAt == nil {
		f.RegistrarExpiresAt = f.ExpiresAt
	}
	f.ExpiresAt, f.DateOnly, f.RelatedURL = nil, false, ""
	return look
}

// get sends one request and reads its answer.
func (c *Client) get(ctx context.Context, kind models.LookKind, name, address string) models.Look {
	started := c.now()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	look := models.Look{Kind: kind, Domain: name, At: started, Server: address}
	got, err := c.fetch(ctx, address)
	if err != nil {
		look.Outcome, look.Detail = failure(ctx, err)
		keepEvidence(&look, got.body)
	} else {
		look = Parse(name, got.status, got.header, got.body, started)
		look.Kind, look.Server = kind, address
		c.judgeDetour(&look, got)
	}
	look.Took = c.now().Sub(started)
	return look
}

// judgeDetour says so when another server answered than the one that was asked. It may speak for a registration that it knows; that there is
// none is believed only with an RDAP answer, since a web server's bare 404 could come from anywhere. A registrar's server that sends us
// back to the registry has stated nothing of its own.
func (c *Client) judgeDetour(look *models.Look, got exchange) {
	asked, err := url.Parse(look.Server)
	if err != nil || got.from == nil || strings.EqualFold(asked.Host, got.from.Host) {
		return
	}
	other := clean(got.from.Host, 100)
	registry, known := c.Server(look.Domain)
	switch {
	case look.Kind == models.LookRegistrarRDAP && known && below(got.from.String(), registry):
		look.Outcome, look.Facts = models.OutcomeUnsupported, nil
		look.Detail = "the registrar's server leads back to the registry"
	case look.Outcome == models.OutcomeAbsent && len(bytes.TrimSpace(got.body)) == 0:
		look.Outcome, look.Detail = models.OutcomeUnparsed, "a bare 404 of "+other+", to which the server redirects, is no RDAP answer"
	default:
		look.Detail += "; answered by " + other + ", to which the server redirects"
	}
}
