package whois_test

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

func TestRetryAfterIsReadFromTheText(t *testing.T) {
	for _, c := range []struct {
		text string
		want time.Duration
	}{
		{"Error for \"quill.test\".\n\nThe WHOIS query quota for 192.0.2.1 has been exceeded\nand will be replenished in 50 seconds.\n", 50 * time.Second},
		{"Too many requests, please wait 20 minutes", 20 * time.Minute},
		{"-1: Still in grace period, wait 7777777 seconds", 24 * time.Hour},
		{"Quota exceeded. Try again in 999999999 hours", 24 * time.Hour},
		{"only 1 request per second allowed, try again later", 0},
		{"Quota exceeded. Try again in a while", 0},
		{"No match for quill.test, wait 20 minutes", 0},
	} {
		look := whois.Parse("quill.test", "", []byte(c.text), now)
		if look.RetryAfter != c.want || (c.want > 0) && look.Outcome != models.OutcomeThrottled {
			t.Errorf("%q: %s, retry after %s, want %s", c.text, look.Outcome, look.RetryAfter, c.want)
		}
	}
}
