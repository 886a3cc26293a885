package whois_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

// fixtureTolerance is what a stated day may differ from the instant that was read: registries print times without their zone.
const fixtureTolerance = 26 * time.Hour

// fixture is one answer of testdata/dialects with what must come out of it. Its header is a line "=== key=value key="a value" …":
//
//	name         the A-label that was asked for
//	server       who answered; empty: any server, the form is a general one
//	want         outcomes that are right: registered, available, or a models.Outcome, separated by "|"
//	expires      the expiry: a day, an instant (then to the second) or "none", alternatives separated by "|"; must be there if registered
//	created, updated, registrarexpires   likewise, may be left out
//	registrar, id, dnssec, ns, status    as in models.Facts; a set is separated by commas; alternatives by "|", "none" for empty
//	why          what the case is about, where its file does not say so
//	enc          latin1: the text is Latin-1 on the wire; escaped: \xNN stands for that byte
//	eol          cr or crlf: how lines end on the wire
type fixture struct {
	at   string // file:line of the header
	want map[string]string
	text []byte
}

func (f fixture) name() string { return f.want["name"] }

// outcomes gives the outcomes that are right.
func (f fixture) outcomes() []models.Outcome {
	var list []models.Outcome
	for w := range strings.SplitSeq(f.want["want"], "|") {
		switch w {
		case "registered":
			list = append(list, models.OutcomeOK)
		case "available":
			list = append(list, models.OutcomeAbsent)
		default:
			list = append(list, models.Outcome(w))
		}
	}
	return list
}

// TestDialectFixtures reads an answer of every registry whose form is known, with and without knowing who gave it. The forms are the
// registries', the firms and the names are invented.
func TestDialectFixtures(t *testing.T) {
	for _, f := range loadFixtures(t) {
		t.Run(f.at+" "+f.name(), func(t *testing.T) {
			for _, server := range slices.Compact([]string{f.want["server"], ""}) {
				if problem := f.check(whois.Parse(f.name(), server, f.text, now)); problem != "" {
					t.Errorf("server %q: %s (%s)", server, problem, f.want["why"])
				}
			}
		})
	}
}

// TestDialectFixturesCutShort reads every answer up to each of its lines: what is missing must never turn a registration into a free
// name, nor into another date.
func TestDialectFixturesCutShort(t *testing.T) {
	for _, f := range loadFixtures(t) {
		if !strings.Contains(f.want["want"], "registered") {
			continue
		}
		for n := range bytes.Count(f.text, []byte("\n")) {
			part := bytes.Join(bytes.SplitAfterN(f.text, []byte("\n"), n+2)[:n+1], nil)
			look := whois.Parse(f.name(), "", part, now)
			switch {
			case look.Outcome == models.OutcomeAbsent:
				t.Errorf("FREE %s: free after %d lines: %s", f.at, n+1, look.Detail)
			case look.Facts != nil && look.Facts.ExpiresAt != nil && f.date("expires", look.Facts.ExpiresAt) != "":
				t.Errorf("DATE %s: after %d lines: %s", f.at, n+1, f.date("expires", look.Facts.ExpiresAt))
			}
		}
	}
}

// TestDialectFixturesOfAnotherName asks for a longer name than the one that was answered: no answer is about it.
func TestDialectFixturesOfAnotherName(t *testing.T) {
	for _, f := range loadFixtures(t) {
		others := []string{"x" + f.name(), "shop." + f.name()}
		if bytes.Contains(bytes.ToLower(f.text), []byte(f.name())) { // a text that leaves the suffix out may be about any
			others = append(others, f.name()+".lab")
		}
		for _, other := range others {
			look := whois.Parse(other, "", f.text, now)
			switch {
			case look.Outcome == models.OutcomeOK:
				t.Errorf("OTHER %s: read as the registration of %s: %s", f.at, other, look.Detail)
			case look.Outcome == models.OutcomeAbsent && strings.Contains(f.want["want"], "registered"):
				t.Errorf("OTHER-FREE %s: read as %s being free: %s", f.at, other, look.Detail)
			}
		}
	}
}

