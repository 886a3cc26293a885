package rdap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
)

// maxHops is how many redirects are followed by a client that has no policy of its own; a guarded one has.
const maxHops = 4

// exchange is one answer as it came.
type exchange struct {
	status int
	header http.Header
	body   []byte
	from   *url.URL // who answered, after the redirects; nil: nobody
}

// fetch returns an answer's status, headers and whole body. The body is read to its end, so that the connection serves the next look.
func (c *Client) fetch(ctx context.Context, address string) (exchange, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return exchange{}, err
	}
	req.Header.Set("Accept", MediaType+", application/json;q=0.9")
	resp, err := c.http.Do(req)
	if err != nil {
		return exchange{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		body, err = body[:maxBody], &guard.BodyTooLargeError{Limit: maxBody}
	}
	return exchange{resp.StatusCode, resp.Header, body, resp.Request.URL}, err
}

// patient returns a copy of a client that follows a redirect only when its server does not ask to wait first (RFC 9110 section 10.2.3): the
// redirect itself is the answer then. What else is followed is left to the client's own policy.
func patient(client *http.Client, now func() time.Time) *http.Client {
	policy := client.CheckRedirect
	own := *client
	own.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		switch {
		case req.Response != nil && retryAfter(req.Response.Header, now()) > 0:
			return http.ErrUseLastResponse
		case policy != nil:
			return policy(req, via)
		case len(via) > maxHops:
			return fmt.Errorf("more than %d redirects", maxHops)
		}
		return nil
	}
	return &own
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
