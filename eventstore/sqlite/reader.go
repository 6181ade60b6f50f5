package sqlite

import (
	"fmt"
	"sync"

	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// reader is a connection that reads.
type reader struct {
	conn            *sqlite.Conn
	forwards        *sqlite.Stmt
	backwards       *sqlite.Stmt
	streamOnwards   *sqlite.Stmt
	streamForwards  *sqlite.Stmt
	streamBackwards *sqlite.Stmt
	last            *sqlite.Stmt
	name            *sqlite.Stmt
	heads           *headFinder

	names  *nameCache // shared by all readers
	recent streamName
	scanner
}

func newReader(conn *sqlite.Conn, names *nameCache) (_ *reader, err error) {
	r := &reader{conn: conn, names: names, scanner: newScanner()}
	if r.heads, err = newHeadFinder(conn); err != nil {
		return nil, err
	}
	err = prepareAll(conn, map[string]**sqlite.Stmt{
		sqlReadForwards: &r.forwards, sqlReadBackwards: &r.backwards, sqlStreamOnwards: &r.streamOnwards,
		sqlStreamForwards:  &r.streamForwards,
		sqlStreamBackwards: &r.streamBackwards, sqlLastPosition: &r.last, sqlStreamName: &r.name,
	})
	return r, err
}

// streamOf finds the name of a stream by its number. Neither ever changes.
func (r *reader) streamOf(streamNo int64) (streamName, error) {
	if r.recent.no == streamNo {
		return r.recent, nil
	}
	found, ok := r.names.get(streamNo)
	if !ok {
		r.name.BindInt64(1, streamNo)
		row, err := r.name.Step()
		if err != nil {
			return streamName{}, err
		}
		name := r.name.ColumnText(0)
		if err := r.name.Reset(); err != nil {
			return streamName{}, err
		}
		if !row {
			return streamName{}, fmt.Errorf("stream number %d has no name: %w", streamNo, eventstore.ErrCorrupt)
		}
		found = streamName{no: streamNo, name: name, sum: streamSum(name)}
		r.names.put(found)
	}
	r.recent = found
	return found, nil
}

// lastPosition returns that of the snapshot which an open statement holds, or the latest.
func (r *reader) lastPosition() (int64, error) {
	if _, err := r.last.Step(); err != nil {
		return 0, err
	}
	position := r.last.ColumnInt64(0)
	return position, r.last.Reset()
}

// streamName is a stream's number, its name, and the start of its events' checksums.
type streamName struct {
	no   int64
	name string
	sum  uint32
}

// nameCache is the names of streams that all readers share.
type nameCache struct {
	mu    sync.Mutex
	cache *cache[int64, streamName]
}

func newNameCache(limit int) *nameCache {
	return &nameCache{cache: newCache[int64, streamName](limit)}
}

func (n *nameCache) get(streamNo int64) (streamName, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cache.get(streamNo)
}

func (n *nameCache) put(name streamName) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cache.put(name.no, name)
	n.cache.trim()
}
