package store

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// messageRows are the rows that the lines of one page speak of.
type messageRows struct {
	mails    map[int64]models.Mail
	attempts map[int64][]models.Attempt
	notices  map[int64]models.Notice
	looks    map[int64]models.Observation
}

// messages checks lines on messages that were handed over, refused or given up.
func (a *audit) messages(lines []models.Entry) ([]complaint, error) {
	said := map[int]models.LedgerMessage{}
	for i := range lines {
		if m, ok := lines[i].Message(); ok {
			said[i] = m
		}
	}
	rows, err := a.messageRows(said)
	if err != nil {
		return nil, err
	}
	var found []complaint
	for i := range lines {
		m, ok := said[i]
		if !ok {
			continue
		}
		why, err := a.message(&lines[i], &m, rows)
		if err != nil {
			return nil, err
		}
		if why == "" {
			why = rows.lookHolds(m.Look)
		}
		if why != "" {
			found = append(found, complaint{lines[i].ID, why})
		}
	}
	a.state.Messages += len(said)
	a.state.Looks += len(rows.looks)
	return found, nil
}

func (a *audit) messageRows(said map[int]models.LedgerMessage) (rows messageRows, err error) {
	var mailIDs, noticeIDs, lookIDs []int64
	for _, m := range said {
		mailIDs, noticeIDs = append(mailIDs, m.MailID), append(noticeIDs, m.NoticeID)
		if m.Look != nil {
			lookIDs = append(lookIDs, m.Look.ID)
		}
	}
	mails, err := where[models.Mail](a.tx, "id", mailIDs, "id")
	if err != nil {
		return rows, err
	}
	attempts, err := where[models.Attempt](a.tx, "mail_id", mailIDs, "id")
	if err != nil {
		return rows, err
	}
	notices, err := where[models.Notice](a.tx, "id", noticeIDs, "id")
	if err != nil {
		return rows, err
	}
	looks, err := where[models.Observation](a.tx, "id", lookIDs, "id")
	return messageRows{
		mails:    index(mails, func(m *models.Mail) int64 { return m.ID }),
		attempts: group(attempts, func(at *models.Attempt) int64 { return at.MailID }),
		notices:  index(notices, func(n *models.Notice) int64 { return n.ID }),
		looks:    index(looks, func(o *models.Observation) int64 { return o.ID }),
	}, err
}

// message says what does not hold about a line on a message.
func (a *audit) message(e *models.Entry, m *models.LedgerMessage, rows messageRows) (string, error) {
	mail, there := rows.mails[m.MailID]
	switch {
	case !there:
		return "the message of which it tells is not there", nil
	case e.ClientID == nil || mail.ClientID != *e.ClientID:
		return "its message belongs to another client", nil
	case mail.MessageID != m.MessageID:
		return "its message has another Message-ID", nil
	case mail.Recipient != m.Recipient:
		return "its message has another recipient", nil
	case e.Kind == models.EntryMailSent && mail.State != models.MailSent:
		return "its message was accepted and does not say so", nil
	}
	if why := attemptHolds(e, m, rows.attempts[mail.ID]); why != "" {
		return why, nil
	}
	n, there := rows.notices[m.NoticeID]
	switch {
	case m.NoticeID == 0:
	case !there || n.Stage != m.Stage:
		return "the notice of which it tells is not there", nil
	case e.Kind == models.EntryMailSent && n.State != models.NoticeSent && n.State != models.NoticeBounced:
		return "its notice was sent and does not say so", nil
	case e.Kind == models.EntryMailSent && (n.MailID == nil || *n.MailID != mail.ID):
		return "its notice was carried by another message", nil
	case e.Kind == models.EntryMailSent && e.ErasedAt == nil && n.Recipient != m.Recipient:
		return "its notice has another recipient", nil
	}
	if mail.TextHash != m.TextHash {
		// Two workers may have handed a message over, in other words; the words of one of them are kept, and its line vouches for them.
		other, err := a.anotherVouches(e, &mail)
		if err != nil || other {
			return "", err
		}
		return "the words of its message are others", nil
	}
	switch {
	case mail.Subject != m.Subject:
		return "its message has another subject", nil
	case m.TextHash == "" && mail.Text != "":
		return "its message was never worded, and has words", nil
	case m.TextHash == "":
	case e.ErasedAt != nil && mail.Text != models.ErasedText, e.ErasedAt == nil && hexSHA256(mail.Text) != m.TextHash:
		return "the words of its message are others", nil
	}
	return "", nil
}

// attemptHolds compares the server's answer with those of the attempts that ended then: of two workers who handed the same message over at the
// same moment, each has its line.
func attemptHolds(e *models.Entry, m *models.LedgerMessage, attempts []models.Attempt) string {
	complaint := "the attempt of which it tells is not there"
	for i := range attempts {
		if !attempts[i].EndedAt.Equal(e.At) {
			continue
		}
		if (m.Reply == nil || attempts[i].Answered() == *m.Reply) && slices.Contains(outcomes[e.Kind], attempts[i].Outcome) {
			return ""
		}
		complaint = "the mail server’s answer is another one"
	}
	return complaint
}

