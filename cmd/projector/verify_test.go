//go:build unix

package main_test

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/examples/order-fulfillment/order"
	"github.com/skaldgo/skald/projection/sqlitedb"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// verifyLog lets the checker of logs judge the log, with what the services have really done.
func verifyLog(t *testing.T, data string, log verify.Source, h *history) {
	t.Helper()
	db, err := sqlitedb.OpenReadOnly(t.Context(), filepath.Join(data, "services.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	report, err := verify.Log(t.Context(), log, verify.Config{Replay: true, Ledger: ledger{db.Read}})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Len(t, h.sagas, report.Sagas)
	require.Len(t, h.parked(), report.Parked)
}

// ledger is what the services have written down for each idempotency key.
type ledger struct{ db *sql.DB }

// Keeps reports whether the services do that step.
func (ledger) Keeps(name, step string) bool {
	switch step {
	case order.StepReserve, order.StepPay, order.StepShip, order.StepConfirm:
		return name == order.Name
	}
	return false
}

// Effects yields what is recorded for each key; without a result nothing was done.
func (l ledger) Effects(ctx context.Context) iter.Seq2[verify.Effect, error] {
	return func(yield func(verify.Effect, error) bool) {
		rows, err := l.db.QueryContext(ctx, "SELECT key, operation, order_id, result IS NOT NULL FROM effects")
		if err != nil {
			yield(verify.Effect{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			e := verify.Effect{Saga: saga.Ref{Name: order.Name}}
			var operation string
			err := rows.Scan(&e.Key, &operation, &e.Saga.ID, &e.Applied)
			if err == nil {
				e.Step, e.Direction, err = stepOf(operation)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(verify.Effect{}, err)
		}
	}
}

func stepOf(operation string) (step string, d saga.Direction, err error) {
	switch operation {
	case "inventory.reserve":
		return order.StepReserve, saga.Action, nil
	case "inventory.release":
		return order.StepReserve, saga.Compensation, nil
	case "payments.charge":
		return order.StepPay, saga.Action, nil
	case "payments.refund":
		return order.StepPay, saga.Compensation, nil
	case "shipping.ship":
		return order.StepShip, saga.Action, nil
	case "shipping.cancel":
		return order.StepShip, saga.Compensation, nil
	case "notifications.confirm":
		return order.StepConfirm, saga.Action, nil
	case "notifications.revoke":
		return order.StepConfirm, saga.Compensation, nil
	}
	return "", saga.Action, fmt.Errorf("the services know no %s", operation)
}
