//go:build unix

package notify_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql on PostgreSQL

	"github.com/krestmarketing/deedwatch/internal/pgtest"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/store"
)

// plannedNames is how many domains the measured days plan.
const plannedNames = 100_000

// BenchmarkPlanDay plans a day of 100,000 domains of 8,400 clients with owner and deputy: "mix", where expiries lie spread over more than a
// year and some names are without a date, on hold or have broken records; and "near", where all expire between a week ago and 70 days from now
// and have their notices of the stages so far, of which the client has had mail. Each is planned to the end first; measured are the next day,
// with what it brings, and the same day again, which brings nothing and must write nothing. Run it with -benchtime 1x.
func BenchmarkPlanDay(b *testing.B) {
	for _, world := range []struct{ name, days string }{{"mix", "(i * 7919) % 430 - 10"}, {"near", "(i * 7919) % 78 - 7"}} {
		for engine, fresh := range map[string]func() string{
			store.EngineSQLite:   func() string { return filepath.Join(b.TempDir(), "plan.db") },
			store.EnginePostgres: func() string { return pgtest.NewDatabase(b) },
		} {
			b.Run(world.name+"/"+engine, func(b *testing.B) {
				p := newPlanned(b, fresh(), world.days)
				p.plan(b, "first", 0)
				p.handOver(b)
				p.plan(b, "settled", 0)
				p.now = p.now.AddDate(0, 0, 1)
				p.plan(b, "day", 1)
				p.plan(b, "again", 0)
			})
		}
	}
}

// planned is a store full of domains with a deliverer over it.
type planned struct {
	s       *store.Store
	db      *sql.DB
	now     time.Time
	deliver *notify.Deliverer
}

func newPlanned(b *testing.B, dsn, days string) *planned {
	b.Helper()
	options := store.Options{DSN: dsn}
	if err := store.Migrate(b.Context(), options); err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), options)
	if err != nil {
		b.Fatal(err)
	}
	driver := "pgx"
	if s.Engine() == store.EngineSQLite {
		driver, dsn = "sqlite", "file:"+dsn+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = db.Close()
		_ = s.Close()
	})
	p := &planned{s: s, db: db, now: time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)}
	p.fill(b, days)
	signer, err := notify.NewSigner([]byte("an example key of thirty-two byte"))
	if err != nil {
		b.Fatal(err)
	}
	p.deliver, err = notify.NewDeliverer(notify.Options{
		Store: s, Mailer: &postbox{}, Renderer: renderer(b), Signer: signer, Policy: policy(b), Clock: func() time.Time { return p.now },
	})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func (p *planned) exec(b *testing.B, statement string) {
	b.Helper()
	if _, err := p.db.ExecContext(b.Context(), statement); err != nil {
		b.Fatalf("%s: %v", statement, err)
	}
}

