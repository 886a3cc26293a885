package rdap_test

import (
	"fmt"
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

// No body inside the limit of one mebibyte takes long, whatever it is made of.
func TestNoBodyTakesLong(t *testing.T) {
	const size = 1 << 20
	fill := func(head, part, tail string) string {
		return head + strings.Repeat(part, (size-len(head)-len(tail))/len(part)) + tail
	}
	var members strings.Builder
	for i := 0; members.Len() < size-len(found)-30; i++ {
		fmt.Fprintf(&members, `"m%d":0,`, i)
	}
	event := `{"eventAction":"expiration","eventDate":"2028-01-01"},`
	for why, body := range map[string]string{
		"members without end":  found[:len(found)-1] + "," + strings.TrimSuffix(members.String(), ",") + "}",
		"one member again":     fill(found[:len(found)-1], `,"status":["ok"]`, "}"),
		"brackets":             fill(found[:len(found)-1]+`,"x":`, "[", "}"),
		"braces":               fill("", `{"a":`, ""),
		"one long string":      fill(found[:len(found)-1]+`,"handle":"`, "x", `"}`),
		"escapes":              fill(found[:len(found)-1]+`,"handle":"`, `\u0041`, `"}`),
		"one long status":      fill(found[:len(found)-1]+`,"status":["`, "a,", `"]}`),
		"one long number":      fill(found[:len(found)-1]+`,"errorCode":0.`, "0", `5}`),
		"events":               fill(found[:len(found)-1]+`,"events":[`, event, event[:len(event)-1]+`]}`),
		"links":                fill(found[:len(found)-1]+`,"links":[`, `{"rel":"related","href":"https://a.example/"},`, `{}]}`),
		"redactions":           fill(found[:len(found)-1]+`,"redacted":[`, `{"prePath":"$.events[0]"},`, `{}]}`),
		"entities in entities": found[:len(found)-1] + `,"entities":[` + strings.Repeat(`{"entities":[`, 9000) + strings.Repeat(`]}`, 9000) + `]}`,
		"zero bytes":           fill("", "\x00", ""),
		"one long name":        fill(`{"ldhName":"`, "a.", `"}`),
	} {
		started := time.Now()
		look := rdap.Parse("a.example", http.StatusOK, nil, []byte(body), now)
		if took := time.Since(started); took > 2*time.Second {
			t.Errorf("%s: %s for %d kB", why, took, len(body)>>10)
		} else {
			t.Logf("%s: %s, %s", why, took, look.Outcome)
		}
		if f := look.Facts; f != nil && (f.ExpiresAt == nil || f.ExpiresAt.Year() != 2027) {
			t.Errorf("%s: expires %v", why, f.ExpiresAt)
		}
	}
}
