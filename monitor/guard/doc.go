// Package guard dials for the looks, and refuses addresses that a look has no business with: loopback, private, link-local, shared
// (CGNAT), documentation, benchmarking, multicast and reserved ranges, and IPv6 forms that embed one of them.
//
// The check runs after the name was resolved and before the connection is made, on the very address that is dialled, so a name that
// resolves differently the second time (DNS rebinding) gains nothing. The same dialer serves every hop of an HTTP redirect.
//
// What is asked, how often, and what an answer means is left to the packages that dial through it.
package guard
