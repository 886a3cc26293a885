package whois_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

// checkLook holds what is true of every look, whatever the text.
func checkLook(t *testing.T, look models.Look) {
	t.Helper()
	if look.Outcome == "" || look.Detail == "" || (look.Facts != nil) != (look.Outcome == models.OutcomeOK) {
		t.Errorf("outcome %q (%s) with facts %v", look.Outcome, look.Detail, look.Facts)
	}
	if look.RetryAfter < 0 || look.RetryAfter > 24*time.Hour || (look.RetryAfter > 0 && look.Outcome != models.OutcomeThrottled) {
		t.Errorf("%s: retry after %s", look.Outcome, look.RetryAfter)
	}
	kept := []string{look.Detail, look.Server, look.Domain}
	if f := look.Facts; f != nil {
		for _, d := range []*time.Time{f.ExpiresAt, f.RegistrarExpiresAt, f.CreatedAt, f.UpdatedAt} {
			if d != nil && (d.Year() < 1985 || d.Year() > 2126) {
				t.Errorf("date %s", d)
			}
		}
		if f.ExpiresAt != nil && (!f.ExpiryStated || f.CreatedAt != nil && f.ExpiresAt.Before(f.CreatedAt.Add(-24*time.Hour))) {
			t.Errorf("expiry %s, stated %v, created %v", f.ExpiresAt, f.ExpiryStated, f.CreatedAt)
		}
		if f.Registered == nil || !*f.Registered || len(f.Statuses) > 32 || len(f.Nameservers) > 64 || len(f.Skipped) > 16 {
			t.Errorf("facts %+v", f)
		}
		kept = append(append(append(append(kept, f.Registrar, f.RegistrarID), f.Statuses...), f.Nameservers...), f.Skipped...)
	}
	for _, s := range kept {
		if strings.ContainsFunc(s, unicode.IsControl) || len(s) > 2000 {
			t.Errorf("kept %q", s)
		}
	}
}

// plainASCII reports whether a text has no character that could be another spelling of a letter.
func plainASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r > '~' })
}

// FuzzParse reads anything, with and without a server.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		registered, "No match for quill.test", "[Domain Name] quill.test\n[State] Connected (2027/03/31)", "Domain name:\n quill.test\n\nRenewal date:\n Monday 18th Oct 2027",
		"domain: quill.test\nexpires....: 4.7.2027 10:00:00 (UTC+8)\n", "a. [x", "refer: x", "\xff\xfe:", "Domain: quill\nRegistrant: x", "Too many requests, wait 20 minutes",
	} {
		f.Add("quill.test", "whois.nic.cz", s)
		f.Add("quill.cn", "", s)
	}
	seedFixtures(f)
	f.Fuzz(func(t *testing.T, domain, server, text string) {
		for _, s := range []string{server, ""} {
			look := whois.Parse(domain, s, []byte(text), now)
			checkLook(t, look)
			if look.Outcome != models.OutcomeOK || !plainASCII(text) || strings.Contains(look.Domain, "xn--") {
				continue
			}
			if label, _, _ := strings.Cut(look.Domain, "."); !strings.Contains(strings.ToLower(text), label) {
				t.Errorf("%s is registered, and its name does not stand in the text", look.Domain)
			}
		}
	})
}

// seedFixtures adds every text of testdata/dialects under its name and server.
func seedFixtures(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/dialects/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for section := range strings.SplitSeq("\n"+string(content), "\n=== ") {
			header, text, _ := strings.Cut(section, "\n")
			seed := map[string]string{}
			for word := range strings.FieldsSeq(header) {
				if key, value, ok := strings.Cut(word, "="); ok {
					seed[key] = value
				}
			}
			f.Add(seed["name"], seed["server"], text)
		}
	}
}

// FuzzDate reads anything as a date. What is read must have its year in the text.
func FuzzDate(f *testing.F) {
	for _, s := range []string{"2027-03-01T10:00:00Z", "01/02/2027", "27th April 2027", "15-abr-2027", "2027.03.01 10:00:00 (UTC+8)", "31-DEC-27", "20270301", "Sat Mar 28 23:59:00 2026", "2027年08月30日", "12/25/2027 4:05 PM PST"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsAny(value, "\r\n") {
			return
		}
		for _, domain := range []string{"quill.test", "quill.pt", "quill.tk", "quill.cn"} {
			look := whois.Parse(domain, "", []byte("domain: "+domain+"\nregistrar: X\nexpires: "+value+"\n"), now)
			checkLook(t, look)
			if look.Facts == nil || look.Facts.ExpiresAt == nil {
				continue
			}
			stated := false
			for _, d := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
				stated = stated || strings.Contains(value, look.Facts.ExpiresAt.Add(d).Format("06"))
			}
			if !stated && plainASCII(value) {
				t.Errorf("%q was read as %s", value, look.Facts.ExpiresAt)
			}
		}
	})
}

