package dns

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"
)

// Defaults of Options, used for zero values.
const (
	DefaultPort        = 53
	DefaultTimeout     = 2 * time.Second
	DefaultRetries     = 2
	DefaultMaxQueries  = 800
	DefaultConcurrency = 256
)

// RootServer is one address at which the walk begins. Several rows may share a name.
type RootServer struct {
	Name string         // for the transcript; empty is fine
	Addr netip.AddrPort // port 0: Options.Port
}

// Options configure a Prober. The zero value looks at the public internet over IPv4.
type Options struct {
	// RootHints are where the walk begins. Empty: the 13 IANA root servers.
	RootHints []RootServer
	// Port is asked at every server. Zero: 53. A test network runs all its servers on one free port.
	Port uint16
	// AddressMap dials another address and port in place of the one that a zone states, for test networks. A mapped address is
	// dialled as configured: Refuse is not asked.
	AddressMap map[netip.Addr]netip.AddrPort
	// AllowPrivate lets looks go to loopback, private and reserved addresses. It has no effect when Refuse is set.
	AllowPrivate bool
	// Refuse returns an error for an address that must not be dialled. Nil: Private, unless AllowPrivate.
	Refuse func(netip.Addr) error
	// Timeout of one query. Zero: 2 s.
	Timeout time.Duration
	// Retries after the first query that was not answered. Zero: 2; negative: none.
	Retries int
	// MaxQueries bounds the questions of one look; a repeated or TCP query does not count again. Zero: 800.
	MaxQueries int
	// Concurrency bounds the queries in flight over all looks. Zero: 256.
	Concurrency int
	// PerServerRate is the most queries per second that one server address gets; its operator and its network get twice that. Zero:
	// UnknownRate, LargeRate at the servers of large operators; negative: no limit.
	PerServerRate float64
	// IPv6 asks the IPv6 addresses of servers too.
	IPv6 bool
	// Now is the clock that stamps looks and ages the cache. Nil: the wall clock.
	Now func() time.Time
	// Logger gets what is worth knowing of the prober itself. Nil: nothing is logged.
	Logger *slog.Logger
}

// Prober looks at domains. It is safe for concurrent use; its looks share one cache of delegations and server addresses. It runs no
// goroutine outside a look and needs no closing.
type Prober struct {
	opts    Options
	root    *cut
	cache   *cache
	flights *flights
	pacer   *pacer
	slots   chan struct{}
	log     *slog.Logger
	line    line
}

// New returns a Prober, or an error that names the option that cannot be used.
func New(o Options) (*Prober, error) {
	o.setDefaults()
	switch {
	case o.Timeout < 0:
		return nil, fmt.Errorf("dns: timeout %v is negative: state how long one query may take", o.Timeout)
	case o.MaxQueries < 0:
		return nil, fmt.Errorf("dns: max queries %d is negative: state how many questions one look may ask", o.MaxQueries)
	case o.Concurrency < 0:
		return nil, fmt.Errorf("dns: concurrency %d is negative: state how many queries may be in flight", o.Concurrency)
	}
	root, err := rootCut(o)
	if err != nil {
		return nil, err
	}
	return &Prober{
		opts:    o,
		root:    root,
		cache:   newCache(),
		flights: &flights{running: map[flightKey]*flight{}},
		pacer:   newPacer(o.PerServerRate, time.Now), //nolint:forbidigo // rates are of real time
		slots:   make(chan struct{}, o.Concurrency),
		log:     o.Logger,
	}, nil
}

func (o *Options) setDefaults() {
	if len(o.RootHints) == 0 {
		o.RootHints = DefaultRootHints()
	}
	if o.Port == 0 {
		o.Port = DefaultPort
	}
	if o.Refuse == nil && !o.AllowPrivate {
		o.Refuse = Private
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Retries == 0 {
		o.Retries = DefaultRetries
	}
	o.Retries = max(o.Retries, 0)
	if o.MaxQueries == 0 {
		o.MaxQueries = DefaultMaxQueries
	}
	if o.Concurrency == 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the default of the clock option itself
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

// rootCut turns the hints into the zone cut at which every walk can begin.
func rootCut(o Options) (*cut, error) {
	c := &cut{zone: "."}
	for _, h := range o.RootHints {
		if !h.Addr.Addr().IsValid() {
			return nil, errors.New("dns: a root hint has no address: give an IP address for each")
		}
		addr := h.Addr.Addr().Unmap()
		if addr.Is6() && !o.IPv6 {
			continue
		}
		s := server{name: h.Name, addr: addr}
		if port := h.Addr.Port(); port != 0 {
			s.port = port
		}
		c.hints = append(c.hints, s)
	}
	if len(c.hints) == 0 {
		return nil, errors.New("dns: the root hints hold IPv6 addresses only, and IPv6 is off: add IPv4 addresses or turn IPv6 on")
	}
	return c, nil
}
