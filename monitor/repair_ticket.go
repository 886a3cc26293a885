package monitor

import (
	"strings"
	"unicode"

	"github.com/krestmarketing/deedwatch/models"
)

// maxRepairText is the most that is kept of one text from outside, in bytes; a TXT record of several kilobytes is no record any more.
const maxRepairText = 4096

// oneLine makes a text from outside safe to stand in a line of a ticket: printable, and on one line.
func oneLine(s string) string {
	if len(s) > maxRepairText {
		s = s[:maxRepairText]
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, " ")))
}

// ticket writes the repair as plain text.
func (w *repairer) ticket() string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "") + "\n") }
	line("DNS of ", oneLine(w.c.Domain), ": ", w.what())
	line("")
	line(w.r.Summary)
	if w.rec.Purpose != "" {
		line("Why it matters: ", strings.TrimSuffix(oneLine(w.rec.Purpose), "."), ".")
	}
	if w.r.Where != "" {
		line("")
		line("Where: ", w.r.DNSHost, ", ", w.r.Where)
	}
	section := func(title string, entries []models.RepairEntry) {
		if len(entries) == 0 {
			return
		}
		line("")
		line(title)
		for i, e := range entries {
			if i > 0 {
				line("")
			}
			for _, f := range e.Fields {
				line("  ", f.Label, ": ", fieldText(f))
			}
		}
	}
	section(removeTitle(w.r.Action), w.r.Remove)
	section(enterTitle(w.r.Action), w.r.Enter)
	if len(w.r.Notes) > 0 {
		line("")
		for _, n := range w.r.Notes {
			line("- ", n)
		}
	}
	return b.String()
}

func removeTitle(a models.RepairAction) string {
	if a == models.RepairReplace {
		return "There now, to be replaced:"
	}
	return "Remove:"
}

func enterTitle(a models.RepairAction) string {
	switch a {
	case models.RepairReplace, models.RepairExtend:
		return "Change to:"
	case models.RepairSync:
		return "As it should be on every server:"
	case models.RepairDelegation:
		return "The record:"
	case models.RepairCreate, models.RepairRemove:
	}
	return "Create:"
}

func fieldText(f models.RepairField) string {
	switch {
	case f.Hint == "":
		return f.Value
	case f.Value == "":
		return "(" + f.Hint + ")"
	}
	return f.Value + "   (" + f.Hint + ")"
}
