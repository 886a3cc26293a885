package portfolio

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// What one line of the file may take: beyond it the line is named as unusable and left behind, so that memory stays bounded whatever the
// file holds.
const (
	maxLine      = 1 << 20 // bytes
	maxLookAhead = 64      // lines in which the end of a quoted text is looked for
	peekSize     = 64 << 10
)

// What is wrong with a line that is no row.
const (
	msgQuote   = "can't be read as CSV: a quote is missing or misplaced"
	msgTooLong = "is longer than a million characters; is a line end missing?"
)

// scanner cuts a file into records. A quote that is opened and never closed costs the line it stands on, not the rest of the file.
type scanner struct {
	in    *bufio.Reader
	end   byte // of a line
	comma byte
	no    int        // of the last line that was read from the file
	ahead []textLine // lines that were read while looking for a closing quote, to be read again
	cells []string
}

type textLine struct {
	no   int
	text string
	long bool // cut at maxLine
}

// record is one line of the table, which takes several of the file where a quoted text does.
type record struct {
	line    int
	cells   []string // valid until the next record
	problem string   // why it can't be used; cells are then a guess
}

// newScanner looks at the beginning of a file and refuses what is no text in UTF-8.
func newScanner(r io.Reader) (*scanner, error) {
	s := &scanner{in: bufio.NewReaderSize(r, peekSize), end: '\n'}
	start, err := s.in.Peek(peekSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")) || bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0")):
		return nil, models.Invalid("file", "is a spreadsheet's own format; save it as \"CSV UTF-8\"")
	case bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")):
		return nil, models.Invalid("file", "is UTF-16 text; save it as \"CSV UTF-8\"")
	case bytes.IndexByte(firstLine(start), 0) >= 0:
		return nil, models.Invalid("file", "is no text in UTF-8; save it as \"CSV UTF-8\"")
	}
	if bytes.HasPrefix(start, []byte("\xef\xbb\xbf")) {
		if _, err := s.in.Discard(3); err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
	}
	if bytes.IndexByte(start, '\n') < 0 && bytes.IndexByte(start, '\r') >= 0 {
		s.end = '\r'
	}
	return s, nil
}

// next gives the next record that is not blank; io.EOF after the last.
func (s *scanner) next() (record, error) {
	for {
		l, err := s.readLine()
		if err != nil {
			return record{}, err
		}
		if l.long {
			return record{l.no, s.guess(l.text), msgTooLong}, nil
		}
		if strings.TrimSpace(l.text) == "" {
			continue
		}
		return s.complete(l)
	}
}

// complete makes a record of a line and, where a quoted text is open at its end, of those that follow.
func (s *scanner) complete(l textLine) (record, error) {
	text, quotes, size := l.text, strings.Count(l.text, `"`), len(l.text)
	var more []textLine
	for quotes%2 == 1 && len(more) < maxLookAhead && size < peekSize {
		next, err := s.readLine()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return record{}, err
		}
		more = append(more, next)
		quotes += strings.Count(next.text, `"`)
		size += len(next.text)
		if next.long {
			break
		}
	}
	if len(more) > 0 {
		var b strings.Builder
		b.WriteString(text)
		for _, m := range more {
			b.WriteString("\n" + m.text)
		}
		text = b.String()
	}
	cells, ok := s.split(text)
	if ok && size < maxLine {
		return record{l.no, cells, ""}, nil
	}
	s.ahead = append(more, s.ahead...)
	return record{l.no, s.guess(l.text), msgQuote}, nil
}

// split cuts a record into cells. It reports false where a quote is misplaced or not closed.
func (s *scanner) split(text string) ([]string, bool) {
	s.cells = s.cells[:0]
	for {
		if quoted := strings.TrimLeft(text, " "); strings.HasPrefix(quoted, `"`) {
			cell, rest, ok := closing(quoted[1:])
			if !ok {
				return s.cells, false
			}
			s.cells = append(s.cells, cell)
			if rest = strings.TrimLeft(rest, " "); rest == "" {
				return s.cells, true
			} else if rest[0] != s.comma {
				return s.cells, false
			}
			text = rest[1:]
			continue
		}
		cell, rest, more := text, "", false
		if i := strings.IndexByte(text, s.comma); i >= 0 {
			cell, rest, more = text[:i], text[i+1:], true
		}
		if strings.Contains(cell, `"`) {
			return s.cells, false
		}
		s.cells = append(s.cells, cell)
		if !more {
			return s.cells, true
		}
		text = rest
	}
}

// closing reads a quoted text up to its closing quote; a doubled quote stands for one.
func closing(s string) (cell, rest string, ok bool) {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '"')
		if i < 0 {
			return "", "", false
		}
		at += i
		if !strings.HasPrefix(s[at+1:], `"`) {
			return strings.ReplaceAll(s[:at], `""`, `"`), s[at+1:], true
		}
		at += 2
	}
}

// guess cuts a line that can't be read as its author will have meant it.
func (s *scanner) guess(text string) []string {
	s.cells = s.cells[:0]
	for cell := range strings.SplitSeq(text, string(rune(s.comma))) {
		s.cells = append(s.cells, strings.Trim(cell, `" `))
	}
	return s.cells
}

// readLine gives the next line without its end; io.EOF when there is none.
func (s *scanner) readLine() (textLine, error) {
	if len(s.ahead) > 0 {
		l := s.ahead[0]
		s.ahead = s.ahead[1:]
		return l, nil
	}
	var long []byte
	cut := false
	for {
		part, err := s.in.ReadSlice(s.end)
		whole := err == nil
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
			return textLine{}, fmt.Errorf("read the file after line %d: %w", s.no, err)
		}
		if errors.Is(err, io.EOF) && len(part) == 0 && long == nil {
			return textLine{}, io.EOF
		}
		if whole && long == nil {
			s.no++
			return textLine{no: s.no, text: s.trimEnd(string(part))}, nil
		}
		if keep := maxLine - len(long); len(part) > keep {
			part, cut = part[:keep], true
		}
		long = append(long, part...)
		if whole || errors.Is(err, io.EOF) {
			s.no++
			return textLine{s.no, s.trimEnd(string(long)), cut}, nil
		}
	}
}

func (s *scanner) trimEnd(line string) string {
	line = strings.TrimSuffix(line, string(rune(s.end)))
	if s.end == '\n' {
		line = strings.TrimSuffix(line, "\r")
	}
	return line
}

// firstLine is what stands before the first line end.
func firstLine(start []byte) []byte {
	if i := bytes.IndexAny(start, "\r\n"); i >= 0 {
		return start[:i]
	}
	return start
}
