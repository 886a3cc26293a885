package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/catalog/services"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
	"github.com/krestmarketing/deedwatch/store"
)

// recordsMode says what an import of records may do.
type recordsMode struct{ dryRun, replace bool }

// importRecords imports expected records.
func importRecords(ctx context.Context, st *store.Store, in io.Reader, mode recordsMode, now time.Time) (importDoc, error) {
	run := importRun{store: st, known: services.Shipped(), now: now, dryRun: mode.dryRun, replace: mode.replace}
	err := run.records(ctx, in)
	return run.doc, err
}

// records adds the expected records of domains under watch; what is there and not in the file stays, unless it is to be replaced. The file
// is in memory as a whole, since the records of a domain belong together wherever they stand in it.
func (r *importRun) records(ctx context.Context, in io.Reader) error {
	table, err := portfolio.ReadRecords(in, portfolio.Options{Secret: secretText, Name: r.name, Canonical: dns.Canonical, Expand: r.expand})
	if err != nil {
		return err
	}
	if err := r.begin(table.Columns, table.Header); err != nil {
		return err
	}
	for _, group := range table.Groups {
		w, err := r.store.WatchedByName(ctx, group.Domain)
		if errors.Is(err, models.ErrNotFound) {
			table.Reject(group, "domain", group.Domain+" is not under watch; import the portfolio first")
			continue
		}
		if err == nil {
			err = r.recordsOf(ctx, w, group)
		}
		if err != nil {
			return fmt.Errorf("import records of %s: %w", group.Domain, err)
		}
	}
	slices.SortStableFunc(table.Rejected, func(a, b portfolio.Rejected) int { return cmp.Compare(a.Line, b.Line) })
	for _, line := range table.Rejected {
		if err := r.reject(line.Line, line.Given, line.Errors); err != nil {
			return err
		}
	}
	return r.finish()
}

// expand gives the records of a line that names a connection.
func (r *importRun) expand(c portfolio.Connection) ([]models.ExpectedRecord, error) {
	s, ok := r.known.ByCode(c.Code)
	if !ok {
		return nil, models.Invalid("connection", "is not known; `deedwatch connections list` names those that are")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Variables)) {
		if !slices.ContainsFunc(s.Variables(), func(v string) bool { return strings.EqualFold(v, name) }) {
			return nil, models.Invalid("variables", "hold %q, which %s does not have; it has: %s", name, s.Title(), cmp.Or(strings.Join(s.Variables(), ", "), "none"))
		}
	}
	host := strings.TrimSuffix(strings.TrimSuffix(c.Host, c.Domain), ".")
	records, unchecked, err := connectionRecords(r.known, c.Code, c.Domain, host, c.Variables)
	var cause *services.Error
	switch {
	case errors.As(err, &cause) && cause.Reason == services.HostRequired:
		return nil, models.Invalid("host", "%s", cause.Msg)
	case errors.As(err, &cause) && cause.Reason == services.MissingParameter:
		return nil, models.Invalid("variables", "%s; write it as name=value, with | between two of them", cause.Msg)
	case err == nil && len(records) == 0:
		return nil, models.Invalid("connection", "needs no record that could be watched: %s; leave the row out", strings.Join(unchecked, "; "))
	}
	return records, err
}

// recordsOf imports the records of one domain.
func (r *importRun) recordsOf(ctx context.Context, w models.Watched, group portfolio.DomainRecords) error {
	r.doc.Rows += len(group.Records)
	for _, rec := range group.Records {
		action := recordAction(w.Records, rec)
		r.doc.add(action)
		if err := r.lists.previewRow(group.Line, group.Domain, string(action), "record", "", rec.Host+" "+rec.Type); err != nil {
			return err
		}
	}
	records := group.Records
	for _, have := range w.Records {
		if slices.ContainsFunc(group.Records, func(given models.ExpectedRecord) bool { return sameRecord(have, given) }) {
			continue
		}
		if r.replace {
			r.doc.Removed++
			if err := r.lists.previewRow(group.Line, group.Domain, "removed", "record", have.Host+" "+have.Type, ""); err != nil {
				return err
			}
		} else {
			records = append(records, have)
		}
	}
	if r.dryRun {
		return nil
	}
	return r.store.UpsertRecords(ctx, w.Domain.ID, records, r.now)
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
