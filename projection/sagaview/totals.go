package sagaview

import (
	"context"
	"database/sql"

	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/saga"
)

// Totals are figures over all sagas. A state in which no saga is has no entry.
type Totals struct {
	ByState map[saga.State]int `json:"by_state"`
	// ByName has every name of which there is a saga.
	ByName map[string]map[saga.State]int `json:"by_name"`
	Parked int                           `json:"parked"` // entries of saga_parked
	Stuck  int                           `json:"stuck"`
	// AsOf is how far the read model was when the figures were read.
	AsOf projection.Status `json:"-"`
}

// Count reads the figures in one transaction. They come from saga_counts and from small indexes, so they cost the same
// for a thousand sagas and for a million. It writes nothing.
func Count(ctx context.Context, db *sql.DB) (Totals, error) {
	totals := Totals{ByState: map[saga.State]int{}, ByName: map[string]map[saga.State]int{}}
	err := read(ctx, db, func(tx *sql.Tx, asOf projection.Status) error {
		totals.AsOf = asOf
		err := each(ctx, tx, "SELECT saga_name, state, sagas FROM saga_counts", nil, totals.add)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM saga_parked), (SELECT count(*) FROM stuck_sagas)").
			Scan(&totals.Parked, &totals.Stuck)
	})
	if err != nil {
		return Totals{}, err
	}
	return totals, nil
}

// add takes in one row of saga_counts.
func (t *Totals) add(scan func(...any) error) error {
	var name, text string
	var state saga.State
	var sagas int
	if err := scan(&name, &text, &sagas); err != nil {
		return err
	}
	if err := state.UnmarshalText([]byte(text)); err != nil {
		return err
	}
	if t.ByName[name] == nil {
		t.ByName[name] = map[saga.State]int{}
	}
	t.ByName[name][state] += sagas
	t.ByState[state] += sagas
	return nil
}
