package dashboard

import (
	"math"
	"strconv"

	"github.com/krestmarketing/deedwatch/models"
)

// pillView is a state as word, shape and colour. The word is always there.
type pillView struct {
	Class string // of the stylesheet, st-…
	Glyph string // of the sprite
	Word  string
}

// markView is an inline mark: glyph and word.
type markView struct {
	Kind  string // of the stylesheet, mk-…
	Glyph string
	Word  string
}

// pills is the one table of bands: how each looks and what it is called.
var pills = map[models.Band]pillView{
	models.BandPendingDelete: {"st-pend", "s-pend", "Pending delete"},
	models.BandRedemption:    {"st-rgp", "s-rgp", "Redemption"},
	models.BandExpired:       {"st-grace", "s-grace", "Expired, in grace"},
	models.BandReleased:      {"st-gone", "s-gone", "Not registered"},
	models.BandD1:            {"st-now", "s-now", "Within 1 day"},
	models.BandD3:            {"st-now", "s-now", "Within 3 days"},
	models.BandD7:            {"st-soon", "s-7", "Within 7 days"},
	models.BandD14:           {"st-soon", "s-14", "Within 14 days"},
	models.BandOnHold:        {"st-hold", "s-hold", "On hold"},
	models.BandFailing:       {"st-unk", "s-stale", "Check failing"},
	models.BandNoDate:        {"st-unk", "s-unk", "Date not published"},
	models.BandUnchecked:     {"st-unk", "s-unk", "Not checked yet"},
	models.BandD30:           {"st-due", "s-30", "Within 30 days"},
	models.BandD60:           {"st-due", "s-60", "Within 60 days"},
	models.BandRegistered:    {"st-ok", "s-ok", "Registered"},
}

// pillOf looks a band up; a word that is not in the table looks unknown, never fine.
func pillOf(b models.Band) pillView {
	if p, ok := pills[b]; ok {
		return p
	}
	return pillView{"st-unk", "s-unk", "Not known"}
}

// groupView is a quick view of the board.
type groupView struct {
	Group models.Group
	Glyph string
	Short string // on the quick view
	Label string // over its rows
	Note  string
}

// groups lists the quick views in the board's order.
var groups = []groupView{
	{models.GroupLapsed, "s-grace", "Lapsed", "Lapsed", "past expiry, still on our list"},
	{models.GroupSoon, "s-7", "Within 14 days", "Expiring within 14 days", ""},
	{models.GroupUnsure, "s-unk", "On hold or not known", "On hold or not known", "not fine until somebody has looked"},
	{models.GroupDue, "s-60", "Within 60 days", "Expiring within 60 days", ""},
	{models.GroupFine, "s-ok", "Registered", "Registered", "more than 60 days left, last check good"},
}

// barView draws the days left: 30 units before the zero tick for the time after expiry, 90 after it, one unit a day.
type barView struct {
	Class   string // b-…
	Unknown bool   // no date: the hatched line
	End     string // x where the drawn part ends; it starts at the zero tick, x = 30
}

// barOf draws days to expiry (negative: past) in the colour of a pill; nil draws "we do not know".
func barOf(pill pillView, days *int) barView {
	b := barView{Class: "b-" + pill.Class[len("st-"):]}
	switch {
	case days == nil:
		b.Unknown = true
	case *days < 0:
		b.End = strconv.Itoa(int(max(math.Round(30+float64(*days)*0.33), 1)))
	default:
		b.End = strconv.Itoa(30 + min(*days, 90))
	}
	return b
}

// recordsMark words the state of a domain's expected records.
func recordsMark(d *models.Domain, when dates) markView {
	broken := d.RecordsTotal - d.RecordsRight - d.RecordsUnknown
	right := strconv.Itoa(d.RecordsRight) + " of " + strconv.Itoa(d.RecordsTotal)
	switch {
	case d.RecordsTotal == 0:
		return markView{"none", "u-dash", "Nothing to check"}
	case d.DNSCheckedAt == nil:
		return markView{"unk", "s-unk", "Not checked"}
	case broken > 0:
		return markView{"bad", "u-broken", right + " right"}
	case d.RecordsUnknown > 0:
		return markView{"unk", "s-unk", right + ", rest not known"}
	case when.old(d.DNSCheckedAt):
		return markView{"unk", "s-stale", right + " then"}
	}
	return markView{"ok", "u-check", right + " right"}
}

// autoRenewMark words what the client said of auto-renew. What nobody said is not "off".
func autoRenewMark(a models.AutoRenew) markView {
	switch a {
	case models.AutoRenewOn:
		return markView{"ok", "u-check", "On"}
	case models.AutoRenewOff:
		return markView{"bad", "s-7", "Off"}
	case models.AutoRenewUnknown:
	}
	return markView{"unk", "s-unk", "Not stated"}
}

// autoRenewWords is the same within a line of text.
func autoRenewWords(a models.AutoRenew) string {
	switch a {
	case models.AutoRenewOn:
		return "Auto-renew on"
	case models.AutoRenewOff:
		return "Auto-renew off"
	case models.AutoRenewUnknown:
	}
	return "Auto-renew not stated"
}

// recordMark words the state of one expected record.
func recordMark(s models.RecordState) markView {
	switch s {
	case models.RecordOK:
		return markView{"ok", "s-ok", "Right"}
	case models.RecordOKFlattened:
		return markView{"ok", "s-ok", "Right, flattened"}
	case models.RecordWrong:
		return markView{"bad", "u-broken", "Wrong"}
	case models.RecordMissing:
		return markView{"bad", "u-broken", "Missing"}
	case models.RecordNameGone:
		return markView{"bad", "u-broken", "Name gone"}
	case models.RecordDelegationBroken:
		return markView{"bad", "u-broken", "Delegation broken"}
	case models.RecordDangling:
		return markView{"bad", "u-broken", "Dangling"}
	case models.RecordShadowed:
		return markView{"bad", "u-broken", "Shadowed by a wildcard"}
	case models.RecordZoneUnreachable:
		return markView{"unk", "s-stale", "Servers do not answer"}
	case models.RecordUnknown:
	}
	return markView{"unk", "s-unk", "Not checked"}
}

// severityMark words a finding's severity.
func severityMark(s models.Severity) markView {
	switch s {
	case models.SeverityCritical:
		return markView{"bad", "s-now", "Critical"}
	case models.SeverityMajor:
		return markView{"bad", "s-7", "Major"}
	case models.SeverityMinor:
		return markView{"warn", "s-7", "Minor"}
	case models.SeverityInfo:
	}
	return markView{"none", "u-info", "For information"}
}

// grantMark words where a delegated access stands, with the classes of the access register.
func grantMark(s models.GrantState) markView {
	switch s {
	case models.GrantVerified:
		return markView{"ac-ver", "a-ver", "Verified"}
	case models.GrantGranted:
		return markView{"ac-gra", "a-gra", "Granted"}
	case models.GrantRequested:
		return markView{"ac-req", "a-req", "Requested"}
	case models.GrantReviewDue:
		return markView{"ac-due", "a-due", "Review due"}
	case models.GrantToRevoke:
		return markView{"ac-due", "a-due", "To be removed"}
	case models.GrantAtRisk:
		return markView{"ac-due", "s-7", "At risk"}
	case models.GrantRevoked:
		return markView{"ac-rev", "a-rev", "Revoked"}
	case models.GrantDeclined:
		return markView{"ac-rev", "a-rev", "Declined"}
	}
	return markView{"ac-unk", "s-unk", "Not known"}
}
