package whois

import (
	"strconv"
	"strings"
	"unicode"
)

// readDay reads the calendar day of a date whose time was taken out.
func readDay(s string, order dateOrder) (y, m, d int, ok bool) {
	words := dayWords(s)
	var nums []string
	monthAt := -1
	for _, w := range words {
		switch {
		case isDigit(w[0]):
			nums = append(nums, w)
		case weekday(w) && monthAt < 0 && len(nums) == 0:
		case month(w) != 0 && monthAt < 0:
			m, monthAt = month(w), len(nums)
		case dayFill[w]:
		default:
			return 0, 0, 0, false
		}
	}
	if monthAt >= 0 {
		return withMonthName(nums, monthAt, m)
	}
	return numbersOnly(s, nums, order)
}

// dayFill are the words between the numbers of a date.
var dayFill = map[string]bool{
	"of": true, "the": true, "de": true, "del": true, "t": true, "at": true, "a": true, "on": true, "um": true, "uhr": true, "à": true, "kl": true, "年": true, "月": true, "日": true, "년": true, "월": true, "일": true,
}

// dayWords cuts a date into numbers and words; the "th" of "27th" is dropped.
func dayWords(s string) []string {
	out := make([]string, 0, 8)
	start, digits := -1, false
	for i, r := range s {
		letter := unicode.IsLetter(r) || r == '\''
		number := r >= '0' && r <= '9'
		if start >= 0 && (!letter && !number || number != digits) {
			out = append(out, s[start:i])
			start = -1
		}
		if start < 0 && (letter || number) {
			start, digits = i, number
		}
	}
	if start >= 0 {
		out = append(out, s[start:])
	}
	kept := out[:0]
	for i, w := range out {
		if i > 0 && isDigit(out[i-1][0]) && (w == "st" || w == "nd" || w == "rd" || w == "th" || w == "º") {
			continue
		}
		kept = append(kept, w)
	}
	return kept
}

// withMonthName reads a date whose month is a word: only the year has to be told from the day.
func withMonthName(nums []string, monthAt, m int) (y, mm, d int, ok bool) {
	if len(nums) != 2 {
		return 0, 0, 0, false
	}
	a, b := atoi(nums[0]), atoi(nums[1])
	switch {
	case len(nums[0]) == 4 && len(nums[1]) <= 2: // 2010-Nov-15
		return a, m, b, true
	case len(nums[1]) == 4 && len(nums[0]) <= 2: // 15 Nov 2010, Nov 15 2010
		return b, m, a, true
	case len(nums[0]) <= 2 && len(nums[1]) == 2 && monthAt == 1: // 15-Nov-10
		return century(b), m, a, true
	}
	return 0, 0, 0, false
}

// numbersOnly reads 20270830, 2027-08-30, 30.8.2027, and 01/02/2027 when the order is known.
func numbersOnly(s string, nums []string, order dateOrder) (y, m, d int, ok bool) {
	if len(nums) == 1 && (len(nums[0]) == 8 || len(nums[0]) == 14) {
		n := nums[0]
		if c := atoi(n[:4]); c < minYear || c > maxYear {
			return 0, 0, 0, false
		}
		return atoi(n[:4]), atoi(n[4:6]), atoi(n[6:8]), true
	}
	if len(nums) != 3 {
		return 0, 0, 0, false
	}
	a, b, c := atoi(nums[0]), atoi(nums[1]), atoi(nums[2])
	switch {
	case len(nums[0]) == 4 && len(nums[1]) <= 2 && len(nums[2]) <= 2:
		return a, b, c, true
	case len(nums[0]) > 2 || len(nums[1]) > 2:
		return 0, 0, 0, false
	case len(nums[2]) == 2 && order != orderUnknown:
		c = century(c)
	case len(nums[2]) != 4:
		return 0, 0, 0, false
	}
	switch {
	case a == b, a > 12, strings.Contains(s, ".") && !strings.ContainsAny(s, "/-"): // dots are day first everywhere
		return c, b, a, true
	case b > 12:
		return c, a, b, true
	case order == orderDayFirst:
		return c, b, a, true
	case order == orderMonthFirst:
		return c, a, b, true
	}
	return 0, 0, 0, false
}

// century completes a year of two digits.
func century(y int) int {
	if y >= 85 {
		return 1900 + y
	}
	return 2000 + y
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// months are the names in the languages of registries that print words, by their shortest unmistakable beginning.
var months = []struct {
	m     int
	start []string
}{
	{1, []string{"jan", "ene", "gen", "janv", "янв", "sty", "led"}},
	{2, []string{"feb", "fev", "fév", "фев", "lut"}},
	{3, []string{"mar", "mär", "mrz", "мар"}},
	{4, []string{"apr", "abr", "avr", "апр", "kwi", "dub"}},
	{5, []string{"may", "mai", "mag", "maj", "май", "мая"}},
	{6, []string{"jun", "giu", "juin", "июн", "cze"}},
	{7, []string{"jul", "lug", "juil", "июл"}},
	{8, []string{"aug", "ago", "aoû", "aou", "авг", "sie"}},
	{9, []string{"sep", "set", "сен", "wrz"}},
	{10, []string{"oct", "okt", "out", "ott", "окт", "paź"}},
	{11, []string{"nov", "ноя"}},
	{12, []string{"dec", "dic", "dez", "déc", "дек", "gru", "des"}},
}

// month returns the number of a month's name, in full or cut, or zero. The word must be a name's beginning and not merely start like one,
// so it may be no longer than the longest name.
func month(w string) int {
	if len([]rune(w)) < 3 || len([]rune(w)) > 10 {
		return 0
	}
	for _, c := range months {
		for _, s := range c.start {
			if strings.HasPrefix(w, s) {
				return c.m
			}
		}
	}
	return 0
}

// weekday reports whether a word is an English name of a day, in full or cut.
func weekday(w string) bool {
	for _, d := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		if len(w) >= 3 && strings.HasPrefix(d, w) {
			return true
		}
	}
	return w == "thur" || w == "thurs" || w == "tues"
}
