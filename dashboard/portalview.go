package dashboard

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// portalView is the client's page.
type portalView struct {
	Title      string
	Base, Form string
	Client     string
	Hello      string // first name, or empty
	Contact    string
	Until      string // when the link ends
	Host       string // with which the page's address begins
	Hours      string // when somebody answers the telephone
	Said       string
	Domains    []portalDomain
	Mails      []portalMail
	Ref, Found string // the reference number that was looked for, and what it is
	Grants     []portalGrant
	Calendar   bool // its dates are offered as a file
}

// portalDomain is one domain on the client's page.
type portalDomain struct {
	ID        int64
	Name      nameView
	Pill      pillView
	Verb      string // Expires, Expired
	ISO, Day  string
	Rel       string
	Facts     string
	Registrar string
	Steps     bool // something is to be done now
	Recover   bool // it can only be recovered, for a fee
	Gone      bool // nobody can renew it any more
	Said      string
	Named     string // whom the contact named in its place
	Ask       bool   // whether there is anything to answer
	Older     bool   // the link was made before what is asked now
	Attest    bool   // the client is to state the date
	AttestDue string // why again; empty: not now
	Stops     []string
	Watches   []string
	Problem   portalProblem
	Earliest  string // for the date fields
	Latest    string
}

// General reports whether the problem is at no field of a form.
func (d portalDomain) General() bool {
	return d.Problem.Text != "" && d.Problem.Field != "renew_on" && d.Problem.Field != "attested" && !d.Wrong()
}

// Wrong reports whether the problem is one of naming somebody else.
func (d portalDomain) Wrong() bool { return strings.HasPrefix(d.Problem.Field, "instead_") }

// portalMail is a message that the client was sent.
type portalMail struct{ Line, About string }

// portalGrant is what the client let the agency into.
type portalGrant struct{ Platform, Role, Holder, Since, How string }

