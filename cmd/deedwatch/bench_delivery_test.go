package main

import (
	"fmt"
	"testing"

	"github.com/krestmarketing/deedwatch/internal/pgtest"
)

// TestDeliveryIsMeasured runs the measurement small: what it says must add up.
func TestDeliveryIsMeasured(t *testing.T) {
	stores, err := openBenchStores(t.Context(), pgtest.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := closeBenchStores(t.Context(), stores); err != nil {
			t.Error(err)
		}
	}()
	for _, s := range stores {
		got, err := deliveryBench{Mails: 40, Connections: 4}.run(t.Context(), s.Store)
		if err != nil {
			t.Fatal(err)
		}
		if got.Mails != 40 || got.PerSecond <= 0 || got.MailerAt <= 0 || got.Opened < 1 || got.Opened > 8 || got.Engine != s.Engine() {
			t.Errorf("%+v", got)
		}
		if n, err := s.VerifyLedger(t.Context()); err != nil || n < 40 {
			t.Errorf("ledger: %d lines, %v", n, err)
		}
	}
}

// BenchmarkDelivery hands 2,000 messages over 10 connections: go test -bench Delivery -benchtime 1x ./cmd/deedwatch.
func BenchmarkDelivery(b *testing.B) {
	for _, connections := range []int{1, 10} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			for b.Loop() {
				measureDelivery(b, connections)
			}
		})
	}
}

func measureDelivery(b *testing.B, connections int) {
	b.Helper()
	stores, err := openBenchStores(b.Context(), pgtest.DSN(b))
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range stores {
		got, err := deliveryBench{Mails: 2000, Connections: connections}.run(b.Context(), s.Store)
		if err != nil {
			b.Fatal(err)
		}
		b.Logf("%s, %d connections: %.0f mails/s, %s of CPU a mail, %.0f mails/s without the store, %d connections opened", got.Engine, connections, got.PerSecond, got.CPU, got.MailerAt, got.Opened)
		b.ReportMetric(got.PerSecond, got.Engine+"-mails/s")
	}
	if err := closeBenchStores(b.Context(), stores); err != nil {
		b.Fatal(err)
	}
}
