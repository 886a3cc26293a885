// Package bounce reads what comes back after a message was handed over: delivery status notifications (RFC 3464), complaints (RFC 5965) and
// qmail's form from a mailbox (a Maildir or IMAP), and the signed requests of mail services. It gives models.Bounce rows and nothing else:
// which message is meant and what follows is decided by notify.Returns, and the HTTP side is the dashboard's.
//
// All of it is text of strangers: anybody can post a report to a mailbox. Nothing here believes one; it is bounded, made printable, and
// names a message by an identifier that only whoever had the message knows.
package bounce
