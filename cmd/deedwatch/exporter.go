package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/models/sheet"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
	"github.com/krestmarketing/deedwatch/store"
)

type exportCmd struct {
	What   string `arg:"" enum:"domains,portfolio,records,changes" help:"domains: the expiry board, as shown. portfolio, records: what import reads, and import --records. changes: the history of registrations."`
	Filter string `help:"With domains: filter and order, as in the address of the board, e.g. \"group=soon&sort=expires\"." placeholder:"QUERY"`
	Client string `help:"Only this client: its name, or its number." placeholder:"CLIENT"`
	Format string `enum:"csv,json" default:"csv" help:"csv, for spreadsheets, or json."`
	Output string `short:"o" help:"Write to this file instead of standard output." placeholder:"FILE" type:"path"`
}

// Run writes a table, row by row, as the database was at one instant.
func (c *exportCmd) Run(ctx context.Context, root *cli, s streams) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, storeOptions(cfg, log))
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	run := exportRun{store: st, format: c.Format, now: time.Now(), zone: location(cfg.Agency.TimeZone)}
	write, err := run.writer(ctx, c)
	if err == nil {
		err = c.to(s, write)
	}
	return errors.Join(err, st.Close())
}

// to writes to the file that is asked for, which is there when all of it is, or to standard output.
func (c *exportCmd) to(s streams, write func(io.Writer) error) error {
	if c.Output == "" || c.Output == "-" {
		out := bufio.NewWriterSize(s.out, 64<<10)
		return errors.Join(write(out), out.Flush())
	}
	f, err := os.CreateTemp(filepath.Dir(c.Output), ".deedwatch-export-*")
	if err != nil {
		return usage("--output: %v", err)
	}
	out := bufio.NewWriterSize(f, 64<<10)
	if err := errors.Join(write(out), out.Flush(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), c.Output); err != nil {
		return errors.Join(usage("--output: %v", err), os.Remove(f.Name()))
	}
	return nil
}

// exportRun is one export.
type exportRun struct {
	store  *store.Store
	format string
	now    time.Time
	zone   *time.Location
}

// writer gives what writes the table that is asked for.
func (r exportRun) writer(ctx context.Context, c *exportCmd) (func(io.Writer) error, error) {
	if c.Filter != "" && c.What != "domains" {
		return nil, usage("--filter is for domains; use --client to narrow the others")
	}
	client, err := clientID(ctx, r.store, c.Client)
	if err != nil {
		return nil, err
	}
	switch c.What {
	case "portfolio":
		return func(w io.Writer) error { return r.portfolio(ctx, client, w) }, nil
	case "records":
		return func(w io.Writer) error { return r.records(ctx, client, w) }, nil
	case "changes":
		return func(w io.Writer) error { return r.changes(ctx, client, w) }, nil
	}
	address, err := dashboard.ParseBoardFilter(c.Filter)
	if err != nil {
		return nil, err
	}
	if client != 0 {
		address.Set("client", strconv.FormatInt(client, 10))
	}
	board := dashboard.BoardExport{Store: r.store, Now: r.now, Zone: r.zone}
	return func(w io.Writer) error { return board.Write(ctx, address, w, r.format) }, nil
}

// clientID finds a client by its name, without regard to case, or by its number; zero: none was named.
func clientID(ctx context.Context, st *store.Store, named string) (int64, error) {
	if named == "" {
		return 0, nil
	}
	clients, err := st.Clients(ctx)
	if err != nil {
		return 0, fmt.Errorf("find the client: %w", err)
	}
	var exact, alike []int64
	for _, c := range clients {
		switch {
		case c.Name == named || strconv.FormatInt(c.ID, 10) == named:
			exact = append(exact, c.ID)
		case strings.EqualFold(c.Name, named):
			alike = append(alike, c.ID)
		}
	}
	found := alike
	if len(exact) > 0 {
		found = exact // of two, one is called by the other's number
	}
	if len(found) != 1 {
		return 0, usage("--client: %d clients are called %q; give its whole name as the page of the clients writes it, or its number", len(found), named)
	}
	return found[0], nil
}

// portfolio writes what import reads.
func (r exportRun) portfolio(ctx context.Context, client int64, w io.Writer) error {
	return r.table(w, "portfolio", sheet.Columns(portfolio.Columns...), func(t sheet.Table) error {
		return r.store.EachPortfolioRow(ctx, client, func(rows []models.PortfolioRow) error {
			for i := range rows {
				if err := t.Write(portfolio.Cells(&rows[i])...); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// records writes what import --records reads, one value a line, and how each record fares.
func (r exportRun) records(ctx context.Context, client int64, w io.Writer) error {
	cols := sheet.Columns(slices.Concat(portfolio.RecordColumns, []string{"client_name", "state", "state_since", "looked_at", "detail"})...)
	return r.table(w, "records", cols, func(t sheet.Table) error {
		return r.store.EachRecord(ctx, client, func(rows []models.ExportedRecord) error {
			for i := range rows {
				rec := &rows[i].Record
				for _, cells := range portfolio.RecordCells(rows[i].Domain, rec) {
					cells = append(cells, rows[i].Client, string(rec.State), stamp(rec.StateAt), stamp(rec.LookedAt), rec.Detail)
					if err := t.Write(cells...); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
}

// changes writes the history of registrations.
func (r exportRun) changes(ctx context.Context, client int64, w io.Writer) error {
	return r.table(w, "changes", sheet.Columns("domain", "client", "at", "field", "before", "after", "source", "observation"), func(t sheet.Table) error {
		return r.store.EachChange(ctx, client, func(rows []models.ExportedChange) error {
			for _, row := range rows {
				c, seen := row.Change, ""
				if c.ObservationID != nil {
					seen = strconv.FormatInt(*c.ObservationID, 10)
				}
				if err := t.Write(row.Domain, row.Client, stamp(&c.At), c.Field, c.Before, c.After, string(c.Source), seen); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (r exportRun) table(w io.Writer, kind string, cols []sheet.Column, fill func(sheet.Table) error) error {
	t, err := sheet.NewTable(w, r.format, kind, r.now, cols)
	if err != nil {
		return err
	}
	if err := fill(t); err != nil {
		return err
	}
	return t.Close()
}

// stamp is an instant for programs; nothing for none.
func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
