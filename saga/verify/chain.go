package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/skaldgo/skald/eventstore"
)

// Chained metadata ends with hashKey, 64 hex digits and hashEnd.
const (
	hashKey = `,"hash":"`
	hashEnd = `"}`
	hashLen = len(hashKey) + 2*sha256.Size + len(hashEnd)
)

// hasher computes the hashes of a chain by the documented format, in memory that it uses again.
type hasher struct{ buf []byte }

// link returns the hash that an event has behind prev, and the digits that it carries, nil when it carries none.
func (h *hasher) link(prev *[sha256.Size]byte, ev *eventstore.RecordedEvent) (hash [sha256.Size]byte, digits []byte) {
	body := ev.Metadata
	cut := len(body) - hashLen
	if cut > 0 && string(body[cut:cut+len(hashKey)]) == hashKey && string(body[len(body)-len(hashEnd):]) == hashEnd {
		digits = body[cut+len(hashKey) : len(body)-len(hashEnd)]
		body = body[:cut]
	}
	b := h.buf[:0]
	b = append(binary.BigEndian.AppendUint64(b, sha256.Size), prev[:]...)
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(ev.Stream))), ev.Stream...)
	b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, 8), uint64(ev.Revision))
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(ev.ID))), ev.ID[:]...)
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(ev.Type))), ev.Type...)
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(ev.Data))), ev.Data...)
	if digits == nil {
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(body))), body...)
	} else {
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(body)+1)), body...)
		b = append(b, '}')
	}
	h.buf = b
	return sha256.Sum256(b), digits
}

// stated returns the hash that the digits spell; ok is false when they spell none.
func stated(digits []byte) (hash [sha256.Size]byte, ok bool) {
	n, err := hex.Decode(hash[:], digits)
	return hash, err == nil && n == sha256.Size
}

// matches reports whether the digits are those of the hash, in lower case as they are written.
func matches(hash *[sha256.Size]byte, digits []byte) bool {
	var want [2 * sha256.Size]byte
	hex.Encode(want[:], hash[:])
	return bytes.Equal(want[:], digits)
}
