package rdap_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func day(y int, m time.Month, d int) *time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return &t
}

func TestParseReadsARegistration(t *testing.T) {
	body := `{
	 "objectClassName":"domain","ldhName":"Harbour-Bakery.Example.","notices":{"title":"an object where a list belongs"},"remarks":null,
	 "status":["client transfer prohibited","ACTIVE","serverHold","odd state",null,7],
	 "nameservers":[{"ldhName":"NS2.Example.Net."},{"ldhName":"ns1.example.net"},null,{"unicodeName":"ns1.bäckerei.example"}],
	 "entities":[{"roles":["technical"],"handle":"x"},
	  {"roles":"registrar","publicIds":[{"type":"IANA Registrar ID","identifier":9999}],
	   "vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","Invented Names\u0000 Ltd"]]]}],
	 "events":[{"eventAction":"registration","eventDate":"2009-03-01T10:00:00Z"},{"eventAction":"EXPIRATION","eventDate":"2027-03-01T10:00:00Z"},
	  {"eventAction":"registrar expiration","eventDate":"2026-12-31T00:00:00+0100"},{"eventAction":"last changed","eventDate":"2026-01-02 03:04:05"},
	  {"eventAction":"soft expiration","eventDate":"2027-02-01"},"a string",null],
	 "secureDNS":{"delegationSigned":"true","dsData":[{"keyTag":"123","algorithm":13,"digestType":2,"digest":"AB CD"}]},
	 "links":[{"rel":"self","href":"https://rdap.example/domain/x","type":"application/rdap+json"},
	  {"rel":"related","href":"https://registrar.example/page","type":"text/html"},
	  {"rel":"related","href":"https://rdap.registrar.example/domain/harbour-bakery.example","type":"application/rdap+json"}]}`
	look := rdap.Parse("harbour-bakery.example", 200, nil, []byte(body), now)
	yes, tenth := true, time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC)
	registrar, created, changed := time.Date(2026, 12, 30, 23, 0, 0, 0, time.UTC), time.Date(2009, 3, 1, 10, 0, 0, 0, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	want := &models.Facts{
		Registered: &yes, ExpiresAt: &tenth, RegistrarExpiresAt: &registrar, CreatedAt: &created, UpdatedAt: &changed,
		Registrar: "Invented Names Ltd", RegistrarID: "9999", ExpiryStated: true,
		Statuses:    []string{"clientTransferProhibited", "ok", "serverHold", "odd state", "7"},
		Nameservers: []string{"ns1.example.net", "ns1.xn--bckerei-5wa.example", "ns2.example.net"},
		DNSSEC:      models.DNSSECSigned, DS: []models.DS{{KeyTag: 123, Algorithm: 13, DigestType: 2, Digest: "abcd"}},
		RelatedURL: "https://rdap.registrar.example/domain/harbour-bakery.example",
		Events:     []models.Event{{Action: "soft expiration", At: *day(2027, 2, 1), DateOnly: true}},
		Skipped:    []string{"a name server without a readable name"},
	}
	if look.Outcome != models.OutcomeOK {
		t.Fatalf("outcome %s: %s", look.Outcome, look.Detail)
	}
	if diff := cmp.Diff(want, look.Facts); diff != "" {
		t.Error(diff)
	}
}

