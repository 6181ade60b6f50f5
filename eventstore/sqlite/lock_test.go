package sqlite_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
)

func requireHeldBy(t *testing.T, store eventstore.Locker, name string, pid int) {
	t.Helper()
	_, err := store.Lock(t.Context(), name)
	require.ErrorIs(t, err, eventstore.ErrLocked)
	var locked *eventstore.LockedError
	require.ErrorAs(t, err, &locked)
	require.Equal(t, name, locked.Name)
	host, err := os.Hostname()
	require.NoError(t, err)
	require.Contains(t, locked.Holder, fmt.Sprintf("process %d on %s since 2", pid, host))
}

func TestLock(t *testing.T) {
	t.Run("two stores in one process exclude each other", func(t *testing.T) {
		path := newPath(t)
		a, b := open(t, path), open(t, path)
		lock, err := a.Lock(t.Context(), "owner")
		require.NoError(t, err)
		requireHeldBy(t, b, "owner", os.Getpid())
		requireHeldBy(t, a, "owner", os.Getpid())

		other, err := b.Lock(t.Context(), "another")
		require.NoError(t, err)
		require.NoError(t, other.Close())

		require.NoError(t, lock.Close())
		require.NoError(t, lock.Close(), "a second close does nothing")
		again, err := b.Lock(t.Context(), "owner")
		require.NoError(t, err)
		require.NoError(t, again.Close())
	})
	t.Run("a killed process loses its lock", func(t *testing.T) {
		path := newPath(t)
		store := open(t, path)
		holder := startChild(t, "lock", path)
		require.Equal(t, "locked <nil>", holder.line())
		requireHeldBy(t, store, "owner", holder.command.Process.Pid)
		holder.kill()
		lock, err := store.Lock(t.Context(), "owner")
		require.NoError(t, err)
		require.NoError(t, lock.Close())
	})
	t.Run("a name that is no part of a file name is refused", func(t *testing.T) {
		store := open(t, newPath(t))
		for _, name := range []string{"", "../owner", "a/b", "-a", ".", "a b"} {
			_, err := store.Lock(t.Context(), name)
			require.ErrorIs(t, err, eventstore.ErrInvalid, name)
		}
	})
}

func TestOfThoseWhoShareALockTheLastIsNamedAsLongAsItStays(t *testing.T) {
	path := newPath(t)
	store := open(t, path)
	own, err := store.LockShared(t.Context(), "owner")
	require.NoError(t, err)
	requireHeldBy(t, store, "owner", os.Getpid())
	other := startChild(t, "share", path)
	require.Equal(t, "shared <nil>", other.line())
	requireHeldBy(t, store, "owner", other.command.Process.Pid)
	other.kill()
	require.NoError(t, own.Close())
	alone, err := store.Lock(t.Context(), "owner")
	require.NoError(t, err, "a killed process shares no longer")
	requireHeldBy(t, store, "owner", os.Getpid())
	require.NoError(t, alone.Close())

	first, err := store.LockShared(t.Context(), "owner")
	require.NoError(t, err)
	second, err := store.LockShared(t.Context(), "owner")
	require.NoError(t, err)
	require.NoError(t, first.Close())
	requireHeldBy(t, store, "owner", os.Getpid())
	first, err = store.LockShared(t.Context(), "owner")
	require.NoError(t, err)
	require.NoError(t, first.Close())
	_, err = store.Lock(t.Context(), "owner")
	require.ErrorIs(t, err, eventstore.ErrLocked)
	require.ErrorContains(t, err, "some who share it", "who is named has gone")
	require.NoError(t, second.Close())
}
