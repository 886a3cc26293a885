package dashboard

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// factView is one fact with its source and age. One of Mark, When and Lines carries the value.
type factView struct {
	Term   string
	Mark   *markView
	When   *whenView
	Lines  []string
	Mono   bool
	Source string
	Old    bool
}

// notStated is the value of a fact that nobody gave.
func notStated() *markView { return &markView{"unk", "s-unk", "Not stated"} }

// factViews lists what is known of a registration.
func factViews(dom *models.Domain, r *models.Registration, d dates) []factView {
	facts := []factView{}
	add := func(f factView) { facts = append(facts, f) }
	if r == nil {
		add(factView{Term: "Registrar", Mark: notStated(), Source: "no look has given an answer yet"})
		add(effectiveFact(dom, d))
		add(autoRenewFact(dom, d))
		return facts
	}
	with := func(f factView, fact string) factView {
		f.Source, f.Old = joinSource(f.Source, statedBy(r, fact, d)), models.Stale(dom, d.now)
		return f
	}
	registrar := factView{Term: "Registrar", Lines: lines(r.Registrar)}
	if r.RegistrarID != "" {
		registrar.Source = "IANA " + visible(r.RegistrarID)
	}
	add(with(registrar, models.FactRegistrar))
	add(effectiveFact(dom, d))
	add(dateFact("At the registry", r.RegistryExpiry, lookWords(r.RegistrySource), r.RegistryExpiryAt, d))
	if r.RegistrarExpiry != nil {
		add(dateFact("At the registrar", r.RegistrarExpiry, cmp.Or(lookWords(r.Sources[models.FactRegistrarExpiry].Source), "registrar"), r.RegistrarExpiryAt, d))
	}
	add(autoRenewFact(dom, d))
	add(with(lockFact(r.Statuses), models.FactStatuses))
	add(with(factView{Term: "Status", Lines: visibleAll(r.Statuses), Mono: true}, models.FactStatuses))
	add(with(factView{Term: "Name servers", Lines: visibleAll(r.Nameservers), Mono: true}, models.FactNameservers))
	add(with(dnssecFact(r), models.FactDNSSEC))
	add(with(factView{Term: "Registered on", When: d.when(r.CreatedOn)}, models.FactCreated))
	add(with(factView{Term: "Last changed", When: d.when(r.ChangedOn)}, models.FactUpdated))
	for i := range facts {
		if f := &facts[i]; f.Mark == nil && f.When == nil && len(f.Lines) == 0 {
			f.Mark = notStated()
		}
	}
	return facts
}

// dateFact is a date that one source states.
func dateFact(term string, at *time.Time, source string, said *time.Time, d dates) factView {
	f := factView{Term: term, When: d.when(at), Source: source}
	if said != nil {
		f.Source += ", " + d.age(said)
		f.Old = d.old(said)
	}
	if at == nil {
		f.Mark = notStated()
	}
	return f
}

// statedBy says who last stated a merged fact, and how long ago. Facts from before each had its own source have that of the last answer.
func statedBy(r *models.Registration, fact string, d dates) string {
	if s, ok := r.Sources[fact]; ok {
		return lookWords(s.Source) + ", " + d.age(&s.At)
	}
	if r.FactsAt == nil || r.FactsSource == "" {
		return "no look has stated it"
	}
	return lookWords(r.FactsSource) + ", " + d.age(r.FactsAt)
}

// effectiveFact is the one date that everything uses.
func effectiveFact(dom *models.Domain, d dates) factView {
	f := factView{Term: "Expires", When: d.when(dom.ExpiresAt), Source: expiryWords(dom)}
	switch {
	case dom.ExpiresAt == nil:
		f.Mark, f.Source = &markView{"unk", "s-unk", "Not known"}, strings.ToLower(whyWords(dom.LifecycleWhy))
	case dom.ExpirySource == models.ExpiryAttested:
		if dom.AttestedAt != nil {
			f.Source += ", " + d.day(*dom.AttestedAt)
		}
	case dom.ExpiryAsOf != nil:
		f.Source += ", said " + d.age(dom.ExpiryAsOf)
		f.Old = models.Stale(dom, d.now)
	}
	if dom.Unconfirmed {
		f.Source += "; a later date at the registry is not confirmed"
	}
	return f
}

// expiryWords says whose the effective expiry is.
func expiryWords(dom *models.Domain) string {
	if dom.ExpirySource == models.ExpiryAttested {
		return "stated by " + visible(dom.AttestedBy)
	}
	return "by the " + sourceWords(dom.ExpirySource)
}