// TestDialectFixturesOnTheWire reads every answer in other clothes, which say nothing: line ends, a byte order mark, blanks, and
// terms of use around it (a line each in testdata/terms.txt) that use every word that an answer could use, of no name.
func TestDialectFixturesOnTheWire(t *testing.T) {
	data, err := os.ReadFile("testdata/terms.txt")
	if err != nil {
		t.Fatal(err)
	}
	terms := strings.Split(strings.TrimSpace(string(data)), "\n")
	for n, f := range loadFixtures(t) {
		if f.want["enc"]+f.want["eol"] != "" || f.check(whois.Parse(f.name(), "", f.text, now)) != "" { // the latter fails above
			continue
		}
		text := string(f.text)
		forms := map[string]string{
			"CRLF": strings.ReplaceAll(text, "\n", "\r\n"), "BOM": "\ufeff" + text, "BLANK": "\r\n\n" + text,
			"TAIL": strings.ReplaceAll(text, "\n", " \t\n"), "UPPER": strings.ReplaceAll(text, f.name(), strings.ToUpper(f.name())),
		}
		for i, line := range terms {
			if (n+i)%4 != 0 || strings.TrimSpace(text) == "" { // each case meets a quarter of the terms; alone they are another text
				continue
			}
			forms[fmt.Sprintf("TERMS-BEFORE-%d", i+1)] = "% " + line + "\n%\n\n" + text
			forms[fmt.Sprintf("TERMS-AFTER-%d", i+1)] = text + "\n\n" + line + "\n"
		}
		for width := 40 + 4*(n%4); width <= 76 && strings.TrimSpace(text) != ""; width += 16 {
			forms[fmt.Sprintf("WRAP-BEFORE-%d", width)] = wrapTerms(terms, "% ", width) + "\n\n" + text
			forms[fmt.Sprintf("WRAP-AFTER-%d", width)] = text + "\n\n" + wrapTerms(terms, "", width)
		}
		for form, changed := range forms {
			if problem := f.check(whois.Parse(f.name(), "", []byte(changed), now)); problem != "" {
				t.Errorf("%s %s: %s", form, f.at, problem)
			}
		}
	}
}

// TestDialectFixturesBesideAnother reads every registration before and after the same of another name, four years on: what is stated on
// the other may hide what is stated on ours, and never stand for it.
func TestDialectFixturesBesideAnother(t *testing.T) {
	later := strings.NewReplacer("harbour-bakery", "other-canteen", "HARBOUR-BAKERY", "OTHER-CANTEEN", "2026", "2030", "2027", "2031", "-27", "-31", "/27", "/31")
	for _, f := range loadFixtures(t) {
		if f.want["want"] != "registered" || f.want["enc"]+f.want["eol"] != "" || !strings.HasPrefix(f.name(), "harbour-bakery.") {
			continue
		}
		other := later.Replace(string(f.text))
		for order, text := range map[string]string{"FIRST": string(f.text) + "\n\n" + other, "SECOND": other + "\n\n" + string(f.text), "NOT": other} {
			look := whois.Parse(f.name(), "", []byte(text), now)
			switch {
			case look.Outcome == models.OutcomeAbsent:
				t.Errorf("BESIDE-%s %s: read as free: %s", order, f.at, look.Detail)
			case order == "NOT" && look.Outcome == models.OutcomeOK:
				t.Errorf("BESIDE-%s %s: the other's registration was read as ours", order, f.at)
			case look.Facts != nil && look.Facts.ExpiresAt != nil && f.date("expires", look.Facts.ExpiresAt) != "":
				t.Errorf("BESIDE-%s %s: %s", order, f.at, f.date("expires", look.Facts.ExpiresAt))
			}
		}
	}
}

