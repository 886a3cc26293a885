// Package dns looks at the delegation of a domain and at the records that a client created for the agency's services.
//
// It walks from the root hints to the parent's servers, takes the delegation from there, asks every authoritative server itself (never a
// recursive resolver) and compares the answers with the expected records. What it states is one models.DelegationLook: both sides of the
// delegation, a verdict on each record, and a transcript as evidence. Servers that give no usable answer never turn into a statement on
// the zone: "could not look" is apart from "looked, and it is bad".
//
// LookMail asks in the same way for the records of mail authentication; what they mean is monitor/mailauth's.
//
// It leaves to others: when to look and whether a second look confirms a verdict (monitor), which addresses of the internet may be dialled
// (Options.Refuse), what a verdict means for people, and validation of every answer by DNSSEC: of a signed zone, only the signatures over
// its keys and its SOA are checked, for what is about to break. Answers are believed for the zone that the asked server was delegated, and
// nothing else in them is.
package dns
