package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/engine"
	"github.com/krestmarketing/deedwatch/internal/corpora"
	"github.com/krestmarketing/deedwatch/internal/pgtest"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// command runs the program as main does, with an input, and gives what it printed.
func command(t *testing.T, in []byte, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = runContext(t.Context(), args, streams{in: bytes.NewReader(in), out: &out, err: &errs})
	return code, out.String(), errs.String()
}

// parsed is the contract's document of parse, as an outsider reads it.
type parsed struct {
	Domain      string     `json:"domain"`
	Outcome     string     `json:"outcome"`
	Registered  *bool      `json:"registered"`
	ExpiresAt   *time.Time `json:"expires_at"`
	RegistrarAt *time.Time `json:"registrar_expires_at"`
	Throttled   *bool      `json:"throttled"`
}

// tally counts how recorded answers came out.
type tally struct {
	dates        map[corpora.Verdict]int
	availability map[string]int
	worst        []string // what must never be
}

func (n *tally) take(e corpora.Expected, id string, registered *bool, expires *time.Time) {
	verdict := e.Date(expires)
	n.dates[verdict]++
	said := "nothing"
	if registered != nil {
		said = map[bool]string{true: "registered", false: "available"}[*registered]
	}
	want := e.Availability
	answer := want == "registered" || want == "available"
	switch {
	case verdict == corpora.Wrong || verdict == corpora.Invented:
		n.worst = append(n.worst, fmt.Sprintf("%s: date %v is %s", id, expires, verdict))
	case want == "registered" && said == "available":
		n.worst = append(n.worst, id+": registered read as free")
	case want != "" && !answer && said != "nothing" && !slices.Contains(e.Accept, said):
		n.worst = append(n.worst, fmt.Sprintf("%s: %s read as %s", id, want, said))
	}
	switch {
	case want == "": // the author says nothing on it
	case want == said, slices.Contains(e.Accept, said), want != "" && !answer && said == "nothing":
		n.availability["right"]++
	case said == "nothing":
		n.availability["unknown"]++
	default:
		n.availability["wrong"]++
	}
}

func (n *tally) String() string {
	stated := n.dates[corpora.Right] + n.dates[corpora.Wrong] + n.dates[corpora.Unknown]
	all := n.availability["right"] + n.availability["unknown"] + n.availability["wrong"]
	return fmt.Sprintf("dates right %.1f %% of %d, wrong %d, invented %d, unknown %d; availability right %.1f %% of %d, wrong %d", 100*float64(n.dates[corpora.Right])/float64(max(stated, 1)), stated,
		n.dates[corpora.Wrong], n.dates[corpora.Invented], n.dates[corpora.Unknown], 100*float64(n.availability["right"])/float64(max(all, 1)), all, n.availability["wrong"])
}

func newTally() *tally {
	return &tally{dates: map[corpora.Verdict]int{}, availability: map[string]int{}}
}

func TestParseRecordedWHOIS(t *testing.T) {
	for _, named := range []bool{true, false} {
		n := newTally()
		for _, c := range corpora.LoadWHOIS(t) {
			args := []string{"parse", "whois", "--domain", c.Domain, "--json"}
			if named {
				args = append(args, "--server", c.Server)
			}
			code, out, errs := command(t, corpora.Text(t, "whois", c.File), args...)
			var doc parsed
			if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitFine {
				t.Errorf("%s: exit %d, %v, %s", c.ID, code, err, errs)
				continue
			}
			n.take(c.Expected, c.ID, doc.Registered, doc.ExpiresAt)
		}
		t.Logf("FIGURE parse whois, server named %t: %v", named, n)
		for _, w := range n.worst {
			t.Error(w)
		}
		if n.dates[corpora.Right] < 300 {
			t.Errorf("too few right dates for a meaningful run: %v", n)
		}
	}
}

func TestParseRecordedRDAP(t *testing.T) {
	right := 0
	for _, c := range corpora.LoadRDAP(t) {
		var body []byte
		if c.HTTP.BodyFile != "" {
			body = corpora.Text(t, "rdap", c.HTTP.BodyFile)
		}
		code, out, errs := command(t, body, "parse", "rdap", "--domain", askedFor(c, body), "--status", fmt.Sprint(c.HTTP.Status), "--json")
		var doc parsed
		if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitFine {
			t.Errorf("%s: exit %d, %v, %s", c.Name, code, err, errs)
			continue
		}
		if v := c.Expected().Date(doc.ExpiresAt); v == corpora.Wrong || v == corpora.Invented {
			t.Errorf("%s: date %v is %s", c.Name, doc.ExpiresAt, v)
		} else if v != corpora.Unknown {
			right++
		}
		if c.Expected().Availability == "registered" && (doc.Registered == nil || !*doc.Registered) {
			t.Errorf("%s: registered read as %v", c.Name, doc.Outcome)
		}
	}
	t.Logf("FIGURE parse rdap: %d answers right", right)
}

