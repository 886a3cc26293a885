package wire

import "hash/maphash"

// Hasher reduces records to digests. Digests of one Hasher can be compared with each other; those of another, or of another run of the
// program, can't: the key is random, since the records are under foreign control. It is safe for concurrent use.
type Hasher struct{ seed maphash.Seed }

// NewHasher returns a Hasher with a key of its own.
func NewHasher() *Hasher { return &Hasher{seed: maphash.MakeSeed()} }

// Record returns the digest of one record, given as canonical data: see Canonical. The digest of a set is the sum of its records', so the
// order does not count and a record can't hide behind its double.
func (h *Hasher) Record(rtype uint16, data []byte) uint64 {
	return maphash.Bytes(h.seed, data)*0x9e3779b97f4a7c15 ^ uint64(rtype)<<48 | 1
}

// rdata hashes one record of a message in canonical form (RFC 4034 section 6.2): names decompressed and in small letters. The strings of
// a TXT are joined: where they were cut says nothing.
func (h *Hasher) rdata(msg []byte, rec record) (uint64, bool) {
	var room [512]byte
	data, ok := canonical(room[:0], msg, rec)
	if !ok {
		return 0, false
	}
	return h.Record(rec.rtype, data), true
}

// canonical appends the canonical data of a record.
func canonical(dst, msg []byte, rec record) ([]byte, bool) {
	switch rec.rtype {
	case TypeNS, TypeCNAME, TypePTR, TypeDNAME:
		return names(dst, msg, rec, 0, 1, 0)
	case TypeMX:
		return names(dst, msg, rec, 2, 1, 0)
	case TypeSRV:
		return names(dst, msg, rec, 6, 1, 0)
	case TypeSOA:
		return names(dst, msg, rec, 0, 2, 20)
	case TypeTXT:
		return joined(dst, msg[rec.data:rec.end])
	}
	return append(dst, msg[rec.data:rec.end]...), true
}

// names copies fixed octets, then names, then fixed octets, and wants the data to end there.
func names(dst, msg []byte, rec record, before, count, after int) ([]byte, bool) {
	off := rec.data + before
	if off > rec.end {
		return dst, false
	}
	dst = append(dst, msg[rec.data:off]...)
	for range count {
		var ok bool
		if dst, off, ok = expand(dst, msg[:rec.end], off); !ok {
			return dst, false
		}
	}
	if off+after != rec.end {
		return dst, false
	}
	return append(dst, msg[off:rec.end]...), true
}

// joined appends the strings of a TXT without their lengths.
func joined(dst, data []byte) ([]byte, bool) {
	for len(data) > 0 {
		n := int(data[0])
		if 1+n > len(data) {
			return dst, false
		}
		dst = append(dst, data[1:1+n]...)
		data = data[1+n:]
	}
	return dst, true
}

// Canonical appends the canonical data of a record in wire form, owner's name first, as a full library packs it.
func Canonical(dst, packed []byte) ([]byte, bool) {
	r := reader{msg: packed, ok: true}
	rec, ok := r.next()
	if !ok {
		return dst, false
	}
	return canonical(dst, packed, rec)
}
