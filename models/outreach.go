package models

import (
	"regexp"
	"strings"
	"time"
)

// ProposalState is where a proposed contact stands.
type ProposalState string

// The states of a proposal.
const (
	ProposalOpen     ProposalState = "open"
	ProposalAccepted ProposalState = "accepted"
	ProposalRefused  ProposalState = "refused"
)

// Proposal is a person whom a contact names in its own place. Nobody is written to before staff confirms it.
type Proposal struct {
	ID        int64         `gorm:"primaryKey"`
	ClientID  int64         `gorm:"not null;index:idx_proposal_client"`
	DomainID  *int64        // the name that was asked about
	ContactID int64         `gorm:"not null"` // who says so
	Name      string        `gorm:"not null"`
	Email     string        `gorm:"not null"`
	Phone     string        `gorm:"not null"`
	State     ProposalState `gorm:"not null"`
	At        time.Time     `gorm:"not null"`
	DecidedAt *time.Time
	DecidedBy string `gorm:"not null"`
}

// BounceKind is what became of a message after the server took it.
type BounceKind string

// The kinds (RFC 3464 section 2.3.3: failed, delayed, delivered; and the complaint of RFC 5965).
const (
	BouncePermanent BounceKind = "permanent"
	BounceTemporary BounceKind = "temporary"
	BounceComplaint BounceKind = "complaint"
	BounceDelivered BounceKind = "delivered"
)

// Bounce is what was learnt of one message after it was handed over. EventID is unique: the same report counts once.
type Bounce struct {
	ID         int64      `gorm:"primaryKey"`
	EventID    string     `gorm:"not null;uniqueIndex:idx_bounce_event"`
	At         time.Time  `gorm:"not null"`
	MailID     *int64     `gorm:"index:idx_bounce_mail"` // nil: the report names no message of ours
	Recipient  string     `gorm:"not null"`              // lower case
	Kind       BounceKind `gorm:"not null"`
	Status     string     `gorm:"not null"` // RFC 3463, may be empty
	Diagnostic string     `gorm:"not null"` // the server's words, printable and bounded
	Source     string     `gorm:"not null"` // mailbox, or webhook:NAME
	Evidence   []byte     // the report, bounded
	CreatedAt  time.Time

	// What else the report names the message and the recipient by. It is not kept.
	MessageID string   `gorm:"-"` // ours, without angle brackets; may be empty
	QueueID   string   `gorm:"-"` // what the server called it when it took it; may be empty
	Others    []string `gorm:"-"` // further addresses of the same recipient, lower case: where the mail was forwarded to
}

// BlamesAddress reports whether a permanent failure says that the mailbox is of no use, by its status or, where that says nothing, by the
// server's words. A delivery given up after temporary failures is not the contact's fault.
func (b *Bounce) BlamesAddress() bool {
	if b.Status == "" || strings.HasPrefix(b.Status, "5.0.") {
		return !BlamesSender(b.Diagnostic)
	}
	if b.Status == "5.5.0" { // Outlook.com, of mailboxes that it does not have
		return strings.Contains(strings.ToLower(b.Diagnostic), "mailbox unavailable")
	}
	return BlamesAddress(b.Status) && (!Vague(b.Status) || !BlamesSender(b.Diagnostic))
}

// Vague reports whether servers use a status of an address or a mailbox for others too: X.1.0, X.2.0 and X.4.0 ("other", RFC 3463), where
// Postfix refuses an unknown sender with 5.1.0, and 5.4.1, with which Microsoft refuses recipients as well as relaying. Words count then.
func Vague(status string) bool { return strings.HasSuffix(status, ".0") || status == "5.4.1" }

// notAddress are the statuses (RFC 3463, and what providers add to it) that stand among those of addresses and mailboxes, and mean something else.
var notAddress = map[string]bool{
	"5.1.7": true, "5.1.8": true, // the sender's address
	"5.1.90": true, "5.4.5": true, // our limit for the day, at Microsoft and at Google
	"5.2.252": true,                  // we may not send in that name, at Microsoft
	"5.2.3":   true,                  // the message is too long
	"5.2.121": true, "5.2.122": true, // too much came in at once, at Microsoft
	"5.4.2": true, "5.4.3": true, "5.4.7": true, // the connection, a directory, the time
}

// BlamesAddress reports whether a status (RFC 3463) says that an address or a mailbox is of no use: bad address, bad mailbox, no such host.
// Refusals by policy, of the content, of the protocol, of the sender and for its limits are not the recipient's fault.
func BlamesAddress(status string) bool {
	for _, class := range []string{"5.1.", "5.2.", "5.4."} {
		if strings.HasPrefix(status, class) {
			return !notAddress[status]
		}
	}
	return false
}

// aboutSender are the words of servers that refuse without a code that says why, although it is the sender whom they do not want.
var aboutSender = regexp.MustCompile(`(?i)\brelay|authenticat|black ?list|block ?list|blocked using|spamhaus|not (permitted|allowed) to send|` +
	`\bsender (address )?(is )?(rejected|denied|verif|unknown|invalid|blocked|not )|\b(spf|dkim|dmarc|helo|ehlo|rbl|dnsbl)\b|reverse dns|\bptr\b|\bspam|reputation|sendasdenied|storedrv\.submission|sending (limit|quota)|daily limit|(emails|messages|recipients) per (minute|hour|day)|\byour (ip|host|server)\b`)

