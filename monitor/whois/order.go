package whois

import (
	"slices"
	"strings"
)

// date reads a date of the answer. Only one that can be read two ways asks what the answer shows of the order of day and month; a time
// without a zone is one of the registry's own zone.
func (a *answer) date(value string) (parsedDate, bool) {
	p, ok := parseDate(value, orderUnknown)
	if !ok {
		if !a.orderSought {
			a.order, a.orderSought = a.findOrder(), true
		}
		if a.order != orderUnknown {
			p, ok = parseDate(value, a.order)
		}
	}
	return p.in(a.dialect.location()), ok
}

// findOrder finds which number of 01/02/2027 is the day: the text says so itself, another date of the text shows it, the registry is
// known to print it so, or the labels are in a language that does. Otherwise it stays unknown.
func (a *answer) findOrder() dateOrder {
	for i := range a.lines {
		if o := hintedOrder(a.lines[i].low); o != orderUnknown {
			return o
		}
	}
	if o := a.shownOrder(); o != orderUnknown {
		return o
	}
	if a.dialect.order != orderUnknown {
		return a.dialect.order
	}
	if slices.ContainsFunc(a.fields, func(f field) bool { return f.kind.isDate() && dayFirst(f.label) }) {
		return orderDayFirst
	}
	return orderUnknown
}

// shownOrder looks for a date of three numbers that can be read one way only, such as 25/12/2010; two that disagree show nothing.
func (a *answer) shownOrder() dateOrder {
	found := orderUnknown
	for _, f := range a.fields {
		if !f.kind.isDate() {
			continue
		}
		o := unmistakable(f.value)
		switch {
		case o == orderUnknown || o == found:
		case found == orderUnknown:
			found = o
		default:
			return orderUnknown
		}
	}
	return found
}

// unmistakable returns the order that a date shows by a number above twelve.
func unmistakable(value string) dateOrder {
	day, _, ok := splitClock(dropHints(strings.ToLower(clean(value, 80))))
	if !ok {
		return orderUnknown
	}
	nums := dayWords(day)
	if len(nums) != 3 || len(nums[0]) > 2 || len(nums[1]) > 2 || !isDigit(nums[0][0]) || !isDigit(nums[1][0]) || len(nums[2]) != 4 {
		return orderUnknown
	}
	switch first, second := atoi(nums[0]), atoi(nums[1]); {
	case first > 12 && second <= 12:
		return orderDayFirst
	case second > 12 && first <= 12:
		return orderMonthFirst
	}
	return orderUnknown
}