func (s *Server) buildPortal(p *portalSeen) portalView {
	say, view := p.dates, &p.view
	v := portalView{
		Title: say.text("page.title"), Base: p.base, Form: p.form, Client: visible(view.Client.Name), Hello: firstName(view.Contact.Name),
		Contact: visible(cmp.Or(view.Contact.Name, view.Contact.Email)), Until: say.day(view.Link.ExpiresAt), Host: hostOf(s.opt.BaseURL), Hours: s.hours(say.phrases),
	}
	for i := range view.Domains {
		v.Domains = append(v.Domains, p.build(&view.Domains[i]))
	}
	for i := range view.Mails {
		v.Mails = append(v.Mails, p.mail(&view.Mails[i]))
	}
	for _, g := range view.Grants {
		pg := portalGrant{Platform: platformWords(g.Platform), Role: visible(g.Role), Holder: visible(g.Holder), How: say.text("method.other")}
		if key := "method." + string(g.Method); say.has(key) {
			pg.How = say.text(key)
		}
		if g.GrantedAt != nil {
			pg.Since = say.text("access.since", "day", say.day(*g.GrantedAt))
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
		ID: dom.ID, Name: nameOf(dom.Name), Pill: p.pill(band), Registrar: visible(dom.Registrar), Verb: d.text("card.expires"),
		Recover: band == models.BandRedemption, Gone: band == models.BandPendingDelete || band == models.BandReleased,
		Earliest: d.now.In(d.loc).Format(time.DateOnly), Ask: pd.Cycle != nil, Attest: attestable(dom), AttestDue: p.attestDue(dom),
	}
	if dom.ExpiresAt != nil {
		v.ISO, v.Day, v.Rel = d.iso(*dom.ExpiresAt), d.weekday(*dom.ExpiresAt), d.rel(d.days(*dom.ExpiresAt))
		if d.days(*dom.ExpiresAt) < 0 {
			v.Verb = d.text("card.expired")
		} else {
			v.Latest = d.local(*dom.ExpiresAt).Format(time.DateOnly)
		}
	}
	group := band.Group()
	v.Steps = !v.Gone && (group == models.GroupLapsed || group == models.GroupSoon || group == models.GroupDue)
	v.Ask = v.Ask && band != models.BandReleased && group != models.GroupFine
	v.Facts = p.facts(dom, band)
	v.Stops, v.Watches = p.stops(pd), p.watches(pd)
	if a := pd.Answer; a != nil {
		v.Said = p.said(a)
		v.Steps = v.Steps && a.Kind != models.AnswerRenewed && a.Kind != models.AnswerLettingGo && a.Kind != models.AnswerAutoRenew
	}
	for i := range p.view.Named {
		if n := &p.view.Named[i]; n.DomainID != nil && *n.DomainID == dom.ID {
			v.Named = d.text("answer.named", "who", visible(n.Name))
		}
	}
	v.Older = v.Ask && !p.view.Link.Covers(pd.Cycle)
	v.Ask = v.Ask && !v.Older
	return v
}

// pill is the mark of a band, in the client's words.
func (p *portalSeen) pill(band models.Band) pillView {
	pill := pillOf(band)
	pill.Word = p.dates.text("band.other")
	if key := "band." + string(band); p.dates.has(key) {
		pill.Word = p.dates.text(key)
	}
	return pill
}

// attestable reports whether the client is to state when a domain expires: nobody publishes it, or what counts was stated.
func attestable(d *models.Domain) bool {
	return d.ExpirySource == models.ExpiryAttested || d.ExpiresAt == nil && d.LifecycleWhy == models.WhyNoPublicExpiry
}

// attestDue says why the date is asked for again; empty: it is not.
func (p *portalSeen) attestDue(d *models.Domain) string {
	switch {
	case d.ExpirySource != models.ExpiryAttested || d.ExpiresAt == nil:
		return ""
	case p.dates.days(*d.ExpiresAt) < 0:
		return p.dates.text("attest.past")
	case d.AttestedAt != nil && d.AttestedAt.AddDate(1, 0, 0).Before(p.dates.now):
		return p.dates.text("attest.due")
	}
	return ""
}

// facts is the line under the date: who said it, when, and what is known beside it.
func (p *portalSeen) facts(dom *models.Domain, band models.Band) string {
	d := p.dates
	var parts []string
	add := func(key string, pairs ...any) { parts = append(parts, d.text(key, pairs...)) }
	switch {
	case band == models.BandRedemption && dom.RecoverUntil != nil:
		add("fact.redemption", "day", d.day(*dom.RecoverUntil))
	case band == models.BandExpired && dom.LastSafeDay != nil:
		add("fact.grace", "day", d.day(*dom.LastSafeDay))
	case band == models.BandPendingDelete:
		add("fact.pending_delete")
	case band == models.BandReleased:
		add("fact.released")
	case band == models.BandOnHold:
		add("fact.on_hold")
	case band == models.BandRegistered:
		add("fact.fine")
	}
	if dom.Unconfirmed {
		add("fact.unconfirmed")
	}
	switch {
	case dom.ExpiresAt == nil && band != models.BandNoDate:
		add("fact.no_date")
	case dom.ExpiresAt == nil:
		add("fact.not_published")
	case dom.ExpirySource == models.ExpiryAttested:
		add("fact.attested")
	case dom.SeenAt != nil && dom.ExpirySource == models.ExpiryRegistrar:
		add("fact.registrar", "age", d.age(dom.SeenAt))
	case dom.SeenAt != nil:
		add("fact.registry", "age", d.age(dom.SeenAt))
	}
	switch {
	case band == models.BandReleased:
	case dom.AutoRenew == models.AutoRenewOn:
		add("fact.auto_renew_on")
	case dom.AutoRenew == models.AutoRenewOff:
		add("fact.auto_renew_off")
	}
	return strings.Join(parts, " ")
}

// stops says, sentence by sentence, what happens when a domain is not renewed.
func (p *portalSeen) stops(pd *models.PortalDomain) []string {
	d, dom := p.dates, &pd.Domain
	list := []string{d.text("stops.text")}
	add := func(key string, pairs ...any) { list = append(list, d.text(key, pairs...)) }
	name := nameOf(dom.Name).Text
	if at := strings.LastIndex(p.view.Contact.Email, "@"); at >= 0 && strings.EqualFold(p.view.Contact.Email[at+1:], dom.Name) {
		add("stops.own_mail", "name", name, "email", visible(p.view.Contact.Email))
	} else {
		add("stops.mail", "name", name)
	}
	if carries := p.words.carries(pd.Records, p.dates.lang); len(carries) > 0 {
		add("stops.carries", "list", strings.Join(carries, "; "))
	}
	switch n := len(pd.Records); {
	case n == 1:
		add("stops.record")
	case n > 1:
		add("stops.records", "n", n)
	}
	if dom.LastSafeDay != nil {
		add("stops.normal", "day", d.day(*dom.LastSafeDay))
	}
	if dom.RecoverUntil != nil {
		add("stops.fee", "day", d.day(*dom.RecoverUntil))
	}
	add("stops.end")
	return list
}

// watches says what the agency looks at.
func (p *portalSeen) watches(pd *models.PortalDomain) []string {
	d := p.dates
	list := []string{d.text("watch.date")}
	carries := strings.Join(p.words.carries(pd.Records, p.dates.lang), "; ")
	switch n := len(pd.Records); n {
	case 0:
		list = append(list, d.text("watch.no_records"))
	case 1:
		list = append(list, d.text("watch.record", "list", cmp.Or(carries, "DNS")))
	default:
		list = append(list, d.text("watch.records", "n", n, "list", cmp.Or(carries, "DNS")))
	}
	return append(list, d.text("watch.limits"))
}

// said repeats an answer to the one who gave it, or tells a colleague of it.
func (p *portalSeen) said(a *models.Answer) string {
	d := p.dates
	what := d.text("said.something")
	switch key := "said." + string(a.Kind); {
	case a.Kind == models.AnswerWillRenew && a.RenewOn != nil:
		what = d.text("said.will_renew_on", "on", d.calendarDay(*a.RenewOn))
	case a.Kind.Valid():
		what = d.text(key)
	}
	if a.ContactID != 0 && a.ContactID != p.view.Contact.ID && a.By != "" {
		return d.text("said.other", "who", visible(a.By), "day", d.day(a.At), "what", what)
	}
	return d.text("said.at", "day", d.day(a.At), "what", what)
}

// mail tells of one message.
func (p *portalSeen) mail(m *models.PortalMail) portalMail {
	d, at := p.dates, m.Mail.CreatedAt
	if m.Mail.SentAt != nil {
		at = *m.Mail.SentAt
	}
	names := make([]string, len(m.Domains))
	for i, n := range m.Domains {
		names[i] = visible(nameOf(n).Text)
	}
	v := portalMail{Line: d.text("mails.line", "day", d.day(at), "ref", models.MailReference(m.Mail.ID)), About: d.text("mails.other")}
	if len(names) > 0 {
		v.About = d.text("mails.about", "list", d.list(names))
	}
	return v
}

// find looks a message up by the reference number that it bears.
func (v *portalView) find(typed string, p *portalSeen) {
	if v.Ref = bounded(typed, 20); v.Ref == "" {
		return
	}
	v.Found = p.dates.text("mails.not_found")
	for i := range p.view.Mails {
		m := &p.view.Mails[i].Mail
		if ref := models.MailReference(m.ID); strings.EqualFold(ref, v.Ref) && m.SentAt != nil {
			v.Found = p.dates.text("mails.found", "ref", ref, "day", p.dates.day(*m.SentAt), "subject", visible(m.Subject))
		}
	}
}

// carries lists what stops without the domain, each once: the services that the catalogue knows by their names, of the rest what their
// records are for. The agency writes in one language what they are for; elsewhere the service stands for itself.
func (w serviceWords) carries(records []models.ExpectedRecord, lang string) []string {
	var list []string
	for _, r := range records {
		p := visible(r.Purpose)
		if _, known := w.catalogue.ByCode(r.Service); known || p == "" || lang != firstLanguage {
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
	Base, Form string
	W          *phrases
	D          portalDomain
}

// answersFor pairs a domain with the words and the address of its answers.
func answersFor(w *phrases, base, form string, d portalDomain) answerForm {
	return answerForm{base, form, w, d}
}
