package sagaview

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/saga"
)

// chunk is how many rows one statement reads or writes. A statement costs more than a row, but the driver looks up each
// numbered parameter among all of the statement.
const chunk = 8

// load reads the rows of the sagas that the events go on with.
func (b *batch) load(tx *projection.Tx, events []eventstore.RecordedEvent) error {
	asked := map[saga.Ref]bool{}
	var want []saga.Ref
	for i := range events {
		ref, isSaga := saga.ParseStream(events[i].Stream)
		if isSaga && !asked[ref] {
			asked[ref] = true
			if events[i].Revision > 0 {
				want = append(want, ref)
			}
		}
	}
	return inChunks(want, func(refs []saga.Ref) error { return b.read(tx, refs) })
}

func (b *batch) read(tx *projection.Tx, refs []saga.Ref) (err error) {
	args := make([]any, 0, 2*len(refs))
	for _, ref := range refs {
		args = append(args, ref.Name, ref.ID)
	}
	query := "SELECT " + sagaColumns + " FROM {sagas} WHERE (saga_name, saga_id) IN (VALUES " +
		placeholders(len(refs), 2) + ")"
	rows, err := tx.Query(query, args...)
	if err != nil {
		return fmt.Errorf("read sagas: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row := &sagaRow{}
		if err := rows.Scan(row.fields()...); err != nil {
			return fmt.Errorf("read a saga: %w", err)
		}
		b.sagas[row.ref] = row
		b.order = append(b.order, row)
		b.before[row.ref] = row.state
	}
	return rows.Err()
}

// write stores every row that the batch touched.
func (b *batch) write(tx *projection.Tx) error {
	if err := b.writeCounts(tx); err != nil {
		return err
	}
	err := writeRows(tx, b.order, (*sagaRow).args, upsertSagas)
	if err == nil {
		err = writeRows(tx, b.stepOrder, (*stepRow).args, upsertSteps)
	}
	if err != nil {
		return err
	}
	return b.writeParked(tx)
}

func (b *batch) writeParked(tx *projection.Tx) error {
	for _, row := range b.parkedList {
		var err error
		if row.reason == "" {
			_, err = tx.Exec(`DELETE FROM {saga_parked} WHERE saga_name = $1 AND saga_id = $2 AND step = $3 AND direction = $4`,
				row.ref.Name, row.ref.ID, row.step, row.direction)
		} else {
			_, err = tx.Exec(upsertParked, row.args(nil)...)
		}
		if err != nil {
			return fmt.Errorf("write what is parked of %s: %w", row.ref, err)
		}
	}
	return nil
}

// writeCounts moves sagas from the state in which the tables have them to the one in which they are now.
func (b *batch) writeCounts(tx *projection.Tx) error {
	type key struct{ name, state string }
	change := map[key]int{}
	var touched []key
	add := func(k key, n int) {
		if _, known := change[k]; !known {
			touched = append(touched, k)
		}
		change[k] += n
	}
	for _, row := range b.order {
		if before, known := b.before[row.ref]; known {
			add(key{row.ref.Name, before}, -1)
		}
		add(key{row.ref.Name, row.state}, +1)
	}
	for _, k := range touched {
		if change[k] == 0 {
			continue
		}
		if _, err := tx.Exec(addCount, k.name, k.state, change[k]); err != nil {
			return fmt.Errorf("count sagas: %w", err)
		}
	}
	return nil
}

const addCount = `INSERT INTO {saga_counts} (saga_name, state, sagas) VALUES ($1, $2, $3)
ON CONFLICT (saga_name, state) DO UPDATE SET sagas = {saga_counts}.sagas + excluded.sagas`

// upsert is a statement that takes many rows.
type upsert struct {
	head    string
	columns int
	tail    string
}

var (
	upsertSagas = upsert{
		head: "INSERT INTO {sagas} (" + sagaColumns + ") VALUES ", columns: 22,
		tail: ` ON CONFLICT (saga_name, saga_id) DO UPDATE SET
	state = excluded.state, parked = excluded.parked, revision = excluded.revision, step = excluded.step,
	direction = excluded.direction, attempt = excluded.attempt, steps_done = excluded.steps_done,
	steps_compensated = excluded.steps_compensated, failed_step = excluded.failed_step, reason = excluded.reason,
	last_error = excluded.last_error, waits_for = excluded.waits_for, next_due = excluded.next_due,
	updated_at = excluded.updated_at, ended_at = excluded.ended_at`,
	}
	upsertSteps = upsert{
		head: `INSERT INTO {saga_steps} (saga_name, saga_id, step_number, step, kind, state, attempts, last_error,
	compensation_attempts, compensation_error, next_due, started_at, ended_at, outcome_unknown) VALUES `,
		columns: 14, tail: stepConflict,
	}
)

// lateInCompensation is written for a step whose late success came while the saga compensates: only the row knows
// whether the step was still unknown.
const lateInCompensation = "late"

const stepConflict = ` ON CONFLICT (saga_name, saga_id, step) DO UPDATE SET
	state = CASE
		WHEN excluded.state = 'failed' AND {saga_steps}.outcome_unknown = 1 THEN 'unknown'
		WHEN excluded.state = 'late' AND {saga_steps}.state <> 'unknown' THEN {saga_steps}.state
		WHEN excluded.state = 'late' THEN 'completed'
		ELSE excluded.state END,
	attempts = CASE WHEN excluded.attempts > 0 THEN excluded.attempts ELSE {saga_steps}.attempts END,
	last_error = COALESCE(excluded.last_error, {saga_steps}.last_error),
	compensation_attempts = CASE WHEN excluded.compensation_attempts > 0 THEN excluded.compensation_attempts
		ELSE {saga_steps}.compensation_attempts END,
	compensation_error = COALESCE(excluded.compensation_error, {saga_steps}.compensation_error),
	next_due = excluded.next_due,
	started_at = COALESCE({saga_steps}.started_at, excluded.started_at),
	ended_at = excluded.ended_at,
	outcome_unknown = CASE WHEN excluded.outcome_unknown = 1 THEN 1 ELSE {saga_steps}.outcome_unknown END`

const upsertParked = `INSERT INTO {saga_parked} (saga_name, saga_id, step, direction, reason, attempts, error, remedy,
	revision, parked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (saga_name, saga_id, step, direction) DO UPDATE SET reason = excluded.reason, attempts = excluded.attempts,
	error = excluded.error, remedy = excluded.remedy, revision = excluded.revision, parked_at = excluded.parked_at`

func writeRows[T any](tx *projection.Tx, rows []*T, values func(*T, []any) []any, u upsert) error {
	return inChunks(rows, func(some []*T) error {
		args := make([]any, 0, len(some)*u.columns)
		for _, row := range some {
			args = values(row, args)
		}
		if _, err := tx.Exec(u.head+placeholders(len(some), u.columns)+u.tail, args...); err != nil {
			return fmt.Errorf("write rows: %w", err)
		}
		return nil
	})
}

// inChunks calls do for chunks of full size, then for single rows, so that only two forms of each statement exist.
func inChunks[T any](all []T, do func([]T) error) error {
	for len(all) > 0 {
		size := chunk
		if len(all) < chunk {
			size = 1
		}
		if err := do(all[:size]); err != nil {
			return err
		}
		all = all[size:]
	}
	return nil
}

// placeholders returns ($1, $2), ($3, $4), … for so many rows of so many columns.
func placeholders(rows, columns int) string {
	text := make([]byte, 0, rows*columns*6)
	for i := range rows * columns {
		switch {
		case i == 0:
			text = append(text, '(')
		case i%columns == 0:
			text = append(text, "), ("...)
		default:
			text = append(text, ", "...)
		}
		text = strconv.AppendInt(append(text, '$'), int64(i+1), 10)
	}
	return string(append(text, ')'))
}
