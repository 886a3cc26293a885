package email_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/email"
)

// turns is a mail server that answers each connection's lines by a script of its own, and keeps what it was told. It says what the script
// has for a line; without a word for it, it accepts.
type turns struct {
	t      *testing.T
	l      net.Listener
	answer func(conn, message int, line string) string // "": the usual; "close": hang up; "hang": say nothing more

	mu    sync.Mutex
	lines map[int][]string
	conns int
	stop  chan struct{}
	wg    sync.WaitGroup
}

func newTurns(t *testing.T, answer func(conn, message int, line string) string) *turns {
	t.Helper()
	s := &turns{t: t, l: listen(t), answer: answer, lines: map[int][]string{}, stop: make(chan struct{})}
	s.wg.Go(s.serve)
	t.Cleanup(func() {
		close(s.stop)
		_ = s.l.Close()
		s.wg.Wait()
	})
	return s
}

func (s *turns) serve() {
	for {
		conn, err := s.l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns++
		id := s.conns
		s.mu.Unlock()
		s.wg.Go(func() {
			defer func() { _ = conn.Close() }()
			go func() { <-s.stop; _ = conn.Close() }()
			s.talk(conn, id)
		})
	}
}

func (s *turns) talk(conn net.Conn, id int) {
	in, message, data := bufio.NewReader(conn), 0, false
	_, _ = fmt.Fprint(conn, "220 mx.lab\r\n")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if data && line != "." {
			continue
		}
		verb, _, _ := strings.Cut(line, " ")
		if verb == "RSET" { // the next message begins
			message++
		}
		s.mu.Lock()
		s.lines[id] = append(s.lines[id], verb)
		s.mu.Unlock()
		say := ""
		if s.answer != nil {
			say = s.answer(id, message, verb)
		}
		switch {
		case say == "close":
			return
		case say == "hang":
			<-s.stop
			return
		case say != "":
		case verb == "EHLO":
			say = "250-mx.lab\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES"
		case verb == "DATA":
			say = "354 go on"
		case verb == "QUIT":
			say = "221 2.0.0 bye"
		case verb == ".":
			say = fmt.Sprintf("250 2.0.0 queued as %d.%d", id, message)
		default:
			say = "250 2.0.0 ok"
		}
		data = verb == "DATA" && strings.HasPrefix(say, "354")
		if _, err := fmt.Fprint(conn, say+"\r\n"); err != nil {
			return
		}
	}
}

// told gives what each connection was told, the first first.
func (s *turns) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for id := 1; id <= s.conns; id++ {
		out = append(out, strings.Join(s.lines[id], " "))
	}
	return out
}

// eventually waits until the connections were told what is expected.
func (s *turns) eventually(want []string) {
	s.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		diff := cmp.Diff(want, s.told())
		if diff == "" {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("what was said (-want +got):\n%s", diff)
		}
	}
}

const one = "MAIL RCPT DATA ."

func TestAConnectionCarriesSeveralMessages(t *testing.T) {
	s := newTurns(t, nil)
	m := sender(t, email.Options{Addr: s.l.Addr().String(), PerConnection: 3})
	for i := range 4 {
		if got := m.Send(t.Context(), message()); got.Outcome != models.DeliverySent {
			t.Fatalf("message %d: %+v", i, got)
		}
	}
	m.Close()
	s.eventually([]string{"EHLO " + one + " RSET " + one + " RSET " + one + " QUIT", "EHLO " + one + " QUIT"})
	if got := m.Send(t.Context(), message()); got.Outcome != models.DeliverySent {
		t.Errorf("after Close: %+v", got)
	}
}

func TestAnIdleConnectionIsEnded(t *testing.T) {
	s := newTurns(t, nil)
	m := sender(t, email.Options{Addr: s.l.Addr().String(), IdleTimeout: 20 * time.Millisecond})
	if got := m.Send(t.Context(), message()); got.Outcome != models.DeliverySent {
		t.Fatal(got)
	}
	s.eventually([]string{"EHLO " + one + " QUIT"})
}

