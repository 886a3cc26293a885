package batch_test

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/monitor/dns/batch"
	"github.com/krestmarketing/deedwatch/monitor/dns/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// responder answers on loopback; answer returns the messages to send for one query, none to stay silent.
func responder(tb testing.TB, network string, answer func(query []byte, write func([]byte))) netip.AddrPort {
	tb.Helper()
	address := "127.0.0.1:0"
	if network == "udp6" {
		address = "[::1]:0"
	}
	conn, err := net.ListenPacket(network, address)
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	tb.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			answer(buf[:n], func(b []byte) { _, _ = conn.WriteTo(b, from) })
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// address answers every query with one address.
func address(query []byte) []byte {
	var in dns.Msg
	if in.Unpack(query) != nil {
		return nil
	}
	m := new(dns.Msg)
	m.SetReply(&in)
	m.Authoritative = true
	rr, err := dns.NewRR(in.Question[0].Name + " 60 IN A 192.0.2.1")
	if err != nil {
		return nil
	}
	m.Answer = []dns.RR{rr}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

func transport(tb testing.TB, o batch.Options) *batch.Transport {
	tb.Helper()
	tr, err := batch.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(tr.Close)
	return tr
}

// ask submits one question and waits for its end.
func ask(tb testing.TB, tr *batch.Transport, to netip.AddrPort, domain string) *batch.Query {
	tb.Helper()
	name, err := wire.AppendName(nil, domain)
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	q := &batch.Query{To: to, Name: name, Zone: []byte{0}, Type: wire.TypeA, Done: func(*batch.Query) { close(done) }}
	tr.Submit(q)
	<-done
	return q
}

func TestAnswers(t *testing.T) {
	for _, network := range []string{"udp4", "udp6"} {
		t.Run(network, func(t *testing.T) {
			to := responder(t, network, func(q []byte, write func([]byte)) { write(address(q)) })
			tr := transport(t, batch.Options{})
			q := ask(t, tr, to, "www.example.lab")
			if q.Err != nil || q.Answer.Kind != wire.Data || q.Answer.Count != 1 || q.Tries != 1 {
				t.Errorf("%v, kind %d, %d tries", q.Err, q.Answer.Kind, q.Tries)
			}
		})
	}
}

// TestForgersAreDropped: what does not match id, source, question and case is counted and dropped, and the true answer still counts.
func TestForgersAreDropped(t *testing.T) {
	other, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		good := address(buf[:n])
		forge := func(change func([]byte)) []byte {
			b := append([]byte(nil), good...)
			change(b)
			return b
		}
		_, _ = conn.WriteTo(forge(func(b []byte) { b[0] ^= 1 }), from)     // another id
		_, _ = conn.WriteTo(forge(func(b []byte) { b[13] ^= 0x20 }), from) // another case
		_, _ = conn.WriteTo(good[:7], from)                                // cut
		_, _ = other.WriteTo(good, from)                                   // another source
		_, _ = conn.WriteTo(good, from)
	}()
	tr := transport(t, batch.Options{})
	q := ask(t, tr, conn.LocalAddr().(*net.UDPAddr).AddrPort(), "www.example.lab")
	_ = conn.Close()
	<-done
	if q.Err != nil || q.Answer.Kind != wire.Data {
		t.Errorf("the true answer did not count: %v, kind %d", q.Err, q.Answer.Kind)
	}
	if s := tr.Stats(); s.Stray < 3 {
		t.Errorf("%d strays counted, want 3 or 4", s.Stray)
	}
}

func TestSilence(t *testing.T) {
	var asked atomic.Int32
	to := responder(t, "udp4", func([]byte, func([]byte)) { asked.Add(1) })
	tr := transport(t, batch.Options{Timeout: 60 * time.Millisecond, Tries: 3})
	q := ask(t, tr, to, "www.example.lab")
	if q.Err != batch.ErrTimeout || q.Tries != 3 || asked.Load() != 3 { //nolint:errorlint // as documented
		t.Errorf("%v after %d tries, the server saw %d", q.Err, q.Tries, asked.Load())
	}
}

// TestQuick: a quick question is given up in a quarter of the time, but for the last query of it.
func TestQuick(t *testing.T) {
	to := responder(t, "udp4", func([]byte, func([]byte)) {})
	const timeout = 400 * time.Millisecond
	for _, c := range []struct {
		tries    int
		from, to time.Duration
	}{
		{1, timeout / 4, timeout},
		{2, timeout / 4 * 5, 2 * timeout},
	} {
		tr := transport(t, batch.Options{Timeout: timeout, Tries: c.tries})
		done := make(chan struct{})
		q := &batch.Query{To: to, Name: []byte{0}, Zone: []byte{0}, Type: wire.TypeNS, Quick: true, Done: func(*batch.Query) { close(done) }}
		began := time.Now()
		tr.Submit(q)
		<-done
		if took := time.Since(began); q.Err != batch.ErrTimeout || took < c.from || took > c.to { //nolint:errorlint // as documented
			t.Errorf("%d tries: %v after %v, want %v to %v", c.tries, q.Err, took, c.from, c.to)
		}
	}
}

// TestWhatCannotBeSentEndsAtOnce: addresses that no name server has.
func TestWhatCannotBeSentEndsAtOnce(t *testing.T) {
	tr := transport(t, batch.Options{Timeout: time.Hour})
	for _, to := range []netip.AddrPort{{}, netip.MustParseAddrPort("[fe80::1%lo]:53")} {
		if q := ask(t, tr, to, "www.example.lab"); !errors.Is(q.Err, batch.ErrSend) {
			t.Errorf("%v: %v", to, q.Err)
		}
	}
}

// TestOneLost: a lost answer is asked for again, from another port.
func TestOneLost(t *testing.T) {
	var mu sync.Mutex
	ports := map[string]bool{}
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for i := 0; ; i++ {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			mu.Lock()
			ports[from.String()] = true
			mu.Unlock()
			if i > 0 {
				_, _ = conn.WriteTo(address(buf[:n]), from)
			}
		}
	}()
	defer func() { _ = conn.Close(); <-done }()
	tr := transport(t, batch.Options{Timeout: 60 * time.Millisecond, Sockets: 8})
	q := ask(t, tr, conn.LocalAddr().(*net.UDPAddr).AddrPort(), "www.example.lab")
	if q.Err != nil || q.Tries != 2 {
		t.Errorf("%v after %d tries", q.Err, q.Tries)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(ports) < 1 {
		t.Error("nothing was asked")
	}
}

// TestCaseIsNotRepeated: a server that answers in small letters is slow to reach, not dead.
func TestCaseIsNotRepeated(t *testing.T) {
	to := responder(t, "udp4", func(q []byte, write func([]byte)) {
		lower := append([]byte(nil), q...)
		for i := 12; i < len(lower); i++ {
			if lower[i] >= 'A' && lower[i] <= 'Z' {
				lower[i] += 'a' - 'A'
			}
		}
		write(address(lower))
	})
	tr := transport(t, batch.Options{Timeout: 60 * time.Millisecond})
	if q := ask(t, tr, to, "www.a-long-name-with-many-letters.lab"); q.Err != nil || !q.Plain {
		t.Errorf("%v, plain %v", q.Err, q.Plain)
	}
}

// TestMany asks from many places at once while ports are given up all the time; every question ends exactly once.
func TestMany(t *testing.T) {
	var n atomic.Int32
	to := responder(t, "udp4", func(q []byte, write func([]byte)) {
		if n.Add(1)%97 == 0 {
			return // lost
		}
		write(address(q))
	})
	tr := transport(t, batch.Options{Timeout: 150 * time.Millisecond, Tries: 5, RetireQueries: 40})
	const askers, each = 8, 250
	var ended [askers * each]atomic.Int32
	var failed atomic.Int32
	var wg sync.WaitGroup
	for a := range askers {
		wg.Go(func() {
			window := make(chan struct{}, 16)
			for i := range each {
				window <- struct{}{}
				name, err := wire.AppendName(nil, "n"+strconv.Itoa(a*each+i)+".example.lab")
				if err != nil {
					t.Error(err)
				}
				tr.Submit(&batch.Query{To: to, Name: name, Zone: []byte{0}, Type: wire.TypeA, Done: func(q *batch.Query) {
					ended[a*each+i].Add(1)
					if q.Err != nil || q.Answer.Kind != wire.Data {
						failed.Add(1)
					}
					<-window
				}})
			}
			for range cap(window) {
				window <- struct{}{}
			}
		})
	}
	wg.Wait()
	for i := range ended {
		if ended[i].Load() != 1 {
			t.Fatalf("question %d ended %d times", i, ended[i].Load())
		}
	}
	s := tr.Stats()
	if failed.Load() > 0 || s.Sockets < 20 {
		t.Errorf("%d of %d failed; %+v", failed.Load(), len(ended), s)
	}
}

func TestClose(t *testing.T) {
	to := responder(t, "udp4", func([]byte, func([]byte)) {})
	tr, err := batch.New(batch.Options{Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	name, _ := wire.AppendName(nil, "www.example.lab")
	ends := make(chan error, 1)
	tr.Submit(&batch.Query{To: to, Name: name, Zone: []byte{0}, Type: wire.TypeA, Done: func(q *batch.Query) { ends <- q.Err }})
	tr.Close()
	if err := <-ends; err != batch.ErrClosed { //nolint:errorlint // as documented
		t.Errorf("ended with %v", err)
	}
	tr.Submit(&batch.Query{To: to, Name: name, Zone: []byte{0}, Type: wire.TypeA, Done: func(q *batch.Query) { ends <- q.Err }})
	if err := <-ends; err != batch.ErrClosed { //nolint:errorlint // as documented
		t.Errorf("after Close it ended with %v", err)
	}
	tr.Close()
}
