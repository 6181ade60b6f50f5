package checksum

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/skaldgo/skald/eventstore"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Stream starts the checksum of every event of a stream, so that the name is hashed once and not for each event.
func Stream(name string) uint32 {
	return crc32.Checksum(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(name))), castagnoli)
}

// Summer computes checksums of events. It is not safe for concurrent use: it has a buffer.
type Summer struct {
	buf []byte
}

// Event hashes all that identifies an event and makes it. The lengths come first, so that no two events agree by
// moving bytes from one field to the next.
func (s *Summer) Event(stream uint32, position, revision, created int64, id *eventstore.EventID, typ string,
	data, metadata []byte,
) int64 {
	b := s.buf[:0]
	b = binary.LittleEndian.AppendUint64(b, uint64(position))
	b = binary.LittleEndian.AppendUint64(b, uint64(revision))
	b = binary.LittleEndian.AppendUint64(b, uint64(created))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(typ)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(metadata)))
	b = append(b, id[:]...)
	b = append(b, typ...)
	s.buf = b
	sum := crc32.Update(stream, castagnoli, b)
	sum = crc32.Update(sum, castagnoli, data)
	return int64(crc32.Update(sum, castagnoli, metadata))
}
