package catalog

import (
	"errors"
	"strings"
	"unicode"

	"github.com/krestmarketing/deedwatch/models"
)

// PastedState says what became of one piece of a pasted text.
type PastedState string

// The states of a piece.
const (
	PastedName      PastedState = "name"      // the first time that its Registrable comes up
	PastedDuplicate PastedState = "duplicate" // its Registrable came up before; its Host may be another one
	PastedRefused   PastedState = "refused"   // no name is in it
)

// MaxPasted is how many pieces of a pasted text are read. What follows is refused as one.
const MaxPasted = 10_000

// Pasted is one piece of a pasted text.
type Pasted struct {
	Line   int    // of the text, from 1
	Text   string // the piece as it stands, cut to 200 characters; hostile text
	State  PastedState
	Name   Name   // unless refused
	First  int    // of a duplicate: the line on which its Registrable came up first
	Reason string // of a refusal: why, and what to give instead
}

// Split reads a pasted text of several names: a column of a sheet, a list in a sentence, the recipients of a mail. It keeps their order.
func (n *Names) Split(text string) []Pasted {
	var out []Pasted
	first := map[string]int{}
	line := 0
	for l := range strings.Lines(text) {
		line++
		for _, piece := range pieces(l) {
			if len(out) == MaxPasted {
				return append(out, Pasted{Line: line, Text: clip(piece, 200), State: PastedRefused, Reason: "too many at once; paste what begins here by itself"})
			}
			p := Pasted{Line: line, Text: clip(strings.ToValidUTF8(piece, "\uFFFD"), 200), State: PastedName}
			name, err := n.Parse(piece)
			if err != nil {
				p.State, p.Reason = PastedRefused, adviceOf(err)
				out = append(out, p)
				continue
			}
			p.Name = name
			if at, dup := first[name.Registrable]; dup {
				p.State, p.First = PastedDuplicate, at
			} else {
				first[name.Registrable] = line
			}
			out = append(out, p)
		}
	}
	return out
}

// adviceOf takes the advice from a refusal.
func adviceOf(err error) string {
	if inv, ok := errors.AsType[*models.InvalidError](err); ok {
		return inv.Msg
	}
	return err.Error()
}

// pieces splits a line at commas, semicolons, tabs, bars and blanks, but keeps together what belongs together: an e-mail address with the
// name before it, a Markdown link. Words beside a name, and the marks of a list, are dropped.
func pieces(line string) []string {
	var out []string
	for _, field := range fields(line) {
		if strings.Contains(field, "](") || (strings.Contains(field, "<") && strings.Contains(field, ">")) {
			out = append(out, field)
			continue
		}
		words := strings.FieldsFunc(field, unicode.IsSpace)
		named := 0
		for _, w := range words {
			if looksNamed(w) {
				out = append(out, w)
				named++
			}
		}
		if named == 0 && strings.ContainsFunc(field, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			out = append(out, strings.TrimSpace(field))
		}
	}
	return out
}

// looksNamed reports whether a word may hold a name: something stands on both sides of a dot, which the mark of a list ("1.") has not.
func looksNamed(word string) bool {
	word = wide.Replace(word)
	if strings.Contains(word, "@") || strings.Contains(word, "://") {
		return true
	}
	before, after, dot := strings.Cut(strings.TrimLeft(word, "("), ".")
	return dot && before != "" && strings.ContainsFunc(after, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// fields splits at the marks that separate names, outside quotes and angle brackets. A quote that is not closed ends with the line.
func fields(line string) []string {
	var out []string
	start, quoted, angled := 0, false, false
	lastQuote, lastAngle := strings.LastIndex(line, "\""), strings.LastIndex(line, ">")
	for i, r := range line {
		switch {
		case r == '"':
			quoted = !quoted && i < lastQuote
		case quoted:
		case r == '<':
			angled = i < lastAngle
		case r == '>':
			angled = false
		case angled:
		case r == ',' || r == ';' || r == '\t' || r == '|' || r == '、' || r == '，':
			out = append(out, line[start:i])
			start = i + len(string(r))
		}
	}
	return append(out, line[start:])
}
