// Package batch asks very many DNS questions over few UDP sockets: messages leave and arrive in batches, one table per socket finds the
// question that an answer belongs to, and one sweeper ends what was not answered in time. A question costs no goroutine, timer or
// channel of its own.
//
// It is safe against forgers in the way a resolver is: ids from a cryptographic source, random ports that are given up often, letters in
// random case, and answers matched by id, source and question. Whom to ask how fast, and what an answer means, is the caller's business;
// so is asking again before anybody is told that something changed.
package batch
