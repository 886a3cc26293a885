package whois

import (
	"strconv"
	"strings"
	"time"
)

// dateOrder says which of two numbers is the day when a date is written as 01/02/2027.
type dateOrder int

// The orders. Unknown means that such a date is not read.
const (
	orderUnknown dateOrder = iota
	orderDayFirst
	orderMonthFirst
)

// The years that a date of a registration can lie in.
const (
	minYear = 1985
	maxYear = 2126
)

// parsedDate is a date that could be read one way.
type parsedDate struct {
	at       time.Time // UTC; without a stated zone the printed time is taken as UTC
	dateOnly bool      // a calendar day: at is its midnight UTC
	local    bool      // a time without a stated zone
}

// sameDay reports whether two dates can mean the same: equal, or within a day when one of them is a calendar day.
func (p parsedDate) sameDay(q parsedDate) bool {
	return p.at.Equal(q.at) || ((p.dateOnly || q.dateOnly) && p.at.Sub(q.at).Abs() < 24*time.Hour)
}

// in takes the printed time of a date without a zone for the time of a zone.
func (p parsedDate) in(zone *time.Location) parsedDate {
	if !p.local || zone == nil {
		return p
	}
	t := p.at
	p.at = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone).UTC()
	return p
}

// parseDate reads a date in any of the forms that registries print. It never guesses: what could be read two ways is not read.
func parseDate(raw string, order dateOrder) (parsedDate, bool) {
	if p, ok := isoDate(raw); ok {
		return p, true
	}
	s := strings.ToLower(clean(raw, 80))
	if i := strings.Index(s, " #"); i > 0 { // registro.br's "20270830 #12345", the number of the ticket
		s = s[:i]
	}
	if o := hintedOrder(s); o != orderUnknown {
		order = o
	}
	s = dropHints(s)
	for _, lead := range []string{"on ", "at "} { // "Registered      on   2027-08-30"
		s = strings.TrimPrefix(s, lead)
	}
	if who, rest, ok := strings.Cut(s, " "); ok && strings.Contains(who, "@") { // RIPE's "changed: hostmaster@example.net 20270830"
		s = rest
	}
	day, clock, ok := splitClock(s)
	if !ok {
		return parsedDate{}, false
	}
	y, m, d, ok := readDay(day, order)
	if !ok || y < minYear || y > maxYear || !validDay(y, m, d) {
		return parsedDate{}, false
	}
	if !clock.stated {
		return parsedDate{at: time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC), dateOnly: true}, true
	}
	at := time.Date(y, time.Month(m), d, clock.hour, clock.minute, clock.second, 0, time.UTC).Add(-clock.offset)
	return parsedDate{at: at, local: !clock.zoned}, at.Year() >= minYear && at.Year() <= maxYear
}

// validDay refuses 31 February and the like.
func validDay(y, m, d int) bool {
	if m < 1 || m > 12 || d < 1 || d > 31 {
		return false
	}
	return d <= 28 || time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Day() == d
}

// slashes brings the marks between the parts of a date to one.
var slashes = strings.NewReplacer("-", "/", ".", "/")

// hintedOrder reads a form that the answer itself names: "(dd/mm/yyyy)".
func hintedOrder(s string) dateOrder {
	if !strings.Contains(s, "mm") || !strings.ContainsAny(s, "dtj") {
		return orderUnknown
	}
	s = slashes.Replace(s)
	switch {
	case strings.Contains(s, "dd/mm/yy"), strings.Contains(s, "jj/mm/aa"), strings.Contains(s, "dd/mm/aa"), strings.Contains(s, "tt/mm/jj"):
		return orderDayFirst
	case strings.Contains(s, "mm/dd/yy"):
		return orderMonthFirst
	}
	return orderUnknown
}

// hints are the named forms and the marks around a date.
var hints = strings.NewReplacer("yyyy-mm-dd", "", "yyyy/mm/dd", "", "yyyy.mm.dd", "", "dd/mm/yyyy", "", "dd-mm-yyyy", "", "dd.mm.yyyy", "",
	"mm/dd/yyyy", "", "mm-dd-yyyy", "", "dd/mm/aaaa", "", "dd-mm-aaaa", "", "aaaa-mm-dd", "", "dd/mm/yy", "", "jj/mm/aaaa", "", "(", " ", ")", " ", "[", " ", "]", " ", ",", " ", "#", " ")

