package email_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	netmail "net/mail"
	"net/smtp"
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/krestmarketing/deedwatch/internal/mtatest"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/bounce"
	"github.com/krestmarketing/deedwatch/notify/email"
)

var writer = notify.Agency{
	Name: "Tidewater Marketing", FromName: "Tidewater Marketing domain notices", FromAddress: "domains@watch.lab", ReplyTo: "help@watch.lab",
	Phone: "(555) 010-4640", Hours: "Monday to Friday, 9 to 5 Pacific", SupportURL: "https://watch.lab/support/", BaseURL: "https://notices.watch.lab",
}

// notices words every sample in every language, as messages to Zoë.
func notices(t *testing.T) map[string]notify.Message {
	t.Helper()
	renderer, err := notify.NewRenderer(writer, notify.Words{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]notify.Message{}
	for _, language := range renderer.Languages() {
		for _, s := range notify.Samples() {
			s.Letter.Contact.Language = language
			r, err := renderer.Render(&s.Letter, notify.SampleURL, notify.DefaultPolicy(time.UTC), s.Now)
			if err != nil {
				t.Fatal(err)
			}
			m := message()
			m.MessageID = fmt.Sprintf("%s.%s@watch.lab", s.Name, language)
			m.Subject, m.Text, m.HTML, m.ICS, m.Date = r.Subject, r.Text, r.HTML, r.ICS, s.Now
			m.ListID, m.Unsubscribe = writer.ListID(), writer.UnsubscribeURL("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA")
			out[m.MessageID] = m
		}
	}
	return out
}

// TestNoticesThroughARealMailServer sends every notice in every language through Postfix, with STARTTLS, and reads it back from the mailbox.
func TestNoticesThroughARealMailServer(t *testing.T) {
	mta := mtatest.Start(t)
	s := sender(t, email.Options{Addr: mta.Addr, TLS: email.TLSStart, TLSConfig: mta.TLS})
	sent := notices(t)
	if len(sent) < 30 {
		t.Fatalf("only %d notices", len(sent))
	}
	for id, m := range sent {
		if got := s.Send(t.Context(), m); got.Outcome != models.DeliverySent {
			t.Fatalf("%s: %+v", id, got)
		}
	}
	for _, raw := range mta.Wait(t, "zoe@client.lab", len(sent)) {
		got, err := netmail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		id := strings.Trim(got.Header.Get("Message-Id"), "<>")
		want, known := sent[id]
		if !known {
			t.Errorf("a message that was not sent, or came twice: %q", id)
			continue
		}
		delete(sent, id)
		t.Run(id, func(t *testing.T) { arrived(t, want, got, raw) })
	}
	if len(sent) != 0 {
		t.Errorf("%d did not come", len(sent))
	}
}

// arrived compares what was sent with what was read back.
func arrived(t *testing.T, want notify.Message, got *netmail.Message, raw []byte) {
	t.Helper()
	wellFormed(t, raw)
	for name, value := range map[string]string{
		"In-Reply-To": "<second@watch.lab>", "References": "<root@watch.lab> <second@watch.lab>", "Auto-Submitted": "auto-generated",
		"List-Id": "<domain-notices.watch.lab>", "List-Unsubscribe": "<" + want.Unsubscribe + ">", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Reply-To": "<help@watch.lab>", "Mime-Version": "1.0", "Feedback-Id": "", "X-Mailer": "", "User-Agent": "", "Return-Path": "<domains@watch.lab>",
	} {
		if h := got.Header.Get(name); h != value {
			t.Errorf("%s: got %q, want %q", name, h, value)
		}
	}
	for _, name := range []string{"From", "To", "Subject", "Date", "Message-Id", "References", "Content-Type", "List-Unsubscribe"} {
		if n := len(got.Header[name]); n != 1 {
			t.Errorf("%d fields %s", n, name)
		}
	}
	if subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject")); err != nil || subject != want.Subject {
		t.Errorf("subject: got %q, want %q, %v", subject, want.Subject, err)
	}
	if from, err := got.Header.AddressList("From"); err != nil || len(from) != 1 || *from[0] != want.From {
		t.Errorf("from: %v, %v", from, err)
	}
	if date, err := got.Header.Date(); err != nil || !date.Equal(want.Date.Truncate(time.Second)) {
		t.Errorf("date: %s, %v", date, err)
	}
	parts := map[string]string{}
	leaves(t, got.Header.Get("Content-Type"), got.Header.Get("Content-Transfer-Encoding"), got.Body, parts)
	kinds := map[string]string{"text/plain": want.Text, "text/html": want.HTML}
	if len(want.ICS) > 0 {
		kinds["text/calendar"] = string(want.ICS)
		cal, err := ics.ParseCalendar(strings.NewReader(parts["text/calendar"]))
		if err != nil || len(cal.Events()) == 0 {
			t.Errorf("the calendar file: %v", err)
		}
	}
	for kind, text := range kinds {
		if diff := cmp.Diff(lines(text), lines(parts[kind])); diff != "" {
			t.Errorf("%s (-sent +arrived):\n%s", kind, diff)
		}
	}
	if len(parts) != len(kinds) {
		t.Errorf("%d parts, want %d", len(parts), len(kinds))
	}
	seen := words(visible(t, parts["text/html"]))
	for _, w := range words(parts["text/plain"]) {
		if len(w) > 4 && strings.Trim(w, "-") != "" && !slices.Contains(seen, w) {
			t.Errorf("the text says %q, the HTML does not", w)
		}
	}
	if len(raw) > 100_000 {
		t.Errorf("%d bytes", len(raw))
	}
}

