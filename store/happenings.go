package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// untoldCursor is how far whoever is told has come in the ledger, whose lines become visible in the order of their IDs.
const untoldCursor = "ops"

// findingKinds are the transitions of findings that are told.
var findingKinds = map[models.FindingChangeKind]string{
	models.FindingOpened: models.HappenedFindingOpened, models.FindingReopened: models.HappenedFindingOpened,
	models.FindingWorsened: models.HappenedFindingWorsened, models.FindingEased: models.HappenedFindingEased,
	models.FindingGone: models.HappenedFindingResolved,
}

// noteFinding leaves a line on a finding's transition, in the caller's transaction.
func noteFinding(tx *gorm.DB, change models.FindingChangeKind, f *models.Finding) error {
	kind, told := findingKinds[change]
	if !told {
		return nil
	}
	at := f.LastSeen
	if change == models.FindingGone && f.ResolvedAt != nil {
		at = *f.ResolvedAt
	}
	subject := f.Subject
	if strings.Contains(subject, "@") { // of a finding about a contact: the address stays here, where it can be erased
		subject = ""
	}
	return note(tx, kind, at, f.DomainID, models.HappenedFinding{
		ID: f.ID, Code: f.Code, Subject: subject, Severity: f.Severity, Title: f.Title, Reason: f.Reason, Cause: f.CauseCode,
		OpenedAt: instant(f.OpenedAt), Reopened: f.Reopened,
	})
}

// noteChanges leaves one line on the facts of a registration that changed at once. A fact that was not known before did not change.
func noteChanges(tx *gorm.DB, domainID int64, changes []models.Change) error {
	var told []models.HappenedChange
	var at time.Time
	for _, c := range changes {
		if c.Before == "" || c.Before == string(models.LifecycleUnknown) {
			continue
		}
		told, at = append(told, models.HappenedChange{Field: c.Field, Before: c.Before, After: c.After, Source: c.Source}), c.At
	}
	if len(told) == 0 {
		return nil
	}
	return note(tx, models.HappenedRegistration, at, domainID, told)
}

func note(tx *gorm.DB, kind string, at time.Time, domainID int64, facts any) error {
	body, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	return tx.Create(&models.Happening{Kind: kind, At: at, DomainID: domainID, Body: string(body)}).Error
}

// Tell hands what happened since the last time, at most limit lines of the ledger and limit happenings, to spread, and stores the dispatches
// that it makes of them, all in one transaction: what was told is not told again, and nothing is passed over. Any number of processes may
// call it. The ledger is told from where it stands at the first call on. More says that there is more to tell at once.
func (s *Store) Tell(ctx context.Context, now time.Time, limit int, spread func(models.Untold) ([]models.Dispatch, error)) (made int, more bool, err error) {
	err = s.write(ctx, "tell", now, func(tx *gorm.DB) error {
		cursor, err := lockedCursor(tx, untoldCursor, now)
		if err != nil {
			return err
		}
		u, err := untold(tx, cursor.Position, limit)
		if err != nil {
			return err
		}
		more = len(u.Entries) == limit || len(u.Happenings) == limit
		if len(u.Entries)+len(u.Happenings) == 0 {
			return nil
		}
		dispatches, err := spread(u)
		if err != nil {
			return err
		}
		made = len(dispatches)
		if err := addDispatches(tx, dispatches); err != nil {
			return err
		}
		return markTold(tx, cursor, u, now)
	})
	return made, more, err
}

// lockedCursor gives a reader's place in the ledger, which no other transaction changes before this one ends. A new one stands at the end.
func lockedCursor(tx *gorm.DB, name string, now time.Time) (c models.Cursor, err error) {
	there, err := first[models.Cursor](tx.Where("name = ?", name))
	if err != nil {
		return c, err
	}
	if there == nil {
		c = models.Cursor{Name: name, UpdatedAt: now}
		if err := tx.Model(&models.Entry{}).Select("COALESCE(MAX(id), 0)").Scan(&c.Position).Error; err != nil {
			return c, err
		}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&c).Error; err != nil {
			return c, err
		}
		c = models.Cursor{}
	}
	return c, tx.Clauses(clause.Locking{Strength: "UPDATE"}).Take(&c, "name = ?", name).Error
}

func untold(tx *gorm.DB, after int64, limit int) (u models.Untold, err error) {
	if err := tx.Where("id > ?", after).Order("id").Limit(limit).Find(&u.Entries).Error; err != nil {
		return u, err
	}
	if err := tx.Order("id").Limit(limit).Find(&u.Happenings).Error; err != nil {
		return u, err
	}
	ids := pick(u.Happenings, func(h *models.Happening) int64 { return h.DomainID })
	var clientIDs []int64
	for i := range u.Entries {
		if id := u.Entries[i].DomainID; id != nil {
			ids = append(ids, *id)
		}
		if id := u.Entries[i].ClientID; id != nil {
			clientIDs = append(clientIDs, *id)
		}
	}
	domains, err := where[models.Domain](tx.Select("id", "name", "client_id").Session(&gorm.Session{}), "id", ids, "id")
	if err != nil {
		return u, err
	}
	u.Domains, u.Clients = make(map[int64]models.NamedDomain, len(domains)), map[int64]string{}
	for i := range domains {
		d := &domains[i]
		u.Domains[d.ID] = models.NamedDomain{Name: d.Name, ClientID: d.ClientID}
		clientIDs = append(clientIDs, d.ClientID)
	}
	clients, err := where[models.Client](tx.Select("id", "name").Session(&gorm.Session{}), "id", clientIDs, "id")
	for i := range clients {
		u.Clients[clients[i].ID] = clients[i].Name
	}
	return u, err
}

func markTold(tx *gorm.DB, cursor models.Cursor, u models.Untold, now time.Time) error {
	if n := len(u.Entries); n > 0 {
		err := tx.Model(&models.Cursor{}).Where("name = ?", cursor.Name).UpdateColumns(map[string]any{"position": u.Entries[n-1].ID, "updated_at": now}).Error
		if err != nil {
			return err
		}
	}
	return inBatches(pick(u.Happenings, func(h *models.Happening) int64 { return h.ID }), func(batch []int64) error {
		return tx.Where("id IN ?", batch).Delete(&models.Happening{}).Error
	})
}

// ClaimBeat moves the time of the last heartbeat to now and reports whether it did: only when the last one is before the given instant.
// Of any number of processes one succeeds.
func (s *Store) ClaimBeat(ctx context.Context, before, now time.Time) (claimed bool, err error) {
	err = s.write(ctx, "claim a heartbeat", now, func(tx *gorm.DB) error {
		q := tx.Exec(`INSERT INTO cursors (name, position, updated_at) VALUES ('heartbeat', ?, ?)
			ON CONFLICT (name) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at WHERE cursors.position < ?`,
			now.UnixMicro(), now, before.UnixMicro())
		claimed = q.RowsAffected > 0
		return q.Error
	})
	return claimed, err
}

// LastBeat gives the time of the last heartbeat; the zero time: there was none.
func (s *Store) LastBeat(ctx context.Context) (time.Time, error) {
	c, err := first[models.Cursor](s.ask(ctx).Where("name = 'heartbeat'"))
	if err != nil || c == nil {
		return time.Time{}, failed("last heartbeat", err)
	}
	return time.UnixMicro(c.Position).UTC(), nil
}
