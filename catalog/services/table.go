package services

import (
	"cmp"
	"strings"
)

// Row is a record of a template as people read it.
type Row struct {
	Type, Host, Value string
	Temporary         bool // needed only until the service has verified the domain
}

// Row gives a record as people read it, variables as %name%.
func (r *Record) Row() Row {
	row := Row{Type: strings.ToUpper(r.Type), Host: r.Host, Value: r.value(), Temporary: r.essential() == OnApply}
	if row.Host == "" {
		row.Host = r.Name
	}
	switch {
	case row.Type == "SRV":
		row.Host = serviceOwner(row.Host, r.Service, r.Protocol)
		for _, n := range []Number{r.Port, r.Weight, r.Priority} {
			row.Value = string(cmp.Or(n, "0")) + " " + row.Value
		}
	case r.Priority != "":
		row.Value = string(r.Priority) + " " + row.Value
	}
	if row.Host == "" {
		row.Host = apex
	}
	return row
}

// Table writes what a catalogue holds as a table of Markdown, one service a row, for the documentation.
func Table(c *Catalogue) string {
	var b strings.Builder
	b.WriteString("| code | service | needed for | without it | records | source |\n|---|---|---|---|---|---|\n")
	for _, s := range c.Services() {
		n := &s.Notes
		rows := make([]string, 0, len(s.Records))
		for i := range s.Records {
			row := s.Records[i].Row()
			text := row.Type + " `" + row.Host + "` `" + row.Value + "`"
			if row.Temporary {
				text += " (may go after verification)"
			}
			rows = append(rows, text)
		}
		if n.NoRecords != "" {
			rows = append(rows, "none: "+n.NoRecords)
		}
		var marks []string
		if s.HostRequired {
			marks = append(marks, "below the domain only")
		}
		if n.SameAs != "" {
			marks = append(marks, "the record of `"+n.SameAs+"`")
		} else if !s.Discoverable() {
			marks = append(marks, "not discovered")
		}
		source := "<" + n.Source + ">"
		if n.Unverified != "" {
			source += "<br>**not all verified:** " + n.Unverified
		}
		name := s.Title()
		if len(marks) > 0 {
			name += "<br>(" + strings.Join(marks, ", ") + ")"
		}
		cells := []string{"`" + n.Code + "`", name, strings.Join(n.Needs, ", "), n.Breaks, strings.Join(rows, "<br>"), source}
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", "\\|")
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}
