package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// outreachView says how one client is written to and spoken with.
type outreachView struct {
	ID           int64
	URL          string
	Client       string
	Held         string // since when, by whom; empty: it is written to
	HeldWhy      string
	Waiting      int
	Links        int
	People       []contactRow
	Suppressions []suppressionRow
	Proposals    []proposalRow
	Tasks        []taskRow
	Calls        []callRow
	Call         callForm
	Stages       []option
	Own          bool // the client has settings of its own
	OwnStages    bool
	Deputy       string
	Hours        string
	Agency       models.NoticeRules
	Standing     int // accesses that stand, for the statement
	Forecast     string
}

// suppressionRow is an address that is not written to.
type suppressionRow struct {
	ID      int64
	Address string
	Why     string
	Since   string
	Detail  string
}

// proposalRow is a person whom a contact named in its own place.
type proposalRow struct {
	ID          int64
	Name, Email string
	Phone       string
	By          string
	Domain      *nameView
	When        string
	Known       bool
	Roles       []option
	Former      []option
}

// contactRoles is the order in which roles are offered.
var contactRoles = []models.ContactRole{models.RoleOwner, models.RoleBilling, models.RoleTechnical, models.RoleDeputy}

// ladderStages are the stages that a client can have of its own, the earliest first.
var ladderStages = []models.Stage{
	models.StageD60, models.StageD30, models.StageD14, models.StageD7, models.StageD3, models.StageD1, models.StageD0, models.StageP1, models.StageP4,
	models.StageRedemption, models.StagePendingDelete,
}

// outreachPage shows how one client is written to.
func (s *Server) outreachPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	ctx, now := r.Context(), s.now()
	o, err := s.opt.Store.ClientOutreach(ctx, id, now)
	if err != nil {
		return fmt.Errorf("read the outreach to a client: %w", err)
	}
	proposals, err := s.opt.Store.Proposals(ctx, id)
	if err != nil {
		return fmt.Errorf("read the proposals of a client: %w", err)
	}
	var rules models.NoticeRules
	if s.opt.Outlook != nil {
		rules = s.opt.Outlook.Rules(nil)
	}
	v := buildOutreach(&o, proposals, rules, s.dates(now))
	if s.opt.Outlook != nil {
		v.Forecast = forecastURL(forecastSpan, "day", id, 1)
	}
	if s.opt.Access != nil {
		if v.Standing, err = s.standing(ctx, id); err != nil {
			return err
		}
	}
	s.render(w, r, http.StatusOK, "outreach", head{Title: v.Client + ": notices and contacts", Nav: "/clients"}, v)
	return nil
}

// standing counts the accesses that a client's statement tells of.
func (s *Server) standing(ctx context.Context, clientID int64) (int, error) {
	views, err := s.opt.Access.Grants(ctx, models.GrantQuery{ClientID: clientID})
	if err != nil {
		return 0, fmt.Errorf("read the access of a client: %w", err)
	}
	n := 0
	for i := range views {
		if g := &views[i].Grant; g.ClientID == clientID && stands(g.State) {
			n++
		}
	}
	return n, nil
}

// stands reports whether an access exists, or may.
func stands(s models.GrantState) bool {
	return s != models.GrantRequested && s != models.GrantDeclined && s != models.GrantRevoked
}

func buildOutreach(o *models.ClientOutreach, proposals []models.ProposalView, rules models.NoticeRules, d dates) outreachView {
	c := &o.Client
	v := outreachView{
		ID: c.ID, URL: clientURL(c.ID), Client: visible(c.Name), Waiting: o.Waiting, Links: o.Links, People: contactRows(o.Contacts, d), Agency: rules,
		Tasks: taskRows(o.Tasks, models.DayOf(d.now, d.loc), d), Calls: callRows(o.Calls, o.Contacts, d),
		Call: callFormOf(clientURL(c.ID)+"/call", o.Contacts, nil, false),
	}
	if c.HeldAt != nil {
		v.Held, v.HeldWhy = d.stamp(*c.HeldAt)+", by "+visible(c.HeldBy), visible(c.HeldWhy)
	}
	set := c.Notices
	v.OwnStages = len(set.Stages) > 0
	v.Own = v.OwnStages || set.DeputyFrom != nil || set.AnswerHours != nil
	inUse := set.Stages
	if !v.OwnStages {
		inUse = rules.Stages
	}
	for _, st := range ladderStages {
		v.Stages = append(v.Stages, option{Value: string(st), Text: stageWords(st), Selected: slices.Contains(inUse, st)})
	}
	if set.DeputyFrom != nil {
		v.Deputy = strconv.Itoa(*set.DeputyFrom)
	}
	if set.AnswerHours != nil {
		v.Hours = strconv.Itoa(*set.AnswerHours)
	}
	for i := range o.Suppressions {
		sup := &o.Suppressions[i]
		v.Suppressions = append(v.Suppressions, suppressionRow{
			ID: sup.ID, Address: visible(sup.Address), Why: suppressedWords(sup.Reason), Since: d.stamp(sup.At), Detail: visible(sup.Detail),
		})
	}
	for i := range proposals {
		v.Proposals = append(v.Proposals, buildProposal(&proposals[i], d))
	}
	return v
}

