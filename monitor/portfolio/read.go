package portfolio

import (
	"fmt"
	"io"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// Options are what reading needs from outside.
type Options struct {
	// Secret reports whether a text looks like a password or a key; such a row is refused and the text is not repeated. Nil: no check.
	Secret func(string) bool
	// Name reads a domain's name. Nil: catalog.ParseName.
	Name func(string) (catalog.Name, error)
	// Canonical gives the canonical form of a record's value, or why it is none. Needed by ReadRecords alone.
	Canonical func(rrtype, text string) (string, error)
	// Expand gives the records, in canonical form, that a connection asks for; an *models.InvalidError names the column that is at fault.
	// Used by ReadRecords alone. Nil: lines that name a connection are refused.
	Expand func(Connection) ([]models.ExpectedRecord, error)
}

func (o Options) name(given string) (catalog.Name, error) {
	if o.Name == nil {
		return catalog.ParseName(given)
	}
	return o.Name(given)
}

// RowError says why one row can't be used and what to write instead. It never carries the value.
type RowError struct {
	Line   int // of the file, from 1
	Column string
	Msg    string
	secret bool // the value must not be repeated anywhere
}

// Error gives line, column and advice.
func (e *RowError) Error() string { return fmt.Sprintf("line %d, %s: %s", e.Line, e.Column, e.Msg) }

// Line is one line of a portfolio.
type Line struct {
	Number int // of the file, from 1
	Row    models.PortfolioRow
	Note   string     // what Row makes of the line that its author may not expect
	Errors []RowError // why Row can't be used; none: it can
	Given  []string   // with Errors: the cells as the file has them, under Reader.Header; what looks like a secret is left out
}

// Reader reads a portfolio line by line. What it remembers of the lines behind it is some 150 bytes each, so a file may be of any length.
// Not safe for concurrent use.
type Reader struct {
	opts   Options
	table  *table
	texts  texts
	zones  zones
	agrees *agreement
}

// NewReader reads the first line. The error is for a file that can't be read at all, and for columns that must not be there; what the
// author of the file can mend is models.ErrInvalid.
func NewReader(r io.Reader, opts Options) (*Reader, error) {
	t, err := openTable(r, portfolioColumns)
	if err != nil {
		return nil, err
	}
	return &Reader{opts: opts, table: t, texts: texts{secret: opts.Secret}, zones: zones{}, agrees: newAgreement()}, nil
}

// Columns says what each column of the file was taken for.
func (r *Reader) Columns() []Column { return r.table.head }

// Header are the columns of what Line.Given gives.
func (r *Reader) Header() []string { return r.table.givenHead() }

// Next gives the next line, usable or not; io.EOF after the last. Another error means that the file can't be read on.
func (r *Reader) Next() (Line, error) {
	rec, err := r.table.next()
	if err != nil {
		return Line{}, err
	}
	l := Line{Number: rec.line}
	if rec.problem != "" {
		l.Errors = []RowError{{Line: rec.line, Column: "row", Msg: rec.problem}}
	} else if l.Errors = r.table.ragged(rec); len(l.Errors) == 0 {
		r.parseRow(&l, r.table.get(rec))
		if len(l.Errors) == 0 {
			l.Errors = r.agrees.check(&l.Row)
		}
	}
	if len(l.Errors) > 0 {
		l.Note = ""
		l.Row, l.Given = models.PortfolioRow{}, r.table.given(rec, l.Errors, r.opts.Secret)
	}
	return l, nil
}
