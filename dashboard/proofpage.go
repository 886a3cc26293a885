package dashboard

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// proofRoutes are the proof of what a client was told. The words of messages that an earlier version sent carry the client's signed link,
// so not everybody who may look at domains may read them.
func (s *Server) proofRoutes() []route {
	return []route{
		{"GET /clients/{id}/proof", models.UserOps, s.proofPage},
		{"GET /clients/{id}/proof.json", models.UserOps, s.proofFile},
	}
}

// proofPage shows, to be printed, what the ledger holds of one client.
func (s *Server) proofPage(w http.ResponseWriter, r *http.Request) error {
	q, err := s.proofQuery(r)
	if err != nil {
		return err
	}
	e := s.proofExport()
	v, err := e.view(r.Context(), q)
	if err != nil {
		return err
	}
	v.Period, v.From, v.To = e.period(q), r.URL.Query().Get("from"), r.URL.Query().Get("to")
	v.File = fmt.Sprintf("/clients/%d/proof.json?%s", v.ID, url.Values{"from": {v.From}, "to": {v.To}}.Encode())
	s.render(w, r, http.StatusOK, "proof", head{Title: "Proof: " + v.Client, Nav: "/clients"}, v)
	return nil
}

// proofFile hands the same out as a file.
func (s *Server) proofFile(w http.ResponseWriter, r *http.Request) error {
	q, err := s.proofQuery(r)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("deedwatch-proof-%d-%s.json", q.ClientID, s.now().In(s.opt.Agency.Zone).Format(time.DateOnly))
	return s.download(w, r, name, func(out *bufio.Writer) error { return s.proofExport().JSON(r.Context(), q, out) })
}

func (s *Server) proofExport() ProofExport {
	return ProofExport{Store: s.opt.Store, Now: s.now(), Zone: s.opt.Agency.Zone, ZoneName: s.opt.Agency.ZoneName, Agency: s.opt.Agency.Name}
}

// proofQuery reads the client and the days that are asked for, both included.
func (s *Server) proofQuery(r *http.Request) (models.ProofQuery, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return models.ProofQuery{}, errNoSuchPage
	}
	q := models.ProofQuery{ClientID: id}
	days := r.URL.Query()
	if q.From, err = ProofDay("From", days.Get("from"), 0, s.opt.Agency.Zone); err != nil {
		return q, err
	}
	q.Until, err = ProofDay("To", days.Get("to"), 1, s.opt.Agency.Zone)
	return q, err
}

// ProofDay gives the midnight in a zone at which a calendar day begins, or so many days later; nil: no day is named.
func ProofDay(field, day string, later int, zone *time.Location) (*time.Time, error) {
	if day == "" {
		return nil, nil //nolint:nilnil // no day
	}
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return nil, models.Invalid(field, "give a day as year-month-day, e.g. 2026-11-22")
	}
	return new(t.AddDate(0, 0, later)), nil
}
