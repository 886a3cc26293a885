package catalog

import (
	"bytes"
	_ "embed" // the table
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed registry.json
var registryTable []byte

// registries is the shipped table, read once. A table that does not validate can't be shipped: a test reads it.
var registries = sync.OnceValue(func() map[string]Registry {
	rows, err := LoadRegistries(registryTable)
	if err != nil {
		panic("catalog/registry.json: " + err.Error())
	}
	return rows
})

// Registries returns the listed registries in the order of their suffixes.
func Registries() []Registry {
	return slices.SortedFunc(maps.Values(registries()), func(a, b Registry) int { return strings.Compare(a.Suffix, b.Suffix) })
}

// LoadRegistries reads a table: a JSON list of Registry. The error names every row that can't be used.
func LoadRegistries(data []byte) (map[string]Registry, error) {
	var rows []Registry
	if err := decodeList(data, &rows); err != nil {
		return nil, fmt.Errorf("read the table of registries: %w", err)
	}
	out := make(map[string]Registry, len(rows))
	var errs []error
	for i, r := range rows {
		if err := r.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("row %d: %w", i+1, err))
			continue
		}
		if _, twice := out[r.Suffix]; twice {
			errs = append(errs, fmt.Errorf("row %d: suffix %q is listed twice", i+1, r.Suffix))
			continue
		}
		out[r.Suffix] = r
	}
	return out, errors.Join(errs...)
}

// decodeList reads one JSON value strictly: no unknown keys, and nothing behind it.
func decodeList(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind the list")
	}
	return nil
}
