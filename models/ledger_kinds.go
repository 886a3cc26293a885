package models

import "slices"

// LedgerGrantPrefix begins the kinds of lines on delegated access; the step that it took follows.
const LedgerGrantPrefix = "grant_"

// ledgerKinds are the kinds of the ledger's lines. Whoever writes a new kind adds it here, and with it to what webhooks are told of.
var ledgerKinds = []string{
	// A notice or a task came to a state.
	"notice_queued", "notice_held", "notice_released", "notice_superseded", "notice_cancelled", "notice_blocked", "notices_over_cap",
	"task_queued", "task_superseded", "task_cancelled", "task_done",
	// What became of a message.
	EntryMailSent, EntryMailRefused, EntryMailFailed, "mail_bounced", "mail_complaint", "mail_delivered", "mail_taken_back", "test_sent",
	// What clients said.
	EntryAnswer, EntryWithdrawn, "contact_proposed", "expiry_attested", "auto_renew_stated",
	// What staff decided.
	"proposal_accepted", "proposal_refused", "contact_added", "contact_corrected", "client_notices_set", "client_held", "client_released",
	"address_suppressed", "suppression_lifted", "links_revoked", "call_logged", "feed_created", "feed_revoked", "domain_archived", EntryErased,
	// What the program decided.
	"cycle_closed", "brake_pulled", "brake_released",
}

// LedgerKinds lists the kinds of the ledger's lines, those on delegated access left out, which begin with LedgerGrantPrefix.
func LedgerKinds() []string { return slices.Clone(ledgerKinds) }
