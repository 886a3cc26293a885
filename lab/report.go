package lab

import (
	"fmt"
	"strings"
	"time"
)

// DeliveryReport words the report with which a mail server sends a message back that it took and could not deliver to a recipient (RFC 3464):
// status is the enhanced status code (RFC 3463), why the server's words.
func (m Mail) DeliveryReport(recipient, status, why string, at time.Time) []byte {
	header, _, _ := strings.Cut(string(m.Raw), "\r\n\r\n")
	const edge = "returned-by-the-lab"
	text := fmt.Sprintf(`From: Mail Delivery System <MAILER-DAEMON@mailhost.lab>
To: <%[1]s>
Subject: Undelivered Mail Returned to Sender
Date: %[2]s
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="%[3]s"

--%[3]s
Content-Type: text/plain; charset=us-ascii

The message could not be delivered to %[4]s: %[6]s

--%[3]s
Content-Type: message/delivery-status

Reporting-MTA: dns; mailhost.lab
Arrival-Date: %[7]s

Final-Recipient: rfc822; %[4]s
Action: failed
Status: %[5]s
Diagnostic-Code: smtp; 552 %[6]s

--%[3]s
Content-Type: text/rfc822-headers

`, m.From, at.Format(time.RFC1123Z), edge, recipient, status, why, m.ReceivedAt.Format(time.RFC1123Z))
	return []byte(strings.ReplaceAll(text, "\n", "\r\n") + header + "\r\n\r\n--" + edge + "--\r\n")
}
