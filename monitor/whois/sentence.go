package whois

import (
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// wordSet makes a set of words.
func wordSet(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// generalWords make a sentence a rule for all names and askers, not a statement on the name or on this query.
var generalWords = wordSet("if when whenever whoever whether who whom whose unless until any anyone anybody every everybody each those names domains " +
	"may might should must shall would first-come others bulk case says means mean " +
	"kann können wenn falls darf dürfen soll muss jede jeder puede pueden debe deben cuando si toda todo todos cualquier peut peuvent doit doivent lorsque lorsqu'un toute tout tous pode podem deve devem quando " +
	"qualquer può possono devono quando ogni jeśli może mogą kan kunnen moet moeten als indien elke får kan hvis")

// ofKind are words before "name", "domain", "query" that make them any name and any query: "a name is available when …".
var ofKind, ofWhat = wordSet("a an any some other similar"), wordSet("name names domain domains query request user registration")

// speaksOfAll reports whether a line that does not name the domain is a rule: terms of use, help, a promise.
func (a *answer) speaksOfAll(l *line) bool {
	if containsName(l.low, a.domain) || strings.Count(l.low, " ") < 4 {
		return false
	}
	for _, lead := range []string{"this domain", "this name", "name is", "your query", "domain is"} {
		if strings.HasPrefix(l.low, lead) {
			return false
		}
	}
	before, codes := "", 0
	for word := range strings.FieldsSeq(l.low) {
		word = strings.Trim(word, ".,:;!?\"'()")
		if len(word) == 3 && number(word) >= 100 {
			codes++ // a list of what the server may say: "101 no entries found, 201 access denied"
		}
		if codes == 2 || generalWords[word] || (ofKind[before] && ofWhat[word]) {
			return true
		}
		before = word
	}
	return false
}

// sentences are outcomes that a line states by its words where no phrase of the book stands in it: every group must have a word in it.
var sentences = []struct {
	outcome models.Outcome
	groups  []map[string]bool
}{
	{models.OutcomeThrottled, []map[string]bool{
		wordSet("limit limits quota queries query requests request lookups lookup connections connection rate consultas requêtes anfragen abfragen richieste zapytań запросов"),
		wordSet("exceeded exceeds exceed exceeding excessive throttled throttling ratelimited many fast quickly frequently used over maximum slow exhausted hit " +
			"demasiadas muitas trop viele superato excedido dépassée überschritten przekroczona превышен"),
	}},
	{models.OutcomeThrottled, []map[string]bool{wordSet("limit limits quota allowance maximum"), wordSet("reached hit exhausted used überschritten")}},
	{models.OutcomeThrottled, []map[string]bool{wordSet("queries requests lookups connections"), wordSet("per"), wordSet("only")}},
	{models.OutcomeRefused, []map[string]bool{
		wordSet("access address ip host client you your queries"),
		wordSet("denied refused banned blacklisted blacklist blocklist blocklisted unauthorized unauthorised forbidden authorized authorised permitted allowed"),
		wordSet("denied refused banned blacklisted blacklist blocklist blocklisted unauthorized unauthorised forbidden not only no"),
	}},
	{models.OutcomeRefused, []map[string]bool{wordSet("access service"), wordSet("restricted"), wordSet("whois users addresses")}},
	{models.OutcomeReserved, []map[string]bool{
		keptNames,
		wordSet("reserved blocked restricted prohibited withheld protected forbidden banned excluded reservado reservada réservé réservée reserviert riservato gereserveerd reserverat zastrzeżona"),
		wordSet("is are has been list by this from ist est es nom nombre nome dominio domínio domaine domein restricted"),
	}},
}

// keptNames are words for what is kept back; the asked name itself is one.
var keptNames = wordSet("name names domain label string it registration nom nombre nome dominio domínio domaine domein domena doména")

// states reads a short line by its words.
func (a *answer) states(l *line) outcomeSet {
	if l.prose || l.comment || len(l.low) > proseLine || (l.cut && l.kind != kindOther) {
		return 0
	}
	var words [2 * maxDenial]string
	n := 0
	for word := range strings.FieldsFuncSeq(l.low, betweenWords) {
		if word = strings.Trim(word, ".,:;!?\"'()[]*-%"); word != "" {
			if n == len(words) {
				return 0
			}
			words[n] = word
			n++
		}
	}
	said, named := words[:n], containsName(l.low, a.domain)
	for _, s := range sentences {
		every := true
		for gi, group := range s.groups {
			every = every && (slices.ContainsFunc(said, func(w string) bool { return group[w] }) || (s.outcome == models.OutcomeReserved && gi == 0 && named))
		}
		if every {
			return bit(s.outcome)
		}
	}
	return 0
}

// webPage reports whether a text is a page or a message of the web; nothing on it is an answer.
func (a *answer) webPage() bool {
	first := true
	for i := range a.lines {
		low := a.lines[i].low
		if low == "" {
			continue
		}
		if first && strings.HasPrefix(low, "http/1") {
			return true
		}
		first = false
		if strings.HasPrefix(low, "<") && slices.ContainsFunc([]string{"<html", "<!doctype", "<head", "<body", "<script", "<title"}, func(tag string) bool {
			return strings.HasPrefix(low, tag)
		}) {
			return true
		}
	}
	return false
}
