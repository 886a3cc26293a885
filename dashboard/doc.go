// Package dashboard is Deedwatch's face on the web: the pages for staff, the client's page behind a signed link, and the two health
// endpoints. Pages are rendered on the server with html/template and need no script.
//
// A handler parses the request, asks the store one question and renders the answer; what may be asked by whom stands in one table
// (routes.go). What is due, bad or owed is decided elsewhere and arrives as rows; the package leaves queries to the store, the recording of
// answers to notify, and the listener with its timeouts to whoever wires it.
//
// Everything that came from outside (registrars, name servers, mail servers, clients) reaches a page through html/template's escaping, and
// in no other way.
package dashboard
