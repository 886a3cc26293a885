package whois

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLabel is the longest label, in bytes.
const maxLabel = 80

// cutLabel splits a line into label and value: "label: value", "label....: value", "[label] value", "a. [label] value",
// "label      value", or words before a date.
func (d *dialect) cutLabel(text string) (label, value string, k kind, ok bool) {
	if label, value, ok = bracketed(text); ok {
		return label, value, d.kindOf(label), true
	}
	if label, value, ok = colon(text); ok {
		if k = d.kindOf(label); k != kindOther || value == "" {
			return label, value, k, true
		}
	}
	if l, v, found := strings.Cut(text, "="); found {
		if k = d.kindOf(l); k != kindOther {
			return l, strings.TrimSpace(v), k, true
		}
	}
	if l, v, found := leader(text); found {
		if k = d.kindOf(l); k != kindOther {
			return l, v, k, true
		}
	}
	if l, v, k, found := d.columns(text); found {
		return l, v, k, true
	}
	if l, v, k, found := d.beforeDate(text); found {
		return l, v, k, true
	}
	return label, value, kindOther, ok
}

// bracketed reads "[label] value" with up to three characters before the bracket, as JPRS and MYNIC print it.
func bracketed(text string) (label, value string, ok bool) {
	i := strings.IndexByte(text[:min(len(text), 4)], '[')
	if i < 0 {
		return "", "", false
	}
	j := strings.IndexByte(text, ']')
	if j < i || strings.TrimSpace(text[i+1:j]) == "" {
		return "", "", false
	}
	return text[i+1 : j], strings.TrimSpace(strings.TrimLeft(text[j+1:], " :.\t")), true
}

// colon splits at the first colon that ends a label; the one in an address does not.
func colon(text string) (label, value string, ok bool) {
	i := strings.IndexByte(text, ':')
	if i <= 0 || i > maxLabel || strings.HasPrefix(text[i:], "://") {
		if w := strings.Index(text[:min(len(text), maxLabel)], "："); w > 0 {
			return text[:w], strings.TrimSpace(text[w+len("："):]), true
		}
		return "", "", false
	}
	return text[:i], strings.TrimSpace(strings.TrimLeft(text[i+1:], ". \t")), true
}

// leader splits at a run of dots: "Expiry Date.......... 2014-11-24".
func leader(text string) (label, value string, ok bool) {
	i := strings.Index(text[:min(len(text), maxLabel)], "..")
	if i <= 0 {
		return "", "", false
	}
	return text[:i], strings.TrimSpace(strings.TrimLeft(text[i:], ".: \t")), true
}

// columns splits at a run of two blanks or a tab, "Valid-date          2011-04-03"; the last run before which a label stands counts, since
// some registries put several blanks into a label.
func (d *dialect) columns(text string) (label, value string, k kind, ok bool) {
	head := text[:min(len(text), maxLabel)]
	if i := strings.Index(head, "  "); i > 0 && text[i-1] == '.' {
		return "", "", kindOther, false // the end of a sentence
	}
	for range 3 {
		i := max(strings.LastIndex(head, "  "), strings.LastIndexByte(head, '\t'))
		if i <= 0 {
			break
		}
		head = strings.TrimRight(head[:i], " \t")
		if k := d.kindOf(head); k != kindOther {
			return head, strings.TrimSpace(text[i:]), k, true
		}
	}
	return "", "", kindOther, false
}

// beforeDate splits "Record expires on 2020-05-23" where a date begins; the words before it must be a label of dates and nothing else.
func (d *dialect) beforeDate(text string) (label, value string, k kind, ok bool) {
	if len(text) > 2*maxLabel || !strings.ContainsAny(text, "0123456789") {
		return "", "", kindOther, false
	}
	for i := 1; i < len(text) && i <= maxLabel; i++ {
		if text[i-1] != ' ' || text[i] == ' ' || !beginsLikeDate(text[i:]) {
			continue
		}
		k = d.kindOf(text[:i])
		if !k.isDate() {
			return "", "", kindOther, false
		}
		return text[:i-1], text[i:], k, true
	}
	return "", "", kindOther, false
}

// kindOf looks a printed label up: by what the dialect says of it, by the table, and for dates by its words. A label in two languages
// ("Nome de domínio / Domain Name") counts by either; a number at the end ("Name Server 1", "ns2") is let go.
func (d *dialect) kindOf(label string) kind {
	var buf [maxLabel + 8]byte
	l := appendLabel(buf[:0], label)
	if len(l) == 0 {
		return kindOther
	}
	if k, ok := d.labels[string(l)]; ok {
		return k
	}
	if k, ok := labels[string(l)]; ok {
		return k
	}
	if bytes.IndexByte(l, '/') >= 0 {
		a, b, _ := strings.Cut(string(l), "/")
		if k, ok := labels[strings.TrimSpace(b)]; ok {
			return k
		}
		if k, ok := labels[strings.TrimSpace(a)]; ok {
			return k
		}
	}
	if bytes.ContainsAny(l, "0123456789") {
		bare := strings.Join(strings.Fields(strings.Map(dropDigit, string(l))), " ") // "name server 1", "ns1_hostname"
		if k := labels[bare]; k == kindNameserver || k == kindStatus {
			return k
		}
	}
	return kindByWords(l)
}

func dropDigit(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}

// normLabel brings a printed label into the form of the table.
func normLabel(s string) string { return string(appendLabel(nil, s)) }

// appendLabel brings a printed label into the form of the table: small letters, single blanks, without marks, numbers of a form's lines,
// and what stands in parentheses.
func appendLabel(dst []byte, s string) []byte {
	if len(s) > maxLabel {
		return dst
	}
	s = dropNumber(s)
	blank, inside := false, 0
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		i += n
		switch r {
		case '(':
			if len(dst) > 0 && strings.IndexByte(s[i:], ')') >= 0 {
				inside++
			}
			continue
		case ')':
			inside = 0
			continue
		case ' ', '_', '-', '.', '\t', '·':
			blank = len(dst) > 0
			continue
		case '[', ']', '*', '#', '>', '"', '•', ':', '%', '<', '|', '?', '!':
			continue
		}
		if inside > 0 {
			continue
		}
		if blank {
			dst = append(dst, ' ')
			blank = false
		}
		if r < utf8.RuneSelf {
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
		} else {
			r = unicode.ToLower(r)
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// dropNumber removes the number or letter of a form's line: "1a. Domain Name", "a. Domain Name", "(1) Domain Name".
func dropNumber(s string) string {
	s = strings.TrimSpace(s)
	i := strings.IndexAny(s[:min(len(s), 5)], ".)")
	if i < 1 || i > 3 || i+1 >= len(s) || (s[i+1] != ' ' && s[i+1] != '\t') || (i > 1 && !isDigit(s[0]) && s[0] != '(') {
		return s
	}
	return strings.TrimSpace(s[i+1:])
}