// wellFormed holds for every message on its way (RFC 5322 section 2.1.1, RFC 2045 section 2.7): short lines, in ASCII, no stray breaks.
func wellFormed(t *testing.T, raw []byte) {
	t.Helper()
	for i, line := range bytes.Split(raw, []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) > 998 || bytes.ContainsRune(line, '\r') || bytes.ContainsFunc(line, func(r rune) bool { return r > '~' || r < ' ' && r != '\t' }) {
			t.Errorf("line %d: %q", i+1, line)
		}
	}
}

func lines(s string) []string {
	return strings.Split(strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n"), "\n")
}

func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" \t\r\n.,;:!?()<>\"'“”‘’«»·—–|*#=", r) })
}

// visible gives the text of an HTML page, with the addresses of its links.
func visible(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "title" {
			b.WriteString(n.Data + " ")
		}
		for _, a := range n.Attr {
			if a.Key == "href" {
				b.WriteString(a.Val + " ")
			}
		}
	}
	return b.String()
}

// onTheWire gives a message as a server gets it, lines ending with CRLF.
func onTheWire(t *testing.T, m notify.Message) []byte {
	t.Helper()
	_, raw := delivered(t, m)
	for i, line := range strings.Split(raw, "\r\n") {
		if strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %d has a stray break: %q", i+1, line)
		}
	}
	return []byte(raw)
}

// TestSignaturesSurviveTheWay signs messages as the submission server of a careful agency does, sends them through Postfix, and verifies what
// came out: nothing in our messages is of the kind that servers rewrite.
func TestSignaturesSurviveTheWay(t *testing.T) {
	mta := mtatest.Start(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	signed := 0
	for _, m := range notices(t) {
		var out bytes.Buffer
		err := dkim.Sign(&out, bytes.NewReader(onTheWire(t, m)), &dkim.SignOptions{
			Domain: "watch.lab", Selector: "s1", Signer: key,
			HeaderCanonicalization: dkim.CanonicalizationSimple, BodyCanonicalization: dkim.CanonicalizationSimple,
			HeaderKeys: []string{
				"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type",
				"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted",
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		submit(t, mta, "domains@watch.lab", "bo@client.lab", out.Bytes())
		if signed++; signed == 12 {
			break
		}
	}
	for _, raw := range mta.Wait(t, "bo@client.lab", signed) {
		text := strings.ReplaceAll(string(raw), "\n", "\r\n")
		verified, err := dkim.VerifyWithOptions(strings.NewReader(text), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			if name != "s1._domainkey.watch.lab" {
				return nil, errors.New("no such key")
			}
			return []string{"v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)}, nil
		}})
		if err != nil || len(verified) != 1 || verified[0].Err != nil {
			t.Errorf("%v %+v\n%s", err, verified, text[:600])
		}
	}
}

// submit hands a message over as it is, by the standard library.
func submit(t *testing.T, mta *mtatest.MTA, from, to string, raw []byte) {
	t.Helper()
	c, err := smtp.Dial(mta.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, step := range []func() error{func() error { return c.StartTLS(mta.TLS) }, func() error { return c.Mail(from) }, func() error { return c.Rcpt(to) }} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), c.Quit()); err != nil {
		t.Fatal(err)
	}
}

// TestTheServersOwnReport sends to a mailbox that is not there, and reads the report that Postfix writes about it from the bounce mailbox.
func TestTheServersOwnReport(t *testing.T) {
	mta := mtatest.Start(t)
	s := sender(t, email.Options{Addr: mta.Addr, TLS: email.TLSStart, TLSConfig: mta.TLS})
	m := message()
	m.To.Address = "nobody@client.lab"
	if got := s.Send(t.Context(), m); got.Outcome != models.DeliverySent {
		t.Fatalf("%+v", got)
	}
	mta.Wait(t, "domains@watch.lab", 1)
	var reports []models.Bounce
	box := bounce.Maildir{Folder: mta.Box("domains@watch.lab")}
	n, err := box.Sweep(t.Context(), 10, func(_ context.Context, raw []byte) error {
		found, err := bounce.ParseMail(raw, time.Now())
		reports = append(reports, found...)
		return err
	})
	if n != 1 || err != nil || len(reports) != 1 {
		t.Fatalf("%d %v %+v", n, err, reports)
	}
	b := reports[0]
	if b.Kind != models.BouncePermanent || b.Recipient != "nobody@client.lab" || b.Status != "5.1.1" || b.MessageID != m.MessageID || !b.BlamesAddress() {
		t.Errorf("%+v", b)
	}
	if again, err := box.Sweep(t.Context(), 10, func(context.Context, []byte) error { return io.EOF }); again != 0 || err != nil {
		t.Errorf("read a second time: %d %v", again, err)
	}
}

// TestARealServersLimits meets the size that Postfix announces.
func TestARealServersLimits(t *testing.T) {
	mta := mtatest.Start(t)
	s := sender(t, email.Options{Addr: mta.Addr, TLS: email.TLSStart, TLSConfig: mta.TLS})
	m := message()
	m.To.Address = "bo@client.lab"
	m.Text = strings.Repeat("line\n", 300_000)
	if got := s.Send(t.Context(), m); got.Outcome != models.DeliveryRejected || !strings.Contains(got.Reply, "1000000") {
		t.Errorf("too big: %+v", got)
	}
	m.Text = "short"
	if got := s.Send(t.Context(), m); got.Outcome != models.DeliverySent {
		t.Errorf("the next one: %+v", got)
	}
	mta.Wait(t, "bo@client.lab", 1)
}
