package models

import "strings"

// eppStatuses are the statuses of RFC 5731 section 2.3 and RFC 3915 section 3.1, by their lower-case spelling.
var eppStatuses = func() map[string]string {
	known := map[string]string{}
	for _, s := range []string{
		"addPeriod", "autoRenewPeriod", "renewPeriod", "transferPeriod", "redemptionPeriod", "pendingRestore", "pendingDelete",
		"pendingTransfer", "pendingCreate", "pendingRenew", "pendingUpdate", "clientHold", "serverHold", "clientTransferProhibited",
		"serverTransferProhibited", "clientDeleteProhibited", "clientRenewProhibited", "clientUpdateProhibited", "serverDeleteProhibited",
		"serverRenewProhibited", "serverUpdateProhibited", "inactive", "ok",
	} {
		known[strings.ToLower(s)] = s
	}
	return known
}()

// EPPStatus gives a status as EPP spells it, whatever the case; ok is false for a word that EPP does not have. A bare "active" is none: it may
// be the wording of any registry.
func EPPStatus(word string) (status string, ok bool) {
	status, ok = eppStatuses[strings.ToLower(word)]
	return status, ok
}
