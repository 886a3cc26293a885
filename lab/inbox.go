package lab

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Mail is one message as the server took it.
type Mail struct {
	ID           int // counted from 1
	ReceivedAt   time.Time
	From         string
	To           []string // envelope recipients
	Raw          []byte
	TLS          bool
	User         string // who signed in, if anybody
	Acknowledged bool   // false when the connection was dropped before the 250
}

// inbox keeps mails and the scripted refusals.
type inbox struct {
	mu     sync.Mutex
	mails  []Mail
	faults []*counted[SMTPFault]
}

func (b *inbox) add(m Mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m.ID = len(b.mails) + 1
	b.mails = append(b.mails, m)
}

// outage uses an outage, if one is scripted.
func (b *inbox) outage() bool {
	_, ok := b.take(func(f SMTPFault) bool { return f.Outage })
	return ok
}

// fault uses the first scripted fault for a recipient at a stage.
func (b *inbox) fault(recipient string, atData bool) (SMTPFault, bool) {
	return b.take(func(f SMTPFault) bool {
		return !f.Outage && (f.AtData || f.Drop) == atData &&
			(f.Recipient == "" || strings.EqualFold(f.Recipient, recipient))
	})
}

func (b *inbox) take(concerns func(SMTPFault) bool) (SMTPFault, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.faults {
		if concerns(c.fault) {
			if f, ok := c.take(); ok {
				return f, true
			}
		}
	}
	return SMTPFault{}, false
}

// Mails returns everything that was received, oldest first.
func (l *Lab) Mails() []Mail {
	l.inbox.mu.Lock()
	defer l.inbox.mu.Unlock()
	return slices.Clone(l.inbox.mails)
}

// MailsTo returns what was received for an envelope recipient, oldest first.
func (l *Lab) MailsTo(address string) []Mail {
	var out []Mail
	for _, m := range l.Mails() {
		if slices.ContainsFunc(m.To, func(to string) bool { return strings.EqualFold(to, address) }) {
			out = append(out, m)
		}
	}
	return out
}

// Mail returns one mail by its ID.
func (l *Lab) Mail(id int) (Mail, bool) {
	l.inbox.mu.Lock()
	defer l.inbox.mu.Unlock()
	if id < 1 || id > len(l.inbox.mails) {
		return Mail{}, false
	}
	return l.inbox.mails[id-1], true
}

// SetSMTPFault scripts a failure and forgets the earlier ones for the same
// recipient. Use AddSMTPFault for a sequence.
func (l *Lab) SetSMTPFault(f SMTPFault) {
	l.inbox.mu.Lock()
	l.inbox.faults = slices.DeleteFunc(l.inbox.faults, func(c *counted[SMTPFault]) bool {
		return strings.EqualFold(c.fault.Recipient, f.Recipient)
	})
	l.inbox.mu.Unlock()
	l.AddSMTPFault(f)
}

// AddSMTPFault scripts a failure that follows when the earlier ones are used up.
func (l *Lab) AddSMTPFault(f SMTPFault) {
	l.inbox.mu.Lock()
	defer l.inbox.mu.Unlock()
	l.inbox.faults = append(l.inbox.faults, newCounted(f, f.Times))
}

// ClearSMTPFaults repairs the mail server.
func (l *Lab) ClearSMTPFaults() {
	l.inbox.mu.Lock()
	defer l.inbox.mu.Unlock()
	l.inbox.faults = nil
}
