package lab

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// startWHOIS serves each suffix that has WHOIS on a port of its own.
func (l *Lab) startWHOIS() error {
	l.state.mu.Lock()
	var suffixes []string
	for name, t := range l.state.tlds {
		if t.WHOIS {
			suffixes = append(suffixes, name)
		}
	}
	l.state.mu.Unlock()
	slices.Sort(suffixes)
	for _, suffix := range suffixes {
		shut := func() bool {
			if !l.state.whoisShut(suffix) {
				return false
			}
			l.journal.begin(KindWHOIS, suffix, "(connection)")("outage")
			return true
		}
		address, err := l.serveWHOIS(shut, func(ctx context.Context, conn net.Conn, question string) {
			l.answerWHOIS(ctx, conn, suffix, question)
		})
		if err != nil {
			return err
		}
		l.endpoints.WHOISServers[suffix] = address
	}
	return nil
}

// serveWHOIS opens a port that reads one line and hands it to the answer
// (RFC 3912). The connection is closed afterwards.
func (l *Lab) serveWHOIS(shut func() bool, answer func(ctx context.Context, conn net.Conn, question string)) (string, error) {
	plain, err := listenTCP(l.ctx, loopback, 0)
	if err != nil {
		return "", err
	}
	listener := gate{Listener: plain, shut: shut}
	l.onClose(func(context.Context) error { return listener.Close() })
	l.wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					l.log.Error("lab: whois server ended", "error", err)
				}
				return
			}
			l.wg.Go(func() { l.whoisConn(conn, answer) })
		}
	})
	return plain.Addr().String(), nil
}

func (l *Lab) whoisConn(conn net.Conn, answer func(ctx context.Context, conn net.Conn, question string)) {
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(l.ctx, func() { _ = conn.Close() })()
	const patience, longest = 10 * time.Second, 1024
	_ = conn.SetReadDeadline(realNow().Add(patience))
	line, err := bufio.NewReader(io.LimitReader(conn, longest)).ReadString('\n')
	if err != nil && line == "" {
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	answer(l.ctx, conn, strings.TrimSpace(line))
}

// answerWHOIS answers for one suffix, spoiled as the fault says.
func (l *Lab) answerWHOIS(ctx context.Context, conn net.Conn, suffix, question string) {
	end := l.journal.begin(KindWHOIS, suffix, question)
	name := question
	if fields := strings.Fields(question); len(fields) > 0 {
		name = toASCII(fields[len(fields)-1])
	}
	l.state.mu.Lock()
	fault := l.state.takeWHOIS(suffix, name, l.now())
	text, dialect := l.whoisText(suffix, name)
	l.state.mu.Unlock()
	if !pause(ctx, fault.Delay) {
		end("nothing")
		return
	}
	switch fault.Kind {
	case WHOISOutage:
		end("outage")
		resetConn(conn)
		return
	case WHOISSilent:
		_, _ = io.Copy(io.Discard, conn) // until the client goes or the lab closes
		end("silence")
		return
	case WHOISEndless:
		flood(conn, -1)
		end("endless")
		return
	case WHOISBig:
		n := fault.Bytes
		if n == 0 {
			n = defaultBig
		}
		flood(conn, n)
	case WHOISThrottled, WHOISReserved, WHOISHostile, WHOISBareRefer, WHOISReferral, WHOISOtherName, WHOISText, WHOISEmpty:
		text = fault.spoil(text, dialect, name)
	case WHOISQuota: // has become a refusal or nothing by now
	}
	end(strings.TrimSpace(strconv.Itoa(len(text)) + " bytes " + string(fault.Kind)))
	_, _ = io.WriteString(conn, text)
}

// whoisText words the right answer; the state must be locked.
func (l *Lab) whoisText(suffix, name string) (string, Dialect) {
	now := l.now()
	t := l.state.tlds[suffix]
	r, own, p := l.state.look(name, now)
	if r == nil || own != t {
		return noMatch(t.Dialect, name), t.Dialect
	}
	return whoisFacts{
		domain: &r.Domain, registrar: l.state.registrar(r.Registrar), published: p,
		expiry: t.PublishesExpiry, now: now,
	}.text(t.Dialect), t.Dialect
}

// spoil returns the text that is sent in place of the right one.
func (f WHOISFault) spoil(text string, d Dialect, name string) string {
	switch f.Kind {
	case WHOISThrottled:
		return throttledText(d)
	case WHOISReserved:
		return reservedText(d, name)
	case WHOISHostile:
		return "% " + Hostile + "\r\n" + strings.Replace(text, "egistrar: ", "egistrar: "+Hostile+" ", 1)
	case WHOISBareRefer:
		return "% for more, ask elsewhere\nrefer: x"
	case WHOISReferral:
		return "% not here\nrefer:        " + f.ReferTo + "\nwhois:        " + f.ReferTo + "\n\n" +
			"Domain Name: " + strings.ToUpper(name) + "\nRegistrar WHOIS Server: " + f.ReferTo + "\n"
	case WHOISOtherName:
		other := otherDomain()
		return whoisFacts{domain: &other, registrar: Registrar{Name: "Other Registrar"}, expiry: true, published: lapsed(&other)}.text(d)
	case WHOISText:
		return f.Text
	case WHOISEmpty:
		return ""
	case WHOISBig, WHOISEndless, WHOISOutage, WHOISSilent, WHOISQuota:
	}
	return text
}

// flood writes n bytes of comment lines, or without end when n is negative,
// until the client has had enough.
func flood(w io.Writer, n int64) {
	chunk := []byte(strings.Repeat("% this line says nothing and there are many of it\n", 160))
	for sent := int64(0); n < 0 || sent < n; sent += int64(len(chunk)) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}
