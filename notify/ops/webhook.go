package ops

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Webhook is a program that is told by signed requests.
type Webhook struct {
	Name string
	URL  string
	// Secrets sign the requests; each is 24 to 64 bytes in base64 after whsec_. With several, a receiver that knows any one of them can check:
	// that is how a secret is changed without a gap.
	Secrets []string
	Events  []string // kinds it wants, a * at the end standing for all that begin so; empty: all
}

// checked says what is wrong with a webhook's secrets.
func (w Webhook) checked() error {
	if len(w.Secrets) == 0 {
		return models.Invalid("webhook "+w.Name, "give a secret")
	}
	for _, s := range w.Secrets {
		if key, err := secretKey(s); err != nil || len(key) < 24 || len(key) > 64 {
			return models.Invalid("webhook "+w.Name, "a secret is whsec_ and 24 to 64 bytes in base64")
		}
	}
	return nil
}

func secretKey(secret string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
}

// Sign gives the header webhook-signature of Standard Webhooks (symmetric, v1) over the ID, the instant in whole seconds and the body, one
// signature for each secret.
func Sign(secrets []string, id string, at time.Time, body []byte) string {
	signatures := make([]string, 0, len(secrets))
	for _, s := range secrets {
		key, err := secretKey(s)
		if err != nil { // checked before
			continue
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(signatures, " ")
}

// request signs a body for the webhook. The timestamp is that of the attempt.
func (w Webhook) request(id, body string, now time.Time) request {
	return request{http.MethodPost, w.URL, map[string]string{
		"Content-Type":      "application/json",
		"webhook-id":        id,
		"webhook-timestamp": strconv.FormatInt(now.Unix(), 10),
		"webhook-signature": Sign(w.Secrets, id, now, []byte(body)),
	}, []byte(body)}
}
