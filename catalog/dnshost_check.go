package catalog

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Validate checks one row; the error says what is wrong with which host.
func (h DNSHost) Validate() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("DNS host %q: %s", h.Code, fmt.Sprintf(format, args...))
	}
	_, err := time.Parse("2006-01", h.Seen)
	switch {
	case h.Code == "" || strings.Trim(h.Code, "abcdefghijklmnopqrstuvwxyz0123456789_") != "":
		return bad("write the code in lower-case letters, digits and underscores")
	case !isLine(h.Name):
		return bad("needs a name, without spaces around it")
	case len(h.Servers) == 0:
		return bad("needs at least one end of its name servers' names")
	case len(h.Path) == 0 || !slices.Contains(h.Path, "the domain") && !slices.ContainsFunc(h.Path, func(s string) bool { return strings.Contains(s, "DNS") || strings.Contains(s, "zone") }):
		return bad("needs the way from signing in to the records")
	case slices.ContainsFunc(h.Path, func(s string) bool { return !isLine(s) || strings.Contains(s, ">") }):
		return bad("a step of the path is empty, or holds more than one step")
	case h.Names != NameRelative && h.Names != NameFull:
		return bad("names %q is neither relative nor full", h.Names)
	case !isLine(h.Apex) || strings.Contains(h.Apex, " "):
		return bad("says nothing on what is entered for the domain itself: @, blank, full or a text without spaces")
	case !slices.Contains([]ApexAlias{ApexNone, ApexFlattened, ApexALIAS, ApexANAME, ApexTarget}, h.ApexAlias):
		return bad("apex_alias %q is not known", h.ApexAlias)
	case h.Note != "" && (!isLine(h.Note) || !strings.HasSuffix(h.Note, ".")):
		return bad("the note is not one sentence on one line")
	case h.Claimable != "" && !strings.Contains(h.Claimable, "https://"):
		return bad("claimable needs the address of its source")
	case !isLine(h.Source) || !strings.Contains(h.Source, "https://") || err != nil:
		return bad("needs a source with its address, and the month in which it was seen as 2006-01")
	}
	for _, text := range []string{h.TTL, h.Proxy, h.Claimable} {
		if text != "" && !isLine(text) {
			return bad("%q is not one line without spaces around it", text)
		}
	}
	return h.validateServers(bad)
}

func (h DNSHost) validateServers(bad func(format string, args ...any) error) error {
	for _, p := range h.Servers {
		labels := strings.Split(p, ".")
		last := labels[len(labels)-1]
		switch _, err := path.Match(p, ""); {
		case err != nil || len(labels) < 2 || strings.Contains(last, "*") || labels[len(labels)-2] == "*":
			return bad("the pattern %q must end with the two last labels of a name, of which only the first may hold a *, beside other text", p)
		case !isHost(strings.ReplaceAll(p, "*", "x")):
			return bad("the pattern %q is no end of a host name in lower case", p)
		}
	}
	return nil
}

// isLine reports whether a text is there, on one line, without spaces around it.
func isLine(s string) bool {
	return s != "" && s == strings.TrimSpace(s) && !strings.ContainsAny(s, "\r\n\t\x00")
}
