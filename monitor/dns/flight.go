package dns

import (
	"context"
	"net/netip"
	"sync"
)

// flights lets looks that ask one server the same question at the same time share one query. That saves queries, and it never puts two
// equal questions in flight, which would double a forger's chance.
type flights struct {
	mu      sync.Mutex
	running map[flightKey]*flight
}

type flightKey struct {
	to netip.AddrPort
	q  question
}

// flight is one shared query. It lives as long as anybody waits for it.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int // guarded by flights.mu
	reply   reply
}

// do runs fn, or waits for the run of another caller. A caller whose context ends leaves at once; the last one to leave cancels the run
// and waits until it has stopped, so that no goroutine outlives its look.
func (f *flights) do(ctx context.Context, key flightKey, fn func(context.Context) reply) reply {
	f.mu.Lock()
	fl, ok := f.running[key]
	if !ok {
		runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		fl = &flight{done: make(chan struct{}), cancel: cancel}
		f.running[key] = fl
		go f.run(runCtx, key, fl, fn)
	}
	fl.waiters++
	f.mu.Unlock()

	select {
	case <-fl.done:
		return fl.reply
	case <-ctx.Done():
	}
	if f.leave(key, fl) {
		fl.cancel()
		<-fl.done
	}
	return reply{kind: AnswerNotAsked, detail: "the look was cut short"}
}

func (f *flights) run(ctx context.Context, key flightKey, fl *flight, fn func(context.Context) reply) {
	defer fl.cancel()
	fl.reply = fn(ctx)
	f.mu.Lock()
	if f.running[key] == fl {
		delete(f.running, key)
	}
	f.mu.Unlock()
	close(fl.done)
}

// leave takes one waiter off and reports whether it was the last; a flight that is being cancelled gets no new waiters.
func (f *flights) leave(key flightKey, fl *flight) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl.waiters--
	if fl.waiters > 0 {
		return false
	}
	if f.running[key] == fl {
		delete(f.running, key)
	}
	return true
}
