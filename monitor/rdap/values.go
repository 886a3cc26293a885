package rdap

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// dateLayouts are the forms of a date with a time that are seen, RFC 3339 first. Without a zone the instant is taken as UTC. Any number of
// digits may follow the seconds.
var dateLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700",
	"2006-01-02T15:04",
}

// dayLayouts are the forms of a date without a time.
var dayLayouts = []string{time.DateOnly, "2006-01-02Z07:00", "2006/01/02", "20060102"}

// The years that a date of a registration can lie in.
const (
	minYear = 1985
	maxYear = 2126
)

// parseDate reads an event's date (RFC 9083 section 4.5). A calendar day without a time is that day's midnight UTC.
func parseDate(raw string) (at time.Time, dateOnly, ok bool) {
	raw = strings.ToUpper(strings.TrimSpace(raw))
	if len(raw) > 11 && (raw[10] == 'T' || raw[10] == ' ') {
		t, ok := parseInstant(raw)
		return t, false, ok
	}
	for _, layout := range dayLayouts {
		if t, err := time.Parse(layout, raw); err == nil {
			t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
			return t, true, plausible(t)
		}
	}
	return time.Time{}, false, false
}

// parseInstant reads a date with a time. A blank may stand for the T and before the zone, and UTC may be named after it.
func parseInstant(raw string) (time.Time, bool) {
	for _, name := range []string{"[UTC]", "UTC", "GMT"} {
		raw = strings.TrimSpace(strings.TrimSuffix(raw, name))
	}
	raw = raw[:10] + "T" + strings.ReplaceAll(raw[min(11, len(raw)):], " ", "")
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, raw); err == nil {
			t = t.UTC()
			return t, plausible(t)
		}
	}
	return time.Time{}, false
}

func plausible(t time.Time) bool { return t.Year() >= minYear && t.Year() <= maxYear }

// maxRetryAfter bounds what a server may ask us to wait.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads both forms of Retry-After (RFC 9110 section 10.2.3): zero when there is none or it lies in the past, at most a day. A date
// is taken against the server's own clock where it states one, since ours and its may differ.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	var d time.Duration
	switch {
	case isDigits(value):
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		d = time.Duration(n) * time.Second
	default:
		t, err := http.ParseTime(value)
		if err != nil {
			return 0
		}
		if theirs, err := http.ParseTime(header.Get("Date")); err == nil {
			now = theirs
		}
		d = t.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}
