package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// failure is a page that says what went wrong, that nothing is lost, and what to do.
type failure struct {
	Status    int
	Title     string
	Text      string
	Reference string // of the log line; empty when the asker can mend it alone
	Retry     bool
	Back      string // the page whose form was refused; empty: not known
}

// Error lets a failure travel as an error.
func (f *failure) Error() string { return f.Title }

// The failures that need nothing of the moment.
var (
	errNoSuchPage = &failure{
		Status: http.StatusNotFound, Title: "There is no such page",
		Text: "The address may be mistyped, or what it named is no longer there.",
	}
	errCrossOrigin = &failure{
		Status: http.StatusForbidden, Title: "This form was not sent from our own page",
		Text: "Nothing was changed. Open the page again and send it from there. Over plain http this works on this machine’s own address only; elsewhere use https.",
	}
	errForbidden = &failure{
		Status: http.StatusForbidden, Title: "Your role does not allow this",
		Text: "Nothing was changed. Ask an administrator if you need it.",
	}
	errBadForm = &failure{
		Status: http.StatusBadRequest, Title: "The form could not be read",
		Text: "Nothing was changed. Go back, and send it again.",
	}
)

// fail words an error as a page: a failure says it itself, the store's few conditions are told apart, all else is ours and logged.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var f *failure
	var invalid *models.InvalidError
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		s.failPage(w, r, *f)
	case errors.As(err, &tooBig):
		s.failPage(w, r, failure{Status: http.StatusRequestEntityTooLarge, Title: "The form is too big", Text: "Nothing was changed."})
	case errors.As(err, &invalid):
		s.failPage(w, r, failure{Status: http.StatusBadRequest, Title: "This can’t be accepted", Text: sentence(invalid.Field + ": " + invalid.Msg)})
	case errors.Is(err, models.ErrNotFound):
		s.failPage(w, r, *errNoSuchPage)
	case errors.Is(err, models.ErrConflict):
		s.failPage(w, r, failure{
			Status: http.StatusConflict, Title: "It changed in the meantime",
			Text: "Somebody else, or a check, was faster. Nothing was changed by you. Look at the page again, then decide.", Retry: true,
		})
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		// nobody is there to read an answer
	default:
		ref := newReference()
		s.opt.Logger.Error("a request failed", "reference", ref, "route", routeOf(r), "error", err)
		s.failPage(w, r, failure{
			Status: http.StatusServiceUnavailable, Title: "This could not be read or written",
			Text: "Nothing is lost and the workers keep checking.", Reference: ref, Retry: true,
		})
	}
}

// failPage shows a failure: inside the frame when somebody is signed in, else on a bare page.
func (s *Server) failPage(w http.ResponseWriter, r *http.Request, f failure) {
	f.Retry = f.Retry && r.Method == http.MethodGet
	f.Back = cameFrom(r)
	if userOf(r.Context()) == nil {
		s.renderBare(w, r, f.Status, "failure", f.Title, f)
		return
	}
	s.render(w, r, f.Status, "failure", head{Title: f.Title}, f)
}

// cameFrom is the page of ours from which a form was sent; empty when the browser does not say.
func cameFrom(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if r.Method != http.MethodPost || err != nil || from.Host != r.Host || !strings.HasPrefix(from.Path, "/") || strings.HasPrefix(from.Path, "//") {
		return ""
	}
	return from.RequestURI()
}

// routeOf is the pattern a request matched.
func routeOf(r *http.Request) string {
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
		return v.pattern
	}
	return ""
}
