package saga

import (
	"hash/fnv"
	"io"
)

// DefaultShards is how many shards the sagas of a store are divided into, when several orchestrators share them and
// nothing else is configured: the most orchestrators that all find something to do.
const DefaultShards = 64

// ShardOf returns the shard of a saga, from 0, when there are n. It never changes: FNV-1a over name, a zero byte and id.
func ShardOf(ref Ref, n int) int {
	h := fnv.New32a()
	_, _ = io.WriteString(h, ref.Name)
	_, _ = h.Write([]byte{0})
	_, _ = io.WriteString(h, ref.ID)
	return int(h.Sum32() % uint32(n))
}
