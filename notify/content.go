package notify

// sayer words one text after the other and keeps the first error.
type sayer struct {
	w   *wording
	err error
}

func (s *sayer) line(name string, data any) string {
	text, err := s.w.say(name, data)
	if s.err == nil {
		s.err = err
	}
	return text
}

func (s *sayer) paragraphs(name string, data any) []string {
	text, err := s.w.paragraphs(name, data)
	if s.err == nil {
		s.err = err
	}
	return text
}

// content words the letter: the texts of the one domain's kind, or those for several with a block for each.
func (v *letterView) content(w *wording) (content, error) {
	s := &sayer{w: w}
	kind, data := "several", any(v)
	if !v.Several {
		kind, data = v.items[0].Kind, any(&v.items[0])
	}
	const maxSubject = 150
	c := content{
		Lang: w.lang, Several: v.Several, AgencyName: v.Agency.Name, Tagline: s.line("tagline", v), Greeting: s.line("greeting", v),
		Subject: clean(s.line(kind+".subject", data), maxSubject), Preheader: s.line(kind+".preheader", data), Title: s.line(kind+".title", data),
		StepsHeading: s.line("steps_heading", v), Button: s.line("button", v), ButtonNote: s.line("button_note", v),
		URL: v.URL, URLNote: s.line("url_note", v), HappensHeading: s.line("happens_heading", v), Closing: s.line("closing", v),
		GenuineHeading: s.line("genuine_heading", v), Genuine: s.line("genuine", v), Footer: s.line("footer", v), Signature: s.line("signature", v),
	}
	for _, step := range []string{"1", "2", "3"} {
		c.Steps = append(c.Steps, instruction{s.line(kind+".step"+step, data), s.line(kind+".step"+step+"_text", data)})
	}
	if v.Several {
		c.Lead = s.paragraphs("several.lead", v)
		c.HappensHeading = s.line("happens_heading_several", v)
	}
	for i := range v.items {
		c.Blocks = append(c.Blocks, v.items[i].block(s, v.Several))
	}
	return c, s.err
}

func (v *itemView) block(s *sayer, several bool) block {
	lead := v.Kind + ".lead"
	if several && (v.Kind == kindPlan || v.Kind == kindSoon) {
		lead = "because" // the letter has said the rest for all
	}
	b := block{Lead: s.paragraphs(lead, v), Facts: v.facts(s), After: s.paragraphs(v.Kind+".after", v), Points: v.Points}
	if several {
		b.Heading = s.line(v.Kind+".title", v)
	}
	if len(v.Points) > 0 {
		b.PointsIntro = s.line("depends", v)
	}
	return b
}

func (v *itemView) facts(s *sayer) []fact {
	date := "fact_expires"
	switch {
	case v.Kind == kindUnconfirmed:
		date = "fact_before"
	case v.Days < 0:
		date = "fact_expired"
	}
	facts := []fact{
		{s.line("fact_name", v), v.FullName},
		{s.line(date, v), v.DateShort + ", " + s.line("distance", v)},
	}
	add := func(label, value string, when bool) {
		if when {
			facts = append(facts, fact{s.line(label, v), s.line(value, v)})
		}
	}
	lapsed := v.Kind == kindExpired || v.Kind == kindUnconfirmed
	add("fact_normal", "normal", lapsed && v.SafeUntil != "")
	add("fact_recover", "recover", v.Kind == kindRedemption && v.RecoverUntil != "")
	if v.RegistrarKnown {
		facts = append(facts, fact{s.line("fact_registrar", v), v.Registrar})
	} else {
		add("fact_registrar", "fact_registrar_unknown", true)
	}
	add("fact_autorenew", "autorenew", v.Kind == kindPlan || v.Kind == kindSoon)
	add("fact_checked", "checked", v.Checked != "")
	return facts
}
