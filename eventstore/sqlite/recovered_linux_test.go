package sqlite_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// A pipe is an empty WAL that cannot be synced: a store that opens on one has not tried to.
func TestALogIsOpenedOnlyAfterItsWALIsSynced(t *testing.T) {
	for _, readOnly := range []bool{false, true} {
		path := newPath(t)
		store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		require.NoError(t, err)
		mustAppend(t, store, "note-1", -1, newEvent(1))
		require.NoError(t, store.Close())
		require.NoError(t, syscall.Mkfifo(path+"-wal", 0o600))

		_, err = sqlite.Open(t.Context(), sqlite.Config{Path: path, ReadOnly: readOnly})
		require.ErrorIs(t, err, eventstore.ErrUnavailable)
		require.ErrorContains(t, err, "sync the WAL")

		require.NoError(t, os.Remove(path+"-wal"))
		require.Len(t, readAll(t, open(t, path)), 1)
	}
}