// wrapTerms breaks terms into lines of width bytes at most, as registries do: half a sentence can read like an answer.
func wrapTerms(terms []string, prefix string, width int) string {
	var b strings.Builder
	column := width
	for word := range strings.FieldsSeq(strings.Join(terms, " ")) {
		if column+1+len(word) > width {
			b.WriteString("\n" + prefix)
			column = 0
		} else {
			b.WriteString(" ")
		}
		b.WriteString(word)
		column += 1 + len(word)
	}
	return strings.TrimPrefix(b.String(), "\n") + "\n"
}

// TestDialectFixturesWithoutTheExpiry takes away the lines with the expiry's year, 2027: no other date may stand for it, and nothing is free
// for want of one.
func TestDialectFixturesWithoutTheExpiry(t *testing.T) {
	year := regexp.MustCompile(`(?m)^.*(202[78]|-27$|/27$).*\n?`)
	for _, f := range loadFixtures(t) {
		if !strings.HasPrefix(f.want["expires"], "2027") || f.want["eol"] != "" {
			continue
		}
		look := whois.Parse(f.name(), f.want["server"], year.ReplaceAll(f.text, nil), now)
		switch {
		case look.Facts != nil && look.Facts.ExpiresAt != nil:
			t.Errorf("WITHOUT %s: invented %s", f.at, look.Facts.ExpiresAt)
		case look.Outcome == models.OutcomeAbsent:
			t.Errorf("WITHOUT %s: read as free: %s", f.at, look.Detail)
		}
	}
}

// check gives what is wrong about look, or "". What must never happen comes first, in capitals.
func (f fixture) check(look models.Look) string {
	outcomes := f.outcomes()
	switch {
	case !slices.Contains(outcomes, look.Outcome):
		return fmt.Sprintf("%s: want %s, got %s: %s", f.verdict(look), f.want["want"], look.Outcome, look.Detail)
	case look.Outcome != models.OutcomeOK:
		if look.Facts != nil {
			return fmt.Sprintf("FACTS: %s states facts", look.Outcome)
		}
		return ""
	}
	got := look.Facts
	for key, value := range map[string]*time.Time{"expires": got.ExpiresAt, "registrarexpires": got.RegistrarExpiresAt} {
		if problem := f.date(key, value); problem != "" {
			return problem
		}
	}
	return f.details(got)
}

// verdict names how bad it is that look has an outcome that is not wanted.
func (f fixture) verdict(look models.Look) string {
	registered, free := strings.Contains(f.want["want"], "registered"), strings.Contains(f.want["want"], "available")
	switch {
	case look.Outcome == models.OutcomeAbsent && registered:
		return "REGISTERED-AS-FREE"
	case look.Outcome == models.OutcomeOK && free:
		return "FREE-AS-REGISTERED"
	case look.Outcome.Answered():
		return "NON-ANSWER-AS-ANSWER"
	case !registered && !free:
		return "OTHER-NON-ANSWER"
	}
	return "UNKNOWN"
}

// date compares one date with what is wanted, and says what is wrong.
func (f fixture) date(key string, got *time.Time) string {
	stated, ok := f.want[key]
	if !ok {
		return ""
	}
	for want := range strings.SplitSeq(stated, "|") {
		switch {
		case want == "none":
			if got == nil {
				return ""
			}
		case got == nil:
		case len(want) == len(time.DateOnly):
			if day, err := time.Parse(time.DateOnly, want); err == nil && got.Sub(day).Abs() <= fixtureTolerance {
				return ""
			}
		default:
			if instant, err := time.Parse(time.RFC3339, want); err == nil && got.Equal(instant) {
				return ""
			}
		}
	}
	kind := map[bool]string{true: "WRONG", false: "NO"}[got != nil]
	if stated == "none" {
		kind = "INVENTED"
	}
	return fmt.Sprintf("%s-DATE: %s: want %s, got %v", kind, key, stated, got)
}

