package portfolio

import (
	"fmt"
	"io"

	"github.com/krestmarketing/deedwatch/models"
)

// Columns are the header names that Read knows; only domain and client are needed. Order and case do not matter.
var Columns = []string{
	"domain", "client", "owner_name", "owner_email", "owner_phone", "deputy_name", "deputy_email", "deputy_phone",
	"services", "auto_renew", "attested_expiry", "time_zone", "language",
}

// Options are what reading needs from outside.
type Options struct {
	// Secret reports whether a text looks like a password or a key; such a row is refused and the text is not repeated. Nil: no check.
	Secret func(string) bool
	// Canonical gives the canonical form of a record's value, or why it is none. Needed by ReadRecords alone.
	Canonical func(rrtype, text string) (string, error)
}

// Sheet is what a portfolio came to.
type Sheet struct {
	Rows   []models.PortfolioRow
	Errors []RowError
}

// RowError says why one row can't be used and what to write instead. It never carries the value.
type RowError struct {
	Line   int // of the file, from 1
	Column string
	Msg    string
}

// Error gives line, column and advice.
func (e *RowError) Error() string { return fmt.Sprintf("line %d, %s: %s", e.Line, e.Column, e.Msg) }

// Read reads a whole portfolio. Rows with an error are left out and named in Sheet.Errors; the error returned is for a file that can't be
// read at all, and for columns that must not be there (errors.Is(err, models.ErrInvalid)).
func Read(r io.Reader, opts Options) (Sheet, error) {
	t, err := openTable(r, Columns, "domain", "client")
	if err != nil {
		return Sheet{}, err
	}
	var sheet Sheet
	first := map[string]int{} // domain → line
	sheet.Errors, err = t.each(func(line int, get func(string) string) []RowError {
		row, bad := parseRow(line, get, opts)
		if len(bad) > 0 {
			return bad
		}
		if earlier, dup := first[row.Domain]; dup {
			return []RowError{{line, "domain", fmt.Sprintf("stands already on line %d; remove one of the two", earlier)}}
		}
		first[row.Domain] = line
		sheet.Rows = append(sheet.Rows, row)
		return nil
	})
	return sheet, err
}
