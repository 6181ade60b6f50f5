package saga

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MaxPayloadBytes limits a saga's data and each step's result, as JSON.
const MaxPayloadBytes = 256 << 10

// ErrNoResult: the step has not succeeded, was skipped by an operator, is not part of the saga, or gave a result of another shape.
var ErrNoResult = errors.New("no such result")

// Call is what one attempt of an action or compensation is told. It is a copy: the step owns Data and may change it
// without effect on anything else.
type Call[D any] struct {
	SagaName string
	SagaID   string
	Step     string
	// Attempt counts from 1 and goes on after a restart and after a redrive.
	Attempt int
	// IdempotencyKey is the same for every attempt of this step in this direction: give it to the participant.
	IdempotencyKey string
	// ActionKey is the idempotency key of the step's action; for an action it equals IdempotencyKey. A compensation
	// without a result uses it to find out what the action did.
	ActionKey string
	// Fence grows whenever another orchestrator takes the saga over; 0 when orchestrators do not share the store. A
	// participant that keeps the highest one of a saga can refuse whoever comes with a lower one.
	Fence uint64
	// Deadline is when this attempt's context ends.
	Deadline time.Time
	Data     D

	results resultSource
}

// Result returns the result of an earlier step of the same saga, decoded from the log, or ErrNoResult.
func Result[R, D any](call Call[D], step string) (R, error) {
	var result R
	raw, ok := call.results.result(step)
	if !ok {
		return result, fmt.Errorf("result of step %q in saga %s/%s, %s: %w",
			step, call.SagaName, call.SagaID, call.results.whyNone(step), ErrNoResult)
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		return result, fmt.Errorf("result of step %q in saga %s/%s: %w: %w",
			step, call.SagaName, call.SagaID, ErrNoResult, err)
	}
	return result, nil
}

// resultSource is the results known when the attempt began. It is immutable.
type resultSource struct {
	plan    *Plan
	results []json.RawMessage // by step index, nil where there is none
	skipped []string
}

func (s resultSource) result(step string) (json.RawMessage, bool) {
	if s.plan == nil {
		return nil, false
	}
	i := s.plan.index(step)
	if i < 0 || i >= len(s.results) || s.results[i] == nil {
		return nil, false
	}
	return s.results[i], true
}

// whyNone tells why a step has no result.
func (s resultSource) whyNone(step string) string {
	switch {
	case slices.Contains(s.skipped, step):
		return "which an operator has skipped"
	case s.plan == nil || s.plan.index(step) < 0:
		return "which has no step of that name"
	}
	return "which has not succeeded by now: only steps before this one, and before its group, are certain to have"
}

// rawCall is a Call before its data is decoded.
type rawCall struct {
	ref            Ref
	step           string
	attempt        int
	idempotencyKey string
	actionKey      string
	deadline       time.Time
	data           json.RawMessage
	results        resultSource
	fence          uint64
}

func typedCall[D any](raw rawCall) (Call[D], error) {
	call := Call[D]{
		SagaName: raw.ref.Name, SagaID: raw.ref.ID, Step: raw.step, Attempt: raw.attempt,
		IdempotencyKey: raw.idempotencyKey, ActionKey: raw.actionKey, Deadline: raw.deadline, Fence: raw.fence, results: raw.results,
	}
	if err := json.Unmarshal(raw.data, &call.Data); err != nil {
		return call, fmt.Errorf("decode the data of saga %s for step %q: %w", raw.ref, raw.step, err)
	}
	return call, nil
}
