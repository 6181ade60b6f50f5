package projectorcli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sagaview"
)

// readModel is the read model of sagas within one transaction, so that everything read from it is as of one position.
type readModel struct {
	tx     *sql.Tx
	status projection.Status
}

// asOfView says what a list is as of.
type asOfView struct {
	Position   eventstore.Position `json:"position"`
	CaughtUpAt time.Time           `json:"caught_up_at,omitzero"`
	State      projection.State    `json:"state"`
}

// readModel opens the read model of sagas for reading only, and closes it when use returns.
func (a *app) readModel(ctx context.Context, use func(*readModel) error) (err error) {
	db, err := dataDir(a.data).openReadModel(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return withReadModel(ctx, db.Read, use)
}

func withReadModel(ctx context.Context, db *sql.DB, use func(*readModel) error) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read the read model: %w", err)
	}
	defer tx.Rollback()
	status, err := projection.ReadStatus(ctx, tx, sagaview.Name, time.Now())
	if err != nil {
		return err
	}
	if err := checkVersion(status); err != nil {
		return err
	}
	return use(&readModel{tx: tx, status: status})
}

// checkVersion refuses tables that this program would read wrongly.
func checkVersion(status projection.Status) error {
	view, err := sagaview.New(sagaview.Config{})
	if err != nil {
		return err
	}
	switch known := view.Spec().Version; {
	case status.Version == 0:
		return fail(ExitUnreachable, readModelHint, "there is no read model of sagas yet")
	case status.Version > known:
		return fail(ExitUnreachable, "use the newer projector that made it",
			"the read model of sagas has version %d and this program knows %d", status.Version, known)
	case status.Version < known:
		return fail(ExitUnreachable, "make it again with: projector projections rebuild",
			"the read model of sagas has the old version %d", status.Version)
	}
	return nil
}

func (m *readModel) asOf() asOfView {
	return asOfView{Position: m.status.Position, CaughtUpAt: m.status.CaughtUpAt, State: m.status.State}
}

// noteAsOf tells what a list is as of where it does not stand in the list itself.
func (a *app) noteAsOf(v asOfView) {
	if v.State == projection.StateLive {
		a.note("as of position %s, kept up to date", v.Position)
		return
	}
	a.note("as of position %s, caught up at %s; its projector is %s", v.Position, instant(v.CaughtUpAt), v.State)
}

// each runs a query and scan for every row of it.
func (m *readModel) each(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := m.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read the read model: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("read the read model: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the read model: %w", err)
	}
	return nil
}

// names returns the names of all sagas.
func (m *readModel) names(ctx context.Context) ([]string, error) {
	var names []string
	err := m.each(ctx, `SELECT DISTINCT saga_name FROM saga_counts`, nil, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	})
	return names, err
}

// counts returns how many sagas are in each state, parked and stuck.
func (m *readModel) counts(ctx context.Context) (map[string]int64, error) {
	counts := map[string]int64{}
	err := m.each(ctx, `SELECT state, sum(sagas) FROM saga_counts GROUP BY state
		UNION ALL SELECT 'parked', count(*) FROM saga_parked UNION ALL SELECT 'stuck', count(*) FROM stuck_sagas`, nil,
		func(rows *sql.Rows) error {
			var state string
			var sagas int64
			err := rows.Scan(&state, &sagas)
			counts[state] = sagas
			return err
		})
	return counts, err
}

// fromMillis turns a stored instant into a time; null gives nil.
func fromMillis(ms sql.NullInt64) *time.Time {
	if !ms.Valid {
		return nil
	}
	t := time.UnixMilli(ms.Int64).UTC()
	return &t
}
