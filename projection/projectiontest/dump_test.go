package projectiontest_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/projection/projectiontest"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

func TestDumpsAreEqualWhenTheRowsAre(t *testing.T) {
	dump := func(rows string) string {
		db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "dump.db"))
		require.NoError(t, err)
		defer db.Close()
		_, err = db.Write.Exec("CREATE TABLE t (a, b); INSERT INTO t VALUES " + rows)
		require.NoError(t, err)
		text, err := projectiontest.Dump(t.Context(), db.Read, "t")
		require.NoError(t, err)
		_, err = projectiontest.Dump(t.Context(), db.Read, "missing")
		require.ErrorContains(t, err, "dump missing")
		return text
	}
	require.Equal(t, "t: 2 rows\n  a=\"x\" b=NULL\n  a=1 b=x'0102'\n", dump("(1, x'0102'), ('x', NULL)"))
	require.Equal(t, dump("(1, 2), (3, 4), (1, 2)"), dump("(3, 4), (1, 2), (1, 2)"))
	for _, different := range []string{"('1', 2)", "(1.0, 2)", "(1, 2), (1, 2)", "(1, NULL)", "(x'31', 2)"} {
		require.NotEqual(t, dump("(1, 2)"), dump(different), different)
	}
}
