package store

import (
	"context"
	"database/sql"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// batchSize is how many rows are read or written by one statement where there are many.
const batchSize = 500

// watched narrows a question on domains to those under watch.
func watched(q *gorm.DB) *gorm.DB { return q.Where("domains.archived_at IS NULL") }

// The stretches of models.StretchOf as conditions. They are written out, without parameters, where an index of the same condition holds the
// names that meet it.
const (
	dueWatched = "archived_at IS NULL"
	dueAlive   = dueWatched + " AND lifecycle <> 'released'"
	dueInHand  = "lifecycle IN ('expired', 'on_hold', 'pending_delete', 'redemption')"
	dueTrouble = "(" + dueInHand + " OR look_outcome = 'absent')"
	dueNew     = dueWatched + " AND checked_at IS NULL"
)

// servers gives every server that names are routed to, by seeking from one to the next in the index instead of reading it.
const servers = `WITH RECURSIVE routed (server) AS (
	SELECT MIN(registry_server) FROM domains WHERE registry_server > '' AND ` + dueWatched + `
	UNION ALL
	SELECT (SELECT MIN(d.registry_server) FROM domains d WHERE d.registry_server > routed.server AND d.` + dueWatched + `) FROM routed WHERE routed.server IS NOT NULL
) `

// anyNear says whether a server has names of the first two stretches due.
const anyNear = `(EXISTS (SELECT 1 FROM domains WHERE registry_server = routed.server AND next_look_at <= @now AND ` + dueAlive + ` AND ` + dueTrouble + `)
	OR EXISTS (SELECT 1 FROM domains WHERE registry_server = routed.server AND expires_at <= @near AND next_look_at <= @now AND ` + dueAlive + `))`

const serversDueSQL = servers + `SELECT routed.server FROM routed
	LEFT JOIN registry_servers ON registry_servers.server = routed.server
	WHERE routed.server IS NOT NULL
	AND (registry_servers.blocked_until IS NULL OR registry_servers.blocked_until <= @now OR registry_servers.blocked_until > @absurd)
	AND EXISTS (SELECT 1 FROM domains WHERE registry_server = routed.server AND next_look_at <= @now AND ` + dueWatched + `)
	ORDER BY CASE WHEN ` + anyNear + ` THEN 0 ELSE 1 END,
		(SELECT MIN(next_look_at) FROM domains WHERE registry_server = routed.server AND ` + dueWatched + `), routed.server
	LIMIT @limit`

// ServersDue lists registry servers that have domains due at now and are not to be left alone: those first at which a name near its expiry
// or in trouble is due, then those that wait longest.
func (s *Store) ServersDue(ctx context.Context, now time.Time, limit int) ([]string, error) {
	var list []string
	err := s.ask(ctx).Raw(serversDueSQL, sql.Named("now", now), sql.Named("near", now.Add(models.NearWithin)),
		sql.Named("absurd", now.Add(models.LongestBlock)), sql.Named("limit", limit)).Scan(&list).Error
	return list, failed("servers due", err)
}

// DomainsDue lists the domains due at a registry server in the order of models.CompareDue: the near ones before the far-off, and of equal
// ones that first which waits longest.
func (s *Store) DomainsDue(ctx context.Context, server string, now time.Time, limit int) ([]int64, error) {
	args := dueArgs(server, now)
	var ids []int64
	for _, stretch := range []string{dueNearSQL, dueNewSQL, dueFarSQL} {
		var more []int64
		err := s.ask(ctx).Raw(stretch, append(args, sql.Named("limit", limit-len(ids)))...).Scan(&more).Error
		if ids = append(ids, more...); err != nil || len(ids) >= limit {
			return ids, failed("domains due", err)
		}
	}
	return ids, nil
}

func dueArgs(server string, now time.Time) []any {
	return []any{
		sql.Named("server", server), sql.Named("now", now), sql.Named("near", now.Add(models.NearWithin)),
		sql.Named("close", now.Add(models.CloseWithin)), sql.Named("late", now.Add(-models.NearLate)),
	}
}

const (
	dueNearSQL = `SELECT id FROM (
		SELECT id, lifecycle, expires_at, next_look_at FROM domains
			WHERE registry_server = @server AND next_look_at <= @now AND ` + dueAlive + ` AND ` + dueTrouble + `
		UNION
		SELECT id, lifecycle, expires_at, next_look_at FROM domains
			WHERE registry_server = @server AND expires_at <= @near AND next_look_at <= @now AND ` + dueAlive + `
	) near ORDER BY CASE WHEN ` + dueInHand + ` OR expires_at <= @close OR next_look_at <= @late THEN 0 ELSE 1 END, next_look_at, id LIMIT @limit`
	notNear   = `(lifecycle = 'released' OR (expires_at IS NULL OR expires_at > @near) AND NOT ` + dueTrouble + `)`
	dueNewSQL = `SELECT id FROM domains WHERE registry_server = @server AND next_look_at <= @now AND ` + dueNew + ` AND ` + notNear + `
		ORDER BY next_look_at, id LIMIT @limit`
	dueFarSQL = `SELECT id FROM domains WHERE registry_server = @server AND next_look_at <= @now AND ` + dueWatched + ` AND checked_at IS NOT NULL
		AND ` + notNear + ` ORDER BY next_look_at, id LIMIT @limit`
)

// DNSDue lists the domains whose DNS is to be looked at, those that wait longest first.
func (s *Store) DNSDue(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := s.ask(ctx).Model(&models.Domain{}).Scopes(watched).Where("next_dns_at <= ?", now).
		Order("next_dns_at, id").Limit(limit).Pluck("id", &ids).Error
	return ids, failed("DNS due", err)
}

// JudgeDue lists the domains whose verdict may change by the mere passing of time, those that wait longest first.
func (s *Store) JudgeDue(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := s.ask(ctx).Model(&models.Domain{}).Scopes(watched).Where("next_judge_at <= ?", now).
		Order("next_judge_at, id").Limit(limit).Pluck("id", &ids).Error
	return ids, failed("judgements due", err)
}

// UnroutedDomains gives the domains whose registry server is not known yet, those that wait longest first.
func (s *Store) UnroutedDomains(ctx context.Context, limit int) ([]models.Domain, error) {
	var domains []models.Domain
	err := s.ask(ctx).Scopes(watched).Where("registry_server = ''").Order("next_look_at, id").Limit(limit).Find(&domains).Error
	return domains, failed("unrouted domains", err)
}

// RouteDomains says which registry server is asked for the given domains.
func (s *Store) RouteDomains(ctx context.Context, server string, ids []int64) error {
	return s.write(ctx, "route domains", time.Time{}, func(tx *gorm.DB) error {
		return inBatches(ids, func(batch []int64) error {
			return tx.Model(&models.Domain{}).Where("id IN ?", batch).UpdateColumn("registry_server", server).Error
		})
	})
}

// RerouteAll forgets the routes to a server, so that its domains are routed again.
func (s *Store) RerouteAll(ctx context.Context, from string) error {
	q := s.writer.WithContext(ctx).Model(&models.Domain{}).Where("registry_server = ? AND "+dueWatched, from).UpdateColumn("registry_server", "")
	return failed("reroute", q.Error)
}

// RecallStrayed makes looks due that are planned for later than any plan reaches: the clock was ahead when they were planned. It returns how
// many there were.
func (s *Store) RecallStrayed(ctx context.Context, now, latest time.Time) (n int, err error) {
	err = s.write(ctx, "recall strayed looks", now, func(tx *gorm.DB) error {
		for _, column := range []string{"next_look_at", "next_dns_at"} {
			q := tx.Model(&models.Domain{}).Where(column+" > ? AND "+dueWatched, latest).UpdateColumn(column, now)
			if q.Error != nil {
				return q.Error
			}
			n += int(q.RowsAffected)
		}
		return nil
	})
	return n, err
}

// Recheck makes the registration and the DNS of domains due.
func (s *Store) Recheck(ctx context.Context, domainIDs []int64, now time.Time) error {
	return failed("recheck", inBatches(domainIDs, func(batch []int64) error {
		due := map[string]any{"next_look_at": now, "next_dns_at": now}
		return s.writer.WithContext(ctx).Model(&models.Domain{}).Where("id IN ?", batch).UpdateColumns(due).Error
	}))
}

// inBatches hands ids over in pieces of at most batchSize, so that no statement grows without bound.
func inBatches[T any](ids []T, fn func(batch []T) error) error {
	for len(ids) > 0 {
		n := min(len(ids), batchSize)
		if err := fn(ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}
