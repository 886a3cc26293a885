package models

import "time"

// Forecast is what goes out in the next days if nothing changes: no answer, no renewal, no other facts at registries and in the DNS, and nobody
// holds or releases anything.
type Forecast struct {
	At      time.Time // when it was made
	Until   time.Time // the end of its last day
	Days    int
	Letters []ForecastLetter // in the order in which they go out
	Tasks   []ForecastItem   // what comes up for ops to do, in order
	Nobody  []ForecastItem   // owed and sent to nobody: no contact may be written to
	Unknown []Unforeseen     // names of which too little is known to foresee anything
	Brake   *Brake           // the storm brake; while it is on nothing goes out, whatever Letters says
	// NoServer says that no mail server is set up: nothing goes out, whatever Letters says.
	NoServer bool
}

// ForecastState says what becomes of a message on its day.
type ForecastState string

// The states of a foreseen message.
const (
	ForecastGoes       ForecastState = "goes"
	ForecastOnItsWay   ForecastState = "on_its_way"  // bound to a message that is being handed over
	ForecastHeld       ForecastState = "held"        // somebody holds all that it would carry
	ForecastClientHeld ForecastState = "client_held" // nothing goes out to the client
	ForecastOverCap    ForecastState = ReasonOverCap // the address has its messages for the day; it is due again on the next
)

// LetterKey names a foreseen message: at most one of a kind goes to a contact on a day.
type LetterKey struct {
	ContactID int64
	Day       string // calendar day in the agency's zone, 2006-01-02
	Kind      MailKind
}

// ForecastLetter is one message that goes out.
type ForecastLetter struct {
	Key     LetterKey
	At      time.Time // not before
	State   ForecastState
	Client  Client  // ID, Name and the hold
	Contact Contact // ID, Name, Email, Role
	Items   []ForecastItem
}

// Goes reports whether the message goes out on its day.
func (l *ForecastLetter) Goes() bool { return l.State == ForecastGoes || l.State == ForecastOnItsWay }

// ForecastItem is one notice of a forecast.
type ForecastItem struct {
	Notice  Notice // ID 0: no row yet
	Domain  string // A-label, empty when it is about the client as a whole
	Client  string
	Held    bool       // by a person: it is kept out of its message
	PriorAt *time.Time // when the contact will have been written to in the same cycle, by this forecast
}

// Unforeseen is a name for which nothing can be foreseen, and why.
type Unforeseen struct {
	DomainID     int64
	Name         string
	ClientID     int64
	Client       string
	Lifecycle    Lifecycle
	LifecycleWhy LifecycleReason
	SeenAt       *time.Time
}

// Beforehand is what foreseeing needs beside the domains' own rows: what already happened on the day, and what waits beside the planner.
type Beforehand struct {
	Today    []Mail    // of the day or on its way, without words
	Waiting  []Notice  // e-mail notices that are queued, held or bound to a message
	Clients  []Client  // of Waiting
	Contacts []Contact // of Waiting
	Domains  []Domain  // of Waiting: ID and Name
	Unknown  []Unforeseen
	Brake    *Brake
}

// Preview is a message as it reads.
type Preview struct {
	Letter  Letter
	At      time.Time // for which instant it is worded
	From    string
	Subject string
	Text    string
	HTML    string
	ICS     string
}

// NoticePage is one notice with all that stands around it.
type NoticePage struct {
	View      NoticeView
	Client    Client
	Domain    *Domain      // nil: it is about the client as a whole
	Contacts  []Contact    // of the client, in the order in which they are written to
	Ladder    []NoticeView // of the same cycle, tasks included, by their due time
	Carried   []NoticeView // what its message carries, itself included
	Bounces   []Bounce     // reports on its message
	Answer    *Answer      // latest of the cycle that is not withdrawn
	TakenBack bool         // its message is taken back
}

// LadderStep is a stage of the ladder at its instant for one domain.
type LadderStep struct {
	Stage  Stage
	DueAt  time.Time
	Ops    bool // a task for ops, nothing goes to the client
	Deputy bool // the deputy is written to as well
	Desk   bool // on business days only
	Off    bool // not in use
}

// NoticeRules are what pages say of the notice policy of the agency, or of one client.
type NoticeRules struct {
	SendFrom, SendUntil ClockTime
	Office              Office
	AnyDayWithin        int     // stages up to so many days before expiry, and all after it, go out on closed days too
	DeputyFrom          int     // days before expiry from which the deputy is written to as well
	DeputyAfter         int     // days without an answer after which the deputy is written to as well; 0: never for that
	AnswerHours         int     // business-aware hours without an answer until ops get a task
	DailyCap            int     // messages a day to one address; 0: any number
	Stages              []Stage // in use, the earliest first
}
