package whois

import "github.com/krestmarketing/deedwatch/models"

// absentWords are the forms of "no such registration" that a line's words alone do not show (deny.go reads those), and the commonest ones, which
// count in longer lines too.
var absentWords = table{
	outcome: models.OutcomeAbsent,
	is: []string{
		"not found", "no match", "no data found", "no entries found", "domain unknown", "nomatch", "no_such_domain", "notfound", "domain available",
		"unknown domain", "object unknown",
	},
	starts: []string{
		"no match for", "no match!!", "no matching", "not found:", "not found -", "no data found", "no entries found", "no entries in", "no records matching", "no records found",
		"no such domain", "domain not found", "no object found", "no whois information", "no information available about", "the queried object does not exist", "the requested domain was not found",
		"this domain name has not been registered", "the domain has not been registered", "error:no entries", "error: no entries", "error:103", "error: 103", "error:101: no entries",
		"this query returned 0 objects", "we do not have an entry", "query_status: 220", "available for registration", "available for purchase", "available for reg",
		"el dominio no se encuentra", "no se encontr", "no se ha encontrado", "no existe", "no hay", "nincs", "nu exista",
		"object_not_found", "domain_not_found", "notfound", "el dominio está disponible", "domaine inconnu", "domain unknown", "nxdomain", "nonexistent domain", "unknown domain", "unregistered domain", "invalid query or domain name not known",
		"this domain is available", "the domain is available", "this domain name is available", "the domain name is available", "el objeto no existe",
	},
	contains: []string{
		"is available for registration", "is available for purchase", "is available for reg", "can be registered", "is free for registration", "is not in the database", "not available in our whois database",
		"was not found in", "not found in the database", "not found in our database", "not found in database", "does not exist in database", "no match for domain", "no entries found for",
		"domain_not_found", "no_such_domain", "n'existe pas", "nie istnieje", "domaine inexistant", "not in database", "is still available", "is not in use", "no object found", "no information available about domain",
		"domain name not known", "has not been registered", "no se encuentra registrado", "no se encuentra registrada", "이용 가능", "ei ole rekister", "not in the whois database", "not in our database", "not in the registry",
		"is not registered in", "is not currently registered", "was not found on",
	},
}
