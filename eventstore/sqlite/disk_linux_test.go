package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// replaceWAL makes every open file of this process that is the log's WAL another file instead, and returns what undoes
// it. The real system calls meet it, so SQLite gets the errors of the kernel.
func replaceWAL(t *testing.T, path, other string, flags int) (undo func()) {
	t.Helper()
	dev, err := os.OpenFile(other, flags, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, dev.Close()) }()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	var open []int // all of them first: a copy of one may get the number that the directory had
	for _, entry := range entries {
		if target, _ := os.Readlink("/proc/self/fd/" + entry.Name()); target != path+"-wal" {
			continue
		}
		fd, err := strconv.Atoi(entry.Name())
		require.NoError(t, err)
		if fd != int(dev.Fd()) {
			open = append(open, fd)
		}
	}
	saved := map[int]int{}
	for _, fd := range open {
		saved[fd], err = syscall.Dup(fd)
		require.NoError(t, err)
		require.NoError(t, syscall.Dup3(int(dev.Fd()), fd, syscall.O_CLOEXEC))
	}
	require.NotEmpty(t, saved, "no WAL is open")
	return func() {
		for fd, original := range saved {
			require.NoError(t, syscall.Dup3(original, fd, syscall.O_CLOEXEC))
			require.NoError(t, syscall.Close(original))
		}
	}
}

func TestOnAFullDiskNothingIsStoredAndAppendsWorkAgainWhenThereIsSpace(t *testing.T) {
	path := newPath(t)
	first, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	mustAppend(t, first, "note-1", -1, newEvent(1))
	require.NoError(t, first.Close()) // which empties the WAL: the device cannot be read
	store := open(t, path)

	undo := replaceWAL(t, path, "/dev/full", os.O_RDWR)
	refused := newEvent(2)
	for range 3 {
		require.ErrorContains(t, requireUnavailable(t, store, refused), "full")
	}
	undo()
	require.Len(t, readAll(t, store), 1)
	result := mustAppend(t, store, "note-2", -1, refused)
	require.Equal(t, eventstore.NewPosition(2, 0), result.Position, "positions have no gap")

	// A WAL that can be read and not be written stands for a quota, or a limit of file size.
	undo = replaceWAL(t, path, path+"-wal", os.O_RDONLY)
	for range 3 {
		_ = requireUnavailable(t, store, newEvent(3))
	}
	undo()
	mustAppend(t, store, "note-1", 0, newEvent(4))
	require.Len(t, readAll(t, store), 3)
	eventstoretest.Check(t, store)
}

func requireUnavailable(t *testing.T, store eventstore.Store, event eventstore.EventData) error {
	t.Helper()
	_, err := store.Append(t.Context(), "note-2", eventstore.Any, event)
	require.ErrorIs(t, err, eventstore.ErrUnavailable)
	require.NotErrorIs(t, err, eventstore.ErrIndeterminate)
	return err
}

// TestEachCommitIsSynced also shows that synchronous=FULL holds: without it the commit would not ask the kernel to sync,
// which on this device is the only call that fails.
func TestEachCommitIsSyncedAndAFailedSyncStopsTheStore(t *testing.T) {
	path := newPath(t)
	store := open(t, path)
	mustAppend(t, store, "note-1", -1, newEvent(1))
	waiting := make(chan error, 1)
	go func() {
		var last error
		for _, err := range store.Subscribe(context.Background(), eventstore.Position{}, eventstore.Filter{}) {
			last = err
		}
		waiting <- last
	}()

	undo := replaceWAL(t, path, "/dev/null", os.O_RDWR)
	unsure := newEvent(2)
	_, err := store.Append(t.Context(), "note-1", eventstore.Exactly(0), unsure)
	undo()
	require.ErrorIs(t, err, eventstore.ErrIndeterminate)

	t.Run("every later call is refused", func(t *testing.T) {
		_, err := store.Append(t.Context(), "note-1", eventstore.Exactly(0), newEvent(3))
		require.ErrorIs(t, err, sqlite.ErrFailed)
		require.NotErrorIs(t, err, eventstore.ErrIndeterminate)
		_, err = tryReadAll(store)
		require.ErrorIs(t, err, sqlite.ErrFailed)
		_, err = store.Lock(t.Context(), "owner")
		require.ErrorIs(t, err, sqlite.ErrFailed)
		_, err = store.LogID(t.Context())
		require.ErrorIs(t, err, sqlite.ErrFailed)
		require.ErrorIs(t, <-waiting, sqlite.ErrFailed)
	})
	t.Run("after opening again the repeat settles it", func(t *testing.T) {
		require.NoError(t, store.Close())
		again := open(t, path)
		result := mustAppend(t, again, "note-1", 0, unsure)
		require.Equal(t, int64(1), result.Revision)
		require.Len(t, readAll(t, again), 2)
		eventstoretest.Check(t, again)
	})
}

func TestAFailedSyncEndsTheWholeBatchIndeterminate(t *testing.T) {
	path := newPath(t)
	store := open(t, path)
	mustAppend(t, store, "note-1", -1, newEvent(1))
	undo := replaceWAL(t, path, "/dev/null", os.O_RDWR)
	const writers = 16
	outcomes := make(chan error, writers)
	for n := range writers {
		go func() {
			_, err := store.Append(context.Background(), fmt.Sprintf("other-%d", n), eventstore.NoStream, newEvent(n))
			outcomes <- err
		}()
	}
	indeterminate := 0
	for range writers {
		err := <-outcomes
		if errors.Is(err, eventstore.ErrIndeterminate) {
			indeterminate++
		} else {
			require.ErrorIs(t, err, sqlite.ErrFailed)
		}
	}
	undo()
	require.Positive(t, indeterminate)
}
