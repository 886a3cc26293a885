package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// checkAtOnce is how many names are looked at side by side.
const checkAtOnce = 8

type checkCmd struct {
	Names            []string `arg:"" help:"Names to look at; URLs and addresses will do." name:"name"`
	Expect           string   `help:"YAML list of expected records: {host, type, match, value}, or of connections: {connection, host, variables}." placeholder:"FILE" type:"path"`
	SkipRegistration bool     `help:"Do not ask RDAP and WHOIS."`
	SkipDNS          bool     `name:"skip-dns" help:"Do not ask DNS."`
	JSON             bool     `name:"json" help:"Print one JSON document."`
}

// Run looks at the names now. It exits 1 when it found problems, and 3 when there was something that it could not look at.
func (c *checkCmd) Run(ctx context.Context, root *cli, s streams) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	reader, err := newNames(cfg)
	if err != nil {
		return err
	}
	names, err := parseNames(c.Names, reader)
	if err != nil {
		return err
	}
	known, err := loadCatalogue(cfg)
	if err != nil {
		return err
	}
	expect, err := loadExpect(c.Expect, known, log)
	if err != nil {
		return err
	}
	l, err := newLooks(cfg, time.Now, log)
	if err != nil {
		return err
	}
	if !c.SkipRegistration {
		l.coverAll(ctx, names, log)
	}
	m, err := newMonitor(cfg, l, nil, time.Now, workerName(), log)
	if err != nil {
		return err
	}
	doc := checkDoc{CheckedAt: time.Now().UTC(), Domains: make([]domainDoc, len(names))}
	requests := make([]monitor.CheckRequest, len(names))
	for i, n := range names {
		records, err := expect.of(n, names)
		if err != nil {
			return err
		}
		requests[i] = monitor.CheckRequest{Domain: n.Registrable, Suffix: n.Suffix, Expected: records, SkipRegistration: c.SkipRegistration, SkipDNS: c.SkipDNS}
	}
	var wg sync.WaitGroup
	gate := make(chan struct{}, checkAtOnce)
	for i := range requests {
		wg.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			doc.Domains[i] = newDomainDoc(m.CheckOnce(ctx, requests[i]), requests[i])
		})
	}
	wg.Wait()
	if err := doc.print(s.out, c.JSON); err != nil {
		return err
	}
	return doc.verdict()
}

// coverAll fetches the list of RDAP servers when some name has neither an RDAP nor a WHOIS server by what is known already.
func (l looks) coverAll(ctx context.Context, names []catalog.Name, log *slog.Logger) {
	for _, n := range names {
		_, byRDAP := l.rdap.Server(n.Registrable)
		if _, byWHOIS := l.whois.Server(n.Registrable); byRDAP || byWHOIS {
			continue
		}
		if err := l.rdap.Refresh(ctx); err != nil {
			log.WarnContext(ctx, "the list of RDAP servers could not be fetched", "error", err)
		}
		return
	}
}

// parseNames reads the names given, each registrable one once.
func parseNames(given []string, reader *catalog.Names) ([]catalog.Name, error) {
	var names []catalog.Name
	for i, g := range given {
		n, err := reader.Parse(g)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		if !slices.ContainsFunc(names, func(o catalog.Name) bool { return o.Registrable == n.Registrable }) {
			names = append(names, n)
		}
	}
	return names, nil
}

// checkDoc is the contract's document of a check.
type checkDoc struct {
	CheckedAt time.Time   `json:"checked_at"`
	Domains   []domainDoc `json:"domains"`
}

type domainDoc struct {
	Domain       string         `json:"domain"`
	Registration *checkedRegDoc `json:"registration"` // null: skipped
	Delegation   *delegationDoc `json:"delegation"`   // null: skipped
	Records      []recordDoc    `json:"records"`
	Findings     []findingDoc   `json:"findings"`
	unlooked     bool           // something could not be looked at
	verdicts     []models.Verdict
}

type checkedRegDoc struct {
	registrationDoc
	Source          string     `json:"source"`
	Server          string     `json:"server"`
	Lifecycle       string     `json:"lifecycle"`
	EffectiveExpiry *time.Time `json:"effective_expiry"`
	ExpirySource    *string    `json:"expiry_source"`
	LastSafeDay     *time.Time `json:"last_safe_day"`
}

type delegationDoc struct {
	Outcome  string      `json:"outcome"`
	ParentNS []string    `json:"parent_ns"`
	ChildNS  []string    `json:"child_ns"`
	Servers  []serverDoc `json:"servers"`
	DNSSEC   string      `json:"dnssec"`
}

type serverDoc struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Outcome string `json:"outcome"`
	Detail  string `json:"detail,omitempty"`
}

type recordDoc struct {
	Host     string              `json:"host"`
	Type     string              `json:"type"`
	State    string              `json:"state"`
	Detail   string              `json:"detail,omitempty"`
	Expected []string            `json:"expected"`
	Seen     map[string][]string `json:"seen"`
	Repair   string              `json:"repair"` // text for a ticket; empty: nothing to put right, or nothing known
}

type findingDoc struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Subject  string `json:"subject"`
	Title    string `json:"title"`
	Detail   string `json:"detail"`
}

