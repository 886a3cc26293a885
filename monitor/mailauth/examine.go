package mailauth

import (
	"context"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// Whose side is wrong.
const (
	sideClient   = "client"   // the client's zone
	sideProvider = "provider" // the sending service, or who runs what is included
)

// examination is one look at the mail records of a domain.
type examination struct {
	r        Resolver
	domain   string
	expected []models.ExpectedRecord
	look     models.MailLook
	aligned  bool // an SPF record of the domain lets an expected sender in, or may do so
}

// Examine looks at who may send mail in a domain's name, and whether the senders that the expected records speak of are believed. domain is
// a registrable name without trailing dot. What cannot be looked up is in the look's Unknown; nothing is stated on it.
func Examine(ctx context.Context, r Resolver, domain string, expected []models.ExpectedRecord) models.MailLook {
	x := &examination{r: newMemo(r), domain: lowerName(domain), expected: expected}
	for _, host := range spfHosts(x.domain, expected) {
		x.spf(ctx, host)
	}
	for _, host := range x.selectors() {
		x.dkim(ctx, host)
	}
	for _, d := range x.fromDomains() {
		x.dmarc(ctx, d)
	}
	x.mx(ctx)
	x.look.BIMI = x.present(ctx, "default._bimi.", "v=bimi1")
	x.look.MTASTS = x.present(ctx, "_mta-sts.", "v=stsv1")
	x.look.TLSRPT = x.present(ctx, "_smtp._tls.", "v=tlsrptv1")
	return x.look
}

// present reports whether a text that begins like this stands at a name of the domain.
func (x *examination) present(ctx context.Context, label, version string) bool {
	return slices.ContainsFunc(x.r.Resolve(ctx, label+x.domain, TypeTXT).Texts, func(parts []string) bool {
		return strings.HasPrefix(lowerASCII(strings.Join(parts, "")), version)
	})
}

func (x *examination) problem(p models.MailProblem) {
	p.Detail = Shown(p.Detail, 1200)
	same := func(o models.MailProblem) bool { return o.Code == p.Code && o.Subject == p.Subject }
	if !slices.ContainsFunc(x.look.Problems, same) {
		x.look.Problems = append(x.look.Problems, p)
	}
}

func (x *examination) unknown(part, host, why string) {
	same := func(o models.MailUnknown) bool { return o.Part == part && o.Host == host }
	if !slices.ContainsFunc(x.look.Unknown, same) {
		x.look.Unknown = append(x.look.Unknown, models.MailUnknown{Part: part, Host: host, Why: Shown(why, 300)})
	}
}

// concerns fills in which expected record a problem breaks.
func concerns(p models.MailProblem, records ...models.ExpectedRecord) models.MailProblem {
	for _, r := range records {
		if p.For == "" || r.Essential && !p.Essential {
			p.For = r.Purpose
		}
		p.Essential = p.Essential || r.Essential
	}
	return p
}

// doubled is where a record ends up when a whole name is entered into a field to which the DNS host adds the domain again.
func (x *examination) doubled(ctx context.Context, name string, ours func(string) bool) string {
	at := name + "." + x.domain
	for _, parts := range x.r.Resolve(ctx, at, TypeTXT).Texts {
		if ours(strings.Join(parts, "")) {
			return " It stands at " + at + " instead: the whole name was entered where the DNS host adds the domain by itself."
		}
	}
	return ""
}
