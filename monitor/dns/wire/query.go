package wire

import "encoding/binary"

// The record types that are read (RFC 1035 section 3.2.2, RFC 3596, RFC 2782, RFC 4034).
const (
	TypeA     = 1
	TypeNS    = 2
	TypeCNAME = 5
	TypeSOA   = 6
	TypePTR   = 12
	TypeMX    = 15
	TypeTXT   = 16
	TypeAAAA  = 28
	TypeSRV   = 33
	TypeDNAME = 39
	TypeOPT   = 41
	TypeDS    = 43
	classIN   = 1
)

const headerLen = 12

// Question is the question section of a query that AppendQuery wrote for a name.
func Question(query, name []byte) []byte { return query[headerLen : headerLen+len(name)+4] }

// AppendQuery appends a query without recursion for one name in wire form, in class IN, with an OPT record that announces size (RFC 6891); size 0: without.
// dnssec asks for DNSSEC records (RFC 3225). The letters of the name take their case from the bits of mix, letter by letter, so that an
// answer must repeat a pattern that a forger can't know.
func AppendQuery(dst []byte, id uint16, name []byte, rtype, size uint16, dnssec bool, mix uint64) []byte {
	dst = binary.BigEndian.AppendUint16(dst, id)
	additional := byte(1)
	if size == 0 {
		additional = 0
	}
	dst = append(dst, 0, 0, 0, 1, 0, 0, 0, 0, 0, additional)
	for i := 0; i < len(name); {
		n := int(name[i])
		dst = append(dst, name[i])
		for _, c := range name[i+1 : i+1+n] {
			if c >= 'a' && c <= 'z' {
				c -= byte(mix&1) << 5
				mix = mix>>1 | mix<<63
			}
			dst = append(dst, c)
		}
		i += 1 + n
	}
	dst = binary.BigEndian.AppendUint16(dst, rtype)
	dst = append(dst, 0, classIN)
	if size == 0 {
		return dst
	}
	dst = append(dst, 0, 0, TypeOPT)
	dst = binary.BigEndian.AppendUint16(dst, size)
	var flags byte
	if dnssec {
		flags = 0x80
	}
	return append(dst, 0, 0, flags, 0, 0, 0)
}
