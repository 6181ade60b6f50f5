package sqlite_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

func TestEverythingIsThereAfterOpeningAgain(t *testing.T) {
	path := newPath(t)
	first, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	id, err := first.LogID(t.Context())
	require.NoError(t, err)
	events := []eventstore.EventData{newEvent(1), newEvent(2), newEvent(3)}
	mustAppend(t, first, "note-1", -1, events[:2]...)
	result := mustAppend(t, first, "note-2", -1, events[2])
	before := readAll(t, first)
	require.NoError(t, first.Close())

	again := open(t, path)
	require.Equal(t, before, readAll(t, again))
	sameID, err := again.LogID(t.Context())
	require.NoError(t, err)
	require.Equal(t, id, sameID)
	require.Equal(t, result, mustAppend(t, again, "note-2", -1, events[2]), "a repeat returns the first outcome")
	require.Equal(t, int64(2), mustAppend(t, again, "note-1", 1, newEvent(4)).Revision)
	eventstoretest.Check(t, again)
}

func TestTwoStoresOnOneFile(t *testing.T) {
	t.Run("an append through one is seen by the next append through the other", func(t *testing.T) {
		path := newPath(t)
		a, b := open(t, path), open(t, path)
		mustAppend(t, a, "note-1", -1, newEvent(0))
		mustAppend(t, b, "note-1", 0, newEvent(1))
		mustAppend(t, a, "note-1", 1, newEvent(2), newEvent(3))

		_, err := b.Append(t.Context(), "note-1", eventstore.Exactly(1), newEvent(4))
		var conflict *eventstore.ConflictError
		require.ErrorAs(t, err, &conflict)
		require.Equal(t, int64(3), conflict.Actual)

		mustAppend(t, b, "note-2", -1, newEvent(5)) // the stream's number comes after those of the other
		result := mustAppend(t, a, "note-3", -1, newEvent(6))
		require.Equal(t, eventstore.NewPosition(6, 0), result.Position)
		require.Equal(t, readAll(t, a), readAll(t, b))
		eventstoretest.Check(t, a)
	})
	t.Run("a repeat through the other is recognised", func(t *testing.T) {
		path := newPath(t)
		a, b := open(t, path), open(t, path)
		event := newEvent(0)
		mustAppend(t, a, "note-1", -1, newEvent(1))
		first := mustAppend(t, a, "note-1", 0, event)
		require.Equal(t, first, mustAppend(t, b, "note-1", 0, event))
		require.Len(t, readAll(t, b), 2)
	})
	t.Run("each answers what the other appends", func(t *testing.T) {
		path := newPath(t)
		a, b := open(t, path), open(t, path)
		const rounds = 5
		done := make(chan error, 2)
		go func() { done <- answer(a, "ping-1", "pong-1", rounds) }()
		go func() { done <- answer(b, "pong-1", "ping-1", rounds) }()
		mustAppend(t, a, "ping-1", -1, newEvent(0))
		require.NoError(t, <-done)
		require.NoError(t, <-done)
		eventstoretest.Check(t, a)
	})
}

// answer appends one event to its stream for each one that it sees in the other, until it has answered often enough.
func answer(store eventstore.Store, heard, said string, rounds int) error {
	filter := eventstore.Filter{StreamPrefixes: []string{heard}}
	for message, err := range store.Subscribe(context.Background(), eventstore.Position{}, filter) {
		if err != nil {
			return err
		}
		if message.Kind != eventstore.KindEvent {
			continue
		}
		if _, err := store.Append(context.Background(), said, eventstore.Any, newEvent(rounds)); err != nil {
			return err
		}
		if rounds--; rounds == 0 {
			return nil
		}
	}
	return nil
}

func TestReadOnly(t *testing.T) {
	path := newPath(t)
	writer := open(t, path)
	mustAppend(t, writer, "note-1", -1, newEvent(0))
	reader := openWith(t, sqlite.Config{Path: path, ReadOnly: true})

	t.Run("it writes nothing", func(t *testing.T) {
		_, err := reader.Append(t.Context(), "note-1", eventstore.Any, newEvent(1))
		require.ErrorIs(t, err, eventstore.ErrDenied)
		_, err = reader.Lock(t.Context(), "owner")
		require.ErrorIs(t, err, eventstore.ErrDenied)
	})
	t.Run("it reads what another store writes meanwhile", func(t *testing.T) {
		next := int64(1)
		for message, err := range reader.Subscribe(t.Context(), eventstore.Position{}, eventstore.Filter{}) {
			require.NoError(t, err)
			if message.Kind != eventstore.KindCaughtUp {
				continue
			}
			require.Equal(t, readAll(t, writer), readAll(t, reader))
			if next == 5 {
				break
			}
			mustAppend(t, writer, "note-1", next-1, newEvent(int(next)))
			next++
		}
	})
	t.Run("it knows the log's id", func(t *testing.T) {
		want, err := writer.LogID(t.Context())
		require.NoError(t, err)
		got, err := reader.LogID(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
	t.Run("it outlives the writer, and reads when there is none", func(t *testing.T) {
		require.NoError(t, writer.Close())
		require.Len(t, readAll(t, reader), 5)
		require.NoError(t, reader.Close())
		alone := openWith(t, sqlite.Config{Path: path, ReadOnly: true})
		require.Len(t, readAll(t, alone), 5)
	})
}
