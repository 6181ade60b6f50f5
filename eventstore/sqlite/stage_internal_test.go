package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
)

// newTestStager makes a stager on a new log, outside of any writer, so that a test decides what is in one batch.
func newTestStager(t *testing.T, cachedStreams int) (*stager, *sqlite.Conn) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.db")
	store, err := Open(t.Context(), Config{Path: path})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	conn, err := connect(path, sqlite.OpenReadWrite)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	s, err := newStager(conn, cachedStreams)
	require.NoError(t, err)
	return s, conn
}

// stageBatch puts the requests through one transaction.
func stageBatch(t *testing.T, s *stager, end string, batch ...*request) {
	t.Helper()
	_, err := query(s.conn, sqlBegin)
	require.NoError(t, err)
	require.NoError(t, s.stage(batch))
	_, err = query(s.conn, end)
	require.NoError(t, err)
	if end == sqlRollback {
		s.forget()
	}
	s.heads.trim()
}

func newRequest(t *testing.T, stream string, expected eventstore.ExpectedRevision, events int) *request {
	t.Helper()
	r := &request{stream: stream, expected: expected}
	for n := range events {
		id, err := eventstore.NewEventID()
		require.NoError(t, err)
		r.events = append(r.events, eventstore.EventData{ID: id, Type: "Noted", Data: fmt.Append(nil, n)})
	}
	return r
}

func repeatOf(r *request) *request {
	return &request{stream: r.stream, expected: r.expected, events: r.events}
}

func TestAppendsInOneBatch(t *testing.T) {
	t.Run("follow each other on one stream", func(t *testing.T) {
		s, _ := newTestStager(t, 0)
		var batch []*request
		for n := range 40 {
			batch = append(batch, newRequest(t, "note-1", eventstore.Exactly(int64(n)-1), 1))
		}
		stageBatch(t, s, sqlCommit, batch...)
		for n, r := range batch {
			require.NoError(t, r.err)
			require.Equal(t, result(int64(n), int64(n)+1), r.result)
		}
	})
	t.Run("a repeat gets the outcome of the first, also while that is not inserted yet", func(t *testing.T) {
		s, _ := newTestStager(t, 0)
		first := newRequest(t, "note-1", eventstore.NoStream, 3)
		same, after, sameAfter := repeatOf(first), newRequest(t, "note-1", eventstore.Exactly(2), 1), repeatOf(first)
		stageBatch(t, s, sqlCommit, first, same, after, sameAfter)
		require.NoError(t, same.err)
		require.Equal(t, first.result, same.result)
		require.NoError(t, sameAfter.err)
		require.Equal(t, first.result, sameAfter.result)
		require.Equal(t, result(3, 4), after.result)
	})
	t.Run("the loser of a race gets a conflict and the others do not notice", func(t *testing.T) {
		s, _ := newTestStager(t, 0)
		winner, loser := newRequest(t, "note-1", eventstore.NoStream, 2), newRequest(t, "note-1", eventstore.NoStream, 2)
		other := newRequest(t, "note-2", eventstore.NoStream, 1)
		stageBatch(t, s, sqlCommit, winner, loser, other)
		require.NoError(t, winner.err)
		var conflict *eventstore.ConflictError
		require.ErrorAs(t, loser.err, &conflict)
		require.Equal(t, int64(1), conflict.Actual)
		require.Equal(t, result(0, 3), other.result, "the loser leaves no gap")
	})
	t.Run("a repeat that goes on past the first one is a conflict", func(t *testing.T) {
		s, _ := newTestStager(t, 0)
		first := newRequest(t, "note-1", eventstore.NoStream, 2)
		longer := repeatOf(first)
		longer.events = append(longer.events[:2:2], newRequest(t, "note-1", eventstore.NoStream, 1).events...)
		next := newRequest(t, "note-1", eventstore.Exactly(1), 1)
		stageBatch(t, s, sqlCommit, first, longer, next)
		require.ErrorIs(t, longer.err, eventstore.ErrConflict)
		require.NoError(t, next.err)
	})
	t.Run("a repeat of a later batch than the cache remembers is recognised", func(t *testing.T) {
		s, _ := newTestStager(t, 4)
		first := newRequest(t, "note-1", eventstore.NoStream, 2)
		stageBatch(t, s, sqlCommit, first)
		for n := range 20 {
			stageBatch(t, s, sqlCommit, newRequest(t, fmt.Sprintf("other-%d", n), eventstore.NoStream, 1))
		}
		same := repeatOf(first)
		stageBatch(t, s, sqlCommit, same)
		require.NoError(t, same.err)
		require.Equal(t, first.result, same.result)
	})
}

