package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// lineWidth is where the lines of suffixes are broken.
const lineWidth = 140

// renewed gives the table with the blocks of a copy of IANA's registry in place of those it had. A server of another source stays for the
// suffixes that IANA does not list.
func (t table) renewed(copied []byte) (table, error) {
	var file struct {
		Publication string       `json:"publication"`
		Services    [][][]string `json:"services"`
	}
	if err := json.Unmarshal(copied, &file); err != nil {
		return table{}, err
	}
	day, _, _ := strings.Cut(file.Publication, "T")
	next := table{head: t.head, published: day}
	byTemplate, listed := map[string][]string{}, map[string]bool{}
	for _, service := range file.Services {
		if len(service) != 2 {
			return table{}, errors.New("a service is not a pair of suffixes and addresses (RFC 9224 section 3)")
		}
		base := secure(service[1])
		if base == "" {
			continue
		}
		for _, s := range service[0] {
			s, at := strings.ToLower(s), base
			if len(service[0]) == 1 {
				at = template(base, s)
			}
			byTemplate[at], listed[s] = append(byTemplate[at], s), true
		}
	}
	for _, base := range slices.Sorted(maps.Keys(byTemplate)) {
		slices.Sort(byTemplate[base])
		next.blocks = append(next.blocks, block{base, fromIANA, byTemplate[base]})
	}
	for _, b := range t.blocks {
		b.suffixes = slices.DeleteFunc(slices.Clone(b.suffixes), func(s string) bool { return listed[s] })
		if b.source != fromIANA && len(b.suffixes) > 0 {
			next.blocks = append(next.blocks, b)
		}
	}
	slices.SortStableFunc(next.blocks, func(a, b block) int { return cmp.Compare(a.base, b.base) })
	return next, next.check()
}

// secure gives the first https address, ending in a slash; empty: there is none.
func secure(addresses []string) string {
	for _, a := range addresses {
		if strings.HasPrefix(a, "https://") {
			return strings.TrimSuffix(a, "/") + "/"
		}
	}
	return ""
}

// template puts the placeholder where a base address holds the suffix as a whole label of its host or a whole step of its path.
func template(base, suffix string) string {
	for _, pair := range [][2]string{{"/", "/"}, {".", "/"}, {".", "."}} {
		if before, after, found := strings.Cut(base, pair[0]+suffix+pair[1]); found && before != "https:/" {
			return before + pair[0] + placeholder + pair[1] + after
		}
	}
	return base
}

// text writes the table as servers.txt holds it.
func (t table) text() []byte {
	var out bytes.Buffer
	for _, line := range t.head {
		fmt.Fprintln(&out, line)
	}
	fmt.Fprintf(&out, "\npublished: %s\n", t.published)
	for _, b := range t.blocks {
		fmt.Fprintf(&out, "\n%s\nsource: %s\n", b.base, b.source)
		width := 0
		for i, s := range b.suffixes {
			switch {
			case i == 0:
			case width+1+len(s) > lineWidth:
				out.WriteByte('\n')
				width = 0
			default:
				out.WriteByte(' ')
				width++
			}
			out.WriteString(s)
			width += len(s)
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}
