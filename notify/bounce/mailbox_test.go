package bounce_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/backend/memory"
	"github.com/emersion/go-imap/server"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/notify/bounce"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reader keeps what it was handed, and refuses what says so.
type reader struct{ got []string }

func (r *reader) take(_ context.Context, raw []byte) error {
	if strings.Contains(string(raw), "refuse me") {
		return errors.New("the database is away")
	}
	r.got = append(r.got, strings.TrimSpace(string(raw)))
	return nil
}

func maildir(t *testing.T, messages map[string]string) bounce.Maildir {
	t.Helper()
	m := bounce.Maildir{Folder: t.TempDir()}
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(m.Folder, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range messages {
		if err := os.WriteFile(filepath.Join(m.Folder, "new", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestAMaildirIsReadOnce(t *testing.T) {
	m := maildir(t, map[string]string{"1.a.lab": "first", "2.b.lab": "refuse me", "3.c.lab:2,": "third", ".hidden": "no", "4.d.lab": strings.Repeat("x", bounce.MaxReport+100)})
	if err := os.Symlink("/etc/hostname", filepath.Join(m.Folder, "new", "0.link")); err != nil {
		t.Fatal(err)
	}
	if err := m.Check(t.Context()); err != nil {
		t.Error(err)
	}
	var r reader
	n, err := m.Sweep(t.Context(), 3, r.take)
	if n != 2 || err == nil {
		t.Errorf("took %d, %v; want 2 and the one that was refused", n, err)
	}
	if diff := cmp.Diff([]string{"first", "third"}, r.got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1.a.lab:2,S", "3.c.lab:2,"}, names(t, filepath.Join(m.Folder, "cur"))); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	r.got = nil
	if n, err := m.Sweep(t.Context(), 10, r.take); n != 1 || err == nil || len(r.got[0]) != bounce.MaxReport {
		t.Errorf("the second time: %d %v", n, err)
	}
	if left := names(t, filepath.Join(m.Folder, "new")); !slices.Equal(left, []string{".hidden", "0.link", "2.b.lab"}) {
		t.Errorf("left: %v", left)
	}
}

func TestAMaildirThatIsNone(t *testing.T) {
	m := bounce.Maildir{Folder: filepath.Join(t.TempDir(), "none")}
	if err := m.Check(t.Context()); err == nil {
		t.Error("a missing folder passes")
	}
	if _, err := m.Sweep(t.Context(), 1, new(reader).take); err == nil {
		t.Error("a missing folder is swept")
	}
}

// certificate gives a server's configuration for 127.0.0.1 and a client's that trusts it.
func certificate(t *testing.T) (srv, cli *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "imap.lab"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
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
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12},
		&tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

// imapServer is a real server with a mailbox of its own kind; its user and password are "username" and "password".
func imapServer(t *testing.T, implicit bool, messages ...string) (bounce.IMAP, *memory.Backend) {
	t.Helper()
	be := memory.New()
	user, err := be.Login(nil, "username", "password")
	if err != nil {
		t.Fatal(err)
	}
	box, err := user.GetMailbox("INBOX")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range messages {
		if err := box.CreateMessage(nil, time.Now(), strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	s := server.New(be)
	s.ErrorLog = log.New(io.Discard, "", 0)
	srv, cli := certificate(t)
	s.TLSConfig = srv
	if implicit {
		l = tls.NewListener(l, srv)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		_ = l.Close()
		<-done
	})
	policy := "starttls"
	if implicit {
		policy = "tls"
	}
	return bounce.IMAP{Addr: addr, Username: "username", Password: func() string { return "password" }, TLS: policy, TLSConfig: cli, Timeout: 20 * time.Second}, be
}

func TestAnIMAPMailboxIsReadOnce(t *testing.T) {
	for _, implicit := range []bool{true, false} {
		m, _ := imapServer(t, implicit, "Subject: one\r\n\r\nfirst", "Subject: two\r\n\r\nrefuse me", "Subject: three\r\n\r\nthird")
		if err := m.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		var r reader
		if n, err := m.Sweep(t.Context(), 10, r.take); n != 2 || err == nil {
			t.Errorf("took %d, %v; want 2 and the one that was refused", n, err)
		}
		if diff := cmp.Diff([]string{"Subject: one\r\n\r\nfirst", "Subject: three\r\n\r\nthird"}, r.got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		r.got = nil
		if n, err := m.Sweep(t.Context(), 10, r.take); n != 0 || err == nil || len(r.got) != 0 {
			t.Errorf("the second time: %d %v %q", n, err, r.got)
		}
	}
}

func TestIMAPServersThatRefuse(t *testing.T) {
	good, _ := imapServer(t, false)
	for why, change := range map[string]func(*bounce.IMAP){
		"a wrong password":           func(m *bounce.IMAP) { m.Password = func() string { return "sesame" } },
		"a folder that is not there": func(m *bounce.IMAP) { m.Folder = "Bounces" },
		"an unknown authority":       func(m *bounce.IMAP) { m.TLSConfig = nil },
		"TLS where there is none":    func(m *bounce.IMAP) { m.TLS = "tls" },
		"no server":                  func(m *bounce.IMAP) { m.Addr = "127.0.0.1:1" },
	} {
		m := good
		change(&m)
		err := m.Check(t.Context())
		if err == nil {
			t.Errorf("%s passes", why)
		} else if strings.Contains(fmt.Sprintf("%v %#v %s", err, m, m), "sesame") {
			t.Errorf("%s: the password shows: %v", why, err)
		}
	}
}

func TestAnIMAPServerThatHangs(t *testing.T) {
	for _, says := range []string{"", "* OK ready\r\n"} {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, says)
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}()
		m := bounce.IMAP{Addr: l.Addr().String(), TLS: "none", Username: "u", Timeout: 200 * time.Millisecond}
		began := time.Now()
		if err := m.Check(t.Context()); err == nil || time.Since(began) > 5*time.Second {
			t.Errorf("after %q: %v in %s", says, err, time.Since(began))
		}
		_ = l.Close()
		<-done
	}
}
