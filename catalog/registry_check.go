package catalog

import (
	"fmt"
	"strings"
)

// The longest phases that are believed, in days; a longer one is a slip of the pen.
const (
	maxGraceDays      = 60
	maxRedemptionDays = 120
	maxPendingDays    = 30
)

// Validate checks one row; the error says what is wrong with which suffix.
func (r Registry) Validate() error {
	switch {
	case !isSuffix(r.Suffix):
		return fmt.Errorf("suffix %q: write it as A-label in lower case, without a leading dot", r.Suffix)
	case r.Class != ClassGTLD && r.Class != ClassCCTLD && r.Class != ClassSponsored && r.Class != ClassPrivate:
		return fmt.Errorf("suffix %q: class %q is none of gtld, cctld, sponsored, private", r.Suffix, r.Class)
	case r.PublishesExpiry != Yes && r.PublishesExpiry != No && r.PublishesExpiry != Unknown:
		return fmt.Errorf("suffix %q: publishes_expiry %q is none of yes, no, unknown", r.Suffix, r.PublishesExpiry)
	case r.PublishesExpiry != Yes && r.Reason == "":
		return fmt.Errorf("suffix %q: a registry without a known public expiry needs a reason", r.Suffix)
	case r.DateOrder != OrderUnknown && r.DateOrder != DayFirst && r.DateOrder != MonthFirst:
		return fmt.Errorf("suffix %q: date_order %q is neither dmy nor mdy", r.Suffix, r.DateOrder)
	case r.Assumed == (r.Source != ""):
		return fmt.Errorf("suffix %q: a lifecycle has either a source or is assumed", r.Suffix)
	case r.WHOISServer != "" && !isHost(r.WHOISServer):
		return fmt.Errorf("suffix %q: whois %q is not a host name", r.Suffix, r.WHOISServer)
	case r.WHOISQuery != "" && (strings.Count(r.WHOISQuery, "{}") != 1 || strings.ContainsAny(r.WHOISQuery, "\r\n")):
		return fmt.Errorf("suffix %q: whois_query %q must hold {} once and be one line", r.Suffix, r.WHOISQuery)
	}
	return r.validateNumbers()
}

func (r Registry) validateNumbers() error {
	for _, n := range []struct {
		name     string
		value, n int
	}{
		{"auto_renew_grace_days", r.AutoRenewGraceDays, maxGraceDays},
		{"redemption_days", r.RedemptionDays, maxRedemptionDays},
		{"pending_delete_days", r.PendingDeleteDays, maxPendingDays},
		{"per_minute", r.PerMinute, 6000},
		{"per_day", r.PerDay, 1_000_000},
	} {
		if n.value < 0 || n.value > n.n {
			return fmt.Errorf("suffix %q: %s is %d; 0 to %d is possible", r.Suffix, n.name, n.value, n.n)
		}
	}
	if r.Class == ClassGTLD && (r.AutoRenewGraceDays != 45 || r.RedemptionDays != 30 || r.PendingDeleteDays != 5) {
		return fmt.Errorf("suffix %q: a gTLD has 45, 30 and 5 days", r.Suffix)
	}
	return nil
}

// isSuffix accepts labels of lower-case letters, digits and inner hyphens.
func isSuffix(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

func isHost(s string) bool { return strings.Contains(s, ".") && isSuffix(s) }
