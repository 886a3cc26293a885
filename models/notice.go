package models

import "time"

// Stage is a rung of the notice ladder.
type Stage string

// The rungs. Day stages are named by the days before (D) or after (P) the effective expiry.
const (
	StageD60           Stage = "d60" // ops only
	StageD30           Stage = "d30"
	StageD14           Stage = "d14"
	StageD7            Stage = "d7"
	StageD3            Stage = "d3"
	StageD1            Stage = "d1"
	StageD0            Stage = "d0"
	StageP1            Stage = "p1"
	StageP4            Stage = "p4"
	StageRedemption    Stage = "redemption"
	StagePendingDelete Stage = "pending_delete"
)

// Stages beside the ladder, each with an episode that tells one occasion from the next.
const (
	StageHold          Stage = "hold"           // the registry or registrar took the name out of the DNS; episode: the day it was first seen
	StageTransfer      Stage = "transfer"       // a transfer to another registrar was begun; episode: the day it was first seen
	StageAttest        Stage = "attest"         // the registry publishes no date: the client is asked for it; episode: the year, or the stated date that has passed
	StageRenewed       Stage = "renewed"        // thanks, and the end of the cycle
	StageRetraction    Stage = "retraction"     // a notice that went out was wrong; episode: the ID of the message it takes back
	StageRecords       Stage = "records"        // records of the agency's services are broken; to the technical contact; episode: the day the newest of them was confirmed
	StageAccessRequest Stage = "access_request" // the client is asked to delegate an access; episode: the day it was asked
	StageAccessReview  Stage = "access_review"  // the client is asked to look through what it has delegated; episode: the day it was asked
)

// Stages of task notices that stand beside the ladder; they are tasks for ops and nothing is sent.
const (
	FollowUpPrefix    = "followup_"     // followed by the stage that was sent and not answered, e.g. followup_d14
	WrongPersonPrefix = "wrong_person_" // followed by the ID of the contact who said so

	StageLettingGo  Stage = "letting_go"  // the client does not renew: what depends on the name is to be moved
	StageNobodyLeft Stage = "nobody_left" // a notice can be sent to nobody: somebody has to call
	StageOptedOut   Stage = "opted_out"   // a contact asked not to be written to; about the client as a whole; episode: the contact's ID and the day
)

// FollowUp gives the stage of the task that follows an unanswered notice.
func (s Stage) FollowUp() Stage { return FollowUpPrefix + s }

// Channel is how a notice travels.
type Channel string

// The channels.
const (
	ChannelEmail Channel = "email"
	ChannelTask  Channel = "task" // shown to ops, nothing is sent
)

// NoticeState is where a notice stands.
type NoticeState string

// The states of a notice. Its way: queued → mailed (part of a Mail) → sent; or held, superseded, cancelled, blocked, failed.
const (
	NoticeQueued     NoticeState = "queued"     // owed, waits for DueAt
	NoticeHeld       NoticeState = "held"       // an operator or the storm brake holds it
	NoticeMailed     NoticeState = "mailed"     // bound to a Mail that is on its way
	NoticeSent       NoticeState = "sent"       // the server said 250
	NoticeSuperseded NoticeState = "superseded" // a tighter stage was due at the same time
	NoticeCancelled  NoticeState = "cancelled"  // the facts changed: renewed, released, date moved, answered
	NoticeBlocked    NoticeState = "blocked"    // no usable address
	NoticeFailed     NoticeState = "failed"     // refused for good, or tried too often
	NoticeBounced    NoticeState = "bounced"    // sent, and came back later
	NoticeDone       NoticeState = "done"       // of a task: a person says that it is done
)

// The named reasons of notices that the store asks for or gives; the others are notify's.
const (
	ReasonOverCap   = "over_daily_cap"     // waits: the address has been sent enough messages for one day
	ReasonTakenBack = "taken_back_by_hand" // staff takes a message back
)

