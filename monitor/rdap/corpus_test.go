package rdap_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/internal/corpora"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

// asked returns the name to ask for. Some of our own cases carry the body of another name, which is an answer about another domain; they
// are read under the name that the body states.
func asked(t *testing.T, c corpora.RDAP, body []byte) string {
	t.Helper()
	var o struct {
		LDHName string `json:"ldhName"`
	}
	if !strings.HasPrefix(c.Name, "ours-") || json.Unmarshal(body, &o) != nil || strings.EqualFold(o.LDHName, c.Domain) || o.LDHName == "" {
		return c.Domain
	}
	if look := rdap.Parse(c.Domain, c.HTTP.Status, nil, body, now); look.Outcome != models.OutcomeUnparsed {
		t.Errorf("%s: an answer about %s was believed for %s", c.Name, o.LDHName, c.Domain)
	}
	return o.LDHName
}

func TestCorpus(t *testing.T) {
	read := 0
	for _, c := range corpora.LoadRDAP(t) {
		if c.HTTP.BodyFile == "" {
			continue // redirects are tested with servers
		}
		read++
		t.Run(c.Name, func(t *testing.T) {
			body := corpora.Text(t, "rdap", c.HTTP.BodyFile)
			h := http.Header{}
			for k, v := range c.HTTP.Headers {
				h.Set(k, v)
			}
			compare(t, c, rdap.Parse(asked(t, c, body), c.HTTP.Status, h, body, time.Date(2026, 10, 21, 7, 0, 0, 0, time.UTC)))
		})
	}
	t.Logf("%d recorded answers read", read)
	if read < 10 {
		t.Errorf("only %d cases", read)
	}
}

func compare(t *testing.T, c corpora.RDAP, look models.Look) {
	t.Helper()
	if (c.Expect.Registered != nil) != (look.Facts != nil) {
		t.Fatalf("outcome %s: %s", look.Outcome, look.Detail)
	}
	if c.Expect.Registered == nil {
		if look.Outcome.Answered() {
			t.Errorf("a non-answer was read as %s", look.Outcome)
		}
		if c.Expect.Retry && (look.Outcome != models.OutcomeThrottled || look.RetryAfter != 28*time.Minute) {
			t.Errorf("outcome %s, retry after %s", look.Outcome, look.RetryAfter)
		}
		return
	}
	f := look.Facts
	switch {
	case c.Expect.ExpiresOn == "" && strings.HasPrefix(c.Name, "ours-") && f.ExpiresAt != nil && c.Expect.Reason != "":
		t.Errorf("invented %s", f.ExpiresAt)
	case c.Expect.ExpiresOn != "":
		want, ok := firstLayout(c.Expect.ExpiresOn)
		if !ok || f.ExpiresAt == nil || !f.ExpiresAt.Equal(want) {
			t.Errorf("expiry %v, want %s", f.ExpiresAt, c.Expect.ExpiresOn)
		}
	}
	if want := slices.Sorted(slices.Values(c.Expect.Nameservers)); len(want) > 0 && !slices.Equal(want, f.Nameservers) {
		t.Errorf("name servers %v, want %v", f.Nameservers, want)
	}
	if strings.Contains(c.Expect.Reason, "redacts") && !f.ExpiryRedacted {
		t.Error("the redaction of the expiry is not noted")
	}
	if strings.Contains(c.Name, "redemption") || strings.Contains(c.Name, "camelcase") {
		if !slices.Contains(f.Statuses, "redemptionPeriod") {
			t.Errorf("statuses %v", f.Statuses)
		}
	}
	if len(c.Expect.Statuses) > 0 && len(f.Statuses) != len(c.Expect.Statuses) {
		t.Errorf("statuses %v, want as many as %v", f.Statuses, c.Expect.Statuses)
	}
}

func firstLayout(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
