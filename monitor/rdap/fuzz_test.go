package rdap_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

// Whatever comes, with whatever status and headers: no panic, facts only with an answer that names the domain, dates within belief, bounded
// and printable text, and the same answer twice gives the same look.
func FuzzParse(f *testing.F) {
	for _, body := range []string{
		found, with(`"ldhName":"b.example"`), `{"errorCode":404}`, `{"errorCode":"429","title":"x"}`, "<html>", "", "\ufeff{}", `{"a":[[[{"b":1e9}]]]}`,
		with(`"status":["client hold","ok https://icann.org/epp#ok"],"secureDNS":{"delegationSigned":false,"dsData":[{"keyTag":"7","digest":"ab"}]}`),
		with(`"entities":[{"roles":["registrar"],"publicIds":[{"type":"IANA Registrar ID","identifier":9995}],"vcardArray":["vcard",[["fn",{},"text"]]]}]`),
		with(`"redacted":[{"name":{"type":"Expiration"},"prePath":"$.events[*]","method":"removal"}],"links":[{"rel":"related","href":"https://r.example/domain/a.example"}]`),
	} {
		f.Add(200, "application/rdap+json", "60", body)
		f.Add(404, "text/html", "Sun, 22 Nov 2026 12:30:00 GMT", body)
		f.Add(429, "", "-1", body)
	}
	f.Fuzz(func(t *testing.T, status int, contentType, retry, body string) {
		h := http.Header{"Content-Type": {contentType}, "Retry-After": {retry}}
		look := rdap.Parse("a.example", status, h, []byte(body), now)
		if look.Outcome == "" || look.Detail == "" || (look.Facts != nil) != (look.Outcome == models.OutcomeOK) {
			t.Fatalf("outcome %q (%s) with facts %v", look.Outcome, look.Detail, look.Facts)
		}
		if look.Outcome.Answered() && status != 200 && status != 203 && status != 404 {
			t.Errorf("status %d was read as %s", status, look.Outcome)
		}
		if look.RetryAfter < 0 || look.RetryAfter > 24*time.Hour || (look.Outcome.Answered() && look.RetryAfter != 0) {
			t.Errorf("%s with a wait of %s", look.Outcome, look.RetryAfter)
		}
		printable(t, look.Detail, look.ContentType)
		if look.Facts != nil {
			checkFacts(t, look.Facts, body)
		}
		if diff := cmp.Diff(look, rdap.Parse("a.example", status, h, []byte(body), now)); diff != "" {
			t.Error(diff)
		}
	})
}

// checkFacts holds what is true of the facts of any answer.
func checkFacts(t *testing.T, f *models.Facts, body string) {
	t.Helper()
	for _, at := range []*time.Time{f.ExpiresAt, f.RegistrarExpiresAt, f.CreatedAt, f.UpdatedAt} {
		if at != nil && (at.Year() < 1985 || at.Year() > 2126 || at.Location() != time.UTC) {
			t.Errorf("date %s", at)
		}
	}
	low := strings.ToLower(body)
	if (f.ExpiresAt != nil || f.RegistrarExpiresAt != nil) && !strings.Contains(low, "expir") && !strings.Contains(low, `\u`) {
		t.Error("a date of an answer that speaks of no expiration")
	}
	if f.ExpiresAt != nil && (!f.ExpiryStated || f.ExpiryRedacted) || f.ExpiresAt == nil && f.DateOnly {
		t.Errorf("expires %v, stated %v, redacted %v, date only %v", f.ExpiresAt, f.ExpiryStated, f.ExpiryRedacted, f.DateOnly)
	}
	if len(f.Statuses) > 32 || len(f.Nameservers) > 64 || len(f.DS) > 32 || len(f.Skipped) > 16 || len(f.Events) > 16 {
		t.Errorf("%d statuses, %d name servers, %d DS, %d skipped, %d events", len(f.Statuses), len(f.Nameservers), len(f.DS), len(f.Skipped), len(f.Events))
	}
	if u, err := url.Parse(f.RelatedURL); f.RelatedURL != "" && (err != nil || u.User != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http")) {
		t.Errorf("related %q", f.RelatedURL)
	}
	printable(t, f.Statuses...)
	printable(t, f.Nameservers...)
	printable(t, f.Skipped...)
	printable(t, f.Registrar, f.RegistrarID)
}

// printable checks texts that came from outside.
func printable(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if strings.ContainsAny(s, "\r\n\t\x00\x1b\x7f\u202e") || len(s) > 1200 {
			t.Errorf("text %q", s)
		}
	}
}

// What is one JSON object for the library is one for us, and nothing else is.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":{"b":[1,"\"",true,null,-1.5e3]}}`, `{"a":1}x`, `[]`, ` {"":"\u0000"} `, `{"a":"`, "{\"\xff\":1}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var o map[string]json.RawMessage
		want := json.Unmarshal(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), &o) == nil && o != nil
		if got := rdap.Decodes(body); got != want && json.Valid(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) {
			t.Errorf("%q: %v, the library says %v", body, got, want)
		}
	})
}

// Whatever the registry of servers holds: bases are addresses that can be asked, suffixes are A-labels.
func FuzzParseRegistry(f *testing.F) {
	for _, s := range []string{smallRegistry, `{"services":[[["a","B."],["http://x.example","https://y.example/z"]]]}`, `{"services":[[[],[]],[["x"]]]}`, `null`, `{"services":[[["\u0000"],["https://u:p@x/"]]]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		servers, err := rdap.ParseRegistry(data)
		if (err != nil) == (len(servers) > 0) {
			t.Fatalf("%d servers, %v", len(servers), err)
		}
		for suffix, base := range servers {
			u, err := url.Parse(base)
			if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") || !strings.HasSuffix(base, "/") {
				t.Errorf("base %q", base)
			}
			if suffix == "" || suffix != strings.ToLower(suffix) || strings.ContainsAny(suffix, " \r\n/\x00") {
				t.Errorf("suffix %q", suffix)
			}
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "60", "-1", "9999999999999999999999", "Sun, 22 Nov 2026 12:30:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "1e9"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		if d := rdap.RetryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, now); d < 0 || d > 24*time.Hour {
			t.Errorf("%q: %s", value, d)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2027-05-06T07:08:09Z", "2027-05-06", "2027-05-06 07:08:09.123456789012 +0200", "20270506", "0001-01-01T00:00:00Z", "2027-05-06T"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, dateOnly, ok := rdap.ParseDate(s)
		if !ok {
			return
		}
		if at.Year() < 1985 || at.Year() > 2126 || (dateOnly && !at.Equal(at.Truncate(24*time.Hour))) {
			t.Errorf("%q: %s, date only %v", s, at, dateOnly)
		}
		if again, _, ok := rdap.ParseDate(at.Format(time.RFC3339Nano)); !ok || !again.Equal(at) {
			t.Errorf("%q: %s, and then %s", s, at, again)
		}
	})
}
