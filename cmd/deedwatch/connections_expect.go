package main

import (
	"log/slog"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/catalog/services"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
)

// connectionRecords gives the records that a connection needs, in the form in which they are compared, and what DNS does not show of it.
func connectionRecords(c *services.Catalogue, code, domain, host string, vars map[string]string) (records []models.ExpectedRecord, unchecked []string, err error) {
	s, err := serviceOf(c, code)
	if err != nil {
		return nil, nil, err
	}
	records, unchecked, err = services.Expect(s, domain, host, vars)
	if err != nil {
		return nil, nil, err
	}
	if s.Notes.NoRecords != "" {
		unchecked = append(unchecked, s.Title()+" has no records: "+s.Notes.NoRecords)
	}
	for i := range records {
		r := &records[i]
		for j, v := range r.Values {
			if r.Values[j], err = portfolio.Value(r.Type, r.Match, v, dns.Canonical); err != nil {
				return nil, nil, err
			}
		}
	}
	return records, unchecked, nil
}

// connectionRecords gives the records of an entry that names a connection.
func (x expectation) connectionRecords(c *services.Catalogue, domain string, log *slog.Logger) ([]models.ExpectedRecord, error) {
	if x.Type != "" || x.Match != "" || len(x.Value) > 0 {
		return nil, models.Invalid("connection", "brings its own records; leave out type, match and value")
	}
	host := portfolio.RecordHost(x.Host, domain)
	if host == "" {
		return nil, models.Invalid("host", "is no host name below %s", domain)
	}
	host = strings.TrimSuffix(strings.TrimSuffix(host, domain), ".")
	records, unchecked, err := connectionRecords(c, x.Connection, domain, host, x.Variables)
	for _, what := range unchecked {
		log.Warn("a part of the connection is not checked", "connection", x.Connection, "domain", domain, "what", what)
	}
	return records, err
}

type connectionsExpectCmd struct {
	Code      string   `arg:"" help:"Code of the service, or provider/service."`
	Domain    string   `arg:"" help:"Domain that it is connected to, or a host below it."`
	Variables []string `arg:"" optional:"" name:"name=value" help:"Values of the service's variables."`
}

// expectedDoc is an entry of a file for check, with what an importer takes as well.
type expectedDoc struct {
	Host  string       `yaml:"host"`
	Type  string       `yaml:"type"`
	Match models.Match `yaml:"match"`
	Value []string     `yaml:"value"`
}

// Run prints the records as YAML, and on standard error what DNS does not show.
func (c *connectionsExpectCmd) Run(root *cli, s streams) error {
	_, log, err := root.load(s)
	if err != nil {
		return err
	}
	catalogue, err := root.catalogue(s)
	if err != nil {
		return err
	}
	name, err := catalog.ParseName(c.Domain)
	if err != nil {
		return err
	}
	vars, err := variablesOf(c.Variables)
	if err != nil {
		return usage("%v", err)
	}
	host := strings.TrimSuffix(strings.TrimSuffix(name.Host, name.Registrable), ".")
	records, unchecked, err := connectionRecords(catalogue, c.Code, name.Registrable, host, vars)
	if err != nil {
		return usage("%v", err)
	}
	for _, what := range unchecked {
		log.Warn("a part of the connection is not checked", "connection", c.Code, "what", what)
	}
	docs := []expectedDoc{}
	for _, r := range records {
		docs = append(docs, expectedDoc{r.Host, r.Type, r.Match, r.Values})
	}
	out, err := yaml.Marshal(docs)
	if err != nil {
		return err
	}
	_, err = s.out.Write(out)
	return err
}
