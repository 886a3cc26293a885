package dashboard

import (
	"fmt"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// sweepNames are the recurring tasks that must run, with what they are called.
var sweepNames = []struct {
	name, words string
	once        bool // must run from when it has run once: an older worker does not know it
}{
	{"registration", "RDAP and WHOIS poller", false},
	{"dns", "DNS checker", false},
	{"judge", "Judge", false},
	{"plan", "Notice planner", false},
	{"deliver", "Mail sender", false},
	{"bounces", "Bounce reader", true},
	{"ops", "Ops messages", true},
}

// sweepReason names why a sweep counts as it does.
type sweepReason string

const (
	sweepInTime  sweepReason = "in_time"
	sweepFailed  sweepReason = "last_run_failed"
	sweepLate    sweepReason = "late"
	sweepWaiting sweepReason = "not_finished_yet" // since the start of this process, which is young enough
)

// sweepState is one sweep, judged.
type sweepState struct {
	Name   string
	Words  string
	Reason sweepReason
	Row    models.Sweep
}

// judgeSweeps says of each sweep whether it finished in time. One that never finished is given maxAge from the start of this process.
func judgeSweeps(rows []models.Sweep, now, started time.Time, maxAge time.Duration) []sweepState {
	byName := map[string]models.Sweep{}
	for _, r := range rows {
		byName[r.Name] = r
	}
	var list []sweepState
	for _, n := range sweepNames {
		row, ran := byName[n.name]
		if n.once && !ran {
			continue
		}
		st := sweepState{Name: n.name, Words: n.words, Row: row, Reason: sweepInTime}
		switch {
		case row.FinishedAt == nil && now.Sub(started) <= maxAge:
			st.Reason = sweepWaiting
		case row.FinishedAt == nil, now.Sub(*row.FinishedAt) > maxAge:
			st.Reason = sweepLate
		case row.Error != "":
			st.Reason = sweepFailed
		}
		list = append(list, st)
	}
	return list
}

// workersMark sums the sweeps up for the header.
func workersMark(list []sweepState) *markView {
	inTime, waiting := 0, 0
	for _, s := range list {
		switch s.Reason {
		case sweepInTime:
			inTime++
		case sweepWaiting:
			waiting++
		case sweepFailed, sweepLate:
		}
	}
	text := fmt.Sprintf("Workers: %d of %d in time", inTime, len(list))
	switch {
	case inTime == len(list):
		return &markView{"ok", "u-pulse", text}
	case inTime+waiting == len(list):
		return &markView{"unk", "u-pulse", text}
	}
	return &markView{"bad", "u-pulse", text}
}
