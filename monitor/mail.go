package monitor

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// serviceEmail is the agency's service for which a client's mail records matter, as letters only.
const serviceEmail = "emailmarketing"

// MailLooker looks at the mail records of a domain. A DNSLooker that is one as well is asked beside its look.
type MailLooker interface {
	LookMail(ctx context.Context, domain string, expected []models.ExpectedRecord) models.MailLook
}

// bought gives the agency's services for a domain: its own, or where none are stated for it, its client's.
func bought(w *models.Watched) []string {
	if len(w.Domain.Services) > 0 {
		return w.Domain.Services
	}
	return w.Client.Services
}

// sendsMail reports whether a domain's mail records matter to the agency: it does the client's e-mail marketing, or a record of a sending
// service is expected in the zone.
func sendsMail(services []string, expected []models.ExpectedRecord) bool {
	if slices.ContainsFunc(services, func(s string) bool { return letters(s) == serviceEmail }) {
		return true
	}
	return slices.ContainsFunc(expected, mailRecord)
}

// mailRecord reports whether an expected record is one of mail authentication.
func mailRecord(r models.ExpectedRecord) bool {
	host := strings.ToLower(r.Host)
	if strings.Contains(host, "._domainkey.") || strings.HasPrefix(host, "_dmarc.") {
		return true
	}
	return r.Type == "TXT" && slices.ContainsFunc(r.Values, func(v string) bool {
		v = strings.ToLower(v)
		return strings.HasPrefix(v, "v=spf1") || strings.HasPrefix(v, "include:") || strings.HasPrefix(v, "ip4:") || strings.HasPrefix(v, "ip6:")
	})
}

// letters keeps the letters of a service's name or code, in lower case: "Email Marketing" and "email_marketing" are one.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// addMail looks at the mail records of a domain whose DNS has just been looked at, where they matter and its zone answers. A panic is no
// mail look.
func (m *Monitor) addMail(ctx context.Context, look *models.DelegationLook, services []string, expected []models.ExpectedRecord) {
	looker, ok := m.o.DNS.(MailLooker)
	if !ok || look.Outcome != models.OutcomeOK || StatedNothing(*look) || !sendsMail(services, expected) {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			m.o.Logger.ErrorContext(ctx, "look panicked", "kind", "mail", "domain", look.Domain, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			look.Mail = nil
		}
	}()
	mail := looker.LookMail(ctx, look.Domain, expected)
	look.Mail = &mail
	look.Evidence = slices.Concat(look.Evidence, []byte("; the mail records\n"), mail.Evidence)
}
