package notify

import (
	"slices"

	"github.com/krestmarketing/deedwatch/models"
)

// kind is what a notice says, by what is true of its subject; each has a file of texts of its name. A kind that is like another takes from
// it every text that it does not have itself.
type kind string

// The kinds of notices.
const (
	kindPlan          kind = "plan"           // about a month ahead
	kindAhead         kind = "ahead"          // about two weeks
	kindSoon          kind = "soon"           // the last week
	kindClose         kind = "close"          // two or three days
	kindTomorrow      kind = "tomorrow"       // the day before
	kindToday         kind = "today"          // the day itself
	kindExpired       kind = "expired"        // the days after
	kindLapsed        kind = "lapsed"         // four days after and later, while it can be renewed at the normal price
	kindRedemption    kind = "redemption"     // recoverable for a fee
	kindPendingDelete kind = "pending_delete" // the end of redemption, and what comes then
	kindUnconfirmed   kind = "unconfirmed"    // the registry shows a renewal that nobody confirmed
	kindHold          kind = "hold"
	kindTransfer      kind = "transfer"
	kindAttest        kind = "attest"
	kindRenewed       kind = "renewed"
	kindRetraction    kind = "retraction"
	kindRecords       kind = "records"
	kindRequest       kind = "access_request"
	kindReview        kind = "access_review"
)

// The words of letters that carry several notices, on names and on access.
const (
	severalNames  = "several"
	severalAccess = "several_access"
)

// kindRow is one kind in the order of a letter.
type kindRow struct {
	kind  kind
	like  kind // empty: none
	steps bool // there is something to do
}

// kinds lists all of them, the most urgent first: this is the order of the parts of a letter.
var kinds = []kindRow{
	{kindPendingDelete, "", true},
	{kindRedemption, "", true},
	{kindTransfer, "", true},
	{kindHold, "", true},
	{kindLapsed, kindExpired, true},
	{kindExpired, "", true},
	{kindToday, kindSoon, true},
	{kindTomorrow, kindSoon, true},
	{kindClose, kindSoon, true},
	{kindUnconfirmed, "", true},
	{kindSoon, "", true},
	{kindRecords, "", true},
	{kindAhead, kindPlan, true},
	{kindAttest, "", true},
	{kindPlan, "", true},
	{kindRetraction, "", false},
	{kindRenewed, "", false},
	{kindRequest, "", true},
	{kindReview, "", true},
}

// The texts that every kind has, and those of kinds with something to do.
var (
	kindTexts = []string{"subject", "preheader", "title", "group", "lead", "closing", "button"}
	stepTexts = []string{"step1", "step1_text", "step2", "step2_text", "step3", "step3_text", "happens_heading", "after"}
)

// base gives the kind under which a letter groups this one.
func (k kind) base() kind {
	for _, row := range kinds {
		if row.kind == k && row.like != "" {
			return row.like
		}
	}
	return k
}

// rank gives the place in a letter; a lower one comes first.
func (k kind) rank() int {
	return slices.IndexFunc(kinds, func(row kindRow) bool { return row.kind == k })
}

// steps reports whether there is something to do.
func (k kind) steps() bool {
	i := k.rank()
	return i >= 0 && kinds[i].steps
}

// access reports whether the kind speaks of delegated access and of no name.
func (k kind) access() bool { return k == kindRequest || k == kindReview }

// undated reports whether the kind can be worded without a date of expiry: that a registry takes a name away is a fact by itself.
func (k kind) undated() bool { return k == kindRedemption || k == kindPendingDelete || !k.dated() }

// dated reports whether the kind says a date of expiry.
func (k kind) dated() bool {
	switch k.base() {
	case kindPlan, kindSoon, kindExpired, kindRedemption, kindPendingDelete, kindUnconfirmed, kindRenewed:
		return true
	default:
		return false
	}
}

// besideKinds are the kinds of the stages that do not go by the date.
var besideKinds = map[models.Stage]kind{
	models.StageHold: kindHold, models.StageTransfer: kindTransfer, models.StageAttest: kindAttest, models.StageRenewed: kindRenewed,
	models.StageRetraction: kindRetraction, models.StageRecords: kindRecords, models.StageAccessRequest: kindRequest, models.StageAccessReview: kindReview,
}

// kindOf chooses the words by what is true of the domain, not by when the notice was planned.
func kindOf(d *models.Domain, stage models.Stage, days int, p Policy) kind {
	const again = -4 // days after expiry from which the second notice reads otherwise than the first
	if k, ok := besideKinds[stage]; ok {
		return k
	}
	switch {
	case stage == models.StagePendingDelete || d.Lifecycle == models.LifecyclePendingDelete:
		return kindPendingDelete
	case d.Lifecycle == models.LifecycleRedemption:
		return kindRedemption
	case d.Unconfirmed:
		return kindUnconfirmed
	case days <= again:
		return kindLapsed
	case days < 0 || d.Lifecycle == models.LifecycleExpired:
		return kindExpired
	}
	return byDays(days, rungDays(stage, p))
}

// byDays chooses among the kinds before expiry. A rung may go out earlier, on the business day before: then it decides.
func byDays(days, rung int) kind {
	const near, week, fortnight = 3, 7, 21
	switch {
	case days == 0:
		return kindToday
	case days == 1:
		return kindTomorrow
	case days <= near:
		return kindClose
	case days <= week || rung <= week:
		return kindSoon
	case days <= fortnight:
		return kindAhead
	}
	return kindPlan
}

// rungDays gives how long before expiry a stage stands on the ladder.
func rungDays(stage models.Stage, p Policy) int {
	for _, r := range p.Ladder {
		if r.Stage == stage {
			return r.Days
		}
	}
	return 0
}
