package catalog

import (
	"fmt"
	"strings"
	"time"
)

// The longest window and the largest number that are believed; more is a slip of the pen.
const (
	maxWindowSeconds = 24 * 60 * 60
	maxWindowQueries = 1_000_000
)

// Validate checks one row; the error says what is wrong with which server.
func (s Server) Validate() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("server %q: %s", s.Name, fmt.Sprintf(format, args...))
	}
	_, err := time.Parse("2006-01", s.Seen)
	switch {
	case !isHost(s.Name):
		return bad("write its first host name, in lower case, without port or scheme")
	case s.Operator == "":
		return bad("needs an operator, for people")
	case s.Protocol != "" && s.Protocol != ProtocolRDAP && s.Protocol != ProtocolWHOIS:
		return bad("protocol %q is neither rdap nor whois, nor empty for both", s.Protocol)
	case s.Charset != CharsetUTF8 && s.Charset != CharsetLatin1:
		return bad("charset %q is not latin1, nor empty for UTF-8", s.Charset)
	case s.Access != AccessOpen && s.Access != AccessRegistered && s.Access != AccessClosed:
		return bad("access %q is neither registered nor closed, nor empty for open", s.Access)
	case s.Query != "" && (s.Protocol == ProtocolRDAP || strings.Count(s.Query, "{}") != 1 || strings.ContainsAny(s.Query, "\r\n")):
		return bad("query %q belongs to WHOIS, must hold {} once and be one line", s.Query)
	case s.Source == "" || err != nil:
		return bad("needs a source, and the month in which it was seen as 2006-01")
	case s.Assumed && len(s.Windows) == 0:
		return bad("assumed says something of windows, and there are none")
	}
	for _, h := range s.Hosts {
		if !isHost(h) || h == s.Name {
			return bad("%q among its hosts is no further host name", h)
		}
	}
	return s.validateWindows(bad)
}

func (s Server) validateWindows(bad func(format string, args ...any) error) error {
	seen := map[int]bool{}
	for _, w := range s.Windows {
		if w.N < 1 || w.N > maxWindowQueries || w.Seconds < 1 || w.Seconds > maxWindowSeconds {
			return bad("a window of %d in %d seconds; 1 to %d queries in 1 to %d seconds are possible", w.N, w.Seconds, maxWindowQueries, maxWindowSeconds)
		}
		if seen[w.Seconds] {
			return bad("two windows of %d seconds", w.Seconds)
		}
		seen[w.Seconds] = true
	}
	return nil
}

// protocols are those that the row speaks of.
func (s Server) protocols() []string {
	if s.Protocol == "" {
		return []string{ProtocolRDAP, ProtocolWHOIS}
	}
	return []string{s.Protocol}
}
