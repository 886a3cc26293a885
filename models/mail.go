package models

import "time"

// The parts of a mail look. Codes of problems begin with the part.
const (
	MailSPF   = "spf"   // RFC 7208
	MailDKIM  = "dkim"  // RFC 6376
	MailDMARC = "dmarc" // RFC 7489
	MailMX    = "mx"    // RFC 5321 section 5
)

// MailLook is what a look found on who may send mail in a domain's name. It informs: the agency hosts no e-mail.
type MailLook struct {
	SPF   []SPFLook
	DKIM  []DKIMLook
	DMARC []DMARCLook
	MX    []string // as answered, in their order of preference
	// BIMI, MTASTS and TLSRPT say whether such a record is there, no more.
	BIMI, MTASTS, TLSRPT bool

	Problems []MailProblem
	// Unknown are the parts on which nothing is stated, because an answer could not be had.
	Unknown []MailUnknown
	// NegativeTTL is how long resolvers may remember the longest-lived of the negative answers, for the confirming look.
	NegativeTTL time.Duration
	Evidence    []byte // a readable transcript, bounded by MaxEvidence
}

// SPFLook is what the SPF record of one host comes to.
type SPFLook struct {
	Host    string
	Text    string // the record, printable; empty: there is none
	Lookups int    // terms that cause lookups, over all includes; ten are allowed
	Voids   int    // of them that lead to nothing; two are allowed
	All     string // what is said of all other senders: -all, ~all, ?all, +all; empty: nothing
	Senders []SPFSender
}

// SPFSender says whether an SPF record lets an expected sender in.
type SPFSender struct {
	Rule    string // as the connection states it: "include:spf.sender.example"
	Listed  string // the way to it: "include:_spf.shop.example > include:spf.sender.example"; empty: it is not listed
	Address string // of the sender, with which the record was evaluated; empty: none is known
	Result  string // of that evaluation (RFC 7208 section 2.6)
	Reason  string
}

// DKIMLook is what is found at one selector.
type DKIMLook struct {
	Host   string
	Alias  string // where it points to; empty: the key is in the zone itself
	Type   string // rsa, ed25519; empty: no key is there
	Bits   int
	Usable bool
}

// DMARCLook is the policy on mail from one domain.
type DMARCLook struct {
	Domain string
	At     string // whose record it is; empty: there is none
	Policy string // none, quarantine, reject
}

// MailProblem is one thing wrong with a domain's mail records.
type MailProblem struct {
	Code    string // stable, begins with the part: spf_several, dkim_revoked
	Subject string // the host, with the term or the target behind it where several can be wrong
	Side    string // whose side is wrong: client, provider (the sending service or who runs a record that is included)
	Detail  string
	Breaks  bool   // mail of the client's sending service is not believed because of it
	For     string // what stops then: the purpose of the expected record; empty: none is concerned
	// Essential says that the concerned record is.
	Essential bool
	Cause     string // code of the problem that explains this one
}

// MailPending is a problem with mail records that was seen once, and counts when it is seen again.
type MailPending struct {
	Code      string    `json:"code"`
	Subject   string    `json:"subject"`
	At        time.Time `json:"at"`         // first seen
	ConfirmAt time.Time `json:"confirm_at"` // earliest time at which a second look confirms it: the negative TTL has passed
}

// MailUnknown is one part of one host on which nothing is stated.
type MailUnknown struct{ Part, Host, Why string }
