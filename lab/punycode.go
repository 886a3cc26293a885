package lab

import (
	"strings"
	"unicode/utf8"
)

// toASCII turns a name into lower-cased A-labels (RFC 3492). It maps nothing
// but case: the lab only has to find its own names again.
func toASCII(name string) string {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), ".")), ".")
	for i, label := range labels {
		if !isASCII(label) {
			labels[i] = "xn--" + punycode([]rune(label))
		}
	}
	return strings.Join(labels, ".")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// punycode encodes one label by RFC 3492, section 6.3.
func punycode(label []rune) string {
	const base, tmin, tmax = 36, 1, 26
	var out strings.Builder
	for _, r := range label {
		if r < utf8.RuneSelf {
			out.WriteRune(r)
		}
	}
	basic := out.Len()
	handled, delta, bias, n := basic, 0, 72, rune(128)
	if basic > 0 {
		out.WriteByte('-')
	}
	for handled < len(label) {
		next := nextCodePoint(label, n)
		delta += int(next-n) * (handled + 1)
		n = next
		for _, r := range label {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			q := delta
			for k := base; ; k += base {
				t := min(max(k-bias, tmin), tmax)
				if q < t {
					break
				}
				out.WriteByte(punyDigit(t + (q-t)%(base-t)))
				q = (q - t) / (base - t)
			}
			out.WriteByte(punyDigit(q))
			bias = adaptBias(delta, handled+1, handled == basic)
			delta = 0
			handled++
		}
		delta++
		n++
	}
	return out.String()
}

// nextCodePoint is the smallest code point of the label that is at least n.
func nextCodePoint(label []rune, n rune) rune {
	next := rune(utf8.MaxRune)
	for _, r := range label {
		if r >= n && r < next {
			next = r
		}
	}
	return next
}

// adaptBias is the bias adaptation of RFC 3492, section 6.1.
func adaptBias(delta, points int, first bool) int {
	const base, tmin, tmax, skew, damp = 36, 1, 26, 38, 700
	if first {
		delta /= damp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for delta > (base-tmin)*tmax/2 {
		delta /= base - tmin
		k += base
	}
	return k + (base-tmin+1)*delta/(delta+skew)
}

func punyDigit(d int) byte {
	return "abcdefghijklmnopqrstuvwxyz0123456789"[d]
}
