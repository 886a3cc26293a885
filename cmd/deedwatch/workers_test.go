package main

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/internal/pgtest"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// The measures of the test with two workers.
const (
	workersNames       = 120
	workersRescueAfter = "15s"
	workersRescued     = 100 * time.Second // rescue_after, the leader's next look (30 s), another leader (20 s), the work itself, and a slow machine
	workersLatency     = 30 * time.Millisecond
)

// workersSuffixes are four registries, one server each.
var workersSuffixes = []struct{ name, kind string }{
	{"alpha", lab.KindRDAP}, {"beta", lab.KindRDAP}, {"gamma", lab.KindWHOIS}, {"delta", lab.KindWHOIS},
}

// workersRun is a portfolio under watch of several processes.
type workersRun struct {
	*testing.T
	lab      *lab.Lab
	store    *store.Store
	names    []string
	ids      []int64
	settings []string
}

// Two workers share the looks, never ask one registry server at once, and what one of them had in hand when it was killed is done by the
// other. Most of this test's minute is the age at which a job counts as lost with its process.
func TestTwoWorkersShareTheLooks(t *testing.T) {
	pgtest.DSN(t)
	leftover := goleak.IgnoreCurrent()
	t.Run(store.EnginePostgres, func(t *testing.T) { newWorkersRun(t).run() })
	goleak.VerifyNone(t, leftover)
}

