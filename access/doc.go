// Package access holds the register's rules: which access a client has delegated to the agency, how such a grant comes about, is
// verified, reviewed and taken back, and that nothing which looks like a secret is ever written down.
//
// The rules are pure functions of (grant, action, now). Register is the thin loop that applies them to stored rows. The register knows
// what was delegated; it never acts on a platform, and it keeps no password: there is no field for one.
package access
