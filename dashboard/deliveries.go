package dashboard

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Deliveries answers the pages on what is told to ops and other programs.
type Deliveries interface {
	Deliveries(ctx context.Context, q models.DispatchQuery) (models.DispatchPage, error)
	Delivery(ctx context.Context, id int64) (models.DispatchView, error)
	// ReplayDispatch is models.ErrConflict while the dispatch is on its way, and of a digest.
	ReplayDispatch(ctx context.Context, id int64, now time.Time) error
	ReplayFailed(ctx context.Context, target string, since, now time.Time) (n int, err error)
	SwitchTarget(ctx context.Context, t models.DispatchTarget, now time.Time) error
}

// deliveryRoutes are the pages of the delivery log.
func (s *Server) deliveryRoutes() []route {
	if s.opt.Deliveries == nil {
		return nil
	}
	return []route{
		{"GET /ops/deliveries", models.UserViewer, s.deliveriesPage},
		{"GET /ops/deliveries/{id}", models.UserViewer, s.deliveryPage},
		{"POST /ops/deliveries/{id}/replay", models.UserOps, s.replayDelivery},
		{"POST /ops/deliveries/replay", models.UserOps, s.replayFailed},
		{"POST /ops/targets/on", models.UserOps, s.switchTargetOn},
	}
}

// deliveriesPer is how many deliveries a page shows, and deliveryDays for how many days what failed can be sent again by one form.
const (
	deliveriesPer = 50
	deliveryDays  = 30
)

// deliveryStates are the states that the log can be narrowed to.
var deliveryStates = []models.DispatchState{models.DispatchFailed, models.DispatchWaiting, models.DispatchSending, models.DispatchSent}

// deliveriesPage lists what was told, the latest first.
func (s *Server) deliveriesPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page, err := strconv.Atoi(q.Get("page"))
	if err != nil || page < 1 || page > 100_000 {
		page = 1
	}
	ask := models.DispatchQuery{
		Target: bounded(q.Get("target"), 320), State: models.DispatchState(bounded(q.Get("state"), 20)), Kind: bounded(q.Get("kind"), 60), Page: page, Per: deliveriesPer,
	}
	p, err := s.opt.Deliveries.Deliveries(r.Context(), ask)
	if err != nil {
		return err
	}
	s.render(w, r, http.StatusOK, "deliveries", head{Title: "Deliveries", Nav: "/notices"}, buildDeliveries(&p, ask, s.dates(s.now())))
	return nil
}

// deliveryPage shows one delivery with its tries.
func (s *Server) deliveryPage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.deliveryOf(r)
	if err != nil {
		return err
	}
	s.render(w, r, http.StatusOK, "delivery", head{Title: "Delivery", Nav: "/notices"}, buildDelivery(&v, s.dates(s.now())))
	return nil
}

func (s *Server) deliveryOf(r *http.Request) (models.DispatchView, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return models.DispatchView{}, errNoSuchPage
	}
	return s.opt.Deliveries.Delivery(r.Context(), id)
}

// replayDelivery lets one be sent again.
func (s *Server) replayDelivery(w http.ResponseWriter, r *http.Request) error {
	v, err := s.deliveryOf(r)
	if err != nil {
		return err
	}
	if err := s.opt.Deliveries.ReplayDispatch(r.Context(), v.Dispatch.ID, s.now()); err != nil {
		return err
	}
	s.flash(r.Context(), "It is sent again with the next sweep, under the same ID.")
	redirect(w, r, "/ops/deliveries/"+strconv.FormatInt(v.Dispatch.ID, 10))
	return nil
}

// replayFailed lets all that failed at a target since a day be sent again.
func (s *Server) replayFailed(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	now, target := s.now(), bounded(r.PostForm.Get("target"), 320)
	since, err := time.ParseInLocation(time.DateOnly, r.PostForm.Get("since"), s.opt.Agency.Zone)
	switch {
	case target == "":
		return models.Invalid("Target", "choose one")
	case err != nil || since.After(now) || since.Before(now.AddDate(0, 0, -deliveryDays-1)):
		return models.Invalid("Since", "give a day of the last %d days", deliveryDays)
	}
	n, err := s.opt.Deliveries.ReplayFailed(r.Context(), target, since, now)
	if err != nil {
		return err
	}
	said := plural(n, "delivery") + " that failed is sent again."
	if n != 1 {
		said = thousands(n) + " deliveries that failed are sent again."
	}
	s.flash(r.Context(), said)
	redirect(w, r, deliveriesURL(models.DispatchQuery{Target: target}))
	return nil
}

// switchTargetOn lets a target that was switched off be told again.
func (s *Server) switchTargetOn(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	target := bounded(r.PostForm.Get("target"), 320)
	if target == "" {
		return models.Invalid("Target", "choose one")
	}
	if err := s.opt.Deliveries.SwitchTarget(r.Context(), models.DispatchTarget{Name: target, By: actor(r.Context())}, s.now()); err != nil {
		return err
	}
	s.flash(r.Context(), visible(target)+" is told again, from what waits on.")
	redirect(w, r, deliveriesURL(models.DispatchQuery{Target: target}))
	return nil
}

// deliveriesURL is the address of a page of the log.
func deliveriesURL(q models.DispatchQuery) string {
	values := url.Values{}
	for name, value := range map[string]string{"target": q.Target, "state": string(q.State), "kind": q.Kind} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if q.Page > 1 {
		values.Set("page", strconv.Itoa(q.Page))
	}
	return strings.TrimSuffix("/ops/deliveries?"+values.Encode(), "?")
}
