package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
	"github.com/krestmarketing/deedwatch/store"
)

type importCmd struct {
	File    string `arg:"" help:"CSV file, or - for standard input." type:"path"`
	Records bool   `help:"The file lists expected records: domain,host,type,match,value,purpose,service."`
	Replace bool   `help:"With --records: forget the records of the file's domains that are not in it."`
	DryRun  bool   `help:"Say what would happen and change nothing."`
	Errors  string `help:"Write the rows that can't be used, with the reason, to this file." placeholder:"FILE" type:"path"`
	JSON    bool   `name:"json" help:"Print one JSON document."`
}

// importDoc says what an import did. Exit code 2 means that some rows could not be used; all others were.
type importDoc struct {
	DryRun  bool            `json:"dry_run"`
	Rows    int             `json:"rows"`
	New     int             `json:"new"`
	Changed int             `json:"changed"`
	Same    int             `json:"same"`
	Removed int             `json:"removed"` // with --replace alone
	Clients int             `json:"new_clients"`
	Errors  []importDocLine `json:"errors"`
}

type importDocLine struct {
	Line   int    `json:"line"`
	Column string `json:"column"`
	Error  string `json:"error"`
}

// Run imports what can be used and names what can't.
func (c *importCmd) Run(ctx context.Context, root *cli, s streams) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	in, closeIn, err := c.open(s)
	if err != nil {
		return err
	}
	defer closeIn()
	if !cfg.Postgres() {
		if err := store.Migrate(ctx, storeOptions(cfg, log)); err != nil {
			return fmt.Errorf("migrate the database: %w", err)
		}
	}
	st, err := store.Open(ctx, storeOptions(cfg, log))
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	var doc importDoc
	if c.Records {
		doc, err = importRecords(ctx, st, in, recordsMode{c.DryRun, c.Replace}, time.Now())
	} else {
		doc, err = importPortfolio(ctx, st, in, c.DryRun, time.Now())
	}
	if err = errors.Join(err, st.Close()); err != nil {
		return err
	}
	return c.report(doc, s)
}

func (c *importCmd) open(s streams) (io.Reader, func(), error) {
	if c.File == "-" {
		return s.in, func() {}, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, nil, usage("%v", err)
	}
	return f, func() { _ = f.Close() }, nil
}

func secretText(text string) bool { return access.SecretIn(text) != "" }

func importPortfolio(ctx context.Context, st *store.Store, in io.Reader, dryRun bool, now time.Time) (importDoc, error) {
	sheet, err := portfolio.Read(in, portfolio.Options{Secret: secretText})
	if err != nil {
		return importDoc{}, err
	}
	doc := importDoc{DryRun: dryRun, Rows: len(sheet.Rows), Errors: docLines(sheet.Errors)}
	res, err := st.ImportPortfolio(ctx, sheet.Rows, now, dryRun)
	if err != nil {
		return doc, fmt.Errorf("import the portfolio: %w", err)
	}
	doc.count(res.Actions...)
	doc.Clients = res.Clients
	return doc, nil
}

// recordsMode says what an import of records may do.
type recordsMode struct{ dryRun, replace bool }

// importRecords adds the expected records of domains under watch; what is there and not in the file stays, unless it is to be replaced.
func importRecords(ctx context.Context, st *store.Store, in io.Reader, mode recordsMode, now time.Time) (importDoc, error) {
	sheet, err := portfolio.ReadRecords(in, portfolio.Options{Secret: secretText, Canonical: dns.Canonical})
	if err != nil {
		return importDoc{}, err
	}
	doc := importDoc{DryRun: mode.dryRun, Errors: docLines(sheet.Errors)}
	for _, group := range sheet.Groups {
		w, err := st.WatchedByName(ctx, group.Domain)
		if errors.Is(err, models.ErrNotFound) {
			doc.Errors = append(doc.Errors, importDocLine{group.Line, "domain", group.Domain + " is not under watch; import the portfolio first"})
			continue
		}
		if err != nil {
			return doc, fmt.Errorf("import records of %s: %w", group.Domain, err)
		}
		doc.Rows += len(group.Records)
		for _, r := range group.Records {
			doc.count(recordAction(w.Records, r))
		}
		records := group.Records
		for _, have := range w.Records {
			if slices.ContainsFunc(group.Records, func(r models.ExpectedRecord) bool { return sameRecord(have, r) }) {
				continue
			}
			if mode.replace {
				doc.Removed++
			} else {
				records = append(records, have)
			}
		}
		if mode.dryRun {
			continue
		}
		if err := st.UpsertRecords(ctx, w.Domain.ID, records, now); err != nil {
			return doc, fmt.Errorf("import records of %s: %w", group.Domain, err)
		}
	}
	return doc, nil
}

// sameRecord reports whether two rows expect the same of the same name.
func sameRecord(a, b models.ExpectedRecord) bool {
	return a.Host == b.Host && a.Type == b.Type && a.Match == b.Match && slices.Equal(a.Values, b.Values)
}

// recordAction says whether a record is there already.
func recordAction(have []models.ExpectedRecord, r models.ExpectedRecord) models.ImportAction {
	for _, h := range have {
		if sameRecord(h, r) {
			if h.Purpose == r.Purpose && h.Service == r.Service && h.Essential == r.Essential {
				return models.ImportSame
			}
			return models.ImportChanged
		}
	}
	return models.ImportNew
}

func docLines(errs []portfolio.RowError) []importDocLine {
	lines := make([]importDocLine, len(errs))
	for i, e := range errs {
		lines[i] = importDocLine{e.Line, e.Column, e.Msg}
	}
	return lines
}

func (d *importDoc) count(actions ...models.ImportAction) {
	for _, a := range actions {
		switch a {
		case models.ImportNew:
			d.New++
		case models.ImportChanged:
			d.Changed++
		case models.ImportSame:
			d.Same++
		}
	}
}

func (c *importCmd) report(doc importDoc, s streams) error {
	if err := c.writeErrors(doc); err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(s.out, doc); err != nil {
			return err
		}
	} else {
		say := printer{w: s.out}
		would := ""
		if doc.DryRun {
			would = "would be "
		}
		say.line("%s%d new, %d changed, %d the same, %d removed, %d new clients; %d rows can't be used", would, doc.New, doc.Changed, doc.Same, doc.Removed, doc.Clients, len(doc.Errors))
		for _, e := range doc.Errors {
			say.line("  line %d, %s: %s", e.Line, e.Column, e.Error)
		}
		if say.err != nil {
			return say.err
		}
	}
	if len(doc.Errors) > 0 {
		return &exitError{code: exitUsage}
	}
	return nil
}

func (c *importCmd) writeErrors(doc importDoc) error {
	if c.Errors == "" {
		return nil
	}
	f, err := os.OpenFile(c.Errors, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return usage("--errors: %v", err)
	}
	w := csv.NewWriter(f)
	_ = w.Write([]string{"line", "column", "error"})
	for _, e := range doc.Errors {
		_ = w.Write([]string{strconv.Itoa(e.Line), e.Column, e.Error})
	}
	w.Flush()
	if err := errors.Join(w.Error(), f.Close()); err != nil {
		return fmt.Errorf("write the error file: %w", err)
	}
	return nil
}
