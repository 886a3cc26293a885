package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Kind says what an answer states on the asked name and type.
type Kind uint8

// The kinds. Those from Truncated on state nothing.
const (
	Data      Kind = iota + 1 // the records
	Alias                     // the name is an alias (CNAME) for another one
	NoData                    // the name exists, the type does not
	NXDomain                  // the name does not exist
	Referral                  // other servers are to be asked, for a zone below
	Truncated                 // ask over TCP
	Failed                    // SERVFAIL, REFUSED and the like: see Rcode
	Odd                       // anything else: read it with a full library
)

// Answer is what one message states, reduced. It holds no memory of its own but the name of a referral.
type Answer struct {
	Kind          Kind
	Rcode         uint8
	Authoritative bool
	Recursive     bool // the server offers recursion
	Count         int  // records in the set: of the asked type, or the NS records of a referral
	Digest        uint64
	Serial        uint32 // of SOA
	TTL           uint32 // the least of the set, in seconds; of negative answers that of RFC 2308 section 5
	Zone          []byte // of a referral: the delegated zone, in wire form; its memory is used again by the next Read
	DS            int    // DS records beside a referral
}

// The errors of Read. ErrStray: the message does not belong to the question; it must be dropped and the wait go on. ErrFolded: the same,
// but only the case of the letters is another one, as with servers that do not repeat it.
var (
	ErrStray  = errors.New("not the answer to this question")
	ErrFolded = errors.New("not the case of letters of this question")
	ErrBroken = errors.New("the answer can't be read")
)

// reader walks one message.
type reader struct {
	msg      []byte
	off      int
	ok       bool
	room     [maxName + 1]byte // of the owner's name; inside, so that it stays off the heap
	ownerLen int
}

// owner is the owner's name of the record that was read last, expanded.
func (r *reader) owner() []byte { return r.room[:r.ownerLen] }

// record is one resource record; the data lies in the message.
type record struct {
	rtype, class uint16
	ttl          uint32
	data, end    int
}

// Read checks that msg answers the question whose section, as it was sent, is question, and reduces it into a. The id is the caller's to
// check: it finds the question by it. zone is the zone that the asked server was asked for, in wire form: nothing above it is believed.
func (h *Hasher) Read(msg, question, zone []byte, a *Answer) error {
	*a = Answer{Zone: a.Zone[:0]}
	if bareRefusal(msg) {
		a.Kind, a.Rcode = Failed, msg[3]&15
		return nil
	}
	if len(msg) < headerLen+len(question) || msg[2]&0xf8 != 0x80 || binary.BigEndian.Uint16(msg[4:]) != 1 {
		return ErrStray
	}
	if got := msg[headerLen : headerLen+len(question)]; !bytes.Equal(got, question) {
		if name := len(question) - 4; bytes.EqualFold(got[:name], question[:name]) && bytes.Equal(got[name:], question[name:]) {
			return ErrFolded
		}
		return ErrStray
	}
	a.Authoritative, a.Recursive, a.Rcode = msg[2]&4 != 0, msg[3]&0x80 != 0, msg[3]&15
	switch {
	case msg[2]&2 != 0:
		a.Kind = Truncated
		return nil
	case a.Rcode != 0 && a.Rcode != 3:
		a.Kind = Failed
		return nil
	}
	var lowerName [maxName]byte
	asked := lowerName[:0]
	for _, c := range question[:len(question)-4] {
		asked = append(asked, lower(c))
	}
	rtype := binary.BigEndian.Uint16(question[len(question)-4:])
	r := reader{msg: msg, off: headerLen + len(question), ok: true}
	h.answers(&r, a, asked, rtype, int(binary.BigEndian.Uint16(msg[6:])))
	if r.ok && a.Kind == 0 {
		h.authority(&r, a, asked, zone, int(binary.BigEndian.Uint16(msg[8:])))
	}
	if !r.ok {
		a.Kind = Odd
		return ErrBroken
	}
	return nil
}

