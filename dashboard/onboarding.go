package dashboard

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// onboardingView is a client's checklist: the records its services need and the access it was asked for.
type onboardingView struct {
	ID       int64
	Client   string
	Services []string
	Since    string
	InPlace  int
	Total    int
	Done     bool
	Domains  []onboardingDomain
	Grants   []onboardingGrant
	Granted  int // of Grants, verified
	Register bool
	AskURL   string // where another access is recorded
}

// onboardingDomain is one domain's part of the checklist.
type onboardingDomain struct {
	Name    nameView
	Key     string // for anchors
	InPlace int
	Total   int
	Asked   string
	Old     bool
	Host    string // the DNS host, with the way through its pages
	Unknown string // name servers that are of no known host
	Cause   *noteView
	Groups  []onboardingGroup
	Ticket  string // all that is to be done in the client's hands; empty: nothing
	Changes int    // in Ticket
}

// onboardingGroup is what one service needs of a domain.
type onboardingGroup struct {
	Service string
	Without string // what stops when its records go
	Why     string // what its records are for, where that is the same for all of them
	Items   []onboardingItem
}

// onboardingItem is one record.
type onboardingItem struct {
	Class, Glyph string // of the checklist
	Type, Host   string
	Expected     []string
	Match        string
	Optional     bool
	Why          string // what it is for, where the group does not say so
	Word         string
	Waits        string // for which look
	Age          string
	Old          bool
	Detail       string
	Cause        string // the finding that explains it, and goes first; then there is no Repair
	Repair       *repairView
}

// onboardingGrant is one access.
type onboardingGrant struct {
	ID           int64
	Class        string
	Glyph        string
	What, Detail string
	Mark         markView
}

// onboardingPage shows what a client still has to do for the agency's services, ready to be sent to whoever keeps its DNS.
func (s *Server) onboardingPage(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoSuchPage
	}
	ov, err := s.opt.Store.Onboarding(r.Context(), id)
	if err != nil {
		return fmt.Errorf("read an onboarding: %w", err)
	}
	v := s.buildOnboarding(&ov, s.dates(s.now()))
	s.render(w, r, http.StatusOK, "onboarding", head{Title: "Onboarding of " + v.Client, Nav: "/clients"}, v)
	return nil
}

// lookAgain makes all domains of a client due now.
func (s *Server) lookAgain(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoSuchPage
	}
	ov, err := s.opt.Store.Onboarding(r.Context(), id)
	if err != nil {
		return fmt.Errorf("read an onboarding: %w", err)
	}
	ids := make([]int64, 0, len(ov.Domains))
	for i := range ov.Domains {
		ids = append(ids, ov.Domains[i].Domain.ID)
	}
	if len(ids) > 0 {
		if err := s.opt.Store.Recheck(r.Context(), ids, s.now()); err != nil {
			return fmt.Errorf("make a client's domains due: %w", err)
		}
	}
	s.flash(r.Context(), plural(len(ids), "domain")+" will be looked at again in the next sweep.")
	redirect(w, r, onboardingURL(ov.Client.ID))
	return nil
}

// onboardingURL is the address of a client's checklist.
func onboardingURL(id int64) string { return "/clients/" + strconv.FormatInt(id, 10) + "/onboarding" }

func (s *Server) buildOnboarding(ov *models.OnboardingView, d dates) onboardingView {
	v := onboardingView{
		ID: ov.Client.ID, Client: visible(ov.Client.Name), Services: serviceWords{s.opt.Services}.names(ov.Client.Services), Since: d.day(ov.Client.CreatedAt),
		Register: s.opt.Access != nil, AskURL: newGrantURL(ov.Client.ID, ""),
	}
	for i := range ov.Domains {
		if len(ov.Domains[i].Records) > 0 {
			v.Domains = append(v.Domains, s.onboardDomain(&ov.Domains[i], d))
		}
	}
	slices.SortStableFunc(v.Domains, func(a, b onboardingDomain) int {
		return cmp.Compare(min(a.Total-a.InPlace, 1), min(b.Total-b.InPlace, 1)) * -1 // those with something to do first
	})
	v.grants(ov.Grants, serviceWords{s.opt.Services}, d)
	v.InPlace, v.Total = v.Granted, len(v.Grants)
	for i := range v.Domains {
		v.InPlace, v.Total = v.InPlace+v.Domains[i].InPlace, v.Total+v.Domains[i].Total
	}
	v.Done = v.Total > 0 && v.InPlace == v.Total
	return v
}

