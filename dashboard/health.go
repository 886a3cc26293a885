package dashboard

import (
	"encoding/json"
	"net/http"
	"time"
)

// healthz says that the process answers.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("ok\n"))
	return err
}

// robots keeps crawlers out; every page says so too.
func (s *Server) robots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("User-agent: *\nDisallow: /\n"))
	return err
}

// readiness is the document of /readyz. It names no domain, no client and no error text: anybody may ask.
type readiness struct {
	Ready  bool             `json:"ready"`
	Reason string           `json:"reason,omitempty"` // store_unreadable, not_ready, sweeps_late
	Sweeps []readinessSweep `json:"sweeps"`
}

type readinessSweep struct {
	Name       string     `json:"name"`
	State      string     `json:"state"`
	FinishedAt *time.Time `json:"finished_at"`
}

// readyz says whether each sweep finished in time: 200, or 503 with the reason. A run that met an error finished; the pages show the error.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	doc := readiness{Ready: true, Sweeps: []readinessSweep{}}
	rows, err := s.opt.Store.Sweeps(r.Context())
	if err != nil {
		doc.Ready, doc.Reason = false, "store_unreadable"
		s.opt.Logger.Warn("not ready", "error", err)
	} else {
		for _, st := range judgeSweeps(rows, s.now(), s.started, s.opt.SweepMaxAge) {
			doc.Sweeps = append(doc.Sweeps, readinessSweep{Name: st.Name, State: string(st.Reason), FinishedAt: st.Row.FinishedAt})
			if st.Reason == sweepLate && s.opt.Ready == nil {
				doc.Ready, doc.Reason = false, "sweeps_late"
			}
		}
		if err := s.ready(r.Context()); err != nil {
			doc.Ready, doc.Reason = false, "not_ready"
			s.opt.Logger.Warn("not ready", "error", err)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if !doc.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	return json.NewEncoder(w).Encode(doc)
}
