package monitor_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

func TestARegistrysOwnWordsForAStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		suffix string
		stated []string
		want   []string
		why    string
	}{
		{"com", []string{"clientHold", "ok"}, []string{"clientHold", "ok"}, "EPP as it is"},
		{"it", []string{"pendingDelete / redemptionPeriod"}, []string{"pendingDelete", "redemptionPeriod"}, "two in one"},
		{"it", []string{"inactive / dnsHold"}, []string{"inactive", "serverHold"}, ""},
		{"mobi", []string{"CLIENT_TRANSFER_PROHIBITED", "client transfer prohibited"}, []string{"clientTransferProhibited", "clientTransferProhibited"}, "EPP in other letters"},
		{"me", []string{"TRANSFER PROHIBITED"}, []string{"clientTransferProhibited"}, "before EPP's spelling"},
		{"qa", []string{"serverDeleteProhibited (Legacy)"}, []string{"serverDeleteProhibited"}, "a remark changes nothing"},
		{"nl", []string{"in quarantine"}, []string{"redemptionPeriod"}, "SIDN: 40 days, only for the last registrant"},
		{"eu", []string{"QUARANTINE"}, []string{"redemptionPeriod"}, ""},
		{"fr", []string{"REDEMPTION"}, []string{"redemptionPeriod"}, ""},
		{"co.nz", []string{"210 PendingRelease"}, []string{"redemptionPeriod"}, "below the suffix the word is known for"},
		{"ca", []string{"auto-renew grace"}, []string{"autoRenewPeriod"}, ""},
		{"fi", []string{"Grace Period"}, []string{"lapsed"}, "EPP has no word for it"},
		{"co.uk", []string{"Renewal required."}, []string{"lapsed"}, ""},
		{"cz", []string{"Expired", "To be deleted"}, []string{"lapsed", "pendingDelete"}, ""},
		{"jp", []string{"Suspended"}, []string{"serverHold"}, "taken out of the zone, wherever it is said"},
		{"ru", []string{"REGISTERED", "NOT DELEGATED", "VERIFIED"}, []string{"REGISTERED", "inactive", "VERIFIED"}, "what means nothing to us stays as stated"},
		{"com", []string{"quarantine", "expired", "grace period"}, []string{"quarantine", "expired", "grace period"}, "there it may mean anything"},
		{"notnl", []string{"in quarantine"}, []string{"in quarantine"}, "another suffix that ends alike"},
		{"de", []string{"connect"}, []string{"connect"}, ""},
	} {
		look := said(models.LookWHOIS, "2026-11-01T08:00:00Z", "", c.stated...)
		k, _ := monitor.Merge(monitor.Known{}, []models.Look{look}, monitor.MergeContext{Domain: &models.Domain{Suffix: c.suffix}, Now: look.At})
		if diff := cmp.Diff(c.want, k.Registration.Statuses); diff != "" {
			t.Errorf(".%s %q: %s\n%s", c.suffix, c.stated, c.why, diff)
		}
		if diff := cmp.Diff(c.stated, k.Statements[0].Facts.Statuses); diff != "" {
			t.Errorf("the statement is not as stated:\n%s", diff)
		}
	}
}

