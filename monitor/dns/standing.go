package dns

import (
	"context"
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
// domain, in the order in which they end, from several goroutines. It returns when all are reported. What can't be compared, or was not
// asked because ctx ended, is reported as not still so. The rate of every server address is held, together with whole looks that go on at
// the same time. The error is that no socket could be opened; then nothing was reported.
func (p *Prober) Unchanged(ctx context.Context, list []models.Standing, report func(i int, s models.Still)) error {
	t, err := batch.New(batch.Options{Timeout: p.opts.Timeout, Tries: p.opts.Retries + 1})
	if err != nil {
		return err
	}
	defer t.Close()
	w := sweep{p: p, ctx: ctx, report: report, window: make(chan struct{}, sweepWindow), hasher: t.Hasher(), pace: newPace(p.pacer, t)}
	defer w.pace.close()
	w.prepare(list)
	var running sync.WaitGroup
	for i := range list {
		c, why := w.plan(i, &list[i])
		if why != "" {
			report(i, models.Still{Why: why})
			continue
		}
		select {
		case w.window <- struct{}{}:
		case <-ctx.Done():
			report(i, models.Still{Why: "the sweep was cut short"})
			continue
		}
		running.Add(1)
		c.done = running.Done
		w.start(c)
	}
	ended := make(chan struct{})
	go func() { running.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		w.pace.close() // what was sent ends in time, what waits for its turn now
		<-ended
	}
	return nil
}

// sweepWindow is how many domains are asked about at once: about twenty questions each.
const sweepWindow = 512

// sweep is one call of Unchanged.
type sweep struct {
	p      *Prober
	hasher *wire.Hasher
	pace   *pace
	ctx    context.Context //nolint:containedctx // lives as long as the call
	report func(int, models.Still)
	window chan struct{}
	hosts  map[string]addressSet    // server name -> addresses
	parent map[string]parentServers // by the name above a domain
}

// prepare finds the addresses of every server name and of every parent's servers, each once.
func (w *sweep) prepare(list []models.Standing) {
	names, parents := map[string]string{}, map[string]string{}
	for i := range list {
		domain := fqdn(list[i].Domain)
		parents[parentName(domain)] = domain
		for _, ns := range list[i].NS {
			names[fqdn(ns)] = domain
		}
	}
	w.hosts, w.parent = map[string]addressSet{}, map[string]parentServers{}
	var mu sync.Mutex
	w.each(parents, func(above, domain string) {
		servers := w.findParent(above, domain)
		mu.Lock()
		w.parent[above] = servers
		mu.Unlock()
	})
	w.each(names, func(name, _ string) {
		set := w.p.newSession().addresses(w.ctx, name, nil)
		mu.Lock()
		w.hosts[name] = set
		mu.Unlock()
	})
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
	addrs []netip.AddrPort
}

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
		if to, err := w.p.endpoint(srv); err == nil && !slices.Contains(out.addrs, to) {
			out.addrs = append(out.addrs, to)
		}
	}
	return out
}

// standingCheck is one domain under way.
type standingCheck struct {
	w       *sweep
	i       int
	queries []checkQuery
	left    atomic.Int32
	why     atomic.Pointer[string]
	serial  atomic.Uint64 // of the first SOA, plus one
	done    func()
}

// checkQuery is one question with the answer that is expected.
type checkQuery struct {
	batch.Query
	check  *standingCheck
	kind   wire.Kind
	digest uint64
	count  int
	soa    bool
	what   string // for people, when it is not so
}

// plan lays out the questions about one domain; why says what keeps it from being compared.
func (w *sweep) plan(i int, st *models.Standing) (c *standingCheck, why string) {
	domain, err := wire.AppendName(nil, st.Domain)
	if err != nil || len(st.NS) == 0 {
		return nil, "the delegation is not known yet"
	}
	parent := w.parent[parentName(fqdn(st.Domain))]
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
	c = &standingCheck{w: w, i: i, queries: make([]checkQuery, 0, 1+len(addrs)*(2+len(st.Records)))}
	to := parent.addrs[rand.IntN(len(parent.addrs))] //nolint:gosec // spreads load
	c.add(checkQuery{kind: wire.Referral, digest: ns, count: len(st.NS), what: "the delegation"}, to, domain, parent.zone, wire.TypeNS)
	c.queries[0].DNSSEC = true
	for _, to := range addrs {
		c.add(checkQuery{kind: wire.Data, digest: ns, count: len(st.NS), what: "the name servers that the zone names"}, to, domain, domain, wire.TypeNS)
		c.add(checkQuery{kind: wire.Data, count: 1, soa: true, what: "the zone's serial"}, to, domain, domain, wire.TypeSOA)
	}
	for j := range st.Records {
		if why := c.record(&st.Records[j], addrs, domain); why != "" {
			return nil, why
		}
	}
	return c, ""
}

