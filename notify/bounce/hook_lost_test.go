package bounce_test

import (
	"fmt"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
)

// TestWhatServicesTryNoLonger holds the difference between a message that is late and one that is lost: services call both soft, and an owner who
// never got the notice must not count as told. Only the kind and whose fault it is matter here.
func TestWhatServicesTryNoLonger(t *testing.T) {
	sesBounce := func(kind, sub, recipient string) request {
		return ses(t, "Notification", fmt.Sprintf(`{"notificationType":"Bounce","mail":{"messageId":"m"},"bounce":{"bounceType":%q,"bounceSubType":%q,"bouncedRecipients":[{"emailAddress":"bo@client.lab"%s}]}}`, kind, sub, recipient))
	}
	postmark := func(kind, details string) request {
		return basic("postmark", "p", "", "p", fmt.Sprintf(`{"RecordType":"Bounce","ID":1,"Type":%q,"Email":"bo@client.lab","Details":%q}`, kind, details))
	}
	grid := func(fields string) request {
		return sendGrid(t, `[{"email":"bo@client.lab","timestamp":1795453200,"sg_event_id":"e",`+fields+`}]`, now)
	}
	gun := func(fields string) request {
		return mailgun(`{"id":"x","timestamp":1795453200,"recipient":"bo@client.lab","event":"failed",`+fields+`}`, now)
	}
	for _, c := range []struct {
		why    string
		r      request
		kind   models.BounceKind
		status string
		blamed bool // the address
	}{
		{"ses, mailbox full: given up by Amazon", sesBounce("Transient", "MailboxFull", `,"action":"failed","status":"5.2.2","diagnosticCode":"smtp; 552 5.2.2 over quota"`), models.BouncePermanent, "4.2.2", false},
		{"ses, content refused, without a report", sesBounce("Transient", "ContentRejected", ""), models.BouncePermanent, "4.0.0", false},
		{"ses, general, with a report", sesBounce("Transient", "General", `,"action":"failed","status":"4.4.7"`), models.BouncePermanent, "4.4.7", false},
		{"ses, an automatic reply", sesBounce("Transient", "General", ""), models.BounceTemporary, "", false},
		{"ses, a report on a delay", sesBounce("Transient", "General", `,"action":"delayed","status":"4.4.1"`), models.BounceTemporary, "4.4.1", false},
		{"ses, nobody knows why", sesBounce("Undetermined", "Undetermined", ""), models.BouncePermanent, "4.0.0", false},
		{"ses, no such address", sesBounce("Permanent", "General", `,"action":"failed","status":"5.1.1"`), models.BouncePermanent, "5.1.1", true},
		{"postmark, blocked by policy: what the server said stays", postmark("Blocked", "smtp;550 5.7.1 policy"), models.BouncePermanent, "5.7.1", false},
		{"postmark, full: the code of the server would make the address bad", postmark("SoftBounce", "smtp;552 5.2.2 full"), models.BouncePermanent, "4.2.2", false},
		{"postmark, a failure of its DNS", postmark("DnsError", ""), models.BouncePermanent, "4.0.0", false},
		{"postmark, still trying", postmark("Transient", ""), models.BounceTemporary, "", false},
		{"postmark, out of office", postmark("AutoResponder", ""), models.BounceTemporary, "", false},
		{"postmark, asks for an answer", postmark("ChallengeVerification", ""), models.BounceTemporary, "", false},
		{"postmark, no such address", postmark("HardBounce", "smtp;550 5.1.1 unknown"), models.BouncePermanent, "5.1.1", true},
		{"sendgrid, given up after three days", grid(`"event":"bounce","type":"blocked","reason":"unable to get mx info"`), models.BouncePermanent, "4.0.0", false},
		{"sendgrid, dropped for what we sent", grid(`"event":"dropped","reason":"Spam Content (if spam checker app enabled)"`), models.BouncePermanent, "", false},
		{"sendgrid, dropped for what it knows", grid(`"event":"dropped","reason":"Bounced Address"`), models.BouncePermanent, "", true},
		{"sendgrid, still trying", grid(`"event":"deferred","response":"451 busy"`), models.BounceTemporary, "4.0.0", false},
		{"mailgun, too old", gun(`"severity":"permanent","reason":"old","delivery-status":{"code":602,"message":"Too old"}`), models.BouncePermanent, "4.0.0", false},
		{"mailgun, blocked by the provider", gun(`"severity":"permanent","reason":"espblock","delivery-status":{"code":550,"message":"5.7.1 blocked"}`), models.BouncePermanent, "5.7.1", false},
		{"mailgun, still trying", gun(`"severity":"temporary","reason":"old"`), models.BounceTemporary, "", false},
		{"mailgun, no such address", gun(`"severity":"permanent","reason":"bounce","delivery-status":{"code":550,"message":"no such user"}`), models.BouncePermanent, "", true},
	} {
		got, err := c.r.parse(now)
		if err != nil || len(got) != 1 {
			t.Errorf("%s: %v, %v", c.why, got, err)
			continue
		}
		b := got[0]
		if blamed := b.Kind == models.BouncePermanent && b.BlamesAddress(); b.Kind != c.kind || b.Status != c.status || blamed != c.blamed {
			t.Errorf("%s: %s %q, the address is blamed: %t (%s)", c.why, b.Kind, b.Status, blamed, b.Diagnostic)
		}
		check(t, got)
	}
}