// Notice is a message owed to one recipient about one domain at one stage of one expiry cycle, or a task for ops.
// (DomainID, CycleID, GrantID, Stage, Episode, Recipient, Channel) is unique: it is what makes "exactly one" true.
type Notice struct {
	ID        int64       `gorm:"primaryKey"`
	DomainID  int64       `gorm:"serializer:optional"` // 0: it is about the client as a whole
	CycleID   int64       `gorm:"serializer:optional"` // 0: it does not depend on an expiry
	GrantID   int64       `gorm:"serializer:optional"` // the access that is asked for; 0: none
	Stage     Stage       `gorm:"not null"`
	Episode   string      `gorm:"not null"` // of a stage beside the ladder, see there; empty on the ladder
	Recipient string      `gorm:"not null"` // address, lower case; "ops" for tasks
	Channel   Channel     `gorm:"not null"`
	ClientID  int64       `gorm:"not null;index"`
	ContactID *int64      `gorm:"index"`
	State     NoticeState `gorm:"not null;index:idx_notice_state_due,priority:1"`
	DueAt     time.Time   `gorm:"not null;index:idx_notice_state_due,priority:2"` // not before
	Reason    string      `gorm:"not null"`                                       // why it is owed, held, cancelled … (named reason)
	MailID    *int64      `gorm:"index"`
	ExpiresAt time.Time   `gorm:"not null"` // the effective expiry it speaks of; until when it should be acted on, where it speaks of none: the nearer, the more urgent
	Assignee  string      `gorm:"not null"` // of a task: e-mail of the user who sees to it
	Note      string      `gorm:"not null"` // of a task
	WantedBy  *time.Time  // of a task: the calendar day, as midnight UTC, until which it should be done
	ClosedBy  string      `gorm:"not null"` // of a task that is done: who said so
	CreatedAt time.Time
	UpdatedAt time.Time
	SentAt    *time.Time
}

// CycleRestated is why a cycle ended whose date turned out to be another one: what was sent in it says nothing of that.
const CycleRestated = "restated"

// Cycle is one life of a registration up to one expiry. A confirmed renewal closes it and opens the next, and so does a date that is restated
// by more than a week; one that moves a little stays in it, so that the same warning is not sent twice. At most one cycle of a domain is open.
type Cycle struct {
	ID          int64     `gorm:"primaryKey"`
	DomainID    int64     `gorm:"not null;index"`
	ExpiresAt   time.Time `gorm:"not null"` // effective expiry, as last judged
	OpenedAt    time.Time `gorm:"not null"`
	ClosedAt    *time.Time
	CloseReason string `gorm:"not null"` // renewed, restated, released, archived; empty while open
}

// MailState is where a message stands.
type MailState string

// The states of a message. Sending is written before the connection is used and stays after a crash: the next attempt repeats the same
// message under the same Message-ID.
const (
	MailWaiting   MailState = "waiting"
	MailSending   MailState = "sending"
	MailSent      MailState = "sent"
	MailFailed    MailState = "failed"    // refused for good or tried too often
	MailCancelled MailState = "cancelled" // nothing was left to say when it was looked at again
)

// MailKind tells the day's message on domains from what staff asks for.
type MailKind string

// The kinds of messages.
const (
	MailNotice MailKind = "notice" // all that is owed about domains
	MailAccess MailKind = "access" // access that is asked for or looked through
)

// MailKind gives the kind of message in which a stage travels.
func (s Stage) MailKind() MailKind {
	if s == StageAccessRequest || s == StageAccessReview {
		return MailAccess
	}
	return MailNotice
}

// Mail is one message to one contact, carrying one or more notices (one of a kind per contact per day).
// (ContactID, Day, Kind) is unique.
type Mail struct {
	ID            int64     `gorm:"primaryKey"`
	ContactID     int64     `gorm:"not null;uniqueIndex:idx_mail_contact_day,priority:1"`
	Day           string    `gorm:"not null;uniqueIndex:idx_mail_contact_day,priority:2"` // calendar day in the agency's zone, 2006-01-02
	Kind          MailKind  `gorm:"not null;default:notice;uniqueIndex:idx_mail_contact_day,priority:3"`
	ClientID      int64     `gorm:"not null;index"`
	Recipient     string    `gorm:"not null"`
	State         MailState `gorm:"not null;index:idx_mail_state_next,priority:1"`
	NextAttemptAt time.Time `gorm:"not null;index:idx_mail_state_next,priority:2"`
	Attempts      int       `gorm:"not null"`
	MessageID     string    `gorm:"not null;uniqueIndex"`        // RFC 5322 msg-id without angle brackets, derived from the key of its first notice
	References    string    `gorm:"column:thread_refs;not null"` // msg-ids of the thread, space separated, without brackets
	Subject       string    `gorm:"not null"`
	TextHash      string    `gorm:"not null"` // hex SHA-256 of Text
	Text          string    `gorm:"not null"` // the text part as sent, {link} in the place of its link's token
	LastError     string    `gorm:"not null"`
	CreatedAt     time.Time
	UpdatedAt     time.Time
	SentAt        *time.Time
	BouncedAt     *time.Time // it was accepted, and came back
	BounceReason  string     `gorm:"not null"`
}

