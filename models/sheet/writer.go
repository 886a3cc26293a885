package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// byteOrderMark makes spreadsheets read the file as UTF-8.
const byteOrderMark = "\ufeff"

// Writer writes a table as comma-separated text (RFC 4180) in UTF-8 with a byte order mark. Every cell is made safe and keeps to one line.
// It buffers until Close. Not safe for concurrent use.
type Writer struct {
	csv   *csv.Writer
	width int
	cells []string
}

// NewWriter begins a table with the names of its columns.
func NewWriter(w io.Writer, columns ...string) (*Writer, error) {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return nil, fmt.Errorf("write the table: %w", err)
	}
	t := &Writer{csv: csv.NewWriter(w), width: len(columns)}
	t.csv.UseCRLF = true
	return t, t.Write(columns...)
}

// Write adds a line; the columns that it does not reach stay empty.
func (t *Writer) Write(cells ...string) error {
	t.cells = t.cells[:0]
	for _, c := range cells {
		t.cells = append(t.cells, Safe(oneLine(c)))
	}
	for len(t.cells) < t.width {
		t.cells = append(t.cells, "")
	}
	if err := t.csv.Write(t.cells); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// Close hands on what is buffered.
func (t *Writer) Close() error {
	t.csv.Flush()
	if err := t.csv.Error(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// oneLine makes a text one line of characters that can be seen: line ends and tabs become blanks, other control characters and marks that
// turn the direction of writing are left out, and bytes that are no UTF-8 become the replacement character.
func oneLine(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, unprintable) {
		return s
	}
	s = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ", "\u2028", " ", "\u2029", " ").Replace(s)
	return strings.Map(func(r rune) rune {
		if unprintable(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
}

func unprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029 || r == 0xFEFF
}
