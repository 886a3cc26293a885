package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// batchSize is how many rows are read or written by one statement where there are many.
const batchSize = 500

// watched narrows a question on domains to those under watch.
func watched(q *gorm.DB) *gorm.DB { return q.Where("domains.archived_at IS NULL") }

// ServersDue lists registry servers that have domains due at now and are not to be left alone, the most urgent first.
func (s *Store) ServersDue(ctx context.Context, now time.Time, limit int) ([]string, error) {
	var servers []string
	err := s.ask(ctx).Model(&models.Domain{}).Scopes(watched).
		Joins("LEFT JOIN registry_servers ON registry_servers.server = domains.registry_server").
		Where("domains.registry_server <> '' AND domains.next_look_at <= ?", now).
		Where("registry_servers.blocked_until IS NULL OR registry_servers.blocked_until <= ?", now).
		Group("domains.registry_server").
		Order("MIN(domains.expires_at) IS NULL, MIN(domains.expires_at), MIN(domains.next_look_at), domains.registry_server").
		Limit(limit).Pluck("domains.registry_server", &servers).Error
	return servers, failed("servers due", err)
}

// DomainsDue lists the domains due at a registry server: expired ones and the nearest expiry first, names without a date last, and of
// equal ones that which waits longest.
func (s *Store) DomainsDue(ctx context.Context, server string, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := s.ask(ctx).Model(&models.Domain{}).Scopes(watched).
		Where("registry_server = ? AND next_look_at <= ?", server, now).
		Order("expires_at IS NULL, expires_at, next_look_at, id").Limit(limit).Pluck("id", &ids).Error
	return ids, failed("domains due", err)
}

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
	q := s.writer.WithContext(ctx).Model(&models.Domain{}).Where("registry_server = ?", from).UpdateColumn("registry_server", "")
	return failed("reroute", q.Error)
}

// RegistryServer gives what is remembered of a server; a server that nothing is remembered of gives a row with its name alone.
func (s *Store) RegistryServer(ctx context.Context, server string) (models.RegistryServer, error) {
	var rows []models.RegistryServer
	err := s.ask(ctx).Where("server = ?", server).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return models.RegistryServer{Server: server}, failed("registry server", err)
	}
	return rows[0], nil
}

// RecordServer stores what is remembered of a server.
func (s *Store) RecordServer(ctx context.Context, row models.RegistryServer) error {
	return s.write(ctx, "record a server", row.UpdatedAt, func(tx *gorm.DB) error { return upsert(tx, &row) })
}

// Recheck makes the registration and the DNS of domains due.
func (s *Store) Recheck(ctx context.Context, domainIDs []int64, now time.Time) error {
	return s.write(ctx, "recheck", now, func(tx *gorm.DB) error {
		return inBatches(domainIDs, func(batch []int64) error {
			return tx.Model(&models.Domain{}).Where("id IN ?", batch).UpdateColumns(map[string]any{"next_look_at": now, "next_dns_at": now}).Error
		})
	})
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
