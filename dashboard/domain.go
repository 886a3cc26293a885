package dashboard

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// domainView is one domain's page.
type domainView struct {
	ID        int64
	Name      nameView
	URL       string
	ClientID  int64
	Client    string
	Pill      pillView
	Why       string
	Verb      string // Expires, Expired
	When      *whenView
	ExpSource string
	AutoRenew markView
	Checked   string
	Old       bool
	Quiet     string
	Next      *noteView

	Life     []lifeStep
	LifeNote string
	Facts    []factView
	Sources  sourcesView
	Findings []findingView
	Records  recordsView
	Servers  delegationView
	Notices  []noticeRow
	Skipped  []noticeRow // because a tighter one was due
	Answers  []answerView
	Changes  []changeView
	Looks    []lookView
	Contacts []contactRow
	Grants   []grantRow
	Attested string // the stated date, for the form
	Renew    models.AutoRenew
	Archived string   // since when nobody watches it; empty: it is watched
	Rest     restDays // for the forms
}

// restDays bound the day up to which a finding may rest.
type restDays struct{ From, To string }

// noteView is the one thing to do next.
type noteView struct{ Kind, Glyph, Strong, Text string }

// answerView is what a client said.
type answerView struct {
	ISO, At, By, Words string
	Withdrawn          string
}

// lookView is a stored look.
type lookView struct {
	ID                     int64
	At, Kind, Server, Took string
	Mark                   markView
	Detail                 string
}

