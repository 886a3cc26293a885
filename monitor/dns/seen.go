package dns

import (
	"fmt"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// Bounds of what is kept of one server's answer for people; comparing is done before.
const (
	maxSeenValues = 64
	maxSeenBytes  = 2048
	maxListed     = 4
)

// noAnswer is the entry of models.Seen that says why there are no values.
func noAnswer(k AnswerKind) string {
	switch k {
	case AnswerNoData, AnswerData:
		return "<NODATA>"
	case AnswerNXDomain:
		return "<NXDOMAIN>"
	case AnswerRefused:
		return "<REFUSED>"
	case AnswerServfail:
		return "<SERVFAIL>"
	case AnswerNotAuth:
		return "<not authoritative>"
	case AnswerNotAsked:
		return "<not asked>"
	case AnswerForbidden:
		return "<address refused>"
	default:
		return "<" + string(k) + ">"
	}
}

// seen renders the answers for models.RecordLook, bounded.
func seen(answers []Answer) models.Seen {
	s := models.Seen{}
	for _, a := range answers {
		values := a.all()
		if len(values) == 0 {
			values = []string{noAnswer(a.Kind)}
		}
		values = values[:min(len(values), maxSeenValues)]
		for i, v := range values {
			if len(v) > maxSeenBytes {
				values[i] = v[:maxSeenBytes] + "..."
			}
		}
		s[a.Server] = values
	}
	return s
}

// list renders values for a sentence.
func list(values []string) string {
	short := make([]string, 0, maxListed)
	for i, v := range values {
		if i == maxListed {
			return strings.Join(short, ", ") + fmt.Sprintf(" and %d more", len(values)-maxListed)
		}
		if len(v) > 120 {
			v = v[:120] + "..."
		}
		short = append(short, v)
	}
	return strings.Join(short, ", ")
}
