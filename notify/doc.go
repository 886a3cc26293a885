// Package notify tells owners, in time and provably, that renewing is theirs to do: what is owed (Plan), how it reads (Renderer), handing it
// over and trying again (Deliverer), the signed way in (Signer) and what the client answered (Answers).
//
// Deciding is pure: Plan, Quiet and the look right before sending are functions of rows and an instant and give named reasons. Doing is a
// thin loop over the store, whose few methods each consumer states as an interface of its own. The package never looks at a registry, a
// name server or a clock by itself, never marks a finding resolved, and speaks no SMTP: notify/email does.
package notify
