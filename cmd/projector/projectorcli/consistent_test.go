package projectorcli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/cmd/projector/projectorcli"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sqlitedb"
	"github.com/skaldgo/skald/saga"
)

// run runs one command line in this process and returns its standard output.
func run(t *testing.T, program projectorcli.Program, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := program.Run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	require.Zero(t, code, "%v: %s", args, stderr.String())
	return stdout.String()
}

// shown is what sagas show and sagas list both say of a saga.
type shown struct {
	Name     string `json:"name"`
	ID       string `json:"id"`
	State    string `json:"state"`
	Revision int64  `json:"revision"`
	Steps    []struct {
		Name          string            `json:"name"`
		State         string            `json:"state"`
		Attempts      []json.RawMessage `json:"attempts"`
		Compensations []json.RawMessage `json:"compensation_attempts"`
	} `json:"steps"`
}

func TestTheLogAndTheReadModelShowTheSameSagas(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	run(t, projectorcli.Program{}, "dev", "--data", dir, "--rate", "2000/s", "--fail-rate", "0.25", "--count", "60")
	db, err := sqlitedb.OpenReadOnly(t.Context(), filepath.Join(dir, "readmodel.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	list := run(t, projectorcli.Program{}, "sagas", "list", "--data", dir, "--limit", "1000", "-o", "jsonl")
	lines := strings.Split(strings.TrimSpace(list), "\n")
	require.Len(t, lines, 60)
	for _, line := range lines {
		var listed, told shown
		require.NoError(t, json.Unmarshal([]byte(line), &listed))
		text := run(t, projectorcli.Program{}, "sagas", "show", listed.Name+"/"+listed.ID, "--data", dir, "-o", "json")
		require.NoError(t, json.Unmarshal([]byte(text), &told))
		require.Equal(t, listed.State, told.State, listed.ID)
		require.Equal(t, listed.Revision, told.Revision, listed.ID)
		require.Len(t, told.Steps, 4)
		for _, step := range told.Steps {
			var state string
			var attempts, compensations int
			require.NoError(t, db.Read.QueryRowContext(t.Context(), `SELECT state, attempts, compensation_attempts
				FROM saga_steps WHERE saga_name = ? AND saga_id = ? AND step = ?`, told.Name, told.ID, step.Name,
			).Scan(&state, &attempts, &compensations))
			require.Equal(t, state, step.State, "%s of %s", step.Name, told.ID)
			require.Len(t, step.Attempts, attempts, "%s of %s", step.Name, told.ID)
			require.Len(t, step.Compensations, compensations, "%s of %s", step.Name, told.ID)
		}
	}
}

// starts is a user's own projection: how many sagas of a name were started.
type starts struct{}

func (starts) Spec() projection.Spec {
	return projection.Spec{
		Name: "starts", Version: 1, Filter: eventstore.Filter{TypePrefixes: []string{saga.TypeSagaStarted}},
		Tables: []projection.Table{{Name: "saga_starts", Columns: "stream TEXT PRIMARY KEY"}},
	}
}

func (starts) Apply(_ context.Context, tx *projection.Tx, events []eventstore.RecordedEvent) error {
	for _, e := range events {
		if _, err := tx.Exec(`INSERT INTO {saga_starts} (stream) VALUES ($1)`, e.Stream); err != nil {
			return err
		}
	}
	return nil
}

func TestAProgramRunsDefinitionsAndProjectionsOfItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	require.NoError(t, seed(t.Context(), dir, seedDemos))
	own := projectorcli.Program{
		Definitions: []saga.AnyDefinition{demoDefinition()}, Projections: []projection.Projection{starts{}},
	}
	run(t, own, "dev", "--data", dir, "--rate", "1000/s", "--fail-rate", "0", "--count", "5")
	require.Contains(t, run(t, own, "sagas", "list", "--data", dir, "--name", "Demo", "--status", "completed"), "retrying")
	var all struct {
		Projections []struct {
			Name          string `json:"name"`
			EventsApplied int    `json:"events_applied"`
		} `json:"projections"`
	}
	text := run(t, own, "projections", "list", "--data", dir, "-o", "json")
	require.NoError(t, json.Unmarshal([]byte(text), &all))
	require.Len(t, all.Projections, 2)
	require.Equal(t, "starts", all.Projections[1].Name)
	require.Equal(t, 14, all.Projections[1].EventsApplied, "nine seeded, five new")
	run(t, own, "projections", "rebuild", "starts", "--data", dir)
}
