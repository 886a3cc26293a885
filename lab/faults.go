package lab

import "time"

// RDAPFaultKind names a way in which an RDAP service fails.
type RDAPFaultKind string

// The ways in which an RDAP service fails.
const (
	RDAPStatus    RDAPFaultKind = "status"     // Status, with RetryAfter if set, and an RDAP error body
	RDAPHTML      RDAPFaultKind = "html"       // a web page with status 200 (or Status)
	RDAPCut       RDAPFaultKind = "cut"        // the right JSON, ending half way
	RDAPOtherName RDAPFaultKind = "other_name" // a well-formed answer about another domain
	RDAPRedirect  RDAPFaultKind = "redirect"   // 302 to RedirectTo
	RDAPBig       RDAPFaultKind = "big"        // valid JSON padded to Bytes
	RDAPEndless   RDAPFaultKind = "endless"    // JSON that never ends
	RDAPReset     RDAPFaultKind = "reset"      // connection reset in the middle of the body
	RDAPOutage    RDAPFaultKind = "outage"     // connection reset before any answer
	RDAPHostile   RDAPFaultKind = "hostile"    // valid JSON with markup, control characters and line breaks in its texts
	RDAPQuota     RDAPFaultKind = "quota"      // answers well until more than Allow questions came Within a time, then 429 with Retry-After for as long
)

// RDAPFault is a failure of an RDAP service. A fault without a Kind only delays.
type RDAPFault struct {
	Kind       RDAPFaultKind
	Status     int
	RetryAfter string // the header as sent: seconds or an HTTP date
	RedirectTo string
	Bytes      int64 // of RDAPBig; zero means 10 MB
	Allow      int   // of RDAPQuota
	Within     time.Duration
	Delay      time.Duration
	Times      int // how many answers it spoils; zero means all until it is taken away
}

// WHOISFaultKind names a way in which a WHOIS service fails.
type WHOISFaultKind string

// The ways in which a WHOIS service fails.
const (
	WHOISThrottled WHOISFaultKind = "throttled"  // says that the quota is used up
	WHOISReserved  WHOISFaultKind = "reserved"   // says that the name is reserved
	WHOISHostile   WHOISFaultKind = "hostile"    // the right answer with markup, control characters and forged header lines
	WHOISBareRefer WHOISFaultKind = "bare_refer" // ends in "refer: x" without a line break
	WHOISReferral  WHOISFaultKind = "referral"   // refers to ReferTo
	WHOISOtherName WHOISFaultKind = "other_name" // an answer about another domain
	WHOISText      WHOISFaultKind = "text"       // answers Text
	WHOISBig       WHOISFaultKind = "big"        // the right answer after Bytes of comment
	WHOISEndless   WHOISFaultKind = "endless"    // comment that never ends
	WHOISOutage    WHOISFaultKind = "outage"     // connection reset before the question is read
	WHOISSilent    WHOISFaultKind = "silent"     // reads the question, answers nothing, keeps the connection
	WHOISEmpty     WHOISFaultKind = "empty"      // closes without a byte
	WHOISQuota     WHOISFaultKind = "quota"      // answers well until more than Allow questions came Within a time, then as WHOISThrottled for as long
)

// WHOISFault is a failure of a WHOIS service. A fault without a Kind only delays.
type WHOISFault struct {
	Kind    WHOISFaultKind
	ReferTo string // host or host:port
	Text    string
	Bytes   int64 // of WHOISBig; zero means 10 MB
	Allow   int   // of WHOISQuota
	Within  time.Duration
	Delay   time.Duration
	Times   int // how many answers it spoils; zero means all until it is taken away
}

// SMTPFault is a failure of the mail server.
type SMTPFault struct {
	Recipient string // whose mail it concerns; empty means everybody's
	// AtData refuses after the message was sent instead of at RCPT TO.
	AtData   bool
	Code     int    // 452, 550, 421…; zero does not refuse
	Enhanced string // enhanced status code (RFC 3463), such as "5.1.1"
	Text     string
	Delay    time.Duration
	// Drop takes the message and closes the connection before the 250, so that
	// the client does not know.
	Drop   bool
	Outage bool // every connection is reset at once; Recipient is not looked at
	Times  int  // how often it strikes; zero means until it is taken away
}

const defaultBig = 10 << 20

// Mode names how a name server fails.
type Mode string

// The modes of a name server.
const (
	ModeOK               Mode = ""
	ModeRefused          Mode = "refused"
	ModeSilent           Mode = "silent"
	ModeServFail         Mode = "servfail"
	ModeTruncate         Mode = "truncate"          // TC and no records over UDP, the full answer over TCP
	ModeNotAuthoritative Mode = "not_authoritative" // right data without the AA bit
	ModeOtherName        Mode = "other_name"        // answers a question nobody asked
	ModeUDPOnly          Mode = "udp_only"          // closes TCP connections at once
	ModeTCPOnly          Mode = "tcp_only"          // silent over UDP
	ModeFormErrEDNS      Mode = "formerr_edns"      // FORMERR when the query has an OPT record
)

// Behaviour is how one name server differs from a good one.
type Behaviour struct {
	Mode  Mode
	Delay time.Duration // before each answer
	// Override replaces, on this server alone, the record sets of the same
	// owner and type. Host is the full owner name here.
	Override []Record
	// Missing takes, on this server alone, the record sets away. Host is the
	// full owner name, Value is not looked at.
	Missing []Record
	// SerialOffset is added to the SOA serials this server tells.
	SerialOffset int32
	// AllowTransfer answers AXFR, which is refused otherwise.
	AllowTransfer bool
	// Zones are those of which all this is true; empty: whatever the server is
	// asked. ModeUDPOnly closes connections before anything is asked.
	Zones []string
}

// counted is a fault with the number of times it still strikes.
type counted[F any] struct {
	fault F
	left  int // negative: without end
}

func newCounted[F any](fault F, times int) *counted[F] {
	if times <= 0 {
		times = -1
	}
	return &counted[F]{fault: fault, left: times}
}

// take uses the fault once. It returns false for a nil or used-up fault.
func (c *counted[F]) take() (F, bool) {
	var none F
	if c == nil || c.left == 0 {
		return none, false
	}
	if c.left > 0 {
		c.left--
	}
	return c.fault, true
}
