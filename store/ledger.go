package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// ledgerLock is the PostgreSQL advisory lock under which the chain grows. It is taken last in a transaction.
const ledgerLock = 727002

// LedgerError says where the ledger's chain does not hold.
type LedgerError struct {
	EntryID int64 // the first line that does not follow; 0: lines are missing at the end
	Reason  string
}

// Error names the line and what is wrong with it.
func (e *LedgerError) Error() string {
	if e.EntryID == 0 {
		return "the ledger has been changed: " + e.Reason
	}
	return fmt.Sprintf("the ledger has been changed at line %d: %s", e.EntryID, e.Reason)
}

// ledgerHead is the one row that says how long the ledger is and which hash it ends with.
type ledgerHead struct {
	ID      int
	Entries int
	Hash    string
}

// entryHash is the hex SHA-256 over seven lines, joined by newlines: the hash before, the instant (RFC 3339 with as many decimals as it
// has, UTC), the kind, the client's ID, the domain's ID (empty when there is none), the actor, and the body, which may hold newlines.
func entryHash(e *models.Entry) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		e.Prev, instant(e.At).Format(time.RFC3339Nano), e.Kind, idText(e.ClientID), idText(e.DomainID), e.Actor, e.Body,
	}, "\n")))
	return hex.EncodeToString(sum[:])
}

func idText(id *int64) string {
	if id == nil {
		return ""
	}
	return strconv.FormatInt(*id, 10)
}

// appendLedger adds entries to the chain in the caller's transaction. It must be the last step there: it takes the chain's lock.
func appendLedger(tx *gorm.DB, entries []models.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if tx.Name() == EnginePostgres {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(?)", ledgerLock).Error; err != nil {
			return err
		}
	}
	var head ledgerHead
	if err := tx.First(&head, 1).Error; err != nil {
		return err
	}
	rows := make([]models.Entry, len(entries))
	for i, e := range entries {
		if strings.Contains(e.Kind+e.Actor, "\n") {
			return models.Invalid("ledger", "a kind and an actor are one line each")
		}
		e.ID, e.At, e.Prev = 0, instant(e.At), head.Hash
		e.Hash = entryHash(&e)
		head.Hash, head.Entries = e.Hash, head.Entries+1
		rows[i] = e
	}
	if err := tx.CreateInBatches(rows, batchSize).Error; err != nil {
		return err
	}
	return tx.Select("entries", "hash").Updates(&head).Error
}

// AddLedger appends entries to the ledger; their Prev and Hash are filled in.
func (s *Store) AddLedger(ctx context.Context, entries []models.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.write(ctx, "add to the ledger", entries[0].At, func(tx *gorm.DB) error { return appendLedger(tx, entries) })
}

// Ledger gives the lines that concern a client (0: all lines), latest first.
func (s *Store) Ledger(ctx context.Context, clientID int64, limit int) ([]models.Entry, error) {
	q := s.ask(ctx).Order(clause.OrderByColumn{Column: clause.Column{Name: "id"}, Desc: true}).Limit(limit)
	if clientID != 0 {
		q = q.Where("client_id = ?", clientID)
	}
	var entries []models.Entry
	return entries, failed("ledger", q.Find(&entries).Error)
}

// VerifyLedger follows the chain from its first line and counts the lines. A line that was changed, removed or moved gives a *LedgerError
// that names the first line that does not follow.
func (s *Store) VerifyLedger(ctx context.Context) (entries int, err error) {
	err = s.read(ctx, "verify the ledger", func(tx *gorm.DB) error {
		var head ledgerHead
		if err := tx.First(&head, 1).Error; err != nil {
			return err
		}
		entries, err = followChain(tx, head)
		return err
	})
	return entries, err
}

func followChain(tx *gorm.DB, head ledgerHead) (entries int, err error) {
	prev, after := "", int64(0)
	for {
		var page []models.Entry
		if err := tx.Where("id > ?", after).Order("id").Limit(batchSize).Find(&page).Error; err != nil {
			return entries, err
		}
		for i := range page {
			e := &page[i]
			if e.Prev != prev {
				return entries, &LedgerError{e.ID, "it does not follow the line before"}
			}
			if e.Hash != entryHash(e) {
				return entries, &LedgerError{e.ID, "its content does not match its hash"}
			}
			prev, after = e.Hash, e.ID
			entries++
		}
		if len(page) < batchSize {
			break
		}
	}
	if entries != head.Entries || prev != head.Hash {
		return entries, &LedgerError{0, fmt.Sprintf("%d lines were written, %d are there", head.Entries, entries)}
	}
	return entries, nil
}

// entry builds a line for a change that the store itself makes, with its facts as canonical JSON (keys sorted).
func entry(at time.Time, kind, actor string, clientID, domainID int64, facts map[string]any) (models.Entry, error) {
	body, err := json.Marshal(facts)
	if err != nil {
		return models.Entry{}, err
	}
	e := models.Entry{At: at, Kind: kind, Actor: actor, Body: string(body)}
	if clientID != 0 {
		e.ClientID = &clientID
	}
	if domainID != 0 {
		e.DomainID = &domainID
	}
	return e, nil
}

// addEntry appends one line that the store itself makes.
func addEntry(tx *gorm.DB, at time.Time, kind, actor string, clientID, domainID int64, facts map[string]any) error {
	e, err := entry(at, kind, actor, clientID, domainID, facts)
	if err != nil {
		return err
	}
	return appendLedger(tx, []models.Entry{e})
}
