package services

import (
	"slices"
	"strings"
)

// ruled are the types that the format has conflict rules for; others stand beside what is there.
var ruled = map[string]bool{
	"A": true, "AAAA": true, "CNAME": true, "MX": true, "NS": true, "TXT": true, "SRV": true, "APEXCNAME": true, "REDIR301": true, "REDIR302": true,
}

// replaces are, for each type, the types that it removes at its own name.
var replaces = map[string][]string{
	"A":         {"A", "AAAA", "CNAME", "APEXCNAME", "REDIR301", "REDIR302"},
	"AAAA":      {"A", "AAAA", "CNAME", "APEXCNAME", "REDIR301", "REDIR302"},
	"MX":        {"MX", "CNAME"},
	"SRV":       {"SRV", "CNAME"},
	"TXT":       {"CNAME"},
	"NS":        {"NS"},
	"APEXCNAME": {"A", "AAAA", "CNAME", "MX", "TXT", "APEXCNAME", "REDIR301", "REDIR302"},
	"REDIR301":  {"A", "AAAA", "CNAME", "APEXCNAME", "REDIR301", "REDIR302"},
	"REDIR302":  {"A", "AAAA", "CNAME", "APEXCNAME", "REDIR301", "REDIR302"},
}

// conflicts reports whether a record of the zone has to go for a new one ("Conflict Resolution" of the format).
func conflicts(f *fresh, old *ZoneRecord) bool {
	r := &f.record
	if !ruled[r.Type] {
		return false
	}
	if delegates(old) && (r.Name == old.Name || below(r.Name, old.Name)) {
		return true // the new record would lie in somebody else's zone
	}
	if delegates(r) && below(old.Name, r.Name) {
		return true
	}
	if r.Name != old.Name {
		return false
	}
	switch r.Type {
	case "CNAME":
		return true
	case "NS":
		return r.Name != apex || old.Type == "NS"
	case "TXT":
		if old.Type == "TXT" {
			return f.rules == nil && f.clears(old)
		}
	}
	return slices.Contains(replaces[r.Type], old.Type)
}

// delegates reports whether a record hands a part of the zone to other servers; the apex names the zone's own.
func delegates(r *ZoneRecord) bool { return r.Type == "NS" && r.Name != apex }

// clears reports whether a new text removes another one at its name.
func (f *fresh) clears(old *ZoneRecord) bool {
	switch strings.ToLower(f.txtMode) {
	case "all":
		return true
	case "prefix":
		return strings.HasPrefix(textOf(old.Data), f.txtPrefix)
	}
	return false
}
