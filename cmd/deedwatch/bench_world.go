package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/lab"
)

// benchWorldCmd serves a world to measure against. It ends with its standard input, so that it never outlives the process that started it.
type benchWorldCmd struct {
	Kind    string    `arg:"" enum:"registration" help:"Which world."`
	Domains int       `help:"How many names it has." required:""`
	Now     time.Time `help:"The instant from which its dates are counted." required:""`
}

// benchWorldDoc tells the measuring process where everything is. It is the one document on standard output.
type benchWorldDoc struct {
	Endpoints benchEndpoints `json:"endpoints"`
	Counters  string         `json:"counters"` // URL of benchCounters
}

// benchEndpoints are a lab's endpoints on their way to another process.
type benchEndpoints struct {
	RootHints        []string          `json:"root_hints"`
	DNSPort          int               `json:"dns_port"`
	AddressMap       map[string]string `json:"address_map"`
	RDAPBootstrapURL string            `json:"rdap_bootstrap"`
	RDAPOverrides    map[string]string `json:"rdap"`
	WHOISServers     map[string]string `json:"whois"`
	RDAPTLSBaseURL   string            `json:"rdap_tls"`
	RDAPCertificate  []byte            `json:"rdap_certificate"`
	SMTPAddr         string            `json:"smtp"`
}

func (e benchEndpoints) lab() lab.Endpoints {
	return lab.Endpoints{
		RootHints: e.RootHints, DNSPort: e.DNSPort, AddressMap: e.AddressMap, RDAPBootstrapURL: e.RDAPBootstrapURL, RDAPOverrides: e.RDAPOverrides,
		WHOISServers: e.WHOISServers, RDAPTLSBaseURL: e.RDAPTLSBaseURL, RDAPCertificate: e.RDAPCertificate, SMTPAddr: e.SMTPAddr,
	}
}

// benchCounters are what the servers counted until now.
type benchCounters struct {
	RDAPRequests    int   `json:"rdap_requests"`
	RDAPConnections int   `json:"rdap_connections"`
	WHOISRequests   int   `json:"whois_requests"`
	CPUMicros       int64 `json:"cpu_us"` // of the servers' process
}

// Run serves until standard input ends.
func (c *benchWorldCmd) Run(ctx context.Context, s streams) (err error) {
	log := newLogger(configs.Log{Level: "warn", Format: "text"}, s.err)
	if s.in != nil {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		go func() {
			defer stop()
			_, _ = io.Copy(io.Discard, s.in)
		}()
	}
	world, _ := plantRegistrations(c.Domains, c.Now)
	l, err := lab.Start(ctx, world, lab.Options{Now: time.Now, Logger: log})
	if err != nil {
		return fmt.Errorf("start the world: %w", err)
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	at, err := listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /counters", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(countersOf(l)) })
	server := newHTTPServer(mux, log)
	served := make(chan error, 1)
	go func() { served <- server.Serve(at) }()
	defer func() { err = errors.Join(err, server.Close(), ignoreClosed(<-served)) }()
	e := l.Endpoints()
	doc := benchWorldDoc{Counters: "http://" + at.Addr().String() + "/counters", Endpoints: benchEndpoints{
		e.RootHints, e.DNSPort, e.AddressMap, e.RDAPBootstrapURL, e.RDAPOverrides, e.WHOISServers, e.RDAPTLSBaseURL, e.RDAPCertificate, e.SMTPAddr,
	}}
	if err := json.NewEncoder(s.out).Encode(doc); err != nil {
		return fmt.Errorf("tell where the world is: %w", err)
	}
	<-ctx.Done()
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func countersOf(l *lab.Lab) benchCounters {
	sum := benchCounters{CPUMicros: processCPU().Microseconds()}
	for _, c := range l.Counters() {
		switch c.Kind {
		case lab.KindRDAP:
			sum.RDAPRequests += c.Requests
			sum.RDAPConnections += c.Connections
		case lab.KindWHOIS:
			sum.WHOISRequests += c.Requests
		}
	}
	return sum
}
