package notify

// The named reasons of notices. They are stored with the notice, shown to ops and kept in the ledger.
const (
	ReasonDateNear         = "date_near"           // the expiry comes closer
	ReasonDatePassed       = "date_passed"         // the name was not renewed in time
	ReasonRedemption       = "in_redemption"       // recoverable for a fee only
	ReasonPendingDelete    = "pending_delete"      // about to be released, or past saving
	ReasonUnconfirmed      = "renewal_unconfirmed" // the registry shows a renewal that nobody confirmed
	ReasonAttested         = "attested_date_near"  // by the date that the client stated
	ReasonRenewalNotSeen   = "renewal_not_seen"    // the client said renewed, and the registry does not show it
	ReasonPromisedDay      = "promised_day_passed" // the client named a day, and the registry shows no renewal after it
	ReasonAutoRenewNotSeen = "auto_renew_not_seen" // the client said that auto-renew is on, and the registry shows no renewal

	ReasonNoAddress   = "no_usable_address" // no contact with an address that takes mail
	ReasonNoOther     = "no_other_contact"  // everybody with an address said to be the wrong person
	ReasonNoAnswer    = "no_answer"         // sent, and nobody answered in the time people are given
	ReasonWrongPerson = "wrong_person"      // the contact said so

	ReasonTighter      = "tighter_stage_due"   // a tighter stage is due at the same time
	ReasonNewer        = "newer_task"          // a later follow-up took its place
	ReasonDateMoved    = "date_moved"          // the stage is not due by the date as it is now
	ReasonOtherContact = "another_contact"     // somebody else is written to
	ReasonClosed       = "cycle_closed"        // renewed, released or archived
	ReasonAnswered     = "answered"            // followed by ":" and the answer
	ReasonNoFreshLook  = "no_fresh_look"       // waits: the last answer of the registry is too old to write by
	ReasonUnknown      = "state_unknown"       // waits: the registration's state is not known
	ReasonRefused      = "address_refused"     // the server refused the address for good
	ReasonTooLong      = "tried_too_long"      // temporary failures for longer than is sensible
	ReasonUnrendered   = "could_not_be_worded" // the message could not be put into words
)
