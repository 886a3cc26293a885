package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/engine"
	"github.com/krestmarketing/deedwatch/internal/pgtest"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// registriesRun is a portfolio of two thousand names at twelve registries, of which half misbehave.
type registriesRun struct {
	*testing.T
	clock *clock
	start time.Time
	seen  time.Time // when the registries that fall silent were last heard
	names []testName
	lab   *lab.Lab
	cfg   configs.Config
	app   *app
	wrong int

	cutOff, restarted time.Time // of the real clock: when the looks of the first program were ended, and when the second one began
}

// registriesPatience bounds all waiting; the run takes a fraction of it.
const registriesPatience = 5 * time.Minute

// wrongf reports what is wrong, and gives up when nearly everything is.
func (r *registriesRun) wrongf(format string, args ...any) {
	r.Helper()
	const most = 30
	r.Errorf(format, args...)
	if r.wrong++; r.wrong == most {
		r.Fatal("and so on")
	}
}

// Every name ends in the state that was planted, whatever its registry does: a server that throttles is asked at its pace and left alone
// for as long as it wants, nothing is made of the silence of a dead server or of what a lying one says, and a restart loses nothing.
func TestTwelveRegistries(t *testing.T) {
	leftover := goleak.IgnoreCurrent()
	t.Run("engines", func(t *testing.T) {
		t.Run(store.EngineSQLite, func(t *testing.T) {
			t.Parallel()
			newRegistriesRun(t, sqliteFile(t)).run()
		})
		t.Run(store.EnginePostgres, func(t *testing.T) {
			t.Parallel()
			newRegistriesRun(t, pgtest.NewDatabase(t)).run()
		})
	})
	goleak.VerifyNone(t, leftover)
}

func newRegistriesRun(t *testing.T, database string) *registriesRun {
	t.Helper()
	start := time.Now().UTC().Truncate(time.Second)
	r := &registriesRun{T: t, start: start, clock: newClock(start, 1), names: testNames()}
	var err error
	const everything = 1 << 16
	r.lab, err = lab.Start(t.Context(), registriesWorld(r.names, start), lab.Options{Now: r.clock.Now, Journal: everything})
	r.must(err)
	t.Cleanup(func() { r.must(r.lab.Close()) })
	r.cfg = demoConfig(r.lab.Endpoints(), "https://watch.krest.lab", database)
	r.cfg.RDAP.PerSecond, r.cfg.WHOIS.PerSecond, r.cfg.DNS.PerSecond = registriesPace, registriesPace, 1e6
	r.cfg.RDAP.Timeout, r.cfg.WHOIS.Timeout = 10*registriesTimeout, registriesTimeout
	r.cfg.Engine.StopWithin = 300 * time.Millisecond // looks at a server go on for longer: they are cut off
	r.cfg.Links.Key = configs.NewSecret(strings.Repeat("k", configs.MinLinkKey))
	r.must(store.Migrate(t.Context(), storeOptions(r.cfg, discard)))
	r.begin()
	t.Cleanup(func() { _ = r.app.stop() })
	doc, err := importPortfolio(t.Context(), r.app.store, csvSheet(t, registriesPortfolio(t, r.names, start)), false, r.clock.Now())
	r.must(err)
	if len(doc.Errors) > 0 || doc.New != registriesNames {
		t.Fatalf("%d names imported, errors %v", doc.New, doc.Errors)
	}
	return r
}

func (r *registriesRun) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// begin starts the program on the database.
func (r *registriesRun) begin() {
	r.Helper()
	var err error
	r.app, err = newApp(r.Context(), r.cfg, appOptions{now: r.clock.Now, log: discard, work: true})
	r.must(err)
	r.must(r.app.start(r.Context(), nil))
}

func (r *registriesRun) run() {
	began := time.Now()
	ctx, cancel := context.WithTimeout(r.Context(), registriesPatience)
	defer cancel()
	r.restartInTheMiddle()
	r.settle(ctx)
	r.seen = r.clock.Now()
	r.verify("before the jump")
	r.lab.SetRDAPFault("echo", lab.RDAPFault{Kind: lab.RDAPOutage})
	r.clock.Advance(registriesJump)
	r.settle(ctx)
	r.verify("after the jump")
	r.verifyPoliteness()
	r.Logf("FIGURE twelve registries on %s: %d names, %d questions, %.0f s", r.app.store.Engine(), registriesNames, r.questions(), time.Since(began).Seconds())
}

