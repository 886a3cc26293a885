package whois

import "time"

// isoDate reads the form that most answers have, RFC 3339 and its near relatives: 2028-09-13, with a time behind T or one blank, a fraction
// that is dropped, and Z, +07:00, +0700 or nothing. ok is false for every other form, which parseDate then takes apart.
func isoDate(s string) (p parsedDate, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return p, false
	}
	y, m, d := number(s[:4]), number(s[5:7]), number(s[8:10])
	if y < minYear || y > maxYear || d < 1 || !validDay(y, m, d) {
		return p, false
	}
	if s = s[10:]; s == "" {
		return parsedDate{at: time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC), dateOnly: true}, true
	}
	if len(s) < 9 || (s[0] != 'T' && s[0] != ' ') || s[3] != ':' || s[6] != ':' {
		return p, false
	}
	hour, minute, second := number(s[1:3]), number(s[4:6]), number(s[7:9])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return p, false
	}
	s = s[9:]
	if s != "" && s[0] == '.' {
		n := 1
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		s = s[n:]
	}
	offset, stated, ok := isoZone(s)
	if !ok {
		return p, false
	}
	at := time.Date(y, time.Month(m), d, hour, minute, second, 0, time.UTC).Add(-offset)
	return parsedDate{at: at, local: !stated}, at.Year() >= minYear && at.Year() <= maxYear
}

// isoZone reads Z, +07:00, +0700 or nothing; stated is false for nothing.
func isoZone(s string) (offset time.Duration, stated, ok bool) {
	switch {
	case s == "":
		return 0, false, true
	case s == "Z":
		return 0, true, true
	case len(s) == 6 && s[3] == ':':
		return signed(s[0], number(s[1:3]), number(s[4:6]))
	case len(s) == 5:
		return signed(s[0], number(s[1:3]), number(s[3:5]))
	}
	return 0, false, false
}

func signed(sign byte, hours, minutes int) (offset time.Duration, stated, ok bool) {
	if hours < 0 || hours > 14 || minutes < 0 || minutes > 59 {
		return 0, false, false
	}
	offset = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	switch sign {
	case '+':
		return offset, true, true
	case '-':
		return -offset, true, true
	}
	return 0, false, false
}

// number reads digits and nothing else; -1 means that something else stands there.
func number(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return -1
		}
		n = 10*n + int(s[i]-'0')
	}
	return n
}
