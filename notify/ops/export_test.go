package ops

// What the tests look at from outside.
var (
	Plain     = plain
	DigestDue = digestDue
	ChatNext  = chatNext
	Hidden    = hidden
)

// WebhookLadder is the literal table.
var WebhookLadder = webhookLadder
