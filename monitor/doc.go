// Package monitor watches registrations and delegations: it finds what is due, asks, merges the answers into what is known, judges, and
// reconciles the verdicts with the findings that are stored.
//
// Deciding is done by pure functions of (state, now) that give a named reason: Merge, JudgeLifecycle, RegistrationVerdicts, DNSVerdicts,
// Reconcile, DecideCycle, NextLook, NextDNS, ConfirmRecord, BrakeNeeded. Doing is done by the thin loops of Monitor. A look that gave no
// answer changes no fact and resolves no finding, and a date that passed while nobody could look is unknown, not expired.
//
// The protocols are in its sub-packages (rdap, whois, dns, guard). How rows are kept is the store's business, which jobs run when is the
// engine's, and what is written to whom is decided in notify.
package monitor
