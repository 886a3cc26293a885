package catalog

import (
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"
)

// suffixes finds the public suffix of a name: *SuffixList, or the list that is built in.
type suffixes interface {
	Suffix(name string, icannOnly bool) (suffix string, section Section)
	Info() ListInfo
}

// BuiltInList tells of the list that is built in.
func BuiltInList() ListInfo { return builtIn{}.Info() }

// builtIn is the list as golang.org/x/net/publicsuffix has it.
type builtIn struct{}

// Info takes the list's version and date from the library's words: "… git revision 0123 (2006-01-02T15:04:05Z)".
func (builtIn) Info() ListInfo { return builtInInfo() }

var builtInInfo = sync.OnceValue(func() ListInfo {
	info := ListInfo{Source: "built in"}
	words := publicsuffix.List.String()
	before, after, _ := strings.Cut(words, "git revision ")
	if after == "" {
		after = before
	}
	revision, date, _ := strings.Cut(after, " (")
	info.Version = clip(revision, 60)
	if t, err := time.Parse(time.RFC3339, strings.TrimSuffix(date, ")")); err == nil {
		info.Date = t.UTC()
	}
	return info
})

// Suffix answers as SuffixList.Suffix does. The library knows the whole list only; the ICANN section alone is found by asking for the
// parent of a private suffix, since the rules of registries are the shorter ones.
func (builtIn) Suffix(name string, icannOnly bool) (suffix string, section Section) {
	for rest := name; ; {
		s, _ := publicsuffix.PublicSuffix(rest)
		switch {
		case icannRule(s):
			return s, SectionICANN
		case !strings.Contains(s, "."):
			return s, SectionNone
		case !icannOnly:
			return s, SectionPrivate
		}
		_, rest, _ = strings.Cut(s, ".")
	}
}

// icannRule says whether a suffix stands in the ICANN section. The library's own word on it can't be taken for a name below one that has
// rules below it but is none itself: it is asked again for a name that certainly has none.
func icannRule(suffix string) bool {
	_, icann := publicsuffix.PublicSuffix("q9z." + suffix)
	return icann
}
