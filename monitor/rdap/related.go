package rdap

import (
	"mime"
	"net/url"
	"strings"
)

// maxAddress is the longest address that is taken from an answer, in bytes.
const maxAddress = 1024

// relatedURL returns the registrar's RDAP address for name: the "related" link of the RDAP media type. A link whose path names the domain
// is preferred to one that doesn't; one that names another domain or another kind of object is none.
func relatedURL(o object, name string) string {
	var untold string
	self := selfAddress(o)
	for _, l := range o.objects("links") {
		if !strings.EqualFold(strings.TrimSpace(l.str("rel")), "related") {
			continue
		}
		u := linked(l.str("href"))
		if u == nil || sameAddress(u.String(), self) {
			continue
		}
		media, known := mediaType(l.str("type"))
		switch of, isDomain := domainOfPath(u.Path); {
		case known && media != MediaType:
		case isDomain && of == name:
			return u.String()
		case !isDomain && known && untold == "" && !otherObject(u.Path):
			untold = u.String()
		}
	}
	return untold
}

// mediaType returns a media type without its parameters; known is false when none is stated.
func mediaType(s string) (media string, known bool) {
	if s = strings.TrimSpace(s); s == "" {
		return "", false
	}
	media, _, err := mime.ParseMediaType(s)
	if err != nil {
		media, _, _ = strings.Cut(strings.ToLower(s), ";")
	}
	return strings.TrimSpace(media), true
}

// linked parses an address that may be asked: http or https, with a host, without credentials, bounded.
func linked(href string) *url.URL {
	href = strings.TrimSpace(href)
	u, err := url.Parse(href)
	if err != nil || len(href) > maxAddress || u.Hostname() == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return nil
	}
	u.Fragment, u.RawFragment = "", ""
	return u
}

// domainOfPath returns the name after the step "domain" of a path (RFC 9082 section 3.1.3).
func domainOfPath(path string) (name string, ok bool) {
	steps := strings.Split(path, "/")
	for i := len(steps) - 2; i >= 0; i-- {
		if strings.EqualFold(steps[i], "domain") && steps[i+1] != "" {
			return normalName(steps[i+1]), true
		}
	}
	return "", false
}

// otherObject reports whether a path asks for something else than a domain (RFC 9082 section 3.1).
func otherObject(path string) bool {
	low := strings.ToLower(path) + "/"
	for _, step := range []string{"/entity/", "/nameserver/", "/ip/", "/autnum/", "/help/"} {
		if strings.Contains(low, step) {
			return true
		}
	}
	return false
}

// selfAddress is where an answer says that it lives.
func selfAddress(o object) string {
	for _, l := range o.objects("links") {
		if strings.EqualFold(strings.TrimSpace(l.str("rel")), "self") {
			return l.str("href")
		}
	}
	return ""
}

// sameAddress compares two addresses without regard to their scheme, case and last slash.
func sameAddress(a, b string) bool { return strings.EqualFold(place(a), place(b)) }

// below reports whether an address lies under a base address, without regard to scheme and case.
func below(address, base string) bool {
	return strings.HasPrefix(strings.ToLower(place(address))+"/", strings.ToLower(place(base))+"/")
}

func place(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	return u.Host + strings.TrimSuffix(u.Path, "/")
}
