package dashboard

import (
	"context"
	"net/mail"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Outlook says what goes out in the next days and how it reads.
type Outlook interface {
	// Forecast says what goes out in so many days, today included, if nothing changes.
	Forecast(ctx context.Context, days int) (models.Forecast, error)
	// ForecastClient says it of one client, much faster.
	ForecastClient(ctx context.Context, clientID int64, days int) (models.Forecast, error)
	// Preview gives a foreseen message as it will read on its day, or models.ErrNotFound when it is not foreseen any more.
	Preview(ctx context.Context, key models.LetterKey) (models.Preview, error)
	// Hold keeps a notice of a foreseen message from going out.
	Hold(ctx context.Context, key models.LetterKey, domainID int64, stage models.Stage, by string) (models.Notice, error)
	// SendTest hands a foreseen message over to an address of our own, marked as a test, and gives how that ended.
	SendTest(ctx context.Context, key models.LetterKey, to mail.Address, by string) (outcome models.Delivery, reply string, err error)
	// Ladder gives the stages of a domain by its client's settings.
	Ladder(d *models.Domain, c *models.Client) []models.LadderStep
	// Rules gives the policy: the agency's for nil, or with a client's own settings.
	Rules(c *models.Client) models.NoticeRules
}

// OutgoingStore answers and changes what goes out.
type OutgoingStore interface {
	// Notice gives one notice with all around it, or models.ErrNotFound.
	Notice(ctx context.Context, id int64) (models.NoticePage, error)
	// CapOverflow gives the notices that wait because their address has its messages for the day.
	CapOverflow(ctx context.Context) ([]models.NoticeView, error)
	// WaitingForBrake gives what the storm brake keeps back of all that would go out by an instant, and counts it; limit 0 only counts.
	WaitingForBrake(ctx context.Context, until time.Time, limit int) (views []models.NoticeView, total int, err error)
	// QueueRetraction owes a message's recipient the word that it was wrong; models.ErrConflict when it was not sent or is taken back already.
	QueueRetraction(ctx context.Context, mailID int64, by string, now time.Time) error
}

// TaskStore keeps the tasks and the calls. models.ErrConflict: the task is not open any more.
type TaskStore interface {
	Tasks(ctx context.Context, q models.TaskQuery) (models.TaskList, error)
	Task(ctx context.Context, id int64) (models.TaskPage, error)
	PlanTask(ctx context.Context, t models.TaskPlan) error
	FinishTask(ctx context.Context, id int64, by string, now time.Time) error
	// LogCall keeps a call, and closes its task when that is done with it.
	LogCall(ctx context.Context, c models.Call, done bool) (models.Call, error)
}

// OutreachStore says how clients are written to, and changes it.
type OutreachStore interface {
	ClientOutreach(ctx context.Context, id int64, now time.Time) (models.ClientOutreach, error)
	SetNoticeSettings(ctx context.Context, clientID int64, to models.NoticeSettings, by string, now time.Time) error
	HoldClient(ctx context.Context, id int64, why, by string, now time.Time) error
	ReleaseClient(ctx context.Context, id int64, by string, now time.Time) error
	// AddContact and CorrectContact give models.ErrConflict when another contact of the client has the address.
	AddContact(ctx context.Context, c models.Contact, by string, now time.Time) (models.Contact, error)
	CorrectContact(ctx context.Context, c models.Contact, by string, now time.Time) error
	// Suppress keeps an address from being written to, whoever has it.
	Suppress(ctx context.Context, sup models.Suppression) error
	LiftSuppression(ctx context.Context, id int64, by string, now time.Time) error
	// QueueAccess owes a client the question for an access, or the statement of what it delegated.
	QueueAccess(ctx context.Context, stage models.Stage, clientID, grantID int64, day, by string, now time.Time) error
	// RevokeLinks makes the client's links of no use, and says how many worked until then.
	RevokeLinks(ctx context.Context, clientID int64, why, by string, now time.Time) (int, error)
	// Proposals gives whom the client named and nobody has decided on.
	Proposals(ctx context.Context, clientID int64) ([]models.ProposalView, error)
	AcceptProposal(ctx context.Context, d models.ProposalDecision) (models.Contact, error)
	RefuseProposal(ctx context.Context, id int64, why, by string, now time.Time) error
}

// outgoingRoutes are the pages on what goes out and what is to be done by us.
func (s *Server) outgoingRoutes() []route {
	all := []route{
		{"GET /notices", models.UserViewer, s.noticesPage},
		{"GET /notices/{id}", models.UserViewer, s.noticePage},
		{"POST /notices/{id}/hold", models.UserOps, s.holdNotice},
		{"POST /notices/{id}/release", models.UserOps, s.releaseNotice},
		{"GET /notices/{id}/take-back", models.UserOps, s.takeBackPage},
		{"POST /notices/{id}/take-back", models.UserOps, s.takeBack},
		{"GET /brake", models.UserViewer, s.brakePage},
		{"POST /brake/release", models.UserOps, s.releaseBrake},

		{"GET /tasks", models.UserViewer, s.tasksPage},
		{"GET /tasks/{id}", models.UserViewer, s.taskPage},
		{"POST /tasks/{id}/plan", models.UserOps, s.planTask},
		{"POST /tasks/{id}/done", models.UserOps, s.finishTask},
		{"POST /tasks/{id}/call", models.UserOps, s.logTaskCall},

		{"GET /clients/{id}/notices", models.UserViewer, s.outreachPage},
		{"POST /clients/{id}/notices", models.UserOps, s.setClientNotices},
		{"POST /clients/{id}/hold", models.UserOps, s.holdClient},
		{"POST /clients/{id}/release", models.UserOps, s.releaseClient},
		{"POST /clients/{id}/call", models.UserOps, s.logClientCall},
		{"POST /clients/{id}/links/revoke", models.UserOps, s.revokeLinks},
		{"POST /clients/{id}/access-statement", models.UserOnboarding, s.sendAccessStatement},
		{"POST /clients/{id}/access/{grant}/ask", models.UserOnboarding, s.askForAccess},
		{"POST /clients/{id}/suppressions/{sup}/lift", models.UserOps, s.liftSuppression},
		{"POST /clients/{id}/proposals/{proposal}", models.UserOnboarding, s.decideProposal},
		{"GET /clients/{id}/contacts/{contact}", models.UserOnboarding, s.contactPage},
		{"POST /clients/{id}/contacts/{contact}", models.UserOnboarding, s.saveContact},
		{"POST /clients/{id}/contacts/{contact}/suppress", models.UserOps, s.suppressContact},
	}
	if s.opt.Outlook == nil {
		return all
	}
	return append(all,
		route{"GET /notices/forecast", models.UserViewer, s.forecastPage},
		route{"POST /notices/forecast/hold", models.UserOps, s.holdForeseen},
		route{"GET /notices/preview", models.UserViewer, s.previewPage},
		route{"GET /notices/preview/mail.html", models.UserViewer, s.previewMail},
		route{"POST /notices/preview/test", models.UserOps, s.sendTest},
	)
}
