package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"
)

// Canonical returns an expected value in the one form in which values of this type are compared and shown: addresses in their shortest
// form, names in lower case without trailing dot ("10 mail.example.lab" for MX), TXT as the joined text without quotes, bytes that are
// not printable ASCII as \DDD. It returns an error when the text is no value of the type.
func Canonical(rrtype, text string) (string, error) {
	rrtype, text = strings.ToUpper(rrtype), strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text, "\r\n\x00") {
		return "", fmt.Errorf("%q is no value of a %s record", escape(text, 80), escape(rrtype, 20))
	}
	var value string
	var err error
	switch rrtype {
	case "A", "AAAA":
		value, err = canonicalAddress(rrtype, text)
	case "CNAME", "NS", "PTR", "DNAME":
		text = asciiName(text)
		value, err = lowerName(text), checkTarget(text)
	case "MX":
		value, err = canonicalNumbers(text, 1)
	case "SRV":
		value, err = canonicalNumbers(text, 3)
	case "TXT":
		value, err = canonicalText(text)
	case "CAA":
		value, err = canonicalCAA(text)
	default:
		value, err = canonicalOther(rrtype, text)
	}
	if err != nil {
		return "", fmt.Errorf("%q is no value of a %s record: %w", escape(text, 80), escape(rrtype, 20), err)
	}
	return value, nil
}

func canonicalAddress(rrtype, text string) (string, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" || addr.Is4() != (rrtype == "A") {
		return "", errors.New("give one IP address of that family")
	}
	return addr.String(), nil
}

// asciiName gives the A-label form of a name that people write in their own script (RFC 5891); what is no such name stays as it is.
func asciiName(name string) string {
	if !strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		return name
	}
	if ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(name, ".")); err == nil {
		return ascii
	}
	return name
}

func checkTarget(text string) error {
	if _, ok := dns.IsDomainName(text); !ok || strings.ContainsAny(text, " \t") {
		return errors.New("give one host name")
	}
	return nil
}

// canonicalNumbers reads n numbers and a name, as in MX and SRV.
func canonicalNumbers(text string, n int) (string, error) {
	fields := strings.Fields(text)
	if len(fields) != n+1 {
		return "", fmt.Errorf("give %d number(s) and a host name", n)
	}
	for i, f := range fields[:n] {
		v, err := strconv.ParseUint(f, 10, 16)
		if err != nil {
			return "", errors.New("numbers go from 0 to 65535")
		}
		fields[i] = strconv.FormatUint(v, 10)
	}
	fields[n] = canonicalTarget(asciiName(fields[n]))
	return strings.Join(fields, " "), checkTarget(fields[n])
}

// canonicalTarget keeps the root, which says "no such service" in MX and SRV (RFC 7505, RFC 2782), visible as a dot.
func canonicalTarget(name string) string {
	if name == "." {
		return "."
	}
	return lowerName(name)
}

// canonicalText takes a text as it is, or in the quoted strings of a zone file, which are joined without a space (RFC 7208 section 3.3).
func canonicalText(text string) (string, error) {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return printable([]byte(text)), nil
	}
	rr, err := dns.NewRR(". 0 IN TXT " + text)
	if err != nil || rr == nil {
		return "", errors.New("the quoted strings cannot be read")
	}
	return canonicalRR(rr), nil
}

func canonicalCAA(text string) (string, error) {
	first, rest := cutField(text)
	tag, value := cutField(rest)
	if value == "" {
		return "", errors.New("give a flag, a tag and a value")
	}
	flag, err := strconv.ParseUint(first, 10, 8)
	if err != nil {
		return "", errors.New("the flag goes from 0 to 255")
	}
	return formatCAA(uint8(flag), tag, strings.Trim(value, `"`)), nil
}

// cutField gives the first word of a text and what follows the white space behind it.
func cutField(text string) (field, rest string) {
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		return text[:i], strings.TrimSpace(text[i:])
	}
	return text, ""
}

func formatCAA(flag uint8, tag, value string) string {
	return fmt.Sprintf(`%d %s "%s"`, flag, lowerASCII(tag), value)
}

// canonicalOther reads a value of any further type in the form of a zone file. It goes through the wire form, which has one case of
// hexadecimal digits and one order of parameters where people may write several.
func canonicalOther(rrtype, text string) (string, error) {
	if _, ok := typeOf(rrtype); !ok {
		return "", errors.New("the record type is not known")
	}
	rr, err := dns.NewRR(". 0 IN " + rrtype + " " + text)
	if err != nil || rr == nil {
		return "", errors.New("it does not have the form of a zone file")
	}
	packed := make([]byte, dns.Len(rr)+1)
	n, err := dns.PackRR(rr, packed, 0, nil, false)
	if err != nil {
		return "", errors.New("it does not have the form of a zone file")
	}
	if rr, _, err = dns.UnpackRR(packed[:n], 0); err != nil {
		return "", errors.New("it does not have the form of a zone file")
	}
	return canonicalRR(rr), nil
}

// canonicalRR returns the canonical value of a record that a server answered.
func canonicalRR(rr dns.RR) string {
	switch r := rr.(type) {
	case *dns.A, *dns.AAAA:
		addr, _ := addressOf(r)
		return addr.String()
	case *dns.CNAME:
		return shownTarget(r.Target)
	case *dns.NS:
		return shownTarget(r.Ns)
	case *dns.PTR:
		return shownTarget(r.Ptr)
	case *dns.DNAME:
		return shownTarget(r.Target)
	case *dns.MX:
		return fmt.Sprintf("%d %s", r.Preference, shownTarget(r.Mx))
	case *dns.SRV:
		return fmt.Sprintf("%d %d %d %s", r.Priority, r.Weight, r.Port, shownTarget(r.Target))
	case *dns.TXT:
		return printable(unescape(strings.Join(r.Txt, "")))
	case *dns.CAA:
		return formatCAA(r.Flag, escape(r.Tag, 0), printable(unescape(r.Value)))
	case *dns.HTTPS:
		named := *r
		named.Target = lowerASCII(r.Target)
		return written(&named)
	case *dns.SVCB:
		named := *r
		named.Target = lowerASCII(r.Target)
		return written(&named)
	default:
		return written(rr)
	}
}

// written is the data of a record as a zone file has it, with single spaces.
func written(rr dns.RR) string {
	value := strings.TrimPrefix(rr.String(), rr.Header().String())
	return escape(strings.Join(strings.Fields(value), " "), 0)
}

func shownTarget(name string) string { return escape(canonicalTarget(name), 0) }

// printable keeps printable ASCII and writes every other byte as \DDD.
func printable(raw []byte) string {
	var b strings.Builder
	for _, c := range raw {
		if c >= ' ' && c <= '~' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, `\%03d`, c)
	}
	return b.String()
}

// unescape turns the presentation form of a character string (RFC 1035 section 5.1) back into its bytes.
func unescape(s string) []byte {
	raw := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\' || i+1 == len(s):
			raw = append(raw, s[i])
		case i+3 < len(s) && isDigit(s[i+1]) && isDigit(s[i+2]) && isDigit(s[i+3]):
			raw = append(raw, (s[i+1]-'0')*100+(s[i+2]-'0')*10+(s[i+3]-'0'))
			i += 3
		default:
			i++
			raw = append(raw, s[i])
		}
	}
	return raw
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