// step lets what is due be looked at and judged, to the end.
func (r *registriesRun) step(ctx context.Context) error {
	for _, kind := range []string{jobSweepRegistration, jobJudge} {
		if _, err := r.app.runner.Enqueue(ctx, engine.Job{Kind: kind}); err != nil {
			return fmt.Errorf("step %s: %w", kind, err)
		}
		if err := r.app.runner.Idle(ctx); err != nil {
			return fmt.Errorf("step %s: %w", kind, err)
		}
	}
	return nil
}

// restartInTheMiddle stops the program while all servers are being asked, and starts another one.
func (r *registriesRun) restartInTheMiddle() {
	r.Helper()
	ctx, cancel := context.WithCancel(r.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- r.step(ctx) }()
	const middle = registriesNames / 5
	if !within(time.Minute, 5*time.Millisecond, func() bool { return r.questions() > middle }) {
		r.Fatalf("only %d questions after a minute", r.questions())
	}
	r.cutOff = time.Now().Add(r.cfg.Engine.StopWithin)
	if _, cut := errors.AsType[*engine.CutOffError](r.app.stop()); !cut {
		r.Fatal("no look was under way when the program was stopped: the test has not met the case it is about")
	}
	cancel()
	<-stopped
	r.restarted = time.Now()
	r.begin()
}

// settle steps until every registry that answers was heard, and what has to be heard twice was.
func (r *registriesRun) settle(ctx context.Context) {
	r.Helper()
	const rounds, between = 9, 20 * time.Minute
	for range rounds {
		r.must(r.step(ctx))
		r.clock.Advance(between)
	}
	r.must(r.step(ctx))
}

// questions counts what reached the registries.
func (r *registriesRun) questions() (n int) {
	for i := range testRegistries {
		n += r.lab.Counter(testRegistries[i].kind, testRegistries[i].suffix).Requests
	}
	return n
}

// verify compares everything with the truth.
func (r *registriesRun) verify(when string) {
	r.Helper()
	now := r.clock.Now()
	failed := map[string]int{}
	for i := range r.names {
		n := &r.names[i]
		w, err := r.app.store.WatchedByName(r.Context(), n.name)
		r.must(err)
		if want := n.truth(r.start, r.seen, now); w.Domain.Lifecycle != want {
			r.wrongf("%s: %s (%s), %d days at the start: %s (%s), want %s", when, n.name, n.registry.why, n.days, w.Domain.Lifecycle, w.Domain.LifecycleWhy, want)
		} else if open := openAlarms(w.Findings); !slices.Equal(open, n.alarms(want, r.start, r.seen)) {
			r.wrongf("%s: %s (%s) is %s, and open are %v", when, n.name, n.registry.why, want, open)
		}
		r.verifyDate(when, n, &w.Domain)
		if o := w.Domain.LookOutcome; o != "" && !o.Answered() {
			failed[n.registry.suffix]++
			r.verifyEvidence(n, o)
		}
		if n.registry.believes != believesNone && w.Domain.SeenAt == nil {
			r.wrongf("%s: %s (%s) was lost: it was never looked at", when, n.name, n.registry.why)
		}
	}
	for i := range testRegistries {
		const opensAfter = 5 // failures, after which a server is left alone
		if g := &testRegistries[i]; g.believes == believesNone && failed[g.suffix] < opensAfter {
			r.wrongf("%s: at %s (%s) only %d looks failed", when, g.suffix, g.why, failed[g.suffix])
		}
	}
}

func openAlarms(findings []models.Finding) (open []string) {
	for _, f := range findings {
		if f.State != models.FindingResolved && slices.Contains(alarms, f.Code) {
			open = append(open, f.Code)
		}
	}
	return open
}

// alarms are those that must be open. What was found before a registry fell silent stands: a look that failed resolves nothing.
func (n *testName) alarms(l models.Lifecycle, start, seen time.Time) []string {
	if n.registry.believes == believesOnce {
		l = n.stage(start, seen)
	}
	if code := n.alarm(l); code != "" {
		return []string{code}
	}
	return nil
}

// verifyDate holds the effective expiry against the planted one; the trap's counts as it was before the registry's jumped.
func (r *registriesRun) verifyDate(when string, n *testName, d *models.Domain) {
	r.Helper()
	switch {
	case n.registry.believes == believesNone:
		if d.ExpiresAt != nil || d.SeenAt != nil {
			r.wrongf("%s: %s (%s): a date %v was believed", when, n.name, n.registry.why, d.ExpiresAt)
		}
	case n.registry.believes == believesState || n.free || d.Lifecycle == models.LifecycleReleased:
	case d.ExpiresAt == nil || d.ExpiresAt.Sub(n.expires(r.start)).Abs() >= lab.Day:
		r.wrongf("%s: %s (%s) expires %v, want %v", when, n.name, n.registry.why, d.ExpiresAt, n.expires(r.start))
	}
}