// BlamesSender reports whether a server's words say that it is the sender, its network or its message that is refused. They are a guess, for
// where no status says it.
func BlamesSender(words string) bool { return aboutSender.MatchString(words) }

// BounceRecord is what a report on a message comes to. It is stored in one transaction, and counts once.
type BounceRecord struct {
	Bounce   Bounce
	Mail     *Mail          // with its new State, LastError, BouncedAt and BounceReason; nil: it stays as it is
	Notices  []NoticeChange // of the notices it carries
	Suppress *Suppression   // the recipient's address is not written to any more
	Finding  *FindingChange // the task for ops
	Ledger   []Entry
}

// SuppressionReason is why nothing is sent to an address.
type SuppressionReason string

// The reasons.
const (
	SuppressedBounced   SuppressionReason = "bounced"
	SuppressedComplaint SuppressionReason = "complaint"
	SuppressedOptedOut  SuppressionReason = "opted_out"
	SuppressedByHand    SuppressionReason = "by_hand"
)

// Suppression keeps an address from being written to, whoever's it is, until it is lifted. At most one a time is on for an address.
type Suppression struct {
	ID       int64             `gorm:"primaryKey"`
	Address  string            `gorm:"not null"` // lower case
	Reason   SuppressionReason `gorm:"not null"`
	Detail   string            `gorm:"not null"`
	By       string            `gorm:"not null"`
	At       time.Time         `gorm:"not null"`
	LiftedAt *time.Time
	LiftedBy string `gorm:"not null"`
}

// CallOutcome is how a call ended.
type CallOutcome string

// The ends of a call.
const (
	CallReached     CallOutcome = "reached"
	CallMessageLeft CallOutcome = "message_left"
	CallNoAnswer    CallOutcome = "no_answer"
	CallWrongNumber CallOutcome = "wrong_number"
)

// Call is a word with a client by phone, as somebody of ours noted it.
type Call struct {
	ID        int64       `gorm:"primaryKey"`
	ClientID  int64       `gorm:"not null;index:idx_call_client"`
	DomainID  *int64      // the name it was about
	ContactID *int64      // who was called
	NoticeID  *int64      `gorm:"index:idx_call_notice"` // the task it was made for
	Outcome   CallOutcome `gorm:"not null"`
	Note      string      `gorm:"not null"`
	By        string      `gorm:"not null"` // a user's e-mail
	At        time.Time   `gorm:"not null"`
}

// Feed is a calendar feed by a revocable address; only the hash of the address's secret part is kept.
type Feed struct {
	ID         int64  `gorm:"primaryKey"`
	Hash       string `gorm:"not null;uniqueIndex:idx_feed_hash"` // hex SHA-256
	ClientID   *int64 // nil: all clients, for the team
	Label      string `gorm:"not null"`
	CreatedBy  string `gorm:"not null"`
	CreatedAt  time.Time
	LastUsedAt *time.Time
	RevokedAt  *time.Time
	RevokedBy  string `gorm:"not null"`
}

// DispatchState is where a dispatch stands.
type DispatchState string

// The states of a dispatch.
const (
	DispatchWaiting DispatchState = "waiting"
	DispatchSending DispatchState = "sending"
	DispatchSent    DispatchState = "sent"
	DispatchFailed  DispatchState = "failed" // given up; it can be replayed
)

// Dispatch is one event on its way to one target of ops: a webhook, a chat, the mailbox of the digest. (EventID, Target) is unique.
type Dispatch struct {
	ID            int64         `gorm:"primaryKey"`
	EventID       string        `gorm:"not null;uniqueIndex:idx_dispatch_key,priority:1"` // stable: it is how a receiver knows a repeat
	Kind          string        `gorm:"not null"`                                         // finding.opened, notice.sent, digest …
	Target        string        `gorm:"not null;uniqueIndex:idx_dispatch_key,priority:2"` // webhook:NAME, chat, digest:ADDRESS
	Body          string        `gorm:"not null"`
	At            time.Time     `gorm:"not null"` // when it happened
	State         DispatchState `gorm:"not null;index:idx_dispatch_due,priority:1"`
	Attempts      int           `gorm:"not null"`
	NextAttemptAt time.Time     `gorm:"not null;index:idx_dispatch_due,priority:2"`
	LastCode      int           `gorm:"not null"` // HTTP status or SMTP reply; 0: none
	LastReply     string        `gorm:"not null"` // printable and bounded
	SentAt        *time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// DispatchTry is one attempt to hand a dispatch over.
type DispatchTry struct {
	ID         int64     `gorm:"primaryKey"`
	DispatchID int64     `gorm:"not null;index:idx_dispatch_try"`
	At         time.Time `gorm:"not null"`
	TookMicros int64     `gorm:"not null"`
	Code       int       `gorm:"not null"`
	Reply      string    `gorm:"not null"`
}

// Cursor is how far a reader of an append-only table has come.
type Cursor struct {
	Name      string `gorm:"primaryKey"`
	Position  int64  `gorm:"not null"`
	UpdatedAt time.Time
}
