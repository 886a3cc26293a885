package dns_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// TestAnAnswerInOtherLettersIsNotBelieved: it is asked for again over TCP, once; then the server's habit is known.
func TestAnAnswerInOtherLettersIsNotBelieved(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	var honest atomic.Bool
	w.ns2.behave(func(network string, q, a *mdns.Msg) *mdns.Msg {
		if network == "udp" && q.Question[0].Qtype == mdns.TypeTXT {
			a = a.Copy()
			a.Question[0].Name = strings.ToUpper(a.Question[0].Name)
			if !honest.Load() {
				a.Answer = []mdns.RR{rr(`example.lab. 300 IN TXT "forged"`)}
			}
		}
		return a
	})
	p := w.prober()
	if l := w.look(p, spf); l.Records[0].State != models.RecordOK {
		t.Fatalf("what came in other letters was believed: %s %v\n%s", l.Records[0].State, l.Records[0].Seen, l.Evidence)
	}
	txt := w.ns2.count("tcp example.lab. TXT")
	if txt == 0 {
		t.Fatal("nothing was asked for again over TCP")
	}
	honest.Store(true)
	if l := w.look(p, spf); l.Records[0].State != models.RecordOK || w.ns2.count("tcp example.lab. TXT") != txt {
		t.Errorf("the second look: %s, %d more over TCP", l.Records[0].State, w.ns2.count("tcp example.lab. TXT")-txt)
	}
}

// TestAServerWithoutTCPThatDoesNotRepeatTheCase is asked in small letters from a fresh port.
func TestAServerWithoutTCPThatDoesNotRepeatTheCase(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	w.ns2.small = true
	w.ns2.behave(func(network string, _, a *mdns.Msg) *mdns.Msg {
		if network == "tcp" {
			return nil
		}
		return a
	})
	l := w.look(w.prober(func(o *dns.Options) { o.Timeout = 200 * time.Millisecond }), spf)
	if l.Records[0].State != models.RecordOK || len(l.Records[0].Seen) != 2 {
		t.Errorf("%s %v\n%s", l.Records[0].State, l.Records[0].Seen, l.Evidence)
	}
}
