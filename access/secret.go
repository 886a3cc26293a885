package access

import (
	"math"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/krestmarketing/deedwatch/models"
)

// secretRule is one kind of text that is refused.
type secretRule struct {
	what string // what it looks like, completing "looks like …"
	re   *regexp.Regexp
}

var secretRules = []secretRule{
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*(PRIVATE KEY|CERTIFICATE|MESSAGE)`)},
	{"a one-time-password key", regexp.MustCompile(`(?i)otpauth(-migration)?://`)},
	{"an address with a password in it", regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://[^\s/@:]*:[^\s/@]+@`)},
	{"an access token", regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|sk_(live|test)_\w{10,}|rk_live_\w{10,}|AKIA[0-9A-Z]{12,}|ASIA[0-9A-Z]{12,}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|EAA[A-Za-z0-9]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|key-[0-9a-f]{32}|shp(at|ss|ca|pa)_[0-9a-f]{20,}|sk-[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{30,}|dop_v1_[0-9a-f]{40,}|pat[A-Za-z0-9]{14}\.[0-9a-f]{40,})`)},
	{"a signed token", regexp.MustCompile(`\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*`)},
	{"a password", regexp.MustCompile(`(?i)\b(pass(word|wd|code|phrase|wort)?|pwd|pw|kennwort|contrase(ñ|n)a|mot de passe|senha|secret|pin|otp|2fa|auth[ _-]?(code|info|key)|epp[ _-]?(code|key)?|transfer[ _-]?(code|key)|api[ _-]?key|access[ _-]?key|token|login|creds?|credentials?)\b(\s*(=|:|->|=>|–|-)+\s*["'“]?\S{3,}|\s+(is|was|ist|lautet):?\s+["'“]?\S*[0-9!#$%&*+?@^_~]\S*)`)},
}

// SecretIn says what a text looks like when it holds something that must not be written down, and "" when it holds nothing of the kind.
// It is a net, not a proof: it looks for keys, tokens, addresses with passwords, words that announce a password, and single strings that
// look made by a generator. Names, sentences, host names, account numbers and vault addresses pass.
func SecretIn(text string) string {
	for _, r := range secretRules {
		if r.re.MatchString(text) {
			return r.what
		}
	}
	for word := range strings.FieldsSeq(text) {
		if generated(strings.Trim(word, `.,;:!?"'()[]<>“”`)) {
			return "a password or a key"
		}
	}
	return ""
}

// generated reports whether one word looks like a generated password: mixed classes inside one run, and no name's or address's shape.
func generated(w string) bool {
	if len(w) < 8 || len(w) > 512 || strings.Contains(w, "://") || addressLike(w) {
		return false
	}
	var upper, lower, digit, other, switches int
	last, capital := 0, false
	for _, r := range w {
		class := 0
		switch {
		case unicode.IsUpper(r):
			upper++
			class = 1
		case unicode.IsLower(r):
			lower++
			class = 2
		case unicode.IsDigit(r):
			digit++
			class = 3
		case strings.ContainsRune("-_./,:;|'’", r): // parts of names, codes, times, paths and lists
			class = 4
		default:
			other++
			class = 5
		}
		if last != 0 && last != 4 && class != 4 && class != last && (last != 1 || class != 2 || !capital) {
			switches++
		}
		capital = class == 1 && (last == 0 || last == 4) // the first letter of a name
		last = class
	}
	kinds := 0
	for _, n := range []int{upper, lower, digit, other} {
		if n > 0 {
			kinds++
		}
	}
	switch {
	case kinds == 4:
		return true
	case kinds == 3 && (other > 1 || other > 0 && digit > 0 || switches >= 4):
		return entropy(w) >= 2.5
	case kinds == 2 && digit > 0 && lower+upper > 0 && other == 0:
		return len(w) >= 20 && switches >= 6 && entropy(w) >= 3.2
	}
	return false
}

// addressLike reports whether a word is an e-mail address or a host name, whose labels may well mix digits and letters.
func addressLike(w string) bool {
	if _, domain, ok := strings.Cut(w, "@"); ok {
		w = domain
	}
	host, _, _ := strings.Cut(w, "/")
	label := host[strings.LastIndex(host, ".")+1:]
	return strings.Contains(host, ".") && len(label) >= 2 && !strings.ContainsFunc(label, func(r rune) bool { return !unicode.IsLetter(r) }) &&
		!strings.ContainsFunc(host, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
		})
}

// entropy is Shannon's, in bits a character.
func entropy(s string) float64 {
	count := map[rune]float64{}
	n := 0.0
	for _, r := range s {
		count[r]++
		n++
	}
	h := 0.0
	for _, c := range count {
		h -= c / n * math.Log2(c/n)
	}
	return h
}

// refuseSecret gives an error that names the field and never the text.
func refuseSecret(field, text string) error {
	if what := SecretIn(text); what != "" {
		return models.Invalid(field, "looks like %s. Deedwatch never keeps any: store it in the vault and give the item's address in “Vault item”", what)
	}
	return nil
}

// vaultLink accepts the https address of a vault item, without user info and without a fragment that could be the key of a shared secret;
// vaults that show their items below "#/" are known.
func vaultLink(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return models.Invalid("Vault item", "must be the https address of the item in the vault, without a user name or password in it")
	}
	if u.Fragment != "" && !strings.HasPrefix(u.Fragment, "/") {
		return models.Invalid("Vault item", "has a part behind # that may be a key; give the item's address, not a link that shares it")
	}
	for _, r := range secretRules {
		if r.re.MatchString(s) {
			return models.Invalid("Vault item", "looks like %s; give the item's address only", r.what)
		}
	}
	return nil
}
