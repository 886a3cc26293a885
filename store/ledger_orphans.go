package store

import "fmt"

// orphan is a question for rows that ought to have a line in the ledger and have none.
type orphan struct {
	what string // with one number
	sql  string // gives at most one ID
}

// orphans are the rows that somebody may have written behind the ledger's back. The client and the instant lead to few lines each.
func orphanQuestions() []orphan {
	return []orphan{
		{"message %d is said to have been accepted by the mail server, and no line tells of it", `SELECT m.id FROM mails m WHERE m.state = 'sent' AND NOT EXISTS (
			SELECT 1 FROM entries e WHERE e.client_id = m.client_id AND e.at = m.sent_at AND e.kind = 'mail_sent'
			AND e.body LIKE '%"mail_id":' || CAST(m.id AS text) || ',%') ORDER BY m.id LIMIT 1`},
		// One that came back although nobody had seen the server's answer was never said to be sent: the line on its return tells of it.
		{"notice %d is said to have been sent, and no line tells of it", `SELECT n.id FROM notices n WHERE n.channel = 'email' AND n.state IN ('sent', 'bounced') AND NOT EXISTS (
			SELECT 1 FROM entries e WHERE e.client_id = n.client_id AND e.at = n.sent_at AND e.kind = 'mail_sent'
			AND COALESCE(e.domain_id, 0) = COALESCE(n.domain_id, 0) AND e.body LIKE '%"stage":"' || n.stage || '"%')
			AND NOT (n.state = 'bounced' AND n.sent_at IS NULL AND EXISTS (
			SELECT 1 FROM entries e WHERE e.client_id = n.client_id AND e.kind = 'mail_bounced'
			AND COALESCE(e.domain_id, 0) = COALESCE(n.domain_id, 0) AND e.body LIKE '%"stage":"' || n.stage || '"%'
			AND e.body LIKE '%"mail_id":' || CAST(n.mail_id AS text) || ',%')) ORDER BY n.id LIMIT 1`},
		{"message %d is said to have come back, and no line tells of it", `SELECT m.id FROM mails m WHERE m.state = 'sent' AND m.bounced_at IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM entries e WHERE e.client_id = m.client_id AND e.at = m.bounced_at AND e.kind = 'mail_bounced'
			AND e.body LIKE '%"mail_id":' || CAST(m.id AS text) || ',%') ORDER BY m.id LIMIT 1`},
		{"attempt %d came to an end with the mail server, and no line tells of it", `SELECT a.id FROM attempts a JOIN mails m ON m.id = a.mail_id
			WHERE a.outcome IN ('sent', 'permanent') AND NOT EXISTS (
			SELECT 1 FROM entries e WHERE e.client_id = m.client_id AND e.at = a.ended_at AND e.body LIKE '%"mail_id":' || CAST(m.id AS text) || ',%') ORDER BY a.id LIMIT 1`},
		// A domain that came to another client since leaves what was said of it with the client who said it.
		{"answer %d is there, and no line tells of it", `SELECT a.id FROM answers a JOIN contacts c ON c.id = a.contact_id WHERE NOT EXISTS (
			SELECT 1 FROM entries e WHERE e.client_id = c.client_id AND e.at = a.at AND e.domain_id = a.domain_id AND e.kind = 'answer') ORDER BY a.id LIMIT 1`},
		{"answer %d is said to have been taken back, and no line tells of it", `SELECT a.id FROM answers a JOIN contacts c ON c.id = a.contact_id
			WHERE a.withdrawn IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM entries e WHERE e.client_id = c.client_id AND e.at = a.withdrawn AND e.domain_id = a.domain_id AND e.kind = 'answer_withdrawn') ORDER BY a.id LIMIT 1`},
	}
}

// orphans looks for rows without a line.
func (a *audit) orphans() error {
	for _, o := range orphanQuestions() {
		var ids []int64
		if err := a.tx.Raw(o.sql).Scan(&ids).Error; err != nil {
			return err
		}
		if len(ids) > 0 {
			return &LedgerError{0, fmt.Sprintf(o.what, ids[0])}
		}
	}
	return nil
}
