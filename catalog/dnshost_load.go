package catalog

import (
	_ "embed" // the table
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed dnshost.json
var dnsHostJSON []byte

// dnsHostTable is the shipped table, read once. A table that does not validate can't be shipped: a test reads it.
var dnsHostTable = sync.OnceValue(func() []DNSHost {
	rows, err := LoadDNSHosts(dnsHostJSON)
	if err != nil {
		panic("catalog/dnshost.json: " + err.Error())
	}
	return rows
})

// LoadDNSHosts reads a table: a JSON list of DNSHost. The error names every row that can't be used.
func LoadDNSHosts(data []byte) ([]DNSHost, error) {
	var rows []DNSHost
	if err := decodeList(data, &rows); err != nil {
		return nil, fmt.Errorf("read the table of DNS hosts: %w", err)
	}
	var errs []error
	taken := map[string]int{}
	for i, h := range rows {
		if err := h.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("row %d: %w", i+1, err))
		}
		keys := append([]string{"code " + h.Code, "name " + strings.ToLower(h.Name)}, h.Servers...)
		for _, k := range keys {
			if first, twice := taken[k]; twice {
				errs = append(errs, fmt.Errorf("row %d: %s stands already in row %d", i+1, k, first))
			}
			taken[k] = i + 1
		}
	}
	errs = append(errs, overlaps(rows)...)
	slices.SortFunc(rows, func(a, b DNSHost) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return rows, errors.Join(errs...)
}

// overlaps finds patterns of one host that another host's pattern covers: which of the two is meant would hang on the order of the rows.
func overlaps(rows []DNSHost) []error {
	var errs []error
	for _, h := range rows {
		for _, other := range rows {
			if h.Code == other.Code {
				continue
			}
			for _, p := range other.Servers {
				if name := strings.ReplaceAll(p, "*", "x"); h.serves(name) {
					errs = append(errs, fmt.Errorf("DNS host %q: its patterns cover %q of %q", h.Code, p, other.Code))
				}
			}
		}
	}
	return errs
}