// TestAStatusBeatsTheCalendar holds for EPP's statuses and for registries' own words alike.
func TestAStatusBeatsTheCalendar(t *testing.T) {
	t.Parallel()
	nz := monitor.LifecycleDays{Redemption: 90}
	for name, c := range map[string]struct {
		suffix  string
		days    monitor.LifecycleDays
		expires string
		stated  []string
		want    models.Lifecycle
		code    string // the finding that says so
		why     string
	}{
		"deleted early":                {"com", gtld, "2027-09-01T08:00:00Z", []string{"redemptionPeriod"}, models.LifecycleRedemption, "redemption", "the owner gave it up, months before its date"},
		"restored":                     {"com", gtld, "2026-08-01T08:00:00Z", []string{"pendingRestore"}, models.LifecycleRedemption, "pending_restore", "somebody pays already"},
		"restored, with redemption":    {"com", gtld, "2026-08-01T08:00:00Z", []string{"redemptionPeriod", "pendingRestore"}, models.LifecycleRedemption, "pending_restore", ""},
		"deleted":                      {"com", gtld, "2026-10-20T08:00:00Z", []string{"pendingDelete"}, models.LifecyclePendingDelete, "pending_delete", "inside the grace by the calendar"},
		"deleted, where it comes back": {"nz", nz, "", []string{"pendingDelete"}, models.LifecycleRedemption, "redemption", "this registry has a redemption and nothing after it"},
		"quarantine without a date":    {"nl", monitor.LifecycleDays{Redemption: 40, NoPublicExpiry: true}, "", []string{"in quarantine"}, models.LifecycleRedemption, "redemption", ""},
		"renewable without a date":     {"fi", monitor.LifecycleDays{AutoRenewGrace: 30}, "", []string{"Grace Period"}, models.LifecycleExpired, "expired", ""},
		"renewable past the calendar":  {"co.uk", monitor.LifecycleDays{AutoRenewGrace: 30, PendingDelete: 60}, "2026-09-01", []string{"Renewal required."}, models.LifecycleExpired, "expired", "62 days"},
		"held":                         {"jp", monitor.LifecycleDays{}, "2027-09-01", []string{"Suspended"}, models.LifecycleOnHold, "on_hold_server", ""},
		"held by the registrar":        {"com", gtld, "2027-09-01T08:00:00Z", []string{"clientHold"}, models.LifecycleOnHold, "on_hold_client", ""},
		"transferred":                  {"com", gtld, "2027-09-01T08:00:00Z", []string{"pendingTransfer"}, models.LifecycleRegistered, "pending_transfer", ""},
		"without name servers":         {"com", gtld, "2027-09-01T08:00:00Z", []string{"inactive"}, models.LifecycleRegistered, "no_nameservers", ""},
		"just registered":              {"com", gtld, "2027-09-01T08:00:00Z", []string{"addPeriod"}, models.LifecycleRegistered, "newly_registered", ""},
		"locked by the registry":       {"com", gtld, "2026-11-20T08:00:00Z", []string{"serverRenewProhibited"}, models.LifecycleExpiring, "renewal_blocked", ""},
		"locked by the registrar":      {"com", gtld, "2026-11-20T08:00:00Z", []string{"clientRenewProhibited"}, models.LifecycleExpiring, "renewal_blocked", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &models.Domain{Name: "shop." + c.suffix, Suffix: c.suffix}
			look := said(models.LookWHOIS, "2026-11-01T08:00:00Z", c.expires, c.stated...)
			look.Domain = d.Name
			if c.code == "no_nameservers" {
				look.Facts.Nameservers = nil
			}
			k, _ := monitor.Merge(monitor.Known{}, []models.Look{look}, monitor.MergeContext{Domain: d, Days: c.days, Now: look.At})
			e := models.EffectiveExpiry(d, &k.Registration)
			j := monitor.JudgeLifecycle(d, &k.Registration, e, c.days, look.At.Add(hour))
			if j.Lifecycle != c.want {
				t.Errorf("%s (%s), want %s: %s", j.Lifecycle, j.Why, c.want, c.why)
			}
			s := &monitor.Situation{Domain: *d, Registration: &k.Registration, Statements: k.Statements, Judgement: j, Now: look.At.Add(hour), Standalone: true}
			found := false
			for _, v := range monitor.RegistrationVerdicts(s) {
				wellWorded(t, v)
				found = found || v.Code == c.code
				if v.Code == "redemption" && c.code == "pending_restore" {
					t.Error("redemption and its restoration are told as two things")
				}
			}
			if !found {
				t.Errorf("no finding %s in %v", c.code, summary(monitor.RegistrationVerdicts(s)))
			}
		})
	}
}

func TestAnOldAnswerOnADeletionIsNotHeldForGood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status string
		after  int // days without an answer
		want   models.Lifecycle
	}{
		{"redemptionPeriod", 29, models.LifecycleRedemption},
		{"redemptionPeriod", 31, models.LifecycleUnknown},
		{"pendingDelete", 4, models.LifecyclePendingDelete},
		{"pendingDelete", 6, models.LifecycleUnknown},
	} {
		reg := &models.Registration{FactsAt: date("2027-03-01"), RegistryExpiry: date(oldDate), RegistryExpiryAt: date("2027-03-01"), Statuses: []string{c.status}}
		now := reg.FactsAt.AddDate(0, 0, c.after)
		j := monitor.JudgeLifecycle(nil, reg, models.EffectiveExpiry(nil, reg), gtld, now)
		if j.Lifecycle != c.want {
			t.Errorf("%s, %d days later: %s (%s), want %s", c.status, c.after, j.Lifecycle, j.Why, c.want)
		}
	}
}
