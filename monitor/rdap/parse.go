package rdap

import (
	"bytes"
	"fmt"
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
	answer, isObject := decode(body)
	switch status {
	case http.StatusOK, http.StatusNonAuthoritativeInfo:
		parseFound(&look, answer, isObject, body)
	case http.StatusNotFound:
		parseNotFound(&look, answer, isObject, body)
	default:
		byStatus(&look, status, quotaText(body), retryAfter(header, now) > 0)
	}
	if !look.Outcome.Answered() {
		look.RetryAfter = retryAfter(header, now)
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

// byStatus tells apart the answers that state nothing on the registration (RFC 7480 section 5). limited says that the text speaks of a query
// limit, later that the server names a time to come back at.
func byStatus(look *models.Look, status int, limited, later bool) {
	say := func(outcome models.Outcome, detail string) {
		look.Outcome, look.Detail = outcome, detail
	}
	code := strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	switch {
	case status == http.StatusTooManyRequests:
		say(models.OutcomeThrottled, "the server asked to come back later (429)")
	case limited && status >= 400:
		say(models.OutcomeThrottled, "the server speaks of a query limit ("+code+")")
	case status == http.StatusServiceUnavailable:
		say(models.OutcomeThrottled, "the server is unavailable for now (503)")
	case later:
		say(models.OutcomeThrottled, "the server asked to come back later ("+code+")")
	case status >= 300 && status < 400:
		say(models.OutcomeUnparsed, "the server redirects to nowhere that can be followed ("+code+")")
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		say(models.OutcomeInvalid, "the server says that the name can't exist there ("+code+")")
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusUnavailableForLegalReasons:
		say(models.OutcomeRefused, "the server refuses us ("+code+"); ask the registry which clients it admits")
	case status == http.StatusNotImplemented:
		say(models.OutcomeUnsupported, "the server does not answer for domains (501); override rdap for this suffix")
	case status >= 500 && status < 600:
		say(models.OutcomeUnreachable, "the server failed ("+code+"); it will be asked again")
	default:
		say(models.OutcomeUnparsed, "unexpected HTTP status ("+code+")")
	}
}

// parseNotFound accepts a 404 only from something that can be an RDAP server: without a body, or with an error object of RFC 9083 section 6.
// The error page of a web server or of a gateway before it says nothing on the registration.
func parseNotFound(look *models.Look, o object, isObject bool, body []byte) {
	code := o.number("errorCode")
	switch {
	case !isObject && quotaText(body), isObject && quotaText(errorWords(o)):
		look.Outcome, look.Detail = models.OutcomeThrottled, "the server speaks of a query limit"
	case isObject && o.has("ldhName"), isObject && o.has("objectClassName") && !strings.EqualFold(o.str("objectClassName"), "error"):
		look.Outcome, look.Detail = models.OutcomeUnparsed, "a 404 that carries an object; the answer contradicts itself"
	case code >= 400 && code != http.StatusNotFound:
		byStatus(look, code, false, false)
	case code == http.StatusNotFound, isObject && o.has("rdapConformance"), isObject && isRDAP(look.ContentType),
		bareBody(o, isObject, body) && !strings.Contains(strings.ToLower(look.ContentType), "html"):
		look.Outcome, look.Detail = models.OutcomeAbsent, "the registry has no such registration (404)"
	default:
		look.Outcome, look.Detail = models.OutcomeUnparsed, "a 404 that is not an RDAP answer; check the server's address for this suffix"
	}
}

// bareBody reports whether a body says nothing: it is empty, or an object without members.
func bareBody(o object, isObject bool, body []byte) bool {
	return isObject && len(o) == 0 || len(bytes.TrimSpace(body)) == 0
}

func isRDAP(contentType string) bool {
	media, _ := mediaType(contentType)
	return media == MediaType
}

// errorWords is what an error object says to people; notices are left out since terms of use speak of limits too.
func errorWords(o object) []byte {
	words := append(o.words("title"), o.words("description")...)
	words = append(append(words, o.words("message")...), o.words("error")...)
	return []byte(strings.Join(words, " "))
}

// parseFound reads the body of a 200: the outcome is ok only if it is a domain object about the name that was asked for.
func parseFound(look *models.Look, o object, isObject bool, body []byte) {
	look.Outcome = models.OutcomeUnparsed
	switch class, code := o.str("objectClassName"), o.number("errorCode"); {
	case !isObject && quotaText(body):
		look.Outcome, look.Detail = models.OutcomeThrottled, "the server speaks of a query limit in place of an answer"
	case !isObject:
		look.Detail = "the answer is not JSON, or was cut off"
	case code >= 400:
		parseError(look, code, o)
	case o.has("objectClassName") && !strings.EqualFold(class, "domain"):
		look.Detail = "the answer is about another kind of object: " + clean(class, 40)
	default:
		parseDomain(look, o)
	}
}

// parseDomain reads a domain object if it names the domain that was asked for.
func parseDomain(look *models.Look, o object) {
	switch name := o.name(); {
	case name == "" && quotaText(errorWords(o)):
		look.Outcome, look.Detail = models.OutcomeThrottled, "the server speaks of a query limit in place of an answer"
	case name == "":
		look.Detail = "the answer does not name the domain it is about"
	case name != look.Domain:
		look.Detail = "the answer is about another domain: " + clean(name, 80)
	default:
		f := facts(o, name, look.At)
		if reserved(f) {
			look.Outcome, look.Detail = models.OutcomeReserved, "the registry keeps the name for itself"
			return
		}
		look.Outcome, look.Detail, look.Facts = models.OutcomeOK, "registered", f
	}
}

// reserved reports whether a registry shows a name that it keeps back (RFC 9083 section 10.2.2): nobody registered it, through nobody.
func reserved(f *models.Facts) bool {
	kept := false
	for _, s := range f.Statuses {
		kept = kept || s == "reserved" || s == "administrative"
	}
	return kept && f.Registrar == "" && f.CreatedAt == nil && !f.ExpiryStated && len(f.Nameservers) == 0
}

// parseError reads an error object that came with status 200.
func parseError(look *models.Look, code int, o object) {
	switch {
	case o.has("ldhName"):
		look.Detail = fmt.Sprintf("an error (%d) that carries an object; the answer contradicts itself", code)
	case code == http.StatusNotFound && !quotaText(errorWords(o)):
		look.Outcome, look.Detail = models.OutcomeAbsent, "the registry has no such registration (error 404 in a 200)"
	default:
		byStatus(look, code, quotaText(errorWords(o)), false)
	}
}

// quotaPhrases are what servers and the proxies before them write when they want fewer queries.
var quotaPhrases = []string{
	"rate limit", "rate-limit", "ratelimit", "too many requests", "too many queries", "quota exceeded", "quota has been exceeded", "quota reached",
	"limit exceeded", "limit reached", "query limit", "queries exceeded", "exceeded the maximum", "exceeded your", "throttl", "try again later",
	"slow down",
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
