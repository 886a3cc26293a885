package services

import (
	"encoding/json"
	"maps"
	"strings"
)

// ZoneRecord is a record of a zone, as it is handed in and out. Name is relative to the zone's apex, "@" for the apex itself.
type ZoneRecord struct {
	Type     string  `json:"type"`
	Name     string  `json:"name"`
	Data     string  `json:"data"`
	Protocol string  `json:"protocol,omitempty"` // of SRV
	Service  string  `json:"service,omitempty"`
	TTL      *Number `json:"ttl,omitempty"` // seconds; redirects have none
	Priority *Number `json:"priority,omitempty"`
	Weight   *Number `json:"weight,omitempty"`
	Port     *Number `json:"port,omitempty"`
	// Origin says which application of which template made the record; nil: none that is known. What others keep there is handed on.
	Origin Origin `json:"_dc,omitempty"`
}

// Origin is where a record of a zone comes from.
type Origin map[string]any

func (o Origin) text(key string) string {
	s, _ := o[key].(string)
	return s
}

func (o Origin) clone() Origin { return maps.Clone(o) }

// String gives the record as one JSON object, for messages and for sorting.
func (r ZoneRecord) String() string {
	b, err := json.Marshal(r)
	if err != nil {
		return r.Type + " " + r.Name
	}
	return string(b)
}

// normal gives a record of a domain with its type in upper case and its names in lower case; texts are opaque and stay. A name in full, which
// ends in a dot, becomes relative.
func (r ZoneRecord) normal(domain string) ZoneRecord {
	r.Type = strings.ToUpper(strings.TrimSpace(r.Type))
	name, whole := strings.CutSuffix(strings.ToLower(strings.TrimSpace(r.Name)), ".")
	if whole {
		name = strings.TrimSuffix(strings.TrimSuffix("."+name, "."+domain), ".")
		name = strings.TrimPrefix(name, ".")
	}
	if r.Name = name; r.Name == "" {
		r.Name = apex
	}
	if hostData[r.Type] {
		r.Data = strings.ToLower(r.Data)
	}
	r.Origin = r.Origin.clone()
	return r
}

// is reports whether two records in normal form are one and the same, whatever their lifetimes.
func (r *ZoneRecord) is(o *ZoneRecord) bool {
	number := func(a, b *Number) bool { return a == b || a != nil && b != nil && *a == *b }
	return r.Type == o.Type && r.Name == o.Name && strings.TrimSuffix(r.Data, ".") == strings.TrimSuffix(o.Data, ".") &&
		strings.EqualFold(r.Service, o.Service) && strings.EqualFold(r.Protocol, o.Protocol) &&
		number(r.Priority, o.Priority) && number(r.Weight, o.Weight) && number(r.Port, o.Port)
}

// hostData are the types whose data is an address or a name, which have no case.
var hostData = map[string]bool{"A": true, "AAAA": true, "CNAME": true, "MX": true, "NS": true, "SRV": true, "APEXCNAME": true}

// below reports whether a name lies below another; both are relative to one apex.
func below(name, parent string) bool {
	if parent == apex {
		return name != apex
	}
	return strings.HasSuffix(name, "."+parent)
}
