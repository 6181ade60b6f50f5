package sagaview

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// sagaRow is one row of sagas.
type sagaRow struct {
	ref         saga.Ref
	state       string
	parked      bool
	version     int
	hash        string
	correlation string
	revision    int64
	step        *string
	direction   *string
	attempt     *int
	total       int
	done        int
	compensated int
	failedStep  *string
	reason      *string
	lastError   *string
	waitsFor    *string
	nextDue     *int64
	startedAt   int64
	updatedAt   int64
	endedAt     *int64
}

// args are the row's values, in the order of the columns.
func (r *sagaRow) args(args []any) []any {
	return append(args, r.ref.Name, r.ref.ID, r.state, number(r.parked), r.version, r.hash, r.correlation, r.revision,
		r.step, r.direction, r.attempt, r.total, r.done, r.compensated, r.failedStep, r.reason, r.lastError, r.waitsFor,
		r.nextDue, r.startedAt, r.updatedAt, r.endedAt)
}

// fields are where the values of a row go when it is read, in the order of the columns.
func (r *sagaRow) fields() []any {
	return []any{
		&r.ref.Name, &r.ref.ID, &r.state, &r.parked, &r.version, &r.hash, &r.correlation, &r.revision,
		&r.step, &r.direction, &r.attempt, &r.total, &r.done, &r.compensated, &r.failedStep, &r.reason, &r.lastError,
		&r.waitsFor, &r.nextDue, &r.startedAt, &r.updatedAt, &r.endedAt,
	}
}

const sagaColumns = `saga_name, saga_id, state, parked, version, definition_hash, correlation_id, revision, ` +
	`step, direction, attempt, steps_total, steps_done, steps_compensated, failed_step, reason, last_error, waits_for, ` +
	`next_due, started_at, updated_at, ended_at`

// stepRow is what a batch knows of one row of saga_steps. It is written without being read: what the batch does not
// know, nil, leaves the row as it is.
type stepRow struct {
	ref          saga.Ref
	number       int
	step         string
	kind         string // "" when the row is known to exist
	state        string
	attempts     int
	lastError    *string
	undoAttempts int
	undoError    *string
	nextDue      *int64
	startedAt    *int64
	endedAt      *int64
	unknown      bool
}

func (r *stepRow) args(args []any) []any {
	return append(args, r.ref.Name, r.ref.ID, r.number, r.step, r.kind, r.state, r.attempts, r.lastError,
		r.undoAttempts, r.undoError, r.nextDue, r.startedAt, r.endedAt, number(r.unknown))
}

// parkedRow is one row of saga_parked; without a reason it is to be removed.
type parkedRow struct {
	ref       saga.Ref
	step      string
	direction string
	reason    string
	attempts  int
	err       *string
	remedy    string
	revision  int64
	at        int64
}

func (r *parkedRow) args(args []any) []any {
	return append(args, r.ref.Name, r.ref.ID, r.step, r.direction, r.reason, r.attempts, r.err, r.remedy, r.revision, r.at)
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func millis(t time.Time) int64 { return t.UnixMilli() }

func some[T any](v T) *T { return &v }
