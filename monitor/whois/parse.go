package whois

import (
	"bytes"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// maxParsed is the most of an answer that is read, in bytes. Registries' answers stay under 20 KiB; what follows is padding.
const maxParsed = 128 << 10

// Parse reads one answer on domain, an A-label. server is who gave it, host or host:port, and may be empty: a dialect is then chosen by
// the suffix or by the shape of the text, so that a replayed answer reads like a live one. Parse is pure and total: now is only the
// instant of the look. The outcome is ok or absent only on positive proof; everything else states nothing.
func Parse(domain, server string, text []byte, now time.Time) models.Look {
	look := models.Look{
		Kind: models.LookWHOIS, Domain: normalName(domain), Server: clean(server, 255), At: now, ContentType: "text/plain",
	}
	kept := text
	if len(kept) > models.MaxEvidence {
		kept, look.Truncated = kept[:models.MaxEvidence], true
	}
	look.Evidence = bytes.Clone(kept)
	if look.Domain == "" {
		look.Outcome, look.Detail = models.OutcomeInvalid, "not a domain name; correct it in the portfolio"
		return look
	}
	a := read(look.Domain, look.Server, text)
	v := a.judge()
	look.Outcome, look.Detail = v.outcome, v.detail
	switch v.outcome { //nolint:exhaustive // the others carry a reason only
	case models.OutcomeOK:
		look.Facts = a.facts()
	case models.OutcomeThrottled:
		look.RetryAfter = a.retryAfter()
	}
	if v.outcome != models.OutcomeOK {
		look.Skipped = a.skipped()
	}
	return look
}

// answer is a WHOIS text taken apart.
type answer struct {
	domain      string // A-label that was asked for
	dialect     *dialect
	lines       []line
	fields      []field
	stated      []string // the names that the answer's own domain fields state
	order       dateOrder
	orderSought bool
}

// read takes a text apart; it draws no conclusions.
func read(domain, server string, text []byte) *answer {
	s := decode(text)
	a := &answer{domain: domain, dialect: chooseDialect(domain, server, s)}
	a.lines = split(s, domain, a.dialect)
	a.fields = a.bareHosts(scan(a.lines))
	a.stated = a.statedNames()
	a.dropOthers()
	return a
}
