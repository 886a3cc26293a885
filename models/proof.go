package models

import (
	"encoding/json"
	"fmt"
	"time"
)

// ErasedText stands in place of a message's words after what is personal in them was erased. The hash of the words stays.
const ErasedText = "[erased: these words named a person. Their SHA-256 is kept.]"

// ErasedWord stands in place of a person's name, address or phone number that was erased.
const ErasedWord = "[erased]"

// LedgerState is what a check of the ledger found, up to where it came.
type LedgerState struct {
	Entries  int    // lines whose place and content hold
	Head     string // hash of the last of them
	Erased   int    // lines from which what is personal was taken out
	Messages int    // lines on messages, compared with the message, its words and the server's answer
	Looks    int    // observations that lines rest on, compared with the evidence
	Answers  int    // lines on answers, compared with the answer
	Kept     []KeptHead
}

// KeptHead is a head of the ledger that was kept elsewhere, found again.
type KeptHead struct {
	Hash  string
	Line  int64 // the ID of the line it was the hash of
	Since int   // lines that were added after it
}

// Answered gives what the server said to an attempt in one line: the code, the enhanced code (RFC 3463) and the words, as far as there are.
func (a *Attempt) Answered() string {
	switch {
	case a.Code == 0:
		return a.Reply
	case a.Enhanced == "":
		return fmt.Sprintf("%d %s", a.Code, a.Reply)
	}
	return fmt.Sprintf("%d %s %s", a.Code, a.Enhanced, a.Reply)
}

// ProofQuery asks for what the ledger holds of one client.
type ProofQuery struct {
	ClientID    int64
	From, Until *time.Time // only lines of that time, From included; lines on erasures come in any case
	Whole       bool       // every line between the client's first and the head, those of others without their body
	Evidence    bool       // the raw answers with the observations
}

// Proof is what a proof begins with.
type Proof struct {
	Client  Client
	Domains map[int64]string // the client's names by ID, those no longer watched too
	Entries int              // lines of the whole ledger
	Head    string           // hash of its last line
	Lines   int              // lines of this client that follow
}

// ProofLine is one line of a proof. One that is not the client's own shows what its neighbour follows; its body is kept back.
type ProofLine struct {
	Entry
	Own bool
}

// ProofMessage is a message that lines of a proof tell of, with the attempts to hand it over, the first first.
type ProofMessage struct {
	Mail     Mail
	Attempts []Attempt
}

// ProofSink takes a proof piece by piece, in the order of its fields.
type ProofSink struct {
	Begin    func(Proof) error
	Lines    func([]ProofLine) error
	Messages func([]ProofMessage) error
	Looks    func([]Observation) error // on which the messages rest
}

// LedgerMessage is what a line on a message says, and vouches for.
type LedgerMessage struct {
	Domain     string      `json:"domain"`
	Stage      Stage       `json:"stage"`
	Reason     string      `json:"reason"`
	NoticeID   int64       `json:"notice_id"`
	ExpiresAt  *time.Time  `json:"expires_at"`
	Source     string      `json:"expiry_source"`
	ObservedAt *time.Time  `json:"observed_at"`
	MailID     int64       `json:"mail_id"`
	MessageID  string      `json:"message_id"`
	Recipient  string      `json:"recipient"`
	Subject    string      `json:"subject"`
	TextHash   string      `json:"text_sha256"`
	Reply      *string     `json:"smtp_reply"`
	Attempt    int         `json:"attempt"`
	Look       *LedgerLook `json:"observation"`
}

// LedgerLook is the observation on which a line rests; the evidence is vouched for by its hash. Lines of earlier versions have no outcome.
type LedgerLook struct {
	ID           int64     `json:"id"`
	Kind         LookKind  `json:"kind"`
	Outcome      Outcome   `json:"outcome,omitempty"`
	Server       string    `json:"server"`
	At           time.Time `json:"at"`
	EvidenceHash string    `json:"evidence_sha256"`
}

// Message reads what a line says of a message; ok is false for a line on something else.
func (e *Entry) Message() (m LedgerMessage, ok bool) {
	switch e.Kind {
	case EntryMailSent, EntryMailRefused, EntryMailFailed:
		return m, json.Unmarshal([]byte(e.Body), &m) == nil && m.MailID != 0
	}
	return m, false
}

// Kinds of lines that somebody reads again.
const (
	EntryMailSent    = "mail_sent"
	EntryMailRefused = "mail_refused"
	EntryMailFailed  = "mail_failed"
	EntryMailBounced = "mail_bounced"
	EntryErased      = "erased"
	EntryAnswer      = "answer"
	EntryWithdrawn   = "answer_withdrawn"
)

// Erasure is what is taken out on a person's request.
type Erasure struct {
	ContactID int64
	By        string // the user who does it
	Reason    string // in words, without naming the person
	At        time.Time
	Force     bool // even if nobody is left who can be written to about domains under watch
}

// ErasureResult counts what an erasure took out.
type ErasureResult struct {
	Already  bool // the contact had been erased before; nothing was done
	Lines    int  // of the ledger
	Messages int
	Others   int // further rows: notices, answers, calls, findings …
}
