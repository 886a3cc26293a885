package bounce_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify/bounce"
)

const ours = "0123456789abcdef0123456789abcdef@watch.lab"

var now = time.Date(2026, 11, 23, 17, 30, 0, 0, time.UTC)

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func TestWhatAReportSays(t *testing.T) {
	for _, c := range []struct {
		file, why string
		want      []models.Bounce
	}{
		{"postfix_unknown.eml", "the address that was written to comes first, where it was forwarded to after it", []models.Bounce{{
			Kind: models.BouncePermanent, Recipient: "bo@client.lab", Others: []string{"gone@client.lab"}, Status: "5.1.1", MessageID: ours,
			Diagnostic: "550 5.1.1 <gone@client.lab>: Recipient address rejected: User unknown in local recipient table",
			At:         time.Date(2026, 11, 23, 17, 0, 5, 0, time.UTC),
		}}},
		{"two_recipients.eml", "a delay and a delivery in one report, in base64, known by what it answers", []models.Bounce{
			{Kind: models.BounceTemporary, Recipient: "one@client.lab", Status: "4.4.1", MessageID: ours, At: now},
			{Kind: models.BounceDelivered, Recipient: "two@client.lab", Status: "2.0.0", MessageID: ours, At: now},
		}},
		{"utf8.eml", "addresses beyond ASCII, with the domain in both forms", []models.Bounce{{
			Kind: models.BouncePermanent, Recipient: "zoë@bücher.lab", Others: []string{"zoë@xn--bcher-kva.lab"}, Status: "5.2.2", MessageID: ours,
			Diagnostic: "over quota", At: now,
		}}},
		{"xtext.eml", "an address that is still encoded is tried in both readings; given up after days is not the address", []models.Bounce{{
			Kind: models.BouncePermanent, Recipient: "bo+2bnews@client.lab", Others: []string{"bo+news@client.lab", "elsewhere@other.lab"}, Status: "4.4.7",
			MessageID: ours, Diagnostic: "451 4.3.0 try later", At: now,
		}}},
		{"exchange.eml", "Exchange", []models.Bounce{{
			Kind: models.BouncePermanent, Recipient: "bo@client.lab", Status: "5.1.10", MessageID: ours,
			Diagnostic: "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient bo@client.lab not found by SMTP address lookup",
			At:         time.Date(2026, 11, 23, 17, 0, 5, 0, time.UTC),
		}}},
		{"gmail.eml", "Gmail", []models.Bounce{{
			Kind: models.BouncePermanent, Recipient: "bo@client.lab", Status: "5.1.1", MessageID: ours,
			Diagnostic: "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. For more information, go to 550 5.1.1 https://support.lab/?p=NoSuchUser",
			At:         time.Date(2026, 11, 23, 17, 0, 5, 0, time.UTC),
		}}},
		{"exim_policy.eml", "Exim states 5.0.0 whatever the server said; what it said counts", []models.Bounce{
			{Kind: models.BouncePermanent, Recipient: "bo@client.lab", Status: "5.7.26", MessageID: ours, Diagnostic: "550-5.7.26 This mail is unauthenticated 550 5.7.26 and is not accepted", At: time.Date(2026, 11, 23, 17, 0, 5, 0, time.UTC)},
			{Kind: models.BouncePermanent, Recipient: "al@client.lab", Status: "5.0.0", MessageID: ours, Diagnostic: "554 Your message looks like spam", At: time.Date(2026, 11, 23, 17, 0, 5, 0, time.UTC)},
			{Kind: models.BouncePermanent, Recipient: "gone@client.lab", Status: "5.0.0", MessageID: ours, Diagnostic: "550 no such user here", At: time.Date(2026, 11, 23, 17, 0, 5, 0, time.UTC)},
		}},
		{"sendmail_delayed.eml", "a warning of sendmail, which returns the header only", []models.Bounce{{
			Kind: models.BounceTemporary, Recipient: "bo@client.lab", Status: "4.4.2", MessageID: ours, At: time.Date(2026, 11, 23, 17, 0, 5, 0, time.UTC),
		}}},
		{"complaint.eml", "a complaint that hides the recipient; the message names it", []models.Bounce{{
			Kind: models.BounceComplaint, Recipient: "bo@client.lab", MessageID: ours, Diagnostic: "complaint: abuse", At: now,
		}}},
		{"qmail.eml", "qmail's form", []models.Bounce{{
			Kind: models.BouncePermanent, Recipient: "bo@client.lab", Status: "5.1.1", MessageID: ours,
			Diagnostic: "192.0.2.4 does not like recipient. Remote host said: 550 no such user here (#5.1.1) Giving up on 192.0.2.4.",
			At:         time.Date(2026, 11, 23, 17, 0, 5, 0, time.UTC),
		}}},
	} {
		t.Run(c.file, func(t *testing.T) {
			raw := fixture(t, c.file)
			got, err := bounce.ParseMail(raw, now)
			if err != nil {
				t.Fatal(err)
			}
			ids := map[string]bool{}
			for _, b := range got {
				if b.EventID == "" || ids[b.EventID] || b.Source != "mailbox" || !bytes.HasPrefix(raw, b.Evidence) || len(b.Evidence) == 0 {
					t.Errorf("identity and evidence: %q %q, %d bytes", b.EventID, b.Source, len(b.Evidence))
				}
				ids[b.EventID] = true
			}
			ignore := cmpopts.IgnoreFields(models.Bounce{}, "EventID", "Source", "Evidence")
			if diff := cmp.Diff(c.want, got, ignore, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			again, err := bounce.ParseMail(raw, now.Add(time.Hour))
			if err != nil || again[0].EventID != got[0].EventID {
				t.Errorf("the same report an hour later is another event: %v", err)
			}
		})
	}
}

func TestWhatIsNoReport(t *testing.T) {
	for name, raw := range map[string][]byte{
		"an automatic reply":                       fixture(t, "out_of_office.eml"),
		"qmail's form without our identifier":      fixture(t, "qmail_without_id.eml"),
		"the opposite of a complaint":              fixture(t, "not_spam.eml"),
		"nothing":                                  nil,
		"not a message":                            []byte("\x00\xff\x00"),
		"a multipart without a boundary":           []byte("Content-Type: multipart/report\r\n\r\nx"),
		"a status without recipients":              []byte("Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.lab\r\n\r\nAction: failed\r\n"),
		"a recipient that is no address":           []byte("Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; nobody\r\nAction: failed\r\n"),
		"an action that is unknown":                []byte("Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b.lab\r\nAction: exploded\r\n"),
		"nested deeper than any report":            []byte(nested(10) + "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b.lab\r\nAction: failed\r\n"),
		"a status that begins beyond what is read": append([]byte("Content-Type: multipart/report; boundary=b\r\n\r\n"+strings.Repeat("x", bounce.MaxReport)), "\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b.lab\r\nAction: failed\r\n--b--\r\n"...),
	} {
		if got, err := bounce.ParseMail(raw, now); !errors.Is(err, bounce.ErrNoReport) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func nested(depth int) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	return b.String()
}

func TestReportsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.lab\r\n")
	for range 5000 {
		b.WriteString("\r\nFinal-Recipient: rfc822; a@b.lab\r\nAction: failed\r\nDiagnostic-Code: smtp; " + strings.Repeat("é\x1b[31m", 300) + "\r\n")
	}
	got, err := bounce.ParseMail([]byte(b.String()), now)
	if err != nil || len(got) > 100 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	for _, r := range got {
		if utf8.RuneCountInString(r.Diagnostic) > 501 || strings.ContainsRune(r.Diagnostic, 0x1b) || len(r.Evidence) > 8<<10 {
			t.Fatalf("not bounded: %d %q", len(r.Evidence), r.Diagnostic)
		}
	}
}

func FuzzParseMail(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, name := range files {
		f.Add(fixture(f, filepath.Base(name)))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := bounce.ParseMail(raw, now)
		if (err == nil) == (len(got) == 0) || err != nil && !errors.Is(err, bounce.ErrNoReport) {
			t.Fatalf("%d rows, %v", len(got), err)
		}
		check(t, got)
	})
}

// check holds for every row, whatever it was read from: it can be stored, logged and shown.
func check(t *testing.T, rows []models.Bounce) {
	t.Helper()
	for _, b := range rows {
		for _, s := range append([]string{b.Recipient, b.Status, b.Diagnostic, b.MessageID, b.EventID}, b.Others...) {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r\n\x1b") || len(s) > 4000 {
				t.Fatalf("%q in %+v", s, b)
			}
		}
		if !strings.Contains(b.Recipient, "@") || b.EventID == "" || b.At.After(now) || len(b.Status) > 9 {
			t.Fatalf("%+v", b)
		}
		if (b.Kind != models.BouncePermanent) && (b.Kind != models.BounceTemporary) && (b.Kind != models.BounceComplaint) && (b.Kind != models.BounceDelivered) {
			t.Fatalf("kind %q", b.Kind)
		}
	}
}
