package dnsbench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// Naive asks the questions of names the way it is done first: a blocking client, and a new socket for every query. Nothing is compared.
func (w *World) Naive(ctx context.Context, names []Name, workers int) (queries int, err error) {
	var next, asked, failed atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			client := &dns.Client{Timeout: 2 * time.Second, UDPSize: 1232}
			for i := next.Add(1) - 1; i < int64(len(names)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				for _, q := range w.Questions(names[i]) {
					if !ask(ctx, client, q, &asked) {
						failed.Add(1)
					}
				}
			}
		})
	}
	wg.Wait()
	if n := failed.Load(); n > 0 {
		return int(asked.Load()), fmt.Errorf("%d questions of the naive client went without an answer", n)
	}
	return int(asked.Load()), ctx.Err()
}

const naiveTries = 3

func ask(ctx context.Context, client *dns.Client, q Question, asked *atomic.Int64) bool {
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(q.Name), q.Type)
	m.RecursionDesired = false
	m.SetEdns0(1232, false)
	for range naiveTries {
		asked.Add(1)
		if _, _, err := client.ExchangeContext(ctx, m, q.To.String()); err == nil {
			return true
		}
	}
	return false
}

// answersFor reports whether a server answers for a zone with authority.
func answersFor(ctx context.Context, server, zone string) bool {
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(zone), dns.TypeSOA)
	client := &dns.Client{Timeout: 500 * time.Millisecond}
	r, _, err := client.ExchangeContext(ctx, m, server)
	return err == nil && r.Authoritative && r.Rcode == dns.RcodeSuccess
}
