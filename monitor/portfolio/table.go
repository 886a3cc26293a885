package portfolio

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/models"
)

// table is a CSV file read by header names.
type table struct {
	csv  *csv.Reader
	cols map[string]int // column name → position
}

// openTable reads the first line. It refuses a file whose columns carry passwords, and one that lacks a needed column.
func openTable(r io.Reader, known []string, needed ...string) (*table, error) {
	br := bufio.NewReader(r)
	if bom, err := br.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		if _, err := br.Discard(3); err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
	}
	cr := csv.NewReader(br)
	cr.Comma = separator(br)
	cr.FieldsPerRecord = -1
	cr.ReuseRecord = true
	head, err := cr.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, models.Invalid("file", "is empty; its first line must name the columns, at least %s", strings.Join(needed, " and "))
	case err != nil:
		return nil, fmt.Errorf("%w: the first line can't be read as CSV: %w", models.ErrInvalid, err)
	}
	cols, err := header(head, known, needed)
	return &table{cr, cols}, err
}

// separator guesses between comma, semicolon and tab from the first line, as spreadsheets write all three.
func separator(br *bufio.Reader) rune {
	start, _ := br.Peek(4096)
	line, _, _ := bytes.Cut(start, []byte("\n"))
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t'} {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// header maps column names to positions.
func header(fields, known, needed []string) (map[string]int, error) {
	cols := map[string]int{}
	for i, f := range fields {
		if !utf8.ValidString(f) {
			return nil, models.Invalid("file", "is not UTF-8 text; save it as \"CSV UTF-8\"")
		}
		name := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(f)))
		if secretColumn(name) {
			return nil, models.Invalid(fmt.Sprintf("column %d", i+1), "its name says that it holds passwords or codes; remove the column and import again: Deedwatch never takes any")
		}
		if _, twice := cols[name]; twice && slices.Contains(known, name) {
			return nil, models.Invalid("column "+name, "stands twice; remove one of the two")
		}
		cols[name] = i
	}
	for _, need := range needed {
		if _, ok := cols[need]; !ok {
			return nil, models.Invalid("file", "has no column named %q; its first line must name the columns: %s", need, strings.Join(known, ", "))
		}
	}
	return cols, nil
}

// secretWords are what the names of columns that hold secrets contain.
var secretWords = []string{
	"password", "passwd", "passphrase", "pwd", "secret", "auth_code", "authcode", "auth_info", "authinfo", "epp_code", "transfer_code", "api_key", "apikey",
	"token", "credential", "otp", "pin",
}

func secretColumn(name string) bool {
	return slices.ContainsFunc(secretWords, func(word string) bool {
		return name == word || strings.HasPrefix(name, word+"_") || strings.HasSuffix(name, "_"+word) || (len(word) > 3 && strings.Contains(name, word))
	})
}

// each hands every line to row, which names what is wrong with it, and gathers these errors. The error returned is for a file that can't
// be read on.
func (t *table) each(row func(line int, get func(string) string) []RowError) ([]RowError, error) {
	var bad []RowError
	for {
		record, err := t.csv.Read()
		if errors.Is(err, io.EOF) {
			return bad, nil
		}
		if pe, ok := errors.AsType[*csv.ParseError](err); ok {
			bad = append(bad, RowError{Line: pe.StartLine, Column: "row", Msg: "can't be read as CSV: a quote is missing or misplaced"})
			continue
		}
		if err != nil {
			return bad, fmt.Errorf("read the file: %w", err)
		}
		line, _ := t.csv.FieldPos(0)
		bad = append(bad, row(line, func(col string) string {
			if i, ok := t.cols[col]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		})...)
	}
}
