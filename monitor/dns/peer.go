package dns

import (
	"net/netip"
	"sync"
	"time"
)

// What is remembered of a server, and for how long.
const (
	suspectAfter = 3                // time-outs in a row, without any answer between: it may be dead
	deadFor      = 30 * time.Second // after a probe that found it silent
	habitFor     = time.Hour        // that it does not repeat the case of letters, or does not speak EDNS
	idleAfter    = 10 * time.Minute // it may be forgotten
)

// peer is what is known of one server address. Its budgets and counts belong to the pacer.
type peer struct {
	to         netip.AddrPort
	budgets    []*budget // its own, its operator's, its network's; guarded by pacer.mu
	asked, bad int       // of the present window; guarded by pacer.mu

	mu      sync.Mutex
	last    time.Time // of an answer or a time-out; at first, when it became known
	silent  int       // time-outs in a row
	dead    time.Time // until when it is not asked
	verdict reply     // of the probe that found it dead
	probing chan struct{}
	plain   time.Time     // until when it is asked in small letters
	bare    time.Time     // until when it is asked without EDNS
	trip    time.Duration // of question and answer, the last ones counting most; zero: not known
}

// gate says whether a server may be asked.
type gate int

const (
	gateOpen  gate = iota
	gateDead       // it was probed a moment ago, in vain
	gateProbe      // it went silent: it is to be probed before anything else is asked
	gateWait       // a probe is under way
)

// gate says whether the server may be asked now.
func (pr *peer) gate(now time.Time) gate {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.gateLocked(now)
}

func (pr *peer) gateLocked(now time.Time) gate {
	switch {
	case pr.probing != nil:
		return gateWait
	case now.Before(pr.dead):
		return gateDead
	case pr.silent >= suspectAfter:
		return gateProbe
	default:
		return gateOpen
	}
}

// enter is gate, and begins the probe that it asks for: the caller that gets gateProbe must make one, and end it.
func (pr *peer) enter(now time.Time) (g gate, under <-chan struct{}, verdict reply) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	g = pr.gateLocked(now)
	if g == gateProbe {
		pr.probing = make(chan struct{})
	}
	return g, pr.probing, pr.verdict
}

// probed ends a probe. One that was cut short says nothing: the next caller probes again.
func (pr *peer) probed(now time.Time, r reply) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	close(pr.probing)
	pr.probing, pr.last = nil, now
	switch r.kind {
	case AnswerNotAsked:
	case AnswerTimeout, AnswerUnreachable:
		pr.dead = now.Add(deadFor)
		pr.verdict = reply{kind: r.kind, how: r.how, detail: r.detail + "; so it was at " + now.UTC().Format("15:04:05") + " UTC, and it is not asked again for " + deadFor.String()}
	default: // it says something
		pr.silent = 0
	}
}

// answered notes that the server said something.
func (pr *peer) answered(now time.Time) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.silent, pr.last, pr.dead = 0, now, time.Time{}
}

// answeredIn notes that the server said something, and how soon.
func (pr *peer) answeredIn(now time.Time, took time.Duration) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.silent, pr.last, pr.dead = 0, now, time.Time{}
	if pr.trip == 0 {
		pr.trip = took
	} else {
		pr.trip += (took - pr.trip) / 8 // as TCP smooths it (RFC 6298 section 2)
	}
}

// answersIn reports whether the server is known to answer within a time.
func (pr *peer) answersIn(limit time.Duration) bool {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.trip > 0 && pr.trip < limit
}

// timedOut notes that the server did not answer a query.
func (pr *peer) timedOut(now time.Time) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.silent, pr.last = pr.silent+1, now
}

// form is how a question is put to a server.
type form struct {
	bare  bool // without EDNS
	plain bool // in small letters
}

// form gives what the server is used to.
func (pr *peer) form(now time.Time) form {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return form{bare: now.Before(pr.bare), plain: now.Before(pr.plain)}
}

// used remembers the form in which the server answered, where that is not the usual one.
func (pr *peer) used(now time.Time, f form) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if f.bare {
		pr.bare = now.Add(habitFor)
	}
	if f.plain {
		pr.plain = now.Add(habitFor)
	}
}

func (pr *peer) idle(now time.Time) bool {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.probing == nil && now.Sub(pr.last) > idleAfter
}
