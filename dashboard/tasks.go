package dashboard

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
)

// maxTasks is how many tasks the page lists.
const maxTasks = 300

// tasksView lists the open tasks.
type tasksView struct {
	Say   string
	Views []navItem
	Rows  []taskRow
	More  int
	Empty bool // no task is open at all
}

// taskRow is one open task.
type taskRow struct {
	ID       int64
	What     string
	Name     *nameView
	Client   string
	ClientID int64
	Contact  string
	Phone    string
	Assignee string
	Note     string
	Wanted   *whenView
	Overdue  bool
	Age      string
	Calls    string
	Mark     markView
}

// tasksPage lists open tasks, the overdue first.
func (s *Server) tasksPage(w http.ResponseWriter, r *http.Request) error {
	now := s.now()
	d := s.dates(now)
	show := r.URL.Query().Get("show")
	q := models.TaskQuery{Now: now, Today: models.DayOf(now, d.loc), Limit: maxTasks}
	switch show {
	case "mine":
		q.Assignee = actor(r.Context())
	case "nobody":
		q.Nobody = true
	case "overdue":
		q.Overdue = true
	default:
		show = ""
	}
	list, err := s.opt.Store.Tasks(r.Context(), q)
	if err != nil {
		return fmt.Errorf("read the tasks: %w", err)
	}
	v := tasksView{Say: tasksWords(&list), Empty: list.Total == 0, More: list.Match - len(list.Rows), Rows: taskRows(list.Rows, q.Today, d)}
	for _, view := range []struct{ key, text string }{{"", "All open"}, {"overdue", "Overdue"}, {"mine", "Mine"}, {"nobody", "Nobody’s"}} {
		item := navItem{Text: view.text, URL: "/tasks", Current: view.key == show}
		if view.key != "" {
			item.URL += "?show=" + view.key
		}
		v.Views = append(v.Views, item)
	}
	s.render(w, r, http.StatusOK, "tasks", head{Title: "Tasks", Nav: "/tasks"}, v)
	return nil
}

func tasksWords(l *models.TaskList) string {
	text := plural(l.Total, "task")
	if l.Total == 0 {
		return "No task is open."
	}
	text += " " + map[bool]string{true: "is", false: "are"}[l.Total == 1] + " open"
	if l.Overdue > 0 {
		text += ", " + thousands(l.Overdue) + " overdue"
	}
	return text + "."
}

func taskRows(list []models.TaskView, today time.Time, d dates) []taskRow {
	var rows []taskRow
	for i := range list {
		rows = append(rows, buildTask(&list[i], today, d))
	}
	return rows
}

func buildTask(t *models.TaskView, today time.Time, d dates) taskRow {
	n := &t.Notice
	row := taskRow{
		ID: n.ID, What: taskWords(n.Stage), Client: visible(t.Client.Name), ClientID: n.ClientID, Assignee: visible(n.Assignee), Note: visible(n.Note),
		Wanted: d.when(n.WantedBy), Age: waiting(max(d.now.Sub(n.DueAt), 0)), Mark: markView{"wait", "u-ring", "Open"},
	}
	if n.WantedBy != nil && n.WantedBy.Before(today) {
		row.Overdue, row.Mark = true, markView{"bad", "s-7", "Overdue"}
	}
	if n.State != models.NoticeQueued {
		row.Overdue, row.Mark = false, noticeMark(n.State)
	}
	if t.Domain != nil {
		name := nameOf(t.Domain.Name)
		row.Name = &name
	}
	if c := t.Contact; c != nil {
		row.Contact, row.Phone = visible(orAddress(c)), visible(c.Phone)
	}
	if len(t.Calls) > 0 {
		last := &t.Calls[0]
		row.Calls = plural(len(t.Calls), "call") + ", last " + d.stamp(last.At) + ": " + strings.ToLower(callMark(last.Outcome).Word)
	}
	return row
}

// taskWords says what a task asks for.
func taskWords(s models.Stage) string {
	if slices.Contains(ladderStages, s) {
		return stageWords(s) + " mark: ask whether it will be renewed"
	}
	return stageWords(s)
}

