package order

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/skaldgo/skald/saga"
)

var (
	// ErrKeyReused: an idempotency key came again with another request. Permanent.
	ErrKeyReused = errors.New("idempotency key used for another request")
	// ErrRevoked: the action had been undone before it arrived, so it may not happen any more. Permanent.
	ErrRevoked = errors.New("undone before it was done")
	// ErrUnknownEffect: a compensation named a result that the books do not have. Permanent.
	ErrUnknownEffect = errors.New("the books hold no such effect")
)

// recorded is what the books know of an idempotency key.
type recorded struct {
	operation string
	request   []byte
	result    sql.NullString
}

const (
	findEffect = "SELECT operation, request, result FROM effects WHERE key = ?"
	addEffect  = "INSERT INTO effects (key, operation, order_id, request, result, at) VALUES (?, ?, ?, ?, ?, ?)"
)

// perform does an effect once for its idempotency key and returns its result, the stored one when it was done before.
// apply runs in the transaction that records the key; its error takes both back.
func perform[R any](ctx context.Context, s *Services, call saga.Call[Order], operation string, request any,
	apply func(context.Context, *sql.Tx) (R, error),
) (R, error) {
	var result R
	asked := fingerprint(operation, request)
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		known, found, err := s.find(ctx, tx, call.IdempotencyKey)
		switch {
		case err != nil:
			return err
		case found:
			return known.answer(operation, asked, &result)
		}
		if result, err = apply(ctx, tx); err != nil {
			return err
		}
		return s.record(ctx, tx, call.IdempotencyKey, operation, call.Data.ID, asked, &result)
	})
	if err != nil {
		return *new(R), fmt.Errorf("%s for order %q: %w", operation, call.Data.ID, err)
	}
	return result, nil
}

// answer gives a repeated action its first result.
func (known recorded) answer(operation string, asked []byte, result any) error {
	if !known.result.Valid {
		return saga.Permanent(ErrRevoked)
	}
	if err := known.mustBe(operation, asked); err != nil {
		return err
	}
	return json.Unmarshal([]byte(known.result.String), result)
}

func (known recorded) mustBe(operation string, asked []byte) error {
	if known.operation != operation || string(known.request) != string(asked) {
		return saga.Permanent(fmt.Errorf("it belongs to an earlier %s: %w", known.operation, ErrKeyReused))
	}
	return nil
}

// reversal is a compensation and the action that it undoes.
type reversal struct {
	operation string
	action    string
}

// compensate undoes an action once for the compensation's idempotency key. It finds the action by its own key, whether
// its result is known or not, and closes that key when there is nothing. revert gets the stored result and reports
// whether anything was left to undo.
func compensate[R any](ctx context.Context, s *Services, call saga.Call[Order], r reversal, known *R,
	revert func(context.Context, *sql.Tx, R) (bool, error),
) error {
	undone := false
	asked := fingerprint(r.operation, call.ActionKey)
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		before, found, err := s.find(ctx, tx, call.IdempotencyKey)
		switch {
		case err != nil:
			return err
		case found:
			undone = before.result.Valid
			return before.mustBe(r.operation, asked)
		}
		if undone, err = undo(ctx, s, tx, call, r, known, revert); err != nil {
			return err
		}
		var result *struct{}
		if undone {
			result = &struct{}{}
		}
		return s.record(ctx, tx, call.IdempotencyKey, r.operation, call.Data.ID, asked, result)
	})
	if err != nil {
		return fmt.Errorf("%s for order %q: %w", r.operation, call.Data.ID, err)
	}
	if !undone {
		return saga.ErrNothingToCompensate
	}
	return nil
}

func undo[R any](ctx context.Context, s *Services, tx *sql.Tx, call saga.Call[Order], r reversal, known *R,
	revert func(context.Context, *sql.Tx, R) (bool, error),
) (bool, error) {
	action, found, err := s.find(ctx, tx, call.ActionKey)
	if err != nil {
		return false, err
	}
	if found && action.operation != r.action {
		return false, saga.Permanent(fmt.Errorf("its action was a %s: %w", action.operation, ErrKeyReused))
	}
	if !found || !action.result.Valid {
		if known != nil {
			return false, saga.Permanent(fmt.Errorf("under the key %q: %w", call.ActionKey, ErrUnknownEffect))
		}
		if found {
			return false, nil
		}
		return false, s.record(ctx, tx, call.ActionKey, r.action, call.Data.ID, nil, nil)
	}
	var stored R
	if err := json.Unmarshal([]byte(action.result.String), &stored); err != nil {
		return false, fmt.Errorf("decode the stored result of %s: %w", r.action, err)
	}
	if known != nil && !reflect.DeepEqual(stored, *known) {
		return false, saga.Permanent(fmt.Errorf("the result %v is not the stored %v: %w", *known, stored, ErrUnknownEffect))
	}
	return revert(ctx, tx, stored)
}

func (s *Services) find(ctx context.Context, tx *sql.Tx, key string) (recorded, bool, error) {
	var known recorded
	err := s.row(ctx, tx, findEffect, key).Scan(&known.operation, &known.request, &known.result)
	if errors.Is(err, sql.ErrNoRows) {
		return recorded{}, false, nil
	}
	if err != nil {
		return recorded{}, false, fmt.Errorf("look up the idempotency key: %w", err)
	}
	return known, true, nil
}

// record keeps a key with its result; a nil result says that there is none and never will be.
func (s *Services) record(ctx context.Context, tx *sql.Tx, key, operation, orderID string, asked []byte, result any) error {
	var encoded sql.NullString
	if v := reflect.ValueOf(result); v.IsValid() && !v.IsNil() {
		text, err := json.Marshal(result)
		if err != nil {
			return fmt.Errorf("encode the result: %w", err)
		}
		encoded = sql.NullString{String: string(text), Valid: true}
	}
	if asked == nil {
		asked = []byte{}
	}
	if _, err := s.exec(ctx, tx, addEffect, key, operation, orderID, asked, encoded, time.Now().UnixMilli()); err != nil {
		return fmt.Errorf("record the idempotency key: %w", err)
	}
	return nil
}

// fingerprint stands for what was asked, so that another request under the same key is noticed.
func fingerprint(operation string, request any) []byte {
	encoded, err := json.Marshal(request)
	if err != nil {
		panic(fmt.Sprintf("order: a request is plain data and always encodes: %v", err))
	}
	sum := sha256.Sum256(append([]byte(operation+"\n"), encoded...))
	return sum[:]
}
