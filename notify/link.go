package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Why a token is not accepted. Neither says more, so that guessing teaches nothing.
var (
	// ErrLinkExpired says that the token was ours and its time is over.
	ErrLinkExpired = errors.New("the link has expired")
	// ErrLinkInvalid says that the token was not made with our key, or was changed or cut on its way.
	ErrLinkInvalid = errors.New("the link is not valid")
)

const (
	minKey    = 32 // bytes
	macBytes  = 16 // of HMAC-SHA256: 128 bits
	maxToken  = 128
	macDomain = "deedwatch/link/1\x00" // keeps these MACs apart from any other use of the key
	formMAC   = "deedwatch/form/1\x00" // and those of forms apart from those of links
)

// Signer makes and checks the tokens of signed links. It is safe for concurrent use.
//
// A token is base64url(version | link ID | contact ID | expiry in Unix seconds | first 16 bytes of HMAC-SHA256 over its purpose and them). It
// is not stored anywhere; whether the link was revoked is for the caller to ask the store.
type Signer struct {
	key []byte
}

// NewSigner takes the key, at least 32 bytes of randomness.
func NewSigner(key []byte) (*Signer, error) {
	if len(key) < minKey {
		return nil, models.Invalid("link key", "give at least %d random bytes", minKey)
	}
	return &Signer{key: append([]byte(nil), key...)}, nil
}

// Token gives the token of a stored link; it may stand in a URL as it is.
func (s *Signer) Token(l models.Link) string {
	body := []byte{1}
	body = binary.AppendVarint(body, l.ID)
	body = binary.AppendVarint(body, l.ContactID)
	body = binary.AppendVarint(body, l.ExpiresAt.Unix())
	return base64.RawURLEncoding.EncodeToString(append(body, s.mac(l.Purpose, body)...))
}

// Verify gives the link and the contact that a token for answering was made for; ErrLinkInvalid or ErrLinkExpired otherwise.
func (s *Signer) Verify(token string, now time.Time) (linkID, contactID int64, err error) {
	return s.VerifyFor(models.LinkAnswer, token, now)
}

// VerifyFor gives the link and the contact that a token of a purpose was made for; ErrLinkInvalid, also for a token of another purpose, or
// ErrLinkExpired otherwise.
func (s *Signer) VerifyFor(purpose models.LinkPurpose, token string, now time.Time) (linkID, contactID int64, err error) {
	if len(token) > maxToken {
		return 0, 0, ErrLinkInvalid
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= macBytes {
		return 0, 0, ErrLinkInvalid
	}
	body, mac := raw[:len(raw)-macBytes], raw[len(raw)-macBytes:]
	if !hmac.Equal(mac, s.mac(purpose, body)) || body[0] != 1 {
		return 0, 0, ErrLinkInvalid
	}
	fields, ok := varints(body[1:])
	if !ok {
		return 0, 0, ErrLinkInvalid
	}
	if now.Unix() >= fields[2] {
		return 0, 0, ErrLinkExpired
	}
	return fields[0], fields[1], nil
}

func varints(b []byte) (fields [3]int64, ok bool) {
	for i := range fields {
		v, n := binary.Varint(b)
		if n <= 0 {
			return fields, false
		}
		fields[i], b = v, b[n:]
	}
	return fields, len(b) == 0
}

// mac binds a token to its purpose. A link for answering has no word for it: so were tokens made before there were others.
func (s *Signer) mac(purpose models.LinkPurpose, body []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(macDomain))
	if purpose != models.LinkAnswer && purpose != "" {
		h.Write([]byte(purpose))
		h.Write([]byte{0})
	}
	h.Write(body)
	return h.Sum(nil)[:macBytes]
}

// FormToken gives what the forms of a link's page carry, so that no other page can send them. It is the same for as long as the link is.
func (s *Signer) FormToken(purpose models.LinkPurpose, linkID, contactID int64) string {
	return base64.RawURLEncoding.EncodeToString(s.formMAC(purpose, linkID, contactID))
}

// FormFits reports whether a form came from the link's own page.
func (s *Signer) FormFits(purpose models.LinkPurpose, linkID, contactID int64, token string) bool {
	if len(token) > maxToken {
		return false
	}
	got, err := base64.RawURLEncoding.Strict().DecodeString(token)
	return err == nil && hmac.Equal(got, s.formMAC(purpose, linkID, contactID))
}

func (s *Signer) formMAC(purpose models.LinkPurpose, linkID, contactID int64) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(formMAC))
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write(binary.AppendVarint(binary.AppendVarint(nil, linkID), contactID))
	return h.Sum(nil)[:macBytes]
}

// String hides the key from logs.
func (*Signer) String() string { return "<link signer>" }

// GoString hides the key from %#v.
func (*Signer) GoString() string { return "<link signer>" }