// The classes of a line of the checklist.
const (
	todoDone = "done"
	todoWait = "wait"
	todoOpen = "open"
)

// onboardDomain lays out one domain's records by service, those with something to do first.
func (s *Server) onboardDomain(od *models.OnboardingDomain, d dates) onboardingDomain {
	v := onboardingDomain{
		Name: nameOf(od.Domain.Name), Key: strconv.FormatInt(od.Domain.ID, 10), Total: len(od.Records),
		Asked: "Not asked yet", Old: d.old(od.Domain.DNSCheckedAt),
	}
	if od.Domain.DNSCheckedAt != nil {
		v.Asked = "Asked every name server " + d.age(od.Domain.DNSCheckedAt)
	}
	v.host(od.Delegation)
	words := serviceWords{s.opt.Services}
	var asked []models.Repair
	var tickets []string
	at := map[string]int{}
	for i := range od.Records {
		rec := &od.Records[i]
		item := buildItem(rec, od.Domain.Name, d)
		if cause := causeOf(rec, od.Findings); item.Class == todoDone {
			v.InPlace++
		} else if cause != nil {
			item.Cause = visible(cause.Title)
			v.Cause = &noteView{Kind: "warn", Glyph: "s-7", Strong: sentence(item.Cause), Text: sentence(visible(cause.NextStep))}
		} else if repair, ok := s.howTo(od, rec); ok {
			item.Repair = buildRepair(repair)
			if item.Repair.Where == v.Host {
				item.Repair.Where = "" // said once for all of them
			}
			if repair.Side != models.SideAgency && !slices.ContainsFunc(asked, func(r models.Repair) bool { return sameChange(&r, &repair) }) {
				asked, tickets = append(asked, repair), append(tickets, item.Repair.Ticket)
			}
		}
		n, ok := at[rec.Service]
		if !ok {
			n = len(v.Groups)
			at[rec.Service] = n
			v.Groups = append(v.Groups, onboardingGroup{Service: cmp.Or(words.name(rec.Service), "Other records"), Without: words.breaks(rec.Service)})
		}
		v.Groups[n].Items = append(v.Groups[n].Items, item)
	}
	for i := range v.Groups {
		v.Groups[i].settle()
	}
	slices.SortStableFunc(v.Groups, func(a, b onboardingGroup) int { return compareFold(a.Service, b.Service) })
	v.Ticket, v.Changes = wholeTicket(v.Name.Text, tickets), len(tickets)
	return v
}

// host words whose servers the zone is kept on.
func (v *onboardingDomain) host(del *models.Delegation) {
	if del == nil {
		return
	}
	servers := del.ParentNS
	if len(servers) == 0 {
		servers = del.ChildNS
	}
	if h, ok := catalog.FindDNSHost(servers); ok {
		v.Host = h.Name
		if where := h.Where(); where != "" {
			v.Host += ": " + where
		}
		return
	}
	v.Unknown = strings.Join(visibleAll(servers), ", ")
}

// howTo says how a record that is not right is put right. One that was seen once only is worded as it was seen; one that nobody has looked
// at yet is to be created.
func (s *Server) howTo(od *models.OnboardingDomain, rec *models.ExpectedRecord) (models.Repair, bool) {
	if s.opt.Repair == nil {
		return models.Repair{}, false
	}
	c := models.RepairCase{Domain: od.Domain.Name, Registrar: od.Registrar, Record: *rec, Others: od.Records, Delegation: od.Delegation}
	switch {
	case rec.State.Judged():
	case rec.Pending.Judged():
		c.Record.State = rec.Pending
	case rec.LookedAt == nil:
		c.Record.State = models.RecordMissing
	}
	return s.opt.Repair(c)
}

// causeOf gives the open finding that explains why a record is not right, and without whose end nothing can be done about the record: the
// name lapsed, is on hold or is not delegated, its DNS host is down. After a move, or where somebody could take a target over, the record
// itself is what is to be put right.
func causeOf(rec *models.ExpectedRecord, open []models.Finding) *models.Finding {
	for i := range open {
		f := &open[i]
		if f.Subject != rec.Host+" "+rec.Type && !strings.HasPrefix(f.Subject, rec.Host+" "+rec.Type+" ") {
			continue
		}
		root := rootOf(f, open)
		if root == f.Code || strings.HasSuffix(root, "_changed") || strings.HasPrefix(root, "takeover_") {
			continue
		}
		return &open[slices.IndexFunc(open, func(o models.Finding) bool { return o.Code == root })]
	}
	return nil
}