// bareRefusal recognises a server's answer to a query that it can't parse: it may leave the question out (RFC 1035 section 4.1.1 leaves it
// open), and states nothing but FORMERR or NOTIMP.
func bareRefusal(msg []byte) bool {
	return len(msg) >= headerLen && msg[2]&0xf8 == 0x80 && (msg[3]&15 == 1 || msg[3]&15 == 4) && binary.BigEndian.Uint64(msg[4:])>>16 == 0
}

// next reads the head of a record.
func (r *reader) next() (record, bool) {
	owner, off, ok := expand(r.room[:0], r.msg, r.off)
	r.ownerLen = len(owner)
	if !ok || off+10 > len(r.msg) {
		r.ok = false
		return record{}, false
	}
	rec := record{
		rtype: binary.BigEndian.Uint16(r.msg[off:]), class: binary.BigEndian.Uint16(r.msg[off+2:]), ttl: binary.BigEndian.Uint32(r.msg[off+4:]),
		data: off + 10,
	}
	rec.end = rec.data + int(binary.BigEndian.Uint16(r.msg[off+8:]))
	if rec.end > len(r.msg) {
		r.ok = false
		return record{}, false
	}
	r.off = rec.end
	return rec, true
}

// answers reads the answer section: the asked records, or the alias in their place.
func (h *Hasher) answers(r *reader, a *Answer, asked []byte, rtype uint16, n int) {
	alias, strange := false, false
	for range n {
		rec, ok := r.next()
		if !ok {
			return
		}
		switch {
		case rec.class != classIN || !bytes.Equal(r.owner(), asked):
			strange = strange || !alias
		case rec.rtype == rtype:
			h.add(r, a, rec)
		case rec.rtype == TypeCNAME:
			alias = true
		}
	}
	switch {
	case n == 0:
	case a.Count > 0 && !a.Authoritative:
		a.Kind = Odd
	case a.Count > 0:
		a.Kind = Data
	case alias:
		a.Kind = Alias
	case strange || n > 0:
		a.Kind = Odd
	}
}

// add takes one record into the set.
func (h *Hasher) add(r *reader, a *Answer, rec record) {
	sum, ok := h.rdata(r.msg, rec)
	if !ok {
		r.ok = false
		return
	}
	a.Digest += sum
	if a.Count == 0 || rec.ttl < a.TTL {
		a.TTL = rec.ttl
	}
	a.Count++
	if rec.rtype == TypeSOA {
		a.Serial = binary.BigEndian.Uint32(r.msg[rec.end-20:])
	}
}

// authority reads the section that says why there is no answer: the SOA of a negative one, or the servers of a zone below.
func (h *Hasher) authority(r *reader, a *Answer, asked, zone []byte, n int) {
	var cutName [maxName]byte
	var cut []byte
	soa, other := false, false
	for range n {
		rec, ok := r.next()
		if !ok {
			return
		}
		switch {
		case rec.class != classIN:
			other = true
		case rec.rtype == TypeSOA && rec.end-rec.data >= 22:
			soa = soa || Within(zone, r.owner()) && Within(r.owner(), asked)
			a.TTL = min(rec.ttl, binary.BigEndian.Uint32(r.msg[rec.end-4:]))
		case rec.rtype == TypeNS:
			if cut == nil {
				cut = append(cutName[:0], r.owner()...)
			}
			if !bytes.Equal(cut, r.owner()) {
				other = true
				continue
			}
			h.add(r, a, rec)
		case rec.rtype == TypeDS:
			a.DS++
		}
	}
	a.Zone = append(a.Zone, cut...)
	switch {
	case other:
		a.Kind = Odd
	case soa && a.Authoritative && a.Rcode == 3:
		a.Kind = NXDomain
	case soa && a.Authoritative && cut == nil:
		a.Kind = NoData
	case cut != nil && !soa && a.Rcode == 0 && len(cut) > len(zone) && Within(zone, cut) && Within(cut, asked):
		a.Kind = Referral
	default:
		a.Kind = Odd
	}
}
