package mailauth

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Policy is a DMARC record as receivers read it (RFC 7489 section 6.3).
type Policy struct {
	P, SP, NP    string // none, quarantine, reject; SP and NP empty: as P
	StrictDKIM   bool   // adkim=s
	StrictSPF    bool   // aspf=s
	Percent      int    // pct; 100 when not given
	Testing      bool   // t=y of the successor
	RUA, RUF     []string
	PublicSuffix string // psd=
	// Broken says why receivers ignore the record; empty: they do not.
	Broken string
	// Faults are what is not as the grammar wants it. Receivers forgive these.
	Faults []string
}

// IsDMARC reports whether a text is a DMARC record: it begins with the version tag (RFC 7489 section 6.6.3).
func IsDMARC(text string) bool {
	name, rest, _ := strings.Cut(text, "=")
	value, _, _ := strings.Cut(rest, ";")
	return trimSpace(name) == "v" && trimSpace(value) == "DMARC1"
}

// ParseDMARC reads a DMARC record. It never fails: what is wrong is in Broken and Faults.
func ParseDMARC(text string) Policy {
	l := parseTags(text)
	p := Policy{Percent: 100, Faults: l.faults}
	p.policies(l)
	for _, t := range l.tags {
		p.take(t)
	}
	p.unusable()
	return p
}

// unusable is a record without a usable p, or with an sp or np that is none (section 6.6.3, step 6): receivers act as on p=none where it
// asks for reports, and otherwise as if there were no record.
func (p *Policy) unusable() {
	var tags []string
	for _, f := range []struct{ tag, value string }{{"p", p.P}, {"sp", p.SP}, {"np", p.NP}} {
		if f.value == noPolicy || f.value == "" && f.tag == "p" {
			tags = append(tags, f.tag+"=")
		}
	}
	switch {
	case len(tags) == 0:
		return
	case len(p.RUA) == 0:
		p.Broken = "it has no usable policy " + strings.Join(tags, ", ")
		p.P, p.SP, p.NP = "", "", ""
		return
	}
	p.P, p.SP, p.NP = "none", "", ""
	p.fault("it has no usable policy %s, and is taken as p=none for the sake of its reports", strings.Join(tags, ", "))
}

// noPolicy stands for the value of a policy tag that is none of the three, while a record is read.
const noPolicy = "?"

func (p *Policy) policies(l tagList) {
	for _, f := range []struct {
		name string
		to   *string
	}{{"p", &p.P}, {"sp", &p.SP}, {"np", &p.NP}} {
		v, ok := l.get(f.name)
		switch v = lowerASCII(v); {
		case !ok:
		case v == "none" || v == "quarantine" || v == "reject":
			*f.to = v
		default:
			p.fault("%s=%s is none of none, quarantine and reject", f.name, Shown(v, 30))
			*f.to = noPolicy
		}
	}
	if i := indexTag(l, "p"); i > 1 {
		p.fault("p= should come right after the version")
	}
}

func indexTag(l tagList, name string) int {
	for i, t := range l.tags {
		if t.name == name {
			return i
		}
	}
	return -1
}

func (p *Policy) fault(format string, args ...any) {
	p.Faults = append(p.Faults, fmt.Sprintf(format, args...))
}

// take reads the tags beside the policies. Unknown ones are ignored (section 6.3).
func (p *Policy) take(t tag) {
	switch t.name {
	case "adkim", "aspf":
		strict := lowerASCII(t.value) == "s"
		if !strict && lowerASCII(t.value) != "r" {
			p.fault("%s=%s is neither r nor s", t.name, Shown(t.value, 30))
		}
		if t.name == "adkim" {
			p.StrictDKIM = strict
		} else {
			p.StrictSPF = strict
		}
	case "pct":
		n, err := strconv.Atoi(t.value)
		if err != nil || n < 0 || n > 100 {
			p.fault("pct=%s is no number from 0 to 100", Shown(t.value, 30))
			return
		}
		p.Percent = n
	case "t":
		p.Testing = lowerASCII(t.value) == "y"
	case "psd":
		p.PublicSuffix = lowerASCII(t.value)
	case "rua":
		p.RUA = p.addresses(t)
	case "ruf":
		p.RUF = p.addresses(t)
	}
}

// addresses reads the addresses of reports: mailto URIs, each with a largest size behind an exclamation mark (section 6.2).
func (p *Policy) addresses(t tag) []string {
	var out []string
	for _, uri := range words(t.value, ",") {
		address, ok := cutPrefixFold(uri, "mailto:")
		address, _, _ = strings.Cut(address, "!")
		local, domain, at := cutLast(address, "@")
		if !ok || !at || local == "" || !multiLabel(domain) || !validName(lowerName(domain)) {
			p.fault("%s= holds %q, which is no mailto: address", t.name, Shown(uri, 60))
			continue
		}
		out = append(out, local+"@"+lowerName(domain))
	}
	return out
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// For is the policy on mail from a domain: the record's own, or of one below it, one that does not exist.
func (p Policy) For(below, exists bool) string {
	switch {
	case below && !exists && p.NP != "":
		return p.NP
	case below && p.SP != "":
		return p.SP
	}
	return p.P
}

// Discovery is where the DMARC record of a domain was found.
type Discovery struct {
	Domain string // asked about
	At     string // the domain whose record counts; empty: none has one
	Policy Policy
	// Several names the domain that has more than one record, all of which receivers ignore.
	Several string
	// Alike are texts at the name that are meant as DMARC records and are none.
	Alike []string
	// Failed says why it could not be found out; empty: it could.
	Failed string
}

// FindPolicy looks for the record of a domain as receivers do: at the domain, else at the organisation's (RFC 7489 section 6.6.3). With
// walk the names between them are asked as well, as its successor does, of long names only the lowest seven labels.
func FindPolicy(ctx context.Context, r Resolver, domain, org string, walk bool) Discovery {
	d := Discovery{Domain: domain}
	for _, at := range places(domain, org, walk) {
		a := r.Resolve(ctx, "_dmarc."+at, TypeTXT)
		if a.Status == Failed {
			d.Failed = fmt.Sprintf("the DMARC record of %s could not be looked up: %s", at, a.Detail)
			return d
		}
		var found []string
		for _, parts := range a.Texts {
			text := strings.Join(parts, "")
			switch {
			case IsDMARC(text):
				found = append(found, text)
			case strings.Contains(lowerASCII(text), "dmarc1"):
				d.Alike = append(d.Alike, text)
			}
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			d.At, d.Policy = at, ParseDMARC(found[0])
			return d
		}
		d.Several = at
		return d
	}
	return d
}

// walkLabels is how many labels a name has at most that the successor of RFC 7489 asks for on its way up.
const walkLabels = 7

func places(domain, org string, walk bool) []string {
	names := []string{domain}
	if !within(org, domain) || org == domain {
		return names
	}
	for name := domain; walk && name != org; {
		_, name, _ = strings.Cut(name, ".")
		if strings.Count(name, ".") < walkLabels && name != org {
			names = append(names, name)
		}
	}
	return append(names, org)
}
