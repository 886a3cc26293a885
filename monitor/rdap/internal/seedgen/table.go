package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// placeholder stands in a base address for the suffix.
const placeholder = "{suffix}"

// fromIANA is the source of the blocks that a copy of IANA's registry renews.
const fromIANA = "iana"

// block is one server of the table.
type block struct {
	base     string // ends in a slash; may hold the placeholder
	source   string // who states it
	suffixes []string
}

// at gives the base address for one suffix.
func (b block) at(suffix string) string { return strings.ReplaceAll(b.base, placeholder, suffix) }

// table is the whole of servers.txt.
type table struct {
	head      []string // the comment at the top
	published string   // day of IANA's registry, 2006-01-02
	blocks    []block
}

// parseTable reads servers.txt and checks every line of it.
func parseTable(r io.Reader) (table, error) {
	var t table
	var open *block
	in := bufio.NewScanner(r)
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(in.Text())
		day, isDay := strings.CutPrefix(line, "published: ")
		source, isSource := strings.CutPrefix(line, "source: ")
		switch {
		case line == "":
		case strings.HasPrefix(line, "#"):
			t.head = append(t.head, line)
		case isDay:
			t.published = day
		case strings.HasPrefix(line, "http"):
			t.blocks = append(t.blocks, block{base: line})
			open = &t.blocks[len(t.blocks)-1]
		case open == nil:
			return table{}, fmt.Errorf("line %d: %q stands before the first server", n, line)
		case isSource:
			open.source = source
		default:
			open.suffixes = append(open.suffixes, strings.Fields(line)...)
		}
	}
	return t, errors.Join(in.Err(), t.check())
}

// check finds what must not be in a seed: servers without https, words that are no A-labels, suffixes that two servers claim.
func (t table) check() error {
	var errs []error
	if _, err := time.Parse(time.DateOnly, t.published); err != nil {
		errs = append(errs, fmt.Errorf("published: %q is no day like 2026-01-31", t.published))
	}
	claimed := map[string]string{}
	for _, b := range t.blocks {
		if b.source == "" || len(b.suffixes) == 0 {
			errs = append(errs, fmt.Errorf("%s: name its source and its suffixes", b.base))
		}
		for _, s := range b.suffixes {
			if err := checkServer(b.at(s)); err != nil {
				errs = append(errs, err)
			}
			if a, err := idna.Lookup.ToASCII(s); err != nil || a != s || strings.Contains(s, " ") {
				errs = append(errs, fmt.Errorf("%q is not an A-label in lower case", s))
			}
			if other, twice := claimed[s]; twice {
				errs = append(errs, fmt.Errorf("%q is claimed by %s and by %s", s, other, b.base))
			}
			claimed[s] = b.base
		}
	}
	return errors.Join(errs...)
}

func checkServer(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !strings.HasSuffix(u.Path, "/") {
		return fmt.Errorf("%q is not an address like https://host/path/", base)
	}
	return nil
}

// seed writes the table in the form of RFC 9224, one service a line, sorted: the same table always gives the same bytes.
func (t table) seed() ([]byte, error) {
	byBase := map[string][]string{}
	for _, b := range t.blocks {
		for _, s := range b.suffixes {
			byBase[b.at(s)] = append(byBase[b.at(s)], s)
		}
	}
	type service struct {
		base     string
		suffixes []string
	}
	var services []service
	for base, suffixes := range byBase {
		slices.Sort(suffixes)
		services = append(services, service{base, suffixes})
	}
	slices.SortFunc(services, func(a, b service) int { return cmp.Compare(a.base, b.base) })
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n  \"description\": \"RDAP servers known when this program was built; made by seedgen from servers.txt\",\n")
	fmt.Fprintf(&out, "  \"publication\": %q,\n  \"version\": \"1.0\",\n  \"services\": [\n", t.published+"T00:00:00Z")
	for i, s := range services {
		line, err := json.Marshal([][]string{s.suffixes, {s.base}})
		if err != nil {
			return nil, err
		}
		comma := ","
		if i == len(services)-1 {
			comma = ""
		}
		fmt.Fprintf(&out, "    %s%s\n", line, comma)
	}
	out.WriteString("  ]\n}\n")
	return out.Bytes(), nil
}
