package mailauth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/monitor/mailauth"
)

// modulus is an RSA public key of so many bits. Nobody knows a private one for it, and nobody needs to.
func modulus(bits uint) *rsa.PublicKey {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return &rsa.PublicKey{N: n.Add(n, big.NewInt(12345)), E: 65537}
}

// rsaText is the p= of such a key, as vendors publish it.
func rsaText(tb testing.TB, bits uint) string {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(modulus(bits))
	if err != nil {
		tb.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	good, bare := rsaText(t, 2048), base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(modulus(2048)))
	ed := base64.StdEncoding.EncodeToString(make([]byte, ed25519.PublicKeySize))
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	other, _ := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	for _, c := range []struct {
		name, why string
		text      string
		usable    bool
		bits      int
		broken    string // a part of it
		fault     string // a part of the faults
	}{
		{"usual", "", "v=DKIM1; k=rsa; p=" + good, true, 2048, "", ""},
		{"least", "all but the key has a default", "p=" + good, true, 2048, "", ""},
		{"ends in a semicolon", "the grammar allows it", "v=DKIM1;p=" + good + ";", true, 2048, "", ""},
		{"white space", "may stand around everything, and in the key", "v = DKIM1 ; k = rsa ; p = " + good[:40] + " \t" + good[40:], true, 2048, "", ""},
		{"bare key", "RFC 6376 names RSAPublicKey, and some publish that", "v=DKIM1; p=" + bare, true, 2048, "", ""},
		{"ed25519", "RFC 8463", "v=DKIM1; k=ed25519; p=" + ed, true, 256, "", ""},
		{"notes and unknown tags", "are ignored", "v=DKIM1; n=note; x=1; p=" + good, true, 2048, "", ""},
		{"all services", "", "v=DKIM1; s=*; h=sha1:sha256; t=s; p=" + good, true, 2048, "", ""},

		{"revoked", "an empty key says so", "v=DKIM1; p=", false, 0, "", ""},
		{"no key", "is not revoked but broken", "v=DKIM1; k=rsa", false, 0, "p=", ""},
		{"version 2", "", "v=DKIM2; p=" + good, false, 0, "DKIM1", ""},
		{"version last", "RFC 6376 3.6.1: it must come first", "p=" + good + "; v=DKIM1", false, 0, "first", ""},
		{"unknown type", "", "v=DKIM1; k=dsa; p=" + good, false, 0, "k=dsa", ""},
		{"sha1 only", "RFC 8301 took it away", "v=DKIM1; h=sha1; p=" + good, false, 0, "sha256", ""},
		{"not for e-mail", "", "v=DKIM1; s=tlsrpt; p=" + good, false, 0, "e-mail", ""},
		{"512 bits", "receivers must not believe it (RFC 8301)", "v=DKIM1; p=" + rsaText(t, 512), false, 512, "512 bits", ""},
		{"1023 bits", "the boundary", "v=DKIM1; p=" + rsaText(t, 1023), false, 1023, "1023 bits", ""},
		{"1024 bits", "works, and is weak", "v=DKIM1; p=" + rsaText(t, 1024), true, 1024, "", "1024 bits"},
		{"ed25519 cut", "", "v=DKIM1; k=ed25519; p=" + ed[:40], false, 0, "32 bytes", ""},
		{"rsa key under k=ed25519", "", "v=DKIM1; k=ed25519; p=" + good, false, 0, "32 bytes", ""},
		{"another kind of key", "", "v=DKIM1; p=" + base64.StdEncoding.EncodeToString(other), false, 0, "another type", ""},
		{"no key at all", "base64, and nothing in it", "v=DKIM1; p=aGVsbG8gd29ybGQhIQ==", false, 0, "no public key", ""},
		{"cut at a whole group", "as a field of 255 characters does", "v=DKIM1; p=" + good[:240], false, 0, "cut off", ""},
		{"cut elsewhere", "", "v=DKIM1; p=" + good[:241], false, 0, "cut off", ""},
		{"quotation marks inside", "parts pasted with their quotes", "v=DKIM1; p=" + good[:200] + `" "` + good[200:], false, 0, "quotation mark", ""},
		{"backslash", "an escape that a DNS host took as text", `v=DKIM1\; p=` + good, false, 0, "DKIM1", ""},
		{"PEM lines", "", "v=DKIM1; p=-----BEGIN PUBLIC KEY-----" + good, false, 0, "BEGIN PUBLIC KEY", ""},
		{"a foreign letter", "", "v=DKIM1; p=" + good[:100] + "é" + good[100:], false, 0, "cannot be in it", ""},
		{"two keys run together", "", "v=DKIM1; p=" + ed + ed, false, 0, "middle", ""},
		{"key twice", "the first counts", "v=DKIM1; p=" + good + "; p=" + good, true, 2048, "", "twice"},
		{"empty piece", "", "v=DKIM1;; p=" + good, true, 2048, "", "between two semicolons"},
		{"a word alone", "", "v=DKIM1; rsa; p=" + good, true, 2048, "", "equals sign"},
		{"a name that is none", "", "v=DKIM1; 1k=rsa; p=" + good, true, 2048, "", "no name of a tag"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := mailauth.ParseKey(c.text)
			if k.Usable() != c.usable || k.Bits != c.bits || !strings.Contains(k.Broken, c.broken) || (c.broken == "") != (k.Broken == "") {
				t.Errorf("%s\n%+v", c.why, k)
			}
			if faults := strings.Join(k.Faults, "; "); !strings.Contains(faults, c.fault) || c.fault == "" && faults != "" {
				t.Errorf("%s\nfaults %q", c.why, faults)
			}
		})
	}
	if k := mailauth.ParseKey("v=DKIM1; t=y:s; p=" + good); !k.Testing || !k.Strict {
		t.Errorf("flags: %+v", k)
	}
	if k := mailauth.ParseKey("v=DKIM1; p="); !k.Revoked || k.Broken != "" {
		t.Errorf("revoked: %+v", k)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("v=DKIM1; k=rsa; t=y:s; h=sha256; s=email; p=" + rsaText(f, 1024))
	f.Add("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
	f.Add("p=MIIB;;=x; a==")
	f.Fuzz(func(t *testing.T, text string) {
		k := mailauth.ParseKey(text)
		if k.Usable() && (k.Bits < 256 || k.Type != "rsa" && k.Type != "ed25519") {
			t.Errorf("%+v", k)
		}
		if k.Revoked && k.Broken != "" {
			t.Errorf("revoked and broken: %+v", k)
		}
		for _, s := range append(k.Faults, k.Broken) {
			printable(t, s)
		}
	})
}

// printable fails when a text from outside comes through as it is.
func printable(t *testing.T, s string) {
	t.Helper()
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			t.Fatalf("%q", s)
		}
	}
}
