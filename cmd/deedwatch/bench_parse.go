package main

import (
	"net/http"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

// benchParse is what reading one answer takes, without asking for it.
type benchParse struct {
	Kind   string `json:"kind"`
	Bodies int    `json:"bodies"`     // different answers that were read
	Size   int    `json:"body_bytes"` // of an answer, on average
	benchCost
}

// parseRounds is how often each answer is read in one repetition.
const parseRounds = 20

// measureParse reads again what was answered.
func measureParse(kind string, answers []models.Look, reps int, now time.Time) (benchParse, error) {
	p := benchParse{Kind: kind, Bodies: len(answers)}
	var runs series
	for range reps {
		c, err := measure(len(answers)*parseRounds, func() error {
			for range parseRounds {
				for i := range answers {
					if l := parseAgain(kind, &answers[i], now); l.Outcome != answers[i].Outcome {
						return wrong("%s: read again, %s became %s", l.Domain, answers[i].Outcome, l.Outcome)
					}
				}
			}
			return nil
		})
		if err != nil {
			return p, err
		}
		runs = append(runs, c)
	}
	for i := range answers {
		p.Size += len(answers[i].Evidence)
	}
	p.Size /= max(len(answers), 1)
	p.benchCost = runs.cost()
	return p, nil
}

func parseAgain(kind string, l *models.Look, now time.Time) models.Look {
	if kind == string(models.LookWHOIS) {
		return whois.Parse(l.Domain, l.Server, l.Evidence, now)
	}
	return rdap.Parse(l.Domain, http.StatusOK, nil, l.Evidence, now)
}