// dropHints removes the named form and the marks around a date.
func dropHints(s string) string {
	if !strings.ContainsAny(s, "(),#[]") && !strings.Contains(s, "mm") {
		return s
	}
	return strings.Join(strings.Fields(hints.Replace(s)), " ")
}

// clockTime is a time of day with the distance of its zone to UTC.
type clockTime struct {
	stated, zoned        bool
	hour, minute, second int
	offset               time.Duration
}

// splitClock takes the time of day and the zone out of a date. It fails on a zone that is not known, rather than shift the instant.
func splitClock(s string) (day string, c clockTime, ok bool) {
	colon := strings.IndexByte(s, ':')
	if colon < 0 {
		day, zone := splitZone(s)
		if zone == "" {
			return day, c, true
		}
		_, ok := zoneOffset(zone)
		return day, c, ok
	}
	start := colon
	for start > 0 && colon-start < 2 && isDigit(s[start-1]) {
		start--
	}
	if start > 0 && (s[start-1] == '+' || s[start-1] == '-') && start > 1 && s[start-2] == ' ' {
		_, ok := zoneOffset(s[start-1:]) // a day with the distance of its zone and no time: "2027-08-30 +03:00"
		return strings.TrimSpace(s[:start-1]), c, ok
	}
	end := colon + 1
	for end < len(s) && (isDigit(s[end]) || s[end] == ':' || s[end] == '.') {
		end++
	}
	parts := strings.Split(strings.TrimRight(s[start:end], "."), ":")
	if len(parts) < 2 || len(parts) > 4 {
		return "", c, false
	}
	var whole [3]int
	for i, p := range parts[:min(len(parts), 3)] {
		n, err := strconv.Atoi(strings.SplitN(p, ".", 2)[0])
		if err != nil {
			return "", c, false
		}
		whole[i] = n
	}
	c = clockTime{stated: true, hour: whole[0], minute: whole[1], second: whole[2]}
	rest := strings.TrimSpace(s[end:])
	rest = c.halfDay(rest)
	rest, zone := cutZone(rest)
	offset, known := zoneOffset(zone)
	if vagueZones[zone] {
		c.stated, known = false, true
	}
	c.offset, c.zoned = offset, zone != ""
	day = strings.TrimSpace(strings.TrimRight(strings.TrimSuffix(s[:start], "t"), "/ t-.") + " " + rest)
	return day, c, known && c.hour <= 24 && c.minute < 60 && c.second <= 60
}

// halfDay reads am and pm.
func (c *clockTime) halfDay(rest string) string {
	switch {
	case strings.HasPrefix(rest, "pm") && c.hour <= 12:
		if c.hour < 12 {
			c.hour += 12
		}
		return strings.TrimSpace(rest[2:])
	case strings.HasPrefix(rest, "am") && c.hour <= 12:
		if c.hour == 12 {
			c.hour = 0
		}
		return strings.TrimSpace(rest[2:])
	}
	return rest
}

// cutZone takes the zone from the front of what follows a time; a year may stand behind it ("23:59:59 GMT 2018").
func cutZone(rest string) (left, zone string) {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return "", ""
	}
	if n, err := strconv.Atoi(words[0]); err == nil && n >= minYear && n <= maxYear {
		return rest, ""
	}
	zone = words[0]
	used := 1
	if len(words) > 1 && (zone == "utc" || zone == "gmt") && (words[1][0] == '+' || words[1][0] == '-') {
		zone += words[1]
		used = 2
	}
	if used < len(words) && zoneWord(words[used]) { // "+0900 JST"
		used++
	}
	return strings.Join(words[used:], " "), zone
}

// splitZone takes a zone from the end of a date without a time: "2014-05-20 UTC".
func splitZone(s string) (day, zone string) {
	i := strings.LastIndexByte(s, ' ')
	if i > 0 && zoneWord(s[i+1:]) {
		return s[:i], s[i+1:]
	}
	return strings.TrimSuffix(s, "z"), ""
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// beginsLikeDate reports whether a value starts with a number, a month or a weekday.
func beginsLikeDate(s string) bool {
	if s == "" {
		return false
	}
	if isDigit(s[0]) {
		return true
	}
	if end := strings.IndexAny(s, " ,-."); end >= 0 {
		s = s[:end]
	}
	if len(s) < 3 || len(s) > 20 {
		return false
	}
	s = strings.ToLower(s)
	return month(s) != 0 || weekday(s)
}
