package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// RegistryServer gives what is remembered of a server; a server that nothing is remembered of gives a row with its name alone.
func (s *Store) RegistryServer(ctx context.Context, server string) (models.RegistryServer, error) {
	var rows []models.RegistryServer
	err := s.ask(ctx).Where("server = ?", server).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return models.RegistryServer{Server: server}, failed("registry server", err)
	}
	return rows[0], nil
}

// ChangeServer gives change what is remembered of a server, while nobody else can change it, and stores what it returns unless changed is
// false. change runs inside the transaction: it only computes. What is then remembered is returned.
func (s *Store) ChangeServer(
	ctx context.Context, server string, change func(models.RegistryServer) (row models.RegistryServer, changed bool),
) (models.RegistryServer, error) {
	var row models.RegistryServer
	err := s.write(ctx, "change a server", time.Time{}, func(tx *gorm.DB) error {
		var err error
		if row, err = lockedServer(tx, server); err != nil {
			return err
		}
		after, changed := change(row)
		if !changed {
			return nil
		}
		row, row.Server = after, server
		return tx.Select("*").UpdateColumns(&row).Error
	})
	return row, err
}

// lockedServer gives a server's row, made if need be, which no other transaction changes before this one ends.
func lockedServer(tx *gorm.DB, server string) (models.RegistryServer, error) {
	row := models.RegistryServer{Server: server}
	locked := func() (int64, error) {
		q := tx.Where("server = ?", server)
		if tx.Name() == EnginePostgres { // SQLite has one writer in any case
			q = q.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
		}
		q = q.Limit(1).Find(&row)
		return q.RowsAffected, q.Error
	}
	if n, err := locked(); err != nil || n > 0 {
		return row, err
	}
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
		return row, err
	}
	_, err := locked()
	return row, err
}

// ServerLags says how far behind each server is that names are routed to, the furthest behind first.
func (s *Store) ServerLags(ctx context.Context, now time.Time) (lags []models.ServerLag, err error) {
	err = s.read(ctx, "server lags", func(tx *gorm.DB) error {
		lags, err = serverLags(tx, now)
		return err
	})
	return lags, err
}

func serverLags(tx *gorm.DB, now time.Time) ([]models.ServerLag, error) {
	var list []string
	if err := tx.Raw(servers + "SELECT server FROM routed WHERE server IS NOT NULL").Scan(&list).Error; err != nil {
		return nil, err
	}
	var rows []models.RegistryServer
	if err := tx.Find(&rows).Error; err != nil {
		return nil, err
	}
	known := make(map[string]models.RegistryServer, len(rows))
	for _, r := range rows {
		known[r.Server] = r
	}
	var lags []models.ServerLag
	for _, server := range list {
		lag, err := serverLag(tx, server, now)
		if err != nil {
			return nil, err
		}
		lag.Memory = known[server]
		lag.Memory.Server = server
		lags = append(lags, lag)
	}
	slices.SortStableFunc(lags, func(a, b models.ServerLag) int { return earlierFirst(a.Oldest, b.Oldest) })
	return lags, nil
}

func serverLag(tx *gorm.DB, server string, now time.Time) (models.ServerLag, error) {
	lag := models.ServerLag{Server: server}
	due := func() *gorm.DB {
		return tx.Model(&models.Domain{}).Where("registry_server = ? AND next_look_at <= ? AND "+dueWatched, server, now)
	}
	near := func() *gorm.DB {
		return due().Where("lifecycle <> 'released' AND (expires_at <= ? OR "+dueTrouble+")", now.Add(models.NearWithin))
	}
	for _, q := range []struct {
		of     func() *gorm.DB
		count  *int
		oldest **time.Time
	}{{due, &lag.Due, &lag.Oldest}, {near, &lag.NearDue, &lag.OldestNear}} {
		var n int64
		if err := q.of().Count(&n).Error; err != nil {
			return lag, err
		}
		first, err := first[models.Domain](q.of().Select("next_look_at").Order("next_look_at"))
		if err != nil {
			return lag, err
		}
		if *q.count = int(n); first != nil {
			*q.oldest = &first.NextLookAt
		}
	}
	return lag, nil
}

// earlierFirst compares instants, those that are not set last.
func earlierFirst(a, b *time.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Compare(*b)
}
