package whois

import "github.com/krestmarketing/deedwatch/models"

// table is phrases of one outcome, by form.
type table struct {
	outcome                    models.Outcome
	is, starts, contains, ends []string
}

// phrases are what servers say in place of a registration.
var phrases = func() phraseBook {
	b := phraseBook{}
	for _, t := range []table{throttledWords, refusedWords, absentWords, reservedWords, brokenWords, invalidWords} {
		b.add(t.outcome, formWhole, t.is)
		b.add(t.outcome, formStart, t.starts)
		b.add(t.outcome, formWithin, t.contains)
		b.add(t.outcome, formEnd, t.ends)
	}
	return b
}()

// throttledWords: come back later.
var throttledWords = table{
	outcome: models.OutcomeThrottled,
	is: []string{
		"too many requests", "throttled", "maximum query rate reached", "server is busy now, try again later", "requests limit exceeded", "quota exceeded",
		"server busy", "busy", "rate limited", "you are rate limited", "you have been throttled", "rate limiting in effect", "out of quota", "quota reached", "slow down", "please slow down", "maximum connection limit reached", "connection limit exceeded", "excessive querying", "server too busy",
	},
	starts: []string{
		"whois limit exceeded", "query rate limit exceeded", "you have exceeded", "your request is being rate limited",
		"the whois query quota for", "error:201: access denied", "your query limit", "queried interval is too short",
		"number of allowed queries exceeded", "you have been rate limited", "lookup quota exceeded", "too many queries", "query limit exceeded",
		"sorry, too many", "too many requests", "error: quota", "denied due to", "server is busy", "you are being rate limited",
	},
	contains: []string{
		"limit exceeded", "still in grace period", "quota exceeded", "quota has been exceeded", "exceeded your quota", "access control limit reached", "maximum query rate",
		"request per second allowed", "requests per second allowed", "request limit", "too many requests", "response_throttled", "query rate exceeded",
		"exceeded the query limit", "exceeded query limit", "exceeded the maximum", "exceeded allowed", "too many connection", "too many simultaneous",
		"exceeded max", "rate limit reached", "limit reached", "you have queried this server too many times", "query interval", "queries within",
		"try again in", "wait 60 seconds", "please wait", "ip address has been temporarily", "too fast", "query quota", "excessive quer",
		"temporarily blocked", "connection rate", "has exceeded", "queries per hour exceeded", "you exceeded", "you reached the limit",
		"server is busy", "busy now", "temporarily not be answered", "temporarily cannot be answered", "daily limit", "daily quota", "too quickly", "too frequent", "slow down", "limite de consultas", "límite de consultas", "limite de requêtes", "trop de requêtes", "zu viele anfragen", "lookups per", "allowed queries exceeded",
	},
	ends: []string{"try again later", "please try again", "retry later", "come back later"},
}

// refusedWords: we may not ask.
var refusedWords = table{
	outcome: models.OutcomeRefused,
	is: []string{
		"access denied", "request denied", "not authorized", "permission denied", "forbidden", "banned", "denied", "connection denied", "no permission", "unauthorized", "unauthorised", "query refused", "connection refused", "ip blocked",
	},
	starts: []string{
		"query_status: 440", "requests of this client are not permitted", "the ip address used to perform the query is not authorised", "your ip address is not authorised", "your connection has been blocked", "unauthorised access",
	},
	contains: []string{
		"ip address blocked", "you have been blocked", "ip blacklisted", "blacklisted", "request denied", "not authorised to access", "access to this whois server is denied",
		"address has been blocked", "connection has been blocked", "ip has been blocked", "access has been blocked", "address is blocked", "host is blocked", "from your address are not", "your access has been", "ip address is not allowed", "access from your ip",
	},
	ends: []string{"access denied"},
}

