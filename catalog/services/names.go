package services

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// apex is how the top of a zone is written.
const apex = "@"

// The lengths of names (RFC 1035 section 2.3.4), in characters of the form without the root's dot.
const (
	maxName  = 253
	maxLabel = 63
)

// place is the domain, and the host below it, that a template is applied to; host is empty for the domain itself.
type place struct{ domain, host string }

func newPlace(domain, host string) (place, error) {
	p := place{domain: strings.ToLower(strings.TrimSuffix(strings.TrimSpace(domain), ".")), host: strings.ToLower(strings.TrimSpace(host))}
	if p.host == apex {
		p.host = ""
	}
	if !validName(p.domain, false) || !strings.Contains(p.domain, ".") {
		return place{}, fail(InvalidData, "%q is not a domain name; give the name of the zone, like example.com", domain)
	}
	if p.host != "" && !validName(p.host+"."+p.domain, true) {
		return place{}, fail(InvalidData, "%q is not a host name below %s", host, p.domain)
	}
	return p, nil
}

// fqdn is the whole name, without the root's dot.
func (p place) fqdn() string {
	if p.host == "" {
		return p.domain
	}
	return p.host + "." + p.domain
}

// resolve turns a template's host into a name relative to the zone's apex.
func (p place) resolve(host string) (string, error) {
	host = strings.ToLower(host)
	name := host
	switch absolute := strings.TrimSuffix(host, "."); {
	case host == "" || host == apex:
		name = p.host
	case absolute == host && p.host != "":
		name = host + "." + p.host
	case absolute == host:
	case absolute == p.domain:
		name = ""
	case strings.HasSuffix(absolute, "."+p.domain):
		name = strings.TrimSuffix(absolute, "."+p.domain)
	default:
		return "", fail(InvalidData, "the host %q ends in a dot but is not below %s; leave the dot away, or name the domain", host, p.domain)
	}
	if name == "" {
		return apex, nil
	}
	if !validName(name+"."+p.domain, true) {
		return "", fail(InvalidData, "%q is not a host name: letters, digits, hyphens and underscores, up to 63 in a label and 253 in all", host)
	}
	return name, nil
}

// The members that may name the root.
const (
	mxTarget  = "pointsTo of MX"
	srvTarget = "the target of SRV"
)

// target reads a name that a record points to; "@" is the place itself. A dot at the end is kept.
func (p place) target(what, value string) (string, error) {
	value = strings.ToLower(strings.TrimSpace(value))
	switch {
	case value == apex:
		return p.fqdn(), nil
	case value == "." && (what == mxTarget || what == srvTarget): // there is no such service (RFC 7505, RFC 2782)
		return value, nil
	}
	if !validName(strings.TrimSuffix(value, "."), false) {
		return "", fail(InvalidData, "%s %q is not a host name", what, value)
	}
	return value, nil
}

// validName reports whether a name's labels are those of a host, underscores included; a wildcard may only be the first.
func validName(name string, wildcard bool) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for i, label := range strings.Split(name, ".") {
		if label == "*" && i == 0 && wildcard {
			continue
		}
		if !validLabel(label) {
			return false
		}
	}
	return true
}

func validLabel(label string) bool {
	if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for _, c := range []byte(label) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// ipv4 reads an address in decimal; like most DNS hosts it takes the short forms, whose last part fills the rest (inet_aton).
func ipv4(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 4 {
		return false
	}
	for i, part := range parts {
		limit := uint64(255)
		if i == len(parts)-1 {
			limit = 1<<(8*(5-len(parts))) - 1
		}
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || n > limit {
			return false
		}
	}
	return true
}

func ipv6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6() && a.Zone() == ""
}

// webAddress reports whether a redirect can lead there.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
		return false
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return validName(host, false)
}
