package catalog

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/idna"

	"github.com/krestmarketing/deedwatch/models"
)

// Name is a domain name that people gave, in the forms the product needs. All are lower case without a trailing dot.
type Name struct {
	Host        string // as given, A-label; DNS checks belong to it, and may lie below Registrable
	Registrable string // the name that is registered: one label below Suffix, A-label
	Suffix      string // the public suffix by the list's ICANN section, or a private one that sells names; A-label
	Unicode     string // Registrable as U-label, for people
	Listed      bool   // whether the suffix is on the list; others follow its default rule, one label
	Private     string // the private suffix that Registrable is, or lies right below; empty for most names
	Special     string // the special-use suffix it lies below, where that is accepted; empty for most names
}

// lookup is the profile for names that are typed or pasted: mapped as browsers map (UTS 46), then held to the rules for host names
// (RFC 5891, RFC 5893, RFC 1123).
var lookup = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// Names reads names by one list of public suffixes. It is not changed once made, and safe for concurrent use.
type Names struct {
	list       suffixes
	special    []string
	allSpecial bool
}

// NameOptions are what reading names depends on.
type NameOptions struct {
	ListFile   string   // a public suffix list in its text form; empty: the one built in
	Special    []string // special-use suffixes (RFC 6761) below which names are accepted all the same, such as "example"
	AllSpecial bool     // all of them are, as a test network needs it
}

// NewNames reads the list of suffixes, where one is named.
func NewNames(o NameOptions) (*Names, error) {
	n := &Names{list: builtIn{}, special: o.Special, allSpecial: o.AllSpecial}
	for _, s := range o.Special {
		if _, ok := specialUse[s]; !ok {
			return nil, fmt.Errorf("%q is no suffix for special use; such are example, test, local, internal, onion", clip(s, 60))
		}
	}
	if o.ListFile != "" {
		list, err := LoadSuffixList(o.ListFile)
		if err != nil {
			return nil, err
		}
		n.list = list
	}
	return n, nil
}

// List tells which list of public suffixes is used.
func (n *Names) List() ListInfo { return n.list.Info() }

// defaultNames accepts the names that documents and tests are written with, and no others that nobody can register.
var defaultNames = sync.OnceValue(func() *Names { return &Names{list: builtIn{}, special: []string{"example", "test"}} })

// ParseName reads a name by the list that is built in, and accepts those for examples and tests. See Names.Parse.
func ParseName(input string) (Name, error) { return defaultNames().Parse(input) }

// Parse reads what people paste as a domain: a name in any case and script, with a trailing dot or a wildcard label, a URL, an e-mail
// address with or without its owner's name, a host name, a Markdown link. It gives an error for which errors.Is(err, models.ErrInvalid)
// is true when no registrable name is in it; the error says why and what to give instead, and does not repeat the input.
func (n *Names) Parse(input string) (Name, error) {
	host, refused := hostIn(input)
	if refused != "" {
		return Name{}, models.Invalid("domain", "%s", refused)
	}
	ascii, refused := toASCII(host)
	if refused != "" {
		return Name{}, models.Invalid("domain", "%s", refused)
	}
	if refused := n.refuseSpecial(ascii); refused != "" {
		return Name{}, models.Invalid("domain", "%s", refused)
	}
	name, refused := n.split(ascii)
	if refused != "" {
		return Name{}, models.Invalid("domain", "%s", refused)
	}
	return name, nil
}

// toASCII gives a host's name in A-labels, or says why it is none. Labels with an underscore are no host's, but have records.
func toASCII(host string) (ascii, refused string) {
	const no = "that is not a domain name; letters, digits and hyphens between dots are possible, like example.com"
	const tooLong = "that is not a domain name: it is longer than the 253 characters that are possible"
	if len(host) > 1024 { // in any script; the conversion takes time by the square of the length
		return "", tooLong
	}
	labels := strings.Split(strings.ToLower(host), ".")
	under := map[int]string{}
	for i, l := range labels {
		if len(l) > 63 && isASCII(l) {
			return "", "that is not a domain name: between two dots at most 63 characters are possible"
		}
		if strings.Contains(l, "_") {
			if strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
				return "", no
			}
			under[i], labels[i] = l, strings.Repeat("x", len(l))
		}
	}
	ascii, err := lookup.ToASCII(strings.Join(labels, "."))
	if len(ascii) > 253 {
		return "", tooLong
	}
	if err != nil || !stable(ascii) {
		return "", no
	}
	if looksLikeAddress(ascii) {
		return "", isAddress
	}
	if len(under) > 0 {
		labels = strings.Split(ascii, ".")
		for i, l := range under {
			labels[i] = l
		}
		ascii = strings.Join(labels, ".")
	}
	return ascii, ""
}

