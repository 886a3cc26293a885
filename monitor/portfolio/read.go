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

// Columns are the header names that are read; only domain and client are needed. Order and case do not matter.
var Columns = []string{
	"domain", "client", "owner_name", "owner_email", "owner_phone", "deputy_name", "deputy_email", "deputy_phone",
	"services", "auto_renew", "attested_expiry", "time_zone", "language",
}

// Options are what reading needs from outside.
type Options struct {
	// Secret reports whether a text looks like a password or a key; such a row is refused and the text is not repeated. Nil: no check.
	Secret func(string) bool
}

// Sheet is what a file came to.
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

// Read reads a whole file. Rows with an error are left out and named in Sheet.Errors; the error returned is for a file that can't be
// read at all, and for columns that must not be there (errors.Is(err, models.ErrInvalid)).
func Read(r io.Reader, opts Options) (Sheet, error) {
	br := bufio.NewReader(r)
	if bom, err := br.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		if _, err := br.Discard(3); err != nil {
			return Sheet{}, fmt.Errorf("read the portfolio: %w", err)
		}
	}
	cr := csv.NewReader(br)
	cr.Comma = separator(br)
	cr.FieldsPerRecord = -1
	cr.ReuseRecord = true
	head, err := cr.Read()
	if err != nil {
		return Sheet{}, headerError(err)
	}
	cols, err := header(head)
	if err != nil {
		return Sheet{}, err
	}
	return rows(cr, cols, opts)
}

func headerError(err error) error {
	if errors.Is(err, io.EOF) {
		return models.Invalid("file", "is empty; its first line must name the columns, at least domain and client")
	}
	return fmt.Errorf("%w: the first line can't be read as CSV: %w", models.ErrInvalid, err)
}

func rows(cr *csv.Reader, cols map[string]int, opts Options) (Sheet, error) {
	var sheet Sheet
	first := map[string]int{} // domain → line
	for {
		record, err := cr.Read()
		if errors.Is(err, io.EOF) {
			return sheet, nil
		}
		if pe, ok := errors.AsType[*csv.ParseError](err); ok {
			sheet.Errors = append(sheet.Errors, RowError{Line: pe.StartLine, Column: "row", Msg: "can't be read as CSV: a quote is missing or misplaced"})
			continue
		}
		if err != nil {
			return sheet, fmt.Errorf("read the portfolio: %w", err)
		}
		line, _ := cr.FieldPos(0)
		row, bad := parseRow(line, func(col string) string {
			if i, ok := cols[col]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		}, opts)
		if bad == nil && row.Domain != "" {
			if earlier, dup := first[row.Domain]; dup {
				bad = []RowError{{line, "domain", fmt.Sprintf("stands already on line %d; remove one of the two", earlier)}}
			} else {
				first[row.Domain] = line
			}
		}
		if len(bad) > 0 {
			sheet.Errors = append(sheet.Errors, bad...)
			continue
		}
		sheet.Rows = append(sheet.Rows, row)
	}
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

// header maps column names to positions and refuses files that carry passwords.
func header(fields []string) (map[string]int, error) {
	cols := map[string]int{}
	for i, f := range fields {
		if !utf8.ValidString(f) {
			return nil, models.Invalid("file", "is not UTF-8 text; save it as \"CSV UTF-8\"")
		}
		name := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(f)))
		if secretColumn(name) {
			return nil, models.Invalid(fmt.Sprintf("column %d", i+1), "its name says that it holds passwords or codes; remove the column and import again: Deedwatch never takes any")
		}
		if _, twice := cols[name]; twice && slices.Contains(Columns, name) {
			return nil, models.Invalid("column "+name, "stands twice; remove one of the two")
		}
		cols[name] = i
	}
	for _, need := range []string{"domain", "client"} {
		if _, ok := cols[need]; !ok {
			return nil, models.Invalid("file", "has no column named %q; its first line must name the columns: %s", need, strings.Join(Columns, ", "))
		}
	}
	return cols, nil
}

func secretColumn(name string) bool {
	for _, word := range []string{"password", "passwd", "passphrase", "pwd", "secret", "auth_code", "authcode", "auth_info", "authinfo", "epp_code", "transfer_code", "api_key", "apikey", "token", "credential", "otp", "pin"} {
		if name == word || strings.HasPrefix(name, word+"_") || strings.HasSuffix(name, "_"+word) || (len(word) > 3 && strings.Contains(name, word)) {
			return true
		}
	}
	return false
}
