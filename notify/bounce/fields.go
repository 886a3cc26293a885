package bounce

import (
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/krestmarketing/deedwatch/notify"
)

// fields are the fields of one block, by their names in lower case. Of several of one name the first counts.
type fields map[string]string

// maxField bounds what is kept of one field: more would only cost time.
const maxField = 4 << 10

// fieldBlocks reads fields in blocks with empty lines between them (RFC 3464 section 2.1), at most so many blocks. Lines that are no field
// are passed over.
func fieldBlocks(content []byte, most int) []fields {
	var blocks []fields
	current, name := fields{}, ""
	end := func() {
		if len(current) > 0 {
			blocks = append(blocks, current)
		}
		current, name = fields{}, ""
	}
	for line := range strings.Lines(string(content)) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.TrimSpace(line) == "":
			end()
			if len(blocks) >= most {
				return blocks
			}
		case line[0] == ' ' || line[0] == '\t':
			if name != "" && len(current[name]) < maxField {
				current[name] += " " + strings.TrimSpace(line[:min(len(line), maxField)])
			}
		default:
			name = current.add(line)
		}
	}
	end()
	return blocks
}

// add takes a line and gives the name of the field that a following line may go on with; empty: none.
func (f fields) add(line string) string {
	name, value, found := strings.Cut(line, ":")
	name = strings.ToLower(strings.TrimSpace(name))
	if _, there := f[name]; !found || there || name == "" || strings.ContainsAny(name, " \t") {
		return ""
	}
	f[name] = strings.TrimSpace(value[:min(len(value), maxField)])
	return name
}

// maxCodes bounds how many codes of a server's words are looked at.
const maxCodes = 10

var statusCode = regexp.MustCompile(`(?:^|[^0-9.])([245]\.\d{1,3}\.\d{1,3})(?:$|[^0-9.])`)

// status gives the first status code (RFC 3463) in a text; empty: there is none.
func status(text string) string {
	if m := statusCode.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// Words of servers by which a failure for good is one for now that lasted too long.
var (
	givenUp = regexp.MustCompile(`(?i)\bmessage expired\b|\bdelivery time expired\b|\bretry time(?:out exceeded| not reached)|in the queue too long`)
	refused = regexp.MustCompile(`^4[0-9]{2}[ -]`)
)

// precise gives the status of a report: the one that is stated, or that of the server's own words where the stated one says no more than
// that it failed. Exim states 5.0.0 whatever the server said, also of what it gave up after temporary refusals (4xx); so does Exchange Online,
// with 5.4.3xx. What was given up is X.4.7 of class 4: the address is not to blame.
func precise(stated, words string) string {
	class, generic := strings.CutSuffix(stated, ".0.0")
	late := givenUp.MatchString(words)
	if late && (stated == "" || generic || strings.HasPrefix(stated, "5.4.")) {
		return "4.4.7"
	}
	if stated != "" && !generic {
		return stated
	}
	if refused.MatchString(words) {
		class = "4"
		stated = class + ".0.0"
	}
	for _, m := range statusCode.FindAllStringSubmatch(words, maxCodes) {
		if (stated == "" || strings.HasPrefix(m[1], class+".")) && !strings.HasSuffix(m[1], ".0.0") {
			return m[1]
		}
	}
	if stated == "" {
		return status(words)
	}
	return stated
}

// typed takes apart a value with its type: "rfc822; bo@client.example".
func typed(value string) (kind, rest string) {
	kind, rest, found := strings.Cut(value, ";")
	if !found {
		return "", strings.TrimSpace(value)
	}
	return strings.ToLower(strings.TrimSpace(kind)), strings.TrimSpace(rest)
}

// addresses gives the ways in which an address field may mean one: as it stands, decoded from xtext (RFC 3461 section 4) or from its form in
// ASCII (RFC 6533 section 3), and with the domain in both of its forms. Lower case, without doubles.
func addresses(value string) []string {
	kind, text := typed(value)
	text = strings.ToLower(strings.Trim(text, "<> "))
	forms := []string{text}
	if kind == "utf-8" {
		forms = []string{escaped(text, `\x{`, "}")}
	} else if strings.Contains(text, "+") {
		forms = append(forms, xtext(text))
	}
	var out []string
	for _, form := range forms {
		at := strings.LastIndexByte(form, '@')
		if at < 1 || len(form) > 320 || !utf8.ValidString(form) || strings.ContainsFunc(form, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			continue
		}
		local, host := form[:at+1], form[at+1:]
		hosts := []string{host}
		if ascii, err := idna.ToASCII(host); err == nil {
			hosts = append(hosts, ascii)
		}
		if unicode, err := idna.ToUnicode(host); err == nil {
			hosts = append(hosts, unicode)
		}
		for _, h := range hosts {
			if a := strings.ToLower(local + h); !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

// escaped replaces hexadecimal code points between two marks.
func escaped(text, begin, end string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, begin)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		code, after, closed := strings.Cut(rest, end)
		point, err := strconv.ParseUint(code, 16, 32)
		if !closed || err != nil || point > utf8.MaxRune || !utf8.ValidRune(rune(point)) {
			b.WriteString(begin)
			text = rest
			continue
		}
		b.WriteRune(rune(point))
		text = after
	}
}

// xtext decodes +XX; a plus that is followed by something else stays.
func xtext(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "+")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if len(rest) >= 2 {
			if c, err := hex.DecodeString(rest[:2]); err == nil {
				b.WriteByte(c[0])
				text = rest[2:]
				continue
			}
		}
		b.WriteByte('+')
		text = rest
	}
}

func printable(text string) string {
	return notify.Printable(strings.Join(strings.Fields(text), " "), maxDiagnostic)
}
