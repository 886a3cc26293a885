package whois

import (
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// The most that is taken of a list from outside.
const (
	maxStatuses    = 32
	maxNameservers = 64
	maxSkipped     = 16
)

// facts turns the fields of a registration into what is kept.
func (a *answer) facts() *models.Facts {
	registered := true
	f := &models.Facts{Registered: &registered, DNSSEC: models.DNSSECUnknown, Statuses: []string{}, Nameservers: []string{}, Skipped: []string{}}
	f.CreatedAt = a.firstDate(kindCreated)
	f.UpdatedAt = a.firstDate(kindUpdated)
	a.readExpiry(f)
	sponsors := false // the name stands under a label that says registrar, not one of its reseller's
	for _, fd := range a.fields {
		switch fd.kind {
		case kindNameserver:
			addNameservers(f, fd.value)
		case kindStatus:
			if !address(fd.label) || a.dialect.statusOutcome(fd.value) != models.OutcomeUnparsed {
				addStatuses(f, fd.value)
			}
		case kindRegistrar:
			if name := registrarName(fd.value); !blank(name) && (f.Registrar == "" || (!sponsors && sponsor(fd.label))) {
				f.Registrar, sponsors = name, sponsor(fd.label)
			}
		case kindRegistrarID:
			if f.RegistrarID == "" {
				f.RegistrarID = clean(fd.value, 20)
			}
		case kindDNSSEC, kindDS:
			readDNSSEC(f, fd)
		case kindOther, kindDomain, kindExpiry, kindRenewal, kindRegistrarExpiry, kindCreated, kindUpdated, kindName, kindUnusedDate, kindHolder:
			// dates are read apart, the rest is not kept
		}
	}
	if len(f.Nameservers) > 1 { // ".dk" repeats the name itself under "DNS"
		f.Nameservers = slices.DeleteFunc(f.Nameservers, func(n string) bool { return n == a.domain })
	}
	slices.Sort(f.Nameservers)
	for _, what := range a.skipped() {
		skip(f, what)
	}
	return f
}

// skipped lists what looks like a date or a status of the domain and was understood by no label, bounded.
func (a *answer) skipped() []string {
	out := []string{}
	for i := range a.lines {
		l := &a.lines[i]
		if len(out) == maxSkipped {
			break
		}
		if !l.cut || l.comment || l.prose || l.value == "" || len(l.value) > 60 {
			continue
		}
		switch {
		case l.kind == kindOther && beginsLikeDate(l.value) && (strings.Contains(l.value, "20") || strings.Contains(l.value, "19")):
			if _, ok := parseDate(l.value, orderDayFirst); ok {
				out = append(out, "a date of something unknown: "+clean(l.text, 80))
			}
		case l.kind == kindStatus && !address(l.label) && a.dialect.statusOutcome(l.value) == models.OutcomeUnparsed:
			out = append(out, "an unknown status: "+clean(l.text, 80))
		}
	}
	return out
}

// skip notes what was seen and not used, bounded.
func skip(f *models.Facts, what string) {
	if what = clean(what, 120); len(f.Skipped) < maxSkipped && !slices.Contains(f.Skipped, what) {
		f.Skipped = append(f.Skipped, what)
	}
}

// firstDate returns the first readable date of a kind: the domain's own stands before those of contacts.
func (a *answer) firstDate(k kind) *time.Time {
	for _, fd := range a.fields {
		if fd.kind == k {
			if d, ok := a.date(fd.value); ok {
				return &d.at
			}
		}
	}
	return nil
}

// readExpiry takes the earliest of the registry's dates. Where a text states only the registrar's date, that is the one date known and
// stands in both places.
func (a *answer) readExpiry(f *models.Facts) {
	registry := a.earliest(f, kindExpiry)
	if renewal := a.earliest(f, kindRenewal); registry == nil {
		registry = renewal
	}
	registrar := a.earliest(f, kindRegistrarExpiry)
	if registrar != nil {
		f.RegistrarExpiresAt = &registrar.at
	}
	if registry == nil {
		registry = registrar
	}
	if registry != nil {
		at := registry.at
		f.ExpiresAt, f.DateOnly = &at, registry.dateOnly
	}
}

// earliest returns the earliest believable date of a kind and notes the rest.
func (a *answer) earliest(f *models.Facts, k kind) *parsedDate {
	var best *parsedDate
	for _, fd := range a.fields {
		if fd.kind != k || fd.value == "" {
			continue
		}
		f.ExpiryStated = true
		d, ok := a.date(fd.value)
		switch {
		case !ok:
			skip(f, "an expiry that can't be read one way: "+normLabel(fd.label)+": "+fd.value)
			continue
		case f.CreatedAt != nil && d.at.Before(f.CreatedAt.Add(-24*time.Hour)):
			skip(f, "an expiry before the registration: "+normLabel(fd.label)+": "+fd.value)
			continue
		case best != nil && best.sameDay(d):
			if best.dateOnly {
				best = &d
			}
			continue
		case best != nil:
			skip(f, "a second expiry, the earlier one counts: "+normLabel(fd.label)+": "+fd.value)
		}
		if best == nil || d.at.Before(best.at) {
			best = &d
		}
	}
	return best
}

// hostNames calls take with each name server in a value, until it says no: names apart by blanks, commas or semicolons; addresses and
// remarks are left out.
func hostNames(value string, take func(string) bool) {
	for value != "" {
		word := value
		if i := strings.IndexAny(value, " \t,;|"); i >= 0 {
			word, value = value[:i], value[i+1:]
		} else {
			value = ""
		}
		if n := hostName(word); n != "" && !take(n) {
			return
		}
	}
}

// anyHost reports whether a value names a host.
func anyHost(value string) (found bool) {
	hostNames(value, func(string) bool { found = true; return false })
	return found
}

func addNameservers(f *models.Facts, value string) {
	hostNames(value, func(n string) bool {
		if !slices.Contains(f.Nameservers, n) && len(f.Nameservers) < maxNameservers {
			f.Nameservers = append(f.Nameservers, n)
		}
		return len(f.Nameservers) < maxNameservers
	})
}

// sponsor reports whether a label names the registrar itself.
func sponsor(label string) bool { return strings.Contains(normLabel(label), "registrar") }

// address reports whether a label of a status is also one of a postal address.
func address(label string) bool {
	switch normLabel(label) {
	case "state", "estado", "stato":
		return true
	}
	return false
}

// addStatuses takes one status, or several apart by commas; an explanatory address behind it is dropped.
func addStatuses(f *models.Facts, value string) {
	for part := range strings.SplitSeq(strings.ReplaceAll(value, " / ", ","), ",") {
		if i := strings.Index(part, "http"); i >= 0 {
			part = strings.TrimRight(part[:i], " (-")
		}
		s := clean(part, 80)
		if e, ok := eppWords[eppJoin.Replace(strings.ToLower(s))]; ok {
			s = e
		}
		if s != "" && !slices.Contains(f.Statuses, s) && len(f.Statuses) < maxStatuses {
			f.Statuses = append(f.Statuses, s)
		}
	}
}

// eppWords are the EPP status names (RFC 5731, RFC 3915) in the spelling that statuses are kept in.
var eppWords = func() map[string]string {
	m := map[string]string{"active": "ok"}
	for _, s := range []string{
		"addPeriod", "autoRenewPeriod", "clientDeleteProhibited", "clientHold", "clientRenewProhibited", "clientTransferProhibited",
		"clientUpdateProhibited", "inactive", "linked", "ok", "pendingCreate", "pendingDelete", "pendingRenew", "pendingRestore",
		"pendingTransfer", "pendingUpdate", "redemptionPeriod", "renewPeriod", "serverDeleteProhibited", "serverHold",
		"serverRenewProhibited", "serverTransferProhibited", "serverUpdateProhibited", "transferPeriod",
	} {
		m[strings.ToLower(s)] = s
	}
	return m
}()

// registrarName drops the handle behind a name: "Example Ltd [Tag = EXAMPLE]", "Example Ltd (R123-LROR)".
func registrarName(value string) string {
	for _, mark := range []string{" [Tag", " ( http", " (http", " (R1", " (R2", " (R3", " (R4", " (R5"} {
		if i := strings.Index(value, mark); i > 0 {
			value = value[:i]
		}
	}
	return clean(value, 120)
}

// readDNSSEC takes a clear word only.
func readDNSSEC(f *models.Facts, fd field) {
	low := strings.ToLower(fd.value)
	switch {
	case fd.kind == kindDS:
		if f.DNSSEC == models.DNSSECUnknown && low != "" && low != "no" && low != "none" {
			f.DNSSEC = models.DNSSECSigned
		}
	case strings.HasPrefix(low, "unsigned"), low == "no", low == "inactive", low == "n", low == "false", low == "unsigned delegation",
		low == "not signed", low == "disabled", strings.HasPrefix(low, "no "):
		if f.DNSSEC == models.DNSSECUnknown {
			f.DNSSEC = models.DNSSECUnsigned
		}
	case strings.HasPrefix(low, "signed"), low == "yes", low == "y", low == "active", low == "true", low == "1", low == "enabled":
		f.DNSSEC = models.DNSSECSigned
	}
}
