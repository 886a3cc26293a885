package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Store keeps grants and their history.
type Store interface {
	CreateGrant(ctx context.Context, g models.Grant, e models.GrantEvent, entry models.Entry) (models.Grant, error)
	TransitionGrant(ctx context.Context, g models.Grant, e models.GrantEvent, entry models.Entry) error
	Grant(ctx context.Context, id int64) (models.GrantView, error)
	GrantsReviewDue(ctx context.Context, now time.Time) ([]models.Grant, error)
}

// Register applies the rules to stored grants. It is safe for concurrent use: a transition that meets a newer row is a models.ErrConflict.
type Register struct {
	store Store
	now   func() time.Time
}

// NewRegister returns a register over a store.
func NewRegister(store Store, now func() time.Time) *Register { return &Register{store, now} }

// Record writes a new grant down.
func (r *Register) Record(ctx context.Context, d Draft, actor string) (models.Grant, error) {
	g, e, err := New(d, actor, r.now())
	if err != nil {
		return models.Grant{}, err
	}
	entry, err := ledgerEntry(g, e)
	if err != nil {
		return models.Grant{}, fmt.Errorf("record a grant: %w", err)
	}
	g, err = r.store.CreateGrant(ctx, g, e, entry)
	if err != nil {
		return models.Grant{}, fmt.Errorf("record a grant: %w", err)
	}
	return g, nil
}

// AnyVersion takes a step with whichever version of a grant is stored.
const AnyVersion = -1

// Move takes one step with a stored grant. The version is the one the person saw, or AnyVersion.
func (r *Register) Move(ctx context.Context, id int64, version int, s Step, actor string) error {
	view, err := r.store.Grant(ctx, id)
	if err != nil {
		return fmt.Errorf("grant %d: %w", id, err)
	}
	if version != AnyVersion && version != view.Grant.Version {
		return fmt.Errorf("grant %d was changed meanwhile: %w", id, models.ErrConflict)
	}
	g, e, err := Apply(view.Grant, s, actor, r.now())
	if err != nil {
		return err
	}
	entry, err := ledgerEntry(g, e)
	if err != nil {
		return fmt.Errorf("grant %d: %w", id, err)
	}
	if err := r.store.TransitionGrant(ctx, g, e, entry); err != nil {
		return fmt.Errorf("grant %d: %w", id, err)
	}
	return nil
}

// SweepReviews marks every grant whose review date has come, and says how many. A grant that changed meanwhile is left to the next sweep.
func (r *Register) SweepReviews(ctx context.Context) (int, error) {
	due, err := r.store.GrantsReviewDue(ctx, r.now())
	if err != nil {
		return 0, fmt.Errorf("grants due for review: %w", err)
	}
	marked := 0
	for _, g := range due {
		err := r.Move(ctx, g.ID, g.Version, Step{Action: ActionReviewDue}, "system")
		switch {
		case err == nil:
			marked++
		case !errors.Is(err, models.ErrConflict):
			return marked, err
		}
	}
	return marked, nil
}
