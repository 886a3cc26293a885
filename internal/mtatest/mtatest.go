// Package mtatest runs a throw-away Postfix on loopback that delivers into Maildirs, so that tests can read mail back from a mail server that
// nobody here wrote. It knows the domains client.lab and watch.lab; what is sent to a mailbox it does not know it takes, and returns.
//
// Postfix starts as root only. Without it the test that asks fails and says what to do, since a test that looks away proves nothing;
// DEEDWATCH_TEST_MTA=off leaves such tests out, for people who work without root.
package mtatest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Env is the variable that leaves tests with a mail server out when it is "off".
const Env = "DEEDWATCH_TEST_MTA"

// MTA is a running mail server.
type MTA struct {
	Addr string      // HOST:PORT; it offers STARTTLS and no login
	TLS  *tls.Config // of a client that trusts its certificate
	dir  string
	log  string
}

// boxes are the mailboxes by their addresses; all else in the two domains is unknown to the final delivery.
var boxes = map[string]string{"bo@client.lab": "bo/", "zoe@client.lab": "zoe/", "domains@watch.lab": "domains/"}

// Box is the Maildir of an address.
func (m *MTA) Box(address string) string { return filepath.Join(m.dir, "mail", boxes[address]) }

// Wait gives the messages of an address when there are so many, in the order of their files' names.
func (m *MTA) Wait(tb testing.TB, address string, count int) [][]byte {
	tb.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(m.Box(address), "new", "*"))
		if err != nil {
			tb.Fatal(err)
		}
		if len(files) >= count {
			messages := make([][]byte, len(files))
			for i, name := range files {
				if messages[i], err = os.ReadFile(name); err != nil { //nolint:gosec // a file of our own
					tb.Fatal(err)
				}
			}
			return messages
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(m.log)
			tb.Fatalf("%d of %d messages came to %s\n%s", len(files), count, address, text)
		}
	}
}

// Start runs a mail server until the test ends.
func Start(tb testing.TB) *MTA {
	tb.Helper()
	if os.Getenv(Env) == "off" {
		tb.Skip(Env + "=off: tests with a real mail server are left out")
	}
	program, err := exec.LookPath("postfix")
	if err != nil {
		program = "/usr/sbin/postfix"
	}
	if _, err := os.Stat(program); err != nil || os.Geteuid() != 0 {
		tb.Fatalf("this test needs Postfix, started as root: apt-get install postfix (%v, user %d), or set %s=off to leave it out", err, os.Geteuid(), Env)
	}
	dir, err := os.MkdirTemp("", "deedwatch-mta-") //nolint:usetesting // Postfix's own users must get through every folder above
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	m := &MTA{Addr: freePort(tb), dir: dir, log: filepath.Join(dir, "log", "mail.log")}
	m.configure(tb)
	m.run(tb, program)
	return m
}

func freePort(tb testing.TB) string {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (m *MTA) write(tb testing.TB, name, text string) string {
	tb.Helper()
	path := filepath.Join(m.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // Postfix's own users read it
		tb.Fatal(err)
	}
	return path
}

// configure writes all that the instance is made of below its own folder.
func (m *MTA) configure(tb testing.TB) {
	tb.Helper()
	for _, sub := range []string{".", "etc", "queue", "data", "mail", "log"} {
		if err := os.MkdirAll(filepath.Join(m.dir, sub), 0o755); err != nil { //nolint:gosec // Postfix's own users go through it
			tb.Fatal(err)
		}
	}
	if err := os.Chmod(m.dir, 0o755); err != nil { //nolint:gosec // as above
		tb.Fatal(err)
	}
	for _, owned := range []struct{ owner, dir string }{{"postfix", "data"}, {"nobody", "mail"}} {
		if out, err := exec.CommandContext(tb.Context(), "chown", owned.owner, filepath.Join(m.dir, owned.dir)).CombinedOutput(); err != nil { //nolint:gosec // constants
			tb.Fatalf("chown: %v: %s", err, out)
		}
	}
	var known strings.Builder
	for address, box := range boxes {
		fmt.Fprintf(&known, "%s %s\n", address, box)
	}
	cert, key := m.certificate(tb)
	m.write(tb, "etc/main.cf", fmt.Sprintf(mainCF, m.dir, m.write(tb, "etc/boxes", known.String()), cert, key))
	m.write(tb, "etc/master.cf", strings.ReplaceAll(masterCF, "ADDRESS", m.Addr))
}

const mainCF = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/log/mail.log
maillog_file_prefixes = %[1]s
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.watch.lab
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_reject_unlisted_recipient = no
smtpd_tls_security_level = may
smtpd_tls_cert_file = %[3]s
smtpd_tls_key_file = %[4]s
alias_maps =
virtual_mailbox_domains = client.lab, watch.lab
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = texthash:%[2]s
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_alias_maps =
message_size_limit = 1000000
`

const masterCF = `ADDRESS inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
smtp unix - - n - - smtp
postlog unix-dgram n - n - 1 postlogd
`

// certificate makes the server's certificate for 127.0.0.1, and the client's trust in it.
func (m *MTA) certificate(tb testing.TB) (certFile, keyFile string) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	now := time.Now()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.watch.lab"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	pool := x509.NewCertPool()
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool.AppendCertsFromPEM(cert)
	m.TLS = &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	return m.write(tb, "etc/cert.pem", string(cert)), m.write(tb, "etc/key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})))
}

// run starts the server in the foreground, waits until it answers, and stops it when the test ends.
func (m *MTA) run(tb testing.TB, program string) {
	tb.Helper()
	config := filepath.Join(m.dir, "etc")
	var said bytes.Buffer
	cmd := exec.CommandContext(context.Background(), program, "-c", config, "start-fg") //nolint:gosec // the installed Postfix
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	tb.Cleanup(func() {
		_ = exec.CommandContext(context.Background(), program, "-c", config, "stop").Run() //nolint:gosec // as above
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	dialer := net.Dialer{Timeout: time.Second}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := dialer.DialContext(tb.Context(), "tcp", m.Addr)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ended:
			tb.Fatalf("Postfix ended: %s", said.String())
		default:
		}
		if time.Now().After(deadline) {
			tb.Fatalf("Postfix does not answer: %v", err)
		}
	}
}
