package aggregate

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/skaldgo/skald/eventstore"
)

// The last member of chained metadata is hashKey, 64 lower-case hex digits, and hashEnd.
const (
	hashKey  = `,"hash":"`
	hashEnd  = `"}`
	tailSize = len(hashKey) + 2*sha256.Size + len(hashEnd)
)

// VerifyLink computes the hash of an event that follows an event with the hash prev (32 zero bytes for the first event of
// a stream), and compares it with the hash that the event carries.
//
// The hash is the SHA-256 of seven fields, each preceded by its length in bytes as 8 bytes, big endian:
//
//	previous hash   32 bytes
//	stream name     UTF-8
//	revision        8 bytes, big endian
//	event id        16 bytes
//	event type      UTF-8
//	data            as stored
//	metadata        as stored, without its last member
//
// Stored metadata ends with ,"hash":"<64 lower-case hex digits>"} and the metadata that is hashed is all before that
// followed by }. So every byte of an event but its position and its time of recording is covered.
//
// An event whose metadata does not end that way was written by someone else: hashed is false, and hash is computed over
// its whole metadata, so that it is covered by the hash of the next chained event. A hash that does not match gives a
// *ChainError.
func VerifyLink(prev [32]byte, ev eventstore.RecordedEvent) (hash [32]byte, hashed bool, err error) {
	hash, hashed, _, err = verifyLink(nil, prev, &ev)
	return hash, hashed, err
}

// verifyLink works in buf and returns it, grown.
func verifyLink(buf []byte, prev [32]byte, ev *eventstore.RecordedEvent) ([32]byte, bool, []byte, error) {
	body, digits := splitHash(ev.Metadata)
	buf = appendHashInput(buf[:0], &prev, ev.Stream, ev.Revision, &ev.ID, ev.Type, ev.Data, body, digits != nil)
	hash := sha256.Sum256(buf)
	if digits == nil {
		return hash, false, buf, nil
	}
	var want [2 * sha256.Size]byte
	hex.Encode(want[:], hash[:])
	if !bytes.Equal(want[:], digits) {
		return hash, true, buf, &ChainError{
			Stream:   ev.Stream,
			Revision: ev.Revision,
			Reason:   fmt.Sprintf("the event carries hash %q, its contents give %s", digits, want[:]),
		}
	}
	return hash, true, buf, nil
}

// splitHash returns metadata up to its hash member, and the digits of the hash. When there is no such member it returns
// all of the metadata and nil.
func splitHash(metadata []byte) (body, digits []byte) {
	cut := len(metadata) - tailSize
	if cut < 1 || string(metadata[cut:cut+len(hashKey)]) != hashKey ||
		string(metadata[len(metadata)-len(hashEnd):]) != hashEnd {
		return metadata, nil
	}
	return metadata[:cut], metadata[cut+len(hashKey) : len(metadata)-len(hashEnd)]
}

// appendHashInput appends the bytes that are hashed. With closeBody the metadata lacks its closing brace, which is added.
func appendHashInput(b []byte, prev *[32]byte, stream string, revision int64, id *eventstore.EventID,
	eventType string, data, body []byte, closeBody bool,
) []byte {
	b = binary.BigEndian.AppendUint64(b, sha256.Size)
	b = append(b, prev[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(stream)))
	b = append(b, stream...)
	b = binary.BigEndian.AppendUint64(b, 8)
	b = binary.BigEndian.AppendUint64(b, uint64(revision))
	b = binary.BigEndian.AppendUint64(b, uint64(len(id)))
	b = append(b, id[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(eventType)))
	b = append(b, eventType...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(data)))
	b = append(b, data...)
	if !closeBody {
		b = binary.BigEndian.AppendUint64(b, uint64(len(body)))
		return append(b, body...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(len(body)+1))
	return append(append(b, body...), '}')
}

// appendHashMember turns metadata that ends with } into metadata that ends with its hash.
func appendHashMember(metadata []byte, hash *[32]byte) []byte {
	metadata = append(metadata[:len(metadata)-1], hashKey...)
	metadata = hex.AppendEncode(metadata, hash[:])
	return append(metadata, hashEnd...)
}
