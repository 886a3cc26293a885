package dns

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns/batch"
	"github.com/krestmarketing/deedwatch/monitor/dns/wire"
)

// Unchanged asks the parent and every authoritative server of many domains at once whether everything is as it stands, and reports each
// domain by the number of its lot and its place there, in the order in which they end, from several goroutines. The next lot is taken as
// soon as there is room for its first questions: no lot waits for the lost answers of the one before. It returns when all are reported. What
// can't be compared, or was not asked because ctx ended, is reported as not still so; the end of ctx ends it at once, and no further lot
// is taken. The rate of every server, operator and network is held, together with whole looks that go on at the same time. The error is
// that no socket could be opened; then no lot was taken.
func (p *Prober) Unchanged(ctx context.Context, lots iter.Seq[[]models.Standing], report func(lot, i int, s models.Still)) error {
	t, err := batch.New(batch.Options{Timeout: p.opts.Timeout, Tries: 1}) // pace asks again
	if err != nil {
		return err
	}
	defer t.Close()
	w := sweep{p: p, ctx: ctx, report: report, hasher: t.Hasher(), pace: newPace(ctx, p, t)}
	w.window.freed = make(chan struct{}, 1)
	defer w.pace.close()
	lot := 0
	for list := range lots {
		w.take(lot, list)
		if lot++; ctx.Err() != nil {
			break
		}
	}
	ended := make(chan struct{})
	go func() { w.running.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		w.pace.close() // ends what waits for its turn
		t.Close()      // and what was sent
		<-ended
	}
	return nil
}

// take begins to ask about a lot.
func (w *sweep) take(lot int, list []models.Standing) {
	w.prepare(list)
	for i := range list {
		c, why := w.plan(&list[i])
		if why != "" {
			w.report(lot, i, models.Still{Why: why})
			continue
		}
		if !w.window.enter(w.ctx, len(c.queries)) {
			w.free(c)
			w.report(lot, i, models.Still{Why: cutOff})
			continue
		}
		c.lot, c.i = lot, i
		w.running.Add(1)
		w.start(c)
	}
}

// errDead says that a question was not asked since its server does not answer.
var errDead = errors.New("no answer in time to others before, so that it was not asked")

// errMoot says that a question was not asked since another answer differs: the domain is looked at whole in any case.
var errMoot = errors.New("not asked, since it differs elsewhere")

const cutOff = "the sweep was cut short"

// sweep is one call of Unchanged.
type sweep struct {
	p       *Prober
	hasher  *wire.Hasher
	pace    *pace
	spare   spareChecks
	scratch []byte          // of plan, which one goroutine runs
	at      []target        // the same
	ctx     context.Context //nolint:containedctx // lives as long as the call
	report  func(lot, i int, s models.Still)
	window  window
	running sync.WaitGroup
	hosts   map[string]addressSet    // of a lot: server name, without the last dot -> addresses
	peers   map[netip.AddrPort]*peer // what plan has asked the pacer for
	parent  map[string]parentServers // by the name above a domain, likewise
}

// prepare finds the addresses of every server name and of every parent's servers in a lot, each once.
func (w *sweep) prepare(list []models.Standing) {
	names, parents := map[string]string{}, map[string]string{}
	for i := range list {
		domain := lowerName(list[i].Domain)
		parents[above(domain)] = domain
		for _, ns := range list[i].NS {
			names[lowerName(ns)] = domain
		}
	}
	w.hosts, w.parent, w.peers = map[string]addressSet{}, map[string]parentServers{}, map[netip.AddrPort]*peer{}
	var mu sync.Mutex
	w.each(parents, func(above, domain string) {
		servers := w.findParent(above+".", domain+".")
		mu.Lock()
		w.parent[above] = servers
		mu.Unlock()
	})
	w.each(names, func(name, _ string) {
		set := w.p.newSession().addresses(w.ctx, name+".", nil)
		mu.Lock()
		w.hosts[name] = set
		mu.Unlock()
	})
}

// above gives the name above another, both without the last dot.
func above(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	return rest
}

// each runs fn for every pair, many at once.
func (w *sweep) each(pairs map[string]string, fn func(key, value string)) {
	slots := make(chan struct{}, 64)
	var wg sync.WaitGroup
	for key, value := range pairs {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			fn(key, value)
		})
	}
	wg.Wait()
}

// parentServers are where the delegations of a zone are asked for.
type parentServers struct {
	zone  []byte // wire form
	addrs []target
}

// target is where a question goes.
type target struct {
	to   netip.AddrPort
	peer *peer
}

func (t target) at(to netip.AddrPort) bool { return t.to == to }

