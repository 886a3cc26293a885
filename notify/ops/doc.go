// Package ops tells the agency's own people and programs what happens: signed webhooks (Standard Webhooks), a line in the chat, the morning
// digest by e-mail, and a heartbeat for whoever watches the watcher.
//
// What happened is read from rows, and what is to be told is rows again (dispatches), made in the transaction that marks it as told: a crash
// loses nothing and tells nothing twice, though what was on its way may arrive a second time, under the same ID. What a receiver gets names
// clients by their organisation and domains by their names, never a contact.
//
// The rows are kept by the caller's store. The HTTP client is handed in too, so that it refuses private addresses where it should. Who is
// written to about a domain, and what clients read, is the parent's business.
package ops