// details compares what is not about the expiry.
func (f fixture) details(got *models.Facts) string {
	for key, value := range map[string]*time.Time{"created": got.CreatedAt, "updated": got.UpdatedAt} {
		if problem := f.date(key, value); problem != "" {
			return problem
		}
	}
	for key, value := range map[string]string{
		"registrar": set(strings.Split(got.Registrar, ",")), "id": got.RegistrarID, "dnssec": string(got.DNSSEC),
		"ns": set(got.Nameservers), "status": set(got.Statuses),
	} {
		if want, ok := f.want[key]; ok && !oneOf(want, value) {
			return fmt.Sprintf("DETAIL: %s: want %q, got %q", key, want, value)
		}
	}
	return ""
}

// oneOf reports whether a set is one of those that are right, whatever the order and the case.
func oneOf(wants, got string) bool {
	for want := range strings.SplitSeq(wants, "|") {
		if want == "none" {
			want = ""
		}
		if strings.EqualFold(set(strings.Split(want, ",")), got) {
			return true
		}
	}
	return false
}

func set(list []string) string {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return strings.Join(list, ",")
}

// loadFixtures reads all files of testdata/dialects and fails on a header that is not understood.
func loadFixtures(t *testing.T) []fixture {
	t.Helper()
	files, err := filepath.Glob("testdata/dialects/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	var all []fixture
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, readFixtures(t, filepath.Base(file), string(data))...)
	}
	return all
}

func readFixtures(t *testing.T, file, data string) []fixture {
	t.Helper()
	var (
		list []fixture
		text strings.Builder
	)
	finish := func() {
		if len(list) > 0 {
			list[len(list)-1].text = list[len(list)-1].encode(t, text.String())
		}
		text.Reset()
	}
	for i, line := range strings.SplitAfter(data, "\n") {
		header, ok := strings.CutPrefix(line, "=== name=")
		if !ok {
			text.WriteString(line)
			continue
		}
		finish()
		f := fixture{at: fmt.Sprintf("%s:%d", file, i+1)}
		f.want = readHeader(t, f.at, "name="+strings.TrimSpace(header))
		list = append(list, f)
	}
	finish()
	return list
}

// readHeader reads key=value pairs; a value with blanks stands in double quotes.
func readHeader(t *testing.T, at, line string) map[string]string {
	t.Helper()
	keys := []string{
		"name", "server", "want", "expires", "created", "updated", "registrarexpires", "registrar", "id", "dnssec", "ns", "status", "why", "enc", "eol",
	}
	m := map[string]string{}
	for line != "" {
		key, rest, ok := strings.Cut(line, "=")
		value := ""
		switch quoted, err := strconv.QuotedPrefix(rest); {
		case !ok || !slices.Contains(keys, key) || m[key] != "":
			t.Fatalf("%s: %q is no key, or stands twice", at, line)
		case err == nil:
			value, _ = strconv.Unquote(quoted)
			rest = rest[len(quoted):]
		default:
			value, rest, _ = strings.Cut(rest, " ")
		}
		m[key], line = value, strings.TrimLeft(rest, " ")
	}
	if m["name"] == "" || m["want"] == "" || strings.Contains(m["want"], "registered") != (m["expires"] != "") {
		t.Fatalf("%s: name, want, and expires for a registration (only) must be there", at)
	}
	return m
}

// encode brings the text into the form that it has on the wire.
func (f fixture) encode(t *testing.T, text string) []byte {
	t.Helper()
	switch f.want["eol"] {
	case "cr":
		text = strings.ReplaceAll(text, "\n", "\r")
	case "crlf":
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	switch f.want["enc"] {
	case "latin1":
		var b []byte
		for _, r := range text {
			if r > 0xff {
				t.Fatalf("%s: %q is not in Latin-1", f.at, r)
			}
			b = append(b, byte(r))
		}
		return b
	case "escaped":
		parts := strings.Split(text, `\x`)
		b := []byte(parts[0])
		for _, p := range parts[1:] {
			n, err := strconv.ParseUint(p[:2], 16, 8)
			if err != nil {
				t.Fatalf("%s: %v", f.at, err)
			}
			b = append(append(b, byte(n)), p[2:]...)
		}
		return b
	}
	return []byte(text)
}
