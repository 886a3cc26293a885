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

// normal gives a record with its type in upper case and its names in lower case; texts are opaque and stay.
func (r ZoneRecord) normal() ZoneRecord {
	r.Type = strings.ToUpper(strings.TrimSpace(r.Type))
	r.Name = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(r.Name), "."))
	if r.Name == "" {
		r.Name = apex
	}
	if hostData[r.Type] {
		r.Data = strings.ToLower(r.Data)
	}
	r.Origin = r.Origin.clone()
	return r
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
