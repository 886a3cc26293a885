package dns

import (
	"bytes"
	"math/rand/v2"
)

const headerLen = 12

// questionIn gives the name in the question section of a packed query; it shares the packet's memory.
func questionIn(packed []byte) []byte {
	off := headerLen
	for off < len(packed) && packed[off] != 0 {
		off += 1 + int(packed[off])
	}
	return packed[headerLen:min(off, len(packed))]
}

// mixCase gives every letter of a name a random case, which an answer must repeat (draft-vixie-dnsext-dns0x20): a forger has to guess it.
// The dice are of the cryptographic kind. Lengths of labels are below any letter.
func mixCase(name []byte) {
	bits, left := uint64(0), 0
	for i, c := range name {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			continue
		}
		if left == 0 {
			bits, left = rand.Uint64(), 64 //nolint:gosec // ChaCha8 seeded by the system
		}
		name[i] = c ^ byte(bits&1)<<5
		bits, left = bits>>1, left-1
	}
}

// repeats reports whether an answer carries the name as it was asked for, to the case of its letters, or else but for that.
func repeats(packet, name []byte) (exact, folded bool) {
	if len(packet) < headerLen+len(name) || packet[4] == 0 && packet[5] == 0 {
		return false, false
	}
	got := packet[headerLen : headerLen+len(name)]
	return bytes.Equal(got, name), bytes.EqualFold(got, name)
}

// foldQuestion makes the letters of an answer's question small, so that names which point there read the same at every look.
func foldQuestion(packet []byte, n int) {
	for i, c := range packet[headerLen : headerLen+n] {
		if c >= 'A' && c <= 'Z' {
			packet[headerLen+i] = c | 0x20
		}
	}
}
