package dashboard

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// observationView is a stored look with its raw evidence.
type observationView struct {
	ID       int64
	Mark     markView
	Kind     string
	Server   string
	At       string
	Took     string
	Detail   string
	Kept     string // how much, of what kind
	Cut      bool
	Hash     string
	Worker   string
	Evidence string
}

// observationPage shows what a server answered, byte for byte, as text. The answer is hostile until shown otherwise: it is escaped, what
// can't be seen is made visible, and the page is put into a sandbox on top: no script, no form, no window of its own. (It stays on its own
// origin, or the stylesheet would not load.)
func (s *Server) observationPage(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoSuchPage
	}
	o, err := s.opt.Store.Observation(r.Context(), id)
	if err != nil {
		return fmt.Errorf("read an observation: %w", err)
	}
	w.Header().Add("Content-Security-Policy", "sandbox allow-same-origin")
	s.renderBare(w, r, http.StatusOK, "observation", "Evidence "+strconv.FormatInt(id, 10), buildObservation(&o, s.dates(s.now())))
	return nil
}

func buildObservation(o *models.Observation, d dates) observationView {
	v := observationView{
		ID: o.ID, Mark: lookMark(o.Kind, o.Outcome), Kind: lookWords(o.Kind), Server: visible(o.Server), At: d.moment(o.At),
		Took: took(o.TookMicros), Detail: visible(o.Detail), Cut: o.Truncated, Hash: o.EvidenceHash, Worker: visible(o.Worker),
		Kept: plural(len(o.Evidence), "byte"), Evidence: visible(string(o.Evidence)),
	}
	if o.ContentType != "" {
		v.Kept += ", " + visible(o.ContentType)
	}
	return v
}

// took words how long a look took.
func took(micros int64) string {
	return (time.Duration(micros) * time.Microsecond).Round(time.Millisecond).String()
}
