package whois_test

import (
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/monitor/whois"
)

// TestWorkIsLinear reads texts made to be slow in two sizes. Four times the text may cost about four times the work, not sixteen; the best
// of many runs stands for the work, so that a busy machine does not show.
func TestWorkIsLinear(t *testing.T) {
	for _, c := range []struct{ why, unit string }{
		{"statuses", "status: a,b,c,d free not found\n"},
		{"name servers", "name server: ns.quill.example ns2.quill.example\n"},
		{"names of others", "domain: other.test\n"},
		{"the name itself", "domain: quill.test\n"},
		{"ambiguous dates", "expires: 01/02/2027\n"},
		{"unreadable dates", "expires: sometime soon, 2027 or (dd/mm/yyyy)\n"},
		{"colons", ":::::::::::::::: : : :"},
		{"dots and blanks", ". .. ...  ... . "},
		{"one word", "not found no match "},
		{"one letter", "n"},
		{"brackets", "[[[]"},
		{"prose", "you agree that a name that was not found is not free and that no match for it was\n"},
		{"Latin-1", "\xff\xfe\xe9 "},
		{"the beginnings of the name", "quill.tes"},
	} {
		t.Run(c.why, func(t *testing.T) {
			texts := [2][]byte{[]byte(strings.Repeat(c.unit, 24<<10/len(c.unit))), []byte(strings.Repeat(c.unit, 96<<10/len(c.unit)))}
			best, ratio := [2]time.Duration{time.Hour, time.Hour}, 0.0
			for range 60 {
				for i, text := range texts {
					started := time.Now()
					whois.Parse("quill.test", "", text, now)
					best[i] = min(best[i], time.Since(started))
				}
				if ratio = float64(best[1]) / float64(best[0]+20*time.Microsecond); ratio <= 6 {
					return
				}
			}
			if ratio > 9 {
				t.Errorf("24 KiB cost %s, 96 KiB cost %s: %.1f times as much", best[0], best[1], ratio)
			}
		})
	}
}

// TestLongTextsCostNoMore reads a text beyond the bound: what follows it is not read.
func TestLongTextsCostNoMore(t *testing.T) {
	unit := "name server: ns.quill.example\nexpires: 01/02/2027\nstatus: a,b,c,d\n"
	short, long := []byte(strings.Repeat(unit, 256<<10/len(unit))), []byte(strings.Repeat(unit, 1<<20/len(unit)))
	cost := func(text []byte) float64 {
		return testing.AllocsPerRun(3, func() { whois.Parse("quill.test", "", text, now) })
	}
	if a, b := cost(short), cost(long); b > a+5 {
		t.Errorf("256 KiB took %.0f allocations, 1 MiB %.0f", a, b)
	}
}
