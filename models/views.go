package models

import "time"

// Watched is a domain with all that its judgement needs.
type Watched struct {
	Domain       Domain
	Client       Client
	Contacts     []Contact     // of the client, owner first, then billing, technical, deputy; by ID within a role
	Registration *Registration // nil before the first recorded look
	Statements   []Statement   // in the order of Sources
	Delegation   *Delegation   // nil before the first recorded DNS look
	Records      []ExpectedRecord
	Findings     []Finding // all of the domain, resolved ones included
	Cycle        *Cycle    // the open one; nil: none
	Restated     []Cycle   // those that ended because their date was restated
	Answer       *Answer   // latest of the open cycle that is not withdrawn
}

// RegistrationRecord is what a registration look, or a judgement without one, comes to. It is stored in one transaction.
type RegistrationRecord struct {
	Domain       Domain        // derived registration columns as they must be stored; Version is the one the judgement was made from
	Observations []Observation // zero when only time passed
	Registration *Registration // nil: unchanged
	Statements   []Statement   // as they stand after the looks; those of sources that are not among them ended; nil: unchanged
	Changes      []Change
	Findings     []FindingChange // of registration codes only
	CloseCycle   *CycleClose     // also cancels the cycle's unsent notices
	OpenCycle    *Cycle          // a new cycle, ID zero; or one that ended by a restated date and goes on
	MoveCycle    *Cycle          // the open cycle with another ExpiresAt; its unsent notices are re-planned
	Ledger       []Entry         // Prev and Hash are filled in by the store
}

// CycleClose ends a cycle.
type CycleClose struct {
	ID     int64
	At     time.Time
	Reason string // renewed, restated, released, archived
}

// DelegationRecord is what a DNS look comes to. It is stored in one transaction.
type DelegationRecord struct {
	Domain      Domain // NextDNSAt, DNSFailures, Records*, DNSCheckedAt as they must be stored
	Observation *Observation
	Delegation  *Delegation
	Records     []ExpectedRecord // with their new state
	Findings    []FindingChange  // of DNS codes only
	Changes     []Change
}

// PlanQuery says about which domains something may be owed.
type PlanQuery struct {
	Horizon        time.Time // open cycles that expire by then
	RenewedSince   time.Time // cycles closed as renewed since then, and contacts who asked since then not to be written to
	AttestedBefore time.Time // dates that a client stated before then
}

// Owed is a domain about which something may be owed, with all that planning needs. Its rows have only the columns that planning reads.
type Owed struct {
	Domain    Domain
	Client    Client
	Contacts  []Contact  // in the order in which they are written to
	Cycle     Cycle      // the open one; zero: none is
	Renewed   *Cycle     // closed as renewed a short time ago, the latest; nil: none
	ChangedOn *time.Time // with Renewed: when the registration was changed last, by its own dates
	Notices   []Notice   // of these cycles, of the domain without a cycle, and tasks about the client as a whole
	Answer    *Answer    // latest of the open cycle that is not withdrawn
	Wrong     []int64    // contacts whose own latest answer in the open cycle is that somebody else looks after the name
	Findings  []Finding  // open ones that stand for themselves and are not snoozed: on records, and on a transfer
}

// NoticePlan is what planning one domain came to. It is stored whole or not at all; a notice whose key exists is left as it is.
type NoticePlan struct {
	DomainID int64
	Add      []Notice       // queued, superseded, blocked or task notices
	Change   []NoticeChange // of notices that exist
	Ledger   []Entry        // one line for each of Add, then one for each of Change; written if that took effect
}

// Empty reports whether there is nothing to store.
func (p *NoticePlan) Empty() bool { return len(p.Add) == 0 && len(p.Change) == 0 }

// Collection says how due notices are bound to messages.
type Collection struct {
	Now   time.Time
	Day   string    // calendar day in the agency's zone, 2006-01-02
	Since time.Time // when that day began
	Later time.Time // when a notice over the cap is due again
	Limit int       // messages to touch at most
	Next  bool      // a further call of one sweep: what waits from the day before was seen to by the first
	Cap   int       // messages a day to one address, of all kinds and clients; 0: any number. What is over it waits as ReasonOverCap
	// MessageID names a new message (RFC 5322 msg-id without angle brackets) after the most urgent notice it carries.
	MessageID func(contactID int64, day string, first Notice) string
}

// NoticeChange moves an unsent notice to another state.
type NoticeChange struct {
	ID     int64
	From   NoticeState // the state it was seen in; another one now leaves it alone
	To     NoticeState
	DueAt  *time.Time
	Reason string

	ContactID, ClientID int64 // of one that is owed to another contact with the same address by now; 0: to the same
}

// Letter is a message with all that rendering and sending it needs.
type Letter struct {
	Mail    Mail
	Contact Contact
	Client  Client
	Items   []LetterItem // its notices, most urgent first
	Link    *Link        // nil until made
	Copies  []Contact    // others who were written to about the same cycles
}

// LetterItem is one notice in a message. Domain and Cycle are zero where it speaks of none.
type LetterItem struct {
	Notice       Notice
	Domain       Domain
	Registration *Registration
	Cycle        Cycle
	Records      []ExpectedRecord // whose purpose says what stops
	Answer       *Answer          // latest of its cycle that is not withdrawn; nil: none
	PriorSentAt  *time.Time       // when this contact was last written to in this cycle
	ThreadRoot   string           // Message-ID of the first mail of this cycle to this contact; empty: none yet
	Delegation   *Delegation      // of a notice on broken records: its name servers say which DNS host the repair is for
	Grant        *Grant           // of a notice on access
	Retracted    *Mail            // of a retraction: the message that is taken back
	Observation  *Observation     // the look on which it rests, without its evidence; nil: none is known, or a person said so
	Findings     []Finding        // of a notice on broken records: the open ones that stand for themselves and are not snoozed
}

