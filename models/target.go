package models

import "time"

// TargetKind says what sort of record leads to a target.
type TargetKind string

// The kinds of targets.
const (
	TargetNS    TargetKind = "ns"    // a name server, of the domain or of a sub-delegation
	TargetCNAME TargetKind = "cname" // what an alias stands for
	TargetMX    TargetKind = "mx"    // a mail server
	TargetSPF   TargetKind = "spf"   // a domain whose senders an SPF record lets in (RFC 7208 sections 5.2 and 6.1)
)

// TargetState says whether a target exists in DNS.
type TargetState string

// The states of a target. That one exists does not say that the right people hold it.
const (
	TargetExists  TargetState = "exists"
	TargetAbsent  TargetState = "absent"  // NXDOMAIN by authoritative servers
	TargetUnknown TargetState = "unknown" // could not be looked up
)

// TargetDomain says whether the registrable domain of an absent target is registered.
type TargetDomain string

// What is known of the registration of a target's domain.
const (
	TargetNotAsked   TargetDomain = ""           // nobody asked, or DNS itself shows that the domain is there
	TargetFree       TargetDomain = "free"       // the registry says that there is no such registration
	TargetRegistered TargetDomain = "registered" // somebody holds it
	TargetUnclear    TargetDomain = "unclear"    // the registry was asked and stated nothing
)

// TargetLook is what was found out about one name outside a domain to which a record of the domain leads.
type TargetLook struct {
	Kind     TargetKind
	Host     string // whose record leads there
	Name     string // what the record names; empty with TargetUnknown: it is not known what the host's records of this kind name
	End      string // the name that does not exist: Name, or the last one of its chain of aliases
	State    TargetState
	DeniedBy string // the zone whose servers say that End does not exist; empty: not stated
	Detail   string

	// Domain is the registrable domain of End where DNS says that the whole of it does not exist, and Registration what its registry says.
	Domain       string
	Registration TargetDomain
	Server       string // of the registry
	AskedAt      *time.Time
}
