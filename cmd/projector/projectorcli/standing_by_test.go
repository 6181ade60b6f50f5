package projectorcli_test

import (
	"context"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/cmd/projector/projectorcli"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/projection/sqlitedb"
)

func TestTheListOfProjectionsNamesWhoIsLiveAndWhoStandsBy(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	require.NoError(t, seed(t.Context(), dir, seedDemos))
	list := func(args ...string) string {
		return run(t, projectorcli.Program{}, append([]string{"projections", "list", "--data", dir}, args...)...)
	}
	first := follow(t, dir, "the first")
	shows(t, list, `(?m)^sagas +live .* the first +- `)
	second := follow(t, dir, "the second")
	shows(t, list, `(?m)^sagas +live .* the first +the second `)
	require.Contains(t, list("-o", "jsonl"), `"holder":"the first","standing_by":["the second"]`)
	require.Contains(t, list("-o", "csv"), ",the first,the second,")
	first()
	shows(t, list, `(?m)^sagas +live .* the second +- `)
	second()
	shows(t, list, `(?m)^sagas +stopped .* - +- `)
}

// shows runs a list until it shows something.
func shows(t *testing.T, list func(...string) string, pattern string) {
	t.Helper()
	wanted, text := regexp.MustCompile(pattern), ""
	require.Eventually(t, func() bool {
		text = list()
		return wanted.MatchString(text)
	}, 20*time.Second, 50*time.Millisecond, "%s", pattern)
}

// follow runs the read model of sagas as a program of a user's own does, and returns what ends it.
func follow(t *testing.T, dir, holder string) (stop func()) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "events.db")})
	require.NoError(t, err)
	db, err := sqlitedb.Open(t.Context(), filepath.Join(dir, "readmodel.db"))
	require.NoError(t, err)
	view, err := sagaview.New(sagaview.Config{})
	require.NoError(t, err)
	p, err := projection.New(projection.Config{Store: store, DB: db.Write, Projection: view, Holder: holder})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() { result <- p.Run(ctx) }()
	return func() {
		cancel()
		require.NoError(t, <-result)
		require.NoError(t, db.Close())
		require.NoError(t, store.Close())
	}
}
