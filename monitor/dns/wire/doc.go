// Package wire writes DNS questions and reads answers without allocating: what the prober needs when it asks millions of questions whose
// answers it expects to be what they were.
//
// It checks that an answer belongs to its question, classifies it, and reduces the asked records to a digest that does not depend on
// their order, on compression, or on the case of names. It keeps no records: where an answer is not the expected one, the caller asks
// again and reads it with a full DNS library. Sockets, time and retries are the caller's (RFC 1035, RFC 6891, RFC 9499).
package wire
