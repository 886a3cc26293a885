package dashboard

import (
	"container/list"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter counts tries per key: burst at once, then one per interval. It remembers at most size keys, the least lately used one is forgotten
// first, so that a flood of keys costs no more than that. Safe for concurrent use.
type limiter struct {
	every rate.Limit
	burst int
	size  int

	mu    sync.Mutex
	order *list.List // of *limitEntry, latest used first
	byKey map[string]*list.Element
}

type limitEntry struct {
	key    string
	bucket *rate.Limiter
}

func newLimiter(interval time.Duration, burst, size int) *limiter {
	return &limiter{every: rate.Every(interval), burst: burst, size: size, order: list.New(), byKey: map[string]*list.Element{}}
}

// allow takes one try of the key, or reports false when there is none left at now.
func (l *limiter) allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.byKey[key]
	if !ok {
		if l.order.Len() >= l.size {
			last := l.order.Back()
			l.order.Remove(last)
			delete(l.byKey, last.Value.(*limitEntry).key)
		}
		e = l.order.PushFront(&limitEntry{key: key, bucket: rate.NewLimiter(l.every, l.burst)})
		l.byKey[key] = e
	}
	l.order.MoveToFront(e)
	return e.Value.(*limitEntry).bucket.AllowN(now, 1)
}

// forget gives a key all its tries back.
func (l *limiter) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.byKey[key]; ok {
		l.order.Remove(e)
		delete(l.byKey, key)
	}
}

// remoteHost is the address of the connection, without its port.
func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// addressKey is what tries are counted by: an IPv4 address, or the /64 that one IPv6 customer commonly has.
func addressKey(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}
