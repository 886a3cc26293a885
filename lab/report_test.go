package lab_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/lab"
)

func TestADeliveryReportNamesTheMessageAndWhy(t *testing.T) {
	m := lab.Mail{ReceivedAt: start, From: "domains@krest.lab", Raw: []byte("Message-ID: <a1@krest.lab>\r\nSubject: x\r\n\r\nbody\r\n")}
	msg, err := mail.ReadMessage(strings.NewReader(string(m.DeliveryReport("rosa@mailhost.lab", "5.2.2", "mailbox full", start))))
	must(t, err)
	_, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	must(t, err)
	parts := multipart.NewReader(msg.Body, params["boundary"])
	got := map[string]string{}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		body, err := io.ReadAll(p)
		must(t, err)
		got[p.Header.Get("Content-Type")] = string(body)
	}
	for kind, words := range map[string][]string{
		"message/delivery-status": {"Final-Recipient: rfc822; rosa@mailhost.lab", "Status: 5.2.2", "mailbox full"},
		"text/rfc822-headers":     {"Message-ID: <a1@krest.lab>"},
	} {
		for _, w := range words {
			if !strings.Contains(got[kind], w) {
				t.Errorf("%s does not say %q:\n%s", kind, w, got[kind])
			}
		}
	}
	if strings.Contains(got["text/rfc822-headers"], "body") {
		t.Error("the report repeats the message's words")
	}
}
