package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// brakeLines is how many notices the page on the storm brake lists.
const brakeLines = 100

// brakeAhead is how far ahead of now the brake's page looks for what it keeps back: the rest of the day.
const brakeAhead = 24 * time.Hour

// brakePageView is the storm brake with what it keeps back.
type brakePageView struct {
	On     bool
	Since  string
	Age    string
	Reason string
	Total  int
	Rows   []noticeRow
	More   int
}

// brakePage shows why mail to clients is held, what waits, and the form that lets it go.
func (s *Server) brakePage(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), s.now()
	brake, err := s.opt.Store.ActiveBrake(ctx)
	if err != nil {
		return fmt.Errorf("read the brake: %w", err)
	}
	v := brakePageView{On: brake != nil}
	if brake != nil {
		d := s.dates(now)
		v.Since, v.Age, v.Reason = d.stamp(brake.PulledAt), d.age(&brake.PulledAt), visible(brake.Reason)
		list, total, err := s.opt.Store.WaitingForBrake(ctx, now.Add(brakeAhead), brakeLines)
		if err != nil {
			return fmt.Errorf("read what the brake holds: %w", err)
		}
		v.Rows = noticeRows(list, d)
		v.Total, v.More = total, total-len(list)
	}
	s.render(w, r, http.StatusOK, "brake", head{Title: "Mail to clients is held", Nav: "/notices"}, v)
	return nil
}

// releaseBrake lets mail to clients go again, once somebody has looked at what waits and said so.
func (s *Server) releaseBrake(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	if r.PostForm.Get("confirmed") != "yes" {
		redirect(w, r, "/brake")
		return nil
	}
	if err := s.opt.Store.ReleaseBrake(r.Context(), actor(r.Context()), s.now()); err != nil {
		return fmt.Errorf("release the brake: %w", err)
	}
	s.flash(r.Context(), "Mail to clients goes out again. Each name is looked at once more right before.")
	redirect(w, r, "/notices")
	return nil
}

// brakeWords tells on every page that client mail is held, and how much of it.
func (s *Server) brakeWords(ctx context.Context, brake *models.Brake, d dates) *brakeView {
	v := &brakeView{Since: d.stamp(brake.PulledAt), Reason: visible(brake.Reason), MayRelease: may(ctx, models.UserOps), Held: "What would go out waits."}
	if _, n, err := s.opt.Store.WaitingForBrake(ctx, d.now.Add(brakeAhead), 0); err == nil {
		v.Held = plural(n, "notice") + " that would go out within a day " + waitWord(n) + "."
	}
	return v
}

func waitWord(n int) string {
	if n == 1 {
		return "waits"
	}
	return "wait"
}
