package monitor

import (
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// confirmMail takes the mail part of a DNS look: the look with what of it counts, and what is still to be confirmed. Without a mail look,
// what waits goes on waiting as long as mail records matter.
func (m *Monitor) confirmMail(w *models.Watched, look *models.DelegationLook, now time.Time) (*models.MailLook, []models.MailPending) {
	var pending []models.MailPending
	if w.Delegation != nil {
		pending = w.Delegation.MailPending
	}
	if look.Mail == nil {
		if !sendsMail(bought(w), w.Records) {
			pending = nil
		}
		return nil, pending
	}
	counts := *look.Mail
	counts.Problems, pending = ConfirmMail(w.Findings, pending, look.Mail, now, m.o.ConfirmAfter)
	return &counts, pending
}

// ConfirmMail says which problems of a mail look count, and which wait to be seen again. A problem must be seen twice, the second time when
// the negative answers of the first have left the caches and after has passed (DefaultConfirmAfter when zero); one whose finding is open
// goes on counting. What is not seen is forgotten at once, but for what the look states nothing on.
func ConfirmMail(stored []models.Finding, pending []models.MailPending, look *models.MailLook, now time.Time, after time.Duration) (count []models.MailProblem, wait []models.MailPending) {
	waits := func(list []models.MailPending, p models.MailProblem) int {
		return slices.IndexFunc(list, func(w models.MailPending) bool { return w.Code == p.Code && w.Subject == p.Subject })
	}
	seen := map[string]bool{}
	for _, p := range look.Problems {
		seen[p.Code+" "+p.Subject] = true
		i := waits(pending, p)
		switch {
		case openMail(stored, p), i >= 0 && !now.Before(pending[i].ConfirmAt):
			count = append(count, p)
		case i >= 0:
			wait = append(wait, pending[i])
		default:
			confirm := now.Add(confirmAfter(models.RecordLook{NegativeTTL: look.NegativeTTL}, after))
			wait = append(wait, models.MailPending{Code: p.Code, Subject: p.Subject, At: now, ConfirmAt: confirm})
		}
	}
	for _, p := range pending {
		if !seen[p.Code+" "+p.Subject] && mailUnknown(look, p.Code, p.Subject) {
			wait = append(wait, p)
		}
	}
	return count, wait
}

// openMail reports whether the finding on a problem is open.
func openMail(stored []models.Finding, p models.MailProblem) bool {
	return slices.ContainsFunc(stored, func(f models.Finding) bool {
		return f.State == models.FindingOpen && f.Code == mailPrefix+p.Code && f.Subject == p.Subject
	})
}

// mailUnknown reports whether a look states nothing on the part of the host that a problem is about.
func mailUnknown(look *models.MailLook, code, subject string) bool {
	return slices.ContainsFunc(look.Unknown, func(u models.MailUnknown) bool {
		return strings.HasPrefix(code, u.Part+"_") && (subject == u.Host || strings.HasPrefix(subject, u.Host+" "))
	})
}
