//go:build unix

package main_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/projectiontest"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/projection/sqlitedb"
	"github.com/skaldgo/skald/saga"
)

// openView opens the read models of a data directory to read them.
func openView(t *testing.T, data string) *sql.DB {
	t.Helper()
	db, err := sqlitedb.OpenReadOnly(t.Context(), filepath.Join(data, "readmodel.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db.Read
}

// checkView compares the read model with the fold of the log row by row, then makes it anew and compares the two.
func checkView(t *testing.T, data string, h *history) {
	t.Helper()
	db := openView(t, data)
	h.checkSagas(t, db)
	h.checkSteps(t, db)
	h.checkParked(t, db)
	h.checkTotals(t, db)
	before := dumpView(t, db)
	mustProject(t, "projections", "rebuild", "--data", data)
	require.Equal(t, before, dumpView(t, db), "the read model made anew is another one")
}

// dumpView leaves out states that no saga is in any more: a rebuild may never have come by them.
func dumpView(t *testing.T, db *sql.DB) string {
	t.Helper()
	dump, err := projectiontest.Dump(t.Context(), db, "sagas", "saga_steps", "saga_parked", "saga_counts WHERE sagas <> 0")
	require.NoError(t, err)
	return dump
}

func (h *history) checkSagas(t *testing.T, db *sql.DB) {
	t.Helper()
	seen := 0
	for cursor := ""; ; {
		page, err := sagaview.List(t.Context(), db, sagaview.Query{Limit: sagaview.MaxLimit, Cursor: cursor})
		require.NoError(t, err)
		for _, row := range page.Sagas {
			h.checkSaga(t, row)
		}
		seen += len(page.Sagas)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	require.Len(t, h.sagas, seen, "sagas in the read model")
}

func (h *history) checkSaga(t *testing.T, row sagaview.Saga) {
	t.Helper()
	ref := saga.Ref{Name: row.Name, ID: row.ID}
	s := h.sagas[ref]
	require.NotNil(t, s, "%s is in the read model only", ref)
	_, parked := s.Parked()
	failedStep, reason := s.Failure()
	want := sagaview.Saga{
		Name: ref.Name, ID: ref.ID, State: s.State(), Parked: parked, Version: s.Version(), Revision: s.Revision(),
		StepsTotal: len(s.Plan().Steps), StepsDone: s.done, StepsCompensated: s.undone,
		FailedStep: failedStep, Reason: reason,
	}
	require.Equal(t, s.State().Ended(), !row.EndedAt.IsZero(), ref)
	require.False(t, row.Stuck, "%s: nothing is late once everything has come to rest", ref)
	require.Equal(t, s.State().Ended() || parked, row.NextDue.IsZero(), ref)
	got := row
	got.CorrelationID, got.Step, got.Direction, got.Attempt, got.LastError, got.WaitsFor = "", "", "", 0, "", ""
	got.NextDue, got.StartedAt, got.UpdatedAt, got.EndedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	require.Equal(t, want, got)
}

func (h *history) checkSteps(t *testing.T, db *sql.DB) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT saga_name, saga_id, step, attempts, compensation_attempts FROM saga_steps`)
	require.NoError(t, err)
	defer rows.Close()
	want, got := 0, 0
	for _, s := range h.sagas {
		want += len(s.Plan().Steps)
	}
	for ; rows.Next(); got++ {
		var ref saga.Ref
		var step string
		var attempts, undoAttempts int
		require.NoError(t, rows.Scan(&ref.Name, &ref.ID, &step, &attempts, &undoAttempts))
		s := h.sagas[ref]
		require.NotNil(t, s, "%s has steps in the read model only", ref)
		require.Equal(t, s.attempts[step], attempts, "attempts of %s of %s", step, ref)
		require.Equal(t, s.undoAttempts[step], undoAttempts, "attempts to compensate %s of %s", step, ref)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, want, got, "steps in the read model")
}

// checkParked also checks that each saga that waits for a person says why.
func (h *history) checkParked(t *testing.T, db *sql.DB) {
	t.Helper()
	page, err := sagaview.ListParked(t.Context(), db, sagaview.MaxLimit)
	require.NoError(t, err)
	require.Len(t, page.Parked, len(h.parked())+h.late, "what waits for a person")
	for _, row := range page.Parked {
		s := h.sagas[saga.Ref{Name: row.Name, ID: row.ID}]
		require.NotNil(t, s)
		p, parked := s.Parked()
		if !parked {
			require.True(t, s.State().Ended() && row.Reason == saga.ParkedLateSuccess, "%v", row)
			continue
		}
		require.NotEmpty(t, p.Reason)
		require.NotEmpty(t, row.Remedy)
		require.Equal(t, []any{p.Step, p.Direction.String(), p.Reason, p.Attempts, p.Error, p.Remedy(), s.Revision()},
			[]any{row.Step, row.Direction, row.Reason, row.Attempts, row.Error, row.Remedy, row.Revision})
	}
}

func (h *history) checkTotals(t *testing.T, db *sql.DB) {
	t.Helper()
	totals, err := sagaview.Count(t.Context(), db)
	require.NoError(t, err)
	require.Equal(t, projection.Status{}.LastError, totals.AsOf.LastError)
	require.Zero(t, totals.AsOf.Quarantined, "a stream was set aside")
	require.Zero(t, totals.Stuck)
	for _, state := range []saga.State{
		saga.StateStarted, saga.StatePending, saga.StateCompensating, saga.StateCompleted, saga.StateFailed,
	} {
		require.Equal(t, len(h.in(state)), totals.ByState[state], "sagas that are %s", state)
	}
}