// callMark words how a call ended.
func callMark(o models.CallOutcome) markView {
	switch o {
	case models.CallReached:
		return markView{"ok", "u-phone", "Reached"}
	case models.CallMessageLeft:
		return markView{"part", "u-phone", "Left a message"}
	case models.CallNoAnswer:
		return markView{"wait", "u-phone", "No answer"}
	case models.CallWrongNumber:
		return markView{"bad", "u-phone", "Wrong number"}
	}
	return markView{"unk", "s-unk", visible(string(o))}
}

// callOutcomes is the order in which the ends of a call are offered.
var callOutcomes = []models.CallOutcome{models.CallReached, models.CallMessageLeft, models.CallNoAnswer, models.CallWrongNumber}

// taskPageView is one task with its forms.
type taskPageView struct {
	Row      taskRow
	Open     bool
	Reason   string
	Closed   string
	Pill     *pillView
	Expires  *whenView
	People   []contactRow
	Assignee string // as stored
	Note     string
	Wanted   string // for the date field
	Today    string
	Me       string
	Call     callForm
	Calls    []callRow
}

// callForm is the form that logs a call.
type callForm struct {
	Action   string
	Contacts []option
	Outcomes []option
	MayClose bool
}

// callRow is one call.
type callRow struct {
	ISO, When string
	Mark      markView
	Who       string
	Note      string
	By        string
	TaskID    int64
}

// taskPage shows one task, whom to call, and the forms.
func (s *Server) taskPage(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoSuchPage
	}
	p, err := s.opt.Store.Task(r.Context(), id)
	if err != nil {
		return fmt.Errorf("read a task: %w", err)
	}
	v := buildTaskPage(&p, s.dates(s.now()))
	v.Me = actor(r.Context())
	s.render(w, r, http.StatusOK, "task", head{Title: v.Row.What, Nav: "/tasks"}, v)
	return nil
}

func buildTaskPage(p *models.TaskPage, d dates) taskPageView {
	n := &p.Task.Notice
	v := taskPageView{
		Row: buildTask(&p.Task, models.DayOf(d.now, d.loc), d), Open: n.State == models.NoticeQueued, Reason: plainReason(n.Reason), People: contactRows(p.Contacts, d),
		Assignee: visible(n.Assignee), Note: visible(n.Note), Today: d.at(d.now).Format(time.DateOnly), Calls: callRows(p.Calls, p.Contacts, d),
		Call: callFormOf(fmt.Sprintf("/tasks/%d/call", n.ID), p.Contacts, n.ContactID, true),
	}
	if n.WantedBy != nil {
		v.Wanted = n.WantedBy.UTC().Format(time.DateOnly)
	}
	if n.State == models.NoticeDone {
		v.Closed = "Done, says " + visible(n.ClosedBy) + ", " + d.stamp(n.UpdatedAt)
	}
	if dom := p.Task.Domain; dom != nil {
		pill := pillOf(models.BandOf(dom, d.now, d.loc))
		v.Pill, v.Expires = &pill, d.when(dom.ExpiresAt)
	}
	return v
}

func callFormOf(action string, contacts []models.Contact, picked *int64, mayClose bool) callForm {
	f := callForm{Action: action, MayClose: mayClose}
	for i := range contacts {
		c := &contacts[i]
		if c.ErasedAt != nil {
			continue
		}
		text := visible(orAddress(c)) + ", " + strings.ToLower(roleWords(c.Role))
		if c.Phone != "" {
			text += ", " + visible(c.Phone)
		}
		f.Contacts = append(f.Contacts, option{Value: strconv.FormatInt(c.ID, 10), Text: text, Selected: picked != nil && *picked == c.ID})
	}
	for _, o := range callOutcomes {
		f.Outcomes = append(f.Outcomes, option{Value: string(o), Text: callMark(o).Word})
	}
	return f
}

