package monitor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// CheckReleased checks one entry of the list of released hosts: a host name, an address, or a prefix in CIDR form.
func CheckReleased(entry string) error {
	if _, err := netip.ParseAddr(entry); err == nil {
		return nil
	}
	if strings.Contains(entry, "/") {
		if _, err := netip.ParsePrefix(entry); err != nil {
			return fmt.Errorf("%q is no prefix: write it like 192.0.2.0/24", entry)
		}
		return nil
	}
	if entry == "" || !strings.Contains(entry, ".") || strings.ContainsAny(entry, " \t/:@") {
		return fmt.Errorf("%q is neither a host name nor an address nor a prefix", entry)
	}
	return nil
}

// releasedBy gives the entry that covers a value of a record: an address, a host name, or a name below it; empty: none does.
func releasedBy(released []string, value string) string {
	if fields := strings.Fields(value); len(fields) > 0 {
		value = fields[len(fields)-1] // behind the numbers of MX and SRV
	}
	value = strings.TrimSuffix(strings.ToLower(value), ".")
	addr, addrErr := netip.ParseAddr(value)
	for _, entry := range released {
		e := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(entry)), ".")
		if addrErr == nil {
			if p, err := netip.ParsePrefix(e); err == nil && p.Contains(addr) {
				return entry
			}
			if a, err := netip.ParseAddr(e); err == nil && a == addr {
				return entry
			}
			continue
		}
		if e != "" && (value == e || strings.HasSuffix(value, "."+e)) {
			return entry
		}
	}
	return ""
}

// pointing are the types of records that name a host.
var pointing = []string{"A", "AAAA", "CNAME", "NS", "MX", "SRV"}

// releasedHits states every record that still points to a host which the agency gave back: whoever has it now answers under the client's
// name, and it is for the agency to see to it.
func releasedHits(s *Situation) []hit {
	if len(s.Released) == 0 {
		return nil
	}
	hits := unknownApex(s)
	seen := map[string]bool{}
	for _, p := range pointers(s) {
		entry := releasedBy(s.Released, p.value)
		fields := strings.Fields(p.value)
		if entry == "" || len(fields) == 0 {
			continue
		}
		subject := p.host + " " + p.rrtype + " " + fields[len(fields)-1]
		if seen[subject] {
			continue
		}
		seen[subject] = true
		hits = append(hits, hit{
			subject: subject, reason: reasonReleased,
			detail: p.host + " still points to " + fields[len(fields)-1] + ", which is on our list of released hosts (" + entry + "). Whoever has it now answers under the client's name. It is on our side.",
			next:   "Ours: write to the owner with the record to remove or to change, and take it off what we expect.",
		})
	}
	slices.SortFunc(hits, func(a, b hit) int { return strings.Compare(a.subject, b.subject) })
	return hits
}

// pointer is a record of the domain that names a host.
type pointer struct{ host, rrtype, value string }

// pointers are the records that a look and the looks before it saw: those that are expected, those of the domain itself, and those that lead
// outside.
func pointers(s *Situation) []pointer {
	var all []pointer
	for i := range s.Records {
		r := &s.Records[i]
		if !slices.Contains(pointing, r.Type) {
			continue
		}
		for _, values := range r.Seen {
			for _, v := range values {
				all = append(all, pointer{r.Host, r.Type, v})
			}
		}
	}
	for _, address := range s.DNS.Apex {
		all = append(all, pointer{s.Domain.Name, addressType(address), address})
	}
	for _, t := range s.DNS.Targets {
		if w := slices.IndexFunc(takeoverKinds, func(w takeoverWords) bool { return w.kind == t.Kind }); w >= 0 && t.Name != "" {
			all = append(all, pointer{t.Host, takeoverKinds[w].rrtype, t.Name})
		}
	}
	return all
}

func addressType(address string) string {
	if strings.Contains(address, ":") {
		return "AAAA"
	}
	return "A"
}

// unknownApex states again what is stored of the domain's own addresses where no server said this time which these are, unless an expected
// record tells.
func unknownApex(s *Situation) (hits []hit) {
	if s.DNS.ApexKnown {
		return nil
	}
	for _, rrtype := range []string{"A", "AAAA"} {
		told := slices.ContainsFunc(s.Records, func(r models.ExpectedRecord) bool { return r.Host == s.Domain.Name && r.Type == rrtype })
		if !told {
			hits = append(hits, still(s, CodeTakeoverReleased, s.Domain.Name+" "+rrtype+" ", "")...)
		}
	}
	return hits
}
