package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// offersCalendar reports whether a client's page offers its dates as a calendar: when staff made a feed for the client. That feed's address
// can't be shown again, so the page gives the dates as a file, by the signed link that the client has.
func (s *Server) offersCalendar(ctx context.Context, clientID int64) bool {
	feeds, err := s.opt.Store.Feeds(ctx, &clientID)
	return err == nil && len(feeds) > 0
}

// portalDates gives a client its dates as a calendar file.
func (s *Server) portalDates(w http.ResponseWriter, r *http.Request) error {
	seen, err := s.openLink(r)
	if err != nil {
		return s.portalFail(w, r, seen, err)
	}
	client := seen.view.Client
	if !s.offersCalendar(r.Context(), client.ID) {
		return s.portalFail(w, r, seen, fmt.Errorf("no calendar is offered: %w", models.ErrNotFound))
	}
	v := models.FeedView{Client: &client}
	for i := range seen.view.Domains {
		if v.More = i >= maxFeedDomains; v.More {
			break
		}
		v.Domains = append(v.Domains, seen.view.Domains[i].Domain)
	}
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="domains.ics"`)
	_, err = strings.NewReader(buildFeed(&v, s.opt.Agency.Name, hostOf(s.opt.BaseURL), seen.dates.dates)).WriteTo(w)
	return err
}
