package dns

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
)

// Bounds of one line of the transcript.
const (
	maxLineRRs   = 16
	maxLineBytes = 1200
)

const cutNote = "... the transcript was cut here\n"

// transcript is the evidence of a look: one line for each question, readable, printable ASCII, bounded. It is safe for concurrent use.
type transcript struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	full bool
}

func (t *transcript) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.buf.Bytes())
}

// note writes one line. All of it is escaped.
func (t *transcript) note(format string, args ...any) {
	line := escape(fmt.Sprintf(format, args...), maxLineBytes) + "\n"
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.full {
		return
	}
	if t.buf.Len()+len(line)+len(cutNote) > models.MaxEvidence {
		t.full = true
		line = cutNote
	}
	t.buf.WriteString(line)
}

// asked writes what one server was asked, what it answered, and how that was read.
func (t *transcript) asked(to string, zone string, q question, r reply, f finding) {
	took := float64(r.took) / float64(time.Millisecond)
	if r.msg == nil {
		t.note("%s %s? %s -> %s: %s (%.1f ms)", to, q, r.how, f.kind, f.detail, took)
		return
	}
	flags := ""
	if r.msg.Authoritative {
		flags += " aa"
	}
	reading := string(f.kind)
	if f.detail != "" {
		reading += ", " + f.detail
	}
	t.note("%s %s? %s -> %s%s (%.1f ms) for %s: %s%s", to, q, r.how, rcodeName(r.msg.Rcode), flags, took, zone, reading, sections(r.msg, f.kind))
}

// sections renders the records of a message on one line; beside the records that were asked for the rest tells nothing.
func sections(m *dns.Msg, read AnswerKind) string {
	var b strings.Builder
	left := maxLineRRs
	for _, s := range []struct {
		name string
		rrs  []dns.RR
	}{{"answer", m.Answer}, {"authority", m.Ns}, {"additional", m.Extra}} {
		if read == AnswerData && s.name != "answer" {
			break
		}
		for i, rr := range s.rrs {
			if rr.Header().Rrtype == dns.TypeOPT {
				continue
			}
			if left == 0 {
				return b.String() + " | ..."
			}
			if i == 0 {
				b.WriteString(" | " + s.name + ":")
			}
			left--
			b.WriteString(" [" + strings.Join(strings.Fields(rr.String()), " ") + "]")
		}
	}
	return b.String()
}
