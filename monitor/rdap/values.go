package rdap

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// dateLayouts are the forms of RFC 3339 seen, strict and sloppy. Without a zone the instant is taken as UTC.
var dateLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999Z07", "2006-01-02T15:04:05.999999999",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04",
}

// The years that a date of a registration can lie in.
const (
	minYear = 1985
	maxYear = 2126
)

// parseDate reads an event's date (RFC 9083 section 4.5). A calendar day without a time is that day's midnight UTC.
func parseDate(raw string) (at time.Time, dateOnly, ok bool) {
	raw = strings.ToUpper(strings.TrimSpace(raw))
	if t, err := time.Parse(time.DateOnly, strings.TrimSuffix(raw, "Z")); err == nil {
		return t, true, plausible(t)
	}
	raw = strings.TrimSuffix(raw, " UTC")
	if len(raw) > 10 && raw[10] == ' ' {
		raw = raw[:10] + "T" + strings.ReplaceAll(raw[11:], " ", "")
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, raw); err == nil {
			t = t.UTC()
			return t, false, plausible(t)
		}
	}
	return time.Time{}, false, false
}

func plausible(t time.Time) bool { return t.Year() >= minYear && t.Year() <= maxYear }

// eppStatuses maps RDAP status values that are not simply the EPP words apart (RFC 8056 section 2).
var eppStatuses = map[string]string{
	"active": "ok", "associated": "linked",
}

// eppWords are the EPP status names (RFC 5731, RFC 3915) in the spelling that statuses are kept in.
var eppWords = func() map[string]string {
	m := map[string]string{}
	for _, s := range []string{
		"addPeriod", "autoRenewPeriod", "clientDeleteProhibited", "clientHold", "clientRenewProhibited", "clientTransferProhibited",
		"clientUpdateProhibited", "inactive", "linked", "ok", "pendingCreate", "pendingDelete", "pendingRenew", "pendingRestore",
		"pendingTransfer", "pendingUpdate", "redemptionPeriod", "renewPeriod", "serverDeleteProhibited", "serverHold",
		"serverRenewProhibited", "serverTransferProhibited", "serverUpdateProhibited", "transferPeriod",
	} {
		m[strings.ToLower(s)] = s
	}
	return m
}()

// eppStatus returns the EPP spelling of a status written in either spelling, else the text as stated.
func eppStatus(s string) string {
	if e, ok := eppStatuses[strings.ToLower(s)]; ok {
		return e
	}
	if e, ok := eppWords[strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(s))]; ok {
		return e
	}
	return s
}

// maxRetryAfter bounds what a server may ask us to wait.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads both forms of Retry-After (RFC 9110 section 10.2.3); zero when there is none or it lies in the past.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	var d time.Duration
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		d = time.Duration(min(max(n, 0), int64(maxRetryAfter/time.Second))) * time.Second
	} else if t, err := http.ParseTime(value); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}
