package dashboard

import (
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// repairView says how a broken record is put right: fields to copy one by one, and the whole as a text for a ticket.
type repairView struct {
	Summary string
	Side    string
	Where   string
	Remove  repairList
	Enter   repairList
	Notes   []string
	Ticket  string
}

// repairList is some records as a DNS host's form has them.
type repairList struct {
	Title   string
	Entries [][]repairField
}

// repairField is one field of such a form.
type repairField struct{ Label, Value, Hint string }

// repairs adds to each broken record how it is put right. Without a way to tell, nothing is added.
func (v *recordsView) repairs(repair func(models.RepairCase) (models.Repair, bool), dv *models.DomainView) {
	if repair == nil {
		return
	}
	w := &dv.Watched
	c := models.RepairCase{Domain: w.Domain.Name, Others: w.Records, Delegation: w.Delegation}
	if w.Registration != nil {
		c.Registrar = w.Registration.Registrar
	}
	for i := range v.Rows {
		c.Record = *v.Rows[i].record
		if r, ok := repair(c); ok {
			v.Rows[i].Repair = buildRepair(r)
		}
	}
}

func buildRepair(r models.Repair) *repairView {
	v := &repairView{
		Summary: visible(r.Summary), Side: sideWords(r.Side), Where: visible(r.Where), Notes: visibleAll(r.Notes), Ticket: visibleLines(r.Ticket),
		Remove: repairRecords("To be removed", r.Remove), Enter: repairRecords("To be entered", r.Enter),
	}
	if r.Action == models.RepairReplace {
		v.Remove.Title = "There now, to be replaced"
	}
	if r.Where != "" {
		v.Where = visible(r.DNSHost + ": " + r.Where)
	}
	return v
}

func repairRecords(title string, entries []models.RepairEntry) repairList {
	l := repairList{Title: title}
	for _, e := range entries {
		var fields []repairField
		for _, f := range e.Fields {
			fields = append(fields, repairField{visible(f.Label), visible(f.Value), visible(f.Hint)})
		}
		l.Entries = append(l.Entries, fields)
	}
	return l
}

// visibleLines makes hidden characters seen and keeps the lines.
func visibleLines(text string) string {
	return strings.Join(visibleAll(strings.Split(text, "\n")), "\n")
}

// sideWords says in whose hands a repair is.
func sideWords(side string) string {
	switch side {
	case models.SideParent:
		return "for the client, at the registrar"
	case models.SideClient:
		return "for the client, in its zone"
	case models.SideAgency:
		return "ours"
	case models.SideProvider:
		return "for the DNS host's support"
	}
	return visible(side)
}
