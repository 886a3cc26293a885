package bounce

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"time"

	"github.com/emersion/go-imap"
	"github.com/emersion/go-imap/client"
)

// IMAP is a bounce mailbox on a server (RFC 3501). Messages are marked as seen and not deleted.
type IMAP struct {
	Addr     string // host:port
	Username string
	Password func() string // asked at each sweep; never logged
	TLS      string        // tls, starttls (demanded) or none
	Folder   string        // empty: INBOX
	// TLSConfig is for tests; nil: the system's roots and the server's name from Addr.
	TLSConfig *tls.Config
	Timeout   time.Duration // for one sweep, when ctx gives no earlier deadline; zero: two minutes
}

// String names the mailbox without the login.
func (m IMAP) String() string { return "imap://" + m.Addr + "/" + m.folder() }

// GoString hides the login from %#v.
func (m IMAP) GoString() string { return m.String() }

func (m IMAP) folder() string {
	if m.Folder == "" {
		return imap.InboxName
	}
	return m.Folder
}

// Check says what keeps the mailbox from being read.
func (m IMAP) Check(ctx context.Context) error {
	return m.open(ctx, func(context.Context, *client.Client) error { return nil })
}

// Sweep hands each message that was not seen, at most so many, to take, and marks it as seen when take gives no error; one that could not be
// taken is found again. It gives how many were taken.
func (m IMAP) Sweep(ctx context.Context, most int, take func(ctx context.Context, raw []byte) error) (taken int, err error) {
	err = m.open(ctx, func(ctx context.Context, c *client.Client) error {
		unseen := imap.NewSearchCriteria()
		unseen.WithoutFlags = []string{imap.SeenFlag, imap.DeletedFlag}
		uids, err := c.UidSearch(unseen)
		if err != nil {
			return err
		}
		var failed []error
		for _, uid := range uids[:min(len(uids), most)] {
			if err := m.takeOne(ctx, c, uid, take); err != nil {
				failed = append(failed, err)
				if ctx.Err() != nil {
					break
				}
				continue
			}
			taken++
		}
		return errors.Join(failed...)
	})
	return taken, err
}

// open signs in, selects the folder, and signs out after fn. Whatever the server does, it ends with ctx and the time-out.
func (m IMAP) open(ctx context.Context, fn func(context.Context, *client.Client) error) error {
	if m.Timeout <= 0 {
		m.Timeout = 2 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.Addr)
	if err != nil {
		return fmt.Errorf("%s: %w", m, err)
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := m.speak(ctx, conn, fn); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("%s: %w", m, err)
	}
	return nil
}

func (m IMAP) speak(ctx context.Context, conn net.Conn, fn func(context.Context, *client.Client) error) error {
	config := m.tlsConfig()
	if m.TLS == "tls" {
		secure := tls.Client(conn, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return err
		}
		conn = secure
	}
	c, err := client.New(conn)
	if err != nil {
		return err
	}
	defer func() {
		_ = c.Logout()
		_ = c.Terminate()
		<-c.LoggedOut()
	}()
	c.Timeout, c.ErrorLog = m.Timeout, log.New(io.Discard, "", 0)
	if m.TLS == "starttls" {
		if err := c.StartTLS(config); err != nil {
			return fmt.Errorf("the server does not protect the connection: %w", err)
		}
	}
	if err := m.login(c); err != nil {
		return err
	}
	if _, err := c.Select(m.folder(), false); err != nil {
		return fmt.Errorf("the folder %s can't be opened: %w", m.folder(), err)
	}
	return fn(ctx, c)
}

func (m IMAP) login(c *client.Client) error {
	if m.Username == "" {
		return nil
	}
	password := ""
	if m.Password != nil {
		password = m.Password()
	}
	if err := c.Login(m.Username, password); err != nil {
		return fmt.Errorf("the login was refused: %w", err)
	}
	return nil
}

func (m IMAP) tlsConfig() *tls.Config {
	if m.TLSConfig != nil {
		return m.TLSConfig.Clone()
	}
	host, _, _ := net.SplitHostPort(m.Addr)
	return &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
}

// takeOne fetches one message without marking it, and marks it when it was taken.
func (m IMAP) takeOne(ctx context.Context, c *client.Client, uid uint32, take func(ctx context.Context, raw []byte) error) error {
	set := new(imap.SeqSet)
	set.AddNum(uid)
	section := &imap.BodySectionName{Peek: true, Partial: []int{0, MaxReport}}
	fetched := make(chan *imap.Message, 16)
	done := make(chan error, 1)
	go func() { done <- c.UidFetch(set, []imap.FetchItem{imap.FetchUid, section.FetchItem()}, fetched) }()
	var raw []byte
	for msg := range fetched {
		if body := msg.GetBody(section); body != nil && msg.Uid == uid {
			raw, _ = io.ReadAll(io.LimitReader(body, MaxReport))
		}
	}
	if err := <-done; err != nil {
		return err
	}
	if raw == nil {
		return nil // gone meanwhile
	}
	if err := take(ctx, raw); err != nil {
		return err
	}
	return c.UidStore(set, imap.FormatFlagsOp(imap.AddFlags, true), []any{imap.SeenFlag}, nil)
}
