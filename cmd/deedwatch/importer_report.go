package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/models/sheet"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
)

// How many errors and changes are told one by one. The files that --errors and --preview name have them all.
const (
	toldInJSON = 1000
	toldInText = 20
)

// importDoc says what an import did. Exit code 2 means that some rows could not be used; all others were.
type importDoc struct {
	DryRun      bool            `json:"dry_run"`
	Columns     []importColumn  `json:"columns"`
	Rows        int             `json:"rows"` // that can be used
	New         int             `json:"new"`
	Changed     int             `json:"changed"`
	Same        int             `json:"same"`
	Removed     int             `json:"removed"` // with --replace alone
	Clients     int             `json:"new_clients"`
	Rejected    int             `json:"rejected"` // rows that can't be used
	Errors      []importDocLine `json:"errors"`
	MoreErrors  int             `json:"more_errors"` // that are not listed
	Changes     []importChange  `json:"changes"`
	MoreChanges int             `json:"more_changes"` // rows that are not listed
	Notes       []importDocLine `json:"notes"`        // what was made of a row that its author may not expect
	MoreNotes   int             `json:"more_notes"`
}

// importColumn is a column of the file.
type importColumn struct {
	Name     string  `json:"name"`
	TakenFor *string `json:"taken_for"` // null: not used
}

type importDocLine struct {
	Line   int    `json:"line"`
	Column string `json:"column"`
	Error  string `json:"error"`
}

// importChange is a row that changes what is stored.
type importChange struct {
	Line   int             `json:"line"`
	Domain string          `json:"domain"`
	Values []importedValue `json:"values"`
}

type importedValue struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func (d *importDoc) add(action models.ImportAction) {
	switch action {
	case models.ImportNew:
		d.New++
	case models.ImportChanged:
		d.Changed++
	case models.ImportSame:
		d.Same++
	}
}

// importLists are the files that an import writes; nil: not wanted.
type importLists struct{ errors, preview *sheet.Writer }

// begin notes the columns of the file, and begins the files that are to be written.
func (r *importRun) begin(columns []portfolio.Column, header []string) (err error) {
	r.doc = importDoc{DryRun: r.dryRun, Columns: []importColumn{}, Errors: []importDocLine{}, Changes: []importChange{}, Notes: []importDocLine{}}
	for _, c := range columns {
		col := importColumn{Name: c.Name}
		if c.TakenFor != "" {
			col.TakenFor = &c.TakenFor
		}
		r.doc.Columns = append(r.doc.Columns, col)
	}
	if r.errorsTo != nil {
		if r.lists.errors, err = sheet.NewWriter(r.errorsTo, append(header, portfolio.LineColumn, portfolio.ErrorColumn)...); err != nil {
			return fmt.Errorf("write the error file: %w", err)
		}
	}
	if r.previewTo != nil {
		if r.lists.preview, err = sheet.NewWriter(r.previewTo, "line", "domain", "action", "field", "before", "after"); err != nil {
			return fmt.Errorf("write the preview: %w", err)
		}
	}
	return nil
}

// reject notes a line that can't be used, and writes it down as it was given.
func (r *importRun) reject(line int, given []string, bad []portfolio.RowError) error {
	r.doc.Rejected++
	reasons := make([]string, len(bad))
	for i, e := range bad {
		reasons[i] = e.Column + ": " + e.Msg
		if len(r.doc.Errors) < toldInJSON {
			r.doc.Errors = append(r.doc.Errors, importDocLine{e.Line, e.Column, e.Msg})
		} else {
			r.doc.MoreErrors++
		}
	}
	if r.lists.preview != nil {
		r.waiting = append(r.waiting, bad...)
	}
	if r.lists.errors == nil {
		return nil
	}
	return r.lists.errors.Write(append(given, strconv.Itoa(line), strings.Join(reasons, "; "))...)
}

// remark notes what was made of a row.
func (r *importRun) remark(line int, note string) {
	if len(r.doc.Notes) < toldInJSON {
		r.doc.Notes = append(r.doc.Notes, importDocLine{line, "domain", note})
	} else {
		r.doc.MoreNotes++
	}
}

