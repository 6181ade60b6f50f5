package sqlite_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	zombiezen "zombiezen.com/go/sqlite"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// holdWriteLock keeps every writer of the log waiting, until release is called.
func holdWriteLock(t *testing.T, path string) (release func()) {
	t.Helper()
	raw, err := zombiezen.OpenConn(path, zombiezen.OpenReadWrite)
	require.NoError(t, err)
	exec(t, raw, "BEGIN IMMEDIATE")
	return func() { require.NoError(t, raw.Close()) }
}

func TestAnAppendThatWaitsForTheWriteLock(t *testing.T) {
	t.Run("is withdrawn when its context ends", func(t *testing.T) {
		path := newPath(t)
		store := open(t, path)
		release := holdWriteLock(t, path)
		ctx, cancel := context.WithCancel(t.Context())
		outcome := make(chan error, 1)
		go func() {
			_, err := store.Append(ctx, "note-1", eventstore.NoStream, newEvent(1))
			outcome <- err
		}()
		cancel()
		err := <-outcome
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, eventstore.ErrIndeterminate)
		release()
		mustAppend(t, store, "note-2", -1, newEvent(2))
		require.Len(t, readAll(t, store), 1, "the withdrawn one was not stored")
	})
	t.Run("gives up after the busy timeout", func(t *testing.T) {
		path := newPath(t)
		store := openWith(t, sqlite.Config{Path: path, BusyTimeout: time.Millisecond})
		release := holdWriteLock(t, path)
		_, err := store.Append(t.Context(), "note-1", eventstore.NoStream, newEvent(1))
		require.ErrorIs(t, err, eventstore.ErrUnavailable)
		require.ErrorContains(t, err, "another process")
		release()
		mustAppend(t, store, "note-1", -1, newEvent(1))
	})
	t.Run("is refused when the store closes", func(t *testing.T) {
		path := newPath(t)
		store := open(t, path)
		release := holdWriteLock(t, path)
		outcome := make(chan error, 1)
		go func() {
			_, err := store.Append(context.Background(), "note-1", eventstore.NoStream, newEvent(1))
			outcome <- err
		}()
		require.NoError(t, store.Close())
		require.ErrorIs(t, <-outcome, eventstore.ErrClosed)
		release()
		require.Empty(t, readAll(t, open(t, path)))
	})
}

// TestAContextThatEndsMeanwhile cancels appends at all moments, and holds the store to what it says.
func TestAContextThatEndsMeanwhileNeverMakesTheStoreLie(t *testing.T) {
	store := open(t, newPath(t))
	stored, withdrawn, unsure := 0, 0, 0
	for n := range 400 {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(time.Duration(n)*time.Microsecond, cancel)
		event := newEvent(n)
		expected := eventstore.Exactly(int64(stored) - 1)
		_, err := store.Append(ctx, "note-1", expected, event)
		clear(event.Data) // the store must be through with it
		switch {
		case err == nil:
			stored++
		case errors.Is(err, eventstore.ErrIndeterminate):
			require.ErrorIs(t, err, context.Canceled)
			unsure++
			event = eventstore.EventData{ID: event.ID, Type: event.Type}
			mustAppend(t, store, "note-1", int64(stored)-1, event)
			stored++
		default:
			require.Equal(t, context.Canceled, err)
			withdrawn++
		}
		timer.Stop()
		cancel()
	}
	t.Logf("%d stored, %d of them after an unknown outcome, %d withdrawn", stored, unsure, withdrawn)
	events := readAll(t, store)
	require.Len(t, events, stored)
	for _, e := range events {
		require.NotContains(t, string(e.Data), "\x00", "stored before the caller changed it")
	}
	eventstoretest.Check(t, store)
}