// TestConnectionsThatCanNotBeUsedAgain sends two messages, and looks at what the second one met.
func TestConnectionsThatCanNotBeUsedAgain(t *testing.T) {
	on := func(message int, verb, say string) func(int, int, string) string {
		return func(conn, n int, v string) string {
			if conn == 1 && n == message && v == verb {
				return say
			}
			return ""
		}
	}
	for _, c := range []struct {
		why           string
		answer        func(conn, message int, line string) string
		first, second models.Delivery
		told          []string
	}{
		{"gone while idle", on(1, "RSET", "close"), models.DeliverySent, models.DeliverySent, []string{"EHLO " + one + " RSET", "EHLO " + one + " QUIT"}},
		{"timed out while idle", on(1, "RSET", "421 4.4.2 timeout"), models.DeliverySent, models.DeliverySent, []string{"EHLO " + one + " RSET", "EHLO " + one + " QUIT"}},
		{"gone between the question and the message", on(1, "MAIL", "close"), models.DeliverySent, models.DeliverySent, []string{"EHLO " + one + " RSET MAIL", "EHLO " + one + " QUIT"}},
		{"421 at MAIL on a kept connection", on(1, "MAIL", "421 4.7.0 too many messages"), models.DeliverySent, models.DeliverySent, []string{"EHLO " + one + " RSET MAIL", "EHLO " + one + " QUIT"}},
		{"421 at RCPT on a kept connection", on(1, "RCPT", "421 4.7.0 slow down"), models.DeliverySent, models.DeliverySent, []string{"EHLO " + one + " RSET MAIL RCPT", "EHLO " + one + " QUIT"}},
		{"421 on a new connection is the message's answer", on(0, "MAIL", "421 4.7.0 not now"), models.DeliveryTemporary, models.DeliverySent, []string{"EHLO MAIL", "EHLO " + one + " QUIT"}},
		{"greylisted: the connection is fine", on(0, "RCPT", "451 4.7.1 greylisted"), models.DeliveryTemporary, models.DeliverySent, []string{"EHLO MAIL RCPT RSET " + one + " QUIT"}},
		{"no such user: the connection is fine", on(0, "RCPT", "550 5.1.1 no such user"), models.DeliveryPermanent, models.DeliverySent, []string{"EHLO MAIL RCPT RSET " + one + " QUIT"}},
		{"our sender is refused: the connection may be the reason", on(0, "MAIL", "553 5.7.1 not yours"), models.DeliveryRejected, models.DeliverySent, []string{"EHLO MAIL", "EHLO " + one + " QUIT"}},
		{"gone after the message: nobody knows, so it is not repeated in the same attempt", on(1, ".", "close"), models.DeliverySent, models.DeliveryTemporary, []string{"EHLO " + one + " RSET " + one}},
		{"421 after the message", on(1, ".", "421 4.3.2 going down"), models.DeliverySent, models.DeliveryTemporary, []string{"EHLO " + one + " RSET " + one}},
		{"a reply that is none", on(1, "RSET", "hello there"), models.DeliverySent, models.DeliverySent, []string{"EHLO " + one + " RSET", "EHLO " + one + " QUIT"}},
		{"refused after the message", on(0, ".", "554 5.6.0 looks like spam"), models.DeliveryRejected, models.DeliverySent, []string{"EHLO " + one + " RSET " + one + " QUIT"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := newTurns(t, c.answer)
			m := sender(t, email.Options{Addr: s.l.Addr().String()})
			if got := m.Send(t.Context(), message()); got.Outcome != c.first {
				t.Errorf("the first: %+v, want %s", got, c.first)
			}
			if got := m.Send(t.Context(), message()); got.Outcome != c.second {
				t.Errorf("the second: %+v, want %s", got, c.second)
			}
			m.Close()
			s.eventually(c.told)
		})
	}
}

func TestAKeptConnectionThatHangs(t *testing.T) {
	s := newTurns(t, func(conn, message int, line string) string {
		if conn == 1 && message == 1 && line == "DATA" {
			return "hang"
		}
		return ""
	})
	m := sender(t, email.Options{Addr: s.l.Addr().String(), Timeout: 300 * time.Millisecond})
	if got := m.Send(t.Context(), message()); got.Outcome != models.DeliverySent {
		t.Fatal(got)
	}
	began := time.Now()
	if got := m.Send(t.Context(), message()); got.Outcome != models.DeliveryTemporary || time.Since(began) > 3*time.Second {
		t.Errorf("%+v after %s", got, time.Since(began))
	}
	if got := m.Send(t.Context(), message()); got.Outcome != models.DeliverySent || !strings.Contains(got.Reply, "2.0") {
		t.Errorf("the next one goes over another connection: %+v", got)
	}
}

// busy is a server that counts how many messages and connections are open at once.
type busy struct {
	open, most atomic.Int32
	taken      atomic.Int32
	conns      atomic.Int32
}

type busySession struct {
	*script
	b *busy
}

func (b *busy) NewSession(*smtp.Conn) (smtp.Session, error) {
	b.conns.Add(1)
	return &busySession{&script{}, b}, nil
}
func (s *busySession) Reset()        {}
func (s *busySession) Logout() error { return nil }
func (s *busySession) Mail(string, *smtp.MailOptions) error {
	now := s.b.open.Add(1)
	for {
		most := s.b.most.Load()
		if now <= most || s.b.most.CompareAndSwap(most, now) {
			return nil
		}
	}
}
func (s *busySession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *busySession) Data(r io.Reader) error {
	defer s.b.open.Add(-1)
	buf := make([]byte, 32<<10)
	for {
		if _, err := r.Read(buf); err != nil {
			s.b.taken.Add(1)
			return nil
		}
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	b := &busy{}
	server := smtp.NewServer(smtp.BackendFunc(b.NewSession))
	server.Domain, server.ReadTimeout = "mx.lab", 10*time.Second
	l := listen(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		_ = l.Close()
		<-done
	})
	m := sender(t, email.Options{Addr: l.Addr().String(), Connections: 3, PerConnection: 50})
	var wg sync.WaitGroup
	var sent atomic.Int32
	for range 20 {
		wg.Go(func() {
			for range 10 {
				if got := m.Send(t.Context(), message()); got.Outcome == models.DeliverySent {
					sent.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if sent.Load() != 200 || b.taken.Load() != 200 {
		t.Errorf("%d sent, %d taken; want 200", sent.Load(), b.taken.Load())
	}
	if b.most.Load() > 3 || b.conns.Load() > 12 {
		t.Errorf("%d messages at once over %d connections; want 3 and few", b.most.Load(), b.conns.Load())
	}
}

func TestAMessageWaitsForAConnectionInItsTime(t *testing.T) {
	s := newTurns(t, func(_, _ int, line string) string {
		if line == "DATA" {
			return "hang"
		}
		return ""
	})
	m := sender(t, email.Options{Addr: s.l.Addr().String(), Connections: 1})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan notify.Result, 1)
	go func() { first <- m.Send(ctx, message()) }()
	s.eventually([]string{"EHLO MAIL RCPT DATA"})
	short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if got := m.Send(short, message()); got.Outcome != models.DeliveryTemporary {
		t.Errorf("the one that waits: %+v", got)
	}
	cancel()
	if got := <-first; got.Outcome != models.DeliveryTemporary {
		t.Errorf("the one that hangs: %+v", got)
	}
	s.eventually([]string{"EHLO MAIL RCPT DATA"})
}
