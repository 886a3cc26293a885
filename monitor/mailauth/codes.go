package mailauth

import "slices"

// codes are all that Examine can state, by part.
var codes = []string{
	"spf_missing", "spf_unrecognised", "spf_several", "spf_syntax", "spf_include", "spf_include_gone", "spf_loop", "spf_lookups", "spf_full",
	"spf_voids", "spf_mx", "spf_no_all", "spf_open", "spf_neutral", "spf_after_all", "spf_ptr", "spf_long", "spf_service_missing",
	"spf_service_broken",
	"dkim_gone", "dkim_provider_missing", "dkim_no_key", "dkim_several", "dkim_revoked", "dkim_short", "dkim_broken", "dkim_testing",
	"dkim_weak", "dkim_faults",
	"dmarc_missing", "dmarc_unrecognised", "dmarc_several", "dmarc_syntax", "dmarc_faults", "dmarc_none", "dmarc_part", "dmarc_reports",
	"dmarc_walk", "dmarc_rejects", "dmarc_strict",
	"mx_none", "mx_null", "mx_null_beside", "mx_gone", "mx_alias",
}

// Codes lists the codes of all problems that Examine can state. They are stored as parts of findings: they never change.
func Codes() []string { return slices.Clone(codes) }
