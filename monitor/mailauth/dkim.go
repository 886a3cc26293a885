package mailauth

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Sizes of RSA keys (RFC 8301 section 3.2): receivers must not believe the former and should be given the latter.
const (
	minRSABits  = 1024
	goodRSABits = 2048
)

// Key is a DKIM key record as receivers read it (RFC 6376 section 3.6.1).
type Key struct {
	Type     string // rsa, ed25519
	Bits     int    // of an RSA key; 256 of an Ed25519 key; zero: the key could not be read
	Hashes   []string
	Services []string
	Revoked  bool // p= is there and empty
	Testing  bool // t=y: receivers treat the domain as one that does not sign
	Strict   bool // t=s: the signature's domain must be the sender's exactly
	// Broken says why receivers cannot use the record; empty: they can.
	Broken string
	// Faults are what is not as the grammar wants it, and what should be better. Receivers may forgive these.
	Faults []string
}

// Usable reports whether a receiver can check a signature with the key.
func (k Key) Usable() bool { return k.Broken == "" && !k.Revoked }

// LooksLikeKey reports whether a text is meant as a DKIM key record: the version comes first when there is one, and there is a key tag.
func LooksLikeKey(text string) bool {
	l := parseTags(text)
	return strings.EqualFold(firstValue(l, "v"), "DKIM1") || l.has("p")
}

func firstValue(l tagList, name string) string {
	v, _ := l.get(name)
	return v
}

// ParseKey reads a DKIM key record. It never fails: what is wrong is in Broken and Faults.
func ParseKey(text string) Key {
	l := parseTags(text)
	k := Key{Type: "rsa", Hashes: []string{"sha256"}, Services: []string{"*"}, Faults: l.faults}
	if v, ok := l.get("v"); ok {
		switch {
		case v != "DKIM1":
			k.Broken = fmt.Sprintf("its version is %q, and only DKIM1 is known", Shown(v, 20))
		case l.tags[0].name != "v":
			k.Broken = "v=DKIM1 must come first"
		}
	}
	if v, ok := l.get("k"); ok {
		k.Type = lowerASCII(v)
	}
	if v, ok := l.get("h"); ok {
		k.Hashes = words(lowerASCII(v), ":")
	}
	if v, ok := l.get("s"); ok {
		k.Services = words(lowerASCII(v), ":")
	}
	if v, ok := l.get("t"); ok {
		flags := words(v, ":")
		k.Testing, k.Strict = slices.Contains(flags, "y"), slices.Contains(flags, "s")
	}
	k.check(l)
	return k
}

// check finds the first thing that keeps receivers from using the key.
func (k *Key) check(l tagList) {
	value, ok := l.get("p")
	value = strings.Map(dropSpace, value)
	switch {
	case k.Broken != "":
	case !ok:
		k.Broken = "the tag p= with the key is not there"
	case value == "":
		k.Revoked = true
	case k.Type != "rsa" && k.Type != "ed25519":
		k.Broken = fmt.Sprintf("its type k=%s is not known: rsa and ed25519 are", Shown(k.Type, 20))
	case !slices.Contains(k.Hashes, "sha256"):
		k.Broken = fmt.Sprintf("h=%s leaves out sha256, the only hash that may be used (RFC 8301)", Shown(strings.Join(k.Hashes, ":"), 40))
	case !slices.Contains(k.Services, "*") && !slices.Contains(k.Services, "email"):
		k.Broken = fmt.Sprintf("s=%s is not for e-mail", Shown(strings.Join(k.Services, ":"), 40))
	default:
		if err := k.read(value); err != nil {
			k.Broken = err.Error()
		}
	}
}

func dropSpace(r rune) rune {
	if strings.ContainsRune(" \t\r\n", r) {
		return -1
	}
	return r
}

// read decodes the public key.
func (k *Key) read(value string) error {
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return brokenText(value)
	}
	if k.Type == "ed25519" {
		if len(raw) != ed25519.PublicKeySize {
			return fmt.Errorf("an Ed25519 key has %d bytes, and this has %d (RFC 8463)", ed25519.PublicKeySize, len(raw))
		}
		k.Bits = 8 * ed25519.PublicKeySize
		return nil
	}
	pub, err := rsaKey(raw)
	if err != nil {
		return err
	}
	k.Bits = pub.N.BitLen()
	switch {
	case k.Bits < minRSABits:
		return fmt.Errorf("the key has %d bits, and receivers refuse less than %d (RFC 8301)", k.Bits, minRSABits)
	case k.Bits < goodRSABits:
		k.Faults = append(k.Faults, fmt.Sprintf("the key has %d bits; %d are due (RFC 8301)", k.Bits, goodRSABits))
	}
	return nil
}

// rsaKey reads an RSA key as a SubjectPublicKeyInfo, which is what vendors publish, or as the bare RSAPublicKey of the RFC's text.
func rsaKey(raw []byte) (*rsa.PublicKey, error) {
	pub, err := x509.ParsePKIXPublicKey(raw)
	if err != nil {
		if key, err := x509.ParsePKCS1PublicKey(raw); err == nil {
			return key, nil
		}
		if length, ok := derLength(raw); ok && length > len(raw) {
			return nil, fmt.Errorf("the key is cut off: %d of its %d bytes are there", len(raw), length)
		}
		return nil, errors.New("p= is no public key")
	}
	key, ok := pub.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("p= holds a key of another type than k= says")
	}
	return key, nil
}

// derLength is how long the outermost ASN.1 sequence says that it is, its head included.
func derLength(raw []byte) (int, bool) {
	if len(raw) < 4 || raw[0] != 0x30 {
		return 0, false
	}
	switch {
	case raw[1] < 0x80:
		return 2 + int(raw[1]), true
	case raw[1] == 0x81:
		return 3 + int(raw[2]), true
	case raw[1] == 0x82:
		return 4 + int(raw[2])<<8 + int(raw[3]), true
	}
	return 0, false
}

// brokenText says what in a text keeps it from being base64, as people put it there.
func brokenText(value string) error {
	i := strings.IndexFunc(value, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("+/=", r)
	})
	switch {
	case i >= 0 && (value[i] == '"' || value[i] == '\\'):
		return errors.New("the key holds a quotation mark or a backslash: its parts were put together with them")
	case i >= 0 && strings.Contains(value, "-----"):
		return errors.New("the key holds the lines around it, such as BEGIN PUBLIC KEY, that do not belong there")
	case i >= 0:
		return fmt.Errorf("the key holds the character %q, which cannot be in it", Shown(value[i:i+1], 4))
	case strings.Contains(strings.TrimRight(value, "="), "="):
		return errors.New("the key has an equals sign in its middle: two keys or parts were put together wrongly")
	}
	return fmt.Errorf("the key is cut off or has lost characters: %d is no length that it can have", len(value))
}
