package main

import (
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// The rules of design.md on a date at the registry that is later by a renewal, by hand.
const (
	yearRenewedBy = 300 * yearDay // what a renewal moves it by at the least
	yearOrderedBy = 640 * yearDay // what only an order does
	yearGrace     = 45 * yearDay  // in which a renewal of the registry's own can be taken back
)

// doubtful reports whether the registry shows a renewal that nobody confirmed: the date before it counts.
func (t *yearTruth) doubtful() bool {
	return t.due != nil && t.registry != nil && t.registry.Sub(*t.due) >= yearRenewedBy
}

// showed notes which date a look found at the registry, and what that makes of one that is later by a renewal. Registries renew by themselves
// when the date passes, so one that shows from a day before on counts when somebody confirms it only. When it shows depends on when looks came,
// which no fate can draw before.
func (y *year) showed(d *yearDomain, t *yearTruth) *yearTruth {
	if t.registry == nil {
		return t
	}
	i := slices.IndexFunc(d.truth, func(o yearTruth) bool { return o.from.Equal(t.from) })
	if before := d.shown; before == nil || !before.Equal(*t.registry) {
		d.shown, d.shownAt = t.registry, y.now
		if !d.registrar {
			y.weigh(d, i, before)
		}
	}
	if t = &d.truth[i]; t.doubtful() && !t.lapsing() && d.confirmed(t.cycle) {
		d.counts(i)
	}
	return &d.truth[i]
}

// confirmed reports whether the last answer in a cycle is that the name is renewed, given when the registry showed so.
func (d *yearDomain) confirmed(cycle int) bool {
	for _, a := range slices.Backward(d.answers) {
		if a.cycle == cycle {
			return a.kind == models.AnswerRenewed && !a.at.Before(d.shownAt)
		}
	}
	return false
}

// weigh settles whether the registry's date counts by itself, as there is no registrar who could confirm it.
func (y *year) weigh(d *yearDomain, i int, before *time.Time) {
	t, was := &d.truth[i], d.seen.due
	sure := before == nil || was == nil // on first sight there is no other
	if !sure {
		jump := t.registry.Sub(*before)
		if jump < yearRenewedBy {
			return
		}
		sure = jump >= yearOrderedBy || t.owner != d.seen.owner || y.wall().Before(was.Add(-yearDay)) || y.wall().After(was.Add(yearGrace))
	}
	switch {
	case !sure:
		d.doubts(i, *was)
	case t.doubtful():
		d.counts(i)
	}
}

// counts makes a date at the registry that was doubtful the one that counts: the cycle before it has ended.
func (d *yearDomain) counts(i int) {
	t := &d.truth[i]
	t.due, t.cycle = t.registry, t.cycle+1
	rest := d.truth[i+1:]
	switch {
	case len(rest) == 0:
	case rest[0].outlived:
		d.truth = slices.Delete(d.truth, i+1, i+2)
	case rest[0].cycle < t.cycle: // the registry takes it back later, in the cycle that has begun
		for k := range rest {
			rest[k].cycle++
		}
	}
}

// doubts makes the date before a renewal the one that counts, until the grace after it is over. What was said since is of that cycle.
func (d *yearDomain) doubts(i int, was time.Time) {
	t := &d.truth[i]
	if !t.doubtful() {
		t.cycle--
	}
	t.due = &was
	if i+1 < len(d.truth) && d.truth[i+1].outlived {
		d.truth = slices.Delete(d.truth, i+1, i+2)
	}
	d.truth = slices.Insert(d.truth, i+1, d.truth[i].outlives(was))
	for k := range d.answers {
		if a := &d.answers[k]; a.cycle > d.truth[i].cycle && !a.at.Before(d.truth[i].from) {
			a.cycle = d.truth[i].cycle
		}
	}
}

// outlives gives what is true when the registry still shows a renewal after the grace that followed a date.
func (t *yearTruth) outlives(was time.Time) yearTruth {
	over := *t
	over.from, over.what, over.outlived = was.Add(yearGrace), "outlived its grace: it was paid", true
	over.due, over.cycle = t.registry, t.cycle+1
	return over
}