// Attempt is one try to hand a message over.
type Attempt struct {
	ID       int64     `gorm:"primaryKey"`
	MailID   int64     `gorm:"not null;index"`
	At       time.Time `gorm:"not null"`
	EndedAt  time.Time `gorm:"not null"`
	Outcome  Delivery  `gorm:"not null"`
	Code     int       `gorm:"not null"` // SMTP reply code, 0: none
	Enhanced string    `gorm:"not null"` // enhanced status code (RFC 3463), may be empty
	Reply    string    `gorm:"not null"` // the server's words, printable and bounded
}

// NotConnected begins the Reply of an attempt that never came to a session: the server surely has not taken the message.
const NotConnected = "no connection: "

// Delivery is how an attempt ended.
type Delivery string

// The ends of an attempt (RFC 5321 section 4.2.1).
const (
	DeliverySent      Delivery = "sent"      // 250 after DATA
	DeliveryTemporary Delivery = "temporary" // 4xx, no connection, or no reply: try again later
	DeliveryPermanent Delivery = "permanent" // 5xx for this recipient
	DeliveryRejected  Delivery = "rejected"  // 5xx for our message or our login: not the recipient's fault
)

// AnswerKind is what a client says through the signed link.
type AnswerKind string

// The answers.
const (
	AnswerRenewed     AnswerKind = "renewed"
	AnswerWillRenew   AnswerKind = "will_renew" // on Answer.RenewOn
	AnswerAutoRenew   AnswerKind = "auto_renew_on"
	AnswerLettingGo   AnswerKind = "letting_go"
	AnswerWrongPerson AnswerKind = "wrong_person"
)

// Valid reports whether the kind is one of the answers.
func (k AnswerKind) Valid() bool {
	switch k {
	case AnswerRenewed, AnswerWillRenew, AnswerAutoRenew, AnswerLettingGo, AnswerWrongPerson:
		return true
	}
	return false
}

// Answer is what a contact said about one domain in one cycle. The latest one counts.
type Answer struct {
	ID        int64      `gorm:"primaryKey"`
	DomainID  int64      `gorm:"not null;index"`
	CycleID   int64      `gorm:"not null;index"`
	ContactID int64      `gorm:"not null"`
	LinkID    *int64     // through which link
	Kind      AnswerKind `gorm:"not null"`
	RenewOn   *time.Time // a calendar day as midnight UTC, with AnswerWillRenew
	At        time.Time  `gorm:"not null"`
	By        string     `gorm:"not null"` // the contact's name at that time
	Withdrawn *time.Time // the client changed its mind
}

// LinkPurpose is what a signed link may be used for.
type LinkPurpose string

// The purposes of links. A token made for one is refused for another.
const (
	LinkAnswer      LinkPurpose = "answer"      // the client's own page: see, answer, attest
	LinkUnsubscribe LinkPurpose = "unsubscribe" // the List-Unsubscribe header of one message (RFC 8058)
)

// Link is a signed way in for one contact. The token itself is not stored: it is an HMAC over its purpose, ID, ContactID and ExpiresAt.
type Link struct {
	ID         int64       `gorm:"primaryKey"`
	ContactID  int64       `gorm:"not null;index"`
	Purpose    LinkPurpose `gorm:"not null;default:answer;uniqueIndex:idx_link_mail_purpose,priority:2"`
	MailID     *int64      `gorm:"uniqueIndex:idx_link_mail_purpose,priority:1"` // the message it was made for; it has one of each purpose
	ExpiresAt  time.Time   `gorm:"not null"`
	RevokedAt  *time.Time
	LastUsedAt *time.Time
	CreatedAt  time.Time
}

// Brake is the storm brake: while one is on, client mail is held for an operator.
type Brake struct {
	ID         int64     `gorm:"primaryKey"`
	PulledAt   time.Time `gorm:"not null"`
	Reason     string    `gorm:"not null"`
	ReleasedAt *time.Time
	ReleasedBy string `gorm:"not null"`
}

// Entry is one line of the ledger: append-only, each carrying the hash of the one before.
type Entry struct {
	ID       int64     `gorm:"primaryKey"`
	At       time.Time `gorm:"not null"`
	Kind     string    `gorm:"not null"` // one of LedgerKinds, or grant_*
	ClientID *int64    `gorm:"index"`
	DomainID *int64    `gorm:"index"`
	Actor    string    `gorm:"not null"` // "system", a user's e-mail, or "contact:<id>"
	Body     string    `gorm:"not null"` // canonical JSON of what happened
	Prev     string    `gorm:"not null"` // Hash of the entry before; empty for the first
	Hash     string    `gorm:"not null;uniqueIndex"`
	Scheme   int       `gorm:"not null;default:1"` // what Hash covers: 1 the body, 2 the body by BodyHash
	BodyHash string    `gorm:"not null"`           // hex SHA-256 of Body as it was written
	ErasedAt *time.Time
}