// outcomes are those of the attempts with which a message comes to the end that a line tells of.
var outcomes = map[string][]models.Delivery{
	models.EntryMailSent: {models.DeliverySent}, models.EntryMailRefused: {models.DeliveryPermanent},
	models.EntryMailFailed: {models.DeliveryTemporary, models.DeliveryRejected},
}

// returns checks lines on messages that came back: their rows must say so.
func (a *audit) returns(lines []models.Entry) (found []complaint, err error) {
	said := map[int64]int64{} // line by message
	for i := range lines {
		var line struct {
			MailID int64 `json:"mail_id"`
		}
		if e := &lines[i]; e.Kind == models.EntryMailBounced && json.Unmarshal([]byte(e.Body), &line) == nil && line.MailID != 0 && said[line.MailID] == 0 {
			said[line.MailID] = e.ID
		}
	}
	mails, err := where[models.Mail](a.tx, "id", slices.Collect(maps.Keys(said)), "id")
	if err != nil {
		return nil, err
	}
	by := index(mails, func(m *models.Mail) int64 { return m.ID })
	for id, line := range said {
		if mail, there := by[id]; !there || mail.BouncedAt == nil {
			found = append(found, complaint{line, "its message came back and does not say so"})
		}
	}
	return found, nil
}

// anotherVouches reports whether another line on the same message vouches for its words as they are kept.
func (a *audit) anotherVouches(e *models.Entry, mail *models.Mail) (bool, error) {
	if !isHash(mail.TextHash) {
		return false, nil
	}
	var others []models.Entry
	q := a.tx.Where("client_id = ? AND kind = ? AND id <> ? AND body LIKE ?", mail.ClientID, e.Kind, e.ID, `%"text_sha256":"`+mail.TextHash+`"%`)
	if err := q.Order("id").Limit(batchSize).Find(&others).Error; err != nil {
		return false, err
	}
	for i := range others {
		if m, ok := others[i].Message(); ok && m.MailID == mail.ID && m.TextHash == mail.TextHash {
			return true, nil
		}
	}
	return false, nil
}

// lookHolds compares an observation with its evidence.
func (r *messageRows) lookHolds(o *models.LedgerLook) string {
	if o == nil {
		return ""
	}
	row, there := r.looks[o.ID]
	switch {
	case !there:
		return "the observation on which it rests is not there"
	case row.Kind != o.Kind || o.Outcome != "" && row.Outcome != o.Outcome || row.Server != o.Server || !row.At.Equal(o.At):
		return "the observation on which it rests is another one"
	case row.EvidenceHash != o.EvidenceHash || hexSHA256(row.Evidence) != o.EvidenceHash:
		return "the evidence on which it rests is another one"
	}
	return ""
}

// answerLine is what a line on an answer vouches for.
type answerLine struct {
	CycleID *int64     `json:"cycle_id"`
	Kind    *string    `json:"kind"`
	RenewOn *time.Time `json:"renew_on"`
	By      *string    `json:"by"`
	LinkID  *int64     `json:"link_id"`
	Answer  int64      `json:"answer"` // of a line on one that was withdrawn
}

// answers checks lines on what clients said, and on what they took back.
func (a *audit) answers(lines []models.Entry) ([]complaint, error) {
	var domainIDs []int64
	said := map[int]answerLine{}
	for i := range lines {
		e := &lines[i]
		if e.Kind != models.EntryAnswer && e.Kind != models.EntryWithdrawn || e.DomainID == nil {
			continue
		}
		var l answerLine
		if json.Unmarshal([]byte(e.Body), &l) == nil {
			said[i] = l
			domainIDs = append(domainIDs, *e.DomainID)
		}
	}
	answers, err := where[models.Answer](a.tx, "domain_id", domainIDs, "id")
	if err != nil {
		return nil, err
	}
	by := group(answers, func(a *models.Answer) int64 { return a.DomainID })
	var found []complaint
	for i := range lines {
		l, ok := said[i]
		if ok && !answerHolds(&lines[i], &l, by[*lines[i].DomainID]) {
			found = append(found, complaint{lines[i].ID, "the answer of which it tells is not there, or another one"})
		}
	}
	a.state.Answers += len(said)
	return found, nil
}

// answerHolds looks for the answer that a line tells of.
func answerHolds(e *models.Entry, l *answerLine, answers []models.Answer) bool {
	for i := range answers {
		a := &answers[i]
		if e.Kind == models.EntryWithdrawn {
			if a.ID == l.Answer && a.Withdrawn != nil && a.Withdrawn.Equal(e.At) {
				return true
			}
			continue
		}
		if a.At.Equal(e.At) && l.tells(a) && (!strings.HasPrefix(e.Actor, "contact:") || e.Actor == "contact:"+strconv.FormatInt(a.ContactID, 10)) {
			return true
		}
	}
	return false
}

func (l *answerLine) tells(a *models.Answer) bool {
	switch {
	case l.CycleID != nil && *l.CycleID != a.CycleID, l.Kind != nil && *l.Kind != string(a.Kind), l.By != nil && *l.By != a.By:
		return false
	case l.LinkID != nil && (a.LinkID == nil || *l.LinkID != *a.LinkID):
		return false
	case l.Kind == nil:
		return true
	}
	return (l.RenewOn == nil) == (a.RenewOn == nil) && (l.RenewOn == nil || l.RenewOn.Equal(*a.RenewOn))
}
