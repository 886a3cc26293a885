package dashboard

import (
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// sourcesView sets side by side what each source last stated on one registration.
type sourcesView struct {
	Sources []sourceView
	Rows    []sourceRow
	Differ  int      // facts on which they disagree
	Mark    markView // says that they do
}

// sourceView is one source, as the head of its column.
type sourceView struct {
	Name     string
	Server   string
	Mark     markView // how its last answer went; never asked successfully reads as such
	Age      string
	Again    string // the last try, when it came to nothing
	Old      bool
	Evidence *int64
}

// sourceRow is one fact as each source states it.
type sourceRow struct {
	Term   string
	Differ bool
	Cells  []sourceCell // one for each source
}

// sourceCell is what one source states on one fact. One of When and Lines carries it; neither: not stated.
type sourceCell struct {
	Source string
	When   *whenView
	Lines  []string
	Mono   bool
}

// sourceFacts are the rows: a fact, the disagreement that concerns it, and what a source's facts say.
var sourceFacts = []struct {
	term, fact string
	date       func(*models.Facts) *time.Time
	lines      func(*models.Facts) []string
	mono       bool
}{
	{term: "Expires at the registry", fact: models.FactExpiry, date: func(f *models.Facts) *time.Time { return f.ExpiresAt }},
	{term: "Expires at the registrar", fact: models.FactExpiry, date: func(f *models.Facts) *time.Time { return f.RegistrarExpiresAt }},
	{term: "Registrar", fact: models.FactRegistrar, lines: func(f *models.Facts) []string { return lines(f.Registrar) }},
	{term: "Status", fact: models.FactStatuses, lines: func(f *models.Facts) []string { return visibleAll(f.Statuses) }, mono: true},
	{term: "Name servers", fact: models.FactNameservers, lines: func(f *models.Facts) []string { return visibleAll(f.Nameservers) }, mono: true},
	{term: "DNSSEC", fact: models.FactDNSSEC, lines: func(f *models.Facts) []string { return lines(dnssecWords(f.DNSSEC)) }},
	{term: "Registered on", fact: models.FactCreated, date: func(f *models.Facts) *time.Time { return f.CreatedAt }},
}

// sourcesOf words the statements of a domain. A fact that nobody states has no row.
func sourcesOf(statements []models.Statement, d dates) sourcesView {
	var v sourcesView
	var asked []*models.Statement
	for _, source := range models.Sources() {
		if s := models.Stated(statements, source); s != nil {
			asked = append(asked, s)
			v.Sources = append(v.Sources, sourceOf(s, d))
		}
	}
	differ := map[string]bool{}
	for _, x := range models.Disagreements(statements) {
		differ[x.Fact] = true
	}
	v.Differ, v.Mark = len(differ), markView{"warn", "s-7", "They differ"}
	if row, stated := registeredRow(asked, differ[models.FactRegistered]); stated {
		v.Rows = append(v.Rows, row)
	}
	for _, f := range sourceFacts {
		row, stated := sourceRow{Term: f.term, Differ: differ[f.fact]}, 0
		for _, s := range asked {
			cell := sourceCell{Source: lookWords(s.Source), Mono: f.mono}
			switch {
			case !s.States():
			case f.date != nil:
				cell.When = d.when(f.date(s.Facts))
			default:
				cell.Lines = f.lines(s.Facts)
			}
			if cell.When != nil || len(cell.Lines) > 0 {
				stated++
			}
			row.Cells = append(row.Cells, cell)
		}
		if stated > 0 {
			v.Rows = append(v.Rows, row)
		}
	}
	return v
}

// registeredRow says who knows the name at all; it is shown only when somebody does not.
func registeredRow(asked []*models.Statement, differ bool) (row sourceRow, shown bool) {
	row = sourceRow{Term: "Registered", Differ: differ}
	for _, s := range asked {
		cell := sourceCell{Source: lookWords(s.Source)}
		switch {
		case s.States():
			cell.Lines = []string{"yes"}
		case s.At != nil:
			cell.Lines, shown = []string{"no such registration"}, true
		}
		row.Cells = append(row.Cells, cell)
	}
	return row, shown
}

func sourceOf(s *models.Statement, d dates) sourceView {
	v := sourceView{Name: lookWords(s.Source), Server: visible(s.Server), Evidence: s.ObservationID, Old: d.old(s.At)}
	if s.At == nil {
		v.Mark, v.Age, v.Old = outcomeMark(s.AskedOutcome), "never answered, asked "+d.age(&s.AskedAt), true
		return v
	}
	v.Mark, v.Age = outcomeMark(s.Outcome), d.age(s.At)
	if !s.AskedOutcome.Answered() && s.AskedAt.After(*s.At) {
		v.Again = "last try " + d.age(&s.AskedAt) + ": " + strings.ToLower(outcomeMark(s.AskedOutcome).Word)
	}
	return v
}

// dnssecWords words what a source says of the delegation's signature; empty: nothing.
func dnssecWords(s models.DNSSEC) string {
	switch s {
	case models.DNSSECSigned:
		return "Signed"
	case models.DNSSECUnsigned:
		return "Not signed"
	case models.DNSSECUnknown:
	}
	return ""
}

// changeView is a fact that took another value.
type changeView struct {
	ISO, At, Field string
	Before, After  string   // of a single value
	Gone, Come     []string // of a list
	Source         string   // who said so; empty: it follows from the time or from what a person said
	Evidence       *int64   // the look that showed it
}

func buildChange(c *models.Change, d dates) changeView {
	v := changeView{ISO: d.iso(c.At), At: d.stamp(c.At), Field: fieldWords(c.Field), Evidence: c.ObservationID}
	if c.Source != "" {
		v.Source = lookWords(c.Source)
	}
	switch c.Field {
	case models.FactNameservers, models.FactParentNS, models.FactStatuses, models.FactDS:
		before, after := listed(c.Before), listed(c.After)
		v.Gone, v.Come = without(before, after), without(after, before)
		if len(v.Gone)+len(v.Come) > 0 {
			return v
		}
	}
	v.Before, v.After = changeWords(c.Field, c.Before, d), changeWords(c.Field, c.After, d)
	return v
}

// listed takes a list apart that is kept as one text.
func listed(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, visible(part))
		}
	}
	return out
}

func without(list, taken []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(taken, s) })
}

// changeWords words one side of a change: dates as days, states and marks as on the rest of the page.
func changeWords(field, value string, d dates) string {
	if value == "" {
		return "nothing"
	}
	switch field {
	case models.FactRegistryExpiry, models.FactRegistrarExpiry, models.FactEffectiveExpiry, models.FactCreated:
		for _, layout := range []string{time.RFC3339, time.DateOnly} {
			if t, err := time.Parse(layout, value); err == nil {
				return d.day(t)
			}
		}
	case models.FactLifecycle:
		return lifecycleWords(models.Lifecycle(value))
	case models.FactDNSSEC:
		if words := dnssecWords(models.DNSSEC(value)); words != "" {
			return strings.ToLower(words)
		}
	}
	return visible(value)
}