// fill puts clients, contacts, domains and open cycles in, behind the store's back: days says how far from its expiry the i-th domain is.
func (p *planned) fill(b *testing.B, days string) {
	b.Helper()
	at := fmt.Sprintf("'%s'", p.now.AddDate(0, 0, -100).Format("2006-01-02 15:04:05+00:00"))
	expiry := "timestamptz '2026-11-23 11:00:00Z' + (" + days + ") * interval '1 day'"
	if p.s.Engine() == store.EngineSQLite {
		expiry = "strftime('%Y-%m-%d %H:%M:%S', '2026-11-23 11:00:00', (" + days + ") || ' days') || '+00:00'"
	}
	if p.s.Engine() == store.EnginePostgres {
		at = "timestamptz " + at
	}
	count := func(n int) string {
		return fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", n)
	}
	clients := plannedNames/12 + 1
	fill := strings.NewReplacer("{at}", at, "{expiry}", expiry, "{days}", days)
	for _, statement := range []string{
		`INSERT INTO clients (id, name, services, time_zone, language, created_at, updated_at) ` + count(clients) + `SELECT i, 'Client ' || i, '[]', '', '', {at}, {at} FROM n`,
		`INSERT INTO contacts (client_id, name, email, phone, role, time_zone, language, email_state, email_reason, created_at, updated_at) ` + count(2*clients) +
			`SELECT (i + 1) / 2, 'Contact ' || i, 'contact' || i || '@mail.example', '', CASE WHEN i % 2 = 1 THEN 'owner' ELSE 'deputy' END, '', '', 'ok', '', {at}, {at} FROM n`,
		`INSERT INTO domains (id, client_id, name, suffix, services, auto_renew, auto_renew_by, attested_by, registry_server, next_look_at, next_dns_at, look_failures, dns_failures,
			lifecycle, lifecycle_since, lifecycle_why, expires_at, expiry_source, unconfirmed, registrar, look_outcome, look_source, records_total, records_right, records_unknown,
			quiet_reason, version, created_at, updated_at) ` + count(plannedNames) + `SELECT i, (i + 11) / 12, 'name' || i || '.example', 'example', '[]', 'unknown', '', '', 'https://rdap.example',
			{at}, {at}, 0, 0, CASE WHEN {days} < 0 THEN 'expired' WHEN {days} > 60 THEN 'registered' ELSE 'expiring' END, {at}, 'date', {expiry}, 'registry', FALSE, 'Harbor Names', 'ok', 'rdap',
			4, 4, 0, '', 1, {at}, {at} FROM n`,
		`INSERT INTO cycles (domain_id, expires_at, opened_at, close_reason) SELECT id, expires_at, {at}, '' FROM domains`,
	} {
		p.exec(b, fill.Replace(statement))
	}
	p.exec(b, fill.Replace(`INSERT INTO findings (domain_id, code, subject, severity, title, detail, next_step, reason, state, first_seen, opened_at, last_seen, reopened, cause_code, assignee)
		SELECT id, CASE WHEN id % 3 = 0 THEN 'record_missing' ELSE 'transfer_lock_missing' END, name, 'minor', '', '', '', '', 'open', {at}, {at}, {at}, 0, '', '' FROM domains WHERE id % 10 = 0`))
	if strings.Contains(days, "430") {
		p.exec(b, `UPDATE domains SET lifecycle = 'on_hold', lifecycle_why = 'epp_status' WHERE id % 200 = 1`)
		p.exec(b, `DELETE FROM cycles WHERE domain_id % 20 = 2`)
		p.exec(b, `UPDATE domains SET lifecycle = 'unknown', lifecycle_why = 'no_public_expiry', expires_at = NULL, expiry_source = '' WHERE id % 20 = 2`)
	}
	if p.s.Engine() == store.EnginePostgres {
		p.exec(b, "VACUUM ANALYZE")
	} else {
		p.exec(b, "ANALYZE")
	}
}

// handOver makes all that is due sent, an hour ago.
func (p *planned) handOver(b *testing.B) {
	b.Helper()
	p.exec(b, fmt.Sprintf(`UPDATE notices SET state = 'sent', sent_at = '%s' WHERE state = 'queued' AND channel = 'email'`, p.now.Add(-time.Hour).Format("2006-01-02 15:04:05+00:00")))
	if p.s.Engine() == store.EnginePostgres {
		p.exec(b, "VACUUM ANALYZE notices")
	}
}

// plan plans once, and reports how long it took, what the process used for it and how large it was at most. least is how many notices it must add.
func (p *planned) plan(b *testing.B, what string, least int) {
	b.Helper()
	b.Run(what, func(b *testing.B) {
		for b.Loop() {
			_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // a new peak (proc(5)); where that is refused, it is the process's
			runtime.GC()
			before := heapNow()
			peak, stop := heapPeak()
			began, used := time.Now(), cpuTime()
			added, err := p.deliver.SweepPlan(b.Context(), p.now)
			took, used := time.Since(began), cpuTime()-used
			stop()
			if err != nil || added < least || least == 0 && what != "first" && added > 0 {
				b.Fatalf("%d notices were added: %v", added, err)
			}
			b.ReportMetric(took.Seconds(), "s")
			b.ReportMetric(used.Seconds(), "cpu-s")
			b.ReportMetric(float64(added), "added")
			b.ReportMetric(float64(peak()-min(peak(), before))/(1<<20), "MB-heap")
		}
	})
}

// heapNow is the size of what lies on the heap, dead or alive.
func heapNow() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// heapPeak watches the heap; the peak is read after stop.
func heapPeak() (peak func() uint64, stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	var most uint64
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, heapNow())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 { return most }, func() { close(done); <-ended }
}

// cpuTime is the processor time that the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
