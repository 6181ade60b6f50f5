package verify

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// pair returns the hash of two hashes in their order.
func (h *hasher) pair(left, right *[32]byte) [32]byte {
	h.buf = append(append(append(h.buf[:0], 1), left[:]...), right[:]...)
	return sha256.Sum256(h.buf)
}

// leaf returns the hash of a stream's head: name, revision and hash, the name preceded by its length.
func (h *hasher) leaf(head *StreamHead) [32]byte {
	b := append(h.buf[:0], 0)
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(head.Stream))), head.Stream...)
	b = binary.BigEndian.AppendUint64(b, uint64(head.Revision))
	b = append(b, head.Hash[:]...)
	h.buf = b
	return sha256.Sum256(b)
}

// root returns the root of the Merkle tree over stream heads, built like that of RFC 6962: a leaf is hashed behind a
// zero byte, a node behind a one, and a tree is split at the largest power of two below its size.
func root(h *hasher, heads []StreamHead) [32]byte {
	switch len(heads) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return h.leaf(&heads[0])
	}
	split := 1 << (bits.Len(uint(len(heads)-1)) - 1)
	left, right := root(h, heads[:split]), root(h, heads[split:])
	return h.pair(&left, &right)
}
