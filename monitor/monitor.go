package monitor

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// ServerUnsupported routes the names for whose suffix no registry server is known.
const ServerUnsupported = "unsupported"

// Store is what the loops need of the store.
type Store interface {
	ServersDue(ctx context.Context, now time.Time, limit int) ([]string, error)
	DomainsDue(ctx context.Context, server string, now time.Time, limit int) ([]int64, error)
	UnroutedDomains(ctx context.Context, limit int) ([]models.Domain, error)
	RouteDomains(ctx context.Context, server string, ids []int64) error
	WatchedByID(ctx context.Context, id int64) (models.Watched, error)
	RecordRegistration(ctx context.Context, rec models.RegistrationRecord) error
	RegistryServer(ctx context.Context, server string) (models.RegistryServer, error)
	ServerMemory
	DNSDue(ctx context.Context, now time.Time, limit int) ([]int64, error)
	StandingDue(ctx context.Context, now, wholeSince time.Time, after int64, limit int) ([]models.Standing, error)
	TouchDNS(ctx context.Context, ids []int64, at, next time.Time) error
	RecordDelegation(ctx context.Context, rec models.DelegationRecord) error
	// SilentZones gives the domains with an open finding of one of the codes, with all their open findings.
	SilentZones(ctx context.Context, codes []string) ([]models.SilentZone, error)
	// AnsweringNS gives the name servers of each domain that has the word in their names and whose servers answered since.
	AnsweringNS(ctx context.Context, word string, since time.Time) ([][]string, error)
	RecordFindings(ctx context.Context, changes []models.FindingChange, at time.Time) error
	JudgeDue(ctx context.Context, now time.Time, limit int) ([]int64, error)
	ShareTurnedBad(ctx context.Context, since time.Time) (bad, total int, err error)
	ActiveBrake(ctx context.Context) (*models.Brake, error)
	PullBrake(ctx context.Context, b models.Brake) error
}

// ServerMemory keeps what is remembered of servers.
type ServerMemory interface {
	// ChangeServer gives change what is remembered of a server, alone in the world, and stores what it returns unless changed is false.
	// What is then remembered is returned.
	ChangeServer(ctx context.Context, server string, change func(models.RegistryServer) (row models.RegistryServer, changed bool)) (models.RegistryServer, error)
}

// RegistrationLooker asks registries over one protocol. A look never fails: what went wrong is its outcome.
type RegistrationLooker interface {
	// Server names the server that is responsible for a domain; ok is false when none is known.
	Server(domain string) (server string, ok bool)
	Look(ctx context.Context, domain string) models.Look
}

// RDAPLooker also asks a registrar's RDAP, at the address that the registry gave.
type RDAPLooker interface {
	RegistrationLooker
	LookRelated(ctx context.Context, domain, address string) models.Look
}

// DNSLooker looks at a delegation and its expected records; the look's Records[i] belongs to expected[i].
type DNSLooker interface {
	Look(ctx context.Context, domain string, expected []models.ExpectedRecord) models.DelegationLook
}

// Options are the settings of a Monitor. The lookers are required; the store is not needed for CheckOnce.
type Options struct {
	Store        Store
	RDAP         RDAPLooker
	WHOIS        RegistrationLooker
	DNS          DNSLooker
	Lifecycle    func(domain string) LifecycleDays // default: GTLDDays for every name
	Limit        func(server string) Limit         // default: once a second
	Now          func() time.Time                  // required
	Wall         func() time.Time                  // real time, by which servers are paced whatever Now says; default Now
	Roll         func() float64                    // numbers in [0, 1) for the jitter; default: math/rand
	Worker       string                            // names this process in observations
	Logger       *slog.Logger                      // default: none
	Loc          *time.Location                    // the agency's zone, for the dates in findings; default UTC
	Brake        BrakeThresholds
	ConfirmAfter time.Duration // least time before a second DNS look confirms; default DefaultConfirmAfter
	LookMargin   time.Duration // LookServer begins no look this near to its deadline; default 15 seconds
	Batch        int           // how many rows a sweep takes at once; default 500
	Released     []string      // host names, addresses and prefixes that the agency gave back: what still points there is its own to put right
}

// Monitor runs the loops. It is safe for concurrent use; it starts no goroutines.
type Monitor struct {
	o       Options
	clock   *steadyClock
	servers ServerMemory
	targets targetMemory
}

// New checks the options and fills in the defaults.
func New(o Options) (*Monitor, error) {
	if o.RDAP == nil || o.WHOIS == nil || o.DNS == nil || o.Now == nil {
		return nil, errors.New("monitor: RDAP, WHOIS, DNS and Now must be given")
	}
	if o.Lifecycle == nil {
		o.Lifecycle = func(string) LifecycleDays { return GTLDDays() }
	}
	if o.Limit == nil {
		o.Limit = func(string) Limit { return Limit{} }
	}
	if o.Wall == nil {
		o.Wall = o.Now
	}
	if o.Roll == nil {
		o.Roll = rand.Float64
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Loc == nil {
		o.Loc = time.UTC
	}
	if o.LookMargin <= 0 {
		o.LookMargin = 15 * time.Second
	}
	if o.Batch <= 0 {
		o.Batch = 500
	}
	o.RDAP = byOrigin{o.RDAP}
	m := &Monitor{o: o, clock: newSteadyClock(o.Wall), servers: o.Store}
	if o.Store == nil {
		m.servers = &memoryServers{rows: map[string]models.RegistryServer{}}
	}
	return m, nil
}

// byOrigin names RDAP servers by the origin of their address: a host is asked at one pace, however many registries it answers for.
type byOrigin struct{ RDAPLooker }

// Server names the origin of the server that is responsible for a domain.
func (l byOrigin) Server(domain string) (server string, ok bool) {
	server, ok = l.RDAPLooker.Server(domain)
	return origin(server), ok
}

// origin cuts an address down to scheme, host and port; what is no address stays as it is.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return address
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}
