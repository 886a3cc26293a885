package ops

import (
	"net/http"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// ladder says how long to wait after the first, the second … attempt that failed. When it ends, the dispatch is given up.
type ladder []time.Duration

var (
	// webhookLadder is the one that Standard Webhooks suggests.
	webhookLadder = ladder{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
	// chatLadder is short: what a person must act on now is no use tomorrow.
	chatLadder = ladder{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}
	// digestLadder ends with the day's business, see settleDigest.
	digestLadder = ladder{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, time.Hour, time.Hour, time.Hour, time.Hour, time.Hour, time.Hour, time.Hour}
)

// maxRetryAfter bounds what a receiver may ask for.
const maxRetryAfter = 24 * time.Hour

// next gives when to try again after so many attempts; ok is false when it is over.
func (l ladder) next(attempts int, now time.Time, asked time.Duration) (at time.Time, ok bool) {
	if attempts > len(l) {
		return now, false
	}
	return now.Add(max(l[max(attempts, 1)-1], min(asked, maxRetryAfter))), true
}

// settle decides what an attempt comes to. Gone says that the receiver wants nothing more, ever.
func settle(d models.Dispatch, r reply, l ladder, now time.Time) (settled models.Dispatch, gone bool) {
	d.LastCode, d.LastReply = r.code, r.text
	if r.code >= 200 && r.code <= 299 {
		d.State, d.SentAt = models.DispatchSent, &now
		return d, false
	}
	d.State = models.DispatchFailed
	if r.code == http.StatusGone {
		return d, true
	}
	if at, again := l.next(d.Attempts, now, r.retryAfter); again {
		d.State, d.NextAttemptAt = models.DispatchWaiting, at
	}
	return d, false
}
