package lab

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"
)

// Options are what a lab needs beside its world.
type Options struct {
	// Now is the lab's clock; states, journal and mails go by it. Required.
	Now func() time.Time
	// Logger takes what goes wrong in the lab itself; nil discards it.
	Logger *slog.Logger
	// PlainSMTP makes the mail server offer no STARTTLS.
	PlainSMTP bool
	// Journal is how many questions the journal remembers; default 8192.
	Journal int

	bindHost bindHost // tests set it to pretend a system without 127.77.0.0/16
}

// Endpoints tell where the lab answers.
type Endpoints struct {
	RootHints []string // IP addresses of the root servers
	DNSPort   int      // of all name servers, UDP and TCP; 0 when AddressMap is filled
	// AddressMap is filled only where 127.77.0.0/16 cannot be bound: name server
	// address -> IP:port that answers for it.
	AddressMap       map[string]string
	RDAPBootstrapURL string            // RFC 9224 file
	RDAPOverrides    map[string]string // suffix -> base URL, ending in a slash
	WHOISServers     map[string]string // suffix -> host:port
	RDAPTLSBaseURL   string            // RDAP of all suffixes over HTTPS, ending in a slash
	RDAPRootCAs      *x509.CertPool    // trusts the certificate of HTTPS and STARTTLS
	RDAPCertificate  []byte            // the same certificate in DER, for another process
	SMTPAddr         string
}

// Lab is a running small internet. Its methods are safe for concurrent use.
// The caller closes it.
type Lab struct {
	now       func() time.Time
	log       *slog.Logger
	ctx       context.Context
	cancel    context.CancelFunc
	closing   context.Context // outlives ctx while Close waits
	giveUp    context.CancelFunc
	wg        sync.WaitGroup
	closers   []func(ctx context.Context) error
	closeOnce sync.Once
	closeErr  error

	state     *state
	journal   *journal
	inbox     *inbox
	endpoints Endpoints
	cert      tls.Certificate
}

// Start serves the world on free ports of loopback. When it returns, everything
// answers. Cancelling ctx makes the lab fall silent; Close is still needed.
func Start(ctx context.Context, world World, opts Options) (*Lab, error) {
	l, err := newLab(ctx, opts)
	if err != nil {
		return nil, err
	}
	if l.state, err = newState(world); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	for _, start := range []func() error{
		func() error { return l.startDNS(opts.bindHost) }, l.startRDAP, l.startWHOIS,
		func() error { return l.startSMTP(world.SMTP, opts.PlainSMTP) },
	} {
		if err := start(); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

func newLab(ctx context.Context, opts Options) (*Lab, error) {
	if opts.Now == nil {
		return nil, errors.New("lab: Options.Now is required: the lab never reads the machine's clock for its world")
	}
	log := opts.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	l := &Lab{now: opts.Now, log: log, journal: newJournal(opts.Now, cmp.Or(opts.Journal, defaultJournal))}
	l.endpoints = Endpoints{RDAPOverrides: map[string]string{}, WHOISServers: map[string]string{}}
	var err error
	if l.cert, l.endpoints.RDAPRootCAs, err = newCertificate(opts.Now()); err != nil {
		return nil, err
	}
	l.endpoints.RDAPCertificate = l.cert.Certificate[0]
	l.ctx, l.cancel = context.WithCancel(ctx)
	l.closing, l.giveUp = context.WithCancel(context.WithoutCancel(ctx))
	return l, nil
}

func (l *Lab) startDNS(host bindHost) error {
	if host == nil {
		host = sameAddress
	}
	sockets, port, mapped, err := bindDNS(l.ctx, l.state.addresses, host)
	if err != nil {
		return err
	}
	l.endpoints.DNSPort, l.endpoints.AddressMap = port, mapped
	l.endpoints.RootHints = []string{l.state.hosts["a.root."], l.state.hosts["b.root."]}
	return l.serveDNS(sockets)
}

// onClose registers what Close does, last registered first. The context it
// gets bounds the waiting and outlives the lab's own.
func (l *Lab) onClose(f func(ctx context.Context) error) { l.closers = append(l.closers, f) }

// Close stops all servers and waits for their goroutines. It may be called
// again and returns the same error then.
func (l *Lab) Close() error {
	l.closeOnce.Do(func() {
		l.cancel()
		const patience = 3 * time.Second
		defer time.AfterFunc(patience, l.giveUp).Stop()
		defer l.giveUp()
		var errs []error
		for _, f := range slices.Backward(l.closers) {
			if err := f(l.closing); err != nil && !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
		l.wg.Wait()
		if err := errors.Join(errs...); err != nil {
			l.closeErr = fmt.Errorf("lab: close: %w", err)
		}
	})
	return l.closeErr
}

// Endpoints tells where the lab answers. The maps belong to the lab.
func (l *Lab) Endpoints() Endpoints { return l.endpoints }

// Now reads the lab's clock.
func (l *Lab) Now() time.Time { return l.now() }

// Journal returns the latest questions, oldest first, at most as many as Options.Journal says.
func (l *Lab) Journal() []Entry { return l.journal.entries() }

// Counters returns the counters of all servers that were asked, sorted.
func (l *Lab) Counters() []Counter { return l.journal.all() }

// Counter returns the counter of one server; all zero if it was never asked.
func (l *Lab) Counter(kind, server string) Counter { return l.journal.counter(kind, server) }
