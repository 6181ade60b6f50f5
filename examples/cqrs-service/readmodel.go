package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
)

const projectionName = "orders"

// orderTable is the read model: one row for each order. It decides nothing, it only writes down what has happened.
type orderTable struct{ registry *eventstore.Registry }

// Spec describes the table. Version is raised when the table or Apply changes: then the read model is rebuilt.
func (orderTable) Spec() projection.Spec {
	return projection.Spec{
		Name: projectionName, Version: 1,
		Filter: eventstore.Filter{StreamPrefixes: []string{category + "-"}},
		Tables: []projection.Table{{
			Name:    "orders",
			Columns: "id TEXT PRIMARY KEY, item TEXT NOT NULL, cents INTEGER NOT NULL, status TEXT NOT NULL, receipt TEXT NOT NULL",
		}},
	}
}

// Apply changes the table in the transaction that moves the checkpoint: each event counts exactly once.
func (p orderTable) Apply(_ context.Context, tx *projection.Tx, events []eventstore.RecordedEvent) error {
	for _, recorded := range events {
		event, err := aggregate.DecodeEvent[Event](p.registry, recorded)
		if err == nil {
			err = apply(tx, orderID(recorded.Stream), event)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func apply(tx *projection.Tx, id string, event Event) (err error) {
	const move = "UPDATE {orders} SET status = $2, receipt = $3 WHERE id = $1"
	switch e := event.(type) {
	case OrderPlaced:
		_, err = tx.Exec("INSERT INTO {orders} VALUES ($1, $2, $3, $4, '')", id, e.Item, e.Cents, StatusPlaced)
	case OrderAccepted:
		_, err = tx.Exec(move, id, StatusAccepted, "")
	case OrderRejected:
		_, err = tx.Exec(move, id, StatusRejected, "")
	case OrderConfirmed:
		_, err = tx.Exec(move, id, StatusConfirmed, e.Receipt)
	}
	return err
}

// row is an order as a query shows it.
type row struct {
	ID      string `json:"id"`
	Item    string `json:"item"`
	Cents   int64  `json:"cents"`
	Status  string `json:"status"`
	Receipt string `json:"receipt,omitempty"`
	// AsOf is how much of the log the answer knows of.
	AsOf eventstore.Position `json:"as_of"`
}

var (
	errNotFound = errors.New("no such order")
	errNotYet   = errors.New("not yet")
)

// read returns an order as of a position or later. It waits for that a little, and then says errNotYet.
func (s *Service) read(ctx context.Context, id string, asked eventstore.Position) (row, error) {
	limit := time.After(s.cfg.Patience)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		found, err := s.readOnce(ctx, id)
		switch {
		case err != nil && !errors.Is(err, errNotFound):
			return found, err
		case !asked.After(found.AsOf):
			return found, err
		}
		select {
		case <-look.C:
		case <-limit:
			return found, fmt.Errorf("%w: the read model is as of %s, you ask for %s", errNotYet, found.AsOf, asked)
		case <-ctx.Done():
			return found, ctx.Err()
		}
	}
}

// readOnce reads the row and the position that it is as of in one transaction, so that they belong together.
func (s *Service) readOnce(ctx context.Context, id string) (row, error) {
	found := row{ID: id}
	tx, err := s.readModel.Read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return found, fmt.Errorf("read order %s: %w", id, err)
	}
	defer tx.Rollback()
	status, err := projection.ReadStatus(ctx, tx, projectionName, time.Now())
	if err != nil {
		return found, err
	}
	found.AsOf = status.Position
	err = tx.QueryRowContext(ctx, "SELECT item, cents, status, receipt FROM orders WHERE id = $1", id).
		Scan(&found.Item, &found.Cents, &found.Status, &found.Receipt)
	if errors.Is(err, sql.ErrNoRows) {
		return found, fmt.Errorf("order %q: %w", id, errNotFound)
	}
	return found, err
}
