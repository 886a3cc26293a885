package catalog

import (
	"cmp"
	_ "embed" // the table
	"errors"
	"fmt"
	"slices"
	"sync"
)

//go:embed server.json
var serverJSON []byte

// servers is a table of servers with an index: "protocol host" to row.
type servers struct {
	rows   []Server
	byHost map[string]int
}

// serverTable is the shipped table, read once. A table that does not validate can't be shipped: a test reads it.
var serverTable = sync.OnceValue(func() servers {
	rows, err := LoadServers(serverJSON)
	if err != nil {
		panic("catalog/server.json: " + err.Error())
	}
	t := servers{rows: rows, byHost: map[string]int{}}
	for i, s := range rows {
		for _, h := range append([]string{s.Name}, s.Hosts...) {
			t.byHost[s.Protocol+" "+h] = i
		}
	}
	return t
})

// LoadServers reads a table: a JSON list of Server. The error names every row that can't be used.
func LoadServers(data []byte) ([]Server, error) {
	var rows []Server
	if err := decodeList(data, &rows); err != nil {
		return nil, fmt.Errorf("read the table of servers: %w", err)
	}
	var errs []error
	taken := map[string]int{}
	for i, s := range rows {
		if err := s.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("row %d: %w", i+1, err))
		}
		for _, h := range append([]string{s.Name}, s.Hosts...) {
			for _, p := range s.protocols() {
				if first, twice := taken[p+" "+h]; twice {
					errs = append(errs, fmt.Errorf("row %d: %s stands already in row %d for %s", i+1, h, first, p))
				}
				taken[p+" "+h] = i + 1
			}
		}
	}
	slices.SortFunc(rows, func(a, b Server) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Protocol, b.Protocol)) })
	return rows, errors.Join(errs...)
}
