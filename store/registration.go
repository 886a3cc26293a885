package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// registrationColumns are the columns of a domain that a registration look or a judgement decides. Its route, what people set on it and
// its DNS columns are not among them.
var registrationColumns = []string{
	"next_look_at", "next_judge_at", "look_failures", "lifecycle", "lifecycle_since", "lifecycle_why", "expires_at", "expiry_source",
	"expiry_as_of", "unconfirmed", "last_safe_day", "recover_until", "registrar", "checked_at", "seen_at", "look_outcome", "look_source",
	"quiet_until", "quiet_reason", "version", "updated_at",
}

// RecordRegistration stores what a registration look, or a judgement without one, came to, in one transaction. Domain.Version names the
// version the judgement was made from: ErrConflict when the row has another one by now, and nothing is stored; read the domain again and
// judge again. Changes and statements get the observation of the source that stated them; findings without an ObservationID get the first
// one that states a registration, else the first that answered, else the first.
// Closing a cycle cancels its notices that were not sent; a message that loses its notices is left to whoever delivers it. Moving a cycle
// gives its unsent notices the new date; when they are due is planned anew.
func (s *Store) RecordRegistration(ctx context.Context, rec models.RegistrationRecord) error {
	at := recordedAt(&rec)
	return s.write(ctx, "record a registration", at, func(tx *gorm.DB) error {
		d := rec.Domain
		seen := d.Version
		d.Version++
		if err := changedOrConflict(tx, tx.Where("version = ?", seen).Select(registrationColumns).Updates(&d), &models.Domain{}, d.ID); err != nil {
			return err
		}
		seenIn, err := addObservations(tx, d.ID, rec.Observations)
		if err != nil {
			return err
		}
		if rec.Registration != nil {
			row := *rec.Registration
			row.DomainID, row.Sources = d.ID, sourcesInUTC(row.Sources)
			if err := upsert(tx, &row); err != nil {
				return err
			}
		}
		if err := keepStatements(tx, d.ID, rec.Statements, seenIn); err != nil {
			return err
		}
		if err := addChanges(tx, d.ID, rec.Changes, seenIn); err != nil {
			return err
		}
		if err := applyFindings(tx, rec.Findings, basis(seenIn)); err != nil {
			return err
		}
		if err := turnCycle(tx, &rec, at); err != nil {
			return err
		}
		return appendLedger(tx, rec.Ledger)
	})
}

// recordedAt is the latest instant that a record speaks of.
func recordedAt(rec *models.RegistrationRecord) time.Time {
	var at time.Time
	later := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	if rec.Domain.CheckedAt != nil {
		later(*rec.Domain.CheckedAt)
	}
	for i := range rec.Observations {
		later(rec.Observations[i].At)
	}
	for i := range rec.Changes {
		later(rec.Changes[i].At)
	}
	for i := range rec.Findings {
		later(rec.Findings[i].Finding.LastSeen)
	}
	for i := range rec.Ledger {
		later(rec.Ledger[i].At)
	}
	if rec.CloseCycle != nil {
		later(rec.CloseCycle.At)
	}
	if rec.OpenCycle != nil {
		later(rec.OpenCycle.OpenedAt)
	}
	later(rec.Domain.UpdatedAt)
	return at
}

// addObservations stores looks and gives them with their IDs.
func addObservations(tx *gorm.DB, domainID int64, observations []models.Observation) ([]models.Observation, error) {
	stored := make([]models.Observation, 0, len(observations))
	for _, o := range observations {
		o.ID, o.DomainID = 0, domainID
		o.Facts = factsInUTC(o.Facts)
		if err := tx.Create(&o).Error; err != nil {
			return nil, err
		}
		stored = append(stored, o)
	}
	return stored, nil
}

// basis is the observation that verdicts rest on: the first that states a registration, else the first that answered, else the first; nil:
// there is none.
func basis(seenIn []models.Observation) *int64 {
	for _, fits := range []func(models.Outcome) bool{
		func(o models.Outcome) bool { return o == models.OutcomeOK },
		models.Outcome.Answered,
		func(models.Outcome) bool { return true },
	} {
		for i := range seenIn {
			if fits(seenIn[i].Outcome) {
				return &seenIn[i].ID
			}
		}
	}
	return nil
}

// shownBy is the observation in which a source answered; nil: it did not.
func shownBy(seenIn []models.Observation, source models.LookKind) *int64 {
	for i := range seenIn {
		if seenIn[i].Kind == source && seenIn[i].Outcome.Answered() {
			return &seenIn[i].ID
		}
	}
	return nil
}

// factsInUTC gives facts whose times are instants: they are kept as JSON, which no stamping of arguments reaches.
func factsInUTC(f *models.Facts) *models.Facts {
	if f == nil {
		return nil
	}
	g := *f
	for _, t := range []**time.Time{&g.ExpiresAt, &g.RegistrarExpiresAt, &g.CreatedAt, &g.UpdatedAt} {
		*t = instantOrNil(*t)
	}
	return &g
}

// sourcesInUTC gives sources whose times are instants; they are kept as JSON too.
func sourcesInUTC(sources map[string]models.FactSource) map[string]models.FactSource {
	out := make(map[string]models.FactSource, len(sources))
	for fact, from := range sources {
		from.At = instant(from.At)
		out[fact] = from
	}
	return out
}

