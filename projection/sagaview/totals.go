package sagaview

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/saga"
)

// Totals are figures over all sagas, or over those of one name.
type Totals struct {
	ByState map[saga.State]int `json:"by_state"`
	Parked  int                `json:"parked"` // entries of saga_parked
	Stuck   int                `json:"stuck"`
	// AsOf is how far the read model was when the figures were read.
	AsOf projection.Status `json:"-"`
}

// Count reads the figures in one transaction. They come from saga_counts and from small indexes, so they cost the same
// for a thousand sagas and for a million.
func Count(ctx context.Context, db *sql.DB) (totals Totals, err error) {
	totals.ByState = map[saga.State]int{}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return totals, fmt.Errorf("count sagas: %w", err)
	}
	defer func() { err = errors.Join(err, ignoreDone(tx.Rollback())) }()
	if totals.AsOf, err = projection.ReadStatus(ctx, tx, Name, time.Now()); err != nil {
		return totals, err
	}
	if totals.AsOf.Version == 0 {
		return totals, fmt.Errorf("count sagas: %w", ErrNoReadModel)
	}
	if err := countStates(ctx, tx, totals.ByState); err != nil {
		return totals, err
	}
	err = tx.QueryRowContext(ctx,
		"SELECT (SELECT count(*) FROM saga_parked), (SELECT count(*) FROM stuck_sagas)").Scan(&totals.Parked, &totals.Stuck)
	if err != nil {
		return totals, fmt.Errorf("count sagas: %w", err)
	}
	return totals, nil
}

func countStates(ctx context.Context, tx *sql.Tx, byState map[saga.State]int) (err error) {
	rows, err := tx.QueryContext(ctx, "SELECT state, sum(sagas) FROM saga_counts GROUP BY state")
	if err != nil {
		return fmt.Errorf("count sagas: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var state saga.State
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return fmt.Errorf("count sagas: %w", err)
		}
		if err := state.UnmarshalText([]byte(name)); err != nil {
			return fmt.Errorf("count sagas: %w", err)
		}
		byState[state] = n
	}
	return rows.Err()
}

// Parked is one row of saga_parked: something that waits for a person.
type Parked struct {
	Name      string          `json:"name"`
	ID        string          `json:"id"`
	Step      string          `json:"step"`
	Direction string          `json:"direction"`
	Reason    saga.ParkReason `json:"reason"`
	Attempts  int             `json:"attempts"`
	Error     string          `json:"error,omitempty"`
	Remedy    string          `json:"remedy"`
	// Revision is that of the saga when it was parked: what a redrive must have seen, unless more has happened since.
	Revision int64     `json:"revision"`
	ParkedAt time.Time `json:"parked_at"`
}

// ListParked reads what waits for a person, longest first, at most limit entries.
func ListParked(ctx context.Context, db *sql.DB, limit int) (list []Parked, err error) {
	rows, err := db.QueryContext(ctx, `SELECT saga_name, saga_id, step, direction, reason, attempts, COALESCE(error, ''),
	remedy, revision, parked_at FROM saga_parked ORDER BY parked_at, saga_name, saga_id, step LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list parked sagas: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p Parked
		var at int64
		err := rows.Scan(&p.Name, &p.ID, &p.Step, &p.Direction, &p.Reason, &p.Attempts, &p.Error, &p.Remedy, &p.Revision, &at)
		if err != nil {
			return nil, fmt.Errorf("list parked sagas: %w", err)
		}
		p.ParkedAt = time.UnixMilli(at).UTC()
		list = append(list, p)
	}
	return list, rows.Err()
}

// saga turns a row into what List returns.
func (r *sagaRow) saga() (Saga, error) {
	s := Saga{
		Name: r.ref.Name, ID: r.ref.ID, Parked: r.parked, Version: r.version, CorrelationID: r.correlation,
		Revision: r.revision, Step: r.step, Direction: r.direction, Attempt: r.attempt,
		StepsTotal: r.total, StepsDone: r.done, StepsCompensated: r.compensated, FailedStep: r.failedStep,
		Reason: r.reason, LastError: r.lastError, WaitsFor: r.waitsFor,
		NextDue: instant(r.nextDue), StartedAt: instant(r.startedAt), UpdatedAt: instant(r.updatedAt),
		EndedAt: instant(r.endedAt),
	}
	if err := s.State.UnmarshalText([]byte(r.state)); err != nil {
		return s, fmt.Errorf("row of saga %s: %w", r.ref, err)
	}
	return s, nil
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
