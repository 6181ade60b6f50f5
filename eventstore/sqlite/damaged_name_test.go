package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// The name of a stream stands in the table and in its index. With either copy damaged, the stream is read as it is or
// said to be damaged, and not begun anew.
func TestAStreamWhoseNameWasDamagedIsNotTakenForMissing(t *testing.T) {
	const streams = 100 // with names so long that the index has inner pages
	path := newPath(t)
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	name := func(i int) string { return fmt.Sprintf("marked-%02d-%s", i, strings.Repeat("x", 400)) }
	for i := range streams {
		mustAppend(t, store, name(i*37%streams), -1, newEvent(i))
	}
	require.NoError(t, store.Close())
	sound, err := os.ReadFile(path)
	require.NoError(t, err)

	noticed := 0
	for i := range streams {
		for at := range occurrences(sound, name(i)) {
			damaged := bytes.Clone(sound)
			damaged[at+i%len("marked-00")] ^= 1 << (i % 7)
			require.NoError(t, os.WriteFile(path, damaged, 0o600))
			if !askFor(t, path, name(i)) {
				noticed++
			}
		}
	}
	require.Equal(t, streams, noticed, "one copy of each name stands in the index")
}

// askFor opens the log, and reads and begins a stream that it holds. It reports whether the stream was found.
func askFor(t *testing.T, path, stream string) (found bool) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	var readErr error
	for _, err := range store.ReadStream(t.Context(), stream, 0, eventstore.Forwards) {
		readErr = err
	}
	_, appendErr := store.Append(t.Context(), stream, eventstore.NoStream, newEvent(0))
	if readErr == nil {
		if !errors.Is(appendErr, eventstore.ErrCorrupt) { // which it is when the name in the table was damaged
			require.ErrorIs(t, appendErr, eventstore.ErrConflict)
		}
		return true
	}
	require.ErrorIs(t, readErr, eventstore.ErrCorrupt)
	require.ErrorIs(t, appendErr, eventstore.ErrCorrupt)
	require.NotErrorIs(t, readErr, eventstore.ErrStreamNotFound)
	return false
}

// occurrences yields where a text stands in the file.
func occurrences(content []byte, text string) func(yield func(at int) bool) {
	return func(yield func(at int) bool) {
		for from := 0; ; {
			at := bytes.Index(content[from:], []byte(text))
			if at < 0 || !yield(from+at) {
				return
			}
			from += at + 1
		}
	}
}

func TestAStreamWithoutEventsIsDamaged(t *testing.T) {
	path := writeMarked(t)
	raw := openRaw(t, path)
	store := open(t, path) // which counts the events
	exec(t, raw, "DROP TRIGGER events_are_never_deleted")
	exec(t, raw, "DELETE FROM events WHERE position = 3")
	for _, err := range store.ReadStream(t.Context(), "marked-stream", 0, eventstore.Forwards) {
		require.ErrorIs(t, err, eventstore.ErrCorrupt)
		require.ErrorContains(t, err, "none of its events is found")
	}
	_, err := store.Append(t.Context(), "marked-stream", eventstore.NoStream, newEvent(0))
	require.ErrorIs(t, err, eventstore.ErrCorrupt)

	_, err = sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.ErrorContains(t, err, "holds 3 events, but the log ends at position 4")
	exec(t, raw, "DROP TRIGGER events_are_never_changed")
	exec(t, raw, "UPDATE events SET position = 3 WHERE position = 4")
	_, err = sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.ErrorIs(t, err, eventstore.ErrCorrupt)
	require.ErrorContains(t, err, "holds 2 streams, but the last one has number 2, and the last one with events 1")
}
