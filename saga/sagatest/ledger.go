package sagatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/verify"
)

// ErrCompensated: an action arrived after it had been compensated, and was refused.
var ErrCompensated = errors.New("action was compensated before it arrived")

// Ledger is the books of participants that behave as participants should: an effect happens once per idempotency key,
// a repeat gets the first answer, a compensation that finds nothing is remembered, and the action that comes after it is
// refused. It is a [verify.Ledger]. Use it through [Apply] and [Undo]. It is not safe for concurrent use.
type Ledger struct {
	actions map[string]*ledgerEntry // by the action's key
	undos   map[string]verify.Effect
	steps   map[string]bool
}

type ledgerEntry struct {
	effect  verify.Effect
	result  json.RawMessage
	undone  bool
	refused bool // compensated before it came
}

var _ verify.Ledger = (*Ledger)(nil)

// NewLedger returns empty books.
func NewLedger() *Ledger {
	return &Ledger{actions: map[string]*ledgerEntry{}, undos: map[string]verify.Effect{}, steps: map[string]bool{}}
}

// Apply has the effect of an action once: under a known key it changes nothing and returns the first result. When the
// action was compensated before, it has no effect and gives a permanent error that matches ErrCompensated.
func Apply[D, R any](l *Ledger, call saga.Call[D], result R) (R, error) {
	l.steps[call.SagaName+"/"+call.Step] = true
	entry := l.actions[call.ActionKey]
	switch {
	case entry == nil:
		encoded, err := json.Marshal(result)
		if err != nil {
			return result, fmt.Errorf("encode the result of %s: %w", call.Step, err)
		}
		effect := effectOf(call, saga.Action, call.ActionKey, 1)
		l.actions[call.ActionKey] = &ledgerEntry{effect: effect, result: encoded}
		return result, nil
	case entry.refused || entry.undone:
		var none R
		return none, saga.Permanent(fmt.Errorf("%s: %w", call.ActionKey, ErrCompensated))
	}
	var first R
	if err := json.Unmarshal(entry.result, &first); err != nil {
		return first, fmt.Errorf("decode the first result of %s: %w", call.Step, err)
	}
	return first, nil
}

// Ask is the answer to a probe: whether the effect of the action has happened and was not taken back, and with what result.
func Ask[R, D any](l *Ledger, call saga.Call[D]) (result R, found bool, err error) {
	entry := l.actions[call.ActionKey]
	if entry == nil || entry.refused || entry.undone {
		return result, false, nil
	}
	if err := json.Unmarshal(entry.result, &result); err != nil {
		return result, false, fmt.Errorf("decode the result of %s: %w", call.Step, err)
	}
	return result, true, nil
}

// Undo takes back the effect of the action that the call compensates, once. When there is none it remembers that, and
// returns saga.ErrNothingToCompensate.
func Undo[D any](l *Ledger, call saga.Call[D]) error {
	l.steps[call.SagaName+"/"+call.Step] = true
	entry := l.actions[call.ActionKey]
	switch {
	case entry == nil:
		l.actions[call.ActionKey] = &ledgerEntry{
			effect: effectOf(call, saga.Action, call.ActionKey, 0), refused: true,
		}
	case !entry.refused && !entry.undone:
		entry.undone = true
		l.undos[call.IdempotencyKey] = effectOf(call, saga.Compensation, call.IdempotencyKey, 1)
		return nil
	}
	if undo, repeat := l.undos[call.IdempotencyKey]; repeat && undo.Applied == 1 {
		return nil
	}
	l.undos[call.IdempotencyKey] = effectOf(call, saga.Compensation, call.IdempotencyKey, 0)
	return saga.ErrNothingToCompensate
}

func effectOf[D any](call saga.Call[D], d saga.Direction, key string, applied int) verify.Effect {
	return verify.Effect{
		Saga: saga.Ref{Name: call.SagaName, ID: call.SagaID}, Step: call.Step, Direction: d, Key: key, Applied: applied,
	}
}

// Stands reports whether the effect of a step of a saga has happened and was not taken back.
func (l *Ledger) Stands(ref saga.Ref, step string) bool {
	entry := l.entry(ref, step)
	return entry != nil && entry.stands()
}

// Effects yields every effect, in the order of the keys.
func (l *Ledger) Effects(context.Context) iter.Seq2[verify.Effect, error] {
	return func(yield func(verify.Effect, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(l.actions)) {
			if !yield(l.actions[key].effect, nil) {
				return
			}
		}
		for _, key := range slices.Sorted(maps.Keys(l.undos)) {
			if !yield(l.undos[key], nil) {
				return
			}
		}
	}
}

// Keeps reports whether the step has ever used the ledger.
func (l *Ledger) Keeps(saga, step string) bool { return l.steps[saga+"/"+step] }
