package catalog

import "strings"

// Tri is an answer that may not be known.
type Tri string

// The answers of a Tri.
const (
	Yes     Tri = "yes"
	No      Tri = "no"
	Unknown Tri = "unknown"
)

// Class is the kind of a registry, which decides the rules that its lifecycle follows.
type Class string

// The classes of registries.
const (
	ClassGTLD      Class = "gtld"      // under contract with ICANN
	ClassCCTLD     Class = "cctld"     // of a country or territory, with rules of its own
	ClassSponsored Class = "sponsored" // closed: edu, gov, int
	ClassPrivate   Class = "private"   // a name under which its holder sells names
)

// Recovery says through whom a name can be had back after the grace.
type Recovery string

// The ways back.
const (
	RecoveryUnknown      Recovery = ""
	RecoveryRegistrar    Recovery = "registrar"     // the registrar that had it last
	RecoveryAnyRegistrar Recovery = "any_registrar" // whichever registrar the last holder chooses
	RecoveryRegistry     Recovery = "registry"      // the registry itself
)

// Registry is what is known of the registry behind a suffix. The days of the lifecycle are the longest that apply; EPP statuses win over
// them where a registry shows any. How its servers may be asked is in the table of servers.
type Registry struct {
	Suffix             string   `json:"suffix"` // A-label; empty for the assumption about an unlisted suffix
	Class              Class    `json:"class"`
	AutoRenewGraceDays int      `json:"auto_renew_grace_days"` // after expiry, renewal at the normal price
	RedemptionDays     int      `json:"redemption_days"`       // then recoverable for a fee, or through the last holder's registrar
	PendingDeleteDays  int      `json:"pending_delete_days"`   // then lost for its holder, and not yet free
	AutoRenews         Tri      `json:"auto_renews,omitempty"` // whether the registry moves the date forward by itself, which the registrar can take back; empty: not known
	Recovery           Recovery `json:"recovery,omitempty"`    // through whom a name comes back in the redemption
	PublishesExpiry    Tri      `json:"publishes_expiry"`
	Reason             string   `json:"reason,omitempty"`     // why PublishesExpiry is no or unknown, or what else to know, for people
	WHOISServer        string   `json:"whois,omitempty"`      // host; empty: none is known
	Note               string   `json:"note,omitempty"`       // what else to know of the lifecycle, for people
	Source             string   `json:"source,omitempty"`     // document that the lifecycle is taken from: whose, and its title
	SourceURL          string   `json:"source_url,omitempty"` // where it stands
	Seen               string   `json:"seen,omitempty"`       // month in which it was read, 2006-01
	Assumed            bool     `json:"assumed,omitempty"`    // the lifecycle is not known; the days are a cautious assumption, and Note says so
}

// assumption stands for suffixes that are not listed: most that come up are new gTLDs, which all follow the same rules.
var assumption = Registry{
	Class: ClassGTLD, AutoRenewGraceDays: 45, RedemptionDays: 30, PendingDeleteDays: 5, AutoRenews: Unknown, PublishesExpiry: Unknown,
	Reason: "the suffix is not listed; it is treated like a gTLD", Note: "the suffix is not listed; the days are those of a gTLD", Assumed: true,
}

// countryAssumption stands for unlisted top levels of two letters, which are countries: each has rules of its own, so none is counted on.
var countryAssumption = Registry{
	Class: ClassCCTLD, AutoRenews: Unknown, PublishesExpiry: Unknown,
	Reason: "the suffix is not listed", Note: "the suffix is not listed; no time after the expiry is counted on", Assumed: true,
}

// ForDomain returns the registry of an A-label name by its longest listed suffix, or the assumption for an unlisted one.
func ForDomain(name string) Registry {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	for name != "" {
		if r, ok := registries()[name]; ok {
			return r
		}
		_, rest, found := strings.Cut(name, ".")
		if !found {
			break
		}
		name = rest
	}
	if len(name) == 2 {
		return countryAssumption
	}
	return assumption
}
