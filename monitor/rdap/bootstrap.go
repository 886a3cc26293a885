package rdap

import (
	_ "embed" // the seed
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// IANABootstrap is where the registry of RDAP servers for domains is published (RFC 9224 section 8).
const IANABootstrap = "https://data.iana.org/rdap/dns.json"

// seed is a registry of our own in the IANA format, so that the first look needs no fetch; it also names servers that run but are not
// registered with IANA.
//
//go:embed seed.json
var seed []byte

// servers maps a suffix (A-label, lower case) to a base URL that ends in a slash.
type servers map[string]string

// parseRegistry reads a bootstrap registry (RFC 9224 section 3). A service without a usable URL is left out; a file without any
// service is an error, so that a broken download never replaces a good one.
func parseRegistry(data []byte) (servers, error) {
	var file struct {
		Services [][][]string `json:"services"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read the RDAP bootstrap registry: %w", err)
	}
	out := servers{}
	for _, service := range file.Services {
		if len(service) != 2 {
			continue
		}
		base := pickBase(service[1])
		if base == "" {
			continue
		}
		for _, suffix := range service[0] {
			if s := normalName(suffix); s != "" {
				out[s] = base
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("read the RDAP bootstrap registry: it names no usable server (RFC 9224 format expected)")
	}
	return out, nil
}

// published is the day on which a registry says it was published, or "".
func published(data []byte) string {
	var file struct {
		Publication string `json:"publication"`
	}
	if json.Unmarshal(data, &file) != nil {
		return ""
	}
	day, _, _ := strings.Cut(file.Publication, "T")
	return clean(day, 40)
}

// pickBase prefers https (RFC 9224 section 3) and takes the first usable address of a kind.
func pickBase(addresses []string) string {
	var plain string
	for _, a := range addresses {
		base, err := baseURL(a)
		if err != nil {
			continue
		}
		if strings.HasPrefix(base, "https:") {
			return base
		}
		if plain == "" {
			plain = base
		}
	}
	return plain
}

// baseURL checks a server's base address and ends it in a slash.
func baseURL(s string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case err != nil:
		return "", fmt.Errorf("RDAP server address %q: %w", s, err)
	case (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("RDAP server address %q: give it as https://host/path without query or credentials", s)
	}
	return strings.TrimSuffix(u.String(), "/") + "/", nil
}

// lookup returns the longest suffix of name that is known, and its base URL. The name itself counts too.
func (s servers) lookup(name string) (suffix, base string) {
	for name != "" {
		if base, ok := s[name]; ok {
			return name, base
		}
		_, rest, found := strings.Cut(name, ".")
		if !found {
			break
		}
		name = rest
	}
	return "", ""
}