func autoRenewFact(dom *models.Domain, d dates) factView {
	m := autoRenewMark(dom.AutoRenew)
	f := factView{Term: "Auto-renew", Mark: &m, Source: "only the client can know"}
	if dom.AutoRenewBy != "" {
		f.Source = "stated by " + visible(dom.AutoRenewBy)
		if dom.AutoRenewAt != nil {
			f.Source += ", " + d.day(*dom.AutoRenewAt)
		}
	}
	return f
}

func lockFact(statuses []string) factView {
	for _, s := range statuses {
		if low := strings.ToLower(strings.ReplaceAll(s, " ", "")); low == "clienttransferprohibited" || low == "servertransferprohibited" {
			return factView{Term: "Transfer lock", Mark: &markView{"ok", "u-check", "On"}, Source: visible(s)}
		}
	}
	if len(statuses) == 0 {
		return factView{Term: "Transfer lock", Mark: notStated()}
	}
	return factView{Term: "Transfer lock", Mark: &markView{"warn", "s-7", "No lock shown"}}
}

func dnssecFact(r *models.Registration) factView {
	f := factView{Term: "DNSSEC"}
	switch r.DNSSEC {
	case models.DNSSECSigned:
		f.Mark = &markView{"ok", "u-check", "Signed"}
	case models.DNSSECUnsigned:
		f.Mark = &markView{"none", "u-dash", "Not signed"}
	case models.DNSSECUnknown:
		f.Mark = notStated()
	}
	if n := len(r.DS); n > 0 {
		tags := []string{}
		for _, ds := range r.DS {
			tags = append(tags, strconv.Itoa(ds.KeyTag))
		}
		f.Source = "DS " + strings.Join(tags, ", ")
	}
	return f
}

func joinSource(a, b string) string {
	if a == "" {
		return b
	}
	return b + "; " + a
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return []string{visible(s)}
}

// lifeStep is a part of the lifecycle strip.
type lifeStep struct {
	Class string // l-exp, l-grace …
	Name  string
	Text  string
	Note  string
	Now   bool
	Here  string // over the mark of the current step
}

// lifeSteps draws the life of a registration. Dates after expiry are estimates and say "about". Without a date there is nothing to draw.
func lifeSteps(dom *models.Domain, r *models.Registration, band models.Band, d dates) []lifeStep {
	if dom.ExpiresAt == nil {
		return nil
	}
	days := d.days(*dom.ExpiresAt)
	reg := lifeStep{Name: "Registered", Text: "start not stated"}
	if r != nil && r.CreatedOn != nil {
		reg.Text = "since " + d.day(*r.CreatedOn)
	}
	exp := lifeStep{Class: "l-exp", Name: "Expires", Text: d.day(*dom.ExpiresAt), Note: relDays(days) + ". Renew before this day"}
	if days < 0 {
		exp.Name, exp.Note = "Expired", relDays(days)
	}
	grace := lifeStep{Class: "l-grace", Name: "Grace", Text: "length not known", Note: "Site and mail may stop. Normal price"}
	if dom.LastSafeDay != nil {
		grace.Text = "to about " + d.day(*dom.LastSafeDay)
	}
	rgp := lifeStep{Class: "l-rgp", Name: "Redemption", Text: "length not known", Note: "Recover only for an extra fee"}
	pend := lifeStep{Class: "l-pend", Name: "Pending delete", Text: "a few days", Note: "Nobody can save it"}
	gone := lifeStep{Class: "l-gone", Name: "Released", Text: "date not known", Note: "Anyone can register it"}
	if dom.RecoverUntil != nil {
		rgp.Text = "to about " + d.day(*dom.RecoverUntil)
		gone.Text = "some days after " + d.day(*dom.RecoverUntil)
	}
	steps := []lifeStep{reg, exp, grace, rgp, pend, gone}
	here, text := &steps[0], "Now"
	switch band {
	case models.BandExpired:
		here = &steps[2]
	case models.BandRedemption:
		here = &steps[3]
	case models.BandPendingDelete:
		here = &steps[4]
	case models.BandReleased:
		here = &steps[5]
	default:
		if days >= 0 {
			text = "Now, " + plural(days, "day") + " left"
		}
	}
	here.Now, here.Here = true, text
	return steps
}

// lifeNote says what the strip rests on.
func lifeNote(dom *models.Domain) string {
	if dom.ExpiresAt == nil {
		return ""
	}
	return "Dates after expiry are estimates: how long grace lasts is the registrar’s choice"
}
