package portfolio

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/models/sheet"
)

// Column is a column of a file, and what it was taken for.
type Column struct {
	Name     string // as the file has it
	TakenFor string // one of Columns or RecordColumns; empty: it is not used
}

// table is a CSV file read by header names.
type table struct {
	scan *scanner
	head []Column
	cols map[string]int // what a column was taken for → position
	rows int
}

// openTable reads the first line. It refuses a file whose columns carry secrets, and one that lacks a needed column.
func openTable(r io.Reader, cols []column) (*table, error) {
	scan, err := newScanner(r)
	if err != nil {
		return nil, err
	}
	head, err := scan.readHeader(cols)
	if err != nil {
		return nil, err
	}
	t := &table{scan: scan}
	t.head, t.cols, err = header(head, cols)
	return t, err
}

// readHeader finds the separator, and the names between which it stands. A line "sep=;", which spreadsheets write, names it.
func (s *scanner) readHeader(cols []column) ([]string, error) {
	for {
		l, err := s.readLine()
		if errors.Is(err, io.EOF) {
			return nil, models.Invalid("file", "is empty; its first line must name the columns, at least %s", strings.Join(neededNames(cols), " and "))
		}
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(l.text) == "" {
			continue
		}
		if sep, named := strings.CutPrefix(strings.ToLower(l.text), "sep="); named && len(sep) == 1 {
			s.comma = sep[0]
			continue
		}
		if s.comma == 0 {
			s.comma = s.separator(l.text, cols)
		}
		rec, err := s.complete(l)
		if err == nil && (rec.problem != "" || l.long) {
			err = models.Invalid("file", "has a first line that can't be read as CSV: a quote is missing or misplaced")
		}
		return slices.Clone(rec.cells), err
	}
}

// separator is that of comma, semicolon and tab, which spreadsheets all write, between which most columns are known; where they are alike,
// the one that cuts the line into most.
func (s *scanner) separator(line string, cols []column) byte {
	best, score := byte(','), -1
	for _, c := range []byte{',', ';', '\t'} {
		s.comma = c
		cells, _ := s.split(line)
		n := len(cells)
		for _, cell := range cells {
			if col, _ := known(cols, headerName(cell)); col != nil {
				n += 1000
			}
		}
		if n > score {
			best, score = c, n
		}
	}
	return best
}

func neededNames(cols []column) []string {
	var out []string
	for _, c := range cols {
		if c.needed {
			out = append(out, c.name)
		}
	}
	return out
}

// header says what each column is taken for. A column by its own name goes before one by another name.
func header(fields []string, cols []column) ([]Column, map[string]int, error) {
	head, at := make([]Column, len(fields)), map[string]int{}
	byOwn := map[string]bool{}
	for i, f := range fields {
		if !utf8.ValidString(f) {
			return nil, nil, models.Invalid("file", "is not UTF-8 text; save it as \"CSV UTF-8\"")
		}
		name := headerName(f)
		if secretColumn(name) {
			return nil, nil, models.Invalid(fmt.Sprintf("column %d", i+1), "its name says that it holds passwords or codes; remove the column and import again: Deedwatch never takes any")
		}
		head[i].Name = strings.TrimSpace(f)
		c, own := known(cols, name)
		if c == nil {
			continue
		}
		if earlier, twice := at[c.name]; twice {
			if own == byOwn[c.name] {
				return nil, nil, models.Invalid("column "+c.name, "stands twice, as column %d and as column %d; remove or rename one of the two", earlier+1, i+1)
			}
			if !own {
				continue
			}
			head[earlier].TakenFor = ""
		}
		at[c.name], byOwn[c.name], head[i].TakenFor = i, own, c.name
	}
	for _, need := range cols {
		_, there := at[need.name]
		_, instead := at[need.unless]
		if need.needed && !there && !instead {
			return nil, nil, models.Invalid("file", "has no column named %q; its first line must name the columns: %s", need.name, strings.Join(names(cols), ", "))
		}
	}
	return head, at, nil
}

// next gives the next line of the table; io.EOF after the last, and an error for a table without any.
func (t *table) next() (record, error) {
	rec, err := t.scan.next()
	if errors.Is(err, io.EOF) && t.rows == 0 {
		return rec, models.Invalid("file", "has a line that names the columns, and no rows below it")
	}
	t.rows++
	return rec, err
}

// get gives a cell of a record by what its column was taken for, without the apostrophe that an export put before it.
func (t *table) get(rec record) func(column string) string {
	return func(column string) string {
		if i, ok := t.cols[column]; ok && i < len(rec.cells) {
			return sheet.Plain(strings.TrimSpace(rec.cells[i]))
		}
		return ""
	}
}

// ragged finds a line with more cells than there are columns: which of them belongs where, nobody can say.
func (t *table) ragged(rec record) []RowError {
	for i := len(t.head); i < len(rec.cells); i++ {
		if strings.TrimSpace(rec.cells[i]) != "" {
			return []RowError{{Line: rec.line, Column: "row", Msg: fmt.Sprintf("has %d cells for %d columns; is a text with a separator in it not quoted?", len(rec.cells), len(t.head))}}
		}
	}
	return nil
}

// given lists the cells of a line as they were, for a file in which they can be corrected: under the columns of the file, without
// whatever looks like a secret, and without what an earlier such file added.
func (t *table) given(rec record, bad []RowError, secret func(string) bool) []string {
	out := make([]string, 0, max(len(t.head), len(rec.cells)))
	for i, cell := range rec.cells {
		if i < len(t.head) && added(t.head[i].Name) {
			continue
		}
		masked := secret != nil && secret(cell)
		for _, e := range bad {
			masked = masked || e.secret && i < len(t.head) && t.head[i].TakenFor == e.Column
		}
		public := i < len(t.head) && slices.Contains(publicColumns, t.head[i].TakenFor)
		if masked && !public {
			cell = ""
		}
		out = append(out, sheet.Plain(cell))
	}
	for len(out) < len(t.givenHead()) {
		out = append(out, "")
	}
	return out
}

// givenHead are the columns of the lines that given gives.
func (t *table) givenHead() []string {
	var out []string
	for _, c := range t.head {
		if !added(c.Name) {
			out = append(out, c.Name)
		}
	}
	return out
}

func added(column string) bool {
	name := headerName(column)
	return name == LineColumn || name == ErrorColumn
}
