package batch_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/monitor/dns/batch"
	"github.com/krestmarketing/deedwatch/monitor/dns/wire"
)

// echo answers every query with REFUSED, at next to no cost and without allocating, so that the figures are the transport's.
func echo(tb testing.TB) netip.AddrPort {
	tb.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	_ = conn.SetReadBuffer(4 << 20)
	done := make(chan struct{})
	tb.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			buf[2], buf[3] = 0x84, 5
			_, _ = conn.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// BenchmarkAsk asks with 200 questions in flight, as a sweep does: ports are given up all the time.
func BenchmarkAsk(b *testing.B) {
	to := echo(b)
	tr := transport(b, batch.Options{Timeout: 5 * time.Second})
	name, err := wire.AppendName(nil, "www.example.lab")
	if err != nil {
		b.Fatal(err)
	}
	const inFlight = 200
	free := make(chan *batch.Query, inFlight)
	for range inFlight {
		free <- &batch.Query{To: to, Name: name, Zone: []byte{0}, Type: wire.TypeA, Done: func(q *batch.Query) { free <- q }}
	}
	b.ReportAllocs()
	for b.Loop() {
		q := <-free
		if q.Err != nil {
			b.Fatal(q.Err)
		}
		tr.Submit(q)
	}
	for range inFlight {
		<-free
	}
}
