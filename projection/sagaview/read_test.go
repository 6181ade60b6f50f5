package sagaview_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/projection/sqlitedb"
	"github.com/skaldgo/skald/saga"
)

// readers are the functions that read the read model.
func readers() map[string]func(context.Context, *sql.DB) error {
	return map[string]func(context.Context, *sql.DB) error{
		"List": func(ctx context.Context, db *sql.DB) error {
			_, err := sagaview.List(ctx, db, sagaview.Query{})
			return err
		},
		"Count":      func(ctx context.Context, db *sql.DB) error { _, err := sagaview.Count(ctx, db); return err },
		"ListParked": func(ctx context.Context, db *sql.DB) error { _, err := sagaview.ListParked(ctx, db, 0); return err },
	}
}

func TestADatabaseInWhichNoProjectorHasRunHasNoReadModel(t *testing.T) {
	f := newFixture(t)
	for name, read := range readers() {
		require.ErrorIs(t, read(t.Context(), f.db.Read), sagaview.ErrNoReadModel, name)
	}
	f.catchUp()
	for name, read := range readers() {
		require.NoError(t, read(t.Context(), f.db.Read), name)
	}
}

func TestTablesOfAnotherVersionAreNotRead(t *testing.T) {
	f := newFixture(t)
	f.catchUp()
	_, err := f.db.Write.ExecContext(t.Context(), "UPDATE projection_checkpoint SET version = version + 1")
	require.NoError(t, err)
	for name, read := range readers() {
		require.ErrorIs(t, read(t.Context(), f.db.Read), sagaview.ErrOtherVersion, name)
	}
}

func TestAReaderWhoseContextHasEndedIsTold(t *testing.T) {
	f := newFixture(t)
	f.catchUp()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, read := range readers() {
		require.ErrorIs(t, read(ctx, f.db.Read), context.Canceled, name)
	}
}

func TestTotalsCountSagasByStateAndName(t *testing.T) {
	totals := newTown(t).count()
	require.Equal(t, map[saga.State]int{
		saga.StateStarted: 2, saga.StatePending: 1, saga.StateCompensating: 2, saga.StateCompleted: 2, saga.StateFailed: 2,
	}, totals.ByState)
	require.Equal(t, map[string]map[saga.State]int{
		"Order": {saga.StateStarted: 2, saga.StateCompensating: 1, saga.StateCompleted: 1},
		"Once":  {saga.StatePending: 1, saga.StateCompensating: 1, saga.StateCompleted: 1, saga.StateFailed: 2},
	}, totals.ByName)
	require.Equal(t, 2, totals.Parked, "a parked saga, and what was learnt of another after its end")
	require.Equal(t, 2, totals.Stuck)
}

// beside opens the read model of a new fixture once more, for reading only.
func beside(t *testing.T) (*fixture, *sql.DB) {
	t.Helper()
	f := newFixture(t)
	path := filepath.Join(t.TempDir(), "readmodel.db")
	var err error
	f.db, err = sqlitedb.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.db.Close()) })
	f.catchUp()
	reader, err := sqlitedb.OpenReadOnly(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, reader.Close()) })
	return f, reader.Read
}

func TestAReaderDoesNotWaitForATransactionThatWrites(t *testing.T) {
	f, reader := beside(t)
	f.begin(orderDef(), "1")
	f.catchUp()
	tx, err := f.db.Write.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "DELETE FROM sagas")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	page, err := sagaview.List(ctx, reader, sagaview.Query{})
	require.NoError(t, err)
	require.Len(t, page.Sagas, 1)
	require.NoError(t, tx.Rollback())
}

func TestEachReadIsAsOfOnePositionWhileAProjectorWrites(t *testing.T) {
	f, reader := beside(t)
	for i := range 150 {
		s := f.begin(onceDef(), fmt.Sprint(i)).ends(done)
		if i%3 == 0 {
			s.ends(refused, refused)
		}
	}
	written := make(chan error, 1)
	go func() { written <- f.projector(batchSize(3)).CatchUp(context.Background()) }()
	seen := map[int64]bool{}
	for writing := true; writing; {
		select {
		case err := <-written:
			require.NoError(t, err)
			writing = false
		default:
		}
		page, err := sagaview.List(t.Context(), reader, sagaview.Query{Limit: sagaview.MaxLimit})
		require.NoError(t, err)
		events := int64(0)
		for _, s := range page.Sagas {
			events += s.Revision + 1
		}
		require.Equal(t, page.AsOf.EventsApplied, events, "the rows are those of the position")
		totals, err := sagaview.Count(t.Context(), reader)
		require.NoError(t, err)
		require.GreaterOrEqual(t, totals.AsOf.EventsApplied, events)
		seen[events] = true
	}
	require.Greater(t, len(seen), 1, "nothing was read beside the writer")
	totals, err := sagaview.Count(t.Context(), reader)
	require.NoError(t, err)
	require.Equal(t, 50, totals.Parked)
	require.Equal(t, map[saga.State]int{saga.StatePending: 100, saga.StateCompensating: 50}, totals.ByState)
}
