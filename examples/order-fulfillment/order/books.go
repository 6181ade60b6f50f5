package order

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// Books reads what the services have written, and nothing else. It never changes the file, and may be used while
// services in this or another process write to it.
type Books struct {
	db   *sql.DB
	path string
}

// OpenBooks opens the file of Services for reading.
func OpenBooks(ctx context.Context, path string) (*Books, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open the books: %w", err)
	}
	db, err := openDB(path, "ro")
	if err != nil {
		return nil, fmt.Errorf("open the books %s: %w", path, err)
	}
	if err := checkOwner(ctx, db, false); err != nil {
		return nil, errors.Join(fmt.Errorf("open the books %s: %w", path, err), db.Close())
	}
	return &Books{db: db, path: path}, nil
}

// Close closes the file.
func (b *Books) Close() error {
	if err := b.db.Close(); err != nil {
		return fmt.Errorf("close the books %s: %w", b.path, err)
	}
	return nil
}

// Check balances the books as of one instant: every order has all of its effects, or none that was not undone. While
// sagas run, those under way are found as HalfDone.
func (b *Books) Check(ctx context.Context) (Report, error) { return b.CheckOutcomes(ctx, nil) }

// CheckOutcomes balances the books like Check and holds them against what is said to have become of the orders: true for
// completed, false for failed. Orders that outcomes does not name are treated as by Check. Its error is one of reading;
// what does not balance stands in the report.
func (b *Books) CheckOutcomes(ctx context.Context, outcomes map[string]bool) (Report, error) {
	var t tally
	tx, err := b.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err == nil {
		defer tx.Rollback()
		t, err = readTally(ctx, tx)
	}
	if err != nil {
		return Report{}, fmt.Errorf("read the books %s: %w", b.path, err)
	}
	return t.report(outcomes), nil
}

// Check opens the books of the services and checks them. See Books.Check.
func (s *Services) Check(ctx context.Context) (Report, error) { return s.CheckOutcomes(ctx, nil) }

// CheckOutcomes opens the books of the services and checks them. See Books.CheckOutcomes.
func (s *Services) CheckOutcomes(ctx context.Context, outcomes map[string]bool) (report Report, err error) {
	books, err := OpenBooks(ctx, s.path)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, books.Close()) }()
	return books.CheckOutcomes(ctx, outcomes)
}
