package dns

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns/wire"
)

// standingValues gives the set that every server answered when the record was last found right.
func standingValues(r *models.ExpectedRecord) ([]string, bool) {
	if r.State != models.RecordOK || r.Pending != "" {
		return nil, false
	}
	if r.Match == models.MatchExact {
		return r.Values, len(r.Values) > 0
	}
	var set []string
	for _, values := range r.Seen {
		values = slices.Sorted(slices.Values(values))
		if len(values) == 0 || len(values) >= maxSeenValues || slices.ContainsFunc(values, func(v string) bool { return len(v) >= maxSeenBytes || strings.HasPrefix(v, "<") }) {
			return nil, false
		}
		if set != nil && !slices.Equal(set, values) {
			return nil, false
		}
		set = values
	}
	return set, len(set) > 0
}

// digest reduces a set of canonical values to what an answer with just these is reduced to.
func (w *sweep) digest(rrtype string, values []string) (sum uint64, ok bool) {
	rtype, ok := typeOf(rrtype)
	for _, v := range values {
		if !ok {
			break
		}
		w.scratch, ok = canonicalData(w.scratch[:0], rtype, v)
		sum += w.hasher.Record(rtype, w.scratch)
	}
	return sum, ok
}

// canonicalData appends the canonical data of the record that a canonical value stands for.
func canonicalData(dst []byte, rtype uint16, value string) ([]byte, bool) {
	switch rtype {
	case dns.TypeA, dns.TypeAAAA:
		addr, err := netip.ParseAddr(value)
		if err != nil || addr.Is4() != (rtype == dns.TypeA) {
			return dst, false
		}
		return append(dst, addr.AsSlice()...), true
	case dns.TypeTXT:
		if strings.Contains(value, `\`) {
			return append(dst, unescape(value)...), true
		}
		return append(dst, value...), true
	case dns.TypeNS, dns.TypeCNAME:
		dst, err := wire.AppendName(dst, value)
		return dst, err == nil
	case dns.TypeMX:
		preference, host, _ := strings.Cut(value, " ")
		n, err := strconv.ParseUint(preference, 10, 16)
		if err != nil || host == "." {
			return dst, false
		}
		dst, err = wire.AppendName(binary.BigEndian.AppendUint16(dst, uint16(n)), host)
		return dst, err == nil
	}
	rr, err := dns.NewRR(". 0 IN " + typeName(rtype) + " " + value)
	if err != nil || rr == nil {
		return dst, false
	}
	packed := make([]byte, dns.Len(rr)+1)
	n, err := dns.PackRR(rr, packed, 0, nil, false)
	if err != nil {
		return dst, false
	}
	return wire.Canonical(dst, packed[:n])
}
