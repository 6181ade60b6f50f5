package sagaview

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/projection"
)

// Errors of every function that reads the read model.
var (
	// ErrNoReadModel: no projector has made the tables yet.
	ErrNoReadModel = errors.New("there is no read model of sagas yet")
	// ErrOtherVersion: the tables were made by an older or newer version of this package, which would be read wrongly. A
	// rebuild makes them again.
	ErrOtherVersion = errors.New("the read model of sagas has another version")
	// ErrInvalidQuery: it asks for something that cannot be: a state that does not exist, a limit out of bounds, a cursor
	// that no page gave.
	ErrInvalidQuery = errors.New("invalid query")
)

// MaxLimit is the most that one page holds, DefaultLimit what it holds when no limit is given.
const (
	MaxLimit     = 10_000
	DefaultLimit = 100
)

// read hands over a transaction that cannot write, in which all that is read is as of one position.
func read(ctx context.Context, db *sql.DB, use func(tx *sql.Tx, asOf projection.Status) error) (err error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read the sagas: %w", err)
	}
	defer func() {
		if rollbackErr := tx.Rollback(); !errors.Is(rollbackErr, sql.ErrTxDone) { // it is done when ctx has ended
			err = errors.Join(err, rollbackErr)
		}
	}()
	asOf, err := projection.ReadStatus(ctx, tx, Name, time.Now())
	switch {
	case err != nil:
		return err
	case asOf.Version == 0:
		return ErrNoReadModel
	case asOf.Version != version:
		return fmt.Errorf("%w: %d, and this program knows %d", ErrOtherVersion, asOf.Version, version)
	}
	if err := use(tx, asOf); err != nil {
		return fmt.Errorf("read the sagas: %w", err)
	}
	return nil
}

// each runs a query and scan for every row of it, until that returns an error.
func each(ctx context.Context, tx *sql.Tx, query string, args []any, scan func(row func(...any) error) error) (err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func checkLimit(limit int) (int, error) {
	switch {
	case limit == 0:
		return DefaultLimit, nil
	case limit < 0 || limit > MaxLimit:
		return 0, fmt.Errorf("%w: limit %d is not between 1 and %d", ErrInvalidQuery, limit, MaxLimit)
	}
	return limit, nil
}
