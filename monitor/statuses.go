package monitor

import (
	"slices"
	"strings"
	"unicode"

	"github.com/krestmarketing/deedwatch/models"
)

// The EPP statuses (RFC 5731 section 2.3, RFC 3915 section 3.1) that the judge reads.
const (
	statusAutoRenew       = "autoRenewPeriod"
	statusRenewed         = "renewPeriod"
	statusTransferred     = "transferPeriod"
	statusAdded           = "addPeriod"
	statusRedemption      = "redemptionPeriod"
	statusPendingDelete   = "pendingDelete"
	statusPendingRestore  = "pendingRestore"
	statusPendingTransfer = "pendingTransfer"
	statusClientHold      = "clientHold"
	statusServerHold      = "serverHold"
	statusClientLock      = "clientTransferProhibited"
	statusServerLock      = "serverTransferProhibited"
	statusClientNoRenew   = "clientRenewProhibited"
	statusServerNoRenew   = "serverRenewProhibited"
	statusInactive        = "inactive"
)

// statusLapsed is our own word for what EPP has none for: the date has passed, the registry did not renew by itself, and the holder still can.
const statusLapsed = "lapsed"

// meaning is what a registry's own word for a status comes to.
type meaning struct {
	word   string // letters alone, lower case
	suffix string // where it means that; empty: everywhere
	status string
	source string
}

// meanings are registries' own words whose meaning is certain. What is not listed means nothing to the judge, and is shown as stated.
var meanings = []meaning{
	{"inquarantine", "nl", statusRedemption, "SIDN, Redeeming a quarantined domain name: 40 days, for the last registrant alone"},
	{"inquarantaine", "nl", statusRedemption, "SIDN, the same in Dutch"},
	{"quarantine", "eu", statusRedemption, "EURid, Registration Policy section 9: 40 days, can be reactivated"},
	{"quarantine", "be", statusRedemption, "DNS Belgium, Life cycle of a domain name: 40 days, can be reactivated"},
	{"redemption", "", statusRedemption, "AFNIC and CIRA write the status of RFC 3915 so"},
	{"redemptiongraceperiod", "", statusRedemption, "the name of the period in RFC 3915 section 1"},
	{"pendingrelease", "nz", statusRedemption, "InternetNZ, .nz rules: 90 days after cancellation, can be reinstated"},
	{"autorenewgrace", "", statusAutoRenew, "CIRA writes the status of RFC 3915 so"},
	{"autorenewgraceperiod", "", statusAutoRenew, "the name of the period in RFC 3915 section 3.1"},
	{"graceperiod", "fi", statusLapsed, "Traficom, Domain name life cycle: 30 days after the validity has ended, can be renewed"},
	{"renewalrequired", "uk", statusLapsed, "Nominet, Registration status: the expiry date has passed, can be renewed for 90 days"}, //nolint:misspell // the registry's name
	{"expired", "cz", statusLapsed, "CZ.NIC, Domain life cycle: past its expiration, can be renewed until it is deleted"},
	{"expired", "rs", statusLapsed, "RNIDS, General terms: 30 days after expiry, can be renewed"},
	{"expired", "tz", statusLapsed, "tzNIC runs the same registry software as CZ.NIC"},
	{"expired", "cr", statusLapsed, "NIC Costa Rica runs the same registry software as CZ.NIC"},
	{"expired", "ro", statusLapsed, "RoTLD, Domain status: expired, can be renewed"},
	{"domexp", "sk", statusLapsed, "SK-NIC, Domain states: DOM_EXP, can be renewed"},
	{"tobedeleted", "cz", statusPendingDelete, "CZ.NIC, Domain states: deleteCandidate"},
	{"tobedeleted", "tz", statusPendingDelete, "tzNIC runs the same registry software as CZ.NIC"},
	{"tobedeleted", "cr", statusPendingDelete, "NIC Costa Rica runs the same registry software as CZ.NIC"},
	{"suspended", "", statusServerHold, "JPRS, EURid and others: taken out of the zone"},
	{"deactivated", "", statusServerHold, "Punktum dk and The Swedish Internet Foundation: taken out of the zone"},
	{"outofservice", "be", statusServerHold, "DNS Belgium: taken out of the zone"},
	{"dnshold", "", statusServerHold, "Registro .it: taken out of the zone"},
	{"domheld", "sk", statusServerHold, "SK-NIC, Domain states: DOM_HELD"},
	{"notdelegated", "", statusInactive, "Coordination Center for TLD RU: no name servers in the zone"},
	{"transferlocked", "il", statusClientLock, "ISOC-IL, Domain status: Transfer Locked"},
	{"transferprohibited", "", statusClientLock, "Afilias and CentralNic wrote the status of RFC 5731 so"},
	{"registrarlock", "", statusClientLock, "the status of the Registry Registrar Protocol (RFC 2832) before EPP"},
	{"sponsoringregistrarchangeforbidden", "", statusServerLock, "registries with CZ.NIC's software: serverTransferProhibited"},
}

// inEPP gives what the statuses of a registration come to in EPP's words, and in statusLapsed.
func inEPP(statuses []string, suffix string) []string {
	if !slices.ContainsFunc(statuses, func(s string) bool { epp, ok := models.EPPStatus(s); return !ok || epp != s }) {
		return statuses
	}
	out := make([]string, 0, len(statuses))
	for _, s := range statuses {
		for part := range strings.SplitSeq(s, " / ") {
			out = append(out, plainStatus(part, suffix))
		}
	}
	return out
}

// plainStatus gives the EPP status that one word stands for, or the word.
func plainStatus(word, suffix string) string {
	plain, _, _ := strings.Cut(word, "(") // remarks such as "(Legacy)" change nothing
	folded := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, plain)
	if status, ok := models.EPPStatus(folded); ok {
		return status
	}
	for _, m := range meanings {
		if m.word == folded && (m.suffix == "" || m.suffix == suffix || strings.HasSuffix(suffix, "."+m.suffix)) {
			return m.status
		}
	}
	return word
}

func has(r *models.Registration, statuses ...string) bool {
	return slices.ContainsFunc(statuses, func(s string) bool { return slices.Contains(r.Statuses, s) })
}

// speaksEPP reports whether the registration's statuses are those of EPP, so that their silence means something.
func speaksEPP(r *models.Registration) bool {
	return slices.ContainsFunc(r.Statuses, func(s string) bool { _, ok := models.EPPStatus(s); return ok })
}

// lapsing reports whether the registry is on its way to delete the name.
func lapsing(r *models.Registration) bool {
	return has(r, statusRedemption, statusPendingDelete, statusPendingRestore)
}
