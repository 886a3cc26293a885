package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// Letter gives a message with all that rendering and sending it needs. Notices that were cancelled meanwhile are not among its items.
func (s *Store) Letter(ctx context.Context, mailID int64) (l models.Letter, err error) {
	err = s.read(ctx, "letter", func(tx *gorm.DB) error {
		l, err = letterIn(tx, mailID)
		return err
	})
	return l, err
}

func letterIn(tx *gorm.DB, mailID int64) (l models.Letter, err error) {
	if l.Mail, err = one[models.Mail](tx, mailID); err != nil {
		return l, err
	}
	if l.Contact, err = one[models.Contact](tx, l.Mail.ContactID); err != nil {
		return l, err
	}
	if l.Client, err = one[models.Client](tx, l.Mail.ClientID); err != nil {
		return l, err
	}
	if l.Link, err = first[models.Link](tx.Where("mail_id = ? AND purpose = ?", mailID, models.LinkAnswer)); err != nil {
		return l, err
	}
	l.Items, l.Copies, err = letterItems(tx, &l.Mail)
	return l, err
}

// letterItems gives what a message carries, the most urgent first, and the others who were written to about the same.
func letterItems(tx *gorm.DB, mail *models.Mail) ([]models.LetterItem, []models.Contact, error) {
	var notices []models.Notice
	carried := []models.NoticeState{models.NoticeMailed, models.NoticeSent, models.NoticeBounced, models.NoticeFailed}
	if err := tx.Where("mail_id = ? AND state IN ?", mail.ID, carried).Order("expires_at, id").Find(&notices).Error; err != nil {
		return nil, nil, err
	}
	return itemsOf(tx, notices, mail)
}

// itemsOf puts notices into what a message to its contact says of them, in the order given, and gives the others who were
// written to about the same cycles. The message need not be stored.
func itemsOf(tx *gorm.DB, notices []models.Notice, mail *models.Mail) ([]models.LetterItem, []models.Contact, error) {
	domainIDs := pick(notices, func(n *models.Notice) int64 { return n.DomainID })
	domains, err := where[models.Domain](tx, "id", domainIDs, "id")
	if err != nil {
		return nil, nil, err
	}
	registrations, err := where[models.Registration](tx, "domain_id", domainIDs, "domain_id")
	if err != nil {
		return nil, nil, err
	}
	records, err := where[models.ExpectedRecord](tx, "domain_id", domainIDs, "host, type, id")
	if err != nil {
		return nil, nil, err
	}
	cycleIDs := pick(notices, func(n *models.Notice) int64 { return n.CycleID })
	cycles, err := where[models.Cycle](tx, "id", cycleIDs, "id")
	if err != nil {
		return nil, nil, err
	}
	answers, err := latestAnswers(tx, cycleIDs)
	if err != nil {
		return nil, nil, err
	}
	threads, others, err := writtenBefore(tx, cycleIDs, mail)
	if err != nil {
		return nil, nil, err
	}
	domainBy := index(domains, func(d *models.Domain) int64 { return d.ID })
	registrationBy := index(registrations, func(r *models.Registration) int64 { return r.DomainID })
	recordsBy := group(records, func(r *models.ExpectedRecord) int64 { return r.DomainID })
	cycleBy := index(cycles, func(c *models.Cycle) int64 { return c.ID })
	items := make([]models.LetterItem, len(notices))
	for i, n := range notices {
		items[i] = models.LetterItem{
			Notice: n, Domain: domainBy[n.DomainID], Registration: ref(registrationBy, n.DomainID), Cycle: cycleBy[n.CycleID],
			Records: recordsBy[n.DomainID], Answer: ref(answers, n.CycleID), PriorSentAt: threads[n.CycleID].prior, ThreadRoot: threads[n.CycleID].root,
		}
	}
	if err := addBeside(tx, items, mail.CreatedAt); err != nil {
		return nil, nil, err
	}
	if err := addLooks(tx, items); err != nil {
		return nil, nil, err
	}
	copies, err := where[models.Contact](tx, "id", others, "id")
	sortContacts(copies)
	return items, slices.Clip(copies), err
}

