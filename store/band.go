package store

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// expression is a piece of SQL with its arguments.
type expression struct {
	sql  string
	args []any
}

// bandRank gives the place of a domain's band in models.Bands as SQL. It says the same as models.BandOf, which a test holds it to.
func bandRank(now time.Time, loc *time.Location) expression {
	var b strings.Builder
	var args []any
	when := func(condition string, band models.Band, values ...any) {
		b.WriteString(" WHEN " + condition + " THEN " + strconv.Itoa(rankOf(band)))
		args = append(args, values...)
	}
	b.WriteString("CASE")
	for lifecycle, band := range map[models.Lifecycle]models.Band{
		models.LifecyclePendingDelete: models.BandPendingDelete, models.LifecycleRedemption: models.BandRedemption,
		models.LifecycleExpired: models.BandExpired, models.LifecycleReleased: models.BandReleased, models.LifecycleOnHold: models.BandOnHold,
	} {
		when("domains.lifecycle = ?", band, lifecycle)
	}
	const dated = "domains.lifecycle <> ? AND domains.expires_at IS NOT NULL"
	for _, e := range models.BandEdges(now, loc) {
		when(dated+" AND domains.expires_at < ?", e.Band, models.LifecycleUnknown, e.Before)
	}
	when(dated, models.BandRegistered, models.LifecycleUnknown)
	when("domains.lifecycle_why IN (?, ?)", models.BandNoDate, models.WhyNoPublicExpiry, models.WhyUnparsedExpiry)
	when("domains.checked_at IS NULL", models.BandUnchecked)
	b.WriteString(" ELSE " + strconv.Itoa(rankOf(models.BandFailing)) + " END")
	return expression{sql: "(" + b.String() + ")", args: args}
}

func rankOf(b models.Band) int { return slices.Index(models.Bands(), b) }

// ranksOf gives the places of a group's bands.
func ranksOf(g models.Group) []int {
	var ranks []int
	for i, b := range models.Bands() {
		if b.Group() == g {
			ranks = append(ranks, i)
		}
	}
	return ranks
}

// brokenRecords is how many expected records of a domain are judged and not right, as SQL.
const brokenRecords = "(domains.records_total - domains.records_right - domains.records_unknown)"

// unansweredDomains selects, as SQL, the domains whose owner was written to in the open cycle and has not answered.
const unansweredDomains = `SELECT notices.domain_id FROM notices JOIN cycles ON cycles.id = notices.cycle_id
	WHERE cycles.closed_at IS NULL AND notices.state = 'sent' AND notices.channel = 'email'
	AND NOT EXISTS (SELECT 1 FROM answers WHERE answers.cycle_id = cycles.id AND answers.withdrawn IS NULL)`
