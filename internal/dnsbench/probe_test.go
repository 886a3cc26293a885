package dnsbench_test

import (
	"context"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/internal/dnsbench"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestQuick(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("ZONES"))
	if n == 0 {
		n = 500
	}
	w, err := dnsbench.Start(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	p, err := dns.New(dns.Options{RootHints: []dns.RootServer{{Addr: w.Root}}, Port: w.Port, AllowPrivate: true, PerServerRate: -1})
	if err != nil {
		t.Fatal(err)
	}
	var list []models.Standing
	for _, name := range w.Names {
		s := models.Standing{Domain: name.Name, NS: name.Nameservers()}
		for _, r := range dnsbench.Records() {
			host := name.Name
			if r.Host != "" {
				host = r.Host + "." + name.Name
			}
			s.Records = append(s.Records, models.ExpectedRecord{Host: host, Type: mdns.TypeToString[r.Type], Match: models.Match(r.Match), Values: r.Value, State: models.RecordOK})
		}
		list = append(list, s)
	}
	l := p.Look(context.Background(), w.Names[0].Name, list[0].Records)
	t.Logf("%s %s %v\n%s", l.Outcome, l.Detail, l.Problems, l.Evidence[:min(len(l.Evidence), 1500)])
	for range 3 {
		var ok, bad, queries, wrong atomic.Int64
		c0, t0 := cpu(), time.Now()
		_ = p.Unchanged(context.Background(), list, func(i int, s models.Still) {
			queries.Add(int64(s.Queries))
			if s.Why == "" {
				ok.Add(1)
			} else {
				bad.Add(1)
				if bad.Load() < 3 {
					t.Log(s.Why)
				}
			}
			if (s.Why == "") != (w.Names[i].Fault == dnsbench.FaultNone) {
				if wrong.Add(1) < 5 {
					t.Log("WRONG", w.Names[i], s.Why)
				}
			}
		})
		c, d := cpu()-c0, time.Since(t0)
		t.Logf("ours: %d ok %d bad %d wrong, %d queries, %.0f domains/s, %.0f q/s, %.1f us/domain, %.2f us/query, %.2f q/domain", ok.Load(), bad.Load(), wrong.Load(), queries.Load(),
			float64(n)/d.Seconds(), float64(queries.Load())/d.Seconds(), float64(c.Microseconds())/float64(n), float64(c.Microseconds())/float64(queries.Load()), float64(queries.Load())/float64(n))
		peer, err := w.Dnsperf(context.Background(), 100000)
		t.Logf("dnsperf %d queries %.2f us/query %.0f q/s %v", peer.Queries, peer.Micros(), float64(peer.Queries)/peer.Wall.Seconds(), err)
	}
	c0, t0 := cpu(), time.Now()
	sub := w.Names[:min(n, 1000)]
	q, err := w.Naive(context.Background(), sub, 200)
	c, d := cpu()-c0, time.Since(t0)
	t.Logf("naive %d queries %.2f us/query %.0f q/s %.0f domains/s %v", q, float64(c.Microseconds())/float64(q), float64(q)/d.Seconds(), float64(len(sub))/d.Seconds(), err)
}