func TestParseOutcomes(t *testing.T) {
	found := `{"objectClassName":"domain","ldhName":"a.example"}`
	for _, c := range []struct {
		why         string
		status      int
		contentType string
		body        string
		want        models.Outcome
	}{
		{"names the domain", 200, "", found, models.OutcomeOK},
		{"a byte order mark", 200, "", "\ufeff" + found, models.OutcomeOK},
		{"another domain's answer", 200, "", `{"objectClassName":"domain","ldhName":"b.example"}`, models.OutcomeUnparsed},
		{"names no domain", 200, "", `{"objectClassName":"domain"}`, models.OutcomeUnparsed},
		{"another class of object", 200, "", `{"objectClassName":"nameserver","ldhName":"a.example"}`, models.OutcomeUnparsed},
		{"only the U-label, capital letters", 200, "", `{"objectClassName":"Domain","unicodeName":"A.Example"}`, models.OutcomeOK},
		{"a web page", 200, "text/html", "<html><body>Welcome</body></html>", models.OutcomeUnparsed},
		{"cut off in transit", 200, "", found[:30], models.OutcomeUnparsed},
		{"quota text in a 200", 200, "text/plain", "Query limit exceeded. Try again later.", models.OutcomeThrottled},
		{"a list", 200, "", "[]", models.OutcomeUnparsed},
		{"null", 200, "", "null", models.OutcomeUnparsed},
		{"an error object in a 200", 200, "", `{"errorCode":404,"title":"Not Found"}`, models.OutcomeAbsent},
		{"a limit as error object in a 200", 200, "", `{"errorCode":"429"}`, models.OutcomeThrottled},
		{"404 with an RDAP error", 404, "application/rdap+json", `{"errorCode":404}`, models.OutcomeAbsent},
		{"404 whose terms of use speak of limits", 404, "", `{"errorCode":404,"notices":[{"description":["rate limit applies"]}]}`, models.OutcomeAbsent},
		{"404 without a body", 404, "application/rdap+json", "", models.OutcomeAbsent},
		{"a web server's own 404", 404, "text/html", "<h1>404 Not Found</h1>", models.OutcomeUnparsed},
		{"an empty HTML 404", 404, "text/html", "", models.OutcomeUnparsed},
		{"404 that carries a domain", 404, "", found, models.OutcomeUnparsed},
		{"404 with a limit in its title", 404, "", `{"errorCode":404,"title":"Rate limit reached"}`, models.OutcomeThrottled},
		{"too many requests", 429, "", "", models.OutcomeThrottled},
		{"unavailable", 503, "", "", models.OutcomeThrottled},
		{"forbidden because of a quota", 403, "", "quota exceeded", models.OutcomeThrottled},
		{"forbidden", 403, "", "", models.OutcomeRefused},
		{"bad request", 400, "", "", models.OutcomeInvalid},
		{"not implemented", 501, "", "", models.OutcomeUnsupported},
		{"server error", 500, "", "", models.OutcomeUnreachable},
		{"teapot", 418, "", "", models.OutcomeUnparsed},
		{"a redirect that was not followed", 302, "", "", models.OutcomeUnparsed},
	} {
		t.Run(c.why, func(t *testing.T) {
			h := http.Header{}
			h.Set("Content-Type", c.contentType)
			look := rdap.Parse("a.example", c.status, h, []byte(c.body), now)
			if look.Outcome != c.want {
				t.Errorf("outcome %s (%s), want %s", look.Outcome, look.Detail, c.want)
			}
			if (look.Facts != nil) != (c.want == models.OutcomeOK) {
				t.Errorf("facts %v with outcome %s", look.Facts, look.Outcome)
			}
		})
	}
}

func TestExpiryIsNeverGuessed(t *testing.T) {
	for _, c := range []struct {
		why, events string
		want        *time.Time
		dateOnly    bool
		stated      bool
		skipped     int
	}{
		{"a calendar day", `{"eventAction":"expiration","eventDate":"2027-05-06"}`, day(2027, 5, 6), true, true, 0},
		{"two dates: the earlier", `{"eventAction":"expiration","eventDate":"2028-05-06T00:00:00Z"},{"eventAction":"expiration","eventDate":"2027-05-06T00:00:00Z"}`, day(2027, 5, 6), false, true, 1},
		{"the same date twice", `{"eventAction":"expiration","eventDate":"2027-05-06T00:00:00Z"},{"eventAction":"expiration","eventDate":"2027-05-06T02:00:00+02:00"}`, day(2027, 5, 6), false, true, 0},
		{"the zero date", `{"eventAction":"expiration","eventDate":"0001-01-01T00:00:00Z"}`, nil, false, true, 1},
		{"beyond belief", `{"eventAction":"expiration","eventDate":"2999-12-31T00:00:00Z"}`, nil, false, true, 1},
		{"before the registration", `{"eventAction":"registration","eventDate":"2020-01-01T00:00:00Z"},{"eventAction":"expiration","eventDate":"2019-01-01T00:00:00Z"}`, nil, false, true, 1},
		{"empty", `{"eventAction":"expiration","eventDate":""}`, nil, false, true, 1},
		{"null", `{"eventAction":"expiration","eventDate":null}`, nil, false, true, 1},
		{"prose", `{"eventAction":"expiration","eventDate":"01/02/2027"}`, nil, false, true, 1},
		{"none", ``, nil, false, false, 0},
		{"without a zone: UTC", `{"eventAction":"expiration","eventDate":"2027-05-06T00:00:00"}`, day(2027, 5, 6), false, true, 0},
		{"lower case", `{"eventAction":"expiration","eventDate":"2027-05-06t00:00:00z"}`, day(2027, 5, 6), false, true, 0},
		{"without seconds", `{"eventAction":"expiration","eventDate":"2027-05-06T00:00Z"}`, day(2027, 5, 6), false, true, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			body := `{"objectClassName":"domain","ldhName":"a.example","events":[` + c.events + `]}`
			f := rdap.Parse("a.example", 200, nil, []byte(body), now).Facts
			if f == nil {
				t.Fatal("no facts")
			}
			if diff := cmp.Diff(c.want, f.ExpiresAt); diff != "" {
				t.Error(diff)
			}
			if f.DateOnly != c.dateOnly || f.ExpiryStated != c.stated || len(f.Skipped) != c.skipped {
				t.Errorf("dateOnly %v stated %v skipped %q", f.DateOnly, f.ExpiryStated, f.Skipped)
			}
		})
	}
}