func TestTheCacheOfHeads(t *testing.T) {
	t.Run("does not survive a rollback", func(t *testing.T) {
		s, _ := newTestStager(t, 0)
		undone := newRequest(t, "note-1", eventstore.NoStream, 2)
		stageBatch(t, s, sqlRollback, undone)
		again := repeatOf(undone)
		stageBatch(t, s, sqlCommit, again)
		require.NoError(t, again.err)
		require.Equal(t, result(1, 2), again.result)
	})
	t.Run("keeps more streams in one batch than its limit, and less afterwards", func(t *testing.T) {
		s, _ := newTestStager(t, 8)
		var batch []*request
		for n := range 200 { // ten streams twice, then the next ten: the second time the first is not yet inserted
			stream, round := n/20*10+n%10, n%20/10
			batch = append(batch, newRequest(t, fmt.Sprintf("note-%d", stream), eventstore.Exactly(int64(round)-1), 1))
		}
		stageBatch(t, s, sqlCommit, batch...)
		for _, r := range batch {
			require.NoError(t, r.err)
		}
		for n := range 100 {
			r := newRequest(t, fmt.Sprintf("note-%d", n), eventstore.Exactly(1), 1)
			stageBatch(t, s, sqlCommit, r)
			require.NoError(t, r.err)
		}
		require.LessOrEqual(t, len(s.heads.young)+len(s.heads.old), 8)
	})
}

func TestWhatACommitThatFailedMeans(t *testing.T) {
	for code, clean := range map[sqlite.ResultCode]bool{
		sqlite.ResultFull:          true,
		sqlite.ResultIOErrWrite:    true,
		sqlite.ResultBusy:          true,
		sqlite.ResultIOErrFsync:    false,
		sqlite.ResultIOErrDirFsync: false,
		sqlite.ResultIOErr:         false,
		sqlite.ResultNoMem:         false,
		sqlite.ResultCorrupt:       false,
	} {
		require.Equal(t, clean, isClean(code.ToError()), code.String())
	}
}

func TestADamagedStreamHoldsUpNoOtherOfItsBatch(t *testing.T) {
	s, conn := newTestStager(t, 0)
	damaged, sound := newRequest(t, "note-1", eventstore.NoStream, 1), newRequest(t, "note-2", eventstore.NoStream, 1)
	between := newRequest(t, "note-3", eventstore.NoStream, 1) // neighbours in the index are not sure of their ends
	stageBatch(t, s, sqlCommit, damaged, between, sound)
	for _, statement := range []string{"DROP TRIGGER events_are_never_deleted", "DELETE FROM events WHERE stream_no = 1"} {
		_, err := query(conn, statement)
		require.NoError(t, err)
	}
	s.forget()
	again, next := newRequest(t, "note-1", eventstore.Exactly(0), 1), newRequest(t, "note-2", eventstore.Exactly(0), 1)
	stageBatch(t, s, sqlCommit, again, next)
	require.ErrorIs(t, again.err, eventstore.ErrCorrupt)
	require.NoError(t, next.err)
	require.Equal(t, int64(1), next.result.Revision)
}