// FuzzRetryAfter reads anything that a throttling server says of the time to wait.
func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"wait 20 minutes", "try again in 50 seconds", "wait 99999999999 hours", "in -5 seconds", "for 1 hour 2 minutes", "wait 0 sec."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		if strings.ContainsAny(rest, "\r\n") || len(rest) > 500 {
			return
		}
		look := whois.Parse("quill.test", "", []byte("Too many requests, please "+rest), now)
		checkLook(t, look)
	})
}

// The answers that FuzzTerms and FuzzInsertedLine start from.
const (
	registered = "Domain Name: QUILL.TEST\nRegistrar: Invented Names\nCreation Date: 2009-03-01T10:00:00Z\nRegistry Expiry Date: 2027-03-01T10:00:00Z\nName Server: ns1.quill.example\n"
	absent     = "No match for \"QUILL.TEST\".\n"
	reserved   = "The domain quill.test is reserved by the registry.\n"
	throttled  = "Your request is being rate limited\n"
)

// FuzzTerms puts terms of use behind an answer and before it: running text of any words, wrapped as registries wrap it. They change
// nothing.
func FuzzTerms(f *testing.F) {
	for _, s := range []string{
		"a name that was not found is free and available for registration only if it is not reserved", "too many requests are blocked no match for not found",
		"the domain expires on the day that is shown and is not registered after", "access denied try again later invalid domain name",
	} {
		f.Add(s, uint8(60))
	}
	f.Fuzz(func(t *testing.T, words string, width uint8) {
		terms := wrap(words, 46+int(width)%60)
		for _, answer := range []string{registered, absent, reserved, throttled} {
			want := whois.Parse("quill.test", "", []byte(answer), now)
			for _, text := range []string{answer + "\n" + terms, terms + "\n" + answer} {
				got := whois.Parse("quill.test", "", []byte(text), now)
				if diff := cmp.Diff(want.Facts, got.Facts); got.Outcome != want.Outcome || diff != "" {
					t.Errorf("%s: %s, want %s\n%s\n%s", got.Outcome, got.Detail, want.Outcome, text, diff)
				}
			}
		}
	})
}

// wrap makes lines of running text out of the letters of words: none ends a sentence, none is shorter than a line of terms is.
func wrap(words string, width int) string {
	var b strings.Builder
	line := "By using this service you agree that you will not"
	for w := range strings.FieldsSeq(words) {
		w = strings.ToLower(strings.Map(func(r rune) rune {
			if r < 0x80 && unicode.IsLetter(r) {
				return r
			}
			return -1
		}, w))
		if w == "" || len(w) > 20 {
			continue
		}
		if line += " " + w; len(line) >= width {
			b.WriteString(line + "\n")
			line = "and"
		}
	}
	b.WriteString(line + " at any time and that this is so\nunder the law.\n")
	return b.String()
}

// FuzzInsertedLine puts any line into a registration. It may make the answer unreadable, never a free name.
func FuzzInsertedLine(f *testing.F) {
	for _, s := range []string{"No match for QUILL.TEST", "Status: free", "NOT FOUND", "Domain Name: other.test", "expires: 1 Jan 2020", "Too many requests"} {
		f.Add(s, uint8(2))
	}
	f.Fuzz(func(t *testing.T, line string, at uint8) {
		if len(line) > 4096 {
			return // what stands behind the bound on texts is not read
		}
		lines := strings.SplitAfter(registered, "\n")
		n := int(at) % len(lines)
		text := strings.Join(lines[:n], "") + line + "\n" + strings.Join(lines[n:], "")
		look := whois.Parse("quill.test", "", []byte(text), now)
		checkLook(t, look)
		if look.Outcome == models.OutcomeAbsent {
			t.Errorf("read as free: %s\n%s", look.Detail, text)
		}
	})
}
