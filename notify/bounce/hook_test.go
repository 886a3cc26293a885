package bounce_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify/bounce"
)

// request is what a service posts, signed.
type request struct {
	format, secret string
	header         http.Header
	body           string
}

func (r request) parse(at time.Time) ([]models.Bounce, error) {
	return bounce.Parse(r.format, r.secret, r.header, []byte(r.body), at)
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func standard(body string, at time.Time) request {
	key := []byte("an example key of thirty-two byte")
	stamp := strconv.FormatInt(at.Unix(), 10)
	sum := base64.StdEncoding.EncodeToString(mac(key, "msg_1."+stamp+"."+body))
	return request{"standard", "whsec_" + base64.StdEncoding.EncodeToString(key), http.Header{
		"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {"v1,bm90IHRoaXM= v1," + sum},
	}, body}
}

func basic(format, secret, user, password, body string) request {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return request{format, secret, r.Header, body}
}

const topic = "arn:aws:sns:eu-west-1:1234:mail"

func ses(tb testing.TB, kind, message string) request {
	tb.Helper()
	body, err := json.Marshal(map[string]string{"Type": kind, "TopicArn": topic, "MessageId": "n1", "Message": message, "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Token=1"})
	if err != nil {
		tb.Fatal(err)
	}
	return basic("ses", topic+" open sesame", "sns", "open sesame", string(body))
}

func sendGrid(tb testing.TB, body string, at time.Time) request {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		tb.Fatal(err)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	sum := sha256.Sum256([]byte(stamp + body))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		tb.Fatal(err)
	}
	h := http.Header{}
	h.Set("X-Twilio-Email-Event-Webhook-Timestamp", stamp)
	h.Set("X-Twilio-Email-Event-Webhook-Signature", base64.StdEncoding.EncodeToString(signature))
	return request{"sendgrid", base64.StdEncoding.EncodeToString(der), h, body}
}

func mailgun(data string, at time.Time) request {
	stamp := strconv.FormatInt(at.Unix(), 10)
	sum := hex.EncodeToString(mac([]byte("signing key"), stamp+"token"))
	return request{"mailgun", "signing key", http.Header{}, fmt.Sprintf(`{"signature":{"timestamp":%q,"token":"token","signature":%q},"event-data":%s}`, stamp, sum, data)}
}

