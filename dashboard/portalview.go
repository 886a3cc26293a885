package dashboard

import (
	"net/url"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// portalView is the client's page.
type portalView struct {
	Base    string
	Client  string
	Hello   string // first name, or empty
	Contact string
	Until   string // when the link ends
	Host    string // with which the page's address begins
	Said    string
	Domains []portalDomain
	Grants  []portalGrant
}

// portalDomain is one domain on the client's page.
type portalDomain struct {
	ID          int64
	Name        nameView
	Pill        pillView
	Verb        string // Expires, Expired
	ISO, Day    string
	Rel         string
	Facts       string
	Registrar   string
	Steps       bool // something is to be done now
	Recover     bool // it can only be recovered, for a fee
	Gone        bool // nobody can renew it any more
	Said        string
	Ask         bool // whether there is anything to answer
	Stops       []string
	StopsWhen   string
	Problem     string
	Earliest    string // for the date field
	Latest      string
	LettingGo   bool
	Consequence string
}

// portalGrant is what the client let the agency into.
type portalGrant struct{ Platform, Role, Holder, Since, How string }

func (s *Server) buildPortal(p *portalSeen) portalView {
	v := portalView{
		Base: p.base, Client: visible(p.view.Client.Name), Hello: firstName(p.view.Contact.Name), Contact: visible(p.view.Contact.Name),
		Until: p.dates.day(p.view.Link.ExpiresAt), Host: hostOf(s.opt.BaseURL),
	}
	for i := range p.view.Domains {
		v.Domains = append(v.Domains, p.build(&p.view.Domains[i]))
	}
	for _, g := range p.view.Grants {
		pg := portalGrant{Platform: platformWords(g.Platform), Role: visible(g.Role), Holder: visible(g.Holder), How: strings.ToLower(methodWords(g.Method))}
		if g.GrantedAt != nil {
			pg.Since = "since " + p.dates.day(*g.GrantedAt)
		}
		v.Grants = append(v.Grants, pg)
	}
	return v
}

// build words one domain for its owner.
func (p *portalSeen) build(pd *models.PortalDomain) portalDomain {
	dom, d := &pd.Domain, p.dates
	band := models.BandOf(dom, d.now, d.loc)
	v := portalDomain{
		ID: dom.ID, Name: nameOf(dom.Name), Pill: pillOf(band), Registrar: visible(dom.Registrar), Verb: "Expires",
		Recover: band == models.BandRedemption, Gone: band == models.BandPendingDelete || band == models.BandReleased,
		Stops: p.words.carries(pd.Records), Earliest: d.now.In(d.loc).Format("2006-01-02"), Ask: pd.Cycle != nil,
	}
	if dom.ExpiresAt != nil {
		w := d.when(dom.ExpiresAt)
		v.ISO, v.Day, v.Rel = w.ISO, d.weekday(*dom.ExpiresAt), w.Rel
		if d.days(*dom.ExpiresAt) < 0 {
			v.Verb = "Expired"
		} else {
			v.Latest = d.local(*dom.ExpiresAt).Format("2006-01-02")
		}
	}
	group := band.Group()
	v.Steps = !v.Gone && (group == models.GroupLapsed || group == models.GroupSoon || group == models.GroupDue)
	v.Ask = v.Ask && band != models.BandReleased && group != models.GroupFine
	v.Facts = portalFacts(dom, band, d)
	v.Consequence = consequence(dom, d)
	if a := pd.Answer; a != nil {
		v.Said = "You told us on " + d.day(a.At) + " " + ownWords(a)
		v.LettingGo = a.Kind == models.AnswerLettingGo
		v.Steps = v.Steps && a.Kind != models.AnswerRenewed && a.Kind != models.AnswerLettingGo && a.Kind != models.AnswerAutoRenew
	}
	return v
}

// portalFacts is the line under the date: who said it, when, and what is known beside it.
func portalFacts(dom *models.Domain, band models.Band, d dates) string {
	var parts []string
	switch {
	case band == models.BandRedemption && dom.RecoverUntil != nil:
		parts = append(parts, "It can be recovered at your registrar, for an extra fee, until about "+d.day(*dom.RecoverUntil)+".")
	case band == models.BandExpired && dom.LastSafeDay != nil:
		parts = append(parts, "You can probably still renew it at the normal price until about "+d.day(*dom.LastSafeDay)+".")
	case band == models.BandPendingDelete:
		parts = append(parts, "It is about to be deleted, and nobody can renew it any more.")
	case band == models.BandReleased:
		parts = append(parts, "It is no longer registered: anyone can register it.")
	case band == models.BandOnHold:
		parts = append(parts, "It is on hold and does not work. Ask your registrar why.")
	case band == models.BandRegistered:
		parts = append(parts, "Nothing to do now.")
	}
	if dom.Unconfirmed {
		parts = append(parts, "The registry shows a later date, which nobody has confirmed yet.")
	}
	switch {
	case dom.ExpiresAt == nil && band != models.BandNoDate:
		parts = append(parts, "We have no date for it at the moment, and look again by ourselves.")
	case dom.ExpiresAt == nil:
		parts = append(parts, "No date is published for it. Please tell us when it expires.")
	case dom.ExpirySource == models.ExpiryAttested:
		parts = append(parts, "You told us this date; the registry publishes none.")
	case dom.SeenAt != nil:
		parts = append(parts, "The "+sourceWords(dom.ExpirySource)+" told us so "+d.age(dom.SeenAt)+".")
	}
	if dom.AutoRenew != models.AutoRenewUnknown && band != models.BandReleased {
		parts = append(parts, autoRenewWords(dom.AutoRenew)+", as far as we know.")
	}
	return strings.Join(parts, " ")
}

// consequence says what happens when a domain is not renewed.
func consequence(dom *models.Domain, d dates) string {
	text := "The site and the mail of this name stop."
	if dom.LastSafeDay != nil {
		text += " You may be able to renew it at the normal price until about " + d.day(*dom.LastSafeDay) + "."
	}
	if dom.RecoverUntil != nil {
		text += " Until about " + d.day(*dom.RecoverUntil) + " it can be recovered for an extra fee."
	}
	return text + " In the end anybody else can register it."
}

// ownWords repeats an answer to the person who gave it.
func ownWords(a *models.Answer) string {
	switch a.Kind {
	case models.AnswerRenewed:
		return "that you have renewed it. The registry does not show a new date yet."
	case models.AnswerWillRenew:
		if a.RenewOn != nil {
			return "that you will renew it on " + calendarDay(*a.RenewOn) + "."
		}
		return "that you will renew it."
	case models.AnswerAutoRenew:
		return "that auto-renew is on."
	case models.AnswerLettingGo:
		return "that you no longer want it."
	case models.AnswerWrongPerson:
		return "that you are not the right person."
	}
	return "something we can’t show."
}

// carries lists what stops without the domain, each once: the services that the catalogue knows by their names, of the rest what their
// records are for.
func (w serviceWords) carries(records []models.ExpectedRecord) []string {
	var list []string
	for _, r := range records {
		p := visible(r.Purpose)
		if _, known := w.catalogue.ByCode(r.Service); known || p == "" {
			p = w.name(r.Service)
		}
		if p != "" && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// firstName is how a person is greeted: the first word of the name, unless it is a title.
func firstName(name string) string {
	words := strings.Fields(visible(name))
	if len(words) == 0 {
		return ""
	}
	if strings.HasSuffix(words[0], ".") {
		return strings.Join(words, " ")
	}
	return words[0]
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Host
}

// answerForm is the form of one domain's answers.
type answerForm struct {
	Base string
	D    portalDomain
}

// answersFor pairs a domain with the address its answers go to.
func answersFor(base string, d portalDomain) answerForm { return answerForm{base, d} }
