package portfolio

import (
	"errors"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// Connection is a line of a file of expected records that names a service in place of a record.
type Connection struct {
	Code      string            // of the service
	Domain    string            // A-label
	Host      string            // absolute, the domain itself or below it
	Variables map[string]string // names as the file has them
}

// variablesSeparator stands between variables; semicolons and blanks are common in their values.
const variablesSeparator = "|"

// expand gives the records that a line's connection asks for. What the line says of purpose and weight goes before the catalogue's words.
func expand(row models.ExpectedRecord, domain string, get func(string) string, opts Options, fail func(column, msg string)) []models.ExpectedRecord {
	sound := row.Host != "" && domain != ""
	for _, col := range []string{"type", "match", "value"} {
		if get(col) != "" {
			fail(col, "must be empty beside a connection, which brings its own records; empty it, or put the record on a line of its own")
			sound = false
		}
	}
	if row.Service != "" && row.Service != get(connectionColumn) {
		fail("service", "must be empty beside a connection: it is the connection's code")
		sound = false
	}
	vars, err := variables(get(variablesColumn))
	if err != nil {
		fail(variablesColumn, err.Error())
		sound = false
	}
	switch {
	case opts.Expand == nil:
		fail(connectionColumn, "can't be used here; list its records instead")
		return nil
	case !sound:
		return nil
	}
	records, err := opts.Expand(Connection{Code: get(connectionColumn), Domain: domain, Host: row.Host, Variables: vars})
	if err != nil {
		column, invalid := connectionColumn, (*models.InvalidError)(nil)
		if errors.As(err, &invalid) {
			if slices.Contains(names(recordColumns), invalid.Field) {
				column = invalid.Field
			}
			fail(column, invalid.Msg)
			return nil
		}
		fail(column, err.Error())
		return nil
	}
	for i := range records {
		if row.Purpose != "" {
			records[i].Purpose = row.Purpose
		}
		if get("essential") != "" {
			records[i].Essential = row.Essential
		}
	}
	return records
}

// variables reads a cell like "portal=4711 | group=12".
func variables(cell string) (map[string]string, error) {
	vars := map[string]string{}
	for pair := range strings.SplitSeq(cell, variablesSeparator) {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch _, twice := vars[name]; {
		case !ok || name == "":
			return nil, errors.New("must be written as name=value, with | between two of them")
		case twice:
			return nil, errors.New("name " + name + " twice; leave one of the two out")
		}
		vars[name] = value
	}
	return vars, nil
}
