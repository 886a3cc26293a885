package mailauth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// maxSurveyed is how many lookups are followed before a record is only said to need more.
const maxSurveyed = 30

// longRecord is from how many octets on a record may not fit into an answer over UDP beside what else is there (RFC 7208 section 3.4).
const longRecord = 450

// listing is one mechanism of a survey that lets senders pass, with the way to it.
type listing struct {
	term string // lower case, without qualifier
	path []string
}

// issue is one thing a survey finds wrong.
type issue struct {
	code     string
	term     string // the include or redirect concerned, on the first level; empty: the record itself
	detail   string
	provider bool
	fatal    bool // receivers give up on the whole record (permerror)
}

// survey is an SPF record with everything below it, whoever sends: what an evaluation may come to at worst.
type survey struct {
	host    string
	text    string
	parts   []string
	record  *Record // nil: there is none that can be read
	lookups int
	voids   int
	issues  []issue
	lists   []listing
	nets    []netip.Prefix // that pass, in their order
	status  Status         // of the host's own texts
	failed  string         // what could not be looked up; empty: everything could
	alike   []string

	r     Resolver
	org   string // what lies outside is somebody else's
	first string // the term of the host's record below which the walk is
	stack []string
}

// surveySPF reads the record of a host and everything that it includes.
func surveySPF(ctx context.Context, r Resolver, host, org string) *survey {
	s := &survey{host: host, org: org, r: r}
	a := r.Resolve(ctx, host, TypeTXT)
	s.status = a.Status
	for _, parts := range a.Texts {
		text := strings.Join(parts, "")
		switch {
		case IsSPF(text):
			s.text, s.parts = text, parts
		case strings.Contains(lowerASCII(text), "v=spf") || strings.HasPrefix(trimSpace(lowerASCII(text)), "spf1 "):
			s.alike = append(s.alike, text)
		}
	}
	s.walk(ctx, host, nil, true)
	s.total()
	return s
}

// fatal reports whether something found keeps receivers from using the record, whoever sends.
func (s *survey) fatal() bool {
	return slices.ContainsFunc(s.issues, func(i issue) bool { return i.fatal })
}

func (s *survey) found(provider, fatal bool, code, format string, args ...any) {
	s.issues = append(s.issues, issue{code, s.first, fmt.Sprintf(format, args...), provider, fatal})
}

// total judges the sums of the walk.
func (s *survey) total() {
	s.first = ""
	switch {
	case s.lookups > maxSurveyed:
		s.found(false, true, "spf_lookups", "The record needs more than %d lookups; receivers stop at %d and then believe none of it.", maxSurveyed, MaxLookups)
	case s.lookups > MaxLookups:
		s.found(false, true, "spf_lookups", "The record needs %d of %d allowed lookups; receivers stop there and then believe none of the rest.", s.lookups, MaxLookups)
	case s.lookups >= MaxLookups-1 && s.failed == "":
		s.found(false, false, "spf_full", "The record needs %d of %d allowed lookups: the next service does not fit in.", s.lookups, MaxLookups)
	}
	if s.voids > MaxVoids {
		s.found(false, true, "spf_voids", "%d names in the record lead to nothing; receivers stop after %d and then believe none of the rest.", s.voids, MaxVoids)
	}
}

// walk reads the record of one domain; path is the way to it, and passes says
// whether a match there lets a sender in.
func (s *survey) walk(ctx context.Context, domain string, path []string, passes bool) {
	a := s.r.Resolve(ctx, domain, TypeTXT)
	text, v := selectSPF(domain, a, path)
	if v != nil {
		s.unselected(domain, a, v)
		return
	}
	rec, err := ParseSPF(text)
	if err != nil {
		s.unreadable(domain, err)
		return
	}
	s.stack = append(s.stack, domain)
	defer func() { s.stack = s.stack[:len(s.stack)-1] }()
	own := len(path) == 0
	if own {
		s.record = rec
	}
	for i := range rec.Mechanisms {
		t := &rec.Mechanisms[i]
		if own {
			s.first = t.Text
		}
		at := along(path, t.Text)
		s.term(ctx, domain, t, at, passes && t.Qualifier == QualifierPass)
		if t.Name == "all" {
			return
		}
	}
	if rec.Redirect != nil {
		if own {
			s.first = rec.Redirect.Text
		}
		s.descend(ctx, domain, rec.Redirect, along(path, rec.Redirect.Text), passes)
	}
}

// unselected notes why a domain has no one SPF record.
func (s *survey) unselected(domain string, a Answer, v *verdict) {
	switch {
	case v.result == ResultTemperror:
		s.failed = v.reason
	case v.result == ResultPermerror && len(v.path) == 0:
		s.found(false, true, "spf_several", "%s. Receivers then believe none of them.", capital(v.reason))
	case v.result == ResultPermerror:
		s.found(!within(s.org, domain), true, "spf_include", "%s. It is reached by %s; receivers then believe none of the record.", capital(v.reason), way(v.path))
	case len(v.path) == 0:
	case a.Status == NXDomain:
		s.found(false, true, "spf_include_gone", "%s does not exist. It is reached by %s; receivers then believe none of the record.%s",
			domain, way(v.path), s.joint(v.path[0]))
	default:
		s.found(!within(s.org, domain), true, "spf_include", "%s. It is reached by %s; receivers then believe none of the record.", capital(v.reason), way(v.path))
	}
}

