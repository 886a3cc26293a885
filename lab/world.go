package lab

import "time"

// World describes everything the lab serves, as plain data. The lab copies it;
// changing it after Start has no effect, the methods of Lab do that.
type World struct {
	TLDs       []TLD
	Registrars []Registrar
	Domains    []Domain
	// Servers are the authoritative name servers. Root and TLD servers come by
	// themselves, and so do two default servers for domains that name none.
	Servers []Server
	// Zones are zones beside those of registered domains, such as a subdomain
	// that is delegated to somebody else.
	Zones []Zone
	// SMTP are the refusals scripted from the start, in order.
	SMTP []SMTPFault
}

// Dialect is the form in which a WHOIS server words its answers.
type Dialect string

// The WHOIS dialects, in wordings of our own after the forms that are common.
const (
	DialectGeneric Dialect = "generic" // key: value with "Registry Expiry Date:" in RFC 3339; the zero value means this one
	DialectCountry Dialect = "country" // "Expiry date: 05-Jan-2027", "Domain status:", an indented server block
	DialectMinimal Dialect = "minimal" // no dates at all, "Status: connect"
)

// TLD is a suffix under which domains are registered. It may have several
// labels ("co.shoplab"); it is then delegated from the suffix above, if any.
type TLD struct {
	Name            string
	RDAP            bool // listed in the bootstrap file, with a server of its own
	WHOIS           bool // has a WHOIS server
	PublishesExpiry bool // says in either protocol when a registration ends
	Dialect         Dialect
	Lifecycle       Lifecycle
	RDAPFault       *RDAPFault  // from the start
	WHOISFault      *WHOISFault // from the start
}

// Registrar is a company that sells registrations.
type Registrar struct {
	Name       string
	IANAID     int
	URL        string
	AbuseEmail string
	AbusePhone string
}

// Domain is one registration together with its zone.
type Domain struct {
	Name      string    // A-label form, without a dot at the end
	Unicode   string    // U-label form, if it differs
	Registrar string    // by name; an unknown one is added with an invented number
	Created   time.Time // zero means three years before Expires
	Updated   time.Time
	// Expires is the instant until which the registration is paid.
	Expires time.Time
	// RegistrarExpires is the registrar's own date; zero means the same.
	RegistrarExpires time.Time
	// Statuses are EPP status names (RFC 5731), beside those the lifecycle adds.
	// clientHold and serverHold take the delegation away.
	Statuses []string
	// AutoRenewTrap turns on Lifecycle.AutoRenewTrap for this domain alone.
	AutoRenewTrap bool
	// RegistrarRDAP makes the registry's answer link to the registrar's own.
	RegistrarRDAP bool
	// NameServers are the servers the parent zone names. Nil means the default
	// servers; an empty, non-nil slice means that the domain is not delegated.
	NameServers []string
	// ChildNS are the NS records in the domain's own zone; nil means the same.
	ChildNS []string
	// ServedBy are the servers that really have the zone; nil means all of
	// NameServers and ChildNS. A server named but not serving is lame.
	ServedBy    []string
	MissingGlue bool // leave the addresses out of the referral
	// Glue are addresses that the parent hands out in place of the right ones,
	// by name server.
	Glue map[string]string
	DS   []string // DS records in the parent zone, in presentation form
	// Signing signs the zone and adds its DS record to the parent zone.
	Signing    *Signing
	Records    []Record // the zone's contents, without SOA and NS
	RDAPFault  *RDAPFault
	WHOISFault *WHOISFault
	// Infrastructure marks a domain that only carries name servers.
	Infrastructure bool
}

// Server is an authoritative name server on an address of its own.
type Server struct {
	Name      string
	Address   string // 127.77.x.y; given out by the lab when empty
	Behaviour Behaviour
}

// Zone is a zone that is not a registration of its own.
type Zone struct {
	Name    string
	Servers []string // its NS records
	// ServedBy are the servers that really have the zone; nil means Servers.
	ServedBy []string
	Records  []Record
}

// Record is one resource record of a zone.
type Record struct {
	Host string // relative to the zone; "" and "@" are its apex
	Type string
	// Value in presentation form. Names are taken as absolute with or without a
	// dot at the end. TXT needs no quotes; longer texts are cut into strings.
	Value string
	TTL   uint32 // seconds; zero means 300
}
