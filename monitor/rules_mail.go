package monitor

import (
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// mailPrefix begins the codes of findings on mail records; the looker's code follows.
const mailPrefix = "mail_"

// mailWords are the words on what a mail look finds. The agency hosts no e-mail: they inform, and promise no repair.
type mailWords struct {
	code     string
	title    string
	severity models.Severity // where no expected sender is concerned
	next     string
}

// Next steps that several problems share.
const (
	tellSPF      = "Tell the client what the SPF record should say; whoever looks after its e-mail changes it in the zone."
	tellService  = "Tell the client to ask the sending service's support; nothing in the client's zone helps."
	tellKey      = "Tell the client to copy the key record from the sending service's settings once more."
	tellPolicy   = "Tell the client; whoever looks after its e-mail decides on the policy."
	tellMX       = "Tell the client; whoever runs its mailboxes puts the MX records right."
	nothingToDo  = "Nothing has to be done for newsletters. Mention it when the client's e-mail is next talked about."
	mergeRecords = "Tell the client to keep one record that holds what the others say; whoever looks after its e-mail knows which senders it needs."
)

var mailProblems = []mailWords{
	{"spf_missing", "There is no SPF record", models.SeverityInfo, tellSPF},
	{"spf_unrecognised", "A text is meant as an SPF record and is none", models.SeverityMinor, tellSPF},
	{"spf_several", "There are several SPF records", models.SeverityMinor, mergeRecords},
	{"spf_syntax", "The SPF record cannot be read", models.SeverityMinor, tellSPF},
	{"spf_include", "An SPF record that is included cannot be used", models.SeverityMinor, "Tell the client: the sender behind it is asked to put its record right, or is taken out when it is no longer used."},
	{"spf_include_gone", "The SPF record includes a name that does not exist", models.SeverityMinor, "Tell the client to take it out: the sender behind it is gone."},
	{"spf_loop", "The SPF record includes itself", models.SeverityMinor, tellSPF},
	{"spf_lookups", "The SPF record needs too many lookups", models.SeverityMinor, "Tell the client to take senders out that it no longer uses."},
	{"spf_full", "The SPF record is nearly full", models.SeverityInfo, "Before another service is connected, have the client take senders out that it no longer uses."},
	{"spf_voids", "Too many names in the SPF record lead to nothing", models.SeverityMinor, "Tell the client to take senders out that are gone."},
	{"spf_mx", "The SPF record asks for too many mail servers", models.SeverityMinor, tellSPF},
	{"spf_no_all", "The SPF record says nothing of other senders", models.SeverityInfo, nothingToDo},
	{"spf_open", "The SPF record lets everybody send", models.SeverityMinor, "Tell the client that anybody may send in its name; whoever looks after its e-mail ends the record with ~all or -all."},
	{"spf_neutral", "The SPF record says nothing of other senders", models.SeverityInfo, nothingToDo},
	{"spf_after_all", "A part of the SPF record is never read", models.SeverityMinor, tellSPF},
	{"spf_ptr", "The SPF record uses an outdated term", models.SeverityInfo, nothingToDo},
	{"spf_long", "The SPF record is very long", models.SeverityInfo, nothingToDo},
	{"spf_service_missing", "The SPF record leaves the sending service out", models.SeverityMinor, "Send the owner the term to add to the one SPF record that is there."},
	{"spf_service_broken", "The sending service's own SPF record cannot be used", models.SeverityInfo, tellService},

	{"dkim_gone", "The key of the sending service is gone", models.SeverityMinor, "Send the owner the record to create."},
	{"dkim_provider_missing", "The sending service has no key where the zone points to", models.SeverityMinor, tellService},
	{"dkim_no_key", "There is another text where the key of the sending service should be", models.SeverityMinor, tellKey},
	{"dkim_several", "There are several keys at one selector", models.SeverityMinor, "Tell the client to keep the key that the sending service shows, and to delete the others."},
	{"dkim_revoked", "The key of the sending service is revoked", models.SeverityMinor, "Tell the client to look for the present key in the sending service's settings."},
	{"dkim_short", "The key of the sending service is too short", models.SeverityMinor, "Tell the client to have the sending service make a key of 2048 bits."},
	{"dkim_broken", "The key of the sending service cannot be read", models.SeverityMinor, tellKey},
	{"dkim_testing", "The key of the sending service is marked as a test", models.SeverityInfo, "Tell the client that t=y can be taken out of the key record."},
	{"dkim_weak", "The key of the sending service is weak", models.SeverityInfo, "When the sending service offers a key of 2048 bits, suggest it to the client."},
	{"dkim_faults", "The key record of the sending service is not written well", models.SeverityInfo, tellKey},

	{"dmarc_missing", "There is no DMARC record", models.SeverityMinor, "Tell the client that large mailbox hosts ask for one; v=DMARC1; p=none is enough to begin with."},
	{"dmarc_unrecognised", "A text is meant as a DMARC record and is none", models.SeverityMinor, tellPolicy},
	{"dmarc_several", "There are several DMARC records", models.SeverityMinor, "Tell the client to keep one; whoever looks after its e-mail knows which."},
	{"dmarc_syntax", "The DMARC record cannot be used", models.SeverityMinor, tellPolicy},
	{"dmarc_faults", "The DMARC record is not written well", models.SeverityInfo, nothingToDo},
	{"dmarc_none", "The DMARC policy is none", models.SeverityInfo, nothingToDo},
	{"dmarc_part", "The DMARC policy holds for a part of the mail", models.SeverityInfo, nothingToDo},
	{"dmarc_reports", "DMARC reports do not arrive", models.SeverityInfo, "Tell the client: whoever gets the reports publishes that it wants them, or the address is changed."},
	{"dmarc_walk", "Receivers do not agree on which DMARC record counts", models.SeverityInfo, "Suggest a DMARC record at the very domain that sends."},
	{"dmarc_rejects", "The DMARC policy works against the sending service's mail", models.SeverityMinor, "The key of the sending service comes first: see the finding on it. Until then much of its mail does not arrive."},
	{"dmarc_strict", "The DMARC record asks for the very same domain", models.SeverityInfo, "See that newsletters go out with a From address in the domain that the sending service signs for."},

	{"mx_none", "There is no mail server for answers", models.SeverityInfo, tellMX},
	{"mx_null", "The domain says that it takes no mail", models.SeverityInfo, "Send newsletters with an answer address elsewhere, or ask the client whether the domain should take mail."},
	{"mx_null_beside", "The domain says both that it takes mail and that it does not", models.SeverityMinor, tellMX},
	{"mx_gone", "A mail server's name leads nowhere", models.SeverityMinor, tellMX},
	{"mx_alias", "A mail server's name is an alias", models.SeverityInfo, tellMX},
}

func mailRules() []Rule {
	rules := make([]Rule, 0, len(mailProblems))
	for _, w := range mailProblems {
		rules = append(rules, Rule{mailPrefix + w.code, w.title, w.severity, NeedMail, false, func(s *Situation) []hit { return mailHits(s, w) }})
	}
	return rules
}

func mailHits(s *Situation, words mailWords) []hit {
	var hits []hit
	for _, p := range s.DNS.Mail.Problems {
		if p.Code != words.code {
			continue
		}
		h := hit{subject: p.Subject, next: words.next, reason: p.Code, severity: words.severity, cause: mailCause(s, p)}
		h.detail = strings.TrimSpace(p.Detail + " " + mailSide(p.Side))
		if p.Breaks {
			h.severity = models.SeverityMinor
			if p.Essential {
				h.severity = models.SeverityMajor
			}
			if p.For != "" {
				h.detail += " Why it matters: " + strings.TrimSuffix(p.For, ".") + "."
			}
		}
		hits = append(hits, h)
	}
	return hits
}

// mailCause is the finding that explains a mail problem: that on a target which somebody else could come to hold, that on the expected
// record at the same host, that on the mail server itself, or that on another mail problem.
func mailCause(s *Situation, p models.MailProblem) string {
	host, rest, _ := strings.Cut(p.Subject, " ")
	if kind := goneTarget(s, p.Code, host, rest); kind != "" {
		return takeoverPrefix + string(kind)
	}
	if p.Code == "mx_gone" {
		for _, d := range s.DNS.Problems {
			if strings.HasPrefix(d.Code, "mx_") && d.Subject == rest {
				return problemPrefix + d.Code
			}
		}
	}
	if p.Breaks {
		for i := range s.Records {
			if r := &s.Records[i]; strings.EqualFold(r.Host, host) && mailRecord(*r) && r.State.Judged() && !r.State.Right() {
				return recordPrefix + string(r.State)
			}
		}
	}
	if p.Cause != "" && s.mailStated(p.Cause) {
		return mailPrefix + p.Cause
	}
	return ""
}

// mailStated reports whether a problem is told: it counts, or it did and nothing is known of it this time.
func (s *Situation) mailStated(code string) bool {
	return slices.ContainsFunc(s.DNS.Mail.Problems, func(p models.MailProblem) bool { return p.Code == code }) || !s.mailJudged(mailPrefix+code)
}

// goneTarget is the kind of the absent target that a problem is about; empty: it is about none.
func goneTarget(s *Situation, code, host, rest string) models.TargetKind {
	for _, t := range s.DNS.Targets {
		switch {
		case t.State != models.TargetAbsent || t.Host != host:
		case code == "spf_include_gone" && t.Kind == models.TargetSPF && (strings.HasSuffix(rest, ":"+t.Name) || strings.HasSuffix(rest, "="+t.Name)),
			code == "mx_gone" && t.Kind == models.TargetMX && rest == t.Name:
			return t.Kind
		}
	}
	return ""
}

func mailSide(side string) string {
	switch side {
	case "client":
		return "It is to be put right in the client's zone."
	case "provider":
		return "It is on the side of who runs that service, not in the client's zone."
	}
	return ""
}

// mailJudged reports whether a code on mail records could be judged: not while one of its findings that are open is on a host on which the
// look states nothing.
func (s *Situation) mailJudged(code string) bool {
	if !strings.HasPrefix(code, mailPrefix) || s.DNS == nil || s.DNS.Mail == nil {
		return true
	}
	return !slices.ContainsFunc(s.Stored, func(f models.Finding) bool {
		return f.Code == code && f.State == models.FindingOpen && mailUnknown(s.DNS.Mail, strings.TrimPrefix(code, mailPrefix), f.Subject)
	})
}
