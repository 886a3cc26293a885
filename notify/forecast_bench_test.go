//go:build unix

package notify_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/notify"
)

// BenchmarkForecast foresees 30 days of 5,000 domains on SQLite: "mix" with expiries spread over more than a year, and "near" where all expire
// between a week ago and 70 days from now.
func BenchmarkForecast(b *testing.B) {
	for name, days := range map[string]string{"mix": "(i * 7919) % 430 - 10", "near": "(i * 7919) % 78 - 7"} {
		b.Run(name, func(b *testing.B) {
			p := newPlanned(b, filepath.Join(b.TempDir(), "forecast.db"), days)
			f := forecastOf(b, p)
			letters := 0
			for b.Loop() {
				fc, err := f.Forecast(b.Context(), 30)
				if err != nil {
					b.Fatal(err)
				}
				letters = len(fc.Letters)
			}
			b.ReportMetric(float64(letters), "letters")
		})
		b.Run(name+"/client", func(b *testing.B) { // what the pages of one notice and one message take
			p := newPlanned(b, filepath.Join(b.TempDir(), "forecast.db"), days)
			f := forecastOf(b, p)
			for b.Loop() {
				if _, err := f.ForecastClient(b.Context(), 1, 30); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// forecastOf leaves 5,000 domains and foresees over them.
func forecastOf(b *testing.B, p *planned) *notify.Forecaster {
	b.Helper()
	for _, table := range []string{"findings", "cycles"} {
		p.exec(b, "DELETE FROM "+table+" WHERE domain_id > 5000")
	}
	p.exec(b, "DELETE FROM domains WHERE id > 5000")
	p.exec(b, "ANALYZE")
	return &notify.Forecaster{Store: p.s, Renderer: renderer(b), Mailer: &postbox{}, Policy: policy(b), Clock: func() time.Time { return p.now }}
}