func callRows(calls []models.Call, contacts []models.Contact, d dates) []callRow {
	var rows []callRow
	for i := range calls {
		c := &calls[i]
		row := callRow{ISO: d.iso(c.At), When: d.stamp(c.At), Mark: callMark(c.Outcome), Note: visible(c.Note), By: visible(c.By)}
		if c.NoticeID != nil {
			row.TaskID = *c.NoticeID
		}
		if c.ContactID != nil {
			if j := slices.IndexFunc(contacts, func(p models.Contact) bool { return p.ID == *c.ContactID }); j >= 0 {
				row.Who = visible(orAddress(&contacts[j]))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// changeTask reads a form about a task, applies it and returns to the task's page with what it came to.
func (s *Server) changeTask(w http.ResponseWriter, r *http.Request, change func(id int64, now time.Time) (string, error)) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoSuchPage
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	said, err := change(id, s.now())
	if err != nil {
		return err
	}
	s.flash(r.Context(), said)
	redirect(w, r, "/tasks/"+strconv.FormatInt(id, 10))
	return nil
}

// planTask says who sees to a task, until when, and what there is to know.
func (s *Server) planTask(w http.ResponseWriter, r *http.Request) error {
	return s.changeTask(w, r, func(id int64, now time.Time) (string, error) {
		t := models.TaskPlan{ID: id, By: actor(r.Context()), At: now}
		var err error
		if t.Assignee, err = plainField("Taken care of by", r.PostForm.Get("assignee"), 120); err != nil {
			return "", err
		}
		if r.PostForm.Get("me") != "" {
			t.Assignee = actor(r.Context())
		}
		if t.Note, err = plainField("Note", r.PostForm.Get("note"), 1000); err != nil {
			return "", err
		}
		if t.WantedBy, err = wantedDay(r.PostForm.Get("wanted_by"), now, s.opt.Agency.Zone); err != nil {
			return "", err
		}
		if err := s.opt.Store.PlanTask(r.Context(), t); err != nil {
			return "", fmt.Errorf("plan a task: %w", err)
		}
		return cmp.Or(visible(t.Assignee), "Nobody") + " takes care of it.", nil
	})
}

// plainField reads a text that people write, bounded and without a secret in it.
func plainField(name, text string, most int) (string, error) {
	text = bounded(text, most)
	if what := access.SecretIn(text); what != "" {
		return "", models.Invalid(name, "this looks like %s, so it was not kept; write it without", what)
	}
	return text, nil
}

// wantedDay reads the day until which something should be done: within a year. Nothing: no day.
func wantedDay(text string, now time.Time, loc *time.Location) (*time.Time, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no day
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return nil, models.Invalid("Until", "give a day as year-month-day, e.g. 2027-01-31")
	}
	if n := t.Sub(models.DayOf(now, loc)); n < 0 || n > 366*24*time.Hour {
		return nil, models.Invalid("Until", "give a day from today on, within a year")
	}
	return &t, nil
}

// finishTask closes a task.
func (s *Server) finishTask(w http.ResponseWriter, r *http.Request) error {
	return s.changeTask(w, r, func(id int64, now time.Time) (string, error) {
		if err := s.opt.Store.FinishTask(r.Context(), id, actor(r.Context()), now); err != nil {
			return "", fmt.Errorf("finish a task: %w", err)
		}
		return "Done.", nil
	})
}

// logTaskCall keeps a call that was made for a task.
func (s *Server) logTaskCall(w http.ResponseWriter, r *http.Request) error {
	return s.changeTask(w, r, func(id int64, now time.Time) (string, error) {
		p, err := s.opt.Store.Task(r.Context(), id)
		if err != nil {
			return "", fmt.Errorf("read a task: %w", err)
		}
		c, err := callOf(r, p.Task.Notice.ClientID, now)
		if err != nil {
			return "", err
		}
		c.NoticeID = &id
		done := r.PostForm.Get("done") != ""
		if _, err := s.opt.Store.LogCall(r.Context(), c, done); err != nil {
			return "", fmt.Errorf("log a call: %w", err)
		}
		if done {
			return "The call is noted, and the task is done.", nil
		}
		return "The call is noted. The task stays open.", nil
	})
}

// callOf reads the form that logs a call.
func callOf(r *http.Request, clientID int64, now time.Time) (models.Call, error) {
	c := models.Call{ClientID: clientID, Outcome: models.CallOutcome(r.PostForm.Get("outcome")), By: actor(r.Context()), At: now}
	if !c.Outcome.Valid() {
		return c, models.Invalid("How it ended", "choose one of the four")
	}
	var err error
	if c.Note, err = plainField("Note", r.PostForm.Get("note"), 1000); err != nil {
		return c, err
	}
	if v := r.PostForm.Get("contact"); v != "" {
		id, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return c, errBadForm
		}
		c.ContactID = &id
	}
	return c, nil
}
