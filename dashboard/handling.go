package dashboard

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
)

// maxRest is for how many days a finding may rest at most: what nobody looks at for a quarter is not handled.
const maxRest = 90

// restFinding hides a finding from Today until a day, or shows it again. It comes back by itself on that day, and when it gets worse.
func (s *Server) restFinding(w http.ResponseWriter, r *http.Request) error {
	return s.changeFinding(w, r, func(f *models.Finding, now time.Time) (string, error) {
		if r.PostForm.Get("again") != "" {
			return "It is shown on Today again.", s.opt.Store.SnoozeFinding(r.Context(), f.ID, now, actor(r.Context()))
		}
		until, err := restUntil(r.PostForm.Get("until"), now, s.opt.Agency.Zone)
		if err != nil {
			return "", err
		}
		said := "It rests until " + until.Format("2 Jan 2006") + ", or until it gets worse."
		return said, s.opt.Store.SnoozeFinding(r.Context(), f.ID, until, actor(r.Context()))
	})
}

// assignFinding names who takes care of a finding.
func (s *Server) assignFinding(w http.ResponseWriter, r *http.Request) error {
	return s.changeFinding(w, r, func(f *models.Finding, _ time.Time) (string, error) {
		who := bounded(r.PostForm.Get("who"), 120)
		if r.PostForm.Get("me") != "" {
			who = actor(r.Context())
		}
		if what := access.SecretIn(who); what != "" {
			return "", models.Invalid("Taken care of by", "this looks like %s, so it was not kept; give a name or an address", what)
		}
		said := "Nobody takes care of it now."
		if who != "" {
			said = visible(who) + " takes care of it."
		}
		return said, s.opt.Store.AssignFinding(r.Context(), f.ID, who)
	})
}

// changeFinding finds the open finding that the address names among those of its domain, and applies a change.
func (s *Server) changeFinding(w http.ResponseWriter, r *http.Request, change func(*models.Finding, time.Time) (string, error)) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoSuchPage
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	watched, err := s.opt.Store.WatchedByName(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	open := openFindings(watched.Findings)
	i := slices.IndexFunc(open, func(f models.Finding) bool { return f.ID == id })
	if i < 0 {
		return errFindingGone
	}
	said, err := change(&open[i], s.now())
	if err != nil {
		return err
	}
	s.flash(r.Context(), said)
	redirect(w, r, domainURL(watched.Domain.Name)+"#fin")
	return nil
}

// errFindingGone answers a form about a finding that is not open, or not of this domain.
var errFindingGone = &failure{
	Status: http.StatusConflict, Title: "This finding is not open any more",
	Text: "It was resolved in the meantime, or belongs to another domain. Nothing was changed. Look at the domain\u2019s page again.",
}

// restUntil reads the day up to which a finding rests: tomorrow at the earliest, maxRest days ahead at most. It is the beginning of that day.
func restUntil(s string, now time.Time, loc *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, loc)
	if err != nil {
		return t, models.Invalid("Rest until", "give a day as year-month-day, e.g. 2027-01-31")
	}
	if n := models.DaysBetween(now, t, loc); n < 1 || n > maxRest {
		return t, models.Invalid("Rest until", "give a day from tomorrow on, %d days ahead at most", maxRest)
	}
	return t, nil
}

// archiveView asks whether the watch over a domain is to end.
type archiveView struct {
	Name     nameView
	URL      string
	Client   string
	ClientID int64
	Pill     pillView
	When     *whenView
	Owed     bool // a cycle is open, with notices that may wait
	Records  int
}

// archivePage repeats the name and the consequence before a watch ends.
func (s *Server) archivePage(w http.ResponseWriter, r *http.Request) error {
	watched, err := s.opt.Store.WatchedByName(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	dom, d := &watched.Domain, s.dates(s.now())
	if dom.ArchivedAt != nil {
		return errArchived
	}
	v := archiveView{
		Name: nameOf(dom.Name), URL: domainURL(dom.Name), Client: visible(watched.Client.Name), ClientID: dom.ClientID,
		Pill: pillOf(models.BandOf(dom, d.now, d.loc)), When: d.when(dom.ExpiresAt), Owed: watched.Cycle != nil, Records: len(watched.Records),
	}
	s.render(w, r, http.StatusOK, "archive", head{Title: "End the watch over " + v.Name.Text, Nav: "/domains"}, v)
	return nil
}

// archive ends the watch over a domain.
func (s *Server) archive(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	watched, err := s.opt.Store.WatchedByName(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	switch {
	case watched.Domain.ArchivedAt != nil:
		return errArchived
	case r.PostForm.Get("confirmed") != "yes":
		return errBadForm
	}
	if err := s.opt.Store.ArchiveDomain(r.Context(), watched.Domain.ID, actor(r.Context()), s.now()); err != nil {
		return fmt.Errorf("end a watch: %w", err)
	}
	s.flash(r.Context(), nameOf(watched.Domain.Name).Text+" is not watched any more.")
	redirect(w, r, "/clients/"+strconv.FormatInt(watched.Domain.ClientID, 10))
	return nil
}

// errArchived answers a form about a domain whose watch has ended.
var errArchived = &failure{
	Status: http.StatusConflict, Title: "This name is not watched any more",
	Text: "Somebody ended the watch over it. Nothing was changed. Importing it again starts a new one.",
}
