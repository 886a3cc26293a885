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

const found = `{"objectClassName":"domain","ldhName":"a.example","events":[{"eventAction":"expiration","eventDate":"2027-05-06T00:00:00Z"}]}`

// with puts more members into the answer on a.example that expires on 2027-05-06.
func with(members string) string { return found[:len(found)-1] + "," + members + "}" }

// Answers that are wrong in ways that registries and what stands before them are known for, and still state the registration.
func TestWrongAnswersThatStillTell(t *testing.T) {
	many := strings.Repeat(`{"title":"x","description":["y"],"links":[]},`, 2000)
	for _, c := range []struct{ why, body string }{
		{"notices and remarks as objects", with(`"notices":{"title":"x","description":"y"},"remarks":{"description":null}`)},
		{"null wherever null can be", with(`"status":null,"entities":null,"nameservers":null,"secureDNS":null,"links":null,"redacted":null,"rdapConformance":null,"publicIds":null,"variants":null,"port43":null`)},
		{"null inside the lists", with(`"status":[null],"entities":[null],"nameservers":[null],"links":[null],"redacted":[null]`)},
		{"empty lists", with(`"status":[],"entities":[],"nameservers":[],"links":[],"redacted":[],"variants":[]`)},
		{"wrong types everywhere", with(`"status":7,"entities":"x","nameservers":false,"secureDNS":[1],"links":"x","redacted":1.5,"lang":{},"handle":[],"port43":[]`)},
		{"entities as an object", with(`"entities":{"roles":["registrar"],"handle":"x"}`)},
		{"variants, of which the name is none", with(`"variants":[{"relation":["unregistered"],"variantNames":[{"ldhName":"b.example"}]}]`)},
		{"members in other spellings", strings.Replace(strings.Replace(found, "ldhName", "LDHNAME", 1), "objectClassName", "objectclassname", 1)},
		{"capitals and the root's dot", strings.Replace(found, `"a.example"`, `"A.EXAMPLE."`, 1)},
		{"no class", strings.Replace(found, `"objectClassName":"domain",`, ``, 1)},
		{"class in capitals", strings.Replace(found, `"domain"`, `"DOMAIN"`, 1)},
		{"an error code that is no error", with(`"errorCode":0`)},
		{"an error code that says fine", with(`"errorCode":"200"`)},
		{"the same member twice alike", with(`"ldhName":"a.example"`)},
		{"a second, empty list of events", with(`"events":[]`)},
		{"a second list of events that is null", with(`"events":null`)},
		{"a thousand notices and an extension as long", with(`"notices":[` + strings.TrimSuffix(many, ",") + `],"x_ext":[` + strings.TrimSuffix(many, ",") + `]`)},
		{"deep nesting that matters to nobody", with(`"x_ext":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000))},
		{"white space around", "\r\n\t " + found + "\n\n"},
		{"a byte order mark", "\ufeff" + found},
		{"escapes", strings.Replace(found, "a.example", `\u0061\u002eexample`, 1)},
		{"bytes that are no UTF-8", with(`"handle":"` + "\xe4\xff" + `"`)},
	} {
		t.Run(c.why, func(t *testing.T) {
			look := rdap.Parse("a.example", 200, http.Header{"Content-Type": {"text/plain"}}, []byte(c.body), now)
			if look.Outcome != models.OutcomeOK {
				t.Fatalf("%s: %s", look.Outcome, look.Detail)
			}
			if diff := cmp.Diff(day(2027, 5, 6), look.Facts.ExpiresAt); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Answers that state nothing, however they are dressed up.
func TestAnswersThatTellNothing(t *testing.T) {
	const u, lim = models.OutcomeUnparsed, models.OutcomeThrottled
	for _, c := range []struct {
		why    string
		status int
		kind   string
		body   string
		want   models.Outcome
	}{
		{"cut in the middle", 200, "", found[:len(found)/2], u},
		{"cut by one byte", 200, "", found[:len(found)-1], u},
		{"two answers in a row", 200, "", found + found, u},
		{"HTML after the answer", 200, "", found + "<!-- x -->", u},
		{"nothing", 200, "", "", u},
		{"a name server", 200, "", `{"objectClassName":"nameserver","ldhName":"a.example"}`, u},
		{"an entity", 200, "", `{"objectClassName":"entity","handle":"a.example"}`, u},
		{"a list of domains", 200, "", `{"domainSearchResults":[` + found + `]}`, u},
		{"a domain in a list", 200, "", `[` + found + `]`, u},
		{"another name in the U-label", 200, "", strings.Replace(found, `"ldhName":"a.example"`, `"unicodeName":"ä.example"`, 1), u},
		{"the name twice, differently", 200, "", with(`"ldhName":"b.example"`), u},
		{"the name twice, and a U-label", 200, "", with(`"ldhName":"b.example","unicodeName":"a.example"`), u},
		{"a sub-domain", 200, "", strings.Replace(found, "a.example", "www.a.example", 1), u},
		{"the suffix", 200, "", strings.Replace(found, "a.example", "example", 1), u},
		{"the name with a line feed", 200, "", strings.Replace(found, "a.example", `a.example\nb.example`, 1), u},
		{"a name as a list", 200, "", strings.Replace(found, `"a.example"`, `["a.example"]`, 1), u},
		{"an error that carries the domain", 200, "", with(`"errorCode":404`), u},
		{"deeper than can be read", 200, "", strings.Repeat("[", 20000), u},
		{"HTML that welcomes", 200, "text/html", "<html>Welcome, try again later</html>", lim},
		{"quota in plain text", 200, "text/plain", "ERROR: number of allowed queries exceeded. Too many requests", lim},
		{"quota as a message of a gateway", 200, "application/json", `{"message":"API rate limit exceeded"}`, lim},
		{"quota as an error object", 200, "", `{"errorCode":403,"title":"Forbidden","description":["Query limit reached"]}`, lim},
		{"quota in a 404 that says 404", 200, "", `{"errorCode":404,"title":"Too many queries"}`, lim},
		{"429 in text", 200, "", `{"errorCode":"429","title":"x"}`, lim},
		{"503 in a 200", 200, "", `{"errorCode":503}`, lim},
		{"500 in a 200", 200, "", `{"errorCode":500}`, models.OutcomeUnreachable},
		{"400 in a 200", 200, "", `{"errorCode":400}`, models.OutcomeInvalid},
		{"403 in a 200", 200, "", `{"errorCode":403}`, models.OutcomeRefused},
		{"an error code in words", 200, "", `{"errorCode":"not found"}`, u},
		{"an unknown error", 200, "", `{"errorCode":999}`, u},
		{"a gateway's 404", 404, "application/json", `{"message":"no Route matched with those values"}`, u},
		{"a framework's 404", 404, "text/plain", "404 page not found", u},
		{"a 404 that is another error", 404, "", `{"errorCode":500}`, models.OutcomeUnreachable},
		{"a 404 that is a limit", 404, "", `{"errorCode":429}`, lim},
		{"a 404 with quota in HTML", 404, "text/html", "<p>Query limit exceeded</p>", lim},
		{"a 404 that is cut", 404, "application/rdap+json", `{"errorCode":404,"ti`, u},
		{"a 404 with a list", 404, "application/rdap+json", `[]`, u},
		{"a 404 with a name server", 404, "", `{"objectClassName":"nameserver"}`, u},
		{"a 404 with a name and no class", 404, "", `{"errorCode":404,"ldhName":"a.example"}`, u},
		{"no content", 204, "", "", u},
		{"gone", 410, "", "", u},
		{"bandwidth, unofficial", 509, "text/plain", "bandwidth limit exceeded", lim},
		{"no status at all", 0, "", "", u},
	} {
		t.Run(c.why, func(t *testing.T) {
			look := rdap.Parse("a.example", c.status, http.Header{"Content-Type": {c.kind}}, []byte(c.body), now)
			if look.Outcome != c.want || look.Facts != nil || look.Detail == "" {
				t.Errorf("%s (%s), want %s", look.Outcome, look.Detail, c.want)
			}
		})
	}
}

func TestAbsentNeedsAnRDAPAnswer(t *testing.T) {
	for _, c := range []struct{ why, kind, body string }{
		{"an error object", "application/json", `{"errorCode":404,"title":"Not found"}`},
		{"the code as a string", "application/rdap+json", `{"errorCode":"404"}`},
		{"conformance without a code", "", `{"rdapConformance":["rdap_level_0"],"title":"x"}`},
		{"the media type without a code", "application/rdap+json; charset=utf-8", `{"title":"Object not found"}`},
		{"a byte order mark", "application/rdap+json", "\ufeff" + `{"errorCode":404}`},
		{"the class of an error", "", `{"objectClassName":"error","errorCode":404}`},
		{"an object without members", "application/json", `{}`},
		{"no body", "", ""},
		{"terms of use that speak of limits", "", `{"errorCode":404,"notices":[{"title":"Rate limit exceeded?"}]}`},
	} {
		if look := rdap.Parse("a.example", 404, http.Header{"Content-Type": {c.kind}}, []byte(c.body), now); look.Outcome != models.OutcomeAbsent {
			t.Errorf("%s: %s (%s)", c.why, look.Outcome, look.Detail)
		}
	}
}

func TestNamesThatTheRegistryKeeps(t *testing.T) {
	for _, c := range []struct {
		why, members string
		want         models.Outcome
	}{
		{"reserved", `"status":["reserved"]`, models.OutcomeReserved},
		{"kept for administration", `"status":["administrative"],"nameservers":[]`, models.OutcomeReserved},
		{"reserved, and registered through somebody", `"status":["reserved"],"entities":[{"roles":["registrar"],"handle":"x"}]`, models.OutcomeOK},
		{"reserved, with an end", `"status":["reserved"],"events":[{"eventAction":"expiration","eventDate":"2027-01-01"}]`, models.OutcomeOK},
		{"not reserved", `"status":["active"]`, models.OutcomeOK},
	} {
		if look := rdap.Parse("a.example", 200, nil, []byte(`{"objectClassName":"domain","ldhName":"a.example",`+c.members+`}`), now); look.Outcome != c.want {
			t.Errorf("%s: %s (%s)", c.why, look.Outcome, look.Detail)
		}
	}
}

func TestDates(t *testing.T) {
	at := func(h, m, s, ns int) time.Time { return time.Date(2027, 5, 6, h, m, s, ns, time.UTC) }
	for _, c := range []struct {
		in       string
		want     time.Time
		dateOnly bool
	}{
		{"2027-05-06T07:08:09Z", at(7, 8, 9, 0), false},
		{"2027-05-06t07:08:09z", at(7, 8, 9, 0), false},
		{" 2027-05-06T07:08:09Z ", at(7, 8, 9, 0), false},
		{"2027-05-06T07:08:09.5Z", at(7, 8, 9, 5e8), false},
		{"2027-05-06T07:08:09.0Z", at(7, 8, 9, 0), false},
		{"2027-05-06T07:08:09.123456789012345678Z", at(7, 8, 9, 123456789), false},
		{"2027-05-06T07:08:09,25Z", at(7, 8, 9, 25e7), false},
		{"2027-05-06T07:08:09+00:00", at(7, 8, 9, 0), false},
		{"2027-05-06T07:08:09+0000", at(7, 8, 9, 0), false},
		{"2027-05-06T07:08:09.1+0000", at(7, 8, 9, 1e8), false},
		{"2027-05-06T07:08:09+02", at(5, 8, 9, 0), false},
		{"2027-05-06T07:08:09-05:30", at(12, 38, 9, 0), false},
		{"2027-05-06T07:08:09", at(7, 8, 9, 0), false},
		{"2027-05-06 07:08:09", at(7, 8, 9, 0), false},
		{"2027-05-06 07:08:09.123", at(7, 8, 9, 123e6), false},
		{"2027-05-06 07:08:09 +0200", at(5, 8, 9, 0), false},
		{"2027-05-06 07:08:09 UTC", at(7, 8, 9, 0), false},
		{"2027-05-06 07:08:09 +0000 UTC", at(7, 8, 9, 0), false},
		{"2027-05-06T07:08:09Z[UTC]", at(7, 8, 9, 0), false},
		{"2027-05-06T07:08Z", at(7, 8, 0, 0), false},
		{"2027-05-06 07:08", at(7, 8, 0, 0), false},
		{"2027-05-06", at(0, 0, 0, 0), true},
		{"2027-05-06Z", at(0, 0, 0, 0), true},
		{"2027-05-06+02:00", at(0, 0, 0, 0), true},
		{"2027/05/06", at(0, 0, 0, 0), true},
		{"20270506", at(0, 0, 0, 0), true},
	} {
		got, dateOnly, ok := rdap.ParseDate(c.in)
		if !ok || !got.Equal(c.want) || dateOnly != c.dateOnly || got.Location() != time.UTC {
			t.Errorf("%q: %v %v %v, want %v", c.in, got, dateOnly, ok, c.want)
		}
	}
	for _, bad := range []string{
		"", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31", "1969-12-31T23:59:59Z", "2127-01-01", "2027-13-01", "2027-02-30T00:00:00Z", "2027-05-06T25:00:00Z", "01/02/2027",
		"06-05-2027", "May 6 2027", "1809590889", "2027", "2027-05", "2027-05-06T", "2027-05-06Tx", "2027-05-06T07:08:09ZZ", "2027-05-06T07:08:09 CEST", "now", "-", "N/A", "UTC",
	} {
		if got, _, ok := rdap.ParseDate(bad); ok {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}

// A date is never taken from an answer that leaves it open which one counts.
func TestNoDateIsGuessed(t *testing.T) {
	for _, c := range []struct {
		why, events string
		want        *time.Time
		skipped     int
	}{
		{"the date twice in one event", `{"eventAction":"expiration","eventDate":"2027-05-06","eventDate":"2028-05-06"}`, nil, 1},
		{"a list of dates", `{"eventAction":"expiration","eventDate":["2027-05-06","2028-05-06"]}`, nil, 1},
		{"seconds since 1970", `{"eventAction":"expiration","eventDate":1809590889}`, nil, 1},
		{"a readable and an unreadable one", `{"eventAction":"expiration","eventDate":"x"},{"eventAction":"expiration","eventDate":"2027-05-06"}`, day(2027, 5, 6), 1},
		{"the action twice in one event", `{"eventAction":"expiration","eventAction":"registration","eventDate":"2027-05-06"}`, nil, 0},
		{"a registration in the future does not undo it", `{"eventAction":"registration","eventDate":"2050-01-01"},{"eventAction":"expiration","eventDate":"2027-05-06"}`, day(2027, 5, 6), 1},
		{"an event without an action", `{"eventDate":"2027-05-06"}`, nil, 0},
		{"an action that only sounds like it", `{"eventAction":"expiration of the DS","eventDate":"2027-05-06"}`, nil, 0},
	} {
		f := read(t, `"events":[`+c.events+`]`)
		if diff := cmp.Diff(c.want, f.ExpiresAt); diff != "" || len(f.Skipped) != c.skipped {
			t.Errorf("%s: %v, skipped %q", c.why, f.ExpiresAt, f.Skipped)
		}
	}
}