// askedFor is the name that a recorded answer is about. Cases made by hand are filed under a host name of their author's, and an answer on
// another name is no answer.
func askedFor(c corpora.RDAP, body []byte) string {
	var named struct {
		LDHName string `json:"ldhName"`
	}
	if json.Unmarshal(body, &named) == nil && named.LDHName != "" && strings.HasSuffix(c.Domain, ".test-rdap.example") {
		return named.LDHName
	}
	return c.Domain
}

// recordedPortfolio are the names that a replay knows as registered, with what the board must show.
func recordedPortfolio(t *testing.T, r *lab.Replay) (csv []byte, want map[string]corpora.Expected, refused []string) {
	t.Helper()
	want = map[string]corpora.Expected{}
	byRDAP := map[string]bool{}
	for _, c := range r.Cases() {
		e, registered := expectedOf(t, c)
		if _, known := want[c.Domain]; !registered || (known && (byRDAP[c.Domain] || c.Kind == lab.KindWHOIS)) {
			continue // the replay serves the first registered case of a name, and RDAP is asked before WHOIS
		}
		n, err := catalog.ParseName(c.Domain)
		if err != nil || n.Registrable != c.Domain {
			refused = append(refused, c.Domain)
			continue
		}
		want[c.Domain], byRDAP[c.Domain] = e, c.Kind == lab.KindRDAP
	}
	var b strings.Builder
	b.WriteString("domain,client\n")
	for i, name := range slices.Sorted(maps.Keys(want)) {
		fmt.Fprintf(&b, "%s,Client %d\n", name, i%12)
	}
	return []byte(b.String()), want, refused
}

func expectedOf(t *testing.T, c lab.Case) (e corpora.Expected, registered bool) {
	t.Helper()
	if c.Kind == lab.KindWHOIS {
		var line corpora.WHOIS
		if err := json.Unmarshal(c.Expected, &line); err != nil {
			t.Fatal(err)
		}
		return line.Expected, line.Expected.Availability == "registered"
	}
	var line corpora.RDAP
	if err := json.Unmarshal(c.Expected, &line); err != nil {
		t.Fatal(err)
	}
	return line.Expected(), line.Expected().Availability == "registered"
}

// The recorded answers of real registries, over the wire, through the running product, onto the board.
func TestReplayOnTheBoard(t *testing.T) {
	dir := corpora.Dir(t)
	for name, database := range engines(t) {
		t.Run(name, func(t *testing.T) {
			r, err := lab.StartReplay(t.Context(), dir, lab.Options{Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Close() }()
			csv, want, refused := recordedPortfolio(t, r)
			a := startedApp(t, replayConfig(r.Endpoints(), database))
			doc, err := importPortfolio(t.Context(), a.store, bytes.NewReader(csv), false, time.Now())
			if err != nil || len(doc.Errors) > 0 {
				t.Fatal(err, doc.Errors)
			}
			if err := a.step(t.Context()); err != nil {
				t.Fatal(err)
			}
			board, err := a.store.Board(t.Context(), models.BoardQuery{Now: time.Now(), Loc: time.UTC})
			if err != nil || len(board.Rows) != len(want) {
				t.Fatalf("%d rows for %d names, %v", len(board.Rows), len(want), err)
			}
			n := newTally()
			for _, row := range board.Rows {
				n.take(want[row.Domain.Name], row.Domain.Name, shownAs(row.Domain), row.Domain.ExpiresAt)
			}
			t.Logf("FIGURE replay on %s: %d names, %d refused as not registrable %v: %v", name, len(want), len(refused), refused, n)
			for _, w := range n.worst {
				t.Error(w)
			}
			if n.availability["right"] < len(want)*9/10 {
				t.Errorf("too many names without an answer: %v", n)
			}
		})
	}
}

// shownAs is what the board says of a name: registered, free, or nothing.
func shownAs(d models.Domain) *bool {
	switch {
	case d.Lifecycle == models.LifecycleReleased:
		return new(false)
	case d.LookOutcome == models.OutcomeOK:
		return new(true)
	}
	return nil
}

func replayConfig(e lab.Endpoints, database string) configs.Config {
	c := labConfig(e)
	c.Database, c.SMTP.Address = configs.NewSecret(database), ""
	c.Links.Key = configs.NewSecret(strings.Repeat("k", configs.MinLinkKey))
	return c
}

// engines are fresh databases of both kinds.
func engines(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{"sqlite": t.TempDir() + "/deedwatch.db", "postgres": pgtest.NewDatabase(t)}
}

// startedApp is the program without pages, whose work is done step by step.
func startedApp(t *testing.T, c configs.Config) *app {
	t.Helper()
	ctx := context.Background()
	if err := store.Migrate(ctx, storeOptions(c, discard)); err != nil {
		t.Fatal(err)
	}
	a, err := newApp(ctx, c, appOptions{log: discard, work: true, runner: engine.NewPool(engine.PoolOptions{})})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.start(ctx, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.stop(); err != nil {
			t.Error(err)
		}
	})
	return a
}
