package ops

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/notify"
)

// The limits of one request.
const (
	defaultTimeout = 15 * time.Second
	maxReplyBytes  = 4 << 10
	maxReply       = 300 // characters that are kept
)

// reply is what a receiver answered, or what went wrong; the text never names the address, which may be a secret.
type reply struct {
	code       int // 0: no answer
	text       string
	retryAfter time.Duration
}

// request is one request to a receiver.
type request struct {
	method string
	url    string
	header map[string]string
	body   []byte
}

// sender makes requests. It follows no redirects: the signature is for the address that was configured.
type sender struct {
	client  http.Client
	timeout time.Duration
	now     func() time.Time
}

func newSender(client *http.Client, timeout time.Duration, now func() time.Time) sender {
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	s := sender{client: *client, timeout: timeout, now: now}
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.client.Jar = nil
	return s
}

// send makes one request within the time limit, its answer included. It never fails: whatever happens is a reply.
func (s sender) send(ctx context.Context, r request) reply {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return reply{text: "the address can't be used"}
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return reply{text: hidden(errorText(err, s.timeout), r.url)}
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxReplyBytes))
	if err != nil && len(text) == 0 && resp.StatusCode/100 != 2 {
		text = []byte(errorText(err, s.timeout))
	}
	out := reply{code: resp.StatusCode, text: hidden(string(text), r.url), retryAfter: retryAfter(resp.Header.Get("Retry-After"), s.now())}
	if resp.StatusCode/100 == 3 {
		out.text = "redirects are not followed: configure the address it leads to"
	}
	return out
}

// errorText words an error without the address, which net/http puts in front.
func errorText(err error, timeout time.Duration) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer within " + timeout.String()
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		if u.Timeout() {
			return "no answer within " + timeout.String()
		}
		err = u.Err
	}
	return err.Error()
}

// shortest part of an address that may be a secret of its own.
const minSecretPart = 6

// hidden makes a reply printable and takes from it the address that was asked, whole or in parts: servers like to repeat it.
func hidden(text, address string) string {
	parts := []string{address}
	if u, err := url.Parse(address); err == nil {
		parts = append(parts, u.RequestURI(), u.EscapedPath(), u.Path, u.RawQuery)
		if p, set := u.User.Password(); set {
			parts = append(parts, p)
		}
		for segment := range strings.SplitSeq(u.Path, "/") {
			parts = append(parts, segment)
		}
		for _, values := range u.Query() {
			parts = append(parts, values...)
		}
	}
	for _, p := range parts {
		if len(p) >= minSecretPart {
			text = strings.ReplaceAll(text, p, "…")
		}
	}
	return notify.Printable(text, maxReply)
}

// retryAfter reads the header of RFC 9110 section 10.2.3: seconds, or an instant. Zero: not stated.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(max(0, min(seconds, int(maxRetryAfter/time.Second)))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, min(at.Sub(now), maxRetryAfter))
	}
	return 0
}