// verifyEvidence wants the failed look kept, with its outcome and what there is of evidence.
func (r *registriesRun) verifyEvidence(n *testName, outcome models.Outcome) {
	r.Helper()
	if !slices.Contains(n.registry.outcomes, outcome) {
		r.wrongf("%s (%s): the last look ended as %s", n.name, n.registry.why, outcome)
		return
	}
	v, err := r.app.store.DomainView(r.Context(), n.name)
	r.must(err)
	i := slices.IndexFunc(v.Observations, func(o models.Observation) bool { return o.Outcome == outcome })
	if i < 0 || v.Observations[i].Detail == "" {
		r.wrongf("%s (%s): nothing is kept of the look that ended as %s", n.name, n.registry.why, outcome)
		return
	}
	if outcome != models.OutcomeUnparsed {
		return
	}
	o, err := r.app.store.Observation(r.Context(), v.Observations[i].ID)
	r.must(err)
	if !strings.Contains(strings.ToLower(string(o.Evidence)), "somebody-else.invalid") {
		r.wrongf("%s (%s): the evidence does not show whom the answer was about", n.name, n.registry.why)
	}
}

// verifyPoliteness reads in the servers' own journal how they were asked.
func (r *registriesRun) verifyPoliteness() {
	r.Helper()
	asked := map[string][]lab.Entry{}
	for _, e := range r.lab.Journal() {
		if e.Kind == lab.KindRDAP || e.Kind == lab.KindWHOIS {
			asked[e.Server] = append(asked[e.Server], e)
		}
	}
	for i := range testRegistries {
		g := &testRegistries[i]
		c := r.lab.Counter(g.kind, g.suffix)
		if len(asked[g.suffix]) != c.Requests {
			r.Fatalf("the journal forgot %d questions at %s", c.Requests-len(asked[g.suffix]), g.suffix)
		}
		if c.MaxOverlap > 1 && g.whois.Kind != lab.WHOISSilent { // such a server notices late that nobody waits any more
			r.wrongf("%s (%s) was asked %d questions at once", g.suffix, g.why, c.MaxOverlap)
		}
		if most := mostWithin(asked[g.suffix], time.Second); most > registriesPace+registriesMargin {
			r.wrongf("%s (%s) was asked %d times in a second and allows %d", g.suffix, g.why, most, registriesPace)
		}
		if most := mostWithin(asked[g.suffix], 4*time.Second); most > 4*registriesPace+registriesMargin {
			r.wrongf("%s (%s) was asked %d times in four seconds and allows %d in each", g.suffix, g.why, most, registriesPace)
		}
		r.verifySilence(g, asked[g.suffix])
	}
}

// mostWithin is the largest number of questions inside any such time.
func mostWithin(entries []lab.Entry, window time.Duration) (most int) {
	from := 0
	for i := range entries {
		for entries[i].Start.Sub(entries[from].Start) >= window {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// unread reports whether an answer came when the program that asked was being ended, and may not have been read by it.
func (r *registriesRun) unread(e *lab.Entry) bool {
	const onItsWay = 50 * time.Millisecond
	return e.Start.Before(r.restarted) && e.End.After(r.cutOff.Add(-onItsWay))
}

// verifySilence wants nothing asked for as long as a server that refused wanted it, by the clock that both go by. A refusal that nobody was
// there to read is not known of.
func (r *registriesRun) verifySilence(g *testRegistry, entries []lab.Entry) {
	r.Helper()
	refusals := 0
	for i, e := range entries {
		if !strings.HasPrefix(e.Answer, "429") && !strings.HasSuffix(e.Answer, "throttled") {
			continue
		}
		refusals++
		if r.unread(&e) {
			continue
		}
		if i+1 < len(entries) {
			if wait := entries[i+1].LabTime.Sub(e.LabTime); wait < max(g.rdap.Within, g.whois.Within) {
				r.wrongf("%s (%s) refused, and was asked again %s later", g.suffix, g.why, wait)
			}
		}
	}
	if want := len(g.outcomes) > 0 && g.outcomes[0] == models.OutcomeThrottled; want != (refusals > 0) {
		r.wrongf("%s (%s) refused %d times", g.suffix, g.why, refusals)
	}
}
