package rdap_test

import (
	"cmp"
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

// asked returns the name to ask for. Some cases made by hand carry the body of another name, which is an answer about another domain; they
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

// figures count what came out of the recorded answers.
type figures struct {
	read                                     int
	dates                                    map[corpora.Verdict]int
	registered, registeredRight              int
	silent, silentRead                       int // answers that state nothing, and those of them that were read as an answer
	servers, serversRight, words, wordsRight int // sets of name servers, and of statuses
	slowest                                  time.Duration
}

func TestCorpus(t *testing.T) {
	n := figures{dates: map[corpora.Verdict]int{}}
	for _, c := range corpora.LoadRDAP(t) {
		if c.HTTP.BodyFile == "" {
			continue // redirects are tested with servers
		}
		body, h := corpora.Text(t, "rdap", c.HTTP.BodyFile), http.Header{}
		for k, v := range c.HTTP.Headers {
			h.Set(k, v)
		}
		name, started := asked(t, c, body), time.Now()
		look := rdap.Parse(name, c.HTTP.Status, h, body, time.Date(2026, 10, 21, 7, 0, 0, 0, time.UTC))
		n.slowest = max(n.slowest, time.Since(started))
		n.count(t, c, look)
	}
	t.Logf("FIGURE rdap: %d answers; dates right %d, none stated and none read %d, wrong %d, invented %d, not read %d", n.read, n.dates[corpora.Right], n.dates[corpora.NoDate],
		n.dates[corpora.Wrong], n.dates[corpora.Invented], n.dates[corpora.Unknown])
	t.Logf("FIGURE rdap: registered right %d of %d; non-answers read as an answer %d of %d; name servers right %d of %d; statuses right %d of %d; slowest parse %s",
		n.registeredRight, n.registered, n.silentRead, n.silent, n.serversRight, n.servers, n.wordsRight, n.words, n.slowest)
	if n.read < 10 || n.dates[corpora.Wrong]+n.dates[corpora.Invented]+n.dates[corpora.Unknown] > 0 || n.registeredRight < n.registered || n.silentRead > 0 ||
		n.serversRight < n.servers || n.wordsRight < n.words || n.slowest > 50*time.Millisecond {
		t.Error("not everything is right")
	}
}

// count compares one look with what its author expects.
func (n *figures) count(t *testing.T, c corpora.RDAP, look models.Look) {
	t.Helper()
	n.read++
	if c.Expect.Registered == nil {
		n.silent++
		if look.Outcome.Answered() {
			n.silentRead++
			t.Errorf("%s: a non-answer was read as %s", c.Name, look.Outcome)
		}
		if c.Expect.Retry && (look.Outcome != models.OutcomeThrottled || look.RetryAfter == 0) {
			t.Errorf("%s: outcome %s, retry after %s", c.Name, look.Outcome, look.RetryAfter)
		}
		return
	}
	n.registered++
	f := look.Facts
	if f == nil {
		t.Errorf("%s: outcome %s: %s", c.Name, look.Outcome, look.Detail)
		return
	}
	n.registeredRight++
	if e := c.Expected(); e.ExpiresOn != "" || e.ExpiresNone {
		v := e.Date(f.ExpiresAt)
		if n.dates[v]++; v != corpora.Right && v != corpora.NoDate {
			t.Errorf("%s: expiry %v is %s", c.Name, f.ExpiresAt, v)
		}
	}
	n.compareLists(t, c, f)
	if strings.Contains(c.Expect.Reason, "redacts") && !f.ExpiryRedacted {
		t.Errorf("%s: the redaction of the expiry is not noted", c.Name)
	}
	if strings.Contains(c.Name, "redemption") || strings.Contains(c.Name, "camelcase") {
		if !slices.Contains(f.Statuses, "redemptionPeriod") {
			t.Errorf("%s: statuses %v", c.Name, f.Statuses)
		}
	}
}

func (n *figures) compareLists(t *testing.T, c corpora.RDAP, f *models.Facts) {
	t.Helper()
	if want := slices.Sorted(slices.Values(c.Expect.Nameservers)); len(want) > 0 {
		n.servers++
		if slices.Equal(want, f.Nameservers) {
			n.serversRight++
		} else {
			t.Errorf("%s: name servers %v, want %v", c.Name, f.Nameservers, want)
		}
	}
	if len(c.Expect.Statuses) > 0 {
		n.words++
		if spelled(f.Statuses) == spelled(c.Expect.Statuses) {
			n.wordsRight++
		} else {
			t.Errorf("%s: statuses %q, want %q", c.Name, f.Statuses, c.Expect.Statuses)
		}
	}
}

// spelled brings statuses in either spelling into one order and form.
func spelled(statuses []string) string {
	aliases := map[string]string{"active": "ok", "associated": "linked"}
	words := []string{}
	for _, s := range statuses {
		s = strings.ToLower(strings.ReplaceAll(s, " ", ""))
		words = append(words, cmp.Or(aliases[s], s))
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}
