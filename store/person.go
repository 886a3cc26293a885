package store

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// person finds in texts what names one person: addresses, the full name, phone numbers however they are spaced. A first name alone is not
// looked for: it may be anybody's.
type person struct{ names *regexp.Regexp }

// newPerson takes the addresses, names and phone numbers by which somebody is known. Those too short to tell anybody are left out.
func newPerson(addresses, names, phones []string) person {
	const edge = `(^|[^\pL\pN])(?:`
	var forms []string
	for _, a := range addresses {
		if strings.Contains(a, "@") {
			forms = append(forms, regexp.QuoteMeta(a))
		}
	}
	for _, n := range names {
		words := strings.Fields(n)
		if len(strings.Join(words, "")) < 3 {
			continue
		}
		for i := range words {
			words[i] = regexp.QuoteMeta(words[i])
		}
		forms = append(forms, strings.Join(words, `[\s\x{a0}]+`))
	}
	for _, p := range phones {
		forms = append(forms, phoneForms(p)...)
	}
	if len(forms) == 0 {
		return person{}
	}
	return person{regexp.MustCompile(`(?i)` + edge + strings.Join(forms, "|") + `)`)}
}

// phoneForms gives the expressions for a phone number as people write it: with the country's code, and without it where the number has one.
func phoneForms(phone string) (forms []string) {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
	spaced := func(digits string) string { return strings.Join(strings.Split(digits, ""), `[ ()./\-\x{a0}]{0,3}`) }
	if len(digits) < 6 {
		return nil
	}
	forms = append(forms, `\+?\(?`+spaced(digits))
	if strings.HasPrefix(strings.TrimSpace(phone), "+") {
		for code := 1; code <= 3 && len(digits)-code >= 8; code++ { // ITU-T E.164: one to three digits
			forms = append(forms, `\(?0?[ ()./\-]{0,2}`+spaced(digits[code:]))
		}
	}
	return forms
}

// in reports whether a text names the person.
func (p person) in(text string) bool {
	return p.out(text) != text
}

// out gives a text without what names the person.
func (p person) out(text string) string {
	if p.names == nil {
		return text
	}
	var b strings.Builder
	for {
		m := p.names.FindStringSubmatchIndex(text)
		if m == nil {
			return b.String() + text
		}
		b.WriteString(text[:m[3]])
		rest := text[m[1]:]
		if rest != "" && wordByte.MatchString(rest) { // it goes on: another word
			b.WriteString(text[m[3]:m[1]])
		} else {
			b.WriteString(models.ErasedWord)
		}
		text = rest
	}
}

// wordByte is a text that begins with a letter or a digit.
var wordByte = regexp.MustCompile(`^[\pL\pN]`)

// fromBody gives a ledger body, one JSON object, without what names the person and without its salt, and reports whether anything but the
// salt was taken out. said empties the member "by" too: it is the person who speaks.
func (p person) fromBody(body string, said bool) (redacted string, changed bool) {
	var members map[string]any
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if d.Decode(&members) != nil {
		out := p.out(body)
		return out, out != body
	}
	delete(members, "salt")
	var walk func(v any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case string:
			out := p.out(v)
			changed = changed || out != v
			return out
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case map[string]any:
			for k := range v {
				v[k] = walk(v[k])
			}
		}
		return v
	}
	walk(members)
	if by, ok := members["by"].(string); ok && said && by != models.ErasedWord {
		members["by"], changed = models.ErasedWord, true
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(members) != nil { // what was decoded can be encoded
		return "{}", true
	}
	return strings.TrimSuffix(b.String(), "\n"), changed
}

// erasedAddressForm begins a suppressed address that was erased: "erased:SALT:HASH".
const erasedAddressForm = "erased:"

// erasedAddress gives the form in which a suppressed address is kept after it was erased: nobody can read it, and it is still known when
// somebody brings the address again.
func erasedAddress(address string) string {
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails since Go 1.24
	return saltedAddress(hex.EncodeToString(salt[:]), address)
}

func saltedAddress(salt, address string) string {
	return erasedAddressForm + salt + ":" + hexSHA256(salt+"\n"+strings.ToLower(address))
}

// matchesErased reports whether a suppressed address, as it is kept, is the erased form of an address.
func matchesErased(kept, address string) bool {
	rest, ok := strings.CutPrefix(kept, erasedAddressForm)
	salt, _, both := strings.Cut(rest, ":")
	return ok && both && kept == saltedAddress(salt, address)
}