// buildItem words one record.
func buildItem(rec *models.ExpectedRecord, domain string, d dates) onboardingItem {
	mark := recordMark(rec.State)
	item := onboardingItem{
		Class: todoOpen, Glyph: mark.Glyph, Type: visible(rec.Type), Host: relativeHost(rec.Host, domain), Expected: visibleAll(rec.Values), Match: matchWords(rec.Match),
		Optional: !rec.Essential, Word: mark.Word, Age: "not looked at yet", Old: d.old(rec.LookedAt), Detail: visible(rec.Detail), Why: sentence(visible(rec.Purpose)),
	}
	if rec.LookedAt != nil {
		item.Age = "looked at " + d.age(rec.LookedAt)
	}
	if rec.Pending != "" && rec.Pending != rec.State {
		item.Waits = "seen once as “" + strings.ToLower(recordMark(rec.Pending).Word) + "”"
		if rec.ConfirmAt != nil && rec.ConfirmAt.After(d.now) {
			item.Waits += ", second look after " + d.stamp(*rec.ConfirmAt)
		}
	}
	switch {
	case rec.State.Right():
		item.Class, item.Glyph, item.Detail = todoDone, "s-ok", ""
	case item.Waits != "":
		item.Class, item.Glyph, item.Word = todoWait, "u-clock", "Waits for the second look"
	case !rec.State.Judged():
		item.Class, item.Glyph = todoWait, "u-clock"
	}
	return item
}

// settle puts what is to be done first, and says once what all records of the service are for.
func (g *onboardingGroup) settle() {
	rank := func(i onboardingItem) int { return slices.Index([]string{todoOpen, todoWait, todoDone}, i.Class) }
	slices.SortStableFunc(g.Items, func(a, b onboardingItem) int { return cmp.Compare(rank(a), rank(b)) })
	why := g.Items[0].Why
	if !slices.ContainsFunc(g.Items, func(i onboardingItem) bool { return i.Why != why }) {
		g.Why = why
	}
	for i := range g.Items {
		if g.Items[i].Why == g.Why || g.Items[i].Why == g.Without {
			g.Items[i].Why = ""
		}
	}
	if g.Why == g.Without {
		g.Why = ""
	}
}

// sameChange reports whether two repairs come to one and the same change, as those of two rows that want their part of one SPF record.
func sameChange(a, b *models.Repair) bool {
	return len(a.Enter) > 0 && a.Action == b.Action && reflect.DeepEqual(a.Enter, b.Enter) && reflect.DeepEqual(a.Remove, b.Remove)
}

// wholeTicket joins what is to be done in one zone into one text.
func wholeTicket(domain string, tickets []string) string {
	switch len(tickets) {
	case 0:
		return ""
	case 1:
		return tickets[0]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d changes in the DNS of %s\n", len(tickets), domain)
	for i, t := range tickets {
		fmt.Fprintf(&b, "\n----- %d of %d -----\n%s", i+1, len(tickets), t)
	}
	return b.String()
}

// grants lists the access that is wanted or there. What ended, or is about to, is no part of an onboarding.
func (v *onboardingView) grants(list []models.Grant, words serviceWords, d dates) {
	views := make([]models.GrantView, 0, len(list))
	for _, g := range list {
		views = append(views, models.GrantView{Grant: g})
	}
	for _, i := range newRegister(views, d) {
		if i.ended() || i.State == models.GrantToRevoke {
			continue
		}
		row := accessRowOf(&i, d)
		g := onboardingGrant{ID: row.ID, Class: todoOpen, Glyph: "u-ring", What: row.Platform, Mark: row.Mark}
		if row.Role != "" {
			g.What += ", " + row.Role
		}
		parts := []string{row.Asset, strings.ToLower(row.How)}
		if i.Grant.Purpose != "" {
			parts = append(parts, "for "+words.name(i.Grant.Purpose))
		}
		g.Detail = strings.Join(parts, ", ") + ". " + sentence(row.Seen)
		switch {
		case i.State == models.GrantVerified, i.State == models.GrantReviewDue && i.Grant.VerifiedAt != nil:
			g.Class, g.Glyph = todoDone, "s-ok"
			v.Granted++
		case i.State == models.GrantRequested, i.State == models.GrantGranted:
			g.Class, g.Glyph = todoWait, "u-clock"
		}
		v.Grants = append(v.Grants, g)
	}
}
