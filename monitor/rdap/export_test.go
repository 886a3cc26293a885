package rdap

import (
	"net/http"
	"time"
)

// RetryAfter is retryAfter, for tests.
func RetryAfter(h http.Header, now time.Time) time.Duration { return retryAfter(h, now) }

// ParseRegistry is parseRegistry, for tests: suffix to base URL.
func ParseRegistry(data []byte) (map[string]string, error) { return parseRegistry(data) }

// ParseDate is parseDate, for tests.
func ParseDate(s string) (at time.Time, dateOnly, ok bool) { return parseDate(s) }

// Decodes reports whether a body is one JSON object.
func Decodes(body []byte) bool {
	_, ok := decode(body)
	return ok
}