// brokenWords: the server failed.
var brokenWords = table{
	outcome: models.OutcomeUnreachable,
	is:      []string{"error", "service temporarily unavailable", "internal error", "internal server error", "database error", "service unavailable", "timeout"},
	starts: []string{
		"service temporarily unavailable", "error: database", "server error", "cannot connect to", "can't connect", "could not connect", "connection to database",
		"whois service temporarily", "whois server is temporarily", "internal server error", "could not open", "fatal error", "service is not available", "the service is not available",
	},
	contains: []string{
		"temporarily unavailable", "server is down", "under maintenance", "database is unavailable", "system error", "failed to connect",
		"unable to connect", "currently unavailable", "database connection",
	},
}

// reservedWords: nobody can register it in the ordinary way.
var reservedWords = table{
	outcome: models.OutcomeReserved,
	is: []string{
		"restricted", "reserved", "reserved name", "reserved domain name", "reserved by registry", "domain reserved", "premium", "blocked", "domain is reserved",
		"this name is reserved", "status: reserved", "the domain you requested is prohibited", "this domain is reserved", "the domain is reserved",
		"domain not available", "not allowed", "domain blocked", "forbidden name", "name is reserved", "registry reserved",
	},
	starts: []string{
		"reserved by", "restricted -", "registration of this domain", "not available for second-level registration", "reserved domain", "reserved -", "reserved:", "name is reserved", "name is restricted", "name reserved", "the registration of this domain is restricted",
		"premium domain", "this name is not available for registration", "this platinum domain", "this premium domain", "this domain cannot be registered", "this domain name cannot be registered", "blocked:", "domain reserved",
		"this name is reserved", "the domain you requested is prohibited", "the domain has been blocked", "domain name is reserved", "reserved list",
		"this domain name is reserved", "the domain name is reserved", "domain is reserved", "dns reserved", "the name is reserved", "reserved for",
	},
	contains: []string{
		"is restricted from registration", "is reserved by", "has been reserved by", "is a reserved name", "is a reserved domain", "name is reserved", "domain is reserved",
		"is prohibited from registration", "reserved for future", "this name is not available", "is not available for registration",
		"can not be registered", "cannot be registered", "can't be registered", "not available for registration", "is blocked by", "is a premium",
		"reserved by the registry", "reserved by registry", "not delegable", "blocked from registration", "restricted by registry", "is on the reserved",
		"is a blocked", "on the blocked list", "domain reserved", "reserved domain", "name reserved", "is not open for registration", "may not be registered",
		"not available for second level registration", "excluded from registration", "registry reserved", "on reserved list", "on a reserved list", "is reserved", "has been blocked by", "is not registrable", "not eligible for registration",
	},
}

// invalidWords: the server says that the name can't exist there, or that it did not understand the question.
var invalidWords = table{
	outcome: models.OutcomeInvalid,
	is: []string{
		"invalid", "invalid domain name", "invalid query", "invalid request", "bad request", "malformed request", "invalid input", "bad query", "syntax error",
		"unknown command", "illegal input", "incorrect domain name", "wrong query", "parameter value syntax error", "incorrect query", "invalid pattern", "invalid domain",
		"malformed query", "this is not a valid domain name", "error: invalid domain name", "not a valid domain name", "not a valid domain", "bad domain name",
	},
	starts: []string{
		"invalid domain", "invalid parameter", "invalid query string", "error: invalid", "illegal character", "error 100", "invalid characters", "query_status: 5", "query_status: 4",
		"malformed", "invalid input", "invalid request", "bad request", "unknown tld", "unsupported tld", "tld not supported", "tld is not supported", "the domain contains",
		"no whois server", "query_status: 500", "this tld has no", "tld not", "incorrect domain", "wrong domain", "invalid name", "the domain name is not valid",
		"error:invalid", "error:101", "error: 101", "parameter value",
	},
	contains: []string{
		"is not valid", "is not a valid domain", "is an invalid domain", "contains invalid characters", "is invalid", "not valid domain", "unassignable",
		"valid domain name", "invalid domain name", "invalid character", "not a valid", "is too short", "is too long", "illegal character",
		"zone is not served", "not supported by this", "this server does not", "we do not serve", "not supported tld", "not in the list of served", "syntax error", "request is not supported",
	},
}
