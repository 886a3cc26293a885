package whois

import (
	"strings"
	"time"
)

// maxRetryAfter bounds what a server may ask us to wait.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads how long a refusing server wants to be left alone: "will be replenished in 50 seconds", "please wait 20 minutes".
// Zero means that it does not say.
func (a *answer) retryAfter() time.Duration {
	for _, l := range a.lines {
		if !asksToWait(l.low) {
			continue
		}
		words := strings.Fields(l.low)
		for i := range words[:max(len(words)-1, 0)] {
			if d := span(words[i], words[i+1]); d > 0 {
				return d
			}
		}
	}
	return 0
}

func asksToWait(low string) bool {
	for _, w := range []string{"wait", " in ", "after", "for "} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// span reads a number and its unit, no longer than maxRetryAfter.
func span(number, unit string) time.Duration {
	if number == "" || len(number) > 9 || strings.Trim(number, "0123456789") != "" {
		return 0
	}
	var each time.Duration
	switch {
	case strings.HasPrefix(unit, "second"), strings.HasPrefix(unit, "sec."):
		each = time.Second
	case strings.HasPrefix(unit, "minute"), strings.HasPrefix(unit, "min."):
		each = time.Minute
	case strings.HasPrefix(unit, "hour"):
		each = time.Hour
	default:
		return 0
	}
	if n := int64(atoi(number)); n < int64(maxRetryAfter/each) {
		return time.Duration(n * int64(each))
	}
	return maxRetryAfter
}