func TestWhatServicesReport(t *testing.T) {
	const came = "2026-11-23T17:00:00Z"
	at := time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		why  string
		r    request
		want []models.Bounce
	}{
		{
			"our own form", standard(`{"type":"mail.bounced","timestamp":"`+came+`","data":{"message_id":"<`+ours+`>","recipient":"Bo@Client.lab","status":"5.1.1","diagnostic":"no such\nuser"}}`, now),
			[]models.Bounce{{Kind: models.BouncePermanent, Recipient: "bo@client.lab", Status: "5.1.1", Diagnostic: "no such user", MessageID: ours, At: at}},
		},
		{"an event of no interest", standard(`{"type":"mail.opened","data":{"recipient":"bo@client.lab"}}`, now), nil},
		{
			"postmark, a hard bounce", basic("postmark", "open sesame", "hook", "open sesame", `{"RecordType":"Bounce","ID":42,"Type":"HardBounce","MessageID":"883953f4-6105-42a2-a16a-77a8eac79483","Email":"bo@client.lab","Details":"smtp;550 5.1.1 unknown","BouncedAt":"`+came+`"}`),
			[]models.Bounce{{Kind: models.BouncePermanent, Recipient: "bo@client.lab", Status: "5.1.1", Diagnostic: "HardBounce smtp;550 5.1.1 unknown", QueueID: "883953f4-6105-42a2-a16a-77a8eac79483", At: at}},
		},
		{
			"postmark, one that may pass: this message is lost, the address stays", basic("postmark", "hook:open sesame", "hook", "open sesame", `{"RecordType":"Bounce","ID":43,"Type":"SoftBounce","Email":"bo@client.lab","BouncedAt":"`+came+`"}`),
			[]models.Bounce{{Kind: models.BouncePermanent, Recipient: "bo@client.lab", Status: "4.0.0", Diagnostic: "SoftBounce", At: at}},
		},
		{
			"postmark names our identifier as it was given", basic("postmark", "open sesame", "", "open sesame", `{"RecordType":"Bounce","ID":45,"Type":"HardBounce","MessageID":"883953f4-6105-42a2-a16a-77a8eac79483","Metadata":{"color":"blue","Message-Id":"`+ours+`"},"Email":"bo@client.lab","BouncedAt":"`+came+`"}`),
			[]models.Bounce{{Kind: models.BouncePermanent, Recipient: "bo@client.lab", Diagnostic: "HardBounce", MessageID: ours, QueueID: "883953f4-6105-42a2-a16a-77a8eac79483", At: at}},
		},
		{
			"postmark, a complaint", basic("postmark", "open sesame", "", "open sesame", `{"RecordType":"SpamComplaint","ID":44,"Email":"bo@client.lab","BouncedAt":"`+came+`"}`),
			[]models.Bounce{{Kind: models.BounceComplaint, Recipient: "bo@client.lab", At: at}},
		},
		{
			"postmark, delivered", basic("postmark", "open sesame", "", "open sesame", `{"RecordType":"Delivery","MessageID":"m1","Recipient":"bo@client.lab","DeliveredAt":"`+came+`","Details":"OK"}`),
			[]models.Bounce{{Kind: models.BounceDelivered, Recipient: "bo@client.lab", Diagnostic: "OK", QueueID: "m1", At: at}},
		},
		{
			"ses, a bounce of two", ses(t, "Notification", `{"notificationType":"Bounce","mail":{"messageId":"0102-abc","commonHeaders":{"messageId":"<`+ours+`>"}},"bounce":{"bounceType":"Permanent","bounceSubType":"General","feedbackId":"f1","timestamp":"`+came+`","bouncedRecipients":[{"emailAddress":"bo@client.lab","status":"5.1.1","diagnosticCode":"smtp; 550 unknown"},{"emailAddress":"Al <al@client.lab>"}]}}`),
			[]models.Bounce{{Kind: models.BouncePermanent, Recipient: "bo@client.lab", Status: "5.1.1", Diagnostic: "Permanent/General smtp; 550 unknown", MessageID: ours, QueueID: "0102-abc", At: at}},
		},
		{
			"ses, an event of a configuration set", ses(t, "Notification", `{"eventType":"Complaint","mail":{"messageId":"0102-abc"},"complaint":{"complaintFeedbackType":"abuse","timestamp":"`+came+`","complainedRecipients":[{"emailAddress":"bo@client.lab"}]}}`),
			[]models.Bounce{{Kind: models.BounceComplaint, Recipient: "bo@client.lab", Diagnostic: "complaint abuse", QueueID: "0102-abc", At: at}},
		},
		{"ses, a word of Amazon's own", ses(t, "Notification", "Successfully validated SNS topic for Amazon SES event publishing."), nil},
		{
			"sendgrid, several at once", sendGrid(t, `[{"email":"bo@client.lab","event":"bounce","type":"bounce","timestamp":1795453200,"smtp-id":"<`+ours+`>","sg_event_id":"e1","sg_message_id":"s1","reason":"550 no","status":"5.1.1"},{"email":"bo@client.lab","event":"bounce","type":"blocked","timestamp":1795453200,"sg_event_id":"e2","reason":"blocked"},{"email":"bo@client.lab","event":"open","sg_event_id":"e3"},{"email":"bo@client.lab","event":"dropped","reason":"Unsubscribed Address","timestamp":1795453200,"sg_event_id":"e4"}]`, now),
			[]models.Bounce{
				{Kind: models.BouncePermanent, Recipient: "bo@client.lab", Status: "5.1.1", Diagnostic: "550 no", MessageID: ours, QueueID: "s1", At: at},
				{Kind: models.BouncePermanent, Recipient: "bo@client.lab", Status: "4.0.0", Diagnostic: "blocked", At: at},
				{Kind: models.BounceComplaint, Recipient: "bo@client.lab", Diagnostic: "Unsubscribed Address", At: at},
			},
		},
		{
			"mailgun, failed for good", mailgun(`{"id":"x1","event":"failed","severity":"permanent","timestamp":1795453200.5,"recipient":"bo@client.lab","message":{"headers":{"message-id":"`+ours+`"}},"delivery-status":{"code":550,"message":"5.1.1 no"}}`, now),
			[]models.Bounce{{Kind: models.BouncePermanent, Recipient: "bo@client.lab", Status: "5.1.1", Diagnostic: "5.1.1 no", MessageID: ours, At: at.Add(time.Second / 2)}},
		},
		{
			"mailgun, called unwanted", mailgun(`{"id":"x2","event":"complained","timestamp":1795453200,"recipient":"bo@client.lab"}`, now),
			[]models.Bounce{{Kind: models.BounceComplaint, Recipient: "bo@client.lab", At: at}},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			got, err := c.r.parse(now)
			if err != nil {
				t.Fatal(err)
			}
			check(t, got)
			ignore := cmpopts.IgnoreFields(models.Bounce{}, "EventID", "Source", "Evidence")
			if diff := cmp.Diff(c.want, got, ignore, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again, err := c.r.parse(now.Add(time.Second))
			if err != nil || len(again) != len(got) || len(got) > 0 && (again[0].EventID != got[0].EventID || got[0].EventID == "") {
				t.Errorf("the same request again is another event: %v", err)
			}
		})
	}
}