func buildProposal(pv *models.ProposalView, d dates) proposalRow {
	p := &pv.Proposal
	row := proposalRow{
		ID: p.ID, Name: visible(p.Name), Email: visible(p.Email), Phone: visible(p.Phone), By: visible(pv.ContactName), When: d.stamp(p.At), Known: pv.Known != nil,
		Former: []option{{Text: "Leave as it is"}},
	}
	if pv.DomainName != "" {
		n := nameOf(pv.DomainName)
		row.Domain = &n
	}
	picked := models.RoleOwner
	if pv.Known != nil {
		picked = pv.Known.Role
	}
	for _, role := range contactRoles {
		row.Roles = append(row.Roles, option{Value: string(role), Text: roleWords(role), Selected: role == picked})
		row.Former = append(row.Former, option{Value: string(role), Text: roleWords(role)})
	}
	return row
}

func suppressedWords(r models.SuppressionReason) string {
	switch r {
	case models.SuppressedBounced:
		return "Mail came back"
	case models.SuppressedComplaint:
		return "The recipient called our mail unwanted"
	case models.SuppressedOptedOut:
		return "Asked not to be written to"
	case models.SuppressedByHand:
		return "Taken off by us"
	}
	return visible(string(r))
}

func clientURL(id int64) string { return "/clients/" + strconv.FormatInt(id, 10) }

func pathID(r *http.Request, name string) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0, errNoSuchPage
	}
	return id, nil
}

// changeClient reads a form about a client, applies it and returns to the page on its notices with what it came to.
func (s *Server) changeClient(w http.ResponseWriter, r *http.Request, change func(id int64, by string, now time.Time) (string, error)) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	said, err := change(id, actor(r.Context()), s.now())
	if err != nil {
		return err
	}
	s.flash(r.Context(), said)
	redirect(w, r, clientURL(id)+"/notices")
	return nil
}

// setClientNotices gives a client a ladder and times of its own, or takes them away.
func (s *Server) setClientNotices(w http.ResponseWriter, r *http.Request) error {
	return s.changeClient(w, r, func(id int64, by string, now time.Time) (string, error) {
		var to models.NoticeSettings
		said := "The agency’s rules hold for this client again."
		if r.PostForm.Get("reset") == "" {
			var err error
			if to, err = noticeSettings(r); err != nil {
				return "", err
			}
			said = "Saved. The next planning goes by it."
		}
		if err := s.opt.Store.SetNoticeSettings(r.Context(), id, to, by, now); err != nil {
			return "", fmt.Errorf("set the notices of a client: %w", err)
		}
		return said, nil
	})
}

// noticeSettings reads a client's own rules. The agency's stages, chosen as they are, are no rule of its own unless it is said so.
func noticeSettings(r *http.Request) (models.NoticeSettings, error) {
	var to models.NoticeSettings
	if r.PostForm.Get("ladder") == "own" {
		for _, st := range ladderStages {
			if slices.Contains(r.PostForm["stage"], string(st)) {
				to.Stages = append(to.Stages, st)
			}
		}
		if !slices.ContainsFunc(to.Stages, func(st models.Stage) bool { return st != models.StageRedemption && st != models.StagePendingDelete }) {
			return to, models.Invalid("Stages", "choose at least one day; to write nothing at all, hold the client’s notices")
		}
	}
	var err error
	if to.DeputyFrom, err = optionalNumber("Deputy from", r.PostForm.Get("deputy_from"), 0, 60); err != nil {
		return to, err
	}
	to.AnswerHours, err = optionalNumber("Hours to answer", r.PostForm.Get("answer_hours"), 1, 720)
	return to, err
}

// optionalNumber reads a number within bounds; nothing: nil.
func optionalNumber(name, text string, least, most int) (*int, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil //nolint:nilnil // nothing was chosen
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return nil, models.Invalid(name, "give a number from %d to %d, or leave it empty", least, most)
	}
	return &n, nil
}

// holdClient lets nothing go out to a client.
func (s *Server) holdClient(w http.ResponseWriter, r *http.Request) error {
	return s.changeClient(w, r, func(id int64, by string, now time.Time) (string, error) {
		why, err := plainField("Why", r.PostForm.Get("why"), 300)
		if err != nil {
			return "", err
		}
		if why == "" {
			return "", models.Invalid("Why", "say why nothing is to go out; whoever comes next wants to know")
		}
		if err := s.opt.Store.HoldClient(r.Context(), id, why, by, now); err != nil {
			return "", fmt.Errorf("hold a client: %w", err)
		}
		return "Nothing goes out to this client until somebody releases it.", nil
	})
}

// releaseClient lets notices go out to a client again.
func (s *Server) releaseClient(w http.ResponseWriter, r *http.Request) error {
	return s.changeClient(w, r, func(id int64, by string, now time.Time) (string, error) {
		if err := s.opt.Store.ReleaseClient(r.Context(), id, by, now); err != nil {
			return "", fmt.Errorf("release a client: %w", err)
		}
		return "Notices go out to this client again. Of what is due, only the most urgent is sent.", nil
	})
}

