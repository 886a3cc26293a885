package models

import (
	"slices"
	"strings"
)

// spfPrefixes begin the terms of an SPF record by which a part of one is recognised (RFC 7208 sections 5 and 6).
var spfPrefixes = []string{"include:", "ip4:", "ip6:", "a:", "mx:", "exists:", "redirect="}

// SPFTerms gives the terms of a value that is a part of an SPF record, such as "include:spf.mailer.example"; nil: it is something else.
func SPFTerms(value string) []string {
	fields := strings.Fields(value)
	for _, f := range fields {
		name := strings.ToLower(strings.TrimLeft(f, "+-~?"))
		if !slices.ContainsFunc(spfPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			return nil
		}
	}
	return fields
}

// TextHolds reports whether a text contains what is wanted. Terms are sought among those of an SPF record, whole and in any case, with "+" for
// no qualifier (RFC 7208 section 4.6.2): 192.0.2.1 is not in 192.0.2.10.
func TextHolds(text, wanted string) bool {
	terms := SPFTerms(wanted)
	there := strings.Fields(text)
	if len(terms) == 0 || len(there) == 0 || !strings.EqualFold(there[0], "v=spf1") {
		return strings.Contains(text, wanted)
	}
	for _, t := range terms {
		if !slices.ContainsFunc(there[1:], func(h string) bool { return strings.EqualFold(strings.TrimPrefix(h, "+"), strings.TrimPrefix(t, "+")) }) {
			return false
		}
	}
	return true
}