// addChanges stores changes, each with the look of its source. One without a source followed from the time, or from what a person said.
func addChanges(tx *gorm.DB, domainID int64, changes []models.Change, seenIn []models.Observation) error {
	rows := make([]models.Change, len(changes))
	for i, c := range changes {
		c.ID, c.DomainID = 0, domainID
		if c.ObservationID == nil && c.Source != "" {
			c.ObservationID = shownBy(seenIn, c.Source)
		}
		rows[i] = c
	}
	if err := createAll(tx, rows); err != nil {
		return err
	}
	return noteChanges(tx, domainID, rows)
}

// keepStatements replaces what the sources of a domain state; nil leaves it as it is. A statement of one of the looks gets its observation.
func keepStatements(tx *gorm.DB, domainID int64, statements []models.Statement, seenIn []models.Observation) error {
	if statements == nil {
		return nil
	}
	rows := slices.Clone(statements)
	for i := range rows {
		st := &rows[i]
		st.DomainID, st.Facts = domainID, factsInUTC(st.Facts)
		if id := shownBy(seenIn, st.Source); id != nil {
			st.ObservationID = id
		}
	}
	if len(rows) > 0 {
		if err := upsert(tx, &rows); err != nil {
			return err
		}
	}
	sources := pick(statements, func(st *models.Statement) models.LookKind { return st.Source })
	q := tx.Where("domain_id = ?", domainID)
	if len(sources) > 0 {
		q = q.Where("source NOT IN ?", sources)
	}
	return q.Delete(&models.Statement{}).Error
}

// createAll inserts rows, many by one statement; none is fine.
func createAll[T any](tx *gorm.DB, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	return tx.CreateInBatches(rows, batchSize).Error
}

// turnCycle closes, moves and opens cycles as a record says.
func turnCycle(tx *gorm.DB, rec *models.RegistrationRecord, at time.Time) error {
	if c := rec.CloseCycle; c != nil {
		if err := closeCycle(tx, c.ID, c.At, c.Reason); err != nil {
			return err
		}
	}
	if c := rec.MoveCycle; c != nil {
		q := tx.Model(&models.Cycle{}).Where("id = ? AND closed_at IS NULL", c.ID).UpdateColumn("expires_at", c.ExpiresAt)
		if err := changedOne(q, models.ErrConflict); err != nil {
			return err
		}
		if err := unsent(tx.Where("cycle_id = ?", c.ID)).UpdateColumns(map[string]any{"expires_at": c.ExpiresAt, "updated_at": at}).Error; err != nil {
			return err
		}
	}
	if c := rec.OpenCycle; c != nil {
		row := *c
		row.DomainID = rec.Domain.ID
		if c.ID == 0 {
			return openCycle(tx, &row)
		}
		q := tx.Model(&models.Cycle{}).Where("id = ? AND domain_id = ? AND close_reason = ?", row.ID, row.DomainID, models.CycleRestated)
		return changedOne(goOn(q, &row), models.ErrConflict)
	}
	return nil
}

// sameCycle is less than a renewal moves a date by.
const sameCycle = 30 * 24 * time.Hour

// openCycle begins a cycle. A domain that was archived and is watched again goes on with the cycle it was in, so that nobody is told twice.
func openCycle(tx *gorm.DB, c *models.Cycle) error {
	last, err := first[models.Cycle](tx.Where("domain_id = ?", c.DomainID).Order("id DESC"))
	if err != nil {
		return err
	}
	if last == nil || last.CloseReason != closedArchived || last.ExpiresAt.Sub(c.ExpiresAt).Abs() >= sameCycle {
		return tx.Create(c).Error
	}
	return goOn(tx.Model(last), c).Error
}

// goOn opens a cycle again that had ended, with the date as it is.
func goOn(q *gorm.DB, c *models.Cycle) *gorm.DB {
	return q.UpdateColumns(map[string]any{"closed_at": nil, "close_reason": "", "expires_at": c.ExpiresAt})
}

// closeCycle ends an open cycle and cancels what it still owed; that a message was wrong is owed all the same.
func closeCycle(tx *gorm.DB, id int64, at time.Time, reason string) error {
	q := tx.Model(&models.Cycle{}).Where("id = ? AND closed_at IS NULL", id).UpdateColumns(map[string]any{"closed_at": at, "close_reason": reason})
	if err := changedOne(q, models.ErrConflict); err != nil {
		return err
	}
	return cancelUnsent(tx.Where("cycle_id = ? AND stage <> ?", id, models.StageRetraction), at, reason)
}

// unsent narrows a question on notices to those that no server has accepted: waiting ones, and those in a message that is not out yet.
func unsent(q *gorm.DB) *gorm.DB {
	return q.Model(&models.Notice{}).Where(
		"notices.state IN ? OR (notices.state = ? AND notices.mail_id IN (SELECT id FROM mails WHERE mails.state IN ?))",
		[]models.NoticeState{models.NoticeQueued, models.NoticeHeld, models.NoticeBlocked}, models.NoticeMailed,
		[]models.MailState{models.MailWaiting, models.MailSending})
}

func cancelUnsent(q *gorm.DB, at time.Time, reason string) error {
	return unsent(q).UpdateColumns(map[string]any{"state": models.NoticeCancelled, "reason": reason, "updated_at": at}).Error
}
