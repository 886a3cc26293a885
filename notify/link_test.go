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

func TestTokensAreForOnePurpose(t *testing.T) {
	s, now := signer(t, exampleKey), at(t, "2027-01-08 09:00")
	purposes := []models.LinkPurpose{models.LinkAnswer, models.LinkUnsubscribe}
	for _, made := range purposes {
		token := s.Token(models.Link{ID: 42, ContactID: 7, Purpose: made, ExpiresAt: now.Add(time.Hour)})
		for _, used := range purposes {
			if _, _, err := s.VerifyFor(used, token, now); (err == nil) != (made == used) {
				t.Errorf("made to %s, used to %s: %v", made, used, err)
			}
		}
		// Every bit of the text that stands in the address, not only of what it encodes.
		for i := range len(token) {
			for bit := range 8 {
				changed := []byte(token)
				changed[i] ^= 1 << bit
				if _, _, err := s.VerifyFor(made, string(changed), now); !errors.Is(err, notify.ErrLinkInvalid) {
					t.Errorf("%s: bit %d of character %d changed: %v", made, bit, i, err)
				}
			}
			if _, _, err := s.VerifyFor(made, token[:i], now); !errors.Is(err, notify.ErrLinkInvalid) {
				t.Errorf("%s: cut to %d characters: %v", made, i, err)
			}
		}
	}
}

func TestFormTokens(t *testing.T) {
	s := signer(t, exampleKey)
	token := s.FormToken(models.LinkAnswer, 42, 7)
	if !s.FormFits(models.LinkAnswer, 42, 7, token) || s.FormToken(models.LinkAnswer, 42, 7) != token {
		t.Error("a form's own token does not fit")
	}
	link := s.Token(models.Link{ID: 42, ContactID: 7, ExpiresAt: at(t, "2027-02-08 09:00")})
	for why, fits := range map[string]bool{
		"another link": s.FormFits(models.LinkAnswer, 43, 7, token), "another contact": s.FormFits(models.LinkAnswer, 42, 8, token),
		"another purpose": s.FormFits(models.LinkUnsubscribe, 42, 7, token), "another key": signer(t, "another key of thirty-two bytes!!").FormFits(models.LinkAnswer, 42, 7, token),
		"nothing": s.FormFits(models.LinkAnswer, 42, 7, ""), "the link's token": s.FormFits(models.LinkAnswer, 42, 7, link), "cut": s.FormFits(models.LinkAnswer, 42, 7, token[:len(token)-1]),
	} {
		if fits {
			t.Errorf("%s fits", why)
		}
	}
	if _, _, err := s.Verify(token, at(t, "2027-01-08 09:00")); err == nil {
		t.Error("a form's token opens a page")
	}
}
