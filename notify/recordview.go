package notify

import (
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// RepairFunc says how a broken record is put right; ok is false when there is nothing to say.
type RepairFunc func(models.RepairCase) (r models.Repair, ok bool)

// recordView is one record to put right, as a letter shows it.
type recordView struct {
	view   itemView // with the record's own fields
	enter  []models.RepairEntry
	remove []models.RepairEntry
	notes  []string
}

// broken reports whether a record is judged, and not right.
func broken(r *models.ExpectedRecord) bool { return r.State.Judged() && !r.State.Right() }

// told reports whether a record has a finding of its own, and none that explains it. Without findings, every broken record counts.
func told(r *models.ExpectedRecord, findings []models.Finding) bool {
	name := r.Host + " " + r.Type // more may follow where several rows share these
	return len(findings) == 0 || slices.ContainsFunc(findings, func(f models.Finding) bool { return f.Subject == name || strings.HasPrefix(f.Subject, name+" ") })
}

// concerned gives the records whose purpose a notice tells: none where the name does its work, and none where each record tells its own.
func concerned(k kind, records []models.ExpectedRecord) []models.ExpectedRecord {
	switch k {
	case kindRenewed, kindRetraction, kindAttest, kindRecords:
		return nil
	default:
		return records
	}
}

// brokenSince gives when the newest of the broken records was confirmed.
func brokenSince(records []models.ExpectedRecord, now time.Time) *time.Time {
	var since *time.Time
	for i := range records {
		if r := &records[i]; broken(r) && r.StateAt != nil && (since == nil || r.StateAt.After(*since)) {
			since = r.StateAt
		}
	}
	if since == nil {
		return &now
	}
	return since
}

// setRecords fills in the records to put right, without those that are the agency's own work. What a DNS host has to do, its customer asks of it.
func (v *itemView) setRecords(item *models.LetterItem, repair RepairFunc) {
	if v.kind != kindRecords {
		return
	}
	for i := range item.Records {
		r := &item.Records[i]
		if !broken(r) || !told(r, item.Findings) {
			continue
		}
		c := models.RepairCase{Domain: item.Domain.Name, Registrar: item.Domain.Registrar, Record: *r, Others: item.Records, Delegation: item.Delegation}
		fix, ok := models.Repair{}, false
		if repair != nil {
			fix, ok = repair(c)
		}
		if !ok {
			fix = plainRepair(r)
		}
		if fix.Side == models.SideAgency {
			continue
		}
		v.RecordCount++
		v.DNSHost, v.Where = named(fix.DNSHost, 80), v.w.path(fix.Where, " > ")
		v.records = append(v.records, v.record(r, fix))
	}
}

// record puts one record into view.
func (v *itemView) record(r *models.ExpectedRecord, fix models.Repair) recordView {
	view := *v
	view.RecordType, view.RecordHost, view.RecordAction = named(r.Type, 16), unicodeName(r.Host), string(fix.Action)
	view.RecordEssential, view.Purpose = r.Essential, v.w.purpose(named(r.Purpose, 160))
	view.DNSHost, view.Where = named(fix.DNSHost, 80), ""
	out := recordView{view: view, enter: fix.Enter, remove: fix.Remove}
	if v.w.lang == defaultLanguage && fix.Side == models.SideClient { // notes are written in English; elsewhere the fields stand for themselves
		out.notes = fix.Notes
	}
	return out
}

// plainRepair is what the expected record itself says.
func plainRepair(r *models.ExpectedRecord) models.Repair {
	fix := models.Repair{Action: models.RepairCreate, Side: models.SideClient}
	if r.State == models.RecordWrong {
		fix.Action = models.RepairReplace
	}
	for _, value := range r.Values {
		fix.Enter = append(fix.Enter, models.RepairEntry{Type: r.Type, Fields: []models.RepairField{
			{Label: "Type", Value: r.Type}, {Label: "Name", Value: r.Host}, {Label: "Value", Value: value},
		}})
	}
	return fix
}

// path words the way through menus; of its stops only those in the dictionary are translated, since menus read as their makers wrote them.
func (w *wording) path(path, between string) string {
	stops := strings.Split(named(path, 200), between)
	for i, s := range stops {
		stops[i] = w.words.label(s)
	}
	return strings.Join(stops, " → ")
}

// maxValue bounds a value of a record in a letter; what is longer is cut visibly. The longest in use, a DKIM key, has 800 characters.
const maxValue = 2000

// fields words the fields of a record's form.
func (w *wording) fields(e models.RepairEntry) []fact {
	const inFull = "in full: "
	var facts []fact
	for _, f := range e.Fields {
		hint := w.words.label(f.Hint)
		if name, ok := strings.CutPrefix(f.Hint, inFull); ok {
			hint = w.words.label(inFull) + name
		}
		if hint == f.Hint && w.lang != defaultLanguage && !strings.HasPrefix(f.Hint, inFull) {
			hint = "" // no words for it in this language
		}
		value := exact(f.Value, maxValue)
		switch hint = named(hint, 160); {
		case value == "":
			value = hint
		case hint != "":
			value += " (" + hint + ")"
		}
		facts = append(facts, fact{w.words.label(named(f.Label, 40)), value})
	}
	return facts
}

// setGrant fills in what a notice on access speaks of.
func (v *itemView) setGrant(g *models.Grant) error {
	if g == nil {
		return nil
	}
	v.Platform, v.GrantRole = named(g.Platform, 80), v.w.words.label(named(g.Role, 80))
	if p, ok := catalog.FindPlatform(g.Platform); ok {
		v.Platform, v.Where = v.w.words.label(p.Name), v.w.path(p.Menu, " → ")
	}
	v.Asset, v.Holder, v.Purpose, v.Method = named(g.Asset, 120), named(g.Holder, 120), v.w.words.label(named(g.Purpose, 120)), string(g.Method)
	if g.ReviewDue != nil {
		v.ReviewDue = v.dated(g.ReviewDue, v.w.words.Long)
	}
	var err error
	v.MethodWords, err = v.w.say("method", v)
	return err
}
