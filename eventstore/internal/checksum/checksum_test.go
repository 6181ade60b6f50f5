package checksum_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/checksum"
)

func TestEveryFieldOfAnEventCountsInItsChecksum(t *testing.T) {
	var s checksum.Summer
	id := eventstore.EventID{1}
	sums := map[int64]string{}
	add := func(name string, sum int64) {
		require.NotContains(t, sums, sum, "%s does not count", name)
		sums[sum] = name
	}
	stream := checksum.Stream("a-1")
	add("the event", s.Event(stream, 1, 2, 3, &id, "T", []byte("data"), []byte("meta")))
	add("stream", s.Event(checksum.Stream("a-2"), 1, 2, 3, &id, "T", []byte("data"), []byte("meta")))
	add("position", s.Event(stream, 9, 2, 3, &id, "T", []byte("data"), []byte("meta")))
	add("revision", s.Event(stream, 1, 9, 3, &id, "T", []byte("data"), []byte("meta")))
	add("time", s.Event(stream, 1, 2, 9, &id, "T", []byte("data"), []byte("meta")))
	add("id", s.Event(stream, 1, 2, 3, &eventstore.EventID{2}, "T", []byte("data"), []byte("meta")))
	add("type", s.Event(stream, 1, 2, 3, &id, "U", []byte("data"), []byte("meta")))
	add("data", s.Event(stream, 1, 2, 3, &id, "T", []byte("Data"), []byte("meta")))
	add("metadata", s.Event(stream, 1, 2, 3, &id, "T", []byte("data"), []byte("Meta")))
	add("the border of data", s.Event(stream, 1, 2, 3, &id, "T", []byte("datam"), []byte("eta")))
	add("the border of the type", s.Event(stream, 1, 2, 3, &id, "Td", []byte("ata"), []byte("meta")))
}
