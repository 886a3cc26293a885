package notify

import (
	"fmt"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// The codes of the findings that notify opens; the judge resolves them.
const (
	CodeAddressRefused = models.CodeAddressRefused
	CodeUndeliverable  = models.CodeMailUndeliverable
	CodeWrongPerson    = models.CodeWrongPerson
)

// contactFinding opens a task for ops about a contact; severity rises when the name has lapsed already.
func contactFinding(d *models.Domain, code, subject, title, detail, next, reason string, now time.Time) *models.FindingChange {
	severity := models.SeverityMajor
	if worsenedSince(d, time.Time{}) {
		severity = models.SeverityCritical
	}
	return &models.FindingChange{Kind: models.FindingOpened, Finding: models.Finding{
		DomainID: d.ID, Code: code, Subject: subject, Severity: severity, Title: title, Detail: detail, NextStep: next, Reason: reason,
		State: models.FindingOpen, FirstSeen: now, OpenedAt: now, LastSeen: now,
	}}
}

func wrongPersonFinding(d *models.Domain, c *models.Contact, now time.Time) *models.FindingChange {
	return contactFinding(d, CodeWrongPerson, c.Email,
		"The contact says somebody else looks after the domain",
		fmt.Sprintf("%s answered that %s is not theirs to renew.", clean(c.Name, 80), d.Name),
		"Ask the client who renews the domain, and put that person in as its owner contact.", ReasonWrongPerson, now)
}

func refusedFinding(d *models.Domain, c *models.Contact, reply string, now time.Time) *models.FindingChange {
	return contactFinding(d, CodeAddressRefused, c.Email,
		"The contact's address refuses mail",
		fmt.Sprintf("The mail server refused %s for good: %s", clean(c.Email, 120), reply),
		"Call the client and correct the address. Until then the next contact is written to.", ReasonRefused, now)
}

func undeliverableFinding(d *models.Domain, c *models.Contact, reply string, now time.Time) *models.FindingChange {
	return contactFinding(d, CodeUndeliverable, c.Email,
		"A notice could not be delivered",
		fmt.Sprintf("Mail to %s was tried for days without success. The last reply: %s", clean(c.Email, 120), reply),
		"Call the client, and check the address and the mail server.", ReasonTooLong, now)
}
