package sheet

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// Column is a column of a table: what people read over it, and what programs call it.
type Column struct{ Title, Key string }

// Columns are columns whose titles are their keys.
func Columns(keys ...string) []Column {
	cols := make([]Column, len(keys))
	for i, k := range keys {
		cols[i] = Column{k, k}
	}
	return cols
}

// Titled are columns with a key made of the title: "Expires (ISO)" is expires_iso.
func Titled(titles ...string) []Column {
	cols := make([]Column, len(titles))
	for i, t := range titles {
		words := strings.FieldsFunc(strings.ToLower(t), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		cols[i] = Column{t, strings.Join(words, "_")}
	}
	return cols
}

// Table takes the lines of a table, cell by cell in the order of its columns.
type Table interface {
	Write(cells ...string) error
	// Close ends the table, and leaves open what it was written to.
	Close() error
}

// The formats of a table.
const (
	CSV  = "csv"
	JSON = "json"
)

// NewTable begins a table of a kind in one of the formats. It was true at the given instant, which JSON says and CSV does not.
func NewTable(w io.Writer, format, kind string, at time.Time, cols []Column) (Table, error) {
	switch format {
	case CSV:
		titles := make([]string, len(cols))
		for i, c := range cols {
			titles[i] = c.Title
		}
		return NewWriter(w, titles...)
	case JSON:
		return newDocument(w, kind, at, cols)
	}
	return nil, errors.New("a table is written as csv or json")
}

// document is a table as one JSON document. Texts stand in it as they are: no program takes them for formulas.
type document struct {
	out  *bufio.Writer
	keys []string // with their quotes and colons
	rows int
}

func newDocument(w io.Writer, kind string, at time.Time, cols []Column) (*document, error) {
	d := &document{out: bufio.NewWriter(w)}
	for _, c := range cols {
		d.keys = append(d.keys, quoted(c.Key)+":")
	}
	_, err := d.out.WriteString(`{"kind":` + quoted(kind) + `,"at":` + quoted(at.UTC().Format(time.RFC3339)) + `,"rows":[`)
	return d, documentError(err)
}

// Write adds a row as an object; an empty cell is null.
func (d *document) Write(cells ...string) error {
	var b strings.Builder
	if d.rows > 0 {
		b.WriteByte(',')
	}
	b.WriteString("\n{")
	for i, key := range d.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(key)
		if i < len(cells) && cells[i] != "" {
			b.WriteString(quoted(cells[i]))
		} else {
			b.WriteString("null")
		}
	}
	b.WriteByte('}')
	d.rows++
	_, err := d.out.WriteString(b.String())
	return documentError(err)
}

// Close ends the document with the number of its rows, by which a reader sees that it is whole.
func (d *document) Close() error {
	_, err := fmt.Fprintf(d.out, "\n],\"count\":%d}\n", d.rows)
	return documentError(errors.Join(err, d.out.Flush()))
}

func documentError(err error) error {
	if err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}

// quoted gives a text as JSON; bytes that are no UTF-8 become the replacement character.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil { // no text is refused
		return `""`
	}
	return string(b)
}