// findParent finds the servers of the zone that delegates a domain: the one above it, or one further up.
func (w *sweep) findParent(above, domain string) parentServers {
	s := w.p.newSession()
	c, _ := s.start(above)
	if c.zone != above {
		v := s.askParent(w.ctx, domain)
		if c = v.zone; c == nil || !v.outcome.Answered() {
			return parentServers{}
		}
	}
	known, unknown := s.known(c)
	for _, name := range unknown[:min(len(unknown), maxUnresolved)] {
		for _, addr := range s.addresses(w.ctx, name, nil).addrs {
			known = append(known, server{name: name, addr: addr})
		}
	}
	zone, err := wire.AppendName(nil, c.zone)
	if err != nil {
		return parentServers{}
	}
	out := parentServers{zone: zone}
	for _, srv := range known {
		if to, err := w.p.endpoint(srv); err == nil && !w.p.cutOff(srv.addr) && !slices.ContainsFunc(out.addrs, func(t target) bool { return t.at(to) }) {
			out.addrs = append(out.addrs, target{to, w.p.pacer.peer(to, srv.name)})
		}
	}
	return out
}

// standingCheck is one domain under way. It is used again for the next one.
type standingCheck struct {
	w       *sweep
	lot, i  int
	queries []checkQuery
	names   []byte // what is asked for, in wire form, one behind the other
	left    atomic.Int32
	moot    atomic.Bool // an answer differs: what still waits to be asked need not be
}

// checkQuery is one question with the answer that is expected.
type checkQuery struct {
	batch.Query
	check  *standingCheck
	peer   *peer
	tries  int  // queries sent
	plain  bool // asked in small letters, since folded or for the last time
	folded bool // an answer did not repeat the case of the letters
	bare   bool // asked without EDNS after the server did not know it
	kind   wire.Kind
	digest uint64
	count  int
	soa    bool
	what   record // for people, when it is not so
}

// record names what a question is about.
type record struct{ host, rtype string }

func (r record) String() string {
	if r.rtype == "" {
		return r.host
	}
	return r.host + " " + r.rtype
}

// plan lays out the questions about one domain; why says what keeps it from being compared.
func (w *sweep) plan(st *models.Standing) (c *standingCheck, why string) {
	if len(st.NS) == 0 {
		return nil, "the delegation is not known yet"
	}
	parent := w.parent[above(lowerName(st.Domain))]
	if len(parent.addrs) == 0 {
		return nil, "the parent's servers are not known"
	}
	ns, ok := w.digest("NS", st.NS)
	if !ok {
		return nil, "the name servers can't be compared"
	}
	addrs, why := w.addresses(st.NS)
	if why != "" {
		return nil, why
	}
	c = w.check(1 + len(addrs)*(2+len(st.Records)))
	domain, ok := c.name(st.Domain)
	if !ok {
		w.free(c)
		return nil, "the name can't be asked for in plain form"
	}
	to := parent.addrs[rand.IntN(len(parent.addrs))] //nolint:gosec // spreads load
	c.add(checkQuery{kind: wire.Referral, digest: ns, count: len(st.NS), what: record{host: "the delegation"}}, to, domain, parent.zone, wire.TypeNS)
	c.queries[0].DNSSEC = true
	for _, to := range addrs {
		c.add(checkQuery{kind: wire.Data, digest: ns, count: len(st.NS), what: record{host: "the name servers that the zone names"}}, to, domain, domain, wire.TypeNS)
		c.add(checkQuery{kind: wire.Data, count: 1, soa: true, what: record{host: "the zone's serial"}}, to, domain, domain, wire.TypeSOA)
	}
	for j := range st.Records {
		if why := c.record(&st.Records[j], addrs, domain); why != "" {
			w.free(c)
			return nil, why
		}
	}
	return c, ""
}

// record adds the questions about one expected record.
func (c *standingCheck) record(r *models.ExpectedRecord, addrs []target, domain []byte) (why string) {
	rtype, known := typeOf(r.Type)
	values, ok := standingValues(r)
	if !known || !ok || rtype == dns.TypeNS {
		return r.Host + " " + r.Type + " must be looked at whole"
	}
	host, plain := c.name(r.Host)
	digest, ok := c.w.digest(r.Type, values)
	if !plain || !ok {
		return r.Host + " " + r.Type + " can't be compared"
	}
	for _, to := range addrs {
		c.add(checkQuery{kind: wire.Data, digest: digest, count: len(values), what: record{r.Host, r.Type}}, to, host, domain, rtype)
	}
	return ""
}

// check gives an empty check with room for n questions.
func (w *sweep) check(n int) *standingCheck {
	c := w.spare.take()
	if c == nil {
		c = &standingCheck{w: w}
	}
	c.names = c.names[:0]
	c.queries = slices.Grow(c.queries[:0], n)
	c.moot.Store(false)
	return c
}

