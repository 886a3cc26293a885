package sheet

import (
	"strings"
	"unicode"
)

// guardMark is what makes a spreadsheet take a cell as text.
const guardMark = "'"

// segmentEnd separates the cells of a comma-separated file where a spreadsheet's language expects semicolons: what stands behind one may
// begin a cell, too.
const segmentEnd = ";"

// Safe gives a text as it may stand in a cell: with an apostrophe before each part that could begin a formula. Parts end at a semicolon.
func Safe(s string) string {
	if !strings.ContainsFunc(s, startsFormula) {
		return s
	}
	parts := strings.Split(s, segmentEnd)
	for i, p := range parts {
		if isFormula(p) {
			parts[i] = guardMark + p
		}
	}
	return strings.Join(parts, segmentEnd)
}

// Plain gives the text that Safe was given. Of a text that Safe did not change it takes nothing away: an apostrophe goes only where
// Safe puts one.
func Plain(s string) string {
	if !strings.Contains(s, guardMark) {
		return s
	}
	parts := strings.Split(s, segmentEnd)
	for i, p := range parts {
		if rest, guarded := strings.CutPrefix(p, guardMark); guarded && isFormula(rest) {
			parts[i] = rest
		}
	}
	return strings.Join(parts, segmentEnd)
}

// isFormula reports whether the first character that counts could begin a formula. Blanks, quotes, and characters that nobody sees do not
// count: spreadsheets and the tools between them drop some. An apostrophe does not count either, so that a text which has one of its own
// gets another, and Plain leaves it the first.
func isFormula(s string) bool {
	for _, r := range s {
		switch {
		case startsFormula(r):
			return true
		case !skipped(r):
			return false
		}
	}
	return false
}

// startsFormula knows the characters, their full-width and small variants among them, with which spreadsheets begin a formula or a command.
func startsFormula(r rune) bool {
	switch r {
	case '=', '+', '-', '@', '|', '\t', '\r', '\n',
		'＝', '＋', '－', '＠', '｜', '﹦', '﹢', '﹣', '﹫', '−', '⁼', '⁺', '⁻', '₌', '₊', '₋':
		return true
	}
	return false
}

func skipped(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) || r == unicode.ReplacementChar ||
		unicode.In(r, unicode.Pi, unicode.Pf) || strings.ContainsRune("'\"`´＇＂„‚", r)
}
