// Package whois asks registries over WHOIS (RFC 3912) and reads their answers.
//
// WHOIS has no grammar: every registry prints its own form, and many print prose. Parse reads an answer in a fixed order. A registration
// needs positive proof: the answer names the domain that was asked for and states something that only a registration has. Without that
// the text is searched for what servers say instead (throttled, refused, reserved, invalid, broken, no such registration), never inside
// terms of use and never in a sentence about all names or another subject. What is neither stays unparsed, with what was skipped. A date
// is kept only when it can be read one way; the order of day and month comes from the answer itself, from the registry's dialect, or from
// nowhere.
//
// Most registries need no description of their own: labels.go, labelwords.go, dates.go, status.go, phrases.go, deny.go and sentence.go are
// the common form, which reads unknown labels of dates and unknown wordings of "not found" by their words. A dialect settles what a
// registry leaves open, such as the order of day and month or the zone of a printed time. It is chosen by server, suffix or the shape of
// the text. A new one is one value in dialects.go and one text in testdata.
//
// github.com/likexian/whois carries the query; it gets an explicit server, no referrals, a fresh client each time and a dialer of ours.
// github.com/likexian/whois-parser is not consulted: where it and these tables differ it believed a refusal or read a date wrongly. It is
// what the benchmark compares with. Politeness between looks, merging with RDAP and judging are left to package monitor.
package whois
