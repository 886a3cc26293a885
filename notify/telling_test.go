package notify_test

import (
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// TestSeveralNoticesOnOneNameAreOneName: whoever has one name is not told of two.
func TestSeveralNoticesOnOneNameAreOneName(t *testing.T) {
	now := at(t, "2026-11-25 09:00")
	for lang, want := range map[string]struct{ subject, title, lead, closing, not string }{
		"en": {"pools.example needs your decision", "\npools.example needs your decision\n", "The name is yours", "If you no longer want the name,", "of your domain names"},
		"es": {"pools.example necesita su decisión", "\npools.example necesita su decisión\n", "El dominio es suyo", "Si ya no quiere el dominio,", "de sus dominios"},
	} {
		l := letter(at(t, "2026-11-28 06:00"), now, models.StageD3)
		l.Contact.Language = lang
		again := l.Items[0]
		again.Notice.ID, again.Notice.Stage, again.Notice.CycleID, again.Cycle = 99, models.StageHold, 0, models.Cycle{}
		l.Items = append(l.Items, again)
		got := render(t, &l, now)
		plain := strings.Join(strings.Fields(got.Text), " ")
		if got.Subject != want.subject || !strings.Contains(got.Text, want.title) || !strings.Contains(plain, want.lead) || !strings.Contains(plain, want.closing) || strings.Contains(plain, want.not) {
			t.Errorf("%s: %s\n%s", lang, got.Subject, got.Text)
		}
	}
}

// TestWhoseRecordsALetterTells: what the DNS host has to do is asked of it by its customer; what is ours is no matter of the client's.
func TestWhoseRecordsALetterTells(t *testing.T) {
	side := map[string]string{"www.pools.example": models.SideProvider, "news.pools.example": models.SideClient, "app.pools.example": models.SideAgency}
	r, err := notify.NewRenderer(agency(), notify.Words{Repair: func(c models.RepairCase) (models.Repair, bool) {
		fix, ok := advice(c)
		if fix.Side = side[c.Record.Host]; fix.Side == models.SideProvider {
			fix.Action, fix.Remove = models.RepairSync, nil
		}
		return fix, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	now := at(t, "2026-11-25 09:00")
	l := letter(at(t, "2026-11-28 06:00"), now, models.StageRecords)
	for host := range side {
		l.Items[0].Records = append(l.Items[0].Records, models.ExpectedRecord{Host: host, Type: "CNAME", Match: models.MatchExact, Values: []string{"pages.agency.example"}, State: models.RecordWrong, StateAt: &now})
	}
	got, err := r.Render(&l, ownPage, policy(t), now)
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.Join(strings.Fields(got.Text), " ")
	for _, want := range []string{"2 DNS records to put right", "CNAME record of www.pools.example", "Your name servers do not agree on the record", "save it once more", "CNAME record of news.pools.example"} {
		if !strings.Contains(plain, want) {
			t.Errorf("the letter does not say %q:\n%s", want, got.Text)
		}
	}
	if strings.Contains(plain, "app.pools.example") {
		t.Errorf("the letter tells of what is ours:\n%s", got.Text)
	}
}

// TestLettersPromiseOnlyWhatTheOwnPageTakes: it takes answers on renewing, on who is right, and on a date; for the rest there is the telephone.
func TestLettersPromiseOnlyWhatTheOwnPageTakes(t *testing.T) {
	none := map[models.Stage]bool{models.StageRecords: true, models.StageTransfer: true, models.StageAccessRequest: true, models.StageAccessReview: true, models.StageRenewed: true, models.StageRetraction: true}
	seen := 0
	eachSample(t, func(t *testing.T, w worded) {
		t.Helper()
		stage := w.Letter.Items[0].Notice.Stage
		for i := range w.Letter.Items {
			if w.Letter.Items[i].Notice.Stage != stage {
				return
			}
		}
		if !none[stage] {
			return
		}
		seen++
		plain := strings.Join(strings.Fields(w.Text), " ")
		for _, promise := range []string{"say so on", "Tell us", "indíquelo en", "Díganos"} {
			if strings.Contains(plain, promise) {
				t.Errorf("it promises %q:\n%s", promise, w.Text)
			}
		}
	})
	if seen < 2*len(none) {
		t.Errorf("%d letters of %d kinds were read", seen, len(none))
	}
}