// addBeside gives notices beside the ladder what they speak of.
func addBeside(tx *gorm.DB, items []models.LetterItem, now time.Time) error {
	var broken, grants, retracted []int64
	for i := range items {
		n := &items[i].Notice
		if n.Stage == models.StageRecords {
			broken = append(broken, n.DomainID)
		}
		if n.GrantID != 0 {
			grants = append(grants, n.GrantID)
		}
		if n.Stage == models.StageRetraction {
			retracted = append(retracted, retractedMail(n))
		}
	}
	delegations, err := where[models.Delegation](tx, "domain_id", broken, "domain_id")
	if err != nil {
		return err
	}
	findings, err := where[models.Finding](tx.Scopes(tellableNow(now)).Session(&gorm.Session{}), "domain_id", broken, "id")
	if err != nil {
		return err
	}
	granted, err := where[models.Grant](tx, "id", grants, "id")
	if err != nil {
		return err
	}
	mails, err := where[models.Mail](tx, "id", retracted, "id")
	if err != nil {
		return err
	}
	delegationBy := index(delegations, func(d *models.Delegation) int64 { return d.DomainID })
	findingsBy := group(findings, func(f *models.Finding) int64 { return f.DomainID })
	grantBy := index(granted, func(g *models.Grant) int64 { return g.ID })
	mailBy := index(mails, func(m *models.Mail) int64 { return m.ID })
	for i := range items {
		it := &items[i]
		it.Grant = ref(grantBy, it.Notice.GrantID)
		switch it.Notice.Stage {
		case models.StageRecords:
			it.Delegation = ref(delegationBy, it.Notice.DomainID)
			it.Findings = slices.DeleteFunc(slices.Clone(findingsBy[it.Notice.DomainID]), func(f models.Finding) bool { return f.Code == models.CodePendingTransfer })
		case models.StageRetraction:
			it.Retracted = ref(mailBy, retractedMail(&it.Notice))
		default:
		}
	}
	return nil
}

// retractedMail is the message that a retraction takes back; 0: it names none.
func retractedMail(n *models.Notice) int64 {
	id, err := strconv.ParseInt(n.Episode, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// thread is what one contact has been written about one cycle before.
type thread struct {
	prior *time.Time
	root  string
}

// writtenBefore gives, by cycle, what the contact of a message was sent before it was made, and the contacts beside its own who had been sent
// something about the same cycles by then. What was sent since does not count: a message that is handed over again says what it said before.
func writtenBefore(tx *gorm.DB, cycleIDs []int64, mail *models.Mail) (threads map[int64]thread, others []int64, err error) {
	type written struct {
		CycleID, ContactID, MailID int64
		SentAt                     time.Time
		MessageID                  string
	}
	q := tx.Table("notices").Select("notices.cycle_id, notices.contact_id, notices.mail_id, notices.sent_at, mails.message_id").
		Joins("JOIN mails ON mails.id = notices.mail_id").Session(&gorm.Session{})
	sent, err := where[written](q, "notices.cycle_id", cycleIDs, "notices.sent_at, notices.id",
		"notices.state = ? AND notices.channel = ? AND notices.sent_at < ?", models.NoticeSent, models.ChannelEmail, mail.CreatedAt)
	if err != nil {
		return nil, nil, err
	}
	threads = make(map[int64]thread)
	for i := range sent {
		switch n := &sent[i]; {
		case n.ContactID != mail.ContactID:
			others = append(others, n.ContactID)
		case n.MailID != mail.ID:
			t, begun := threads[n.CycleID]
			if !begun {
				t.root = n.MessageID
			}
			t.prior = &n.SentAt
			threads[n.CycleID] = t
		}
	}
	return threads, others, nil
}
