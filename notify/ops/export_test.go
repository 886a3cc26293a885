package ops

import (
	"maps"
	"slices"
)

// What the tests look at from outside.
var (
	Plain     = plain
	DigestDue = digestDue
	ChatNext  = chatNext
	Hidden    = hidden
)

// WebhookLadder is the literal table.
var WebhookLadder = webhookLadder

// Told reports as what a kind of the ledger's lines is told, Untold why it is not.
func Told(kind string) string { return ledgerKinds[kind].kind }

// Untold says why a kind of the ledger's lines is not told; empty: it is, or nobody has decided.
func Untold(kind string) string { return untold[kind] }

// Decided lists the kinds of the ledger's lines about which it is decided whether they are told.
func Decided() []string {
	return slices.Concat(slices.Collect(maps.Keys(ledgerKinds)), slices.Collect(maps.Keys(untold)))
}
