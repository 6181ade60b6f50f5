package sqlite_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, []byte("This is a text of more than the sixteen bytes of a header.\n"), 0o600))
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))

	for _, c := range []struct {
		name   string
		cfg    sqlite.Config
		want   error
		remedy string
	}{
		{"no path", sqlite.Config{}, eventstore.ErrInvalid, "no path"},
		{"a log in memory", sqlite.Config{Path: ":memory:"}, eventstore.ErrInvalid, "eventstore/memory"},
		{"a directory", sqlite.Config{Path: dir}, eventstore.ErrInvalid, "name a file in it"},
		{"a missing directory", sqlite.Config{Path: filepath.Join(dir, "no", "events.db")}, fs.ErrNotExist, "create its directory"},
		{"a missing file, for reading", sqlite.Config{Path: filepath.Join(dir, "no.db"), ReadOnly: true}, fs.ErrNotExist, "creates nothing"},
		{"an empty file, for reading", sqlite.Config{Path: empty, ReadOnly: true}, sqlite.ErrNotALog, "creates nothing"},
		{"a text", sqlite.Config{Path: text}, sqlite.ErrNotALog, "or restore a backup"},
		{"a text, for reading", sqlite.Config{Path: text, ReadOnly: true}, sqlite.ErrNotALog, "or restore a backup"},
		{"the database of another program", sqlite.Config{Path: foreign(t)}, sqlite.ErrNotALog, "choose another path"},
		{"a newer schema", sqlite.Config{Path: newer(t)}, sqlite.ErrNewerSchema, "use a newer program"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, _ := os.ReadFile(c.cfg.Path)
			_, err := sqlite.Open(t.Context(), c.cfg)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.remedy)
			after, _ := os.ReadFile(c.cfg.Path)
			require.Equal(t, before, after, "the file is left as it was")
		})
	}
}

// foreign makes a database of another program.
func foreign(t *testing.T) string {
	t.Helper()
	path := newPath(t)
	raw := openRaw(t, path)
	exec(t, raw, "CREATE TABLE contacts (name TEXT)")
	return path
}

// newer makes a log of a schema that is not known yet.
func newer(t *testing.T) string {
	t.Helper()
	path := newPath(t)
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	exec(t, openRaw(t, path), "PRAGMA user_version = 2")
	return path
}

func TestOpenReportsAllFaultsOfTheConfigTogether(t *testing.T) {
	_, err := sqlite.Open(t.Context(), sqlite.Config{
		Readers: -1, CachedStreams: -2, PollInterval: -time.Second, BusyTimeout: -time.Minute,
	})
	require.ErrorIs(t, err, eventstore.ErrInvalid)
	for _, fault := range []string{"no path", "readers -1", "cached streams -2", "poll interval -1s", "busy timeout -1m0s"} {
		require.ErrorContains(t, err, fault)
	}
}

func TestOpenTakesAnEmptyFileForANewLog(t *testing.T) {
	path := newPath(t)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	mustAppend(t, open(t, path), "note-1", -1, newEvent(0))
}

func TestOpenWithoutPermissionSaysWhatToDo(t *testing.T) {
	//nolint:usetesting // another user cannot enter t.TempDir
	dir, err := os.MkdirTemp("", "sqlite-denied-*")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	t.Run("in a directory that cannot be written", func(t *testing.T) {
		require.NoError(t, os.Chmod(dir, 0o555))
		requireDenied(t, filepath.Join(dir, "events.db"), "directory cannot be written")
	})
	t.Run("on a file that cannot be written", func(t *testing.T) {
		require.NoError(t, os.Chmod(dir, 0o777))
		path := filepath.Join(dir, "there.db")
		store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		require.NoError(t, err)
		require.NoError(t, store.Close())
		require.NoError(t, os.Remove(path+".turn"))
		require.NoError(t, os.Chmod(path, 0o444))
		requireDenied(t, path, "cannot be written")
	})
}

// requireDenied opens the file in a process that has no special rights.
func requireDenied(t *testing.T, path, remedy string) {
	t.Helper()
	c := startChild(t, "open without permission", path)
	line := c.line()
	require.Contains(t, line, "error: ")
	require.Contains(t, line, eventstore.ErrDenied.Error())
	require.Contains(t, line, remedy)
}

func TestTheWALIsUsed(t *testing.T) {
	path := newPath(t)
	store := open(t, path)
	mustAppend(t, store, "note-1", -1, newEvent(0))
	info, err := os.Stat(path + "-wal")
	require.NoError(t, err)
	require.Positive(t, info.Size())
	header := make([]byte, 20)
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	copy(header, file)
	require.Equal(t, []byte{2, 2}, header[18:20], "the file format says WAL for writing and reading")
	require.NoError(t, store.Close())
	require.NoFileExists(t, path+"-wal", "closing moves the WAL into the database")
}
