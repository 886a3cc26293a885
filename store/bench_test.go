package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// manyRows is a portfolio of n domains over clients of 12 domains each.
func manyRows(n int) []models.PortfolioRow {
	rows := make([]models.PortfolioRow, n)
	for i := range rows {
		rows[i] = row(fmt.Sprintf("name-%05d.lab", i), fmt.Sprintf("Client %04d", i/12))
	}
	return rows
}

// filled opens a store with n judged domains, due at a handful of servers, with open cycles and some notices.
func filled(b *testing.B, dsn string, n int) *store.Store {
	b.Helper()
	s := open(b, dsn)
	imported(b, s, manyRows(n)...)
	const servers = 8
	raw(b, s, fmt.Sprintf(`UPDATE domains SET registry_server = 'https://rdap' || (id %% %d) || '.lab', lifecycle = 'registered',
		registrar = 'Registrar ' || (id %% 40), seen_at = created_at, checked_at = created_at, records_total = id %% 6, records_right = (id %% 6) / 2`, servers))
	expiry := map[string]string{
		store.EngineSQLite:   "UPDATE domains SET expires_at = strftime('%Y-%m-%d %H:%M:%S', '2026-11-01', (id % 400) || ' days') || '+00:00'",
		store.EnginePostgres: "UPDATE domains SET expires_at = timestamptz '2026-11-01 00:00:00Z' + (id % 400) * interval '1 day'",
	}
	raw(b, s, expiry[s.Engine()])
	raw(b, s, `INSERT INTO cycles (domain_id, expires_at, opened_at, close_reason) SELECT id, expires_at, created_at, '' FROM domains`)
	raw(b, s, `INSERT INTO notices (domain_id, cycle_id, stage, recipient, channel, client_id, contact_id, state, due_at, reason, expires_at, created_at, updated_at, sent_at)
		SELECT d.id, y.id, 'd30', c.email, 'email', d.client_id, c.id, 'sent', d.created_at, '', d.expires_at, d.created_at, d.created_at, d.created_at
		FROM domains d JOIN cycles y ON y.domain_id = d.id JOIN contacts c ON c.client_id = d.client_id WHERE d.id % 3 = 0`)
	if s.Engine() == store.EnginePostgres {
		raw(b, s, "ANALYZE")
	}
	return s
}

// benchEngine is a measurement on one engine, with its store.
type benchEngine struct {
	b *testing.B
	s *store.Store
}

func benchBoth(b *testing.B, n int, run func(on benchEngine)) {
	b.Helper()
	for engine, fresh := range engines {
		b.Run(engine, func(b *testing.B) {
			s := filled(b, fresh(b), n)
			b.ResetTimer()
			run(benchEngine{b, s})
		})
	}
}

func BenchmarkBoard(b *testing.B) {
	loc := time.FixedZone("PST", -8*3600)
	for name, q := range map[string]models.BoardQuery{
		"page": {PerPage: 50}, "search": {PerPage: 50, Text: "client 01"}, "unanswered": {PerPage: 50, Answer: "none", Sort: "client"}, "all": {},
	} {
		q.Now, q.Loc = now, loc
		b.Run(name, func(b *testing.B) {
			benchBoth(b, 5000, func(on benchEngine) {
				b, s := on.b, on.s
				for b.Loop() {
					must[models.Board](b)(s.Board(b.Context(), q))
				}
			})
		})
	}
}

func BenchmarkToday(b *testing.B) {
	benchBoth(b, 5000, func(on benchEngine) {
		b, s := on.b, on.s
		for b.Loop() {
			must[models.TodayView](b)(s.Today(b.Context(), now, time.UTC))
		}
	})
}

func BenchmarkDue(b *testing.B) {
	benchBoth(b, 10000, func(on benchEngine) {
		b, s := on.b, on.s
		b.Run("servers", func(b *testing.B) {
			for b.Loop() {
				must[[]string](b)(s.ServersDue(b.Context(), now, 100))
			}
		})
		b.Run("domains", func(b *testing.B) {
			for b.Loop() {
				must[[]int64](b)(s.DomainsDue(b.Context(), "https://rdap3.lab", now, 100))
			}
		})
		b.Run("plan", func(b *testing.B) {
			for b.Loop() {
				q := models.PlanQuery{Horizon: at(60 * day), RenewedSince: at(-14 * day), AttestedBefore: at(-365 * day)}
				ids := must[[]int64](b)(s.PlanCandidates(b.Context(), q, now))
				must[[]models.Owed](b)(s.Owed(b.Context(), ids[:200], q, now))
			}
		})
	})
}

func BenchmarkImport(b *testing.B) {
	rows := manyRows(10000)
	for engine, fresh := range engines {
		b.Run(engine, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := open(b, fresh(b))
				b.StartTimer()
				imported(b, s, rows...)
			}
		})
	}
}