// record adds the questions about one expected record.
func (c *standingCheck) record(r *models.ExpectedRecord, addrs []netip.AddrPort, domain []byte) (why string) {
	rtype, known := typeOf(r.Type)
	values, ok := standingValues(r)
	if !known || !ok || rtype == dns.TypeNS {
		return r.Host + " " + r.Type + " must be looked at whole"
	}
	host, err := wire.AppendName(nil, r.Host)
	digest, ok := c.w.digest(r.Type, values)
	if err != nil || !ok {
		return r.Host + " " + r.Type + " can't be compared"
	}
	for _, to := range addrs {
		c.add(checkQuery{kind: wire.Data, digest: digest, count: len(values), what: r.Host + " " + r.Type}, to, host, domain, rtype)
	}
	return ""
}

func (c *standingCheck) add(q checkQuery, to netip.AddrPort, name, zone []byte, rtype uint16) {
	q.check, q.To, q.Name, q.Zone, q.Type = c, to, name, zone, rtype
	c.queries = append(c.queries, q)
}

// addresses gives where a domain's servers are asked.
func (w *sweep) addresses(ns []string) (out []netip.AddrPort, why string) {
	for _, name := range ns {
		set := w.hosts[fqdn(name)]
		if set.kind != AnswerData || set.alias != "" {
			return nil, "the name server " + name + " has no usable address"
		}
		for _, addr := range set.addrs {
			if addr.Is6() && !w.p.opts.IPv6 {
				continue
			}
			to, err := w.p.endpoint(server{name: name, addr: addr})
			if err != nil || slices.Contains(out, to) {
				return nil, "the addresses of the name servers must be looked at whole"
			}
			out = append(out, to)
		}
	}
	return out, ""
}

// start sends a domain's questions.
func (w *sweep) start(c *standingCheck) {
	c.left.Store(int32(len(c.queries))) //nolint:gosec // bounded by servers and records
	for i := range c.queries {
		q := &c.queries[i]
		q.Done = func(*batch.Query) { q.ended() }
		w.pace.submit(&q.Query)
	}
}

// ended compares one answer, and reports the domain with the last one.
func (q *checkQuery) ended() {
	c := q.check
	if why := q.differs(); why != "" {
		c.why.CompareAndSwap(nil, &why)
	}
	if c.left.Add(-1) > 0 {
		return
	}
	s := models.Still{}
	for i := range c.queries {
		s.Queries += c.queries[i].Tries
	}
	if why := c.why.Load(); why != nil {
		s.Why = *why
	}
	c.w.report(c.i, s)
	<-c.w.window
	c.done()
}

// differs says how an answer is not the expected one; empty: it is.
func (q *checkQuery) differs() string {
	a := &q.Answer
	switch {
	case q.Err != nil:
		return q.what + " at " + q.To.String() + ": " + q.Err.Error()
	case a.Kind == wire.Data && q.kind == wire.Referral: // one set of servers serves the parent and the zone
		if a.Digest == q.digest && a.Count == q.count {
			return ""
		}
	case a.Kind != q.kind || a.Count != q.count || a.DS > 0:
	case q.soa:
		if first := q.check.serial.Swap(uint64(a.Serial) + 1); first == 0 || first == uint64(a.Serial)+1 {
			return ""
		}
	case a.Digest == q.digest:
		return ""
	}
	return q.what + " at " + q.To.String() + ": another answer"
}

// standingValues gives the set that every server answered when the record was last found right.
func standingValues(r *models.ExpectedRecord) ([]string, bool) {
	if r.State != models.RecordOK || r.Pending != "" {
		return nil, false
	}
	if r.Match == models.MatchExact {
		return r.Values, len(r.Values) > 0
	}
	var set []string
	for _, values := range r.Seen {
		values = slices.Sorted(slices.Values(values))
		if len(values) == 0 || len(values) >= maxSeenValues || slices.ContainsFunc(values, func(v string) bool { return len(v) >= maxSeenBytes || strings.HasPrefix(v, "<") }) {
			return nil, false
		}
		if set != nil && !slices.Equal(set, values) {
			return nil, false
		}
		set = values
	}
	return set, len(set) > 0
}

// digest reduces a set of canonical values to what an answer with just these is reduced to.
func (w *sweep) digest(rrtype string, values []string) (uint64, bool) {
	rtype, ok := typeOf(rrtype)
	if !ok {
		return 0, false
	}
	data := make([][]byte, 0, len(values))
	for _, v := range values {
		d, ok := canonicalData(rtype, v)
		if !ok {
			return 0, false
		}
		data = append(data, d)
	}
	return w.hasher.Set(rtype, data), true
}

// canonicalData turns a canonical value into the canonical data of its record.
func canonicalData(rtype uint16, value string) ([]byte, bool) {
	switch rtype {
	case dns.TypeA, dns.TypeAAAA:
		addr, err := netip.ParseAddr(value)
		return addr.AsSlice(), err == nil && addr.Is4() == (rtype == dns.TypeA)
	case dns.TypeTXT:
		return unescape(value), true
	case dns.TypeNS, dns.TypeCNAME:
		d, err := wire.AppendName(nil, value)
		return d, err == nil
	}
	rr, err := dns.NewRR(". 0 IN " + typeName(rtype) + " " + value)
	if err != nil || rr == nil {
		return nil, false
	}
	packed := make([]byte, dns.Len(rr)+1)
	n, err := dns.PackRR(rr, packed, 0, nil, false)
	if err != nil {
		return nil, false
	}
	return wire.Canonical(packed[:n])
}