func (s *survey) unreadable(domain string, err error) {
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		return
	}
	if domain == s.host && s.record == nil {
		s.found(false, true, "spf_syntax", "In the record, %s. Receivers then believe none of it.%s", err, s.joint(syntax.Term))
		return
	}
	s.found(!within(s.org, domain), true, "spf_include", "In the record of %s, %s. Receivers then believe none of the record that includes it.", domain, err)
}

// joint says when a term was made by putting two strings of the record together without a space between them.
func (s *survey) joint(term string) string {
	for i := 1; i < len(s.parts); i++ {
		before, after := s.parts[i-1], s.parts[i]
		if before == "" || after == "" || strings.HasSuffix(before, " ") || strings.HasPrefix(after, " ") {
			continue
		}
		head := before[strings.LastIndexByte(before, ' ')+1:]
		tail, _, _ := strings.Cut(after, " ")
		if Shown(head+tail, 80) == term {
			return " The record consists of several strings, which are put together without a space: the space between these two is missing."
		}
	}
	return ""
}

// term takes one mechanism into the sums.
func (s *survey) term(ctx context.Context, domain string, t *Term, path []string, passes bool) {
	if passes && t.Name != "all" {
		s.lists = append(s.lists, listing{bare(t.Text), path})
	}
	switch t.Name {
	case "all":
		return
	case "ip4", "ip6":
		if passes {
			s.nets = append(s.nets, t.Net)
		}
		return
	case "include":
		s.descend(ctx, domain, t, path, passes)
		return
	}
	s.lookups++
	if t.Name == "ptr" || depends(t.macros) || s.lookups > maxSurveyed {
		return
	}
	target := s.target(domain, t)
	if !validName(target) {
		return
	}
	s.leaf(ctx, target, t, passes)
}

func (s *survey) target(domain string, t *Term) string {
	if t.Spec == "" {
		return domain
	}
	return fit(lowerName(expand(t.macros, macroValues{domain: domain})))
}

// leaf asks for the addresses behind a, mx and exists, and counts what leads to nothing.
func (s *survey) leaf(ctx context.Context, target string, t *Term, passes bool) {
	hosts := []string{target}
	if t.Name == "mx" {
		a := s.r.Resolve(ctx, target, TypeMX)
		s.void(a)
		hosts = nil
		for _, mx := range a.MX {
			if host := lowerName(mx.Host); validName(host) && len(hosts) < maxNames {
				hosts = append(hosts, host)
			}
		}
		if len(a.MX) > maxNames {
			s.found(false, true, "spf_mx", "%s has %d MX records, and mx looks at %d at most.", target, len(a.MX), maxNames)
		}
	}
	for _, host := range hosts {
		a := s.r.Resolve(ctx, host, TypeA)
		if a.Status == NoData && t.Name != "exists" {
			a = s.r.Resolve(ctx, host, TypeAAAA)
		}
		s.void(a)
		for _, addr := range a.Addrs {
			if passes && t.Name != "exists" {
				s.nets = append(s.nets, netip.PrefixFrom(addr, addr.BitLen()))
			}
		}
	}
}

func (s *survey) void(a Answer) {
	switch a.Status {
	case NoData, NXDomain:
		s.voids++
	case Failed:
		s.failed = "a name in the record could not be looked up: " + a.Detail
	case Found:
	}
}

// descend follows an include or a redirect.
func (s *survey) descend(ctx context.Context, domain string, t *Term, path []string, passes bool) {
	s.lookups++
	if s.lookups > maxSurveyed || depends(t.macros) {
		return
	}
	target := s.target(domain, t)
	if !validName(target) {
		s.found(!within(s.org, domain), true, "spf_include", "%s names %q, which is no domain name.", way(path), Shown(target, 80))
		return
	}
	if slices.Contains(s.stack, target) {
		s.lookups = maxSurveyed + 1
		s.found(!within(s.org, domain), true, "spf_loop", "The record includes itself by %s: receivers go in circles until they give up.", way(path))
		return
	}
	s.walk(ctx, target, path, passes)
}

// listed gives the way to a rule in what the record lets pass; ok is false when it is not there.
func (s *survey) listed(rule string) (path []string, ok bool) {
	for _, l := range s.lists {
		if l.term == bare(rule) {
			return l.path, true
		}
	}
	return nil, false
}

// bare writes a mechanism for comparing.
func bare(term string) string {
	return strings.TrimSuffix(strings.TrimPrefix(lowerASCII(term), "+"), ".")
}

// way writes a path for people.
func way(path []string) string {
	shown := make([]string, len(path))
	for i, p := range path {
		shown[i] = Shown(p, 80)
	}
	return strings.Join(shown, " > ")
}

func capital(s string) string {
	if s == "" {
		return s
	}
	if word, _, _ := strings.Cut(s, " "); strings.ContainsAny(word, "._") {
		return s // a name stays as it is
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// look is the survey as it is handed on.
func (s *survey) look() models.SPFLook {
	l := models.SPFLook{Host: s.host, Text: Shown(s.text, 2000), Lookups: s.lookups, Voids: s.voids}
	if s.record != nil && s.record.All() != nil {
		l.All = string(s.record.All().Qualifier) + "all"
	}
	return l
}
