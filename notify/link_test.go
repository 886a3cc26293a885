package notify_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

const exampleKey = "an example key of thirty-two byte"

func signer(tb testing.TB, key string) *notify.Signer {
	tb.Helper()
	s, err := notify.NewSigner([]byte(key))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestTokens(t *testing.T) {
	s := signer(t, exampleKey)
	now := at(t, "2027-01-08 09:00")
	link := models.Link{ID: 42, ContactID: 7, ExpiresAt: now.Add(time.Hour)}
	token := s.Token(link)
	if len(token) > 48 || strings.ContainsAny(token, "+/=%?&#. ") {
		t.Errorf("the token does not stand in an address as it is: %q", token)
	}
	if id, contact, err := s.Verify(token, now); id != 42 || contact != 7 || err != nil {
		t.Errorf("got %d, %d, %v", id, contact, err)
	}
	if _, _, err := s.Verify(token, link.ExpiresAt); !errors.Is(err, notify.ErrLinkExpired) {
		t.Errorf("at its end: %v", err)
	}
	for why, other := range map[string]string{
		"nothing": "", "garbage": "not a token", "another alphabet": "++++", "cut": token[:len(token)-2], "longer": token + "AA",
		"very long": strings.Repeat("A", 4096), "with another key": signer(t, "another key of thirty-two bytes!!").Token(link),
		"padded": token + "=",
	} {
		if _, _, err := s.Verify(other, now); !errors.Is(err, notify.ErrLinkInvalid) {
			t.Errorf("%s: got %v, want an invalid link", why, err)
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		changed := append([]byte(nil), raw...)
		changed[i] ^= 1
		if _, _, err := s.Verify(base64.RawURLEncoding.EncodeToString(changed), now); !errors.Is(err, notify.ErrLinkInvalid) {
			t.Errorf("byte %d changed: got %v, want an invalid link", i, err)
		}
	}
}

func TestSignerWantsALongKeyAndHidesIt(t *testing.T) {
	if _, err := notify.NewSigner(make([]byte, 31)); !errors.Is(err, models.ErrInvalid) {
		t.Errorf("a key of 31 bytes: %v", err)
	}
	s := signer(t, exampleKey)
	if shown := fmt.Sprintf("%v %+v %#v %s", s, s, s, s); strings.Contains(shown, "example") || strings.Contains(shown, "0x61") {
		t.Errorf("the key shows: %s", shown)
	}
}

func FuzzVerify(f *testing.F) {
	s := signer(f, exampleKey)
	now := time.Date(2027, 1, 8, 9, 0, 0, 0, time.UTC)
	f.Add(s.Token(models.Link{ID: 1, ContactID: 1, ExpiresAt: now.Add(time.Hour)}))
	f.Add("")
	f.Add("AQICAgICAgICAgICAgICAgICAgICAgIC")
	f.Fuzz(func(t *testing.T, token string) {
		id, contact, err := s.Verify(token, now)
		if err == nil && s.Token(models.Link{ID: id, ContactID: contact, ExpiresAt: now.Add(time.Hour)}) != token {
			t.Errorf("%q was accepted as link %d of %d", token, id, contact)
		}
	})
}
