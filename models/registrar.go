package models

import (
	"slices"
	"strings"
	"unicode"
)

// companyForms are words that registrars write in one place and leave out in another.
var companyForms = []string{
	"inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "company", "gmbh", "ag", "kg", "ug", "se", "sa", "sas", "sarl",
	"srl", "spa", "sl", "bv", "nv", "ab", "as", "asa", "aps", "oy", "oyj", "plc", "pty", "pte", "pvt", "llp", "kft", "sro", "doo", "ohg", "the",
}

// SameRegistrar reports whether two statements name the same registrar: by the IANA registrar id where both state it, else by the name,
// apart from case, punctuation and the form of the company. An empty name is nobody's.
func SameRegistrar(name, id, otherName, otherID string) bool {
	if id != "" && otherID != "" {
		return id == otherID
	}
	if name == "" || otherName == "" {
		return false
	}
	return name == otherName || registrarKey(name) == registrarKey(otherName)
}

// registrarKey is a name without what its spellings differ in.
func registrarKey(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r == '.' || r == '\'' || r == '’':
			return -1 // "S.A." is "SA"
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, name)
	words := strings.Fields(plain)
	kept := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(companyForms, w) })
	if len(kept) == 0 {
		kept = words // a name that is only such words
	}
	return strings.Join(kept, " ")
}
