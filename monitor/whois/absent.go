package whois

// absentWords: no such registration.
var absentWords = table{
	is: []string{
		"no match", "not found", "no found", "no data found", "available", "no entries found", "no entry found", "no records found", "no record found",
		"nothing found", "no match found", "no matches found", "object does not exist", "no such domain", "no object found", "domain not found", "no matching record",
		"key not found", "domain name not found", "domain unknown", "free", "not registered", "no matching records", "no information found", "unregistered",
		"the domain has not been registered", "domain is available", "domain not registered", "object not found", "no results", "no result", "no data",
		"domain is not registered", "is free", "nomatch", "no domain found", "no domains found", "domain does not exist", "entry not found", "record not found",
		"no_such_domain", "the queried object does not exist", "no record", "notfound", "status: free", "status: available", "no information", "no name",
		"domain name is available", "status: not registered", "no objects found", "domain status: available", "domain status: no object found",
		"the domain is available", "this domain is available", "no domain records were found", "domain: not found", "domain available", "does not exist",
	},
	starts: []string{
		"no match for", "no match!!", "no match found", "no matches", "no matching", "not found:", "not found -", "no data found", "no entries found", "no entries in",
		"no records matching", "no record found", "no records found", "no records match", "the queried object does not exist", "queried object does not exist",
		"object does not exist", "no such domain", "no such name", "no object found", "nothing found", "no found", "not found ", "error:103: domain is not registered",
		"error: no entries", "error:no entries", "%error: no entries", "error: no", "error:101: no entries", "error:103", "error: 103", "domain not found",
		"this query returned 0 objects", "we could not find", "we do not have an entry", "this domain name has not been registered",
		"this domain has not been registered", "no information available", "no information about", "sorry, but domain", "query_status: 220",
		"the domain has not been registered", "the requested domain was not found", "the domain name you", "no domain records", "no domain found", "no domain exists", "no results", "domain is available",
		"domain name is available", "status: available", "status: free", "status: not registered", "domain status: no object found",
		"domain status: available", "unable to find", "can't find", "cannot find", "could not find", "can not find", "not in database", "is free",
		"not registered", "no existe", "is available", "available for registration", "available for purchase", "available for reg", "there is no information", "there is no record", "there is no such", "there is no domain", "unknown domain", "el dominio no se encuentra", "no se encontr",
		"nincs", "nu exista", "object_not_found", "notfound", "nothing matches", "disponible", "el dominio está disponible", "domaine inconnu", "unregistered", "no whois information", "no data was found", "no hay",
		"invalid query or domain name not known",
	},
	contains: []string{
		"no entries found", "no match for", "no data found", "no records matching", "not found in database", "not found in our database", "was not found",
		"is available for registration", "is available for purchase", "is available for reg", "available for registration", "does not exist in database",
		"domain name not known", "is not registered", "not been registered", "is not registred", "not registred", "no se encuentra registrado", "is still available",
		"no information available about domain", "could not be found", "is not in the database", "doesn't exist", "domain not found", "not found in the",
		"no object found", "no matching objects found", "no such domain", "has not been found", "no encontrado", "domain_not_found",
		"nao encontrado", "não encontrado", "no está registrado", "not registered in", "is currently available", "등록되어 있지 않", "is not currently registered",
		"no registered domain", "is unregistered", "no está registrada", "not currently registered", "이용 가능", "該当するデータがありません",
		"is free for registration", "domain is free", "no records exist", "ei ole rekister", "domain is available", "could not find",
		"not been found",
	},
	ends: []string{
		"not found", "is free", "is available", "no existe", "does not exist", "not registered", "no match", "is not found", "is unassigned", "not exist",
		"can not be found", "no entries found", "no object found", "no data found",
	},
}
