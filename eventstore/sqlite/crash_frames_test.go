package sqlite

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite/internal/crashtest"
)

const (
	walHeader   = 32
	frameHeader = 24
	framePage   = 4096
)

// frame is one page in a WAL: its number, the size of the database if it ends a commit, and its content.
type frame struct {
	page, commit uint32
	content      string
}

// TestTheStoreWhosePowerIsCutWritesWhatTheShippedOneDoes appends the same batches through this package and its driver, and
// through the store that takes its statements to another build of SQLite: the same pages in the same order, byte for byte,
// with the same commits. Only what the two builds write of themselves is left out.
func TestTheStoreWhosePowerIsCutWritesWhatTheShippedOneDoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	store, err := Open(t.Context(), Config{Path: path})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	conn, err := connect(path, sqlite.OpenReadWrite|sqlite.OpenCreate, sqlWriterCache, sqlNoAutoCheckpoint)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	id, err := query(conn, sqlSelectLog)
	require.NoError(t, err)

	rng := rand.New(rand.NewPCG(1, 2))
	disk := crashtest.NewDisk(t.TempDir(), rng)
	defer disk.Remove()
	cfg := shipped()
	cfg.Passive, cfg.Truncating = 1<<20, 1<<20
	other, err := crashtest.OpenStore(disk, cfg, id, timeOf(t, conn, "SELECT created FROM log"))
	require.NoError(t, err)
	other.Close()
	if databasePages(read(t, path)) != databasePages(disk.Content("")) { // in words: nobody wants to read the pages
		require.Fail(t, "the logs that were made differ")
	}
	other, err = crashtest.OpenStore(disk, cfg, id, 0)
	require.NoError(t, err)
	defer other.Close()

	stager, err := newStager(conn, 0)
	require.NoError(t, err)
	for n := range 30 {
		batch := someAppends(rng, n)
		stageBatch(t, stager, sqlCommit, requests(batch)...)
		other.Commit(batch, timeOf(t, conn, "SELECT created FROM events ORDER BY position DESC LIMIT 1"))
		for _, r := range batch {
			require.NoError(t, r.Err)
		}
	}
	shippedFrames, otherFrames := frames(t, read(t, path+"-wal")), frames(t, disk.Content("-wal"))
	require.Greater(t, len(shippedFrames), 100)
	if n, m := len(shippedFrames), len(otherFrames); n != m {
		require.Failf(t, "the WALs differ", "%d frames and %d", n, m)
	}
	for i := range shippedFrames {
		require.Equal(t, shippedFrames[i].page, otherFrames[i].page, "frame %d", i)
		require.Equal(t, shippedFrames[i].commit, otherFrames[i].commit, "frame %d", i)
		if shippedFrames[i] != otherFrames[i] { // in words: nobody wants to read the pages
			require.Failf(t, "the pages differ", "frame %d, page %d", i, shippedFrames[i].page)
		}
	}
}

func someAppends(rng *rand.Rand, n int) (batch []*crashtest.Request) {
	for i := range 1 + rng.IntN(4) {
		r := &crashtest.Request{Stream: fmt.Sprintf("note-%d-%d", n%7, i), Expected: eventstore.Any}
		for e := range 1 + rng.IntN(20) {
			event := eventstore.EventData{Type: "NoteTaken", Data: make([]byte, rng.IntN(600)), Metadata: []byte(`{}`)}
			binary.BigEndian.PutUint64(event.ID[:], uint64(n*1000+i*100+e+1))
			r.Events = append(r.Events, event)
		}
		batch = append(batch, r)
	}
	return batch
}

func requests(batch []*crashtest.Request) (all []*request) {
	for _, r := range batch {
		all = append(all, &request{stream: r.Stream, expected: r.Expected, events: r.Events})
	}
	return all
}

func timeOf(t *testing.T, conn *sqlite.Conn, statement string) int64 {
	t.Helper()
	text, err := query(conn, statement)
	require.NoError(t, err)
	created, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return created
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

// databasePages returns the content of a database, without what SQLite writes of its own version.
func databasePages(content []byte) string { return string(withoutVersion(content)) }

func withoutVersion(page []byte) []byte {
	page = append([]byte(nil), page...)
	if len(page) >= 100 {
		clear(page[92:100])
	}
	return page
}

func frames(t *testing.T, wal []byte) (all []frame) {
	t.Helper()
	require.Greater(t, len(wal), walHeader)
	for rest := wal[walHeader:]; len(rest) >= frameHeader+framePage; rest = rest[frameHeader+framePage:] {
		f := frame{page: binary.BigEndian.Uint32(rest), commit: binary.BigEndian.Uint32(rest[4:])}
		content := rest[frameHeader : frameHeader+framePage]
		if f.page == 1 {
			content = withoutVersion(content)
		}
		f.content = string(content)
		all = append(all, f)
	}
	return all
}
