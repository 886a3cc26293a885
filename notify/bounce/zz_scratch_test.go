package bounce_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/notify/bounce"
)

func TestScratch(t *testing.T) {
	body := "\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.lab\r\n\r\nFinal-Recipient: rfc822; bo@client.lab\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <" + ours + ">\r\n\r\n--b--\r\n"
	for name, head := range map[string]string{
		"plain":           "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
		"mbox From":       "From MAILER-DAEMON Mon Nov 23 17:00:00 2026\r\nContent-Type: multipart/report; boundary=b\r\n",
		">From":           ">From MAILER-DAEMON Mon Nov 23 17:00:00 2026\r\nContent-Type: multipart/report; boundary=b\r\n",
		"space colon":     "Subject : x\r\nContent-Type: multipart/report; boundary=b\r\n",
		"8bit key":        "Sübject: x\r\nContent-Type: multipart/report; boundary=b\r\n",
		"no colon line":   "Subject x\r\nContent-Type: multipart/report; boundary=b\r\n",
		"8bit value":      "Subject: \xfc\xff x\r\nContent-Type: multipart/report; boundary=b\r\n",
		"bad param":       "Content-Type: multipart/report; name=a b; boundary=b\r\n",
		"dup param":       "Content-Type: multipart/report; boundary=b; boundary=b\r\n",
		"long header":     "X-L: " + strings.Repeat("x", 200000) + "\r\nContent-Type: multipart/report; boundary=b\r\n",
		"starts w space":  " folded\r\nContent-Type: multipart/report; boundary=b\r\n",
		"comment":         "Content-Type: multipart/report (RFC 3462); boundary=b\r\n",
		"trailing semi":   "Content-Type: multipart/report; boundary=b;\r\n",
		"upper":           "CONTENT-TYPE: Multipart/Report; Boundary=\"b\"\r\n",
	} {
		for _, nl := range []string{"\r\n", "\n"} {
			got, err := bounce.ParseMail([]byte(strings.ReplaceAll(head+body, "\r\n", nl)), now)
			fmt.Println(name, len(nl), len(got), err)
		}
	}
	for name, part := range map[string]string{
		"part bad param": "Content-Type: message/delivery-status; name=delivery status.txt",
		"part no colon": "Content-Type: message/delivery-status\r\nrubbish",
		"part space": "Content-Type : message/delivery-status",
		"comment": "Content-Type: message/delivery-status (x)",
		"8bit key": "Content-Type: message/delivery-status\r\nX-Sü: y",
	} {
		raw := "Content-Type: multipart/report; boundary=b\r\n" + strings.Replace(body, "Content-Type: message/delivery-status", part, 1)
		got, err := bounce.ParseMail([]byte(raw), now)
		fmt.Println(name, len(got), err)
	}
}
