package whois

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/likexian/whois"

	"github.com/krestmarketing/deedwatch/models"
)

// ask sends one query and returns what came back, with the error that cut it short, if any. likexian/whois gets a fresh client, an
// explicit server, no referrals and no statistics; its dialer connects to the given server whatever it is asked to dial.
func ask(ctx context.Context, dial DialFunc, server, query string, timeout time.Duration) (text []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the WHOIS library failed on this answer: %v", r)
		}
	}()
	d := &ctxDialer{ctx: ctx, dial: dial, server: server}
	defer d.release()
	client := whois.NewClient().SetDialer(d).SetTimeout(timeout).SetDisableReferral(true).SetDisableStats(true)
	s, err := client.Whois(query, server)
	text = []byte(s)
	if d.conn != nil && d.conn.left <= 0 {
		return text, &tooLongError{}
	}
	return text, err
}

// tooLongError says that an answer went on after the limit; the connection was closed then.
type tooLongError struct{}

// Error names the limit.
func (*tooLongError) Error() string {
	return fmt.Sprintf("the answer is longer than %d bytes and was cut", models.MaxEvidence)
}

// ctxDialer gives a library without contexts a connection that ends with one. It dials once.
type ctxDialer struct {
	ctx    context.Context //nolint:containedctx // the library's Dial has no context
	dial   DialFunc
	server string
	conn   *cappedConn
	stop   func() bool
}

// Dial connects to the server of the query; what the library asks for is ignored, so that no answer can send it elsewhere.
func (d *ctxDialer) Dial(_, _ string) (net.Conn, error) {
	if d.conn != nil {
		return nil, fmt.Errorf("a second connection for one WHOIS query to %s", d.server)
	}
	conn, err := d.dial(d.ctx, "tcp", d.server)
	if err != nil {
		return nil, err
	}
	d.stop = context.AfterFunc(d.ctx, func() { _ = conn.Close() })
	d.conn = &cappedConn{Conn: conn, left: models.MaxEvidence + 1}
	return d.conn, nil
}

// release forgets the connection, which the library has closed.
func (d *ctxDialer) release() {
	if d.stop != nil {
		d.stop()
		_ = d.conn.Close()
	}
}

// cappedConn reads as if the answer ended at the limit.
type cappedConn struct {
	net.Conn
	left int
}

// Read reads up to the limit and then reports the end.
func (c *cappedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.EOF
	}
	if len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	c.left -= n
	return n, err
}
