package dns

import (
	"encoding/binary"

	"github.com/krestmarketing/deedwatch/models"
)

// ReadPacket reads a packet as the prober reads the answer to a question to one of zone's servers, judges it, and renders it for the
// transcript. The packet's id is taken as the query's.
func ReadPacket(zone, name string, rtype uint16, packet []byte) (AnswerKind, string) {
	q := question{fqdn(name), rtype}
	query := newQuery(q, true)
	if len(packet) >= 2 {
		query.Id = binary.BigEndian.Uint16(packet)
	}
	r := reply{how: "udp"}
	if msg, err := unpack(packet); err == nil && answers(query, msg) {
		r.msg = msg
	} else {
		r.kind = AnswerMalformed
	}
	f := classify(fqdn(zone), q, r)
	a := newAnswer(server{name: "ns"}, q, f)
	want := models.ExpectedRecord{Host: name, Type: typeName(rtype), Match: models.MatchContains, Values: []string{"192.0.2.1"}}
	look := Judge(want, Found{Answers: []Answer{a}, Zone: zone})
	var t transcript
	t.asked("ns", zone, q, r, f)
	t.note("%s %v", look.Detail, look.Seen)
	return f.kind, string(t.bytes())
}

// AnsweredOverIPv6 lets the prober believe that some server has answered over IPv6.
func (p *Prober) AnsweredOverIPv6() { p.line.answered(p.pacer.now()) }
