package dns

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// matcher compares what servers answer with what is expected.
type matcher struct {
	how      models.Match
	text     bool // TXT: contains looks inside, suffix knows no labels
	values   []string
	patterns []*regexp.Regexp
}

// newMatcher prepares an expected record; the error says what is wrong with it.
func newMatcher(want models.ExpectedRecord) (matcher, error) {
	rrtype := strings.ToUpper(want.Type)
	m := matcher{how: want.Match, text: rrtype == "TXT"}
	if _, ok := typeOf(rrtype); !ok {
		return m, fmt.Errorf("the record type %q is not known", escape(want.Type, 20))
	}
	if len(want.Values) == 0 {
		return m, errors.New("no value is expected")
	}
	for _, v := range want.Values {
		if err := m.add(rrtype, v); err != nil {
			return m, err
		}
	}
	slices.Sort(m.values)
	m.values = slices.Compact(m.values)
	return m, nil
}

func (m *matcher) add(rrtype, value string) error {
	switch m.how {
	case models.MatchExact, models.MatchOneOf:
	case models.MatchContains:
		if m.text {
			m.values = append(m.values, printable([]byte(value)))
			return nil
		}
	case models.MatchPrefix, models.MatchSuffix:
		value = printable([]byte(value))
		if !m.text && rrtype != "CAA" {
			value = lowerASCII(strings.TrimSpace(value))
		}
		if !m.text && m.how == models.MatchSuffix {
			value = strings.TrimSuffix(value, ".") // the root's; in a prefix the dot ends a label, or a part of an address
		}
		if value == "" {
			return fmt.Errorf("an empty %s matches anything", m.how)
		}
		m.values = append(m.values, value)
		return nil
	case models.MatchPattern:
		re, err := regexp.Compile(m.flags() + `^(?:` + value + `)$`)
		if err != nil {
			return fmt.Errorf("the pattern %q cannot be read: %w", escape(value, 80), err)
		}
		m.patterns = append(m.patterns, re)
		return nil
	default:
		return fmt.Errorf("the matcher %q is not known", escape(string(m.how), 20))
	}
	canonical, err := Canonical(rrtype, value)
	if err != nil {
		return err
	}
	m.values = append(m.values, canonical)
	return nil
}

// flags are those of a pattern: all but texts have no case, and are compared in small letters.
func (m *matcher) flags() string {
	if m.text {
		return ""
	}
	return "(?i)"
}

// matches reports whether the canonical values of one answer are what is expected.
func (m matcher) matches(got []string) bool {
	if len(got) == 0 {
		return false
	}
	expected := func(v string) bool { return slices.Contains(m.values, v) }
	switch m.how {
	case models.MatchExact:
		set := slices.Compact(slices.Sorted(slices.Values(got)))
		return slices.Equal(set, m.values)
	case models.MatchOneOf:
		return !slices.ContainsFunc(got, func(v string) bool { return !expected(v) })
	default:
		return slices.ContainsFunc(got, m.one)
	}
}

// one reports whether a single value satisfies a matcher that asks for some answer.
func (m matcher) one(got string) bool {
	if m.how == models.MatchPattern {
		return slices.ContainsFunc(m.patterns, func(re *regexp.Regexp) bool { return re.MatchString(got) })
	}
	return slices.ContainsFunc(m.values, func(want string) bool {
		switch m.how {
		case models.MatchPrefix:
			return strings.HasPrefix(got, want) || !m.text && strings.HasPrefix(got+".", want)
		case models.MatchSuffix:
			return m.suffix(got, want)
		default:
			return got == want || m.text && models.TextHolds(got, want)
		}
	})
}

// suffix compares the end of a value; for names it must begin at a label.
func (m matcher) suffix(got, want string) bool {
	if m.text || !strings.HasSuffix(got, want) {
		return strings.HasSuffix(got, want)
	}
	rest := strings.TrimSuffix(got, want)
	return rest == "" || strings.HasPrefix(want, ".") || strings.HasSuffix(rest, ".") || strings.HasSuffix(rest, " ")
}

// targets returns the names that an expected CNAME may point to, none where the matcher names no whole value.
func (m matcher) targets() []string {
	switch m.how {
	case models.MatchExact, models.MatchOneOf, models.MatchContains:
		return m.values
	default:
		return nil
	}
}
