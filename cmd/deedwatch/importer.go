package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/catalog/services"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
	"github.com/krestmarketing/deedwatch/store"
)

type importCmd struct {
	File    string `arg:"" help:"CSV file, or - for standard input." type:"path"`
	Records bool   `help:"The file lists expected records: domain,host,type,match,value,purpose,service,essential; or connections: domain,host,connection,variables."`
	Replace bool   `help:"With --records: forget the records of the file's domains that are not in it."`
	DryRun  bool   `help:"Say what would happen and change nothing."`
	Errors  string `help:"Write the rows that can't be used to this file, each with the reason, to be corrected and imported again." placeholder:"FILE" type:"path"`
	Preview string `help:"Write what happens to every row, value by value, to this file." placeholder:"FILE" type:"path"`
	JSON    bool   `name:"json" help:"Print one JSON document."`
}

// Run imports what can be used and names what can't.
func (c *importCmd) Run(ctx context.Context, root *cli, s streams) (err error) {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	names, err := newNames(cfg)
	if err != nil {
		return err
	}
	known, err := loadCatalogue(cfg)
	if err != nil {
		return err
	}
	in, files, err := c.open(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.close()) }()
	if !cfg.Postgres() {
		if err := store.Migrate(ctx, storeOptions(cfg, log)); err != nil {
			return fmt.Errorf("migrate the database: %w", err)
		}
	}
	st, err := store.Open(ctx, storeOptions(cfg, log))
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	run := importRun{store: st, known: known, name: names.Parse, now: time.Now(), dryRun: c.DryRun, replace: c.Replace, errorsTo: files.errors, previewTo: files.preview}
	if c.Records {
		err = run.records(ctx, in)
	} else {
		err = run.portfolio(ctx, in)
	}
	if err = errors.Join(err, st.Close()); err != nil {
		return err
	}
	return c.report(&run.doc, s)
}

// importFiles are the files of one import.
type importFiles struct {
	errors, preview io.Writer // nil: not wanted
	open            []*os.File
}

func (f *importFiles) close() error {
	var err error
	for _, o := range f.open {
		err = errors.Join(err, o.Close())
	}
	return err
}

// open opens the file to read and those to write, which must not be the same.
func (c *importCmd) open(s streams) (io.Reader, *importFiles, error) {
	files := &importFiles{}
	in := s.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, nil, usage("%v", err)
		}
		files.open = append(files.open, f)
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, nil, errors.Join(usage("%s is a directory; name a CSV file", c.File), files.close())
		}
		in = f
	}
	for _, out := range []struct {
		flag, path string
		to         *io.Writer
	}{{"--errors", c.Errors, &files.errors}, {"--preview", c.Preview, &files.preview}} {
		if out.path == "" {
			continue
		}
		f, err := files.create(out.path)
		if err != nil {
			return nil, nil, errors.Join(usage("%s: %v", out.flag, err), files.close())
		}
		*out.to = f
	}
	return in, files, nil
}

// create opens a file to write, unless it is one of those that are open already.
func (f *importFiles) create(path string) (*os.File, error) {
	if there, err := os.Stat(path); err == nil {
		for _, o := range f.open {
			if info, err := o.Stat(); err == nil && os.SameFile(there, info) {
				return nil, fmt.Errorf("%s is used already; name another file", path)
			}
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the operator names the file
	if err == nil {
		f.open = append(f.open, file)
	}
	return file, err
}

func secretText(text string) bool { return access.SecretIn(text) != "" }

// importRun is one import.
type importRun struct {
	store               *store.Store
	known               *services.Catalogue                // of connections
	name                func(string) (catalog.Name, error) // nil: catalog.ParseName
	now                 time.Time
	dryRun              bool
	replace             bool      // with records: forget what is not in the file
	errorsTo, previewTo io.Writer // nil: not wanted
	doc                 importDoc
	lists               importLists
	waiting             []portfolio.RowError // to be written into the preview
}

// importPortfolio imports clients, contacts and domains.
func importPortfolio(ctx context.Context, st *store.Store, in io.Reader, dryRun bool, now time.Time) (importDoc, error) {
	run := importRun{store: st, now: now, dryRun: dryRun}
	err := run.portfolio(ctx, in)
	return run.doc, err
}

// portfolio reads the file and stores its rows batch by batch, so that neither is ever in memory as a whole.
func (r *importRun) portfolio(ctx context.Context, in io.Reader) error {
	reader, err := portfolio.NewReader(in, portfolio.Options{Secret: secretText, Name: r.name})
	if err != nil {
		return err
	}
	if err := r.begin(reader.Columns(), reader.Header()); err != nil {
		return err
	}
	run := r.store.BeginImport(r.now, r.dryRun)
	batch := make([]models.PortfolioRow, 0, store.ImportBatch)
	for more := true; more; {
		line, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			more = false
		case err != nil:
			return err
		case len(line.Errors) > 0:
			if err := r.reject(line.Number, line.Given, line.Errors); err != nil {
				return err
			}
		default:
			batch = append(batch, line.Row)
			if line.Note != "" {
				r.remark(line.Number, line.Note)
			}
		}
		if len(batch) == cap(batch) || len(r.waiting) >= store.ImportBatch || !more {
			done, err := run.Add(ctx, batch)
			if err != nil {
				return fmt.Errorf("import the portfolio: %w", err)
			}
			if err := r.count(batch, done); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	r.doc.Clients = run.Clients()
	return r.finish()
}