// stable reports whether a converted name converts to itself: the mapping lets through a few names that it would refuse as A-labels.
func stable(ascii string) bool {
	again, err := lookup.ToASCII(ascii)
	return err == nil && again == ascii
}

// refuseSpecial says why a name for special use is none to watch.
func (n *Names) refuseSpecial(ascii string) string {
	suffix, purpose := SpecialUse(ascii)
	if suffix == "" || n.accepts(suffix) {
		return ""
	}
	if purpose == reverseZone {
		return "that is the reverse name of an IP address; give the domain's name, like example.com"
	}
	return fmt.Sprintf(".%s %s, so nobody can register a name there; give the name that is registered, like example.com", suffix, purpose)
}

func (n *Names) accepts(suffix string) bool {
	if n.allSpecial {
		return !strings.HasSuffix(suffix, "arpa") || suffix == "home.arpa"
	}
	return slices.Contains(n.special, suffix)
}

// split finds the name that is registered in a host's name. It says why when there is none, or when it can't be the client's.
func (n *Names) split(ascii string) (Name, string) {
	const suffixAlone = "that is a suffix, nobody's own name; give the name registered below it, like example.com"
	suffix, listed, private := n.suffix(ascii)
	switch {
	case ascii == suffix && !strings.Contains(ascii, ".") && !listed:
		return Name{}, "that is a single word; give the whole name with its ending, like example.com"
	case ascii == suffix:
		return Name{}, suffixAlone
	}
	rest := strings.TrimSuffix(ascii, "."+suffix)
	registrable := rest[strings.LastIndex(rest, ".")+1:] + "." + suffix
	if strings.Contains(registrable, "_") {
		return Name{}, "a registered name has no underscore; give the name below which the underscore stands, like example.com"
	}
	if private != "" && private != suffix && ascii != registrable {
		return Name{}, fmt.Sprintf("that is a host at the provider that owns %s, nothing that the client registers or renews; give the client's own domain, or %s if the client is that provider",
			registrable, registrable)
	}
	special, _ := SpecialUse(ascii)
	return Name{Host: ascii, Registrable: registrable, Suffix: suffix, Unicode: Unicode(registrable), Listed: listed, Private: private, Special: special}, ""
}

// suffix gives the suffix below which names are registered, and the private one, if any. What counts is the ICANN section alone: what is
// registered and renewed is the company's name, not those of its users below it. The exceptions are private suffixes with a registry of
// their own, such as uk.com, whose names are sold by registrars, expire and are renewed; the table of registries lists them.
func (n *Names) suffix(ascii string) (suffix string, listed bool, private string) {
	whole, section := n.list.Suffix(ascii, false)
	if section == SectionPrivate {
		private = whole
	}
	for s := ascii; s != ""; _, s, _ = strings.Cut(s, ".") {
		if r, ok := registries()[s]; ok && r.Class == ClassPrivate {
			if private != "" && strings.HasSuffix(private, "."+s) { // a finer one of the same registry, such as de.eu.org
				s = private
			}
			return s, true, s
		}
	}
	if section == SectionPrivate {
		whole, section = n.list.Suffix(ascii, true)
	}
	return whole, section != SectionNone, private
}

// Unicode gives a name's U-label form for people; where that is not possible, the name as it stands.
func Unicode(ascii string) string {
	u, err := idna.Display.ToUnicode(ascii)
	if err != nil {
		return ascii
	}
	return u
}
