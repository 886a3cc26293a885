package portfolio

import (
	"regexp"
	"strings"
	"time"
)

// dayForms are those that can mean one day only.
var dayForms = []string{
	time.DateOnly, "2006/01/02", "2006.01.02", "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.RFC3339,
	"2 Jan 2006", "2 January 2006", "2-Jan-2006", "Jan 2, 2006", "January 2, 2006", "Mon 2 Jan 2006",
}

var (
	dayOrMonthFirst = regexp.MustCompile(`^[0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{2}|[0-9]{4})\b`)
	dayNumber       = regexp.MustCompile(`^[0-9]{5}([.,][0-9]+)?$`)
)

// attested reads the day that a client stated. What can mean two days is an error, never a guess.
func attested(s string, fail func(column, msg string)) *time.Time {
	if s == "" {
		return nil
	}
	const column, example = "attested_expiry", "write it as YYYY-MM-DD, for instance 2027-05-31"
	for _, form := range dayForms {
		t, err := time.Parse(form, s)
		if err != nil {
			continue
		}
		day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
		if day.Year() < 1985 || day.Year() > 2126 {
			break
		}
		return &day
	}
	switch {
	case dayOrMonthFirst.MatchString(s):
		fail(column, "does not say whether the day or the month comes first; "+example)
	case dayNumber.MatchString(s):
		fail(column, "is a spreadsheet's number of a day; format the column as a date there, as YYYY-MM-DD")
	case scientific.MatchString(s):
		fail(column, msgScientific)
	case strings.HasPrefix(s, "#"):
		fail(column, "did not fit its column in the spreadsheet; widen it there, and save again")
	default:
		fail(column, "must be a day as YYYY-MM-DD, for instance 2027-05-31, or empty")
	}
	return nil
}
