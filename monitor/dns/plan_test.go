package dns_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/monitor/dns"
)

func TestPlanSweep(t *testing.T) {
	got := dns.PlanSweep(10_000, 8, []dns.PlannedOperator{
		{Name: "small", Share: 0.01, Servers: 2, Pairs: 1},
		{Name: "one set of servers", Share: 0.37, Servers: 2, Pairs: 1, Large: true},
		{Name: "four servers", Share: 0.1, Servers: 4, Pairs: 1},
		{Name: "many sets", Share: 0.5, Servers: 2, Pairs: 100, Large: true},
		{Name: "one server", Share: 0.02, Servers: 1, Pairs: 1},
	})
	want := []dns.PlannedSweep{
		{Operator: "four servers", Names: 1000, Queries: 8000, Took: 800 * time.Second, Bound: "operator"},
		{Operator: "many sets", Names: 5000, Queries: 400, Took: 800 * time.Second, Bound: "operator"},
		{Operator: "one set of servers", Names: 3700, Queries: 29600, Took: 592 * time.Second, Bound: "address"},
		{Operator: "one server", Names: 200, Queries: 1600, Took: 80 * time.Second, Bound: "address"},
		{Operator: "small", Names: 100, Queries: 800, Took: 40 * time.Second, Bound: "address"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
