package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

// maxAnswer is the most that is read of a recorded answer, in bytes; the parsers get no more from the network either.
const maxAnswer = 1 << 20

// parseCmd reads one recorded answer. It exits 0 whenever it printed its document.
type parseCmd struct {
	WHOIS parseWHOISCmd `cmd:"" name:"whois" help:"Read a WHOIS answer."`
	RDAP  parseRDAPCmd  `cmd:"" name:"rdap" help:"Read an RDAP answer's body."`
}

type parseWHOISCmd struct {
	Domain string `required:"" help:"The name that was asked for." placeholder:"NAME"`
	Server string `help:"The server that answered, when it is known." placeholder:"HOST"`
	JSON   bool   `name:"json" help:"Print one JSON document."`
}

type parseRDAPCmd struct {
	Domain string `required:"" help:"The name that was asked for." placeholder:"NAME"`
	Status int    `help:"HTTP status of the answer." default:"200"`
	JSON   bool   `name:"json" help:"Print one JSON document."`
}

// Run reads the answer from standard input and prints what it states.
func (c *parseWHOISCmd) Run(s streams) error {
	name, text, err := parseInput(c.Domain, s.in)
	if err != nil {
		return err
	}
	return printLook(s.out, whois.Parse(name, c.Server, text, time.Now()), c.JSON)
}

// Run reads the body from standard input and prints what it states.
func (c *parseRDAPCmd) Run(s streams) error {
	name, body, err := parseInput(c.Domain, s.in)
	if err != nil {
		return err
	}
	return printLook(s.out, rdap.Parse(name, c.Status, http.Header{}, body, time.Now()), c.JSON)
}

// parseInput normalises the name and reads the answer. Names that registries answered for although they are registrable for nobody
// (a suffix of their own) are taken as they stand.
func parseInput(domain string, in io.Reader) (name string, answer []byte, err error) {
	name = domain
	if n, err := catalog.ParseName(domain); err == nil {
		name = n.Host
	}
	answer, err = io.ReadAll(io.LimitReader(in, maxAnswer))
	if err != nil {
		return "", nil, fmt.Errorf("read standard input: %w", err)
	}
	return name, answer, nil
}

// registrationDoc is the contract's shape of what one answer states. Absent values are null or [], never missing.
type registrationDoc struct {
	Domain             string     `json:"domain"`
	Outcome            string     `json:"outcome"`
	Registered         *bool      `json:"registered"`
	ExpiresAt          *time.Time `json:"expires_at"`
	RegistrarExpiresAt *time.Time `json:"registrar_expires_at"`
	CreatedAt          *time.Time `json:"created_at"`
	UpdatedAt          *time.Time `json:"updated_at"`
	Registrar          *string    `json:"registrar"`
	Statuses           []string   `json:"statuses"`
	Nameservers        []string   `json:"nameservers"`
	DNSSEC             string     `json:"dnssec"`
	Throttled          bool       `json:"throttled"`
	Skipped            []string   `json:"skipped"`
}

func lookDoc(l models.Look) registrationDoc {
	d := registrationDoc{
		Domain: l.Domain, Outcome: string(l.Outcome), Statuses: []string{}, Nameservers: []string{}, DNSSEC: string(models.DNSSECUnknown),
		Throttled: l.Outcome == models.OutcomeThrottled, Skipped: list(l.Skipped),
	}
	if l.Outcome.Answered() {
		registered := l.Outcome == models.OutcomeOK
		if l.Facts != nil && l.Facts.Registered != nil {
			registered = registered && *l.Facts.Registered
		}
		d.Registered = &registered
	}
	f := l.Facts
	if f == nil || !l.Outcome.Answered() {
		return d
	}
	d.ExpiresAt, d.RegistrarExpiresAt, d.CreatedAt, d.UpdatedAt = f.ExpiresAt, f.RegistrarExpiresAt, f.CreatedAt, f.UpdatedAt
	if f.Registrar != "" {
		d.Registrar = &f.Registrar
	}
	d.Statuses, d.Nameservers, d.Skipped = list(f.Statuses), list(f.Nameservers), list(f.Skipped)
	if f.DNSSEC != "" {
		d.DNSSEC = string(f.DNSSEC)
	}
	return d
}

// list gives an empty list for nil, so that JSON shows [].
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return slices.Clone(s)
}

func printLook(w io.Writer, l models.Look, asJSON bool) error {
	d := lookDoc(l)
	if asJSON {
		return printJSON(w, d)
	}
	say := printer{w: w}
	say.line("%s: %s", d.Domain, d.Outcome)
	if l.Detail != "" {
		say.line("  %s", l.Detail)
	}
	say.date("expires", d.ExpiresAt)
	say.date("registrar says", d.RegistrarExpiresAt)
	say.date("created", d.CreatedAt)
	if d.Registrar != nil {
		say.line("  registrar: %s", *d.Registrar)
	}
	say.words("statuses", d.Statuses)
	say.words("name servers", d.Nameservers)
	say.words("not understood", d.Skipped)
	return say.err
}

func printJSON(w io.Writer, doc any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(doc); err != nil {
		return fmt.Errorf("print the document: %w", err)
	}
	return nil
}
