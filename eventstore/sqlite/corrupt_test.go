package sqlite_test

import (
	"bytes"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// writeMarked makes a closed log whose third event holds each marker in one place only.
func writeMarked(t *testing.T) (path string) {
	t.Helper()
	path = newPath(t)
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	mustAppend(t, store, "plain-1", -1, newEvent(0), newEvent(1))
	marked := newEvent(2)
	marked.Type = "MarkedType"
	marked.Data = []byte(`{"marked":"data"}`)
	marked.Metadata = []byte(`{"marked":"metadata"}`)
	mustAppend(t, store, "marked-stream", -1, marked)
	mustAppend(t, store, "plain-1", 1, newEvent(3))
	require.NoError(t, store.Close())
	return path
}

// flip changes one bit in every place where the marker stands in the file.
func flip(t *testing.T, path, marker string) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(content), marker)
	damaged := []byte(marker)
	damaged[len(damaged)/2] ^= 4
	require.NoError(t, os.WriteFile(path, bytes.ReplaceAll(content, []byte(marker), damaged), 0o600))
}

func TestADamagedEventIsNeverReturned(t *testing.T) {
	for what, marker := range map[string]string{
		"data":     `{"marked":"data"}`,
		"metadata": `{"marked":"metadata"}`,
		"type":     "MarkedType",
		"stream":   "marked-stream",
	} {
		t.Run(what, func(t *testing.T) {
			path := writeMarked(t)
			flip(t, path, marker)
			store := open(t, path)
			events, err := tryReadAll(store)
			require.ErrorIs(t, err, eventstore.ErrCorrupt)
			require.ErrorContains(t, err, "event 0 of stream")
			require.ErrorContains(t, err, "at position 3")
			require.Empty(t, events, "nothing of a page that holds damage")
			requireDamageSeen(t, store, marker)
		})
	}
}

// requireDamageSeen reads the damage in all other ways, also those whose filter the damaged event does not match.
func requireDamageSeen(t *testing.T, store eventstore.Store, marker string) {
	t.Helper()
	filters := []eventstore.Filter{{TypePrefixes: []string{"MarkedType"}}, {StreamPrefixes: []string{"marked-stream"}}}
	for _, filter := range filters {
		for _, dir := range []eventstore.Direction{eventstore.Forwards, eventstore.Backwards} {
			var last error
			for _, err := range store.ReadAll(t.Context(), eventstore.Position{}, dir, filter) {
				last = err
			}
			require.ErrorIs(t, last, eventstore.ErrCorrupt)
		}
		var last error
		for _, err := range store.Subscribe(t.Context(), eventstore.Position{}, filter) {
			last = err
		}
		require.ErrorIs(t, last, eventstore.ErrCorrupt)
	}
	if marker == "marked-stream" {
		return // every copy of its name was changed in the same way, so nothing knows the old one
	}
	for _, err := range store.ReadStream(t.Context(), "marked-stream", 0, eventstore.Forwards) {
		require.ErrorIs(t, err, eventstore.ErrCorrupt)
		require.ErrorContains(t, err, `event 0 of stream "marked-stream"`)
	}
}

func TestEveryColumnOfAnEventIsChecked(t *testing.T) {
	for _, change := range []string{
		"position = 7",
		"revision = 5",
		"stream_no = 1, revision = 9",
		"stream_no = 77",
		"id = zeroblob(16)",
		"type = 'Other'",
		"data = x'00'",
		"metadata = x''",
		"metadata = zeroblob(length(metadata))",
		"data = metadata, metadata = data",
		"created = created + 1",
		"checksum = checksum + 1",
	} {
		t.Run(change, func(t *testing.T) {
			path := writeMarked(t)
			raw := openRaw(t, path)
			exec(t, raw, "DROP TRIGGER events_are_never_changed")
			exec(t, raw, "UPDATE events SET "+change+" WHERE position = 3")
			store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
			if err != nil { // what moves an event shows in the numbers of entries
				require.ErrorIs(t, err, eventstore.ErrCorrupt)
				require.ErrorContains(t, err, path)
				return
			}
			defer func() { require.NoError(t, store.Close()) }()
			for range 2 {
				_, err := tryReadAll(store)
				require.ErrorIs(t, err, eventstore.ErrCorrupt)
			}
		})
	}
}

func TestAMissingEventIsNoticed(t *testing.T) {
	path := writeMarked(t)
	raw := openRaw(t, path)
	exec(t, raw, "DROP TRIGGER events_are_never_deleted")
	store := open(t, path) // which counts the events
	exec(t, raw, "DELETE FROM events WHERE position = 2")
	_, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.ErrorIs(t, err, eventstore.ErrCorrupt)
	require.ErrorContains(t, err, "holds 3 events, but the log ends at position 4")
	_, err = tryReadAll(store)
	require.ErrorIs(t, err, eventstore.ErrCorrupt)
	require.ErrorContains(t, err, "position 2 is missing")
	var last error
	for _, err := range store.ReadStream(t.Context(), "plain-1", math.MaxInt64, eventstore.Backwards) {
		last = err
	}
	require.ErrorIs(t, last, eventstore.ErrCorrupt)
	require.ErrorContains(t, last, `where stream "plain-1", which is number 1, ends with revision 2`)
}

func TestTheDatabaseRefusesToChangeWhatIsStored(t *testing.T) {
	path := writeMarked(t)
	raw := openRaw(t, path)
	for _, statement := range []string{
		"UPDATE events SET data = x'00'",
		"DELETE FROM events",
		"UPDATE streams SET name = 'other-1' WHERE stream_no = 1",
		"DELETE FROM streams",
		"UPDATE log SET id = 'other'",
		"DELETE FROM log",
	} {
		stmt, _, err := raw.PrepareTransient(statement)
		require.NoError(t, err)
		_, err = stmt.Step()
		require.ErrorContains(t, err, "never", statement)
		_ = stmt.Finalize()
	}
	require.Len(t, readAll(t, open(t, path)), 4)
}
