package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// VerifyLedger checks the ledger as AuditLedger does, and counts its lines.
func (s *Store) VerifyLedger(ctx context.Context) (entries int, err error) {
	state, err := s.AuditLedger(ctx, nil)
	return state.Entries, err
}

// AuditLedger follows the chain from its first line, holds what its lines vouch for against the rows (messages, the server's answers,
// clients' answers, the evidence of observations), and looks for rows that ought to have a line and have none. What does not hold gives a
// *LedgerError that names the first line concerned. Whoever can write to the database can also write the whole chain anew: kept are heads
// that were noted elsewhere at earlier times, each of which must be the hash of a line.
//
// It reads the ledger once, in batches, from one snapshot.
func (s *Store) AuditLedger(ctx context.Context, kept []string) (models.LedgerState, error) {
	a := audit{kept: kept, erasures: map[erasureKey]map[int64][]string{}}
	err := s.export(ctx, "verify the ledger", func(tx *gorm.DB) error {
		a.tx = tx
		if err := a.follow(); err != nil {
			return err
		}
		return a.orphans()
	})
	for i := range a.state.Kept {
		a.state.Kept[i].Since = a.state.Entries - a.state.Kept[i].Since
	}
	return a.state, err
}

// audit is one pass over the ledger.
type audit struct {
	tx       *gorm.DB
	kept     []string
	state    models.LedgerState
	scheme   int
	erasures map[erasureKey]map[int64][]string
}

// follow walks the chain up to the head.
func (a *audit) follow() error {
	var head ledgerHead
	switch err := a.tx.First(&head, 1).Error; {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return &LedgerError{0, "the row that says how many lines were written is gone"}
	case err != nil:
		return err
	}
	after := int64(math.MinInt64) // a line that was put in may have any number
	for {
		var page []models.Entry
		if err := a.tx.Where("id > ?", after).Order("id").Limit(batchSize).Find(&page).Error; err != nil {
			return err
		}
		if err := a.page(page); err != nil {
			return err
		}
		if len(page) < batchSize {
			break
		}
		after = page[len(page)-1].ID
	}
	if a.state.Entries != head.Entries || a.state.Head != head.Hash {
		return &LedgerError{0, fmt.Sprintf("%d lines were written, %d are there", head.Entries, a.state.Entries)}
	}
	for _, hash := range a.kept {
		if !slices.ContainsFunc(a.state.Kept, func(k models.KeptHead) bool { return k.Hash == hash }) {
			return &LedgerError{0, fmt.Sprintf("the head %s, which was kept elsewhere, is not in it: it was cut off, or written anew", hash)}
		}
	}
	return nil
}

// page checks consecutive lines: their place in the chain one after the other, then what those that stand in their place vouch for.
func (a *audit) page(lines []models.Entry) error {
	var broken *LedgerError
	for i := range lines {
		if why := a.place(&lines[i]); why != "" {
			broken, lines = &LedgerError{lines[i].ID, why}, lines[:i]
			break
		}
	}
	if err := a.vouched(lines); err != nil {
		return err
	}
	if broken != nil {
		return broken
	}
	return nil
}

// place takes the next line of the chain, or says why it can't be.
func (a *audit) place(e *models.Entry) string {
	switch {
	case e.Prev != a.state.Head:
		return "it does not follow the line before"
	case e.Scheme != schemeBody && e.Scheme != schemeBodyHash, e.Scheme < a.scheme:
		return "it is not hashed as lines at its place are"
	case e.Scheme == schemeBody && isHash(e.Body), e.Scheme == schemeBodyHash && !isHash(e.BodyHash):
		return "it is not hashed as it says" // else a body and its hash could be taken for each other
	case e.ErasedAt == nil && e.Scheme == schemeBodyHash && e.BodyHash != hexSHA256(e.Body):
		return "its content does not match its hash"
	case (e.ErasedAt == nil || e.Scheme == schemeBodyHash) && e.Hash != entryHash(e):
		return "its content does not match its hash"
	}
	a.state.Entries++
	a.state.Head, a.scheme = e.Hash, e.Scheme
	if e.ErasedAt != nil {
		a.state.Erased++
	}
	if slices.Contains(a.kept, e.Hash) {
		a.state.Kept = append(a.state.Kept, models.KeptHead{Hash: e.Hash, Line: e.ID, Since: a.state.Entries})
	}
	return ""
}

// complaint is what does not hold about one line.
type complaint struct {
	line int64
	why  string
}

// vouched checks what lines say of erasures, messages, their return and answers, and gives the first complaint.
func (a *audit) vouched(lines []models.Entry) error {
	var found []complaint
	for _, check := range []func([]models.Entry) ([]complaint, error){a.erasedLines, a.erasingLines, a.messages, a.returns, a.answers} {
		complaints, err := check(lines)
		if err != nil {
			return err
		}
		found = append(found, complaints...)
	}
	if len(found) == 0 {
		return nil
	}
	first := slices.MinFunc(found, func(x, y complaint) int { return int(x.line - y.line) })
	return &LedgerError{first.line, first.why}
}
