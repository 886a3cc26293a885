package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// openTask narrows a question on notices to open tasks.
func openTask(q *gorm.DB) *gorm.DB {
	return q.Where("notices.channel = ? AND notices.state = ?", models.ChannelTask, models.NoticeQueued)
}

// Tasks gives the open tasks that a query asks for, the overdue first, and how many there are.
func (s *Store) Tasks(ctx context.Context, q models.TaskQuery) (list models.TaskList, err error) {
	err = s.read(ctx, "tasks", func(tx *gorm.DB) error {
		list, err = tasksIn(tx, q)
		return err
	})
	return list, err
}

func tasksIn(tx *gorm.DB, q models.TaskQuery) (list models.TaskList, err error) {
	count := func(scopes ...func(*gorm.DB) *gorm.DB) (int, error) {
		var n int64
		err := tx.Model(&models.Notice{}).Scopes(openTask).Scopes(scopes...).Count(&n).Error
		return int(n), err
	}
	overdue := func(m *gorm.DB) *gorm.DB { return m.Where("notices.wanted_by < ?", q.Today) }
	asked := func(m *gorm.DB) *gorm.DB {
		if q.ClientID != 0 {
			m = m.Where("notices.client_id = ?", q.ClientID)
		}
		if q.Assignee != "" || q.Nobody {
			m = m.Where("notices.assignee = ?", q.Assignee)
		}
		if q.Overdue {
			m = overdue(m)
		}
		return m
	}
	if list.Total, err = count(); err != nil {
		return list, err
	}
	if list.Overdue, err = count(overdue); err != nil {
		return list, err
	}
	if list.Match, err = count(asked); err != nil || q.Limit == 0 {
		return list, err
	}
	var notices []models.Notice
	err = tx.Scopes(openTask, asked).Order("COALESCE(notices.wanted_by, notices.due_at), notices.due_at, notices.id").Limit(q.Limit).Find(&notices).Error
	if err != nil {
		return list, err
	}
	list.Rows, err = taskViews(tx, notices)
	return list, err
}

// taskViews puts tasks beside their client, their domain, whom they are about and the calls made for them.
func taskViews(tx *gorm.DB, notices []models.Notice) ([]models.TaskView, error) {
	clients, err := where[models.Client](tx, "id", pick(notices, func(n *models.Notice) int64 { return n.ClientID }), "id")
	if err != nil {
		return nil, err
	}
	contacts, err := where[models.Contact](tx, "id", contactIDs(notices), "id")
	if err != nil {
		return nil, err
	}
	domains, err := where[models.Domain](tx, "id", domainIDs(notices), "id")
	if err != nil {
		return nil, err
	}
	calls, err := where[models.Call](tx, "notice_id", pick(notices, func(n *models.Notice) int64 { return n.ID }), "id DESC")
	if err != nil {
		return nil, err
	}
	clientBy := index(clients, func(c *models.Client) int64 { return c.ID })
	contactBy := index(contacts, func(c *models.Contact) int64 { return c.ID })
	domainBy := index(domains, func(d *models.Domain) int64 { return d.ID })
	callsBy := group(calls, func(c *models.Call) int64 { return *c.NoticeID })
	views := make([]models.TaskView, len(notices))
	for i, n := range notices {
		views[i] = models.TaskView{Notice: n, Client: clientBy[n.ClientID], Domain: ref(domainBy, n.DomainID), Calls: callsBy[n.ID]}
		if n.ContactID != nil {
			views[i].Contact = ref(contactBy, *n.ContactID)
		}
	}
	return views, nameSomebody(tx, views)
}

// nameSomebody gives tasks that are about nobody, or about a person who was erased, the contact who is written to first: somebody has to be called.
func nameSomebody(tx *gorm.DB, views []models.TaskView) error {
	var clientIDs []int64
	nobody := func(v *models.TaskView) bool { return v.Contact == nil || v.Contact.ErasedAt != nil }
	for i := range views {
		if nobody(&views[i]) {
			clientIDs = append(clientIDs, views[i].Client.ID)
		}
	}
	if len(clientIDs) == 0 {
		return nil
	}
	contacts, err := contactsOf(tx, clientIDs)
	if err != nil {
		return err
	}
	for i := range views {
		v := &views[i]
		left := slices.DeleteFunc(contacts[v.Client.ID], func(c models.Contact) bool { return c.ErasedAt != nil })
		if nobody(v) && len(left) > 0 {
			v.Contact = &left[0]
		}
	}
	return nil
}

// taskCalls is how many calls with a client stand on a task's page.
const taskCalls = 50

// Task gives one task, open or not, with the client's contacts and the calls with the client; ErrNotFound when it is no task.
func (s *Store) Task(ctx context.Context, id int64) (p models.TaskPage, err error) {
	err = s.read(ctx, "task", func(tx *gorm.DB) error {
		n, err := one[models.Notice](tx.Where("channel = ?", models.ChannelTask), id)
		if err != nil {
			return err
		}
		views, err := taskViews(tx, []models.Notice{n})
		if err != nil {
			return err
		}
		p.Task = views[0]
		contacts, err := contactsOf(tx, []int64{n.ClientID})
		if err != nil {
			return err
		}
		p.Contacts = contacts[n.ClientID]
		p.Calls, err = callsOf(tx, n.ClientID, taskCalls)
		return err
	})
	return p, err
}

// PlanTask says who sees to an open task, until when, and what there is to know; ErrConflict when it is not open.
func (s *Store) PlanTask(ctx context.Context, t models.TaskPlan) error {
	return s.write(ctx, "plan a task", t.At, func(tx *gorm.DB) error {
		q := tx.Model(&models.Notice{}).Scopes(openTask).Where("id = ?", t.ID).UpdateColumns(map[string]any{
			"assignee": t.Assignee, "note": t.Note, "wanted_by": t.WantedBy, "updated_at": t.At,
		})
		return changedOrConflict(tx, q, &models.Notice{}, t.ID)
	})
}

// FinishTask closes an open task by the word of a person; ErrConflict when it is not open. The planner does not open it again.
func (s *Store) FinishTask(ctx context.Context, id int64, by string, now time.Time) error {
	return s.write(ctx, "finish a task", now, func(tx *gorm.DB) error {
		e, err := finishTask(tx, id, by, now)
		if err != nil {
			return err
		}
		return appendLedger(tx, []models.Entry{e})
	})
}

func finishTask(tx *gorm.DB, id int64, by string, now time.Time) (models.Entry, error) {
	q := tx.Model(&models.Notice{}).Scopes(openTask).Where("id = ?", id).UpdateColumns(map[string]any{
		"state": models.NoticeDone, "closed_by": by, "updated_at": now,
	})
	if err := changedOrConflict(tx, q, &models.Notice{}, id); err != nil {
		return models.Entry{}, err
	}
	n, err := one[models.Notice](tx, id)
	if err != nil {
		return models.Entry{}, err
	}
	return entry(now, "task_done", by, n.ClientID, n.DomainID, map[string]any{"notice": id, "stage": n.Stage, "cycle_id": n.CycleID})
}
