package rdap

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// MediaType is the registered media type of answers (RFC 9083 section 1).
const MediaType = "application/rdap+json"

// Parse reads one HTTP answer on domain, an A-label. It is pure: now is the instant of the look and anchors Retry-After. The look's
// Server, Took and kind (models.LookRDAP unless changed) are the caller's to set. header may be nil.
func Parse(domain string, status int, header http.Header, body []byte, now time.Time) models.Look {
	look := models.Look{
		Kind: models.LookRDAP, Domain: normalName(domain), At: now, ContentType: clean(header.Get("Content-Type"), 100),
	}
	keepEvidence(&look, body)
	switch status {
	case http.StatusOK, http.StatusNonAuthoritativeInfo:
		parseFound(&look, body)
	case http.StatusNotFound:
		parseNotFound(&look, header, body)
	default:
		byStatus(&look, status, body)
	}
	if look.Outcome == models.OutcomeThrottled {
		look.RetryAfter = retryAfter(header.Get("Retry-After"), now)
	}
	return look
}

// keepEvidence keeps the raw answer, bounded.
func keepEvidence(look *models.Look, body []byte) {
	kept := body
	if len(kept) > models.MaxEvidence {
		kept, look.Truncated = kept[:models.MaxEvidence], true
	}
	look.Evidence = bytes.Clone(kept)
}

// byStatus tells apart the answers that state nothing on the registration (RFC 7480 section 5).
func byStatus(look *models.Look, status int, body []byte) {
	say := func(outcome models.Outcome, detail string) {
		look.Outcome, look.Detail = outcome, detail
	}
	code := http.StatusText(status)
	switch {
	case status == http.StatusTooManyRequests:
		say(models.OutcomeThrottled, "the server asked to come back later (429)")
	case quotaText(body) && status >= 400:
		say(models.OutcomeThrottled, "the server speaks of a query limit")
	case status == http.StatusServiceUnavailable:
		say(models.OutcomeThrottled, "the server is unavailable for now (503)")
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		say(models.OutcomeInvalid, "the server says that the name can't exist there ("+code+")")
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusUnavailableForLegalReasons:
		say(models.OutcomeRefused, "the server refuses us ("+code+"); ask the registry which clients it admits")
	case status == http.StatusNotImplemented:
		say(models.OutcomeUnsupported, "the server does not answer for domains (501); override rdap for this suffix")
	case status >= 500:
		say(models.OutcomeUnreachable, "the server failed ("+code+"); it will be asked again")
	default:
		say(models.OutcomeUnparsed, "unexpected HTTP status ("+code+")")
	}
}

// parseNotFound accepts a 404 only from something that can be an RDAP server: without a body, or with a JSON one (RFC 7480 section 5.3).
// A web server's own error page says nothing on the registration.
func parseNotFound(look *models.Look, header http.Header, body []byte) {
	text := bytes.TrimSpace(body)
	var o object
	switch {
	case len(text) == 0 && !strings.Contains(strings.ToLower(header.Get("Content-Type")), "html"):
		look.Outcome, look.Detail = models.OutcomeAbsent, "the registry has no such registration (404)"
	case json.Unmarshal(text, &o) != nil && quotaText(body), quotaText(errorWords(o)):
		look.Outcome, look.Detail = models.OutcomeThrottled, "the server speaks of a query limit"
	case o == nil:
		look.Outcome, look.Detail = models.OutcomeUnparsed, "a 404 that is not an RDAP answer; check the server's address for this suffix"
	case !missing(o, "objectClassName") && o.str("objectClassName") != "error":
		look.Outcome, look.Detail = models.OutcomeUnparsed, "a 404 that carries an object; the answer contradicts itself"
	default:
		look.Outcome, look.Detail = models.OutcomeAbsent, "the registry has no such registration (404)"
	}
}

// errorWords is what an error object says to people; notices are left out since terms of use speak of limits too.
func errorWords(o object) []byte {
	return []byte(o.str("title") + " " + strings.Join(o.words("description"), " "))
}

// parseFound reads the body of a 200: the outcome is ok only if it is a domain object about the name that was asked for.
func parseFound(look *models.Look, body []byte) {
	look.Outcome = models.OutcomeUnparsed
	var o object
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), &o); err != nil || o == nil {
		look.Detail = "the answer is not JSON, or was cut off"
		if quotaText(body) {
			look.Outcome, look.Detail = models.OutcomeThrottled, "the server speaks of a query limit in place of an answer"
		}
		return
	}
	if code := o.number("errorCode"); code != 0 {
		parseError(look, code, o)
		return
	}
	if class := o.str("objectClassName"); !strings.EqualFold(class, "domain") && !missing(o, "objectClassName") {
		look.Detail = "the answer is about another kind of object: " + clean(class, 40)
		return
	}
	switch name := o.name(); {
	case name == "":
		look.Detail = "the answer does not name the domain it is about"
	case name != look.Domain:
		look.Detail = "the answer is about another domain: " + clean(name, 80)
	default:
		look.Outcome, look.Detail = models.OutcomeOK, "registered"
		look.Facts = facts(o)
	}
}

// parseError reads an error object that came with status 200.
func parseError(look *models.Look, code int, o object) {
	switch {
	case code == http.StatusNotFound:
		look.Outcome, look.Detail = models.OutcomeAbsent, "the registry has no such registration (error 404 in a 200)"
	case code >= 400:
		byStatus(look, code, errorWords(o))
	default:
		look.Detail = "an error object with an unknown code"
	}
}

// quotaPhrases are what servers and the proxies before them write when they want fewer queries.
var quotaPhrases = []string{
	"rate limit", "ratelimit", "too many requests", "quota exceeded", "quota has been exceeded", "limit exceeded", "query limit",
	"queries exceeded", "exceeded the maximum", "throttl", "try again later",
}

// quotaText reports whether a short text that is no domain object speaks of a query limit.
func quotaText(body []byte) bool {
	if len(body) > 4<<10 {
		body = body[:4<<10]
	}
	low := strings.ToLower(string(body))
	if strings.Contains(low, `"ldhname"`) {
		return false
	}
	for _, p := range quotaPhrases {
		if strings.Contains(low, p) {
			return true
		}
	}
	return false
}
