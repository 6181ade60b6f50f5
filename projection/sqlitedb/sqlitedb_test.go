package sqlitedb_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/projection/sqlitedb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "50% of? a#name.db")
	db, err := sqlitedb.Open(t.Context(), path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	_, err = db.Write.Exec(`CREATE TABLE t (n INTEGER)`)
	require.NoError(t, err)

	t.Run("makes the file under its name", func(t *testing.T) {
		require.FileExists(t, path)
	})
	t.Run("sets what it says", func(t *testing.T) {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "1", "legacy_alter_table": "1"} {
			var got string
			require.NoError(t, db.Write.QueryRow("PRAGMA "+pragma).Scan(&got))
			require.Equal(t, want, got, pragma)
		}
	})
	t.Run("gives readers that cannot write", func(t *testing.T) {
		_, err := db.Read.Exec(`INSERT INTO t VALUES (1)`)
		require.ErrorContains(t, err, "readonly")
		other, err := sqlitedb.OpenReadOnly(t.Context(), path)
		require.NoError(t, err)
		defer func() { require.NoError(t, other.Close()) }()
		require.Nil(t, other.Write)
		_, err = other.Read.Exec(`INSERT INTO t VALUES (1)`)
		require.ErrorContains(t, err, "readonly")
	})
	t.Run("lets readers read while a transaction writes", func(t *testing.T) {
		tx, err := db.Write.Begin()
		require.NoError(t, err)
		_, err = tx.Exec(`INSERT INTO t VALUES (1)`)
		require.NoError(t, err)
		var n int
		require.NoError(t, db.Read.QueryRow(`SELECT count(*) FROM t`).Scan(&n))
		require.Zero(t, n)
		require.NoError(t, tx.Commit())
		require.NoError(t, db.Read.QueryRow(`SELECT count(*) FROM t`).Scan(&n))
		require.Equal(t, 1, n)
	})
}

func TestWhatCannotBeOpenedIsNamed(t *testing.T) {
	text := filepath.Join(t.TempDir(), "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("this is no database, however long it may get to be"), 0o600))
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "no", "dir.db"), text} {
		_, err := sqlitedb.Open(t.Context(), path)
		require.ErrorContains(t, err, "open read model database "+path)
	}
	missing := filepath.Join(t.TempDir(), "missing.db")
	_, err := sqlitedb.OpenReadOnly(t.Context(), missing)
	require.ErrorContains(t, err, missing)
	require.NoFileExists(t, missing)
}
