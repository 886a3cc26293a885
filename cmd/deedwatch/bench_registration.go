package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

// benchRegistrationCmd measures looks at registrations.
type benchRegistrationCmd struct {
	benchFlags
	Domains int  `help:"Names in the store." default:"10000" placeholder:"N"`
	Plan    bool `help:"Measure nothing: reckon for 10,000, 100,000 and 1,000,000 names how many looks a day go to which server, and how long a sweep takes."`
	Looks   int  `help:"Names of each protocol that are looked at in a repetition; 0 looks at all of them." default:"1000" placeholder:"N"`
}

// liftedPace stands in for the limit of the lab's servers, which are ours: a second and server.
const liftedPace = 1e6

const mostDomains = 2_000_000

func (c *benchRegistrationCmd) check() error {
	least := len(plantedSuffixes)
	if c.Domains < least || c.Domains > mostDomains {
		return usage("--domains must be %d to %d", least, mostDomains)
	}
	if c.Looks < 0 {
		return usage("--looks must not be negative")
	}
	return c.benchFlags.check()
}

// wrong is an answer or a verdict that is not the planted truth: the measurement is worth nothing then.
func wrong(format string, args ...any) error {
	return &exitError{code: exitProblems, msg: "wrong result: " + fmt.Sprintf(format, args...)}
}

// benchRegistrationDoc is what was measured.
type benchRegistrationDoc struct {
	Bench    string          `json:"bench"`
	Machine  benchMachine    `json:"machine"`
	Pace     string          `json:"pace"`
	Domains  int             `json:"domains"`
	Looked   int             `json:"looked_at"` // of them, in each repetition
	Reps     int             `json:"reps"`
	Looks    []benchLook     `json:"looks"`
	KeptOpen benchConnection `json:"rdap_connections"`
	Memory   []benchHeld     `json:"memory"`
	Parse    []benchParse    `json:"parse"`
	Verified int             `json:"verified"` // verdicts that were compared with the planted truth; all were right
}

// benchLook is one kind of look.
type benchLook struct {
	Kind   string `json:"kind"`   // rdap, rdap_tls, whois
	Store  string `json:"store"`  // engine into which it was judged and recorded; empty: the look alone
	Stored string `json:"stored"` // "first" or "again" where it was recorded
	benchCost
}

type benchConnection struct {
	Looks   int     `json:"looks"`
	Opened  int     `json:"opened"`
	Per1000 float64 `json:"per_1000_looks"`
}

type benchHeld struct {
	Store string `json:"store"`
	benchMemory
}

// Run plans, or measures and exits 1 when anything came out wrong.
func (c *benchRegistrationCmd) Run(ctx context.Context, root *cli, s streams) error {
	if c.Plan {
		return c.plan(ctx, root, s)
	}
	return c.measure(ctx, s)
}

func (c *benchRegistrationCmd) measure(ctx context.Context, s streams) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	world, err := startWorld(ctx, s, "registration", "--domains="+strconv.Itoa(c.Domains), "--now="+now.Format(time.RFC3339))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.close()) }()
	b, err := newRegistrationBench(c, world, now)
	if err != nil {
		return err
	}
	stores, err := openBenchStores(ctx, c.Postgres)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeBenchStores(context.WithoutCancel(ctx), stores)) }()
	doc, err := b.run(ctx, stores)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, doc)
	}
	return doc.print(s.out)
}

// registrationBench is one measurement in progress.
type registrationBench struct {
	*benchRegistrationCmd
	world  *benchWorld
	cfg    configs.Config
	looks  looks
	tls    *rdap.Client
	truth  map[string]planted
	due    []planted            // looked at in every repetition
	later  []planted            // in the store, and not due
	byKind map[string][]planted // due, by protocol
	now    time.Time
}

func newRegistrationBench(c *benchRegistrationCmd, world *benchWorld, now time.Time) (*registrationBench, error) {
	b := &registrationBench{benchRegistrationCmd: c, world: world, cfg: labConfig(world.Endpoints.lab()), truth: map[string]planted{}, byKind: map[string][]planted{}, now: now}
	b.cfg.RDAP.PerSecond, b.cfg.WHOIS.PerSecond = liftedPace, liftedPace
	b.cfg.RDAP.Timeout, b.cfg.WHOIS.Timeout = time.Minute, time.Minute // a busy machine is slow, not wrong
	var err error
	if b.looks, err = newLooks(b.cfg, time.Now, discardLog); err != nil {
		return nil, err
	}
	if b.tls, err = tlsClient(b.cfg, world.Endpoints); err != nil {
		return nil, err
	}
	_, all := plantRegistrations(c.Domains, now)
	n := len(all)
	if kinds := 2; c.Looks > 0 {
		n = min(n, kinds*c.Looks)
	}
	b.due, b.later = all[:n], all[n:]
	for i, p := range b.due {
		b.truth[p.name] = p
		kind := plantedSuffixes[i%len(plantedSuffixes)].kind
		b.byKind[kind] = append(b.byKind[kind], p)
	}
	return b, nil
}

