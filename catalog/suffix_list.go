package catalog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// Section is the part of the public suffix list that a rule stands in.
type Section string

// The sections. Suffixes of registries stand in the first; companies that let others have names below one of their own list it in the second.
const (
	SectionNone    Section = "" // no rule: the list's default, one label
	SectionICANN   Section = "icann"
	SectionPrivate Section = "private"
)

// The bounds of a list that is taken for whole: the published one has some 7,000 rules of registries in 300 kB.
const (
	minSuffixRules    = 1000
	maxSuffixListSize = 16 << 20
)

// ListInfo tells of a list where it comes from and how old it is.
type ListInfo struct {
	Source         string    // its file, or "built in"
	Version        string    // as it calls itself; empty: it does not say
	Date           time.Time // zero: it does not say
	ICANN, Private int       // rules in each section; zero: not counted, for the one built in
}

// SuffixList is a public suffix list (https://publicsuffix.org/list/) read from its text. It is not changed after reading and safe for
// concurrent use.
type SuffixList struct {
	info  ListInfo
	rules map[string]suffixRule // by their A-labels, without "*." and "!"
}

// suffixRule is a set of the rules that stand for one name.
type suffixRule uint8

const (
	rulePlain     suffixRule = 1 << iota // the name is a suffix
	ruleWildcard                         // each name right below it is one
	ruleException                        // it is none, whatever a wildcard says
	ruleBits      = iota                 // those of the private section stand so much higher
)

// Info tells what the list says of itself.
func (l *SuffixList) Info() ListInfo { return l.info }

// LoadSuffixList reads a list from its file. It refuses one that is broken, cut short, or too small to be the public list.
func LoadSuffixList(path string) (*SuffixList, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("the list of public suffixes: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() || st.Size() > maxSuffixListSize {
		return nil, fmt.Errorf("%s is no list of public suffixes: it must be a file of at most %d MB", path, maxSuffixListSize>>20)
	}
	content := make([]byte, st.Size())
	if _, err := f.ReadAt(content, 0); err != nil {
		return nil, fmt.Errorf("the list of public suffixes: %w", err)
	}
	l, err := ParseSuffixList(content)
	if err != nil {
		return nil, fmt.Errorf("%s is no list of public suffixes: %w; take a fresh copy from https://publicsuffix.org/list/public_suffix_list.dat", path, err)
	}
	if l.info.ICANN < minSuffixRules || l.rules["com"]&rulePlain == 0 || l.rules["co.uk"]&rulePlain == 0 {
		return nil, fmt.Errorf("%s can't be the list of public suffixes: it has %d suffixes of registries, and the list has thousands, com and co.uk among them; take a fresh copy from https://publicsuffix.org/list/public_suffix_list.dat",
			path, l.info.ICANN)
	}
	l.info.Source = path
	return l, nil
}

// ParseSuffixList reads a list of any size. The error names the line.
func ParseSuffixList(content []byte) (*SuffixList, error) {
	p := suffixParser{list: &SuffixList{rules: map[string]suffixRule{}}}
	sc := bufio.NewScanner(bytes.NewReader(content))
	for n := 1; sc.Scan(); n++ {
		if err := p.line(strings.TrimSpace(sc.Text())); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	switch {
	case sc.Err() != nil:
		return nil, sc.Err()
	case p.section != SectionNone:
		return nil, errors.New("it ends within a section: it was cut short")
	case p.list.info.ICANN == 0:
		return nil, errors.New("it has no section of ICANN domains")
	}
	return p.list, nil
}

// suffixParser reads line by line.
type suffixParser struct {
	list    *SuffixList
	section Section
}

func (p *suffixParser) line(s string) error {
	switch {
	case !utf8.ValidString(s):
		return errors.New("is not UTF-8 text")
	case s == "":
		return nil
	case strings.HasPrefix(s, "//"):
		return p.comment(strings.TrimSpace(s[2:]))
	case p.section == SectionNone:
		return errors.New("a rule stands outside the sections")
	}
	s, _, _ = strings.Cut(s, " ") // what follows a blank is no part of the rule
	s, _, _ = strings.Cut(s, "\t")
	return p.rule(s)
}

// comment reads the marks of the sections, and what the list says of itself.
func (p *suffixParser) comment(s string) error {
	opens := map[string]Section{"===BEGIN ICANN DOMAINS===": SectionICANN, "===BEGIN PRIVATE DOMAINS===": SectionPrivate}
	closes := map[string]Section{"===END ICANN DOMAINS===": SectionICANN, "===END PRIVATE DOMAINS===": SectionPrivate}
	if section, ok := opens[s]; ok {
		if p.section != SectionNone {
			return errors.New("a section begins within another one")
		}
		p.section = section
	}
	if section, ok := closes[s]; ok {
		if p.section != section {
			return errors.New("a section ends that has not begun")
		}
		p.section = SectionNone
	}
	if v, ok := strings.CutPrefix(s, "VERSION:"); ok && p.list.info.Version == "" {
		p.list.info.Version = clip(strings.TrimSpace(v), 60)
		if t, err := time.Parse("2006-01-02_15-04-05_MST", p.list.info.Version); err == nil {
			p.list.info.Date = t.UTC()
		}
	}
	return nil
}

func (p *suffixParser) rule(s string) error {
	kind, name := rulePlain, s
	if rest, ok := strings.CutPrefix(s, "!"); ok {
		kind, name = ruleException, rest
	} else if rest, ok := strings.CutPrefix(s, "*."); ok {
		kind, name = ruleWildcard, rest
	}
	ascii, err := lookup.ToASCII(name)
	if err != nil || !isSuffix(ascii) || (kind == ruleException && !strings.Contains(ascii, ".")) {
		return fmt.Errorf("%q is no rule", clip(s, 60))
	}
	if p.section == SectionPrivate {
		p.list.info.Private++
		kind <<= ruleBits
	} else {
		p.list.info.ICANN++
	}
	p.list.rules[ascii] |= kind
	return nil
}

func clip(s string, runes int) string {
	r := []rune(s)
	return string(r[:min(len(r), runes)])
}

// Suffix gives the public suffix of a name in lower-case A-labels, by the whole list or, with icannOnly, by its ICANN section alone. The
// prevailing rule is the exception, else the longest; without any it is the default, one label.
func (l *SuffixList) Suffix(name string, icannOnly bool) (suffix string, section Section) {
	suffix = name[strings.LastIndex(name, ".")+1:]
	for s := name; s != ""; {
		_, parent, below := strings.Cut(s, ".")
		here, above := l.rules[s], suffixRule(0)
		if below {
			above = l.rules[parent]
		}
		if in := sectionOf(here&(ruleException|ruleException<<ruleBits), icannOnly); in != SectionNone {
			return parent, in
		}
		if section == SectionNone {
			if in := sectionOf(here&(rulePlain|rulePlain<<ruleBits)|above&(ruleWildcard|ruleWildcard<<ruleBits), icannOnly); in != SectionNone {
				suffix, section = s, in
			}
		}
		s = parent
	}
	if section == SectionNone { // a top level whose names are all suffixes is known, though it stands in no rule itself
		section = sectionOf(l.rules[suffix]&(ruleWildcard|ruleWildcard<<ruleBits), icannOnly)
	}
	return suffix, section
}

// sectionOf gives the section of the rules in the set, the ICANN one first.
func sectionOf(r suffixRule, icannOnly bool) Section {
	switch {
	case r&(1<<ruleBits-1) != 0:
		return SectionICANN
	case r != 0 && !icannOnly:
		return SectionPrivate
	}
	return SectionNone
}