// free keeps a check for another domain.
func (w *sweep) free(c *standingCheck) { w.spare.put(c) }

// name appends a name in wire form to those of the check; the memory of earlier ones may move, which their slices survive.
func (c *standingCheck) name(text string) ([]byte, bool) {
	from := len(c.names)
	names, err := wire.AppendName(c.names, text)
	c.names = names
	return names[from:len(names):len(names)], err == nil
}

// add puts a question behind the others. Its place may have served another one: that one's memory is used again.
func (c *standingCheck) add(what checkQuery, to target, name, zone []byte, rtype uint16) {
	c.queries = c.queries[:len(c.queries)+1]
	q := &c.queries[len(c.queries)-1]
	q.kind, q.digest, q.count, q.soa, q.what = what.kind, what.digest, what.count, what.soa, what.what
	q.peer, q.tries, q.plain, q.folded, q.bare = to.peer, 0, false, false, false
	q.To, q.Name, q.Zone, q.Type, q.DNSSEC = to.to, name, zone, rtype, false
	q.check, q.Owner, q.Done = c, q, queryEnded
}

// queryEnded hands an answer to the question that it belongs to.
func queryEnded(q *batch.Query) {
	if c, ok := q.Owner.(*checkQuery); ok && c.check.w.pace.answered(c) {
		if c.differs() != "" {
			c.check.moot.Store(true)
		}
		c.ended()
	}
}

// fail ends a question that is not asked any more.
func (q *checkQuery) fail(err error) {
	q.Err = err
	q.check.moot.Store(true)
	q.ended()
}

// addresses gives where a domain's servers are asked, until the next domain.
func (w *sweep) addresses(ns []string) (out []target, why string) {
	out = w.at[:0]
	defer func() { w.at = out[:0] }()
	for _, name := range ns {
		set := w.hosts[lowerName(name)]
		if set.kind != AnswerData || set.alias != "" {
			return nil, "the name server " + name + " has no usable address"
		}
		before := len(out)
		for _, addr := range set.addrs {
			if addr.Is6() && (!w.p.opts.IPv6 || w.p.cutOff(addr)) {
				continue
			}
			to, err := w.p.endpoint(server{name: name, addr: addr})
			if err != nil || slices.ContainsFunc(out, func(t target) bool { return t.at(to) }) {
				return nil, "the addresses of the name servers must be looked at whole"
			}
			out = append(out, target{to, w.peer(to, name)})
		}
		if len(out) == before {
			return nil, "the name server " + name + " has no address that can be asked"
		}
	}
	return out, ""
}

// peer asks the pacer for a server, once a lot.
func (w *sweep) peer(to netip.AddrPort, name string) *peer {
	pr, ok := w.peers[to]
	if !ok {
		pr = w.p.pacer.peer(to, name)
		w.peers[to] = pr
	}
	return pr
}

// start sends a domain's questions.
func (w *sweep) start(c *standingCheck) {
	c.left.Store(int32(len(c.queries))) //nolint:gosec // bounded by servers and records
	for i := range c.queries {
		w.pace.submit(&c.queries[i])
	}
}

// ended compares the answers when the last one is there, and reports the domain.
func (q *checkQuery) ended() {
	c := q.check
	c.w.window.queryEnded()
	if c.left.Add(-1) > 0 {
		return
	}
	w := c.w
	w.report(c.lot, c.i, c.verdict())
	w.free(c)
	w.window.checkEnded()
	w.running.Done()
}

// verdict names the first answer that is not the expected one.
func (c *standingCheck) verdict() (s models.Still) {
	var serial *uint32
	for i := range c.queries {
		q := &c.queries[i]
		s.Queries += q.tries
		differs := q.differs()
		if q.soa && differs == "" {
			if serial != nil && *serial != q.Answer.Serial {
				differs = q.what.String() + " at " + q.To.String() + ": another one than at the server before"
			}
			serial = &q.Answer.Serial
		}
		if s.Why == "" && !errors.Is(q.Err, errMoot) {
			s.Why = differs
		}
	}
	return s
}

// differs says how an answer is not the expected one; empty: it is.
func (q *checkQuery) differs() string {
	a := &q.Answer
	switch {
	case q.Err != nil:
		return q.what.String() + " at " + q.To.String() + ": " + q.Err.Error()
	case a.Kind == wire.Data && q.kind == wire.Referral && a.Digest == q.digest && a.Count == q.count:
		return "" // one set of servers serves the parent and the zone
	case a.Kind == q.kind && a.Count == q.count && a.DS == 0 && (q.soa || a.Digest == q.digest):
		return ""
	}
	return q.what.String() + " at " + q.To.String() + ": another answer"
}
