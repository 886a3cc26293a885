package authns

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// await polls a server until it answers for each of its zones with authority, or, without zones, until it answers at all.
func await(s Server, port uint16, deadline time.Time) error {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	at := net.JoinHostPort(s.Addr, strconv.Itoa(int(port)))
	for _, z := range s.Zones {
		if z.Broken {
			continue
		}
		if err := poll(ctx, at, z.Origin, true); err != nil {
			return fmt.Errorf("zone %s: %w", z.Origin, err)
		}
	}
	if len(s.Zones) == 0 {
		return poll(ctx, at, ".", false)
	}
	return nil
}

func poll(ctx context.Context, at, origin string, authority bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		flags, err := ask(ctx, at, origin)
		switch {
		case err != nil:
			last = err
		case !authority || flags&authoritative != 0 && flags&rcodeMask == 0:
			return nil
		default:
			last = fmt.Errorf("answers with rcode %d", flags&rcodeMask)
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("not ready in time"), last)
		case <-tick.C:
		}
	}
}

// Bits of the second word of a DNS header (RFC 1035 section 4.1.1).
const (
	authoritative = 1 << 10
	rcodeMask     = 0xf
)

// ask sends one SOA question over UDP and returns the flags of the answer.
func ask(ctx context.Context, at, origin string) (uint16, error) {
	ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", at)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return 0, err
	}
	if _, err := conn.Write(soaQuestion(origin)); err != nil {
		return 0, err
	}
	answer := make([]byte, 4096)
	n, err := conn.Read(answer)
	if err != nil {
		return 0, err
	}
	if n < 12 {
		return 0, errors.New("a short answer")
	}
	return binary.BigEndian.Uint16(answer[2:]), nil
}

// soaQuestion writes the query by hand: this package is a witness beside the product's DNS library.
func soaQuestion(origin string) []byte {
	q := []byte{0x44, 0x57, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for label := range strings.SplitSeq(strings.Trim(origin, "."), ".") {
		if label != "" {
			q = append(q, byte(len(label))) //nolint:gosec // a label has at most 63 octets
			q = append(q, label...)
		}
	}
	return append(q, 0, 0, 6, 0, 1)
}
