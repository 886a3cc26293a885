package monitor

import (
	"math"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Limit is how a server may be asked: spaced by PerSecond, and within every one of Windows.
type Limit struct {
	PerSecond float64  // our own pace: turns are at least 1/PerSecond apart; default 1
	Windows   []Window // allowances of the server's, or ours
	Shared    string   // the name under which servers that count together are remembered; empty: the server's own
}

// Window is an allowance: at most N questions in any interval of the length Per, wherever it begins. A window without a positive N and Per
// allows anything.
type Window struct {
	N   int
	Per time.Duration
}

const (
	// margin is by which part a window is kept to more strictly than it says: a question leaves somewhat after its turn, takes a varying
	// time to arrive, and the clock of a process that starts anew may be wrong.
	margin = 10
	// burstShare is the part of a window that may be used up at once; the rest is spread evenly, so that who becomes due late in the day
	// never finds the day used up.
	burstShare = 20
	// longestGrace is how late a turn may be used where no window asks for better.
	longestGrace = time.Second
)

// allowance is a generic cell rate: at most burst turns at once, and one more every step. In any interval of length L there are at most
// burst + ceil(L/step) - 1.
type allowance struct {
	per   time.Duration // zero: the spacing
	most  int           // turns in per
	burst int
	step  time.Duration
}

// reach is how many turns may be taken at once.
func (a allowance) reach(spare bool) int {
	if spare {
		return a.burst - a.burst/2
	}
	return a.burst
}

// allowances are what a turn at a server must satisfy. A window gives the step at which burst + ceil(per/step) - 1 is N for an interval that
// is longer by the margin.
func (l Limit) allowances() []allowance {
	perSecond := l.PerSecond
	if perSecond <= 0 || math.IsNaN(perSecond) {
		perSecond = 1
	}
	all := []allowance{{most: 1, burst: 1, step: time.Duration(min(max(float64(time.Second)/perSecond, 1), float64(day)))}}
	for i, w := range l.Windows {
		if w.N <= 0 || w.Per <= 0 || slices.ContainsFunc(l.Windows, func(o Window) bool { return o.Per == w.Per && o.N > 0 && o.N < w.N }) ||
			slices.Contains(l.Windows[:i], w) {
			continue // says nothing beside a stricter one
		}
		burst, per := max(1, w.N/burstShare), w.Per+w.Per/margin
		turns := time.Duration(w.N - burst + 1)
		all = append(all, allowance{per: w.Per, most: w.N, burst: burst, step: (per + turns - 1) / turns})
	}
	return all
}

// Grace is how late a turn may be used: later than that, it has lapsed, since the questions around it would come too close.
func (l Limit) Grace() time.Duration {
	grace := longestGrace
	for _, w := range l.Windows {
		if w.N > 0 && w.Per > 0 {
			grace = min(grace, w.Per/margin/2)
		}
	}
	return grace
}

// Rate is how many questions a second a server is asked at most for hours on end.
func (l Limit) Rate() float64 {
	rate := math.Inf(1)
	for _, a := range l.allowances() {
		rate = min(rate, float64(time.Second)/float64(a.step))
	}
	return rate
}

// Turn asks for the next moment at which a server may be asked.
type Turn struct {
	Now    time.Time // by the asking process's clock
	Not    time.Time // not before this one
	Before time.Time // not after this one: a later turn is not taken
	Spare  bool      // leave half of every burst to those who ask for more urgent names
}

// Slot is what a Turn came to.
type Slot struct {
	At    time.Time     // when the server may be asked, by the clock that Ahead brings Turn.Now to
	Taken bool          // false: At is after Turn.Before, and nothing was taken
	Ahead time.Duration // by how much another clock, of a worker or of a time before the clock was set back, is ahead of Turn.Now
}

// TakeTurn takes the next turn at a server. The state holds one mark for each allowance and is all that has to outlive a process. Time is
// only believed to go on: an instant before the last one seen counts as that one, and the slot says by how much the asking process must
// put its clock forward (for this purpose) to go on from there. A clock that jumps ahead gives at most the burst of each allowance.
func TakeTurn(p models.Pace, l Limit, t Turn) (models.Pace, Slot) {
	now := t.Now
	var slot Slot
	if p.Seen.After(now) {
		now, slot.Ahead = p.Seen, p.Seen.Sub(now)
	}
	slot.At = now
	if not := t.Not.Add(slot.Ahead); not.After(slot.At) {
		slot.At = not
	}
	all := l.allowances()
	marks := make([]models.Mark, len(all))
	for i, a := range all {
		marks[i] = markOf(&p, a)
		if free := marks[i].Until.Add(-time.Duration(a.reach(t.Spare)-1) * a.step); free.After(slot.At) {
			slot.At = free
		}
	}
	if slot.At.After(t.Before.Add(slot.Ahead)) {
		return p, slot
	}
	for i := range marks {
		if slot.At.After(marks[i].Until) {
			marks[i].Until = slot.At
		}
		marks[i].Until = marks[i].Until.Add(marks[i].Step)
	}
	slot.Taken = true
	return models.Pace{Seen: now, Marks: marks}, slot
}

// markOf gives the mark of an allowance. When its step was another one (the limits were changed), what is taken is reckoned anew, turn by
// turn.
func markOf(p *models.Pace, a allowance) models.Mark {
	i := slices.IndexFunc(p.Marks, func(m models.Mark) bool { return m.Per == a.per })
	if i < 0 {
		return models.Mark{Per: a.per, Step: a.step}
	}
	m := p.Marks[i]
	if taken := m.Until.Sub(p.Seen); m.Step != a.step && m.Step > 0 && taken > 0 {
		turns := min(math.Ceil(float64(taken)/float64(m.Step)), float64(a.most))
		m.Until = p.Seen.Add(time.Duration(turns) * a.step)
	}
	m.Step = a.step
	return m
}
