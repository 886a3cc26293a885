package catalog

import (
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"github.com/krestmarketing/deedwatch/models"
)

// Name is a domain name that people gave, in the forms the product needs. All are lower case without a trailing dot.
type Name struct {
	Host        string // as given, A-label
	Registrable string // the name that is registered: one label below Suffix, A-label
	Suffix      string // the public suffix by the list's ICANN section, A-label
	Unicode     string // Registrable as U-label, for people
	Listed      bool   // whether the suffix is on the list; others follow its default rule, one label
}

// lookup is the profile for names that are typed or pasted: mapped as browsers map (UTS 46), then held to the rules for host names
// (RFC 5891, RFC 5893, RFC 1123).
var lookup = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// ParseName reads what people paste as a domain: a name in any case, with a trailing dot or a wildcard label, a URL, an e-mail address, a
// host name. It gives an error for which errors.Is(err, models.ErrInvalid) is true, and which says what to give instead, when no
// registrable name is in it.
func ParseName(input string) (Name, error) {
	host := hostIn(input)
	if host == "" {
		return Name{}, models.Invalid("domain", "no name was given; write it like example.com")
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return Name{}, models.Invalid("domain", "that is an IP address; give the domain's name, like example.com")
	}
	ascii, err := lookup.ToASCII(host)
	if err != nil || !utf8.ValidString(host) || !stable(ascii) {
		return Name{}, models.Invalid("domain", "that is not a domain name; letters, digits and hyphens between dots are possible, up to 63 in a label")
	}
	ascii = strings.TrimSuffix(ascii, ".")
	suffix, listed := icannSuffix(ascii)
	if !strings.Contains(ascii, ".") || ascii == suffix {
		return Name{}, models.Invalid("domain", "that is a suffix, nobody's own name; give the name registered below it, like example.com")
	}
	rest := strings.TrimSuffix(ascii, "."+suffix)
	registrable := rest[strings.LastIndex(rest, ".")+1:] + "." + suffix
	return Name{Host: ascii, Registrable: registrable, Suffix: suffix, Unicode: Unicode(registrable), Listed: listed}, nil
}

// stable reports whether a converted name converts to itself: the mapping lets through a few names that it would refuse as A-labels.
func stable(ascii string) bool {
	again, err := lookup.ToASCII(ascii)
	return err == nil && again == ascii
}

// Unicode gives a name's U-label form for people; where that is not possible, the name as it stands.
func Unicode(ascii string) string {
	u, err := idna.Display.ToUnicode(ascii)
	if err != nil {
		return ascii
	}
	return u
}

// hostIn finds the host in what was pasted.
func hostIn(input string) string {
	s := strings.TrimSpace(input)
	if strings.Contains(s, "://") {
		if u, err := url.Parse(s); err == nil {
			s = u.Hostname()
		}
	}
	s, _, _ = strings.Cut(s, "/")
	s, _, _ = strings.Cut(s, "?")
	if i := strings.LastIndex(s, "@"); i >= 0 {
		s = s[i+1:]
	}
	if i := strings.LastIndex(s, ":"); i >= 0 && strings.Count(s, ":") == 1 && digits(s[i+1:]) {
		s = s[:i]
	}
	s = strings.TrimPrefix(s, "*.")
	return strings.TrimSuffix(s, ".")
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// icannSuffix gives the public suffix by the ICANN section alone: suffixes that companies run below their own names do not count, since
// what is registered and renewed is the company's name. The exceptions are private suffixes with a registry of their own, such as uk.com,
// whose names are sold by registrars, expire and are renewed; the table of registries lists them.
func icannSuffix(ascii string) (suffix string, listed bool) {
	for s := ascii; s != ""; {
		if r, ok := registries()[s]; ok && r.Class == ClassPrivate {
			return s, true
		}
		_, s, _ = strings.Cut(s, ".")
	}
	rest := ascii
	for {
		s, icann := publicsuffix.PublicSuffix(rest)
		if icann {
			return s, true
		}
		if !strings.Contains(s, ".") { // the list's default rule: unlisted, one label
			return s, false
		}
		// A private suffix: what counts is the ICANN suffix of its own parent.
		_, rest, _ = strings.Cut(s, ".")
	}
}
