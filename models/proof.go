package models

import (
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

// Proof is what the ledger holds of one client, as of one instant.
type Proof struct {
	Client  Client
	Domains map[int64]string // names by ID
	Entries int              // lines of the whole ledger
	Head    string           // hash of its last line
	Lines   int              // lines of this client
}

// ProofLine is one line of a proof. One that is not the client's own is there to show what its neighbour follows; its body is kept back.
type ProofLine struct {
	Entry
	Own bool
}

// ProofMessage is a message that lines of a proof tell of, with the attempts to hand it over, the first first.
type ProofMessage struct {
	Mail     Mail
	Attempts []Attempt
}

// LedgerKinds of lines that other packages must know of.
const (
	EntryMailSent    = "mail_sent"
	EntryMailRefused = "mail_refused"
	EntryMailFailed  = "mail_failed"
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
