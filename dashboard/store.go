package dashboard

import (
	"context"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
)

// Store is what the pages ask and tell. Each part is what one group of pages needs.
type Store interface {
	BoardStore
	DomainStore
	ClientStore
	NoticeStore
	OutgoingStore
	TaskStore
	OutreachStore
	UserStore
	PortalStore
	ProofStore
	FeedStore
	EraseStore
	SystemStore
}

// BoardStore answers Today and the expiry board.
type BoardStore interface {
	BoardReader
	Today(ctx context.Context, now time.Time, loc *time.Location) (models.TodayView, error)
	Board(ctx context.Context, q models.BoardQuery) (models.Board, error)
	Recheck(ctx context.Context, domainIDs []int64, now time.Time) error
}

// DomainStore answers one domain's page.
type DomainStore interface {
	DomainView(ctx context.Context, name string) (models.DomainView, error)
	WatchedByName(ctx context.Context, name string) (models.Watched, error)
	// NoticesOf gives all notices of a domain, the latest first; a domain's view has those of its last expiries only.
	NoticesOf(ctx context.Context, domainID int64) ([]models.NoticeView, error)
	Observation(ctx context.Context, id int64) (models.Observation, error)
	AttestExpiry(ctx context.Context, a models.Attested) error
	SetAutoRenew(ctx context.Context, domainID int64, to models.AutoRenew, by, actor string, now time.Time) error
	// SnoozeFinding lets a finding rest until an instant, or until it worsens.
	SnoozeFinding(ctx context.Context, id int64, until time.Time, by string) error
	// AssignFinding names who takes care of a finding; empty: nobody.
	AssignFinding(ctx context.Context, id int64, who string) error
	ArchiveDomain(ctx context.Context, id int64, by string, now time.Time) error
}

// ClientStore answers the clients' pages.
type ClientStore interface {
	Clients(ctx context.Context) ([]models.Client, error)
	ClientView(ctx context.Context, id int64) (models.ClientView, error)
	Onboarding(ctx context.Context, clientID int64) (models.OnboardingView, error)
}

// NoticeStore answers the notices page.
type NoticeStore interface {
	QueuedNotices(ctx context.Context, limit int) ([]models.NoticeView, error)
	// ReturnedNotices gives those whose message was refused or came back, as far as that still says something.
	ReturnedNotices(ctx context.Context, now time.Time, limit int) ([]models.NoticeView, error)
	HoldNotice(ctx context.Context, id int64, by string, now time.Time) error
	ReleaseNotice(ctx context.Context, id int64, by string, now time.Time) error
}

// UserStore keeps the accounts of staff. A name that is not there is models.ErrNotFound.
type UserStore interface {
	CountUsers(ctx context.Context) (int, error)
	UserByEmail(ctx context.Context, email string) (models.User, error)
	UserByID(ctx context.Context, id int64) (models.User, error)
	TouchLogin(ctx context.Context, id int64, now time.Time) error
	CreateSetupToken(ctx context.Context, t models.SetupToken) error
	// SetupToken gives the token with that hash, or models.ErrNotFound when it is used or expired.
	SetupToken(ctx context.Context, hash string, now time.Time) (models.SetupToken, error)
	// UseSetupToken creates the user and spends the token in one transaction.
	UseSetupToken(ctx context.Context, hash string, u models.User, now time.Time) (models.User, error)
}

// PortalStore answers the client's pages.
type PortalStore interface {
	// Portal gives what the link's contact may see, or models.ErrNotFound when the link is revoked or gone.
	Portal(ctx context.Context, linkID int64, now time.Time, loc *time.Location) (models.PortalView, error)
	TouchLink(ctx context.Context, id int64, now time.Time) error
	// Unsubscribing gives what the page behind a List-Unsubscribe header shows, or models.ErrNotFound.
	Unsubscribing(ctx context.Context, linkID int64) (models.Unsubscribing, error)
	OptOut(ctx context.Context, linkID int64, now time.Time) (models.Contact, error)
	// OptIn takes OptOut back; models.ErrConflict when the address is not written to for another reason.
	OptIn(ctx context.Context, linkID int64, now time.Time) error
}

// SystemStore says how the machinery fares.
type SystemStore interface {
	Sweeps(ctx context.Context) ([]models.Sweep, error)
	ActiveBrake(ctx context.Context) (*models.Brake, error)
	ReleaseBrake(ctx context.Context, by string, now time.Time) error
}

// Answers records what a client says. models.ErrInvalid with a field of the reply means that the client can mend it; models.ErrNotFound and
// models.ErrConflict mean that the domain, or its open cycle, is not there any more.
type Answers interface {
	Record(ctx context.Context, linkID int64, reply models.Reply, now time.Time) error
	// Withdraw takes the answer in force back.
	Withdraw(ctx context.Context, linkID int64, domain string, now time.Time) error
	// Attest records when a domain expires whose registry publishes no date.
	Attest(ctx context.Context, linkID int64, domain string, date, now time.Time) error
}

// Access answers the pages of the access register: the questions come from the store, Record and Move from an *access.Register over the
// same store. A struct that embeds both is one.
type Access interface {
	Grants(ctx context.Context, q models.GrantQuery) ([]models.GrantView, error)
	// Grant gives one, or models.ErrNotFound.
	Grant(ctx context.Context, id int64) (models.GrantView, error)
	// GrantEvents gives the history of a grant, the first line first.
	GrantEvents(ctx context.Context, id int64) ([]models.GrantEvent, error)
	// Record writes a new grant down. What can't be accepted is access.FieldErrors, which never repeat what was entered.
	Record(ctx context.Context, d access.Draft, actor string) (models.Grant, error)
	// Move takes one step. models.ErrConflict: the grant changed since the version that was seen, or the step is not possible now.
	Move(ctx context.Context, id int64, version int, s access.Step, actor string) error
}
