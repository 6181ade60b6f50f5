package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(playRole(role))
	}
	goleak.VerifyTestMain(m)
}

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "events.db") }

// open opens a store that the test closes at its end.
func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	return openWith(t, sqlite.Config{Path: path})
}

func openWith(t testing.TB, cfg sqlite.Config) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// openRaw opens the file as the sqlite3 shell would.
func openRaw(t testing.TB, path string) *zombiezen.Conn {
	t.Helper()
	conn, err := zombiezen.OpenConn(path, zombiezen.OpenReadWrite|zombiezen.OpenCreate)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

func exec(t testing.TB, conn *zombiezen.Conn, statement string) {
	t.Helper()
	require.NoError(t, sqlitex.ExecuteTransient(conn, statement, nil))
}

func newEvent(n int) eventstore.EventData {
	id, err := eventstore.NewEventID()
	if err != nil {
		panic(err)
	}
	return eventstore.EventData{
		ID:       id,
		Type:     "NoteTaken",
		Data:     fmt.Appendf(nil, `{"n":%d}`, n),
		Metadata: []byte(`{"actor":"test"}`),
	}
}

func mustAppend(t testing.TB, store eventstore.Store, stream string, revision int64, events ...eventstore.EventData,
) eventstore.AppendResult {
	t.Helper()
	result, err := store.Append(t.Context(), stream, eventstore.Exactly(revision), events...)
	require.NoError(t, err)
	return result
}

// readAll returns every event of the log.
func readAll(t testing.TB, store eventstore.Store) []eventstore.RecordedEvent {
	t.Helper()
	events, err := tryReadAll(store)
	require.NoError(t, err)
	return events
}

func tryReadAll(store eventstore.Store) (events []eventstore.RecordedEvent, err error) {
	all := store.ReadAll(context.Background(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{})
	for event, err := range all {
		if err != nil {
			return events, err
		}
		events = append(events, event)
	}
	return events, nil
}
