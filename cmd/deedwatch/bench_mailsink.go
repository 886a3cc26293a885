package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// mailSink is a mail server on loopback that takes every message and keeps none, as cheaply as it can: it is not to be what is measured.
type mailSink struct {
	l      net.Listener
	taken  atomic.Int64
	opened atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
	wg    sync.WaitGroup
}

func newMailSink() (*mailSink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // lives as long as the measurement
	if err != nil {
		return nil, fmt.Errorf("serve mail to measure with: %w", err)
	}
	s := &mailSink{l: l, conns: map[net.Conn]bool{}}
	s.wg.Go(s.accept)
	return s, nil
}

func (s *mailSink) addr() string { return s.l.Addr().String() }

func (s *mailSink) accept() {
	for {
		conn, err := s.l.Accept()
		if err != nil {
			return
		}
		s.opened.Add(1)
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.wg.Go(func() { s.talk(conn) })
	}
}

// talk answers one connection until it ends.
func (s *mailSink) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReaderSize(conn, 64<<10)
	say := "220 sink.lab"
	for data := false; ; {
		if say != "" {
			_ = conn.SetWriteDeadline(time.Now().Add(time.Minute))
			if _, err := conn.Write([]byte(say + "\r\n")); err != nil {
				return
			}
		}
		line, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
		text := strings.TrimRight(string(line[:min(len(line), 16)]), "\r\n")
		switch {
		case data && text == ".":
			data, say = false, fmt.Sprintf("250 2.0.0 queued as %d", s.taken.Add(1))
		case data:
			say = ""
		case strings.HasPrefix(text, "EHLO"):
			say = "250-sink.lab\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 10000000"
		case text == "DATA":
			data, say = true, "354 go on"
		case text == "QUIT":
			_, _ = conn.Write([]byte("221 2.0.0 bye\r\n"))
			return
		default:
			say = "250 2.0.0 ok"
		}
	}
}

// close ends the server with its connections.
func (s *mailSink) close() error {
	err := s.l.Close()
	s.mu.Lock()
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
	return err
}
