package dashboard

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// MailHooks takes the requests in which mail services say what became of a message.
type MailHooks interface {
	// Receive checks a request for the service of a name, records what it reports, and gives the HTTP status to answer with. A service
	// repeats what is answered with 500 or above.
	Receive(ctx context.Context, name string, header http.Header, body []byte) (status int)
}

// maxHookBody is the most that a mail service may send at once.
const maxHookBody = 1 << 20

const hookPath = "/hooks/mail/"

// newHookLimiter bounds how often one address may post: what it sends may be forged, and checking it costs.
func newHookLimiter() *limiter { return newLimiter(50*time.Millisecond, 300, 1000) }

// mailHook takes one request of a mail service. It needs no session and no form: the request is known by its signature.
func (s *Server) mailHook(w http.ResponseWriter, r *http.Request) error {
	if s.opt.MailHooks == nil {
		return errNoSuchPage
	}
	if !s.byHook.allow(addressKey(s.opt.ClientAddr(r)), s.now()) {
		w.Header().Set("Retry-After", "60")
		return answerHook(w, http.StatusTooManyRequests)
	}
	body, err := io.ReadAll(r.Body)
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return answerHook(w, http.StatusRequestEntityTooLarge)
	case err != nil:
		return answerHook(w, http.StatusBadRequest)
	}
	return answerHook(w, s.opt.MailHooks.Receive(r.Context(), r.PathValue("name"), r.Header, body))
}

// answerHook says no more than the status: who asks is a program, and perhaps not the one it says.
func answerHook(w http.ResponseWriter, status int) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, err := io.WriteString(w, http.StatusText(status)+"\n") //nolint:gosec // the text is one of the library's own
	return err
}

// bodyLimit is the most that a request may send.
func bodyLimit(r *http.Request) int64 {
	if strings.HasPrefix(r.URL.Path, hookPath) {
		return maxHookBody
	}
	return maxBody
}
