// Package whois asks registries over WHOIS (RFC 3912) and reads their answers.
//
// WHOIS has no grammar: every registry prints its own form, and many print prose. Parse reads an answer in a fixed order. First it
// looks for what is no answer at all (throttled, refused, reserved, invalid, broken), then for "no such registration", and only then
// for a registration, which needs positive proof: the answer names the domain that was asked for and states something on it. A date is
// kept only when it can be read one way; the order of day and month comes from the suffix, from the answer itself or from nowhere.
// All of that is tables: labels, phrases, months, zones. A new dialect is a new row.
//
// github.com/likexian/whois carries the query; it gets an explicit server, no referrals, a fresh client each time and a dialer of ours.
// github.com/likexian/whois-parser is not consulted: where it and these tables differ it believed a refusal or read a date wrongly.
// Politeness between looks, merging with RDAP and judging are left to package monitor.
package whois
