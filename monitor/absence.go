package monitor

import (
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// absentKinds is how many kinds of sources must say that a name is gone.
	absentKinds = 2
	// absentRuns is in how many runs they must say so.
	absentRuns = 2
	// absentHurry is for how long a confirmation is looked for at short intervals; a second source that is silent for a day stays so.
	absentHurry = day
	// absentGap is the least time between two runs that count.
	absentGap = time.Hour
)

// countAbsence counts who said, and in how many runs, that there is no such registration. One RDAP 404 alone proves nothing: registries
// answer it for registered names too, when they are busy or being moved.
func countAbsence(r *models.Registration, looks []models.Look) {
	var first *models.Look
	registry := false
	looks = inOrder(looks)
	for i := range looks {
		l := &looks[i]
		if !saysAbsent(l) {
			continue
		}
		if first == nil {
			first = l
		}
		registry = registry || l.Kind != models.LookDNS
	}
	if !registry {
		return // a name without a delegation may well be registered
	}
	if r.AbsentSince == nil {
		r.AbsentSince, r.AbsentRuns, r.AbsentSources = new(first.At), 1, nil
	} else if first.At.After(*r.AbsentLastAt) && first.At.Sub(*r.AbsentSince) >= time.Duration(r.AbsentRuns)*absentGap {
		r.AbsentRuns++
	}
	if r.AbsentLastAt == nil || first.At.After(*r.AbsentLastAt) {
		r.AbsentLastAt = new(first.At)
	}
	sources := slices.Clone(r.AbsentSources)
	for i := range looks {
		if kind := string(looks[i].Kind); saysAbsent(&looks[i]) && !slices.Contains(sources, kind) {
			sources = append(sources, kind)
		}
	}
	slices.Sort(sources)
	r.AbsentSources = sources
}

// saysAbsent reports whether a look states that there is no such registration. A registrar can't: it knows only its own names.
func saysAbsent(l *models.Look) bool {
	return l.Kind != models.LookRegistrarRDAP && deniesName(l)
}

func forgetAbsence(r *models.Registration) {
	r.AbsentSince, r.AbsentLastAt, r.AbsentSources, r.AbsentRuns = nil, nil, nil, 0
}

// confirmedAbsent reports whether the name is gone: two kinds of sources said so, and a later run did again.
func confirmedAbsent(r *models.Registration) bool {
	return len(r.AbsentSources) >= absentKinds && r.AbsentRuns >= absentRuns
}

// absenceOpen reports whether an absence waits for a confirmation that is to be looked for soon.
func absenceOpen(r *models.Registration, now time.Time) bool {
	return r.AbsentSince != nil && now.Sub(*r.AbsentSince) < absentHurry
}
