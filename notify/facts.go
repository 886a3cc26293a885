package notify

// facts gives the lines of a notice's table. The value of a line is a fact as it stands, or a text of its own.
func (v *itemView) facts(s *sayer) []fact {
	f := factList{s: s, v: v}
	switch {
	case v.kind.access():
		f.access()
	case v.kind.dated():
		f.dated()
	default:
		f.beside()
	}
	return f.facts
}

type factList struct {
	s     *sayer
	v     *itemView
	facts []fact
}

// value adds a line when there is something to say.
func (f *factList) value(label, value string) {
	if value != "" {
		f.facts = append(f.facts, fact{f.s.line(label, f.v), value})
	}
}

// text adds a line with a text when it is wanted.
func (f *factList) text(label, text string, when bool) {
	if when {
		f.value(label, f.s.line(text, f.v))
	}
}

func (f *factList) registrar() {
	f.text("fact_registrar", "fact_registrar_unknown", !f.v.RegistrarKnown)
	if f.v.RegistrarKnown {
		f.value("fact_registrar", f.v.Registrar)
	}
}

// dated is for the kinds that say a date of expiry.
func (f *factList) dated() {
	v, base := f.v, f.v.kind.base()
	f.value("fact_name", v.FullName)
	label := "fact_expires"
	switch {
	case base == kindUnconfirmed:
		label = "fact_before"
	case v.Days < 0:
		label = "fact_expired"
	}
	f.text(label, "date_distance", v.Date != "")
	if v.Date == "" {
		f.value("fact_lapse", v.Since)
	}
	f.value("fact_old", v.oldIf(base == kindRenewed))
	f.text("fact_normal", "normal", (base == kindExpired || base == kindUnconfirmed) && v.SafeUntil != "")
	f.text("fact_recover", "recover", (base == kindRedemption || base == kindPendingDelete) && v.RecoverUntil != "" && !v.Gone)
	f.registrar()
	f.text("fact_autorenew", "autorenew", base == kindPlan || base == kindSoon)
	f.text("fact_checked", "checked", v.Checked != "")
}

func (v *itemView) oldIf(when bool) string {
	if when {
		return v.OldDate
	}
	return ""
}

// beside is for the kinds that do not go by the date.
func (f *factList) beside() {
	v := f.v
	f.value("fact_name", v.FullName)
	switch v.kind {
	case kindHold:
		f.value("fact_hold", v.Since)
		f.value("fact_status", v.Statuses)
	case kindTransfer:
		f.value("fact_transfer", v.Since)
	case kindAttest:
		f.value("fact_asked", v.Since)
	case kindRecords:
		f.value("fact_confirmed", v.Since)
		f.value("fact_dns_host", v.DNSHost)
		f.value("fact_where", v.Where)
	case kindRetraction:
		f.value("fact_retracted", v.RetractedSubject)
		f.value("fact_retracted_on", v.RetractedOn)
		f.value("fact_retracted_reference", v.RetractedReference)
	default: // the others go by the date or speak of an access
	}
	f.text("fact_expires", "date_only", v.Date != "")
	f.registrar()
	f.text("fact_checked", "checked", v.Checked != "")
}

func (f *factList) access() {
	v := f.v
	f.value("fact_platform", v.Platform)
	f.value("fact_asset", v.Asset)
	f.value("fact_role", v.GrantRole)
	f.value("fact_holder", v.Holder)
	f.value("fact_method", v.MethodWords)
	f.value("fact_where", v.Where)
	f.value("fact_purpose", v.Purpose)
	f.value("fact_asked", v.Since)
	f.value("fact_review", v.ReviewDue)
}
