package rdap_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

// corpora returns the folder of recorded answers beside the repository. Without it the test is skipped, except in CI, which has it.
func corpora(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("DEEDWATCH_CORPORA"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		found := filepath.Join(filepath.Dir(dir), "shared", "corpora")
		if _, err := os.Stat(found); err == nil {
			return found
		}
		break
	}
	if os.Getenv("CI") != "" {
		t.Fatal("../shared/corpora is missing; CI always has it")
	}
	t.Skip("../shared/corpora is not there; set DEEDWATCH_CORPORA to run against recorded answers")
	return ""
}

type corpusCase struct {
	Name   string `json:"name"`
	Domain string `json:"domain"`
	HTTP   struct {
		Status   int               `json:"status"`
		Headers  map[string]string `json:"headers"`
		BodyFile *string           `json:"body_file"`
	} `json:"http"`
	Expect struct {
		Registered  *bool    `json:"registered"`
		ExpiresOn   *string  `json:"expires_on"`
		Nameservers []string `json:"nameservers"`
		Statuses    []string `json:"statuses"`
		Reason      string   `json:"reason"`
		Retry       bool     `json:"retry"`
	} `json:"expect"`
}

// asked returns the name to ask for. Some of our own cases carry the body of another name, which is an answer about another domain; they
// are read under the name that the body states.
func (c corpusCase) asked(t *testing.T, body []byte) string {
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
	dir := filepath.Join(corpora(t), "rdap")
	data, err := os.ReadFile(filepath.Join(dir, "cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for row := range strings.Lines(string(data)) {
		var c corpusCase
		if err := json.Unmarshal([]byte(row), &c); err != nil {
			t.Fatal(err)
		}
		if c.HTTP.BodyFile == nil {
			continue // redirects are tested with servers
		}
		read++
		t.Run(c.Name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join(dir, *c.HTTP.BodyFile))
			if err != nil {
				t.Fatal(err)
			}
			h := http.Header{}
			for k, v := range c.HTTP.Headers {
				h.Set(k, v)
			}
			c.compare(t, rdap.Parse(c.asked(t, body), c.HTTP.Status, h, body, time.Date(2026, 10, 21, 7, 0, 0, 0, time.UTC)))
		})
	}
	t.Logf("%d recorded answers read", read)
	if read < 10 {
		t.Errorf("only %d cases", read)
	}
}

func (c corpusCase) compare(t *testing.T, look models.Look) {
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
	case c.Expect.ExpiresOn == nil && strings.HasPrefix(c.Name, "ours-") && f.ExpiresAt != nil && c.Expect.Reason != "":
		t.Errorf("invented %s", f.ExpiresAt)
	case c.Expect.ExpiresOn != nil:
		want, ok := firstLayout(*c.Expect.ExpiresOn)
		if !ok || f.ExpiresAt == nil || !f.ExpiresAt.Equal(want) {
			t.Errorf("expiry %v, want %s", f.ExpiresAt, *c.Expect.ExpiresOn)
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
