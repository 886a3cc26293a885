package rdap

import "strings"

// eppStatuses maps every status that has a counterpart in EPP to it, by its letters alone: the RDAP spelling and the EPP one differ but in
// blanks and capitals (RFC 8056 section 2), save for two that have another word.
var eppStatuses = func() map[string]string {
	m := map[string]string{"active": "ok", "associated": "linked"}
	for _, s := range []string{
		// RFC 5731 section 2.3
		"clientDeleteProhibited", "clientHold", "clientRenewProhibited", "clientTransferProhibited", "clientUpdateProhibited", "inactive",
		"linked", "ok", "pendingCreate", "pendingDelete", "pendingRenew", "pendingTransfer", "pendingUpdate", "serverDeleteProhibited",
		"serverHold", "serverRenewProhibited", "serverTransferProhibited", "serverUpdateProhibited",
		// RFC 3915 section 3.1
		"addPeriod", "autoRenewPeriod", "pendingRestore", "redemptionPeriod", "renewPeriod", "transferPeriod",
	} {
		m[strings.ToLower(s)] = s
	}
	return m
}()

// rdapStatuses are the values of the RDAP registry without a counterpart in EPP (RFC 9083 section 10.2.2, RFC 8056 section 2), by their
// letters alone.
var rdapStatuses = map[string]string{
	"validated": "validated", "renewprohibited": "renew prohibited", "updateprohibited": "update prohibited",
	"transferprohibited": "transfer prohibited", "deleteprohibited": "delete prohibited", "proxy": "proxy", "private": "private",
	"removed": "removed", "obscured": "obscured", "locked": "locked", "administrative": "administrative", "reserved": "reserved",
}

// eppStatus returns the EPP spelling of a status written in either spelling, with whatever capitals and with or without the address of its
// explanation; else the RDAP value; else the text as stated.
func eppStatus(s string) string {
	s = clean(s, 160)
	if i := strings.Index(strings.ToLower(s), "http"); i > 0 {
		s = strings.TrimRight(s[:i], " -:([<")
	}
	s = clean(s, 80)
	letters := folded(s)
	if e, ok := eppStatuses[letters]; ok {
		return e
	}
	if r, ok := rdapStatuses[letters]; ok {
		return r
	}
	return s
}
