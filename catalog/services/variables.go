package services

import (
	"strconv"
	"strings"
)

// variables are the values for one application of a template: what the caller gave and the built-ins domain, host and fqdn. Names are
// compared without regard to case.
type variables map[string]string

// ambiguous finds a variable that has two values, under names that differ in their case alone.
func ambiguous(given map[string]string) error {
	seen := make(map[string]string, len(given))
	for name, value := range given {
		if other, ok := seen[strings.ToLower(name)]; ok && other != value {
			return fail(InvalidData, "the variable %q has two values; names of variables have no case, so give it one", strings.ToLower(name))
		}
		seen[strings.ToLower(name)] = value
	}
	return nil
}

func newVariables(given map[string]string, at place) variables {
	v := make(variables, len(given)+3)
	for name, value := range given {
		v[strings.ToLower(name)] = value
	}
	v["domain"], v["host"], v["fqdn"] = at.domain, at.host, at.fqdn()
	return v
}

// expand replaces every %name% by its value, once: a percent sign in a value stands for itself.
func (v variables) expand(text string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "%")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, after, closed := strings.Cut(rest, "%")
		if !closed {
			return "", fail(InvalidTemplate, "the variable that begins in %q is not closed; write it as %%name%%", text)
		}
		value, ok := v[strings.ToLower(name)]
		if !ok {
			return "", fail(MissingParameter, "the variable %q has no value; give it one", name)
		}
		out.WriteString(value)
		text = after
	}
}

// number reads a whole number up to limit: digits, or one variable as the whole value. fallback stands for an absent one.
func (v variables) number(what string, n Number, fallback, limit uint64) (uint32, error) {
	text := strings.TrimSpace(string(n))
	if text == "" {
		return uint32(fallback), nil //nolint:gosec // both constants fit
	}
	if strings.Contains(text, "%") {
		if strings.Count(text, "%") != 2 || text[0] != '%' || text[len(text)-1] != '%' {
			return 0, fail(InvalidData, "%s %q mixes a variable with something else; a number is digits or one variable", what, text)
		}
		var err error
		if text, err = v.expand(text); err != nil {
			return 0, err
		}
	}
	value, err := strconv.ParseUint(text, 10, 32)
	if err != nil || value > limit {
		return 0, fail(InvalidData, "%s %q is not a whole number up to %d", what, text, limit)
	}
	return uint32(value), nil
}