// domainPage shows everything known of one domain, each fact with its source and age.
func (s *Server) domainPage(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	dv, err := s.opt.Store.DomainView(r.Context(), name)
	if errors.Is(err, models.ErrNotFound) {
		if a := asciiName(name); a != "" && a != name {
			redirect(w, r, domainURL(a))
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("read a domain: %w", err)
	}
	all, err := s.opt.Store.NoticesOf(r.Context(), dv.Watched.Domain.ID)
	if err != nil {
		return fmt.Errorf("read a domain's notices: %w", err)
	}
	dv.Notices = withUndated(dv.Notices, all)
	v := buildDomain(&dv, serviceWords{s.opt.Services}, s.dates(s.now()))
	v.Records.repairs(s.opt.Repair, &dv)
	s.render(w, r, http.StatusOK, "domain", head{Title: v.Name.Text, Nav: "/domains"}, v)
	return nil
}

// maxUndated is how many notices that do not depend on an expiry a domain's page shows.
const maxUndated = 20

// withUndated adds to the notices of an expiry the latest of those that depend on none: on a hold, a transfer, broken records, a missing date.
func withUndated(dated, all []models.NoticeView) []models.NoticeView {
	list, n := slices.Clone(dated), 0
	for i := range all {
		if all[i].Notice.CycleID == 0 && n < maxUndated {
			list, n = append(list, all[i]), n+1
		}
	}
	slices.SortStableFunc(list, func(a, b models.NoticeView) int { return cmp.Compare(b.Notice.ID, a.Notice.ID) })
	return list
}

func buildDomain(dv *models.DomainView, words serviceWords, d dates) domainView {
	dom := &dv.Watched.Domain
	band := models.BandOf(dom, d.now, d.loc)
	v := domainView{
		ID: dom.ID, Name: nameOf(dom.Name), URL: domainURL(dom.Name), Verb: "Expires", ClientID: dom.ClientID, Client: visible(dv.Watched.Client.Name),
		Pill: pillOf(band), Why: whyWords(dom.LifecycleWhy), When: d.when(dom.ExpiresAt), AutoRenew: autoRenewMark(dom.AutoRenew),
		ExpSource: expiryWords(dom), Checked: checkedWords(dom, d), Old: models.Stale(dom, d.now),
		Life: lifeSteps(dom, dv.Watched.Registration, band, d), LifeNote: lifeNote(dom), Facts: factViews(dom, dv.Watched.Registration, d),
		Sources:  sourcesOf(dv.Watched.Statements, d),
		Findings: findingViews(dv.Watched.Findings, d), Records: recordRows(dv.Watched.Records, dom, words, d), Servers: delegationOf(dv.Watched.Delegation, d),
		Contacts: contactRows(dv.Watched.Contacts, d), Grants: grantRows(dv.Grants, d), Renew: dom.AutoRenew,
	}
	if dom.ExpiresAt != nil && d.days(*dom.ExpiresAt) < 0 {
		v.Verb = "Expired"
	}
	if dom.ArchivedAt != nil {
		v.Archived = d.stamp(*dom.ArchivedAt)
	}
	today := d.now.In(d.loc)
	v.Rest = restDays{today.AddDate(0, 0, 1).Format(time.DateOnly), today.AddDate(0, 0, maxRest).Format(time.DateOnly)}
	v.AutoRenew.Word = autoRenewWords(dom.AutoRenew)
	if dom.AttestedExpiry != nil {
		v.Attested = dom.AttestedExpiry.UTC().Format("2006-01-02")
	}
	if dom.QuietUntil != nil && dom.QuietUntil.After(d.now) {
		v.Quiet = "Reminders rest until " + d.day(*dom.QuietUntil) + ": " + plainReason(dom.QuietReason)
	}
	v.Next = nextNote(dv, band, d)
	for i := range dv.Notices {
		row := buildNotice(&dv.Notices[i], d)
		row.Name = v.Name
		if dv.Notices[i].Notice.State == models.NoticeSuperseded {
			v.Skipped = append(v.Skipped, row)
		} else {
			v.Notices = append(v.Notices, row)
		}
	}
	for i := range dv.Answers {
		v.Answers = append(v.Answers, buildAnswer(&dv.Answers[i], d))
	}
	for i := range dv.Changes {
		v.Changes = append(v.Changes, buildChange(&dv.Changes[i], d))
	}
	for i := range dv.Observations {
		v.Looks = append(v.Looks, buildLook(&dv.Observations[i], d))
	}
	return v
}

// checkedWords says when and how the registration was last answered for.
func checkedWords(dom *models.Domain, d dates) string {
	if dom.SeenAt == nil {
		return "No answer yet"
	}
	text := "Checked " + d.age(dom.SeenAt) + " via " + lookWords(dom.LookSource)
	if dom.LookOutcome != "" && !dom.LookOutcome.Answered() {
		text += "; last try " + d.age(dom.CheckedAt) + ": " + strings.ToLower(outcomeMark(dom.LookOutcome).Word)
	}
	return text
}

// nextNote is the worst open finding that stands for itself, with its next step and whom to call.
func nextNote(dv *models.DomainView, band models.Band, d dates) *noteView {
	var worst *models.Finding
	open := openFindings(dv.Watched.Findings)
	for i := range open {
		f := &open[i]
		if rootOf(f, open) != f.Code || f.SnoozedUntil != nil && f.SnoozedUntil.After(d.now) {
			continue
		}
		if worst == nil || f.Severity.Rank() > worst.Severity.Rank() {
			worst = f
		}
	}
	if worst == nil || worst.Severity.Rank() < models.SeverityMinor.Rank() {
		return nil
	}
	n := &noteView{Kind: "warn", Glyph: "s-7", Strong: sentence(visible(worst.Title)), Text: sentence(visible(worst.NextStep))}
	if worst.Severity.Rank() >= models.SeverityCritical.Rank() || band.Group() == models.GroupLapsed {
		n.Kind, n.Glyph = "bad", "s-now"
	}
	return n
}

func buildAnswer(a *models.Answer, d dates) answerView {
	v := answerView{ISO: d.iso(a.At), At: d.stamp(a.At), By: visible(a.By), Words: answerWords(a)}
	if a.Withdrawn != nil {
		v.Withdrawn = "taken back " + d.stamp(*a.Withdrawn)
	}
	return v
}

func buildLook(o *models.Observation, d dates) lookView {
	return lookView{
		ID: o.ID, At: d.stamp(o.At), Kind: lookWords(o.Kind), Server: visible(o.Server), Took: took(o.TookMicros),
		Mark: lookMark(o.Kind, o.Outcome), Detail: visible(o.Detail),
	}
}
