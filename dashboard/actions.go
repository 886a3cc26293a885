package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// find opens the page of the domain that was typed, or else searches the board.
func (s *Server) find(w http.ResponseWriter, r *http.Request) error {
	typed := bounded(r.URL.Query().Get("q"), 100)
	if name := asciiName(typed); name != "" {
		_, err := s.opt.Store.WatchedByName(r.Context(), name)
		if err == nil {
			redirect(w, r, domainURL(name))
			return nil
		}
		if !errors.Is(err, models.ErrNotFound) {
			return fmt.Errorf("find a domain: %w", err)
		}
	}
	redirect(w, r, boardForm{Text: typed, Sort: "state", Page: 1}.url())
	return nil
}

// recheckMany makes the selected domains due now.
func (s *Server) recheckMany(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	var ids []int64
	for _, v := range r.PostForm["d"] {
		id, err := strconv.ParseInt(v, 10, 64)
		if err != nil || id <= 0 {
			return errBadForm
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	back := localPath(r.PostForm.Get("back"))
	if len(ids) == 0 {
		s.flash(r.Context(), "No domain was selected; nothing is checked again.")
		redirect(w, r, back)
		return nil
	}
	if err := s.opt.Store.Recheck(r.Context(), ids, s.now()); err != nil {
		return fmt.Errorf("make domains due: %w", err)
	}
	s.flash(r.Context(), plural(len(ids), "domain")+" will be checked again in the next sweep.")
	redirect(w, r, back)
	return nil
}

// recheckOne makes one domain due now.
func (s *Server) recheckOne(w http.ResponseWriter, r *http.Request) error {
	return s.changeDomain(w, r, func(d *models.Domain, now time.Time) (string, error) {
		return "It will be checked again in the next sweep.", s.opt.Store.Recheck(r.Context(), []int64{d.ID}, now)
	})
}

// attest records the expiry date that the client stated.
func (s *Server) attest(w http.ResponseWriter, r *http.Request) error {
	return s.changeDomain(w, r, func(d *models.Domain, now time.Time) (string, error) {
		date, err := attestedDate(r.PostForm.Get("date"), now, s.opt.Agency.Zone)
		if err != nil {
			return "", err
		}
		by := bounded(r.PostForm.Get("by"), 120)
		if by == "" {
			return "", models.Invalid("Stated by", "say who at the client told us")
		}
		return "Recorded: expires " + calendarDay(date) + ", stated by " + visible(by) + ".",
			s.opt.Store.AttestExpiry(r.Context(), models.Attested{DomainID: d.ID, Date: date, By: by + recordedBy(r.Context()), Actor: actor(r.Context()), At: now})
	})
}

// setAutoRenew records what the client said of auto-renew.
func (s *Server) setAutoRenew(w http.ResponseWriter, r *http.Request) error {
	return s.changeDomain(w, r, func(d *models.Domain, now time.Time) (string, error) {
		to := models.AutoRenew(r.PostForm.Get("auto_renew"))
		if to != models.AutoRenewOn && to != models.AutoRenewOff && to != models.AutoRenewUnknown {
			return "", errBadForm
		}
		by := bounded(r.PostForm.Get("by"), 120)
		if by == "" {
			return "", models.Invalid("Stated by", "say who at the client told us")
		}
		return "Recorded: " + autoRenewWords(to) + ", stated by " + visible(by) + ".",
			s.opt.Store.SetAutoRenew(r.Context(), d.ID, to, by+recordedBy(r.Context()), actor(r.Context()), now)
	})
}

// recordedBy says who of ours wrote down what somebody stated.
func recordedBy(ctx context.Context) string { return " (recorded by " + actor(ctx) + ")" }

// changeDomain reads the form and the domain, applies a change and returns to the domain's page with what it came to.
func (s *Server) changeDomain(w http.ResponseWriter, r *http.Request, change func(*models.Domain, time.Time) (string, error)) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	watched, err := s.opt.Store.WatchedByName(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	said, err := change(&watched.Domain, s.now())
	if err != nil {
		return err
	}
	s.flash(r.Context(), said)
	redirect(w, r, domainURL(watched.Domain.Name))
	return nil
}

// attestedDate reads the day a client stated: not before last year, not more than ten years ahead (the longest registration there is).
func attestedDate(s string, now time.Time, loc *time.Location) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, models.Invalid("Expires on", "give a day as year-month-day, e.g. 2027-01-31")
	}
	if n := models.DaysBetween(now, time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, loc), loc); n < -365 || n > 3660 {
		return t, models.Invalid("Expires on", "this day is long past, or too far ahead to be right; look at it again")
	}
	return t, nil
}

// domainURL is the address of a domain's page.
func domainURL(name string) string { return "/domains/" + url.PathEscape(name) }

// noticeMove is a change of one notice by somebody.
type noticeMove = func(ctx context.Context, id int64, by string, now time.Time) error

// holdNotice keeps a notice from going out.
func (s *Server) holdNotice(w http.ResponseWriter, r *http.Request) error {
	return s.moveNotice(w, r, "The notice is held until somebody releases it.", s.opt.Store.HoldNotice)
}

// releaseNotice lets a held notice go.
func (s *Server) releaseNotice(w http.ResponseWriter, r *http.Request) error {
	return s.moveNotice(w, r, "The notice goes out at its time.", s.opt.Store.ReleaseNotice)
}

func (s *Server) moveNotice(w http.ResponseWriter, r *http.Request, said string, move noticeMove) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoSuchPage
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	if err := move(r.Context(), id, actor(r.Context()), s.now()); err != nil {
		return fmt.Errorf("move a notice: %w", err)
	}
	s.flash(r.Context(), said)
	back := "/notices"
	if b := r.PostForm.Get("back"); b != "" {
		back = localPath(b)
	}
	redirect(w, r, back)
	return nil
}
