package catalog

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
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
	case r.AutoRenews != "" && r.AutoRenews != Yes && r.AutoRenews != No && r.AutoRenews != Unknown:
		return fmt.Errorf("suffix %q: auto_renews %q is none of yes, no, unknown", r.Suffix, r.AutoRenews)
	case !slices.Contains([]Recovery{RecoveryUnknown, RecoveryRegistrar, RecoveryAnyRegistrar, RecoveryRegistry}, r.Recovery):
		return fmt.Errorf("suffix %q: recovery %q is none of registrar, any_registrar, registry", r.Suffix, r.Recovery)
	case r.WHOISServer != "" && !isHost(r.WHOISServer):
		return fmt.Errorf("suffix %q: whois %q is not a host name", r.Suffix, r.WHOISServer)
	}
	if err := r.validateSource(); err != nil {
		return err
	}
	return r.validateNumbers()
}

// validateSource makes sure that whoever doubts the days can look them up, or is told that they are assumed.
func (r Registry) validateSource() error {
	u, err := url.Parse(r.SourceURL)
	_, badMonth := time.Parse("2006-01", r.Seen)
	switch {
	case r.Assumed && (r.Source != "" || r.SourceURL != "" || r.Seen != ""), !r.Assumed && r.Source == "":
		return fmt.Errorf("suffix %q: a lifecycle has either a source or is assumed", r.Suffix)
	case r.Assumed && r.Note == "":
		return fmt.Errorf("suffix %q: an assumed lifecycle needs a note that says why", r.Suffix)
	case r.Assumed:
		return nil
	case err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "":
		return fmt.Errorf("suffix %q: source_url %q is no address of a document", r.Suffix, r.SourceURL)
	case badMonth != nil:
		return fmt.Errorf("suffix %q: seen %q is no month like 2026-11", r.Suffix, r.Seen)
	}
	return nil
}

func (r Registry) validateNumbers() error {
	for _, n := range []struct {
		name     string
		value, n int
	}{
		{"auto_renew_grace_days", r.AutoRenewGraceDays, maxGraceDays},
		{"redemption_days", r.RedemptionDays, maxRedemptionDays},
		{"pending_delete_days", r.PendingDeleteDays, maxPendingDays},
	} {
		if n.value < 0 || n.value > n.n {
			return fmt.Errorf("suffix %q: %s is %d; 0 to %d is possible", r.Suffix, n.name, n.value, n.n)
		}
	}
	if r.Class == ClassGTLD && (r.AutoRenewGraceDays != 45 || r.RedemptionDays != 30 || r.PendingDeleteDays != 5 || r.AutoRenews != Yes) {
		return fmt.Errorf("suffix %q: a gTLD has 45, 30 and 5 days, and renews by itself", r.Suffix)
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
