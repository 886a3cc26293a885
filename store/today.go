package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// The bounds of the lists on the Today page.
const (
	todayFindings   = 50
	todayUnanswered = 50
)

// Today gathers what answers the four daily questions, at now for a reader in loc.
func (s *Store) Today(ctx context.Context, now time.Time, loc *time.Location) (v models.TodayView, err error) {
	err = s.read(ctx, "today", func(tx *gorm.DB) error {
		v = models.TodayView{AutoRenew: map[models.AutoRenew]int{}}
		for _, part := range []func() error{
			func() error { v.Board, err = boardCounts(tx, bandRank(now, loc)); return err },
			func() error { v.Horizon, err = horizon(tx, now, loc); return err },
			func() error { return todayFindingsIn(tx, &v, now) },
			func() error { v.Unanswered, err = unansweredRows(tx, now, loc); return err },
			func() error { return noticeCounts(tx, &v) },
			func() error { v.Returned, err = returnedMails(tx, now); return err },
			func() error { return domainCounts(tx, &v, now) },
			func() error { return tx.Order("name").Find(&v.Sweeps).Error },
			func() error { v.Lags, err = behind(tx, now); return err },
			func() error { v.Brake, err = first[models.Brake](tx.Where("released_at IS NULL")); return err },
		} {
			if err := part(); err != nil {
				return err
			}
		}
		return nil
	})
	return v, err
}

// behind gives the servers that names wait for longer than they should.
func behind(tx *gorm.DB, now time.Time) ([]models.ServerLag, error) {
	lags, err := serverLags(tx, now)
	return slices.DeleteFunc(lags, func(l models.ServerLag) bool { return !l.Behind(now) }), err
}

// horizon gives every name under watch, the first expiry first and names without a date last.
func horizon(tx *gorm.DB, now time.Time, loc *time.Location) ([]models.HorizonTile, error) {
	var domains []models.Domain
	err := tx.Scopes(watched).Select("id", "name", "expires_at", "lifecycle", "lifecycle_why", "checked_at").
		Order("expires_at IS NULL, expires_at, name").Find(&domains).Error
	tiles := make([]models.HorizonTile, len(domains))
	for i := range domains {
		d := &domains[i]
		tiles[i] = models.HorizonTile{DomainID: d.ID, Name: d.Name, ExpiresAt: d.ExpiresAt, Band: models.BandOf(d, now, loc)}
	}
	return tiles, err
}

// severityRank is the order of severities as SQL, the worst first.
const severityRank = "CASE findings.severity WHEN 'critical' THEN 0 WHEN 'major' THEN 1 WHEN 'minor' THEN 2 ELSE 3 END"

func todayFindingsIn(tx *gorm.DB, v *models.TodayView, now time.Time) error {
	causes := func() *gorm.DB {
		return tx.Model(&models.Finding{}).Joins("JOIN domains ON domains.id = findings.domain_id").Scopes(watched).
			Where("findings.state = ? AND findings.cause_code = ''", models.FindingOpen)
	}
	var count int64
	if err := causes().Count(&count).Error; err != nil {
		return err
	}
	v.OpenCount = int(count)
	var findings []models.Finding
	err := causes().Select("findings.*").Where("findings.snoozed_until IS NULL OR findings.snoozed_until <= ?", now).
		Order(severityRank + ", findings.opened_at, findings.id").Limit(todayFindings).Find(&findings).Error
	if err != nil {
		return err
	}
	v.Findings, err = findingViews(tx, findings)
	return err
}

// findingViews puts findings beside their domain and client, and counts what is folded under each.
func findingViews(tx *gorm.DB, findings []models.Finding) ([]models.FindingView, error) {
	domainIDs := pick(findings, func(f *models.Finding) int64 { return f.DomainID })
	domains, err := where[models.Domain](tx, "id", domainIDs, "id")
	if err != nil {
		return nil, err
	}
	clients, err := where[models.Client](tx, "id", pick(domains, func(d *models.Domain) int64 { return d.ClientID }), "id")
	if err != nil {
		return nil, err
	}
	children, err := explainedBy(tx, findings)
	if err != nil {
		return nil, err
	}
	domainBy := index(domains, func(d *models.Domain) int64 { return d.ID })
	clientBy := index(clients, func(c *models.Client) int64 { return c.ID })
	views := make([]models.FindingView, len(findings))
	for i, f := range findings {
		d := domainBy[f.DomainID]
		views[i] = models.FindingView{
			Finding: f, DomainName: d.Name, ClientID: d.ClientID, ClientName: clientBy[d.ClientID].Name, Children: children[i],
		}
	}
	return views, nil
}