func newDomainDoc(r monitor.CheckResult, q monitor.CheckRequest) domainDoc {
	d := domainDoc{Domain: r.Domain, Records: []recordDoc{}, Findings: []findingDoc{}, verdicts: r.Verdicts}
	if !q.SkipRegistration {
		d.Registration = checkedReg(r)
		d.unlooked = !slices.ContainsFunc(r.Looks, func(l models.Look) bool { return l.Outcome.Answered() })
	}
	if r.Delegation != nil {
		d.Delegation = newDelegationDoc(r.Delegation)
		d.unlooked = d.unlooked || !r.Delegation.Outcome.Answered()
	}
	for i, e := range r.Records {
		doc := recordDoc{Host: e.Host, Type: e.Type, State: string(e.State), Detail: e.Detail, Expected: list(e.Values), Seen: map[string][]string{}}
		for server, values := range e.Seen {
			doc.Seen[server] = list(values)
		}
		if repair, ok := r.Repair(i); ok {
			doc.Repair = repair.Ticket
		}
		d.unlooked = d.unlooked || !e.State.Judged()
		d.Records = append(d.Records, doc)
	}
	for _, v := range r.Verdicts {
		d.Findings = append(d.Findings, findingDoc{v.Code, string(v.Severity), v.Subject, v.Title, v.Detail})
	}
	return d
}

// checkedReg shows the registry's look, with what the merged registration comes to.
func checkedReg(r monitor.CheckResult) *checkedRegDoc {
	doc := &checkedRegDoc{Lifecycle: string(r.Judgement.Lifecycle), EffectiveExpiry: r.Judgement.Expiry.At, LastSafeDay: r.Judgement.LastSafeDay}
	first := models.Look{Domain: r.Domain, Outcome: models.OutcomeUnsupported}
	if len(r.Looks) > 0 {
		first = r.Looks[0]
		if i := slices.IndexFunc(r.Looks, func(l models.Look) bool { return l.Outcome == models.OutcomeOK }); i >= 0 {
			first = r.Looks[i]
		}
	}
	doc.registrationDoc = lookDoc(first)
	doc.Source, doc.Server = string(first.Kind), first.Server
	if r.Registration != nil {
		doc.fillFrom(r.Registration)
	}
	if s := r.Judgement.Expiry.Source; s != models.ExpiryNone {
		text := string(s)
		doc.ExpirySource = &text
	}
	return doc
}

// fillFrom takes from the other sources what the look that is shown does not state.
func (d *checkedRegDoc) fillFrom(r *models.Registration) {
	d.ExpiresAt = cmp.Or(d.ExpiresAt, r.RegistryExpiry)
	d.CreatedAt = cmp.Or(d.CreatedAt, r.CreatedOn)
	d.UpdatedAt = cmp.Or(d.UpdatedAt, r.ChangedOn)
	if r.RegistrarExpiry != nil {
		d.RegistrarExpiresAt = r.RegistrarExpiry
	}
	if d.Registrar == nil && r.Registrar != "" {
		d.Registrar = &r.Registrar
	}
}

func newDelegationDoc(l *models.DelegationLook) *delegationDoc {
	doc := &delegationDoc{Outcome: string(l.Outcome), ParentNS: list(l.ParentNS), ChildNS: list(l.ChildNS), Servers: []serverDoc{}, DNSSEC: string(models.DNSSECUnknown)}
	if l.ChildSigned != "" {
		doc.DNSSEC = string(l.ChildSigned)
	}
	for _, s := range l.Servers {
		doc.Servers = append(doc.Servers, serverDoc{s.Name, s.Address, s.Outcome, s.Detail})
	}
	return doc
}

// notLooked are findings which say that a look gave no answer: they are no problem of the domain.
var notLooked = []string{monitor.CodeLookFailing, monitor.CodeSuffixUnsupported, monitor.CodeZoneUnreachable}

// verdict gives the exit code: problems come before what could not be looked at.
func (c checkDoc) verdict() error {
	unlooked := false
	for _, d := range c.Domains {
		for _, v := range d.verdicts {
			if v.Severity.Rank() > models.SeverityInfo.Rank() && !slices.Contains(notLooked, v.Code) {
				return &exitError{code: exitProblems}
			}
		}
		unlooked = unlooked || d.unlooked
	}
	if unlooked {
		return &exitError{code: exitNoLook}
	}
	return nil
}

func (c checkDoc) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, c)
	}
	say := printer{w: w}
	for _, d := range c.Domains {
		d.print(&say)
	}
	return say.err
}

func (d domainDoc) print(say *printer) {
	say.line("%s", d.Domain)
	if r := d.Registration; r != nil {
		say.line("  registration: %s, %s (%s %s)", r.Outcome, r.Lifecycle, orElse(r.Source, "no server"), r.Server)
		say.date("  expires", r.EffectiveExpiry)
		say.date("  last safe day", r.LastSafeDay)
		if r.Registrar != nil {
			say.line("    registrar: %s", *r.Registrar)
		}
	}
	if g := d.Delegation; g != nil {
		say.line("  delegation: %s, %s", g.Outcome, orElse(strings.Join(g.ParentNS, ", "), "none"))
		for _, s := range g.Servers {
			say.line("    %s %s: %s", s.Name, s.Address, s.Outcome)
		}
	}
	for _, r := range d.Records {
		say.line("  %s %s: %s", r.Host, r.Type, r.State)
		if r.Detail != "" {
			say.line("    %s", r.Detail)
		}
	}
	for _, f := range d.Findings {
		say.line("  [%s] %s", f.Severity, f.Title)
	}
}
