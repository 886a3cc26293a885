package lab

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// quota is how often a service was asked lately. Times are the lab clock's.
type quota struct {
	taken []time.Time // questions that were answered, oldest first
	shut  time.Time   // until when nothing is answered
}

// take counts a question at now. Beyond allow questions within a time the service shuts for as long; wait is how much of that is left,
// zero when the question may be answered.
func (q *quota) take(allow int, within time.Duration, now time.Time) (wait time.Duration) {
	if left := q.shut.Sub(now); left > 0 {
		return left
	}
	q.taken = slices.DeleteFunc(q.taken, func(t time.Time) bool { return now.Sub(t) >= within })
	if len(q.taken) >= allow {
		q.taken, q.shut = nil, now.Add(within)
		return within
	}
	q.taken = append(q.taken, now)
	return 0
}

func (s *state) quota(kind, service string) *quota {
	key := serverKey{kind, service}
	q := s.quotas[key]
	if q == nil {
		q = &quota{}
		s.quotas[key] = q
	}
	return q
}

// withinQuotaRDAP turns a quota into what it comes to for one question: nothing, or a refusal.
func (s *state) withinQuotaRDAP(f RDAPFault, service string, now time.Time) RDAPFault {
	if f.Kind != RDAPQuota {
		return f
	}
	wait := s.quota(KindRDAP, service).take(f.Allow, f.Within, now)
	if wait == 0 {
		return RDAPFault{Delay: f.Delay}
	}
	seconds := int((wait + time.Second - 1) / time.Second)
	return RDAPFault{Kind: RDAPStatus, Status: http.StatusTooManyRequests, RetryAfter: strconv.Itoa(seconds), Delay: f.Delay}
}

// withinQuotaWHOIS turns a quota into what it comes to for one question: nothing, or a refusal.
func (s *state) withinQuotaWHOIS(f WHOISFault, suffix string, now time.Time) WHOISFault {
	if f.Kind != WHOISQuota {
		return f
	}
	if s.quota(KindWHOIS, suffix).take(f.Allow, f.Within, now) == 0 {
		return WHOISFault{Delay: f.Delay}
	}
	return WHOISFault{Kind: WHOISThrottled, Delay: f.Delay}
}