// tlsClient asks all registries over HTTPS.
func tlsClient(c configs.Config, e benchEndpoints) (*rdap.Client, error) {
	roots, err := certPool(e.RDAPCertificate)
	if err != nil {
		return nil, err
	}
	overrides := map[string]string{}
	for suffix := range e.RDAPOverrides {
		overrides[suffix] = e.RDAPTLSBaseURL
	}
	g := guard.New(c.Network.AllowPrivate)
	return rdap.New(rdap.Options{
		HTTP:      g.HTTPClient(guard.HTTPOptions{Timeout: c.RDAP.Timeout, UserAgent: c.Network.UserAgent, RootCAs: roots}),
		Bootstrap: c.RDAP.Bootstrap, Overrides: overrides, Timeout: c.RDAP.Timeout, Clock: time.Now,
	})
}

// run measures the looks alone, then what reading takes, then the looks with all that follows from them, into each store.
func (b *registrationBench) run(ctx context.Context, stores []*benchStore) (benchRegistrationDoc, error) {
	doc := benchRegistrationDoc{
		Bench: "registration", Machine: thisMachine(), Domains: b.Domains, Looked: len(b.due), Reps: b.Reps,
		Pace: fmt.Sprintf("limits are lifted for the lab's own servers alone; as shipped the product asks a registry server %g times a second over RDAP and %g over WHOIS",
			configs.Default().RDAP.PerSecond, configs.Default().WHOIS.PerSecond),
	}
	var recording []*recordedSweep
	for _, st := range stores {
		r, err := b.newSweep(ctx, st)
		if err != nil {
			return doc, err
		}
		recording = append(recording, r)
	}
	err := b.profiled(func() error { return b.repeat(ctx, &doc, recording) })
	if err != nil {
		return doc, err
	}
	for _, r := range recording {
		held, err := r.hold(ctx)
		if err != nil {
			return doc, err
		}
		doc.Memory = append(doc.Memory, held)
		n, err := r.verify(ctx)
		if err != nil {
			return doc, err
		}
		doc.Verified += n
	}
	return doc, nil
}

// lookKind is one protocol to be measured by the look alone.
type lookKind struct {
	name  string
	look  func(context.Context, string) models.Look
	names []planted
	host  string // the one server of all names; empty: one for each suffix
	runs  series
}

// repeat measures everything by turns, so that what else this machine does strikes all alike.
func (b *registrationBench) repeat(ctx context.Context, doc *benchRegistrationDoc, recording []*recordedSweep) error {
	kinds := []*lookKind{
		{name: "rdap", look: b.looks.rdap.Look, names: b.byKind[lab.KindRDAP]},
		{name: "rdap_tls", look: b.tls.Look, names: b.byKind[lab.KindRDAP], host: b.world.Endpoints.RDAPTLSBaseURL},
		{name: "whois", look: b.looks.whois.Look, names: b.byKind[lab.KindWHOIS]},
	}
	for rep := range b.Reps {
		for _, k := range kinds {
			before, err := b.world.counters(ctx)
			if err != nil {
				return err
			}
			c, err := measure(len(k.names), func() error { return b.lookAll(ctx, k) })
			if err != nil {
				return err
			}
			k.runs = append(k.runs, c)
			after, err := b.world.counters(ctx)
			if err != nil {
				return err
			}
			if k.name == "rdap" {
				doc.KeptOpen.Looks += after.RDAPRequests - before.RDAPRequests
				doc.KeptOpen.Opened += after.RDAPConnections - before.RDAPConnections
			}
		}
		for _, r := range recording {
			if err := r.repeat(ctx, rep); err != nil {
				return err
			}
		}
	}
	doc.KeptOpen.Per1000 = 1000 * float64(doc.KeptOpen.Opened) / float64(max(doc.KeptOpen.Looks, 1))
	for _, k := range kinds {
		doc.Looks = append(doc.Looks, benchLook{Kind: k.name, benchCost: k.runs.cost()})
	}
	for _, r := range recording {
		doc.Looks = append(doc.Looks, r.results()...)
	}
	for _, k := range []*lookKind{kinds[0], kinds[2]} {
		p, err := b.measureParse(ctx, k)
		if err != nil {
			return err
		}
		doc.Parse = append(doc.Parse, p)
	}
	return nil
}

// parsedAnswers is how many different answers are read again.
const parsedAnswers = 100

func (b *registrationBench) measureParse(ctx context.Context, k *lookKind) (benchParse, error) {
	answers := make([]models.Look, 0, parsedAnswers)
	for _, p := range k.names[:min(parsedAnswers, len(k.names))] {
		l := k.look(ctx, p.name)
		if err := b.right(&l); err != nil {
			return benchParse{}, err
		}
		answers = append(answers, l)
	}
	return measureParse(k.name, answers, b.Reps, b.now)
}
