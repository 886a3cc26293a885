package mailauth

import (
	"context"
	"net/netip"
	"slices"
	"strings"
)

// matches evaluates one mechanism (RFC 7208 section 5). A verdict ends the whole evaluation.
func (e *evaluation) matches(ctx context.Context, p *policy, t *Term, path []string) (bool, *verdict) {
	switch t.Name {
	case "all":
		return true, nil
	case "ip4", "ip6":
		return t.Net.Masked().Contains(e.q.Addr), nil
	}
	if over := e.count(path); over != nil {
		return false, over
	}
	target := e.target(ctx, p, t)
	if !validName(target) {
		if t.Name == "include" {
			return false, permerror(path, "%q is no domain name", Shown(target, 80))
		}
		return false, nil
	}
	switch t.Name {
	case "include":
		return e.include(ctx, target, path)
	case "a":
		return e.hasAddress(ctx, target, t, path)
	case "mx":
		return e.exchanger(ctx, target, t, path)
	case "ptr":
		return e.pointsBack(ctx, target, path)
	default: // exists
		a := e.r.Resolve(ctx, target, TypeA)
		if a.Status == Failed {
			return false, temperror(path, "%s could not be looked up: %s", target, a.Detail)
		}
		return a.Status == Found, e.void(a, path)
	}
}

// include evaluates another domain's record as a condition (section 5.2).
func (e *evaluation) include(ctx context.Context, target string, path []string) (bool, *verdict) {
	v, _ := e.host(ctx, target, path)
	switch v.result {
	case ResultPass:
		e.inner = v
		return true, nil
	case ResultTemperror, ResultPermerror:
		return false, &v
	case ResultNone:
		return false, permerror(v.path, "%s, which is included, has no SPF record", target)
	default:
		return false, nil
	}
}

// family is the type of the addresses that can match the sender's.
func (e *evaluation) family() Type {
	if e.q.Addr.Is4() {
		return TypeA
	}
	return TypeAAAA
}

// hasAddress looks for the sender among the addresses of a host (section 5.3).
func (e *evaluation) hasAddress(ctx context.Context, host string, t *Term, path []string) (bool, *verdict) {
	a := e.r.Resolve(ctx, host, e.family())
	if a.Status == Failed {
		return false, temperror(path, "%s could not be looked up: %s", host, a.Detail)
	}
	if over := e.void(a, path); over != nil {
		return false, over
	}
	return slices.ContainsFunc(a.Addrs, func(addr netip.Addr) bool { return t.covers(addr, e.q.Addr) }), nil
}

// covers reports whether an address is in the network around another, by the term's prefix lengths.
func (t *Term) covers(around, addr netip.Addr) bool {
	bits := t.Bits6
	if around.Is4() {
		bits = t.Bits4
	}
	return netip.PrefixFrom(around, bits).Masked().Contains(addr)
}

// exchanger looks for the sender among the addresses of the hosts that take a domain's mail (section 5.4).
func (e *evaluation) exchanger(ctx context.Context, domain string, t *Term, path []string) (bool, *verdict) {
	a := e.r.Resolve(ctx, domain, TypeMX)
	if a.Status == Failed {
		return false, temperror(path, "the MX records of %s could not be looked up: %s", domain, a.Detail)
	}
	if over := e.void(a, path); over != nil {
		return false, over
	}
	for i, mx := range a.MX {
		if i >= maxNames {
			return false, permerror(path, "%s has more than %d MX records", domain, maxNames)
		}
		host := lowerName(mx.Host)
		if !validName(host) {
			continue
		}
		if matched, end := e.hasAddress(ctx, host, t, path); matched || end != nil {
			return matched, end
		}
	}
	return false, nil
}

// pointsBack looks for the sender's names that lie in a domain (section 5.5). Failures are no match there.
func (e *evaluation) pointsBack(ctx context.Context, domain string, path []string) (bool, *verdict) {
	names, a := e.validatedNames(ctx)
	if over := e.void(a, path); over != nil {
		return false, over
	}
	return slices.ContainsFunc(names, func(n string) bool { return within(domain, n) }), nil
}

// validatedNames are the names that the sender's address points to and that point back to it, of the first ten.
func (e *evaluation) validatedNames(ctx context.Context) ([]string, Answer) {
	a := e.r.Resolve(ctx, ReverseName(e.q.Addr), TypePTR)
	var valid []string
	for i, name := range a.Names {
		name = lowerName(name)
		if i >= maxNames {
			break
		}
		if validName(name) && slices.Contains(e.r.Resolve(ctx, name, e.family()).Addrs, e.q.Addr) {
			valid = append(valid, name)
		}
	}
	return valid, a
}

// validatedName is the p macro: the domain itself, else a name below it, else any, else "unknown" (section 7.3).
func (e *evaluation) validatedName(ctx context.Context, domain string) string {
	names, _ := e.validatedNames(ctx)
	for _, fits := range []func(string) bool{
		func(n string) bool { return n == domain },
		func(n string) bool { return within(domain, n) },
		func(string) bool { return true },
	} {
		if i := slices.IndexFunc(names, fits); i >= 0 {
			return names[i]
		}
	}
	return "unknown"
}

// ReverseName is the name under which an address points back (RFC 1035 section 3.5, RFC 3596 section 2.5).
func ReverseName(a netip.Addr) string {
	parts := split(dotted(a), ".")
	slices.Reverse(parts)
	suffix := "ip6.arpa"
	if a.Is4() {
		suffix = "in-addr.arpa"
	}
	return lowerASCII(strings.Join(append(parts, suffix), "."))
}
