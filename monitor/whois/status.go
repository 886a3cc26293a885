package whois

import (
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// statusWords are values of a status, or what such values begin with, by what they say of a registration. OutcomeOK is one that only a
// registration has. A status that is not here says nothing: it neither proves a registration nor that there is none.
var statusWords = map[models.Outcome]struct{ is, starts string }{
	models.OutcomeOK: {
		is: "in use|no delegated|not delegated|to be suspended|out of service|no longer in use",
		starts: "ok|active|registered|connect|connected|delegated|granted|published|locked|taken|assigned|allocated|occupied|verified|inactive|hold|on-hold|" +
			"pending|redemption|expired|suspended|grace|quarantine|in quarantine|protected|paid|production|live|enabled|approved|billing|linked|complete|" +
			"operational|current|used|busy|ativo|ativa|activo|activa|actif|active|aktiv|aktywna|registrado|registrada|registriert|enregistré|zarejestrowana|" +
			"regged|deactivated|frozen|transfer|renew|renewed|auto|add|failed|dispute|200|210|domain ok|normal|normally|signed|deleted pending|pendingdelete|to be deleted|" +
			"client|server|autorenew|disabled|inactiv|parked|not renewed|lock|confirmed|valid|open|up|completed|official|registrar",
	},
	models.OutcomeAbsent: {
		is: "free|available|no object found|not registered|not found|unregistered|no match|available for registration|no matching objects found|" +
			"not assigned|deleted|unassigned|not exist|does not exist|not existing|disponible|nonexistent|libre|no data found|no entries found|not taken|livre|vrij|frei|libero",
		starts: "220|available -|available (|available for|free -|free (",
	},
	models.OutcomeRefused: {is: "request denied", starts: "440"},
	models.OutcomeReserved: {
		is:     "blocked|prohibited|restricted|excluded|private/reserved|not available for registration|not available|forbidden|banned|withdrawn|withheld",
		starts: "reserved|not allowed|premium|unavailable|registry reserved|blocked",
	},
	models.OutcomeInvalid: {is: "unassignable|malformed|not valid", starts: "invalid|500|501|502|505|510|520|531"},
}

// statusTable is statusWords the other way round.
type statusTable struct {
	is     map[string]models.Outcome
	starts map[string][]phrase // by first word
}

var statuses = func() statusTable {
	t := statusTable{map[string]models.Outcome{}, map[string][]phrase{}}
	for outcome, words := range statusWords {
		for w := range strings.SplitSeq(words.is, "|") {
			t.is[w] = outcome
		}
		for w := range strings.SplitSeq(words.starts, "|") {
			t.starts[firstWord(w)] = append(t.starts[firstWord(w)], phrase{text: w, outcome: outcome})
		}
	}
	for low := range eppWords {
		t.is[low] = models.OutcomeOK
	}
	return t
}()

// statusOutcome classifies a status; OutcomeUnparsed means that it says nothing. Of several apart by commas the first that says
// something counts.
func (d *dialect) statusOutcome(value string) models.Outcome {
	for part := range strings.SplitSeq(strings.ToLower(value), ",") {
		part = strings.Trim(part, ".!* \t")
		if o, ok := d.status[part]; ok {
			return o
		}
		if o := statuses.outcome(part); o != models.OutcomeUnparsed {
			return o
		}
	}
	return models.OutcomeUnparsed
}

// outcome classifies one status in small letters.
func (t statusTable) outcome(low string) models.Outcome {
	if o, ok := t.is[low]; ok {
		return o
	}
	first, _, _ := strings.Cut(low, " ")
	if _, ok := eppWords[eppJoin.Replace(first)]; ok { // "clientHold https://…", "client_hold"
		return models.OutcomeOK
	}
	best := phrase{outcome: models.OutcomeUnparsed}
	for _, p := range t.starts[firstWord(low)] {
		whole := strings.HasPrefix(low, p.text) && (len(low) == len(p.text) || !wordByte(low[len(p.text)]) || !wordByte(p.text[len(p.text)-1]))
		if whole && len(p.text) > len(best.text) {
			best = p
		}
	}
	return best.outcome
}

// eppJoin takes the marks out of an EPP status that was printed in words.
var eppJoin = strings.NewReplacer("-", "", "_", "", " ", "")

// saysOn reads what a line means in this dialect only.
func (d *dialect) saysOn(l *line) outcomeSet {
	for start, outcome := range d.says {
		if strings.HasPrefix(l.low, start) {
			return bit(outcome)
		}
	}
	return 0
}
