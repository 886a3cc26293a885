package models

import "time"

// TaskQuery asks for open tasks. Zero values mean "any".
type TaskQuery struct {
	Now      time.Time
	Today    time.Time // the calendar day, as midnight UTC: what was wanted before it is overdue
	ClientID int64
	Assignee string // e-mail of a user
	Nobody   bool   // only those that nobody sees to
	Overdue  bool
	Limit    int
}

// TaskList is a list of open tasks.
type TaskList struct {
	Rows    []TaskView // the overdue first, then by the day until which they are wanted
	Total   int        // all that are open, whatever was asked for
	Overdue int        // of them
	Match   int        // that match, listed or not
}

// TaskView is a task with what a call needs.
type TaskView struct {
	Notice  Notice
	Client  Client
	Domain  *Domain  // nil: it is about the client as a whole
	Contact *Contact // whom it is about; nil: nobody in particular
	Calls   []Call   // made for it, latest first
}

// TaskPage is one task with all that stands around it.
type TaskPage struct {
	Task     TaskView
	Contacts []Contact // of the client, in the order in which they are written to
	Calls    []Call    // with the client, latest first, bounded
}

// TaskPlan is what a person decides about an open task.
type TaskPlan struct {
	ID       int64
	Assignee string
	Note     string
	WantedBy *time.Time // a calendar day as midnight UTC
	By       string
	At       time.Time
}

// Valid reports whether the outcome is one of them.
func (o CallOutcome) Valid() bool {
	switch o {
	case CallReached, CallMessageLeft, CallNoAnswer, CallWrongNumber:
		return true
	}
	return false
}

// ClientOutreach is how one client is written to and spoken with.
type ClientOutreach struct {
	Client       Client
	Contacts     []Contact     // in the order in which they are written to
	Suppressions []Suppression // that are on, of the contacts' addresses
	Calls        []Call        // latest first, bounded
	Tasks        []TaskView    // open ones
	Links        int           // signed links that work
	Waiting      int           // e-mail notices that wait, held ones included
	Grants       []Grant
}

// ReasonAskedByStaff is why an access is asked for, or looked through.
const ReasonAskedByStaff = "asked_by_staff"
