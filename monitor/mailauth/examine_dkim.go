package mailauth

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

const keyLabel = "._domainkey."

// selectors are the hosts of expected DKIM keys. A zone's selectors cannot be listed, so no others are looked for.
func (x *examination) selectors() []string {
	var hosts []string
	for _, want := range x.expected {
		host := lowerName(want.Host)
		if (want.Type == "TXT" || want.Type == "CNAME") && strings.Contains(host, keyLabel) && within(x.domain, host) &&
			!slices.Contains(hosts, host) && len(hosts) < 2*maxHosts {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// signs is the domain that the key of a selector signs for.
func signs(host string) string {
	_, domain, _ := strings.Cut(host, keyLabel)
	return domain
}

// dkim examines the key of one selector.
func (x *examination) dkim(ctx context.Context, host string) {
	a := x.r.Resolve(ctx, host, TypeTXT)
	look := models.DKIMLook{Host: host, Alias: Shown(a.Alias, maxName)}
	if a.Status == Failed {
		x.unknown(models.MailDKIM, host, a.Detail)
		return
	}
	p := models.MailProblem{Subject: host, Breaks: true, Side: side(a.Alias != "" && !within(x.domain, a.Alias))}
	for _, want := range x.expected {
		if lowerName(want.Host) == host {
			p = concerns(p, want)
		}
	}
	keys := keyTexts(a)
	switch {
	case a.Status != Found:
		x.noKey(ctx, p, a)
	case len(keys) == 0:
		p.Code = "dkim_no_key"
		p.Detail = fmt.Sprintf("%s has the text %q, which is no DKIM key.", x.at(host, a), Shown(strings.Join(a.Texts[0], ""), 80))
		x.problem(p)
	case len(keys) > 1:
		p.Code = "dkim_several"
		p.Detail = fmt.Sprintf("%s has %d keys; with more than one, receivers may take any or none (RFC 6376 section 3.6.2.2).", x.at(host, a), len(keys))
		x.problem(p)
	default:
		key := ParseKey(strings.Join(keys[0], ""))
		look.Type, look.Bits, look.Usable = Shown(key.Type, 20), key.Bits, key.Usable()
		x.key(p, key, keys[0], x.at(host, a))
	}
	x.look.DKIM = append(x.look.DKIM, look)
}

// keyTexts are the texts that are meant as keys.
func keyTexts(a Answer) [][]string {
	var keys [][]string
	for _, parts := range a.Texts {
		if LooksLikeKey(strings.Join(parts, "")) {
			keys = append(keys, parts)
		}
	}
	return keys
}

// at names where a key stands, by its alias too.
func (x *examination) at(host string, a Answer) string {
	if a.Alias == "" {
		return host
	}
	return fmt.Sprintf("%s, to which %s points,", Shown(a.Alias, maxName), host)
}

// noKey states that nothing is at a selector.
func (x *examination) noKey(ctx context.Context, p models.MailProblem, a Answer) {
	switch {
	case a.Alias != "" && p.Side == sideProvider:
		p.Code = "dkim_provider_missing"
		p.Detail = fmt.Sprintf("%s points to %s as it should, and the sending service has no key there.", p.Subject, Shown(a.Alias, maxName))
		if a.Status == NXDomain {
			p.Detail = fmt.Sprintf("%s points to %s, and that name does not exist at the sending service.", p.Subject, Shown(a.Alias, maxName))
		}
	case a.Alias != "":
		p.Code = "dkim_gone"
		p.Detail = fmt.Sprintf("%s points to %s, and no key is there.", p.Subject, Shown(a.Alias, maxName))
	case a.Status == NXDomain:
		p.Code = "dkim_gone"
		p.Detail = fmt.Sprintf("There is no %s.%s", p.Subject, x.doubled(ctx, p.Subject, LooksLikeKey))
	default:
		p.Code = "dkim_gone"
		p.Detail = fmt.Sprintf("%s is there and has no key.%s", p.Subject, x.doubled(ctx, p.Subject, LooksLikeKey))
	}
	x.problem(p)
}

// key states what is wrong with the one key of a selector.
func (x *examination) key(p models.MailProblem, key Key, parts []string, at string) {
	add := func(code string, breaks bool, detail string) {
		q := p
		q.Code, q.Detail, q.Breaks = code, detail, breaks
		if !breaks {
			q.For, q.Essential = "", false
		}
		x.problem(q)
	}
	switch {
	case key.Revoked:
		add("dkim_revoked", true, fmt.Sprintf("The key at %s is empty (p=): it was revoked, and mail signed with it is not believed.", at))
		return
	case key.Broken != "" && key.Bits > 0:
		add("dkim_short", true, fmt.Sprintf("The key at %s is too short: %s.", at, key.Broken))
	case key.Broken != "":
		add("dkim_broken", true, fmt.Sprintf("The key at %s cannot be used: %s.%s", at, key.Broken, cutOff(parts)))
	}
	if key.Testing {
		add("dkim_testing", false, fmt.Sprintf("The key at %s is marked as a test (t=y): receivers may treat signed mail as unsigned.", at))
	}
	if key.Usable() && key.Type == "rsa" && key.Bits < goodRSABits {
		add("dkim_weak", false, fmt.Sprintf("The key at %s has %d bits; %d are due (RFC 8301).", at, key.Bits, goodRSABits))
	}
	if faults := key.grammar(); len(faults) > 0 {
		add("dkim_faults", false, fmt.Sprintf("In the key record at %s, %s.", at, strings.Join(faults, "; ")))
	}
}

// grammar are the faults that are not on the key's length.
func (k Key) grammar() []string {
	return slices.DeleteFunc(slices.Clone(k.Faults), func(f string) bool { return strings.HasPrefix(f, "the key has ") })
}

// cutOff says when a key ends where a DNS host's field ends.
func cutOff(parts []string) string {
	const field = 255
	if len(parts) == 1 && len(parts[0]) == field {
		return " Its text is exactly 255 characters long, which is where fields of DNS hosts end: the rest was cut off."
	}
	return ""
}