func TestForgedRequests(t *testing.T) {
	const bounced = `{"type":"mail.bounced","data":{"recipient":"bo@client.lab"}}`
	good := map[string]func() request{
		"standard": func() request { return standard(bounced, now) },
		"postmark": func() request {
			return basic("postmark", "open sesame", "", "open sesame", `{"RecordType":"SpamComplaint","Email":"bo@client.lab"}`)
		},
		"ses":      func() request { return ses(t, "Notification", `{"notificationType":"Delivery"}`) },
		"sendgrid": func() request { return sendGrid(t, `[]`, now) },
		"mailgun":  func() request { return mailgun(`{"event":"opened"}`, now) },
	}
	attacks := map[string]func(*request){
		"no header":      func(r *request) { r.header = http.Header{} },
		"no secret set":  func(r *request) { r.secret = "" },
		"another secret": func(r *request) { r.secret = "arn:other another secret" },
		"another password": func(r *request) {
			r.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("a:b")))
		},
		"another body":      func(r *request) { r.body = strings.Replace(r.body, "e", "E", 1) },
		"another signature": func(r *request) { r.header.Set("Webhook-Signature", "v1,AAAA") },
		"signature of version 2": func(r *request) {
			r.header.Set("Webhook-Signature", strings.ReplaceAll(r.header.Get("Webhook-Signature"), "v1,", "v2,"))
		},
		"another id": func(r *request) { r.header.Set("Webhook-Id", "msg_2") },
		"an instant that was not signed": func(r *request) {
			r.header.Set("X-Twilio-Email-Event-Webhook-Timestamp", strconv.FormatInt(now.Unix()+1, 10))
			r.header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix()+1, 10))
		},
		"another topic":     func(r *request) { r.body = strings.Replace(r.body, "arn:aws", "arn:axs", 1) },
		"another token":     func(r *request) { r.body = strings.Replace(r.body, `"token":"token"`, `"token":"tokem"`, 1) },
		"a mailgun instant": func(r *request) { r.body = strings.Replace(r.body, `"timestamp":"1`, `"timestamp":"2`, 1) },
	}
	concerns := map[string][]string{
		"standard": {"no header", "no secret set", "another secret", "another body", "another signature", "signature of version 2", "another id", "an instant that was not signed"},
		"postmark": {"no header", "no secret set", "another secret", "another password"},
		"ses":      {"no header", "no secret set", "another secret", "another password", "another topic"},
		"sendgrid": {"no header", "no secret set", "another secret", "an instant that was not signed"},
		"mailgun":  {"no secret set", "another secret", "another token", "a mailgun instant"},
	}
	for format, make := range good {
		if r := make(); true {
			if _, err := r.parse(now); err != nil {
				t.Errorf("%s as it should be: %v", format, err)
			}
		}
		for _, name := range concerns[format] {
			r := make()
			attacks[name](&r)
			if got, err := r.parse(now); !errors.Is(err, bounce.ErrSignature) || got != nil {
				t.Errorf("%s, %s: %v, %v", format, name, got, err)
			}
		}
	}
	for _, c := range []struct {
		r     request
		later time.Duration
		ok    bool
	}{
		{standard(bounced, now), 5 * time.Minute, true},
		{standard(bounced, now), 6 * time.Minute, false},
		{standard(bounced, now), -6 * time.Minute, false},
		{sendGrid(t, "[]", now), 24 * time.Hour, true},
		{sendGrid(t, "[]", now), 26 * time.Hour, false},
		{mailgun(`{"event":"opened"}`, now), 24 * time.Hour, true},
		{mailgun(`{"event":"opened"}`, now), 26 * time.Hour, false},
	} {
		if _, err := c.r.parse(now.Add(c.later)); (err == nil) != c.ok {
			t.Errorf("%s replayed after %s: %v", c.r.format, c.later, err)
		}
	}
}

func TestSubscriptionsAreConfirmedByPeople(t *testing.T) {
	_, err := ses(t, "SubscriptionConfirmation", "x").parse(now)
	var ask *bounce.SubscribeError
	if !errors.As(err, &ask) || ask.URL != "https://sns.eu-west-1.amazonaws.com/?Token=1" {
		t.Errorf("got %v", err)
	}
	for _, address := range []string{"http://sns.eu-west-1.amazonaws.com/", "https://10.0.0.1/", "https://sns.evil.lab/.amazonaws.com", "https://sns.evil-amazonaws.com/", "://"} {
		r := ses(t, "SubscriptionConfirmation", "x")
		r.body = strings.Replace(r.body, "https://sns.eu-west-1.amazonaws.com/?Token=1", address, 1)
		if _, err := r.parse(now); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestRequestsThatCanNotBeRead(t *testing.T) {
	for why, r := range map[string]request{
		"not JSON":                 basic("postmark", "p", "", "p", "<xml/>"),
		"too big":                  basic("postmark", "p", "", "p", strings.Repeat(" ", bounce.MaxHook+1)),
		"a recipient that is none": basic("postmark", "p", "", "p", `{"RecordType":"SpamComplaint","Email":"nobody"}`),
		"a format that is unknown": basic("pigeon", "p", "", "p", "{}"),
		"a message that is none":   ses(t, "Notification", "{"),
	} {
		if _, err := r.parse(now); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("postmark", `{"RecordType":"Bounce","Type":"HardBounce","Email":"bo@client.lab"}`)
	f.Add("ses", ses(f, "Notification", `{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"bo@client.lab"}]}}`).body)
	f.Fuzz(func(t *testing.T, format, body string) {
		r := basic(format, "p", "", "p", body)
		if format == "ses" {
			r.secret = topic + " p"
		}
		got, err := r.parse(now)
		if err != nil && len(got) > 0 {
			t.Fatalf("%d rows with %v", len(got), err)
		}
		check(t, got)
	})
}
