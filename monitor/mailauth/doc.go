// Package mailauth reads what a zone says on who may send mail in its name, as receivers read it: SPF (RFC 7208), DKIM keys (RFC 6376, 8301,
// 8463), DMARC (RFC 7489, and the walk up the tree of its successor) and the MX records, and states what keeps a sending service from
// being believed, with the reason, the path to it and whose side it is on.
//
// It is pure but for one small interface through which it asks for records: the same questions with the same answers give the same
// statements. An answer that could not be had is apart from one that is bad, and nothing is stated on it.
//
// It leaves to others: how records are asked for and what that may cost (monitor/dns), which domains are worth it and the words for people
// (monitor), checking the signature of any message, and repair: the agency hosts no e-mail.
package mailauth
