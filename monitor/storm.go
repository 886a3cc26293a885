package monitor

import (
	"fmt"
	"time"
)

// BrakeThresholds say from when on names turning bad together are taken for a fault of ours rather than of so many clients.
type BrakeThresholds struct {
	Window time.Duration // how far back a turn counts; default 6 hours
	MinBad int           // fewer never pull the brake; default 10
	Share  float64       // of the names under watch, 0 to 1; default 0.05
}

func (t BrakeThresholds) orDefault() BrakeThresholds {
	if t.Window <= 0 {
		t.Window = 6 * hour
	}
	if t.MinBad <= 0 {
		t.MinBad = 10
	}
	if t.Share <= 0 {
		t.Share = 0.05
	}
	return t
}

// BrakeNeeded decides whether mail to clients must wait for an operator: bad of total names turned bad within the window. The reason is for
// people.
func BrakeNeeded(bad, total int, t BrakeThresholds) (reason string, needed bool) {
	t = t.orDefault()
	if total <= 0 || bad < t.MinBad || float64(bad) < t.Share*float64(total) {
		return "", false
	}
	return fmt.Sprintf("%d of %d names turned bad within %g hours. That is unusual, so mail to clients waits until somebody has looked.",
		bad, total, t.Window.Hours()), true
}
