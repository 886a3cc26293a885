package mailauth

import (
	"context"
	"fmt"
	"slices"

	"github.com/krestmarketing/deedwatch/models"
)

// mx looks whether mail to the domain, answers to newsletters among it, has somewhere to go.
func (x *examination) mx(ctx context.Context) {
	a := x.r.Resolve(ctx, x.domain, TypeMX)
	if a.Status == Failed {
		x.unknown(models.MailMX, x.domain, a.Detail)
		return
	}
	a.MX = slices.Clone(a.MX)
	slices.SortStableFunc(a.MX, func(l, r MX) int { return int(l.Preference) - int(r.Preference) })
	null := 0
	for i, mx := range a.MX {
		if lowerName(mx.Host) == "" {
			null++
		}
		if i < maxNames {
			x.look.MX = append(x.look.MX, fmt.Sprintf("%d %s", mx.Preference, Shown(mx.Host, maxName)))
		}
	}
	add := func(code, detail string) {
		x.problem(models.MailProblem{Code: code, Subject: x.domain, Side: sideClient, Detail: detail})
	}
	switch {
	case a.Status != Found:
		add("mx_none", x.domain+" has no MX record: answers to its mail may have nowhere to go, and some receivers refuse mail that cannot be answered.")
	case null > 0 && len(a.MX) > 1:
		add("mx_null_beside", x.domain+" says that it takes no mail (an MX record with a dot) and names mail servers as well: receivers may refuse either way (RFC 7505).")
	case null > 0:
		add("mx_null", x.domain+" says that it takes no mail (an MX record with a dot, RFC 7505): answers to its newsletters are refused, and some receivers refuse them too.")
	}
	for i, mx := range a.MX {
		if host := lowerName(mx.Host); host != "" && i < maxNames {
			x.exchanger(ctx, host)
		}
	}
}

// exchanger looks at one host that takes the domain's mail.
func (x *examination) exchanger(ctx context.Context, host string) {
	p := models.MailProblem{Subject: x.domain + " " + Shown(host, maxName), Side: sideClient}
	a := x.r.Resolve(ctx, host, TypeA)
	if a.Status == NoData {
		if v6 := x.r.Resolve(ctx, host, TypeAAAA); v6.Status != NoData {
			a = v6
		}
	}
	switch {
	case a.Status == Failed:
		x.unknown(models.MailMX, x.domain, a.Detail)
	case a.Status != Found:
		p.Code = "mx_gone"
		p.Detail = fmt.Sprintf("Mail to %s is to go to %s, which leads nowhere.", x.domain, Shown(host, maxName))
		x.problem(p)
	case a.Alias != "":
		p.Code = "mx_alias"
		p.Detail = fmt.Sprintf("Mail to %s is to go to %s, which is an alias for %s; a mail server's name must not be one (RFC 2181 section 10.3).",
			x.domain, Shown(host, maxName), Shown(a.Alias, maxName))
		x.problem(p)
	}
}
