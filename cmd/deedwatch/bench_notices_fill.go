package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql on PostgreSQL

	"github.com/krestmarketing/deedwatch/store"
)

// looked writes what looks at all names would have left, in two statements instead of as many transactions as there are names.
func (d *noticeDays) looked(ctx context.Context) (err error) {
	driver, dsn := "pgx", d.store.dsn
	at, expiry := "timestamptz '%s'", "timestamptz '%s' + %s * interval '1 day'"
	if d.store.Engine() == store.EngineSQLite {
		driver, dsn = "sqlite", "file:"+dsn+"?_pragma=busy_timeout(5000)"
		at, expiry = "'%s'", "strftime('%%Y-%%m-%%d %%H:%%M:%%S', '%s', %s || ' days') || '+00:00'"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return fmt.Errorf("open the database to measure with: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	const form = "2006-01-02 15:04:05"
	expires := d.now.Truncate(24 * time.Hour).Add(11 * time.Hour).Format(form)
	if d.store.Engine() == store.EnginePostgres {
		expires += "+00"
	}
	left := "((CAST(SUBSTR(name, 5, LENGTH(name) - 8) AS INTEGER) * 7919) % 430 - 10)"
	fill := strings.NewReplacer(
		"{at}", fmt.Sprintf(at, d.now.Format(form)+"+00:00"), "{expiry}", fmt.Sprintf(expiry, expires, left), "{left}", left,
	)
	analyze := "ANALYZE"
	for _, statement := range []string{
		`UPDATE domains SET lifecycle = CASE WHEN {left} < 0 THEN 'expired' WHEN {left} > 60 THEN 'registered' ELSE 'expiring' END, lifecycle_why = 'date',
			lifecycle_since = {at}, expires_at = {expiry}, expiry_source = 'registry', expiry_as_of = {at}, registrar = 'Harbor Names', look_outcome = 'ok',
			checked_at = {at}, seen_at = {at}, version = version + 1`,
		`INSERT INTO cycles (domain_id, expires_at, opened_at, close_reason) SELECT id, expires_at, {at}, '' FROM domains`,
		analyze,
	} {
		if _, err := db.ExecContext(ctx, fill.Replace(statement)); err != nil {
			return fmt.Errorf("fill the database to measure with: %w", err)
		}
	}
	return nil
}

// stepNames are the steps for people.
var stepNames = map[string]string{
	"first": "plan the first day", "day": "plan what a day brings", "again": "plan again, nothing new", "collect": "collect into messages",
}

// print shows the document to people.
func (d benchNoticesDoc) print(w io.Writer) error {
	say := printer{w: w}
	say.line("%s", d.Machine)
	say.line("%d names, %d repetitions; medians (least–most); %d counts were compared with what was planted", d.Domains, d.Reps, d.Verified)
	say.line("")
	if say.err != nil {
		return say.err
	}
	var rows [][]string
	for _, s := range d.Steps {
		rows = append(rows, []string{fmt.Sprintf("%s (%s)", stepNames[s.Step], s.Store), fmt.Sprint(s.Count), s.Seconds.String(), s.CPU.String(), megabytes(s.PeakRSS), megabytes(s.PeakHeap)})
	}
	if err := printTable(w, []string{"", "rows", "seconds", "CPU seconds", "resident", "heap"}, rows); err != nil {
		return err
	}
	if len(d.Delivery) == 0 {
		return nil
	}
	say.line("")
	rows = nil
	for _, f := range d.Delivery {
		rows = append(rows, []string{fmt.Sprintf("hand over %d messages, %d connections (%s)", f.Mails, f.Connections, f.Store), f.PerSecond.String(), f.CPUMicros.String(), f.Alone.String()})
	}
	if say.err != nil {
		return say.err
	}
	return printTable(w, []string{"", "a second", "µs of CPU", "a second without the store"}, rows)
}
