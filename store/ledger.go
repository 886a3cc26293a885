package store

import (
	"context"
	"crypto/rand"
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

// The schemes by which a line is hashed. A later line never has an earlier scheme.
const (
	schemeBody     = 1 // the hash covers the body itself
	schemeBodyHash = 2 // the hash covers the body by the body's hash
)

// LedgerError says where the ledger does not hold.
type LedgerError struct {
	EntryID int64 // the first line that does not hold; 0: no line is there to be named
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

// lineHash is the hex SHA-256 over seven lines, joined by newlines: the hash before, the instant (RFC 3339 with as many decimals as it has,
// UTC), the kind, the client's ID, the domain's ID (empty when there is none), the actor, and the content, which may hold newlines.
func lineHash(e *models.Entry, content string) string {
	return hexSHA256(strings.Join([]string{
		e.Prev, instant(e.At).Format(time.RFC3339Nano), e.Kind, idText(e.ClientID), idText(e.DomainID), e.Actor, content,
	}, "\n"))
}

// entryHash is what a line's Hash must be: over the body in scheme 1, over the body's hash in scheme 2.
func entryHash(e *models.Entry) string {
	if e.Scheme == schemeBody {
		return lineHash(e, e.Body)
	}
	return lineHash(e, e.BodyHash)
}

func hexSHA256[T string | []byte](content T) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// isHash reports whether a text has the form of a hex SHA-256.
func isHash(text string) bool {
	return len(text) == 2*sha256.Size && strings.Trim(text, "0123456789abcdef") == ""
}

func idText(id *int64) string {
	if id == nil {
		return ""
	}
	return strconv.FormatInt(*id, 10)
}

// salted gives a body, which is one JSON object, a random member "salt": nobody who knows a body's hash can find the body by guessing
// after it was erased. An empty body is an empty object.
func salted(body string) (string, error) {
	text := strings.TrimSpace(body)
	if text == "" {
		text = "{}"
	}
	if text[0] != '{' || !json.Valid([]byte(text)) {
		return "", models.Invalid("ledger", "a body is one JSON object")
	}
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails since Go 1.24
	members := strings.TrimSpace(strings.TrimSuffix(text, "}"))
	if members != "{" {
		members += ","
	}
	return members + `"salt":"` + hex.EncodeToString(salt[:]) + `"}`, nil
}

// seal makes an entry the line after the one with the hash prev.
func seal(e *models.Entry, prev string) error {
	if strings.Contains(e.Kind+e.Actor, "\n") {
		return models.Invalid("ledger", "a kind and an actor are one line each")
	}
	body, err := salted(e.Body)
	if err != nil {
		return err
	}
	e.ID, e.At, e.Prev, e.ErasedAt = 0, instant(e.At), prev, nil
	e.Scheme, e.Body, e.BodyHash = schemeBodyHash, body, hexSHA256(body)
	e.Hash = entryHash(e)
	return nil
}

var entryRows = bulk{
	table:   "entries",
	columns: []string{`"at"`, "kind", "client_id", "domain_id", "actor", "body", "prev", "hash", "scheme", "body_hash"},
}

// appendLedger adds entries to the chain in the caller's transaction. It must be the last step there: it takes the chain's lock.
func appendLedger(tx *gorm.DB, entries []models.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if err := lockLedger(tx); err != nil {
		return err
	}
	var head ledgerHead
	if err := tx.First(&head, 1).Error; err != nil {
		return err
	}
	rows := make([]models.Entry, len(entries))
	for i, e := range entries {
		if err := seal(&e, head.Hash); err != nil {
			return err
		}
		head.Hash, head.Entries = e.Hash, head.Entries+1
		rows[i] = e
	}
	err := entryRows.insert(tx, len(rows), func(args []any, i int) []any {
		e := &rows[i]
		return append(args, e.At, e.Kind, e.ClientID, e.DomainID, e.Actor, e.Body, e.Prev, e.Hash, e.Scheme, e.BodyHash)
	})
	if err != nil {
		return err
	}
	return tx.Select("entries", "hash").Updates(&head).Error
}

// lockLedger keeps other transactions from adding lines until this one ends.
func lockLedger(tx *gorm.DB) error {
	if tx.Name() != EnginePostgres {
		return nil
	}
	return tx.Exec("SELECT pg_advisory_xact_lock(?)", ledgerLock).Error
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
