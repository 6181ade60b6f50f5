package projectorcli_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/cmd/projector/projectorcli"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

func TestAStreamThatIsSetAsideIsListedWithTheReason(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	require.NoError(t, seed(t.Context(), dir, seedDemos))
	do := func(args ...string) string { return run(t, projectorcli.Program{}, append(args, "--data", dir)...) }
	do("projections", "rebuild")
	require.NotContains(t, do("projections", "list", "-o", "json"), "set_aside")

	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "events.db")})
	require.NoError(t, err)
	var stream string
	for ev, err := range store.ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{StreamPrefixes: []string{"saga:"}}) {
		require.NoError(t, err)
		stream = ev.Stream
		break
	}
	id, err := eventstore.NewEventID()
	require.NoError(t, err)
	_, err = store.Append(t.Context(), stream, eventstore.StreamExists,
		eventstore.EventData{ID: id, Type: "NoteTaken", Data: []byte("{}"), Metadata: []byte("{}")})
	require.NoError(t, err)
	require.NoError(t, store.Close())

	do("projections", "rebuild")
	for _, format := range []string{"json", "jsonl", "csv"} {
		require.Regexp(t, stream+` from revision \d+ on: .*NoteTaken`, do("projections", "list", "-o", format))
	}
	require.Contains(t, do("sagas", "list", "-o", "json"), `"set_aside": 1`)
}
