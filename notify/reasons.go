package notify

import "github.com/krestmarketing/deedwatch/models"

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

	ReasonOnHold         = "on_hold"              // the name was taken out of the DNS
	ReasonTransfer       = "transfer_begun"       // a transfer to another registrar is under way
	ReasonNoPublicDate   = "no_public_date"       // the registry publishes no date and the client has stated none
	ReasonAttestationOld = "attestation_old"      // the client stated the date more than a year ago
	ReasonAttestedPassed = "attested_date_passed" // the date that the client stated has passed
	ReasonRecordsBroken  = "records_broken"       // confirmed, and nothing bigger explains them
	ReasonRenewalSeen    = "renewal_seen"         // the registry shows the renewal
	ReasonSentTooLate    = "sent_after_renewal"   // a notice went out although the name had been renewed
	ReasonByHand         = models.ReasonTakenBack // staff takes a message back

	ReasonNoAddress   = "no_usable_address" // no contact with an address that takes mail
	ReasonNoOther     = "no_other_contact"  // everybody with an address said to be the wrong person
	ReasonNoAnswer    = "no_answer"         // sent, and nobody answered in the time people are given
	ReasonWrongPerson = "wrong_person"      // the contact said so
	ReasonLettingGo   = "letting_go"        // the client does not renew
	ReasonOptedOut    = "opted_out"         // the contact asked not to be written to

	ReasonTighter      = "tighter_stage_due"   // a tighter stage is due at the same time
	ReasonNewer        = "newer_task"          // a later follow-up took its place
	ReasonOccasion     = "newer_occasion"      // of an occasion before the one that is told of
	ReasonDateMoved    = "date_moved"          // the stage is not due by the date as it is now
	ReasonNotInUse     = "stage_not_in_use"    // the stage was switched off
	ReasonLadderOver   = "ladder_is_over"      // the stage that is due is not in use, and nothing looser is sent in its place
	ReasonHoldOver     = "hold_is_over"        // the name is back in the DNS
	ReasonTransferOver = "transfer_is_over"    // no transfer is under way any more
	ReasonLapseOver    = "lapse_is_over"       // the registry does not take the name away any more
	ReasonDateStated   = "date_stated"         // a date is known
	ReasonRepaired     = "records_repaired"    // the records are right
	ReasonExplained    = "explained_by_cause"  // something bigger explains them
	ReasonUndone       = "renewal_undone"      // the registry took the renewal back
	ReasonTooLate      = "too_late"            // it waited until it says nothing new
	ReasonReachable    = "somebody_reachable"  // somebody can be written to again
	ReasonHeld         = "held_by_person"      // an operator held it under another address
	ReasonClientHeld   = "client_held"         // waits: nothing goes out to this client
	ReasonOverCap      = models.ReasonOverCap  // waits: the address has been sent enough messages for one day
	ReasonOtherContact = "another_contact"     // somebody else is written to
	ReasonClosed       = "cycle_closed"        // renewed, released or archived
	ReasonAnswered     = "answered"            // followed by ":" and the answer
	ReasonNoFreshLook  = "no_fresh_look"       // waits: the last answer of the registry is too old to write by
	ReasonUnknown      = "state_unknown"       // waits: the registration's state is not known
	ReasonRefused      = "address_refused"     // the server refused the address for good
	ReasonTooLong      = "tried_too_long"      // temporary failures for longer than is sensible
	ReasonServerDown   = "mail_server_down"    // our mail server was out of reach, or refused us, for that long: tried anew while it is owed
	ReasonUnrendered   = "could_not_be_worded" // the message could not be put into words
)
