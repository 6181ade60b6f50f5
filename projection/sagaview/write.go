package sagaview

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/saga"
)

// chunk is how many rows one statement reads or writes: a statement costs more than a row.
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
	return inChunks(want, func(refs []saga.Ref) error {
		if err := b.readSagas(tx, refs); err != nil {
			return err
		}
		return b.readSteps(tx, refs)
	})
}

func (b *batch) readSagas(tx *projection.Tx, refs []saga.Ref) error {
	return readRows(tx, "SELECT "+sagaValues+" FROM {sagas}", refs, func(scan func(...any) error) error {
		r := &sagaRows{}
		if err := scan(r.fields()...); err != nil {
			return err
		}
		r.before = r.state
		r.steps = make([]stepRow, r.total)
		b.sagas[r.ref] = r
		b.order = append(b.order, r)
		return nil
	})
}

func (b *batch) readSteps(tx *projection.Tx, refs []saga.Ref) error {
	return readRows(tx, "SELECT "+stepValues+" FROM {saga_steps}", refs, func(scan func(...any) error) error {
		var s stepRow
		if err := scan(s.fields()...); err != nil {
			return err
		}
		r := b.sagas[s.ref]
		if r == nil || s.number < 1 || s.number > len(r.steps) {
			return fmt.Errorf("saga %s has no step number %d", s.ref, s.number)
		}
		r.steps[s.number-1] = s
		return nil
	})
}

// readRows reads the rows of some sagas.
func readRows(tx *projection.Tx, selection string, refs []saga.Ref, read func(scan func(...any) error) error) (err error) {
	args := make([]any, 0, 2*len(refs))
	for _, ref := range refs {
		args = append(args, ref.Name, ref.ID)
	}
	rows, err := tx.Query(selection+" WHERE (saga_name, saga_id) IN (VALUES "+placeholders(len(refs), 2)+")", args...)
	if err != nil {
		return fmt.Errorf("read sagas: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := read(rows.Scan); err != nil {
			return fmt.Errorf("read sagas: %w", err)
		}
	}
	return rows.Err()
}

// write stores every row that the batch touched.
func (b *batch) write(tx *projection.Tx) error {
	if err := b.writeCounts(tx); err != nil {
		return err
	}
	var steps []*stepRow
	for _, r := range b.order {
		if r.replaced {
			if _, err := tx.Exec(`DELETE FROM {saga_steps} WHERE saga_name = $1 AND saga_id = $2`, r.ref.Name, r.ref.ID); err != nil {
				return fmt.Errorf("replace the steps of %s: %w", r.ref, err)
			}
		}
		for i := range r.steps {
			if r.steps[i].touched {
				steps = append(steps, &r.steps[i])
			}
		}
	}
	err := writeRows(tx, b.order, func(r *sagaRows, args []any) []any { return r.args(args) }, upsertSagas)
	if err == nil {
		err = writeRows(tx, steps, (*stepRow).args, upsertSteps)
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
			_, err = tx.Exec(upsertParked, row.args()...)
		}
		if err != nil {
			return fmt.Errorf("write what is parked of %s: %w", row.ref, err)
		}
	}
	return nil
}

// writeCounts moves sagas from the state in which the tables have them to the one in which they are now. A state without
// sagas has no row, so that the table holds the same however the events fell into batches.
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
		if row.before != "" {
			add(key{row.ref.Name, row.before}, -1)
		}
		add(key{row.ref.Name, row.state}, +1)
	}
	emptied := false
	for _, k := range touched {
		if change[k] == 0 {
			continue
		}
		emptied = emptied || change[k] < 0
		if _, err := tx.Exec(addCount, k.name, k.state, change[k]); err != nil {
			return fmt.Errorf("count sagas: %w", err)
		}
	}
	if emptied {
		if _, err := tx.Exec(`DELETE FROM {saga_counts} WHERE sagas = 0`); err != nil {
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
		head: "INSERT INTO {sagas} (" + sagaColumns + ") VALUES ", columns: 28,
		tail: ` ON CONFLICT (saga_name, saga_id) DO UPDATE SET
	version = excluded.version, definition_hash = excluded.definition_hash, steps_total = excluded.steps_total,
	state = excluded.state, parked = excluded.parked, paused = excluded.paused, revision = excluded.revision, step = excluded.step,
	direction = excluded.direction, attempt = excluded.attempt, steps_done = excluded.steps_done,
	steps_compensated = excluded.steps_compensated, failed_step = excluded.failed_step, reason = excluded.reason,
	last_error = excluded.last_error, waits_for = excluded.waits_for, next_due = excluded.next_due, deadline = excluded.deadline,
	overdue = excluded.overdue,
	updated_at = excluded.updated_at, ended_at = excluded.ended_at`,
	}
	upsertSteps = upsert{
		head: "INSERT INTO {saga_steps} (" + stepColumns + ") VALUES ", columns: 19,
		tail: ` ON CONFLICT (saga_name, saga_id, step) DO UPDATE SET
	awaits = excluded.awaits, state = excluded.state, running = excluded.running, attempts = excluded.attempts, last_error = excluded.last_error,
	compensation_attempts = excluded.compensation_attempts, compensation_error = excluded.compensation_error,
	next_due = excluded.next_due, started_at = excluded.started_at, ended_at = excluded.ended_at,
	outcome_unknown = excluded.outcome_unknown, result_known = excluded.result_known,
	compensation_blind = excluded.compensation_blind`,
	}
)

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
