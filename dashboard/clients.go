package dashboard

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// clientsView lists every client.
type clientsView struct{ Rows []clientRow }

// clientRow is one client.
type clientRow struct {
	ID       int64
	Name     string
	Services []string
	Since    string
}

// clientsPage lists the clients.
func (s *Server) clientsPage(w http.ResponseWriter, r *http.Request) error {
	list, err := s.opt.Store.Clients(r.Context())
	if err != nil {
		return fmt.Errorf("read the clients: %w", err)
	}
	d := s.dates(s.now())
	var v clientsView
	for _, c := range list {
		v.Rows = append(v.Rows, clientRow{ID: c.ID, Name: visible(c.Name), Services: serviceWords{s.opt.Services}.names(c.Services), Since: d.day(c.CreatedAt)})
	}
	s.render(w, r, http.StatusOK, "clients", head{Title: "Clients", Nav: "/clients"}, v)
	return nil
}

// clientView is one client.
type clientView struct {
	ID       int64
	URL      string // of the checklist
	Name     string
	Services []string
	Since    string
	Zone     string
	Domains  []rowView
	Summary  string
	Contacts []contactRow
	Grants   []grantRow
	Held     string // since when nothing goes out to it, and why; empty: it is written to
	Calls    []callRow
	Tasks    []taskRow
}

// contactRow is a person at the client.
type contactRow struct {
	ID                       int64 // 0: what was personal has been erased
	Name, Role, Email, Phone string
	Bad                      string // why nobody writes there
	Since                    string // since when
	Language, Zone           string
}

// grantRow is a delegated access.
type grantRow struct {
	ID                                int64
	Asked                             bool // for, and not given yet
	Platform, Asset, Role, How, Holds string
	Mark                              markView
	Review                            *whenView
}

// clientPage shows one client: domains, people, delegated access.
func (s *Server) clientPage(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoSuchPage
	}
	cv, err := s.opt.Store.ClientView(r.Context(), id)
	if err != nil {
		return fmt.Errorf("read a client: %w", err)
	}
	now := s.now()
	o, err := s.opt.Store.ClientOutreach(r.Context(), id, now)
	if err != nil {
		return fmt.Errorf("read the outreach to a client: %w", err)
	}
	d := s.dates(now)
	v := buildClient(&cv, serviceWords{s.opt.Services}, d)
	v.Tasks, v.Calls = taskRows(o.Tasks, models.DayOf(now, d.loc), d), callRows(o.Calls, o.Contacts, d)
	if at := o.Client.HeldAt; at != nil {
		v.Held = "since " + d.stamp(*at) + ": " + visible(o.Client.HeldWhy)
	}
	s.render(w, r, http.StatusOK, "client", head{Title: v.Name, Nav: "/clients"}, v)
	return nil
}

func buildClient(cv *models.ClientView, words serviceWords, d dates) clientView {
	v := clientView{
		ID: cv.Client.ID, URL: onboardingURL(cv.Client.ID), Name: visible(cv.Client.Name), Services: words.names(cv.Client.Services), Since: d.day(cv.Client.CreatedAt), Zone: cv.Client.TimeZone,
		Contacts: contactRows(cv.Contacts, d), Grants: grantRows(cv.Grants, d),
	}
	order := map[models.Band]int{}
	for i, b := range models.Bands() {
		order[b] = i
	}
	rows := make([]models.BoardRow, 0, len(cv.Domains))
	lapsed := 0
	for _, dom := range cv.Domains {
		if dom.ArchivedAt != nil {
			continue
		}
		band := models.BandOf(&dom, d.now, d.loc)
		if band.Group() == models.GroupLapsed {
			lapsed++
		}
		rows = append(rows, models.BoardRow{Domain: dom, ClientName: cv.Client.Name, Band: band})
	}
	slices.SortStableFunc(rows, func(a, b models.BoardRow) int {
		return cmp.Or(cmp.Compare(order[a.Band], order[b.Band]), cmp.Compare(a.Domain.Name, b.Domain.Name))
	})
	for i := range rows {
		v.Domains = append(v.Domains, buildRow(&rows[i], d))
	}
	v.Summary = plural(len(rows), "domain")
	if lapsed > 0 {
		v.Summary += fmt.Sprintf(", %d lapsed", lapsed)
	}
	return v
}

func contactRows(list []models.Contact, d dates) []contactRow {
	var rows []contactRow
	for i := range list {
		c := &list[i]
		row := contactRow{
			ID: c.ID, Name: visible(c.Name), Role: roleWords(c.Role), Email: visible(c.Email), Phone: visible(c.Phone), Bad: contactTrouble(c),
			Language: visible(c.Language), Zone: visible(c.TimeZone),
		}
		if c.ErasedAt != nil {
			row.ID, row.Email = 0, "erased"
		}
		for _, at := range []*time.Time{c.ErasedAt, c.OptedOutAt, c.EmailStateAt} {
			if row.Bad != "" && row.Since == "" && at != nil {
				row.Since = "since " + d.day(*at)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func grantRows(list []models.Grant, d dates) []grantRow {
	var rows []grantRow
	for _, g := range list {
		rows = append(rows, grantRow{
			ID: g.ID, Asked: g.State == models.GrantRequested, Platform: platformWords(g.Platform), Asset: visible(g.Asset), Role: visible(g.Role), How: methodWords(g.Method),
			Holds: visible(g.Holder), Mark: grantMark(g.State), Review: d.when(g.ReviewDue),
		})
	}
	return rows
}

func visibleAll(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, visible(s))
	}
	return out
}
