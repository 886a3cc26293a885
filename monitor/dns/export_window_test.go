package dns

import "context"

// The bounds of a window, for tests.
const (
	WindowQueries = windowQueries
	WindowChecks  = windowChecks
)

// Window shows the window of a sweep to tests.
type Window struct{ w *window }

// NewWindow gives an empty one.
func NewWindow() Window { return Window{&window{freed: make(chan struct{}, 1)}} }

// Enter waits for room for a domain with n questions.
func (w Window) Enter(ctx context.Context, n int) bool { return w.w.enter(ctx, n) }

// QueryEnded gives back the room of a question.
func (w Window) QueryEnded() { w.w.queryEnded() }

// CheckEnded gives back the room of a domain.
func (w Window) CheckEnded() { w.w.checkEnded() }
