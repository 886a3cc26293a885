package whois

import (
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// proseLine is the length from which a line is taken for legal prose, where only whole lines and beginnings count.
const proseLine = 140

// form says where in a line a phrase counts.
type form uint8

const (
	formWhole  form = iota // the line, without what ends a sentence
	formStart              // its beginning
	formWithin             // anywhere, from the beginning of a word on
	formEnd                // its end, from the beginning of a word on
)

// phrase is a piece of text that means an outcome.
type phrase struct {
	text    string
	form    form
	outcome models.Outcome
}

// phraseBook finds phrases by their first word, so that the cost of a line is that of its words and not of the book.
type phraseBook map[string][]phrase

func (b phraseBook) add(outcome models.Outcome, f form, texts []string) {
	for _, t := range texts {
		w := firstWord(t)
		b[w] = append(b[w], phrase{t, f, outcome})
	}
}

// outcomeSet is a set of the outcomes that a text may mean, as bits by their rank.
type outcomeSet uint8

// ranked are the outcomes that phrases can mean: the first one that is said decides. A limit outweighs "not found", which some servers
// add to it.
var ranked = [...]models.Outcome{
	models.OutcomeThrottled, models.OutcomeRefused, models.OutcomeAbsent, models.OutcomeReserved, models.OutcomeUnreachable, models.OutcomeInvalid,
}

func bit(o models.Outcome) outcomeSet {
	for i, r := range ranked {
		if r == o {
			return 1 << i
		}
	}
	return 0
}

// read returns what a line means by any of the phrases. A line of running text says something only where it opens the
// paragraph: what it is as a whole, or what it begins with.
func (b phraseBook) read(l *line) outcomeSet {
	low := l.low
	bare := strings.TrimRight(low, ".! ")
	continues := l.prose && !l.opens
	within := !l.prose && len(low) <= proseLine
	var found outcomeSet
	for i := 0; i < len(low); {
		if !wordByte(low[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(low) && wordByte(low[end]) {
			end++
		}
		for _, p := range b[low[i:end]] {
			rest := low[i:]
			switch p.form {
			case formWhole:
				if i != 0 || continues || bare != p.text {
					continue
				}
			case formStart:
				if i != 0 || continues || !strings.HasPrefix(rest, p.text) {
					continue
				}
			case formWithin:
				if !within || !strings.HasPrefix(rest, p.text) {
					continue
				}
			case formEnd:
				if !within || i+len(p.text) != len(bare) || !strings.HasPrefix(rest, p.text) {
					continue
				}
			}
			found |= bit(p.outcome)
		}
		if !within {
			return found // only the beginning counts
		}
		i = end
	}
	return found
}

// firstWord returns the letters and digits at the beginning of a phrase.
func firstWord(s string) string {
	n := 0
	for n < len(s) && wordByte(s[n]) {
		n++
	}
	return s[:n]
}

func wordByte(c byte) bool {
	return (c >= 'a' && c <= 'z') || isDigit(c) || c == '\'' || c == '_' || c >= 0x80
}
