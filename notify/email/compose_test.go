package email_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/email"
)

func message() notify.Message {
	return notify.Message{
		MessageID: "0123abcd@watch.lab", References: "root@watch.lab second@watch.lab",
		From:    netmail.Address{Name: "Tidewater Marketing", Address: "domains@watch.lab"},
		To:      netmail.Address{Name: "Zoë Šťastná", Address: "zoe@client.lab"},
		ReplyTo: "help@watch.lab", Subject: "pools.example expires on 28 November. Größe",
		Text: "Hello Zoë,\n\n.a line that begins with a dot\n", HTML: "<p>Hello Zoë,</p>",
		ICS:  []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
		Date: time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC),
	}
}

// delivered sends a message to a real server and gives it as that server got it.
func delivered(t *testing.T, m notify.Message) (*netmail.Message, string) {
	t.Helper()
	s := script{}
	addr := serve(t, &s, nil)
	if got := sender(t, email.Options{Addr: addr}).Send(t.Context(), m); got.Outcome != models.DeliverySent {
		t.Fatalf("got %+v", got)
	}
	raw := s.received()[0]
	parsed, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return parsed, raw
}

func TestTheMessageOnTheWire(t *testing.T) {
	got, _ := delivered(t, message())
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Message-Id": "<0123abcd@watch.lab>", "In-Reply-To": "<second@watch.lab>", "References": "<root@watch.lab> <second@watch.lab>",
		"Auto-Submitted": "auto-generated", "Reply-To": "<help@watch.lab>", "X-Mailer": "", "User-Agent": "",
	} {
		if h := got.Header.Get(name); h != want {
			t.Errorf("%s: got %q, want %q", name, h, want)
		}
	}
	if subject != message().Subject {
		t.Errorf("subject: got %q", subject)
	}
	if to, err := got.Header.AddressList("To"); err != nil || len(to) != 1 || *to[0] != message().To {
		t.Errorf("to: got %v, %v", to, err)
	}
	if date, err := got.Header.Date(); err != nil || !date.Equal(message().Date) {
		t.Errorf("date: got %s, %v", date, err)
	}
	want := map[string]string{
		"text/plain": message().Text, "text/html": message().HTML, "text/calendar": string(message().ICS),
	}
	parts := map[string]string{}
	leaves(t, got.Header.Get("Content-Type"), "", got.Body, parts)
	for k, v := range parts {
		parts[k] = strings.ReplaceAll(v, "\r\n", "\n")
		want[k] = strings.ReplaceAll(want[k], "\r\n", "\n")
	}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

// leaves collects the parts of a MIME tree by type, decoded.
func leaves(t *testing.T, contentType, encoding string, body io.Reader, into map[string]string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		switch encoding {
		case "quoted-printable":
			body = quotedprintable.NewReader(body)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, body)
		}
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		into[kind] = string(b)
		return
	}
	r := multipart.NewReader(body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		leaves(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, into)
	}
}

func TestNothingFromOutsideBecomesAHeader(t *testing.T) {
	const evil = "x\r\nBcc: victim@other.lab\r\n\r\nbody"
	m := message()
	m.Subject, m.To.Name, m.From.Name, m.MessageID, m.References = evil, evil, evil, "id"+evil+"@watch.lab", "a@b "+evil
	got, raw := delivered(t, m)
	if got.Header.Get("Bcc") != "" {
		t.Errorf("a header was smuggled in:\n%s", raw)
	}
	if n := strings.Count(raw, "\r\nMessage-ID:"); n != 1 {
		t.Errorf("%d Message-IDs", n)
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	s := script{}
	addr := serve(t, &s, nil)
	for _, c := range []struct {
		why  string
		set  func(*notify.Message)
		want models.Delivery
	}{
		{"no recipient", func(m *notify.Message) { m.To.Address = "" }, models.DeliveryPermanent},
		{"a recipient that is no address", func(m *notify.Message) { m.To.Address = "zoe at client.lab" }, models.DeliveryPermanent},
		{"a recipient of two lines", func(m *notify.Message) { m.To.Address = "zoe@client.lab>\r\nRCPT TO:<x@other.lab" }, models.DeliveryPermanent},
		{"no sender is our fault", func(m *notify.Message) { m.From.Address = "" }, models.DeliveryRejected},
	} {
		m := message()
		c.set(&m)
		if got := sender(t, email.Options{Addr: addr}).Send(t.Context(), m); got.Outcome != c.want {
			t.Errorf("%s: got %+v, want %s", c.why, got, c.want)
		}
	}
	if n := len(s.received()); n != 0 {
		t.Errorf("%d messages went out", n)
	}
}

// certificate gives a server's configuration for 127.0.0.1 and a client's that trusts it.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.lab"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	server = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	return server, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

// serveTLS starts a server that speaks TLS from the first byte.
func serveTLS(t *testing.T, s *script, config *tls.Config) string {
	t.Helper()
	server := smtp.NewServer(s)
	server.Domain, server.ReadTimeout = "mx.lab", 10*time.Second
	l := listen(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(tls.NewListener(l, config))
	}()
	t.Cleanup(func() {
		_ = server.Close()
		_ = l.Close() // Serve may not have begun yet
		<-done
	})
	return l.Addr().String()
}
