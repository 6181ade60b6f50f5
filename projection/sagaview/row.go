package sagaview

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// sagaRow is one row of sagas. What is not known is "" or 0 here and NULL in the table.
type sagaRow struct {
	ref         saga.Ref
	state       string
	parked      bool
	paused      bool
	version     int
	hash        string
	correlation string
	parent      saga.Parent // of one that another saga has started
	revision    int64
	step        string
	direction   string
	attempt     int
	total       int
	done        int
	compensated int
	failedStep  string
	reason      string
	lastError   string
	waitsFor    string
	nextDue     int64
	deadline    int64 // of the saga as a whole
	overdue     bool
	startedAt   int64
	updatedAt   int64
	endedAt     int64
}

// args are the row's values, in the order of the columns.
func (r *sagaRow) args(args []any) []any {
	return append(args, r.ref.Name, r.ref.ID, r.state, number(r.parked), number(r.paused), r.version, r.hash, r.correlation,
		known(r.parent.Name), known(r.parent.ID), known(r.parent.Step), r.revision,
		known(r.step), known(r.direction), known(r.attempt), r.total, r.done, r.compensated, known(r.failedStep),
		known(r.reason), known(r.lastError), known(r.waitsFor), known(r.nextDue), known(r.deadline), number(r.overdue),
		r.startedAt, r.updatedAt, known(r.endedAt))
}

// fields are where the values of a row go when it is read, in the order of sagaValues.
func (r *sagaRow) fields() []any {
	return []any{
		&r.ref.Name, &r.ref.ID, &r.state, &r.parked, &r.paused, &r.version, &r.hash, &r.correlation,
		&r.parent.Name, &r.parent.ID, &r.parent.Step, &r.revision,
		&r.step, &r.direction, &r.attempt, &r.total, &r.done, &r.compensated, &r.failedStep, &r.reason, &r.lastError,
		&r.waitsFor, &r.nextDue, &r.deadline, &r.overdue, &r.startedAt, &r.updatedAt, &r.endedAt,
	}
}

const sagaColumns = `saga_name, saga_id, state, parked, paused, version, definition_hash, correlation_id, ` +
	`parent_name, parent_id, parent_step, revision, ` +
	`step, direction, attempt, steps_total, steps_done, steps_compensated, failed_step, reason, last_error, waits_for, ` +
	`next_due, deadline, overdue, started_at, updated_at, ended_at`

// sagaValues reads the columns with NULL as the zero value.
const sagaValues = `saga_name, saga_id, state, parked, paused, version, definition_hash, correlation_id, ` +
	`COALESCE(parent_name, ''), COALESCE(parent_id, ''), COALESCE(parent_step, ''), revision, ` +
	`COALESCE(step, ''), COALESCE(direction, ''), COALESCE(attempt, 0), steps_total, steps_done, steps_compensated, ` +
	`COALESCE(failed_step, ''), COALESCE(reason, ''), COALESCE(last_error, ''), COALESCE(waits_for, ''), ` +
	`COALESCE(next_due, 0), COALESCE(deadline, 0), overdue, started_at, updated_at, COALESCE(ended_at, 0)`

// stepRow is one row of saga_steps.
type stepRow struct {
	ref          saga.Ref
	number       int
	step         string
	kind         string
	group        string
	awaits       string // the signal that it waits for, or the saga that it has started
	state        string
	running      bool
	attempts     int
	lastError    string
	undoAttempts int
	undoError    string
	nextDue      int64
	startedAt    int64
	endedAt      int64
	unknown      bool // some attempt of the action may have had an effect
	resultKnown  bool
	undoBlind    bool // the compensation's last attempt was not given the result
	touched      bool // by this batch
}

func (r *stepRow) args(args []any) []any {
	return append(args, r.ref.Name, r.ref.ID, r.number, r.step, r.kind, known(r.group), known(r.awaits), r.state, number(r.running), r.attempts,
		known(r.lastError), r.undoAttempts, known(r.undoError), known(r.nextDue), known(r.startedAt), known(r.endedAt),
		number(r.unknown), number(r.resultKnown), number(r.undoBlind))
}

func (r *stepRow) fields() []any {
	return []any{
		&r.ref.Name, &r.ref.ID, &r.number, &r.step, &r.kind, &r.group, &r.awaits, &r.state, &r.running, &r.attempts,
		&r.lastError, &r.undoAttempts, &r.undoError, &r.nextDue, &r.startedAt, &r.endedAt,
		&r.unknown, &r.resultKnown, &r.undoBlind,
	}
}

const stepColumns = `saga_name, saga_id, step_number, step, kind, step_group, awaits, state, running, attempts, last_error, ` +
	`compensation_attempts, compensation_error, next_due, started_at, ended_at, outcome_unknown, result_known, ` +
	`compensation_blind`

const stepValues = `saga_name, saga_id, step_number, step, kind, COALESCE(step_group, ''), COALESCE(awaits, ''), state, running, attempts, COALESCE(last_error, ''), ` +
	`compensation_attempts, COALESCE(compensation_error, ''), COALESCE(next_due, 0), COALESCE(started_at, 0), ` +
	`COALESCE(ended_at, 0), outcome_unknown, result_known, compensation_blind`

// parkedRow is one row of saga_parked; without a reason it is to be removed.
type parkedRow struct {
	ref       saga.Ref
	step      string
	direction string
	reason    string
	attempts  int
	err       string
	remedy    string
	revision  int64
	at        int64
}

func (r *parkedRow) args() []any {
	return []any{r.ref.Name, r.ref.ID, r.step, r.direction, r.reason, r.attempts, known(r.err), r.remedy, r.revision, r.at}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// known is the value, or NULL for the zero value.
func known[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// millis turns an instant into milliseconds; none is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
