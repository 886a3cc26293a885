package lab

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// The kinds of servers in the journal.
const (
	KindDNS   = "dns"
	KindRDAP  = "rdap"
	KindWHOIS = "whois"
	KindSMTP  = "smtp"
)

// Entry is one question that reached a server of the lab.
type Entry struct {
	Start, End time.Time // of the real clock; End is zero while it is being answered
	LabTime    time.Time
	Kind       string // KindDNS, KindRDAP, KindWHOIS or KindSMTP
	// Server is the address of a name server, the suffix of an RDAP or WHOIS
	// service, "registrar:NAME", "bootstrap", or "inbox".
	Server   string
	Question string
	Answer   string // a summary
	Overlap  int    // questions in flight at that server when this one came, itself included
}

// Counter counts the questions to one server since the start, also those the
// journal has forgotten.
type Counter struct {
	Kind, Server string
	Requests     int
	InFlight     int
	MaxOverlap   int // most questions in flight at once
	Connections  int // taken in, of RDAP services alone
}

const defaultJournal = 8192

type serverKey struct{ kind, server string }

// journal is a bounded ring of entries. It is safe for concurrent use.
type journal struct {
	labNow   func() time.Time
	mu       sync.Mutex
	ring     []Entry
	next     int // index of the next entry, counted from the start
	counters map[serverKey]*Counter
}

func newJournal(labNow func() time.Time, size int) *journal {
	return &journal{labNow: labNow, ring: make([]Entry, 0, size), counters: map[serverKey]*Counter{}}
}

// realNow is the machine's clock: overlap and politeness happen in real time.
func realNow() time.Time {
	return time.Now()
}

// begin notes a question and returns the function that ends it. Servers end it
// just before the last byte leaves, so that a client that waits for an answer
// before it asks again never overlaps with itself.
func (j *journal) begin(kind, server, question string) func(answer string) {
	lab := j.labNow()
	j.mu.Lock()
	defer j.mu.Unlock()
	c := j.counterOf(kind, server)
	c.Requests++
	c.InFlight++
	c.MaxOverlap = max(c.MaxOverlap, c.InFlight)
	seq := j.add(Entry{Start: realNow(), LabTime: lab, Kind: kind, Server: server, Question: question, Overlap: c.InFlight})
	var once sync.Once
	return func(answer string) { once.Do(func() { j.end(seq, c, answer) }) }
}

// counterOf finds or begins a counter; mu must be held.
func (j *journal) counterOf(kind, server string) *Counter {
	key := serverKey{kind, server}
	c := j.counters[key]
	if c == nil {
		c = &Counter{Kind: kind, Server: server}
		j.counters[key] = c
	}
	return c
}

// connected notes a new connection.
func (j *journal) connected(kind, server string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.counterOf(kind, server).Connections++
}

func (j *journal) add(e Entry) int {
	seq := j.next
	j.next++
	if len(j.ring) < cap(j.ring) {
		j.ring = append(j.ring, e)
	} else {
		j.ring[seq%cap(j.ring)] = e
	}
	return seq
}

func (j *journal) end(seq int, c *Counter, answer string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	c.InFlight--
	if j.next-seq <= cap(j.ring) {
		e := &j.ring[seq%cap(j.ring)]
		e.End, e.Answer = realNow(), answer
	}
}

func (j *journal) entries() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.next <= cap(j.ring) {
		return slices.Clone(j.ring)
	}
	at := j.next % cap(j.ring)
	return append(slices.Clone(j.ring[at:]), j.ring[:at]...)
}

func (j *journal) all() []Counter {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]Counter, 0, len(j.counters))
	for _, c := range j.counters {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Counter) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Server, b.Server))
	})
	return out
}

func (j *journal) counter(kind, server string) Counter {
	j.mu.Lock()
	defer j.mu.Unlock()
	if c := j.counters[serverKey{kind, server}]; c != nil {
		return *c
	}
	return Counter{Kind: kind, Server: server}
}
