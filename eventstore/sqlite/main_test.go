package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "events.db") }

// open opens a store that the test closes at its end.
func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func newEvent(t testing.TB, n int) eventstore.EventData {
	t.Helper()
	id, err := eventstore.NewEventID()
	require.NoError(t, err)
	return eventstore.EventData{
		ID:       id,
		Type:     "NoteTaken",
		Data:     fmt.Appendf(nil, `{"n":%d}`, n),
		Metadata: []byte(`{"actor":"test"}`),
	}
}
