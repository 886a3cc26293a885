package models

import (
	"fmt"
	"time"
)

// Reply is what the holder of a link says about one of its client's domains.
type Reply struct {
	Domain  string // A-label
	Kind    AnswerKind
	RenewOn *time.Time // a calendar day as midnight UTC, with AnswerWillRenew
	Instead *Named     // with AnswerWrongPerson: who is to be asked; nil: the contact names nobody
}

// Named is a person as a contact names it.
type Named struct{ Name, Email, Phone string }

// AnswerRecord is what an answer comes to. It is stored in one transaction.
type AnswerRecord struct {
	Answer      Answer
	QuietUntil  *time.Time // until when reminders rest; nil: they don't
	QuietReason string
	Look        bool           // the registration is looked at as soon as its registry allows
	Changes     []NoticeChange // what it takes back
	Finding     *FindingChange // the task for ops
	InForce     *int64         // the answer that was in force when this one was given, 0 for none; nil: whichever
	Proposal    *Proposal      // who is to be asked instead; it takes the place of the open one of the same contact on the same domain
	Ledger      []Entry
}

// Attested is the date that a contact stated for a domain whose registry publishes none.
type Attested struct {
	DomainID int64
	Date     time.Time // a calendar day as midnight UTC
	By       string    // who said so, as people are called
	Actor    string    // for the ledger: a user's e-mail, or contact:ID
	At       time.Time
	Within   time.Duration // the same date, stated by the same person so shortly before, is the same statement
}

// ReasonWithdrawn is why a task ends that an answer had made: the contact took the answer back.
const ReasonWithdrawn = "answer_withdrawn"

// Covers reports whether a link may be answered through in a cycle: one that was open when the link was made, and still is. A link of last
// year says nothing about this year.
func (l *Link) Covers(c *Cycle) bool {
	return c != nil && c.ClosedAt == nil && !c.OpenedAt.After(l.CreatedAt)
}

// Works reports whether a link opens a page: it was not revoked, and its time is not over.
func (l *Link) Works(now time.Time) bool {
	return l.RevokedAt == nil && now.Before(l.ExpiresAt)
}

// ProposalView is a proposal with what deciding on it needs to know.
type ProposalView struct {
	Proposal    Proposal
	ClientName  string
	ContactName string   // who says so
	DomainName  string   // empty: about no domain in particular
	Known       *Contact // the client's contact with that address, if there is one
}

// ProposalDecision says what staff makes of a proposal that is accepted.
type ProposalDecision struct {
	ID     int64
	Role   ContactRole // of the named person from now on
	Email  string      // as staff confirmed it; empty: as it was named
	Former ContactRole // of the contact who named it, from now on; empty: stays as it is
	By     string      // the user's e-mail
	At     time.Time
}

// Unsubscribing is what the page behind a List-Unsubscribe header shows.
type Unsubscribing struct {
	Link    Link
	Contact Contact
	Client  Client
	Next    *Contact // who is written to instead; nil: nobody is left, and somebody calls
	OwnWish bool     // the contact is opted out by this link, and may come back by it
}

// PortalMail is a message that was sent to the contact of a link.
type PortalMail struct {
	Mail    Mail
	Domains []string // A-labels of the names it spoke of, in alphabetical order
}

// MailReference is the number under which a message is found when somebody calls.
func MailReference(mailID int64) string { return fmt.Sprintf("DW-%06d", mailID) }
