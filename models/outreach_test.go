package models_test

import (
	"testing"

	"github.com/krestmarketing/deedwatch/models"
)

func TestWhomAPermanentFailureBlames(t *testing.T) {
	for _, c := range []struct {
		status, words, why string
		address            bool
	}{
		{"5.1.1", "user unknown", "bad mailbox", true},
		{"5.1.10", "null MX", "RFC 7505", true},
		{"5.2.2", "over quota", "a mailbox that stays full is of no use", true},
		{"5.4.4", "host not found", "bad domain", true},
		{"5.1.8", "bad outbound sender", "the sender's address, not the recipient's", false},
		{"5.1.7", "bad sender syntax", "the sender's address", false},
		{"5.3.4", "message too big", "their system", false},
		{"5.7.1", "relay access denied", "policy", false},
		{"4.4.7", "expired", "given up after temporary failures", false},
		{"", "550 no such user", "nothing says otherwise", true},
		{"5.0.0", "550 no such user here, your hosting ended", "words about a host are not about ours", true},
		{"5.0.0", "554 Your message looks like spam", "the message", false},
		{"", "550 SPF check failed", "the sender's network", false},
		{"5.0.0", "550 Sender verify failed", "the sender", false},
		{"5.1.0", "<domains@watch.lab>: Sender address rejected: User unknown", "Postfix, of a sender that it does not know", false},
		{"5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", "Outlook.com, of a mailbox that there is not", true},
		{"5.5.0", "bad sequence of commands", "the protocol", false},
		{"5.2.252", "SendAsDenied; box@watch.lab not allowed to send as domains@watch.lab", "Microsoft, of our own settings", false},
		{"5.2.0", "STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message", "Microsoft, of what we hand over", false},
		{"5.2.0", "STOREDRV.Deliver.Exception:RecipientNotFoundException", "Microsoft, of the recipient", true},
		{"5.4.5", "Daily user sending limit exceeded", "Google, of our day", false},
		{"", "550 Daily SMTP relay sending limit exceeded", "the same in words", false},
		{"", "550 Domain watch.lab has exceeded the max emails per hour (151/150 (100%)) allowed. Message discarded.", "the limit of our host, at cPanel", false},
		{"", "550 Requested action not taken: mailbox unavailable. Sender address is not allowed.", "our own name", false},
		{"", "552 recipient quota exceeded", "a mailbox that is full, in words", true},
		{"5.1.90", "daily limit for message recipients", "Microsoft, of our day", false},
		{"5.2.3", "message too long", "the message", false},
		{"5.2.122", "the recipient has exceeded its limit per hour", "what comes in at once", false},
		{"5.4.7", "delivery time expired", "the time", false},
		{"5.1.0", "Address rejected", "the same code for a recipient", true},
		{"5.4.1", "Relay access denied", "no host, in words our own", false},
		{"5.4.1", "Recipient address rejected: Access denied", "Microsoft, of an address that it does not know", true},
		{"5.2.0", "Suspected spam message rejected", "the message", false},
		{"5.1.1", "rejected: spam", "a code that says why counts more than words", true},
	} {
		b := models.Bounce{Status: c.status, Diagnostic: c.words}
		if got := b.BlamesAddress(); got != c.address {
			t.Errorf("%s %q: %t, want %t: %s", c.status, c.words, got, c.address, c.why)
		}
	}
}