// logClientCall keeps a call that no task asked for.
func (s *Server) logClientCall(w http.ResponseWriter, r *http.Request) error {
	return s.changeClient(w, r, func(id int64, _ string, now time.Time) (string, error) {
		c, err := callOf(r, id, now)
		if err != nil {
			return "", err
		}
		if _, err := s.opt.Store.LogCall(r.Context(), c, false); err != nil {
			return "", fmt.Errorf("log a call: %w", err)
		}
		return "The call is noted.", nil
	})
}

// revokeLinks makes the signed links of a client's contacts of no use.
func (s *Server) revokeLinks(w http.ResponseWriter, r *http.Request) error {
	return s.changeClient(w, r, func(id int64, by string, now time.Time) (string, error) {
		why, err := plainField("Why", r.PostForm.Get("why"), 300)
		if err != nil {
			return "", err
		}
		if why == "" {
			return "", models.Invalid("Why", "say why the links are to end; they are in messages that people have")
		}
		n, err := s.opt.Store.RevokeLinks(r.Context(), id, why, by, now)
		if err != nil {
			return "", fmt.Errorf("revoke links: %w", err)
		}
		return plural(n, "link") + " of this client open nothing any more. The next message brings a new one.", nil
	})
}

// liftSuppression lets an address be written to again.
func (s *Server) liftSuppression(w http.ResponseWriter, r *http.Request) error {
	return s.changeClient(w, r, func(id int64, by string, now time.Time) (string, error) {
		sup, err := pathID(r, "sup")
		if err != nil {
			return "", err
		}
		o, err := s.opt.Store.ClientOutreach(r.Context(), id, now)
		if err != nil {
			return "", fmt.Errorf("read the outreach to a client: %w", err)
		}
		if !slices.ContainsFunc(o.Suppressions, func(x models.Suppression) bool { return x.ID == sup }) {
			return "", fmt.Errorf("lift a suppression: %w", models.ErrConflict)
		}
		if err := s.opt.Store.LiftSuppression(r.Context(), sup, by, now); err != nil {
			return "", fmt.Errorf("lift a suppression: %w", err)
		}
		return "The address is written to again.", nil
	})
}

// decideProposal accepts or refuses whom a contact named.
func (s *Server) decideProposal(w http.ResponseWriter, r *http.Request) error {
	return s.changeClient(w, r, func(id int64, by string, now time.Time) (string, error) {
		proposal, err := pathID(r, "proposal")
		if err != nil {
			return "", err
		}
		open, err := s.opt.Store.Proposals(r.Context(), id)
		if err != nil {
			return "", fmt.Errorf("read the proposals of a client: %w", err)
		}
		if !slices.ContainsFunc(open, func(p models.ProposalView) bool { return p.Proposal.ID == proposal }) {
			return "", fmt.Errorf("decide on a proposal: %w", models.ErrConflict)
		}
		if r.PostForm.Get("do") == "refuse" {
			why, err := plainField("Why", r.PostForm.Get("why"), 300)
			if err != nil {
				return "", err
			}
			return "Refused. Nobody new is written to.", s.opt.Store.RefuseProposal(r.Context(), proposal, why, by, now)
		}
		contact, err := s.opt.Store.AcceptProposal(r.Context(), models.ProposalDecision{
			ID: proposal, Role: models.ContactRole(r.PostForm.Get("role")), Email: bounded(r.PostForm.Get("email"), 254),
			Former: models.ContactRole(r.PostForm.Get("former")), By: by, At: now,
		})
		if err != nil {
			return "", fmt.Errorf("accept a proposal: %w", err)
		}
		return visible(cmp.Or(contact.Name, contact.Email)) + " is a contact now, as " + strings.ToLower(roleWords(contact.Role)) + ".", nil
	})
}

// askForAccess queues the question for an access that was recorded as asked for.
func (s *Server) askForAccess(w http.ResponseWriter, r *http.Request) error {
	return s.changeClient(w, r, func(id int64, by string, now time.Time) (string, error) {
		grant, err := pathID(r, "grant")
		if err != nil {
			return "", err
		}
		day := models.DayOf(now, s.opt.Agency.Zone).Format(time.DateOnly)
		if err := s.opt.Store.QueueAccess(r.Context(), models.StageAccessRequest, id, grant, day, by, now); err != nil {
			return "", fmt.Errorf("ask for access: %w", err)
		}
		return "The client is asked for it in the next sending window.", nil
	})
}

// sendAccessStatement queues the statement of what the client has delegated.
func (s *Server) sendAccessStatement(w http.ResponseWriter, r *http.Request) error {
	return s.changeClient(w, r, func(id int64, by string, now time.Time) (string, error) {
		day := models.DayOf(now, s.opt.Agency.Zone).Format(time.DateOnly)
		if err := s.opt.Store.QueueAccess(r.Context(), models.StageAccessReview, id, 0, day, by, now); err != nil {
			return "", fmt.Errorf("send an access statement: %w", err)
		}
		return "The statement goes out in the next sending window.", nil
	})
}
