package models

import "time"

// Statement is what one source last stated on one registration, beside what the others state. There is one for each domain and source:
// the registry's RDAP, the registrar's RDAP, WHOIS. A look without an answer changes only when and how the source was last asked. The
// statement of a registrar ends when the name goes to another one.
type Statement struct {
	DomainID      int64      `gorm:"primaryKey;autoIncrement:false"`
	Source        LookKind   `gorm:"primaryKey"`
	Server        string     `gorm:"not null"`        // host:port or URL that stated it
	Outcome       Outcome    `gorm:"not null"`        // ok, or absent: there is no such registration; empty: the source never answered
	Facts         *Facts     `gorm:"serializer:json"` // nil unless Outcome is ok
	At            *time.Time // when it was last stated; nil: never
	ObservationID *int64     // the look of At, with its raw answer
	AskedAt       time.Time  `gorm:"not null"` // last look at the source, answered or not
	AskedOutcome  Outcome    `gorm:"not null"` // how that look ended
}

// Sources lists the sources of statements in the order in which they are believed and shown.
func Sources() []LookKind { return []LookKind{LookRDAP, LookRegistrarRDAP, LookWHOIS} }

// Stated gives the statement of a source; nil: there is none.
func Stated(statements []Statement, source LookKind) *Statement {
	for i := range statements {
		if statements[i].Source == source {
			return &statements[i]
		}
	}
	return nil
}

// States reports whether the source's last answer was that the name is registered.
func (s *Statement) States() bool {
	return s != nil && s.At != nil && s.Outcome == OutcomeOK && s.Facts != nil && (s.Facts.Registered == nil || *s.Facts.Registered)
}

// FactSource says who stated a merged fact, and when last.
type FactSource struct {
	Source LookKind  `json:"source"`
	Server string    `json:"server,omitempty"`
	At     time.Time `json:"at"`
}

// The facts of a registration, as changes, sources and disagreements name them. They are stored: they never change.
const (
	FactRegistered      = "registered"
	FactRegistrar       = "registrar"
	FactNameservers     = "nameservers"
	FactStatuses        = "statuses"
	FactTransferLock    = "transfer_lock"
	FactRegistryExpiry  = "registry_expiry"
	FactRegistrarExpiry = "registrar_expiry"
	FactEffectiveExpiry = "effective_expiry"
	FactDNSSEC          = "dnssec"
	FactDS              = "ds"
	FactCreated         = "created"
	FactUpdated         = "updated"
	FactLifecycle       = "lifecycle"
	FactExpiry          = "expiry" // in disagreements: of registry and registrar together
	FactParentNS        = "parent_nameservers"
)
