// Package lab is a small internet on loopback that misbehaves on request.
//
// It serves one described World: root, top-level and authoritative DNS servers,
// an RDAP and a WHOIS service per suffix, registrars' RDAP, and an SMTP server
// that keeps what it receives. States of registrations are computed from the
// clock it is given, so a caller who moves that clock watches domains expire.
// Every service can be told to fail in the ways the real ones do, and a journal
// tells what was asked, when, and how many questions overlapped.
//
// The package is an independent witness: it imports nothing of the product and
// has its own encoders, so a mistake in a parser is not mirrored by the same
// mistake in what the parser is tested with. It leaves all judgement, all
// decoding and all sending of mail to others, and it never leaves loopback.
package lab
