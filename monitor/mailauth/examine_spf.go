package mailauth

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// spf examines the record of one host.
func (x *examination) spf(ctx context.Context, host string) {
	s := surveySPF(ctx, x.r, host, x.domain)
	rules, wanted := expectedRules(x.expected, host)
	if s.status == Failed {
		x.unknown(models.MailSPF, host, s.failed)
		return
	}
	if s.failed != "" {
		x.unknown(models.MailSPF, host, s.failed)
	}
	look := s.look()
	x.aligned = x.aligned || wanted && len(rules) == 0 && s.record != nil // who the sender is was not said
	var broken []models.ExpectedRecord                                    // whose senders receivers do not let in because of the record as a whole
	for _, rule := range rules {
		found, from := sender(ctx, x.r, s, rule)
		look.Senders = append(look.Senders, found)
		if from.failed != "" {
			x.unknown(models.MailSPF, host, from.failed)
			continue
		}
		if x.judgeSender(s, rule, found, from) {
			broken = append(broken, rule.record)
		}
	}
	x.look.SPF = append(x.look.SPF, look)
	if s.text == "" && len(s.issues) == 0 {
		x.spfAbsent(ctx, s, rules, wanted)
		return
	}
	for _, i := range s.issues {
		p := models.MailProblem{Code: i.code, Subject: host, Side: side(i.provider), Detail: i.detail}
		if i.term != "" {
			p.Subject = host + " " + Shown(i.term, 120)
			p.Cause = x.brokenService(host, i.term)
		}
		if i.fatal && len(broken) > 0 {
			p.Breaks = true
			p = concerns(p, broken...)
		}
		x.problem(p)
	}
	x.spfStyle(s)
}

// brokenService is the code of what is said of an expected sender's own record, when a term of the host's record is that sender's.
func (x *examination) brokenService(host, term string) string {
	const code = "spf_service_broken"
	if slices.ContainsFunc(x.look.Problems, func(p models.MailProblem) bool { return p.Code == code && p.Subject == host+" "+bare(term) }) {
		return code
	}
	return ""
}

// judgeSender states when a sender is not let in. It reports whether that is because the record as a whole cannot be used.
func (x *examination) judgeSender(s *survey, rule expectedRule, found models.SPFSender, from sample) bool {
	subject := s.host + " " + found.Rule
	if from.broken != "" {
		x.problem(concerns(models.MailProblem{
			Code: "spf_service_broken", Subject: subject, Side: sideProvider, Breaks: found.Listed != "",
			Detail: fmt.Sprintf("%s of the sending service leads to a record that cannot be used: %s", found.Rule, sentence(from.broken)),
		}, rule.record))
		return false
	}
	passes := found.Result == string(ResultPass) || found.Result == "" && found.Listed != "" && !s.fatal()
	switch {
	case passes:
		x.aligned = true
		return false
	case s.text == "" && len(s.issues) == 0:
		return false // said once, of the record that is not there
	case found.Listed != "" && s.fatal():
		return true
	case s.fatal() && s.record == nil:
		return true // several records, or one that cannot be read
	case found.Result == string(ResultTemperror):
		x.unknown(models.MailSPF, s.host, found.Reason)
		return false
	}
	x.problem(concerns(models.MailProblem{Code: "spf_service_missing", Subject: subject, Side: sideClient, Breaks: true, Detail: missingDetail(s, found)}, rule.record))
	return false
}

func missingDetail(s *survey, found models.SPFSender) string {
	detail := fmt.Sprintf("The record of %s does not let the sending service in: %s is not in it.", s.host, found.Rule)
	if found.Listed != "" {
		detail = fmt.Sprintf("The record of %s holds %s, and still does not let the sending service in.", s.host, found.Rule)
	} else if behind(s, found.Rule) {
		detail = fmt.Sprintf("The record of %s holds %s behind its \"all\", where receivers never look.", s.host, found.Rule)
	}
	if found.Result != "" {
		detail += fmt.Sprintf(" Mail from %s comes to %q: %s.", found.Address, found.Result, found.Reason)
	}
	return detail
}

// behind reports whether a rule stands behind the mechanism all of the host's own record.
func behind(s *survey, rule string) bool {
	return s.record != nil && slices.ContainsFunc(s.record.Mechanisms, func(t Term) bool { return bare(t.Text) == rule })
}

// spfAbsent states that there is no record, and where it may be instead.
func (x *examination) spfAbsent(ctx context.Context, s *survey, rules []expectedRule, wanted bool) {
	p := models.MailProblem{Code: "spf_missing", Subject: s.host, Side: sideClient, Detail: s.host + " has no SPF record.", Breaks: wanted}
	for _, r := range rules {
		p = concerns(p, r.record)
	}
	for _, want := range x.expected {
		if _, spf := ruleTerms(strings.Join(want.Values, " ")); spf && lowerName(want.Host) == s.host {
			p = concerns(p, want)
		}
	}
	if len(s.alike) > 0 {
		p.Code = "spf_unrecognised"
		p.Detail = fmt.Sprintf("%s has the text %q, which is meant as an SPF record and is none: it must begin with v=spf1 and a space.", s.host, Shown(s.alike[0], 120))
	} else {
		p.Detail += x.doubled(ctx, s.host, IsSPF)
	}
	x.problem(p)
}

// spfStyle states what works and should be better, or works otherwise than its author thinks.
func (x *examination) spfStyle(s *survey) {
	add := func(code, format string, args ...any) {
		x.problem(models.MailProblem{Code: code, Subject: s.host, Side: sideClient, Detail: fmt.Sprintf(format, args...)})
	}
	if len(s.alike) > 0 {
		add("spf_unrecognised", "%s has the text %q beside its SPF record. It is meant as one and is none: it must begin with v=spf1 and a space.", s.host, Shown(s.alike[0], 120))
	}
	if s.record == nil {
		return
	}
	switch all := s.record.All(); {
	case all == nil && s.record.Redirect == nil:
		add("spf_no_all", "The record ends without \"all\": of other senders it says nothing.")
	case all == nil:
	case all.Qualifier == QualifierPass:
		add("spf_open", "The record ends in +all: it lets everybody send in the name of %s.", s.host)
	case all.Qualifier == QualifierNeutral:
		add("spf_neutral", "The record ends in ?all: of other senders it says nothing.")
	}
	if rest := afterAll(s.record); rest != "" {
		add("spf_after_all", "%s stands behind \"all\", where receivers never look.", rest)
	}
	if slices.ContainsFunc(s.record.Mechanisms, func(t Term) bool { return t.Name == "ptr" }) {
		add("spf_ptr", "The record uses ptr, which is not to be used (RFC 7208 section 5.5): it is slow, and some receivers skip it.")
	}
	if len(s.text) > longRecord {
		add("spf_long", "The record is %d characters long; from %d on it may not arrive everywhere (RFC 7208 section 3.4).", len(s.text), longRecord)
	}
}

// afterAll names what is never evaluated.
func afterAll(r *Record) string {
	i := slices.IndexFunc(r.Mechanisms, func(t Term) bool { return t.Name == "all" })
	if i < 0 {
		return ""
	}
	var rest []string
	for _, t := range r.Mechanisms[i+1:] {
		rest = append(rest, t.Text)
	}
	if r.Redirect != nil {
		rest = append(rest, r.Redirect.Text)
	}
	return Shown(strings.Join(rest, " "), 200)
}

func side(provider bool) string {
	if provider {
		return sideProvider
	}
	return sideClient
}

// sentence ends a text with a full stop.
func sentence(s string) string { return strings.TrimSuffix(s, ".") + "." }
