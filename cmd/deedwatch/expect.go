package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/catalog/services"
	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
)

// expectation is one entry of a file for check: an expected record, or a connection with the values of its variables.
type expectation struct {
	Host       string            `yaml:"host"` // relative to the checked name, or in full
	Type       string            `yaml:"type"`
	Match      models.Match      `yaml:"match"`      // default: exact
	Value      values            `yaml:"value"`      // one, or a list
	Connection string            `yaml:"connection"` // code of a service, in place of type, match and value
	Variables  map[string]string `yaml:"variables"`
}

// values takes one value or a list of them.
type values []string

// UnmarshalYAML accepts both forms.
func (v *values) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if unmarshal(&one) == nil {
		*v = values{one}
		return nil
	}
	return unmarshal((*[]string)(v))
}

type expectations struct {
	path  string
	list  []expectation
	known *services.Catalogue
	log   *slog.Logger
}

// loadExpect reads a file strictly; no path means nothing is expected.
func loadExpect(path string, known *services.Catalogue, log *slog.Logger) (expectations, error) {
	if path == "" {
		return expectations{}, nil
	}
	content, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return expectations{}, usage("--expect: %v", err)
	}
	e := expectations{path: path, known: known, log: log}
	if err := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict()).Decode(&e.list); err != nil {
		return expectations{}, &configs.Error{Source: path, Msg: strings.TrimSpace(yaml.FormatError(err, false, true))}
	}
	return e, nil
}

// of gives the records that are expected of one of the checked names: those given in full below it, and those given relative to any.
func (e expectations) of(n catalog.Name, all []catalog.Name) ([]models.ExpectedRecord, error) {
	var out []models.ExpectedRecord
	for i, x := range e.list {
		if belongsToAnother(x.Host, n, all) {
			continue
		}
		records, err := e.records(x, n.Registrable)
		if err != nil {
			return nil, &configs.Error{Source: e.path, Msg: fmt.Sprintf("entry %d: %v", i+1, err)}
		}
		out = append(out, records...)
	}
	return out, nil
}

// records gives what one entry expects of a domain: one record, or those of a connection.
func (e expectations) records(x expectation, domain string) ([]models.ExpectedRecord, error) {
	if x.Connection != "" {
		return x.connectionRecords(e.known, domain, e.log)
	}
	r, err := x.record(domain)
	return []models.ExpectedRecord{r}, err
}

// belongsToAnother reports whether a host is given in full below another checked name.
func belongsToAnother(host string, n catalog.Name, all []catalog.Name) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == n.Registrable || strings.HasSuffix(host, "."+n.Registrable) {
		return false
	}
	for _, o := range all {
		if o.Registrable != n.Registrable && (host == o.Registrable || strings.HasSuffix(host, "."+o.Registrable)) {
			return true
		}
	}
	return false
}

func (x expectation) record(domain string) (models.ExpectedRecord, error) {
	r := models.ExpectedRecord{
		Host: portfolio.RecordHost(x.Host, domain), Type: strings.ToUpper(x.Type), Match: x.Match, Essential: true, State: models.RecordUnknown,
	}
	if r.Match == "" {
		r.Match = models.MatchExact
	}
	switch {
	case r.Host == "":
		return r, models.Invalid("host", "is no host name below %s", domain)
	case len(x.Value) == 0:
		return r, models.Invalid("value", "is missing")
	}
	for _, v := range x.Value {
		canonical, err := portfolio.Value(r.Type, r.Match, v, dns.Canonical)
		if err != nil {
			return r, err
		}
		r.Values = append(r.Values, canonical)
	}
	return r, nil
}
