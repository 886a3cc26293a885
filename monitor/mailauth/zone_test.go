package mailauth_test

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/monitor/mailauth"
)

// zone answers from lines "name TYPE value". TXT strings are separated by " | "; the type FAIL lets every question for the name fail, and
// FAIL with a type those for that type. A name without lines does not exist, unless it has names below it.
type zone struct {
	lines map[string][][2]string
	asked int
}

func load(t *testing.T, text string) *zone {
	t.Helper()
	z := &zone{lines: map[string][][2]string{}}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimLeft(line, "\t ")
		if line == "" {
			continue
		}
		name, rest, ok := strings.Cut(line, " ")
		if !ok {
			t.Fatalf("zone line %q", line)
		}
		typ, value, _ := strings.Cut(rest, " ")
		z.lines[strings.ToLower(name)] = append(z.lines[strings.ToLower(name)], [2]string{typ, value})
	}
	return z
}

// Resolve answers a question; an alias is followed as far as it goes.
func (z *zone) Resolve(_ context.Context, name string, typ mailauth.Type) mailauth.Answer {
	z.asked++
	alias := ""
	for range 9 {
		a, next := z.at(name, typ)
		if next == "" {
			a.Alias = alias
			return a
		}
		name, alias = next, next
	}
	return mailauth.Answer{Status: mailauth.Failed, Detail: "a circle"}
}

func (z *zone) at(name string, typ mailauth.Type) (a mailauth.Answer, alias string) {
	lines, ok := z.lines[name]
	if !ok {
		for other := range z.lines {
			if strings.HasSuffix(other, "."+name) {
				return mailauth.Answer{Status: mailauth.NoData}, ""
			}
		}
		return mailauth.Answer{Status: mailauth.NXDomain}, ""
	}
	a.Status = mailauth.NoData
	for _, l := range lines {
		value := l[1]
		switch {
		case l[0] == "FAIL" && (value == "" || value == string(typ)):
			return mailauth.Answer{Status: mailauth.Failed, Detail: "no answer in time"}, ""
		case l[0] == "CNAME":
			return a, value
		case l[0] != string(typ):
			continue
		}
		a.Status = mailauth.Found
		switch typ {
		case mailauth.TypeA, mailauth.TypeAAAA:
			a.Addrs = append(a.Addrs, netip.MustParseAddr(value))
		case mailauth.TypeMX:
			pref, host, _ := strings.Cut(value, " ")
			n, _ := strconv.ParseUint(pref, 10, 16)
			a.MX = append(a.MX, mailauth.MX{Preference: uint16(n), Host: host})
		case mailauth.TypePTR:
			a.Names = append(a.Names, value)
		case mailauth.TypeTXT:
			a.Texts = append(a.Texts, strings.Split(value, " | "))
		}
	}
	return a, ""
}
