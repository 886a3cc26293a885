package mailauth

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// fromDomains are the domains in whose name mail is sent: the domain, those that keys sign for, and those with an expected policy.
func (x *examination) fromDomains() []string {
	domains := []string{x.domain}
	add := func(d string) {
		if within(x.domain, d) && !slices.Contains(domains, d) && len(domains) < maxHosts {
			domains = append(domains, d)
		}
	}
	for _, host := range x.selectors() {
		add(signs(host))
	}
	for _, want := range x.expected {
		if d, ok := strings.CutPrefix(lowerName(want.Host), "_dmarc."); ok {
			add(d)
		}
	}
	return domains
}

// dmarc examines the policy on mail from one domain.
func (x *examination) dmarc(ctx context.Context, domain string) {
	d := FindPolicy(ctx, x.r, domain, x.domain, false)
	if d.Failed != "" {
		x.unknown(models.MailDMARC, domain, d.Failed)
		return
	}
	look := models.DMARCLook{Domain: domain, At: d.At}
	below := d.At != domain
	if d.At != "" && d.Policy.Broken == "" {
		look.Policy = d.Policy.For(below, true)
	}
	x.look.DMARC = append(x.look.DMARC, look)
	if domain == x.domain || !below || d.Several == domain { // what stands at the organisation is said once
		x.policy(ctx, domain, d)
	}
	if look.Policy != "" {
		x.walked(ctx, domain, d)
		x.alignment(domain, look, d.Policy)
	}
}

// policy states what is wrong with the record itself.
func (x *examination) policy(ctx context.Context, domain string, d Discovery) {
	add := func(code, format string, args ...any) {
		x.problem(models.MailProblem{Code: code, Subject: domain, Side: sideClient, Detail: fmt.Sprintf(format, args...)})
	}
	switch {
	case d.Several != "":
		add("dmarc_several", "_dmarc.%s has more than one DMARC record; receivers then ignore them all.", d.Several)
		return
	case d.At == "" && len(d.Alike) > 0:
		add("dmarc_unrecognised", "_dmarc.%s has the text %q, which is meant as a DMARC record and is none: it must begin with v=DMARC1 and a semicolon.", domain, Shown(d.Alike[0], 120))
		return
	case d.At == "":
		add("dmarc_missing", "There is no DMARC record for %s. Large mailbox hosts ask for one of whoever sends newsletters.%s", domain, x.doubled(ctx, "_dmarc."+domain, IsDMARC))
		return
	case d.Policy.Broken != "":
		add("dmarc_syntax", "The DMARC record of %s is ignored by receivers: %s.", d.At, d.Policy.Broken)
		return
	}
	if len(d.Policy.Faults) > 0 {
		add("dmarc_faults", "In the DMARC record of %s, %s.", d.At, strings.Join(d.Policy.Faults, "; "))
	}
	if d.Policy.P == "none" {
		add("dmarc_none", "The DMARC policy of %s is none: forged mail in its name is reported at most, and delivered.", d.At)
	} else if d.Policy.Percent < 100 || d.Policy.Testing {
		add("dmarc_part", "The DMARC policy of %s is meant for a part of the mail only (pct=%d).", d.At, d.Policy.Percent)
	}
	x.reports(ctx, d)
}

// maxReports is how many foreign receivers of reports are looked into.
const maxReports = 4

// reports looks whether who gets reports from outside has agreed to it (RFC 7489 section 7.1); without that none are sent there.
func (x *examination) reports(ctx context.Context, d Discovery) {
	var asked []string
	for _, address := range slices.Concat(d.Policy.RUA, d.Policy.RUF) {
		_, to, _ := cutLast(address, "@")
		if within(x.domain, to) || slices.Contains(asked, to) || len(asked) >= maxReports {
			continue
		}
		asked = append(asked, to)
		name := fit(d.At + "._report._dmarc." + to)
		a := x.r.Resolve(ctx, name, TypeTXT)
		if a.Status == Failed {
			x.unknown(models.MailDMARC, d.At, a.Detail)
			continue
		}
		if !slices.ContainsFunc(a.Texts, func(parts []string) bool { return IsDMARC(strings.Join(parts, "")) }) {
			x.problem(models.MailProblem{
				Code: "dmarc_reports", Subject: d.At + " " + to, Side: sideProvider,
				Detail: fmt.Sprintf("Reports on mail in the name of %s are to go to %s, which has not agreed to get them (%s): none arrive there.", d.At, to, name),
			})
		}
	}
}

// walked states when receivers that walk up the tree name by name, as the successor of RFC 7489 has it, take another record.
func (x *examination) walked(ctx context.Context, domain string, d Discovery) {
	if strings.Count(domain, ".")-strings.Count(x.domain, ".") < 2 {
		return
	}
	w := FindPolicy(ctx, x.r, domain, x.domain, true)
	if w.Failed == "" && w.At != d.At {
		x.problem(models.MailProblem{
			Code: "dmarc_walk", Subject: domain, Side: sideClient,
			Detail: fmt.Sprintf("For mail from %s some receivers take the DMARC record of %s and others that of %s.", domain, d.At, w.At),
		})
	}
}

// alignment states when the policy turns away what the client's sending service sends: nothing that it sends carries the domain as the
// policy asks for it.
func (x *examination) alignment(domain string, look models.DMARCLook, p Policy) {
	keys := slices.DeleteFunc(slices.Clone(x.look.DKIM), func(k models.DKIMLook) bool { return domain != x.domain && signs(k.Host) != domain })
	judged := len(keys) > 0 && !slices.ContainsFunc(x.look.Unknown, func(u models.MailUnknown) bool {
		return u.Part == models.MailDKIM || u.Part == models.MailSPF
	})
	usable := slices.ContainsFunc(keys, func(k models.DKIMLook) bool { return k.Usable })
	exact := slices.ContainsFunc(keys, func(k models.DKIMLook) bool { return k.Usable && signs(k.Host) == domain })
	switch {
	case judged && !usable && !x.aligned && look.Policy != "none":
		then := "turn its mail away"
		if look.Policy == "quarantine" {
			then = "put its mail into spam"
		}
		q := models.MailProblem{
			Code: "dmarc_rejects", Subject: domain, Side: sideClient, Breaks: true,
			Detail: fmt.Sprintf("The DMARC policy of %s is %s, and no DKIM key of the sending service can be used: receivers %s.", look.At, look.Policy, then),
		}
		for _, o := range x.look.Problems {
			if strings.HasPrefix(o.Code, models.MailDKIM+"_") && o.Breaks && q.Cause == "" {
				q.Cause, q.Side, q.For, q.Essential = o.Code, o.Side, o.For, o.Essential
			}
		}
		x.problem(q)
	case usable && !exact && p.StrictDKIM:
		signing := make([]string, 0, len(keys))
		for _, k := range keys {
			signing = append(signing, signs(k.Host))
		}
		slices.Sort(signing)
		x.problem(models.MailProblem{
			Code: "dmarc_strict", Subject: domain, Side: sideClient,
			Detail: fmt.Sprintf("The DMARC record of %s asks for the very same domain (adkim=s), and the sending service signs for %s: its mail counts only when its From address is there too.",
				look.At, strings.Join(slices.Compact(signing), ", ")),
		})
	}
}
