// Package rdap asks registries over RDAP (RFC 9082, RFC 9083) and reads their answers.
//
// It knows which server is responsible (RFC 9224, with an embedded seed, a copy on disk and overrides from the configuration), asks it
// within bounds, and turns what came back into a models.Look: the outcome apart from the facts. Parse is pure and total: no answer, however
// broken or hostile, makes it panic or state a date that the registry did not state.
//
// Rate limits between looks, circuit breaking, merging with other sources and judging are left to package monitor. The answers are
// decoded by code of our own: registries send null members, objects where lists belong, wrong types and members twice, and one bad member
// must not cost the rest of the answer.
package rdap

//go:generate go run ./internal/seedgen -table internal/seedgen/servers.txt -out seed.json
