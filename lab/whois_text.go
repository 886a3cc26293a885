package lab

import (
	"fmt"
	"strings"
	"time"
)

// whoisFacts is what a WHOIS answer is written from.
type whoisFacts struct {
	domain    *Domain
	registrar Registrar
	published published
	expiry    bool
	now       time.Time
}

// text words the facts in a dialect.
func (f whoisFacts) text(d Dialect) string {
	switch d {
	case DialectCountry:
		return f.country()
	case DialectMinimal:
		return f.minimal()
	case DialectGeneric:
	}
	return f.generic()
}

func (f whoisFacts) generic() string {
	var b strings.Builder
	line := func(key, value string) { fmt.Fprintf(&b, "%s: %s\r\n", key, value) }
	d := f.domain
	line("Domain Name", strings.ToUpper(d.Name))
	line("Registry Domain ID", handle(d.Name))
	line("Registrar URL", f.registrar.URL)
	if !d.Updated.IsZero() {
		line("Updated Date", rdapTime(d.Updated))
	}
	line("Creation Date", rdapTime(d.Created))
	if f.expiry {
		line("Registry Expiry Date", rdapTime(f.published.expires))
	}
	line("Registrar", f.registrar.Name)
	line("Registrar IANA ID", fmt.Sprint(f.registrar.IANAID))
	line("Registrar Abuse Contact Email", f.registrar.AbuseEmail)
	line("Registrar Abuse Contact Phone", f.registrar.AbusePhone)
	for _, s := range f.published.statuses {
		line("Domain Status", s+" https://icann.org/epp#"+s)
	}
	for _, ns := range d.NameServers {
		line("Name Server", strings.ToUpper(toASCII(ns)))
	}
	if len(d.DS) > 0 {
		line("DNSSEC", "signedDelegation")
	} else {
		line("DNSSEC", "unsigned")
	}
	fmt.Fprintf(&b, ">>> Last update of WHOIS database: %s <<<\r\n\r\n", rdapTime(f.now))
	b.WriteString("This registry exists in a laboratory. Its answers are invented.\r\n")
	return b.String()
}

func (f whoisFacts) country() string {
	const date = "02-Jan-2006"
	var b strings.Builder
	d := f.domain
	b.WriteString("% Laboratory country registry\n% All of this is invented.\n\n")
	line := func(key, value string) { fmt.Fprintf(&b, "%-16s%s\n", key+":", value) }
	line("Domain name", d.Name)
	if d.Unicode != "" {
		line("Unicode name", d.Unicode)
	}
	line("Registrar", f.registrar.Name)
	line("Domain status", strings.Join(f.published.statuses, ", "))
	line("Registered on", d.Created.UTC().Format(date))
	if f.expiry {
		line("Expiry date", f.published.expires.UTC().Format(date))
	}
	if !d.Updated.IsZero() {
		line("Last updated", d.Updated.UTC().Format(date))
	}
	b.WriteString("\nName servers:\n")
	for _, ns := range d.NameServers {
		b.WriteString("    " + toASCII(ns) + "\n")
	}
	b.WriteString("\n% Time of this answer: " + f.now.UTC().Format("02-Jan-2006 15:04:05 UTC") + "\n")
	return b.String()
}

func (f whoisFacts) minimal() string {
	var b strings.Builder
	b.WriteString("% The registry does not publish when a registration ends.\n\n")
	b.WriteString("Domain: " + f.domain.Name + "\n")
	for _, ns := range f.domain.NameServers {
		b.WriteString("Nserver: " + toASCII(ns) + "\n")
	}
	status := "connect"
	switch {
	case f.published.state == StateRedemption || f.published.state == StatePendingDelete:
		status = "redemptionPeriod"
	case !f.published.delegated():
		status = "hold"
	}
	b.WriteString("Status: " + status + "\n")
	return b.String()
}

// noMatch says in a dialect that a name is free.
func noMatch(d Dialect, name string) string {
	switch d {
	case DialectCountry:
		return "% Laboratory country registry\n\nNo entries found for " + name + ".\n"
	case DialectMinimal:
		return "Domain: " + name + "\nStatus: free\n"
	case DialectGeneric:
	}
	return "No match for domain \"" + strings.ToUpper(name) + "\".\r\n"
}

// throttledText says in a dialect that too much was asked.
func throttledText(d Dialect) string {
	switch d {
	case DialectCountry:
		return "% Query limit exceeded; please try again later.\n"
	case DialectMinimal:
		return "% Error: 55000000002 Connection refused; access control limit reached.\n"
	case DialectGeneric:
	}
	return "Number of allowed queries exceeded. Please wait and try again later.\r\n"
}

// reservedText says in a dialect that a name cannot be registered.
func reservedText(d Dialect, name string) string {
	if d == DialectGeneric {
		return "The domain " + strings.ToUpper(name) + " is reserved by the registry and not available for registration.\r\n"
	}
	return "Domain: " + name + "\nStatus: reserved name\n"
}