// count notes what became of a batch of rows.
func (r *importRun) count(rows []models.PortfolioRow, done []models.ImportedRow) error {
	r.doc.Rows += len(rows)
	for i, d := range done {
		r.doc.add(d.Action)
		if err := r.previewErrors(rows[i].Line); err != nil {
			return err
		}
		if len(d.Changes) == 0 {
			if err := r.lists.previewRow(rows[i].Line, rows[i].Domain, string(d.Action), "", "", ""); err != nil {
				return err
			}
			continue
		}
		change := importChange{Line: rows[i].Line, Domain: rows[i].Domain}
		for _, v := range d.Changes {
			change.Values = append(change.Values, importedValue(v))
			if err := r.lists.previewRow(rows[i].Line, rows[i].Domain, string(d.Action), v.Field, v.Before, v.After); err != nil {
				return err
			}
		}
		if len(r.doc.Changes) < toldInJSON {
			r.doc.Changes = append(r.doc.Changes, change)
		} else {
			r.doc.MoreChanges++
		}
	}
	return nil
}

// previewErrors writes down the errors of the lines before one, so that the preview is in the order of the file.
func (r *importRun) previewErrors(before int) error {
	for len(r.waiting) > 0 && r.waiting[0].Line < before {
		e := r.waiting[0]
		r.waiting = r.waiting[1:]
		if err := r.lists.previewRow(e.Line, "", "error", e.Column, "", e.Msg); err != nil {
			return err
		}
	}
	return nil
}

// finish ends the files.
func (r *importRun) finish() error {
	if err := r.previewErrors(math.MaxInt); err != nil {
		return err
	}
	return r.lists.flush()
}

func (l importLists) previewRow(line int, domain, action, field, before, after string) error {
	if l.preview == nil {
		return nil
	}
	return l.preview.Write(strconv.Itoa(line), domain, action, field, before, after)
}

func (l importLists) flush() error {
	for _, w := range []*sheet.Writer{l.errors, l.preview} {
		if w == nil {
			continue
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (c *importCmd) report(doc *importDoc, s streams) error {
	if c.JSON {
		if err := printJSON(s.out, doc); err != nil {
			return err
		}
	} else {
		say := printer{w: s.out}
		c.tell(&say, doc)
		if say.err != nil {
			return say.err
		}
	}
	if doc.Rejected > 0 {
		return &exitError{code: exitUsage}
	}
	return nil
}

// tell words the document: what it came to first, then how the columns were understood, what changes, and what can't be used.
func (c *importCmd) tell(say *printer, doc *importDoc) {
	would := ""
	if doc.DryRun {
		say.line("A dry run: nothing was written.")
		would = "would be "
	}
	removed := ""
	if doc.Removed > 0 {
		removed = fmt.Sprintf(", %d removed", doc.Removed)
	}
	say.line("%s%d new, %d changed, %d the same%s, %d new clients; %d rows can't be used", would, doc.New, doc.Changed, doc.Same, removed, doc.Clients, doc.Rejected)
	var used, unused []string
	for _, col := range doc.Columns {
		switch {
		case col.TakenFor == nil:
			unused = append(unused, strconv.Quote(col.Name))
		case *col.TakenFor != col.Name:
			used = append(used, strconv.Quote(col.Name)+" as "+*col.TakenFor)
		default:
			used = append(used, col.Name)
		}
	}
	say.words("columns", used)
	say.words("not used", unused)
	if len(doc.Changes) > 0 {
		say.line("changes:")
	}
	for i, change := range doc.Changes {
		if i == toldInText {
			say.line("  … and %d more rows that change something; --preview FILE writes them all", len(doc.Changes)-i+doc.MoreChanges)
			break
		}
		values := make([]string, len(change.Values))
		for k, v := range change.Values {
			values[k] = fmt.Sprintf("%s %q → %q", v.Field, v.Before, v.After)
		}
		say.line("  line %d, %s: %s", change.Line, change.Domain, strings.Join(values, ", "))
	}
	for i, n := range doc.Notes {
		if i == toldInText {
			say.line("  … and %d more hosts that are watched as their registered name", len(doc.Notes)-i+doc.MoreNotes)
			break
		}
		say.line("  line %d: %s", n.Line, n.Error)
	}
	if doc.Rejected > 0 {
		say.line("can't be used:")
	}
	for i, e := range doc.Errors {
		if i == toldInText {
			say.line("  … and %d more errors; --errors FILE writes all such rows, to be corrected and imported again", len(doc.Errors)-i+doc.MoreErrors)
			break
		}
		say.line("  line %d, %s: %s", e.Line, e.Column, e.Error)
	}
	if doc.Rejected > 0 && c.Errors != "" {
		say.line("The rows that can't be used are in %s: correct them there and import that file.", c.Errors)
	}
}
