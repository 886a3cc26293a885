package rdap_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

// A body inside its limit may still hold lists of tens of thousands: they cost no more than the body did.
func TestLongListsAreNotWorkedThrough(t *testing.T) {
	body := []byte(`{"objectClassName":"domain","ldhName":"shop.example","status":["active"` + strings.Repeat(`,"\u0000<b>"`, 25_000) + `],"nameservers":[{"ldhName":"ns.example"}` +
		strings.Repeat(`,{"ldhName":"a b\r\n"}`, 15_000) + `],"events":[{"eventAction":"expiration","eventDate":"2028-06-01T11:00:00Z"}]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	look := rdap.Parse("shop.example", http.StatusOK, http.Header{}, body, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	runtime.ReadMemStats(&after)
	if look.Outcome != models.OutcomeOK || look.Facts.ExpiresAt == nil || len(look.Facts.Nameservers) != 1 || len(look.Facts.Statuses) > 2 {
		t.Fatalf("%s: %+v", look.Outcome, look.Facts)
	}
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 40 {
		t.Errorf("%d MB were allocated for %d kB", mb, len(body)>>10)
	}
}