// explainedBy counts what is folded under each finding, also through another one. Where one cause is at work at several domains, it stands
// for itself at one of them and is folded under itself at the others: what it explains there counts too.
func explainedBy(tx *gorm.DB, findings []models.Finding) ([]int, error) {
	codes := pick(findings, func(f *models.Finding) string { return f.Code })
	echoes, err := where[models.Finding](tx, "code", codes, "id", "state = ? AND cause_code = code", models.FindingOpen)
	if err != nil {
		return nil, err
	}
	domainIDs := append(pick(findings, domainOf), pick(echoes, domainOf)...)
	folded, err := where[models.Finding](tx, "domain_id", domainIDs, "id", "state = ? AND cause_code <> '' AND cause_code <> code", models.FindingOpen)
	if err != nil {
		return nil, err
	}
	foldedAt := group(folded, domainOf)
	counts := make([]int, len(findings))
	for i := range findings {
		f := &findings[i]
		counts[i] = under(f.Code, foldedAt[f.DomainID])
		for _, e := range echoes {
			if e.Code == f.Code && e.Subject == f.Subject && e.DomainID != f.DomainID {
				counts[i] += under(f.Code, foldedAt[e.DomainID])
			}
		}
	}
	return counts, nil
}

func domainOf(f *models.Finding) int64 { return f.DomainID }

// under counts the findings of one domain that a cause explains, each step of the way being folded.
func under(cause string, folded []models.Finding) int {
	causes, n := map[string]bool{cause: true}, 0
	for more := true; more; {
		more, n = false, 0
		for i := range folded {
			f := &folded[i]
			if !causes[f.CauseCode] || f.Code == cause {
				continue
			}
			n++
			if !causes[f.Code] {
				causes[f.Code], more = true, true
			}
		}
	}
	return n
}

// unansweredRows gives the names whose owner was written to and has not answered, those that were written to first first.
func unansweredRows(tx *gorm.DB, now time.Time, loc *time.Location) ([]models.BoardRow, error) {
	var domains []models.Domain
	err := tx.Scopes(watched).Joins(`JOIN (SELECT written.domain_id, MIN(written.sent_at) AS since FROM notices AS written
			JOIN cycles ON cycles.id = written.cycle_id
			WHERE cycles.closed_at IS NULL AND written.state = 'sent' AND written.channel = 'email' GROUP BY written.domain_id
		) AS first_mail ON first_mail.domain_id = domains.id`).
		Where("domains.id IN (" + unansweredDomains + ")").
		Order("first_mail.since, domains.name").Limit(todayUnanswered).Find(&domains).Error
	if err != nil {
		return nil, err
	}
	return boardRows(tx, domains, now, loc)
}

func noticeCounts(tx *gorm.DB, v *models.TodayView) error {
	var counts []struct {
		State models.NoticeState
		Count int
	}
	err := tx.Model(&models.Notice{}).Select("state, COUNT(*) AS count").Where("channel = ?", models.ChannelEmail).Group("state").Scan(&counts).Error
	for _, c := range counts {
		switch c.State {
		case models.NoticeQueued, models.NoticeMailed:
			v.Queued += c.Count
		case models.NoticeHeld:
			v.Held += c.Count
		case models.NoticeBlocked:
			v.Blocked += c.Count
		case models.NoticeSent, models.NoticeSuperseded, models.NoticeCancelled, models.NoticeFailed, models.NoticeBounced, models.NoticeDone:
		}
	}
	return err
}

func domainCounts(tx *gorm.DB, v *models.TodayView, now time.Time) error {
	var sums struct{ Records, Broken, Stale int }
	dayAgo := now.Add(-24 * time.Hour)
	err := tx.Model(&models.Domain{}).Scopes(watched).
		Select("COALESCE(SUM(records_total), 0) AS records, COALESCE(SUM("+brokenRecords+"), 0) AS broken, "+
			"COUNT(CASE WHEN seen_at IS NULL OR (seen_at < ? AND (look_failures > 0 OR next_look_at < ?)) THEN 1 END) AS stale", dayAgo, dayAgo). // models.Stale
		Scan(&sums).Error
	if err != nil {
		return err
	}
	v.Records, v.Broken, v.Stale = sums.Records, sums.Broken, sums.Stale
	var stated []struct {
		AutoRenew models.AutoRenew
		Count     int
	}
	err = tx.Model(&models.Domain{}).Scopes(watched).Select("auto_renew, COUNT(*) AS count").Group("auto_renew").Scan(&stated).Error
	if err != nil {
		return err
	}
	for _, c := range stated {
		v.AutoRenew[c.AutoRenew] = c.Count
	}
	var lonely int64
	err = tx.Raw(`SELECT COUNT(*) FROM clients WHERE (SELECT COUNT(*) FROM contacts WHERE contacts.client_id = clients.id) = 1
		AND EXISTS (SELECT 1 FROM domains WHERE domains.client_id = clients.id AND domains.archived_at IS NULL)`).Scan(&lonely).Error
	v.OneContact = int(lonely)
	return err
}
