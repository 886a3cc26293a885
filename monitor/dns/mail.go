package dns

import (
	"context"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/mailauth"
)

// Bounds of one mail look. An SPF record at its limits needs about half of the questions; the time is for names whose servers are silent,
// of which one record can hold many.
const (
	maxMailQueries = 200
	maxMailTime    = 30 * time.Second
)

// LookMail asks for the mail records of domain, and for all that they include, at the authoritative servers of each name. It is a look of
// its own, with a budget and a transcript of its own, beside Look. What could not be asked for is in the look's Unknown, never an error.
func (p *Prober) LookMail(ctx context.Context, domain string, expected []models.ExpectedRecord) models.MailLook {
	ctx, cancel := context.WithTimeout(ctx, maxMailTime)
	defer cancel()
	s := p.newSession()
	s.left.Store(int64(min(p.opts.MaxQueries, maxMailQueries)))
	r := &mailResolver{s: s}
	look := mailauth.Examine(ctx, r, lowerName(domain), expected)
	look.NegativeTTL, look.Evidence = r.negativeTTL, s.log.bytes()
	return look
}

// mailResolver answers the questions of mailauth by walks of one session. It is asked by one goroutine at a time.
type mailResolver struct {
	s           *session
	negativeTTL time.Duration // the longest of the answers so far
}

// Resolve asks for a name and type. An answer that there is nothing would change what is stated: it is asked for again, from another port
// and mostly of another server, and counts when it comes twice.
func (r *mailResolver) Resolve(ctx context.Context, name string, t mailauth.Type) mailauth.Answer {
	rtype, known := typeOf(string(t))
	if !known || strings.ContainsFunc(name, oddRune) {
		return mailauth.Answer{Status: mailauth.Failed, Detail: "it was not asked for: " + shown(name) + " holds characters that no name of a host or service has"}
	}
	q := question{fqdn(name), rtype}
	res := r.s.resolve(ctx, q, nil)
	r.negativeTTL = longest(r.negativeTTL, res.negativeTTL)
	a := mailAnswer(res)
	if a.Status == mailauth.NoData || a.Status == mailauth.NXDomain {
		again := mailAnswer(r.s.resolve(ctx, q, nil))
		if again.Status == mailauth.Found {
			again = mailauth.Answer{Status: mailauth.Failed, Detail: "the servers of " + shown(name) + " do not agree on whether it is there"}
		}
		return again
	}
	return a
}

// oddRune reports whether a character has a meaning of its own in the written form of names, or is not printable ASCII. Others are asked
// for as they stand: two terms that were run together make one name with a colon, and that it does not exist is worth stating.
func oddRune(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`'@;()"\`, r) }

// mailAnswer is the end of a walk in the words of mailauth.
func mailAnswer(res resolution) mailauth.Answer {
	a := mailauth.Answer{Status: mailauth.Failed, Detail: res.detail}
	if n := len(res.chain); n > 0 {
		a.Alias = lowerName(res.chain[n-1])
	}
	switch res.kind {
	case AnswerData:
		a.Status, a.Detail = mailauth.Found, ""
	case AnswerNoData:
		a.Status = mailauth.NoData
	case AnswerNXDomain:
		a.Status = mailauth.NXDomain
	default:
		return a
	}
	for _, rr := range res.rrs {
		switch v := rr.(type) {
		case *dns.MX:
			a.MX = append(a.MX, mailauth.MX{Preference: v.Preference, Host: v.Mx})
		case *dns.PTR:
			a.Names = append(a.Names, lowerName(v.Ptr))
		case *dns.TXT:
			a.Texts = append(a.Texts, textBytes(v.Txt))
		default:
			if addr, ok := addressOf(rr); ok {
				a.Addrs = append(a.Addrs, addr)
			}
		}
	}
	return a
}

// textBytes are the character strings of a text as their bytes.
func textBytes(parts []string) []string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = p
		if strings.Contains(p, `\`) {
			out[i] = string(unescape(p))
		}
	}
	return out
}