func newWorkersRun(t *testing.T) *workersRun {
	t.Helper()
	r, now := &workersRun{T: t}, time.Now()
	var world lab.World
	var csv bytes.Buffer
	csv.WriteString("domain,client,owner_name,owner_email\n")
	for _, s := range workersSuffixes {
		world.TLDs = append(world.TLDs, lab.TLD{
			Name: s.name, RDAP: s.kind == lab.KindRDAP, WHOIS: s.kind == lab.KindWHOIS, PublishesExpiry: true, Lifecycle: lab.GTLDLifecycle(),
			RDAPFault: &lab.RDAPFault{Delay: workersLatency}, WHOISFault: &lab.WHOISFault{Delay: workersLatency},
		})
	}
	for n := range workersNames {
		name := fmt.Sprintf("name%03d.%s", n, workersSuffixes[n%len(workersSuffixes)].name)
		r.names = append(r.names, name)
		world.Domains = append(world.Domains, lab.Domain{Name: name, Registrar: "Harbor Names", Expires: now.Add(200 * lab.Day)})
		fmt.Fprintf(&csv, "%s,Client %02d,Olive Owner,owner%02d@mail.example\n", name, n/4, n/4)
	}
	var err error
	if r.lab, err = lab.Start(t.Context(), world, lab.Options{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.lab.Close(); err != nil {
			t.Error(err)
		}
	})
	database := pgtest.NewDatabase(t)
	r.store = openedStore(t, database)
	doc, err := importPortfolio(t.Context(), r.store, &csv, false, now)
	if err != nil || len(doc.Errors) > 0 {
		t.Fatal(err, doc.Errors)
	}
	for _, name := range r.names {
		w, err := r.store.WatchedByName(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		r.ids = append(r.ids, w.Domain.ID)
	}
	// Two servers at a time, so that neither process can take all four.
	r.settings = append(openAllDay(r.lab.Endpoints(), database, now), "DEEDWATCH_ENGINE_REGISTRY_WORKERS=2", "DEEDWATCH_ENGINE_RESCUE_AFTER="+workersRescueAfter)
	return r
}

func (r *workersRun) run() {
	defer r.verifyPoliteness() // also when it goes wrong before
	first, second := startProgram(r.T, r.settings, "work"), startProgram(r.T, r.settings, "work")
	rounds := 0
	shared := func() bool {
		by := r.lookedBy(time.Time{})
		return by[first.worker()] > workersNames/10 && by[second.worker()] > workersNames/10
	}
	for ; rounds < 3 || rounds < 8 && !shared(); rounds++ {
		r.round(rounds == 0)
	}
	by := r.lookedBy(time.Time{})
	if !shared() || len(by) != 2 {
		r.Errorf("the looks were not shared: %v", by)
	}
	r.Logf("FIGURE two workers: %d names looked at %d times, shared %d to %d", workersNames, rounds, by[first.worker()], by[second.worker()])

	killed := r.killInTheMiddle(first, second)
	if took, ok := r.finished(killed.began, workersRescued); !ok {
		r.Errorf("%d names of %d were not looked at within %s of the kill", workersNames-r.answered(killed.began), workersNames, workersRescued)
	} else {
		r.Logf("FIGURE two workers: one killed with SIGKILL %d looks into a round of %d; %d servers taken over, nothing undone %.0f s after the kill (rescue_after %s)",
			killed.done, workersNames, r.takenOver(), took.Seconds(), workersRescueAfter)
	}
	if r.takenOver() == 0 {
		r.Error("the killed process held no registry server: the test has not met the case it is about")
	}
	if err := killed.survivor.stop(); err != nil {
		r.Errorf("the survivor did not end well: %v", err)
	}
}

// round makes every name due, which new ones are by themselves, and waits until all are looked at.
func (r *workersRun) round(isNew bool) {
	r.Helper()
	var began time.Time
	if !isNew {
		began = time.Now()
		r.allDue()
	}
	if _, ok := r.finished(began, time.Minute); !ok {
		r.Fatalf("after a minute only %d of %d names were looked at", r.answered(began), workersNames)
	}
}

func (r *workersRun) allDue() {
	r.Helper()
	if err := r.store.Recheck(r.Context(), r.ids, time.Now()); err != nil {
		r.Fatal(err)
	}
}

// workersKill is what a kill left behind.
type workersKill struct {
	began    time.Time // of the round
	done     int       // looks of the round at the kill
	survivor *process
}

// killInTheMiddle makes every name due and kills a process that has a registry server in hand.
func (r *workersRun) killInTheMiddle(first, second *process) workersKill {
	r.Helper()
	k := workersKill{began: time.Now()}
	r.allDue()
	var victim *process
	if !within(30*time.Second, 5*time.Millisecond, func() bool {
		by := r.lookedBy(k.began)
		victim, k.survivor = first, second
		if by[second.worker()] > by[first.worker()] {
			victim, k.survivor = second, first
		}
		k.done = by[first.worker()] + by[second.worker()]
		return by[victim.worker()] >= workersNames/20
	}) {
		r.Fatal("no process came to look")
	}
	if !victim.kill() {
		r.Fatalf("the program ended by itself:\n%s", victim.tail())
	}
	return k
}

// takenOver counts the registry servers that a second process took from a dead one.
func (r *workersRun) takenOver() (n int) {
	r.Helper()
	if err := r.store.Pool().QueryRow(r.Context(), `SELECT count(*) FROM river_job WHERE queue = $1 AND attempt > 1`, jobRegistration).Scan(&n); err != nil {
		r.Fatal(err)
	}
	return n
}

// finished waits until every name was looked at since an instant, and says how long that took.
func (r *workersRun) finished(since time.Time, limit time.Duration) (took time.Duration, ok bool) {
	r.Helper()
	began := time.Now()
	ok = within(limit, 100*time.Millisecond, func() bool { return r.answered(since) == workersNames })
	return time.Since(began), ok
}

// answered counts the names with an answer since an instant.
func (r *workersRun) answered(since time.Time) (n int) {
	r.Helper()
	err := r.store.Pool().QueryRow(r.Context(), `SELECT count(DISTINCT domain_id) FROM observations WHERE kind IN ('rdap', 'whois') AND outcome = $1 AND at >= $2`,
		string(models.OutcomeOK), since).Scan(&n)
	if err != nil {
		r.Fatal(err)
	}
	return n
}

// lookedBy counts the answered looks at registries since an instant, by worker.
func (r *workersRun) lookedBy(since time.Time) map[string]int {
	r.Helper()
	rows, err := r.store.Pool().Query(r.Context(), `SELECT worker, count(*) FROM observations WHERE kind IN ('rdap', 'whois') AND outcome = $1 AND at >= $2 GROUP BY worker`,
		string(models.OutcomeOK), since)
	if err != nil {
		r.Fatal(err)
	}
	defer rows.Close()
	by := map[string]int{}
	for rows.Next() {
		var worker string
		var n int
		if err := rows.Scan(&worker, &n); err != nil {
			r.Fatal(err)
		}
		by[worker] = n
	}
	if err := rows.Err(); err != nil {
		r.Fatal(err)
	}
	return by
}

// verifyPoliteness holds what the registries saw against the rule that nobody asks them twice at once.
func (r *workersRun) verifyPoliteness() {
	requests, most := 0, 0
	for _, s := range workersSuffixes {
		c := r.lab.Counter(s.kind, s.name)
		if c.MaxOverlap != 1 {
			r.Errorf("%s of %s was asked %d times, up to %d at once", s.kind, s.name, c.Requests, c.MaxOverlap)
		}
		requests, most = requests+c.Requests, max(most, c.MaxOverlap)
	}
	for _, c := range r.lab.Counters() { // a suffix served under another name would have escaped
		known := slices.ContainsFunc(workersSuffixes, func(s struct{ name, kind string }) bool { return s.kind == c.Kind && s.name == c.Server })
		if (c.Kind == lab.KindRDAP || c.Kind == lab.KindWHOIS) && !known && c.Server != lab.RDAPBootstrapService {
			r.Errorf("a registry server beside the four: %+v", c)
		}
	}
	r.Logf("FIGURE two workers: %d questions to %d registry servers, at most %d at one server at once", requests, len(workersSuffixes), most)
}
