package dns

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of the cache. It is infrastructure only: what a look states about its domain is always asked anew.
const (
	minCacheTTL      = time.Minute
	maxCacheTTL      = 24 * time.Hour
	maxNegativeCache = 5 * time.Minute
	maxCacheEntries  = 1 << 17
)

// server is one address of one name server.
type server struct {
	name string // lower case; with or without trailing dot
	addr netip.Addr
	port uint16 // zero: Options.Port
}

// label returns the server as models.Seen names it.
func (s server) label() string {
	if !s.addr.IsValid() {
		return shown(lowerName(s.name))
	}
	return shown(lowerName(s.name)) + " " + s.addr.String()
}

// shown bounds and escapes a name from outside for people.
func shown(name string) string { return escape(name, 255) }

// cut is a delegation: the zone and the servers that the parent names for it. It is not changed once it is made.
type cut struct {
	zone    string // lower case with trailing dot
	ns      []string
	more    int // names beyond the bound that were dropped
	glue    map[string][]netip.Addr
	hints   []server // the root's servers, in place of ns
	ttl     time.Duration
	expires time.Time
}

// addressSet is what is known of the addresses of a server name.
type addressSet struct {
	addrs   []netip.Addr
	alias   string     // the name is an alias for this one, which a server name must not be (RFC 2181 section 10.3)
	gone    string     // the registrable domain of the name, or of its alias, when the zone above it says that there is no such domain
	kind    AnswerKind // AnswerData, AnswerUnresolved (there are none), or why it could not be learnt
	detail  string
	ttl     time.Duration
	expires time.Time
}

// cache holds delegations and server addresses until their TTL ends, and what servers showed that is not asked of them often. It is safe for concurrent use.
type cache struct {
	transfers transfers
	tcpWorks  atomic.Bool // some server has answered over TCP

	mu    sync.Mutex
	cuts  map[string]*cut
	addrs map[string]addressSet
}

func newCache() *cache {
	return &cache{cuts: map[string]*cut{}, addrs: map[string]addressSet{}, transfers: transfers{seen: map[transferKey]transferSeen{}}}
}

// best returns the deepest live delegation that encloses name, nil when there is none below the root.
func (c *cache) best(name string, now time.Time) *cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ; name != "."; name = parentName(name) {
		if found, ok := c.cuts[name]; ok {
			if now.Before(found.expires) {
				return found
			}
			delete(c.cuts, name)
		}
	}
	return nil
}

// keep stores a delegation that was learnt now.
func (c *cache) keep(learnt *cut, now time.Time) {
	learnt.expires = now.Add(bounded(learnt.ttl, maxCacheTTL))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cuts[learnt.zone] = learnt
	evict(c.cuts, func(e *cut) bool { return !now.Before(e.expires) })
}

// drop forgets a delegation whose servers failed, so that its parent is asked again.
func (c *cache) drop(old *cut) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cuts[old.zone] == old {
		delete(c.cuts, old.zone)
	}
}

func (c *cache) addresses(name string, now time.Time) (addressSet, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	set, ok := c.addrs[name]
	if ok && !now.Before(set.expires) {
		delete(c.addrs, name)
		return addressSet{}, false
	}
	return set, ok
}

// keepAddresses stores the addresses of a name, or that it has none. Failures to learn them are not kept.
func (c *cache) keepAddresses(name string, set addressSet, now time.Time) {
	limit := maxCacheTTL
	switch set.kind {
	case AnswerData:
	case AnswerUnresolved:
		limit = maxNegativeCache
	default:
		return
	}
	set.expires = now.Add(bounded(set.ttl, limit))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addrs[name] = set
	evict(c.addrs, func(e addressSet) bool { return !now.Before(e.expires) })
}

func bounded(ttl, limit time.Duration) time.Duration {
	return min(max(ttl, minCacheTTL), limit)
}

// evict makes room in a full map: first what is old, then whatever comes, since all of it can be asked again.
func evict[K comparable, V any](m map[K]V, old func(V) bool) {
	if len(m) <= maxCacheEntries {
		return
	}
	for k, v := range m {
		if old(v) {
			delete(m, k)
		}
	}
	for k := range m {
		if len(m) <= maxCacheEntries*3/4 {
			return
		}
		delete(m, k)
	}
}
