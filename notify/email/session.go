package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// probeTimeout is how long a connection that was kept open may take to say that it is still there, and to say good-bye.
const probeTimeout = 5 * time.Second

// session is one connection after the login. One message at a time uses it; whoever took it from the pool owns it.
type session struct {
	conn    net.Conn // the raw connection, beneath TLS
	client  *smtp.Client
	carried int  // messages
	reused  bool // taken from the pool
	stop    func() bool
}

// fate is what becomes of a connection after a message.
type fate int

const (
	keep    fate = iota
	discard      // something is doubtful about it
	replace      // it was gone before anything of the message was said: another one is to carry it
)

// watch bounds all that is said on the connection by ctx, until unwatch.
func (c *session) watch(ctx context.Context) {
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.conn.SetDeadline(deadline)
	}
	c.stop = context.AfterFunc(ctx, func() { _ = c.conn.Close() })
}

func (c *session) unwatch() {
	if c.stop != nil {
		c.stop()
	}
}

// alive reports whether a connection that was kept open can take a message. RSET also ends whatever the server remembers of the last one.
func (c *session) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	c.watch(ctx)
	defer c.unwatch()
	return c.client.Reset() == nil
}

// quit ends the connection as the protocol has it (RFC 5321 section 4.1.1.10).
func (c *session) quit(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	c.watch(ctx)
	_ = c.client.Quit()
	c.unwatch()
	c.drop()
}

// drop closes the connection.
func (c *session) drop() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

// hand says one message over the connection.
func (c *session) hand(ctx context.Context, out *outgoing) (notify.Result, fate) {
	c.watch(ctx)
	defer c.unwatch()
	if res := c.fits(out); res != nil {
		return *res, keep
	}
	c.client.SkipSMTPUTF8(!out.utf8)
	reply, at, err := c.say(out)
	if err == nil {
		c.carried++
		return accepted(reply), keep
	}
	res := judgeReply(ctx, at, err)
	var replied *textproto.Error
	answered := errors.As(err, &replied) && replied.Code != 421
	switch {
	case answered && (at == phaseRcpt || at == phaseAccepted || replied.Code < 500):
		return res, keep
	case !answered && c.reused && at < phaseMessage && ctx.Err() == nil:
		return res, replace
	}
	return res, discard
}

// say goes through the phases of the dialogue (RFC 5321 section 3.3), and names the one that failed.
func (c *session) say(out *outgoing) (reply string, at phase, err error) {
	sender := "<" + out.from + ">"
	if known, _ := c.client.Extension("SIZE"); known {
		sender += " SIZE=" + strconv.Itoa(len(out.raw)) // RFC 1870
	}
	if err := c.client.Mail(sender); err != nil {
		return "", phaseSession, err
	}
	if err := c.client.Rcpt("<" + out.to + ">"); err != nil {
		return "", phaseRcpt, err
	}
	w, err := c.client.Data()
	if err != nil {
		return "", phaseSession, err
	}
	if _, err := w.Write(out.raw); err != nil {
		return "", phaseMessage, err
	}
	if err := w.Close(); err != nil {
		return "", phaseAccepted, err
	}
	if data, ok := w.(*smtp.DataCloser); ok {
		reply = data.ServerResponse()
	}
	return reply, phaseAccepted, nil
}

// fits says when the server has told before that it can't take a message. A recipient whom it can't reach at all is refused for good (RFC 6531
// section 3.5): somebody else has to hear of it. The rest is no contact's fault.
func (c *session) fits(out *outgoing) *notify.Result {
	if _, limit := c.client.Extension("SIZE"); limit != "" {
		if most, err := strconv.Atoi(limit); err == nil && most > 0 && len(out.raw) > most {
			return &notify.Result{Outcome: models.DeliveryRejected, Reply: fmt.Sprintf("the message has %d bytes and the mail server takes %d", len(out.raw), most)}
		}
	}
	if known, _ := c.client.Extension("SMTPUTF8"); out.utf8 && !known {
		res := notify.Result{Outcome: models.DeliveryRejected, Reply: "the address has letters beyond ASCII and our mail server can't carry it (SMTPUTF8, RFC 6531)"}
		if !ascii(out.to) {
			res.Outcome, res.Enhanced = models.DeliveryPermanent, "5.6.7"
		}
		return &res
	}
	return nil
}