func TestRedactedExpiryIsNoted(t *testing.T) {
	body := `{"objectClassName":"domain","ldhName":"a.example","redacted":[{"name":{"type":"Registrant Name"}},{"name":{"type":"Registry Domain Expiration Date"},"method":"removal"}]}`
	f := rdap.Parse("a.example", 200, nil, []byte(body), now).Facts
	if f == nil || !f.ExpiryRedacted || f.ExpiresAt != nil {
		t.Errorf("facts %+v", f)
	}
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		why, value, date string
		want             time.Duration
	}{
		{"seconds", "120", "", 2 * time.Minute},
		{"seconds with blanks", " 120 ", "", 2 * time.Minute},
		{"a date", "Sun, 22 Nov 2026 12:30:00 GMT", "", 30 * time.Minute},
		{"a date in the old form", "Sunday, 22-Nov-26 12:30:00 GMT", "", 30 * time.Minute},
		{"a date by the server's own clock", "Sun, 22 Nov 2026 15:30:00 GMT", "Sun, 22 Nov 2026 15:00:00 GMT", 30 * time.Minute},
		{"a date gone by", "Sun, 22 Nov 2026 11:30:00 GMT", "", 0},
		{"the year 9999", "Fri, 31 Dec 9999 23:59:59 GMT", "", 24 * time.Hour},
		{"longer than a day", "86401", "", 24 * time.Hour},
		{"longer than an age", "999999999999", "", 24 * time.Hour},
		{"beyond all numbers", "99999999999999999999999999", "", 24 * time.Hour},
		{"zero", "0", "", 0},
		{"negative", "-5", "", 0},
		{"a fraction", "1.5", "", 0},
		{"nonsense", "soon", "", 0},
		{"none", "", "", 0},
	} {
		h := http.Header{"Retry-After": {c.value}, "Date": {c.date}}
		if got := rdap.RetryAfter(h, now); got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
	}
}

func TestWhoeverNamesATimeIsObeyed(t *testing.T) {
	for _, c := range []struct {
		why    string
		status int
		body   string
		want   models.Outcome
		wait   time.Duration
	}{
		{"too many requests", 429, "", models.OutcomeThrottled, time.Minute},
		{"unavailable", 503, "", models.OutcomeThrottled, time.Minute},
		{"forbidden for now", 403, "", models.OutcomeThrottled, time.Minute},
		{"forbidden, quota", 403, "quota exceeded", models.OutcomeThrottled, time.Minute},
		{"not found, quota", 404, "query limit exceeded", models.OutcomeThrottled, time.Minute},
		{"not found, quota as an error", 404, `{"errorCode":404,"title":"Too many requests"}`, models.OutcomeThrottled, time.Minute},
		{"fine, quota", 200, "rate limit reached", models.OutcomeThrottled, time.Minute},
		{"a redirect", 302, "", models.OutcomeThrottled, time.Minute},
		{"a failure", 500, "", models.OutcomeThrottled, time.Minute},
		{"an answer", 200, found, models.OutcomeOK, 0},
		{"no such name", 404, `{"errorCode":404}`, models.OutcomeAbsent, 0},
	} {
		look := rdap.Parse("a.example", c.status, http.Header{"Retry-After": {"60"}}, []byte(c.body), now)
		if look.Outcome != c.want || look.RetryAfter != c.wait {
			t.Errorf("%s: %s %s (%s)", c.why, look.Outcome, look.RetryAfter, look.Detail)
		}
	}
}

func TestHostileTextIsCleaned(t *testing.T) {
	body := `{"objectClassName":"domain","ldhName":"a.example","status":["bad\r\nSet-Cookie: x\u001b[31m\u202e"],
	 "entities":[{"roles":["registrar"],"handle":"` + strings.Repeat("ä", 5000) + `"}],
	 "nameservers":[{"ldhName":"ns1.example\r\nBCC: x"},{"ldhName":"<script>.example"}],
	 "links":[{"rel":"related","href":"javascript:alert(1)","type":"application/rdap+json"},{"rel":"related","href":"https://u:p@x.example/domain/a","type":"application/rdap+json"}]}`
	look := rdap.Parse("a.example", 200, nil, []byte(body), now)
	f := look.Facts
	if f == nil {
		t.Fatal(look.Detail)
	}
	if diff := cmp.Diff([]string{"bad Set-Cookie: x[31m"}, f.Statuses); diff != "" {
		t.Error(diff)
	}
	if len([]rune(f.Registrar)) > 120 || len(f.Nameservers) != 0 || f.RelatedURL != "" {
		t.Errorf("registrar of %d runes, name servers %q, related %q", len([]rune(f.Registrar)), f.Nameservers, f.RelatedURL)
	}
}

func TestEvidenceIsBounded(t *testing.T) {
	look := rdap.Parse("a.example", 200, nil, make([]byte, 100<<10), now)
	if len(look.Evidence) != models.MaxEvidence || !look.Truncated {
		t.Errorf("kept %d bytes, truncated %v", len(look.Evidence), look.Truncated)
	}
}