// AttemptRecord is what one attempt comes to. It is stored in one transaction.
type AttemptRecord struct {
	Attempt Attempt
	Mail    Mail           // with its new state, Attempts, NextAttemptAt, SentAt
	Notices []NoticeChange // of the notices it carries
	Contact *Contact       // with EmailState bad, when refused for good; left alone when it has another address than the message by now
	Finding *FindingChange // the task for ops, when refused for good; none about an address that was corrected
	Ledger  []Entry
}

// BoardQuery asks for one page of the expiry board. Zero values mean "any".
type BoardQuery struct {
	Now       time.Time
	Loc       *time.Location // the reader's zone, for the day bands
	Text      string         // part of the name (A- or U-label), the client or the registrar
	Band      Band
	Group     Group
	ClientID  int64
	Registrar string
	MaxDays   *int   // expires within so many calendar days
	NoDate    bool   // only names whose date is not known
	Records   string // "broken"
	Answer    string // "none": written to, not answered
	Sort      string // state (default), domain, client, expires, registrar, records, checked
	Desc      bool
	Page      int // from 1
	PerPage   int // 0: all
}

// Board is one page of the expiry board.
type Board struct {
	Rows       []BoardRow
	Matching   int           // rows that match, on all pages
	Total      int           // names under watch
	Clients    int           // clients with names under watch
	Groups     map[Group]int // over all names, not only those that match
	Bands      map[Band]int  // over all names
	Broken     int           // names with broken records
	Unanswered int           // names written to and not answered
	Registrars []string      // distinct, sorted
	ClientList []Client      // sorted by name
}

// BoardRow is one line of the board.
type BoardRow struct {
	Domain     Domain
	ClientName string
	Band       Band
	LastNotice *Notice // latest that was sent, bounced or is on its way in the open cycle
	Answer     *Answer
	Bounced    bool // the owner's address refused mail for good
}

// DomainView is one domain's page.
type DomainView struct {
	Watched      Watched
	Observations []Observation // latest first, without evidence, bounded
	Changes      []Change      // latest first, bounded
	Notices      []NoticeView  // of the open cycle and the last closed one, latest first
	Answers      []Answer      // latest first
	Grants       []Grant
}

// NoticeView is a notice with the message that carried it.
type NoticeView struct {
	Notice     Notice
	Mail       *Mail
	Attempts   []Attempt
	DomainName string // empty when it is about the client as a whole
	ClientName string
}

// TodayView answers the four daily questions.
type TodayView struct {
	Board      Board // counts only
	Horizon    []HorizonTile
	Findings   []FindingView // open, not snoozed, causes only, worst first, bounded
	OpenCount  int           // all open findings that stand for themselves
	Unanswered []BoardRow    // written to and not answered, longest first, bounded
	Queued     int           // notices waiting to go out
	Held       int
	Blocked    int // notices without a usable address
	Returned   int // messages that were refused or came back, to addresses that are on record still
	Records    int // expected records
	Broken     int // of them judged and not right
	Stale      int // names of which less is known than should be, see Stale
	Sweeps     []Sweep
	Lags       []ServerLag // registry servers that names wait for longer than they should
	Brake      *Brake
	AutoRenew  map[AutoRenew]int
	OneContact int // clients with only one contact
}

// HorizonTile is one domain on the expiry horizon.
type HorizonTile struct {
	DomainID  int64
	Name      string
	ExpiresAt *time.Time
	Band      Band
}

// FindingView is a finding with its domain and client.
type FindingView struct {
	Finding    Finding
	DomainName string
	ClientID   int64
	ClientName string
	Children   int // findings folded under it
}

// SilentZone is a domain for which no server answers, with all its open findings.
type SilentZone struct {
	DomainID int64
	Domain   string
	NS       []string // as the parent named them last
	Findings []Finding
}

// PortalView is what one client sees behind its signed link.
type PortalView struct {
	Link    Link
	Contact Contact
	Client  Client
	Domains []PortalDomain // most urgent first
	Grants  []Grant        // current ones
	Mails   []PortalMail   // sent to the contact, latest first, bounded
	Named   []Proposal     // whom the contact named, and nobody has decided on yet
}

// PortalDomain is one domain on the client's page.
type PortalDomain struct {
	Domain  Domain
	Cycle   *Cycle
	Answer  *Answer // latest of the open cycle, not withdrawn
	Records []ExpectedRecord
}

// ClientView is one client's page.
type ClientView struct {
	Client   Client
	Contacts []Contact
	Domains  []Domain
	Grants   []Grant
}

// GrantQuery asks for delegated access. Zero values mean "any".
type GrantQuery struct {
	ClientID int64
	DomainID int64
	Holder   string
	Platform string
	States   []GrantState
}

// GrantView is a grant with its client's name.
type GrantView struct {
	Grant      Grant
	ClientName string
	DomainName string
}

// PortfolioRow is one valid line of an imported portfolio.
type PortfolioRow struct {
	Line           int
	Domain         string // A-label
	Suffix         string
	Client         string
	Contacts       []Contact // Name, Email, Phone, Role, TimeZone, Language are used
	Services       []string
	AutoRenew      AutoRenew // empty: not stated, leaves what is stored
	AttestedExpiry *time.Time
	TimeZone       string
	Language       string
}

// ImportAction says what importing a line did, or would do.
type ImportAction string

// The actions of an import.
const (
	ImportNew     ImportAction = "new"
	ImportChanged ImportAction = "changed"
	ImportSame    ImportAction = "same"
)

// ImportResult says what an import did, line by line, in the order of the rows.
type ImportResult struct {
	Actions []ImportAction
	Clients int // clients that were added
}
