package sagatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/skaldgo/skald/saga"
)

// Recorder is a participant that keeps what it was called with, and answers by a script. [Scripted] puts it in the place
// of the functions of a definition. It is safe for concurrent use.
//
// It can stand behind an orchestrator ([RunOrchestrator]), where TimesOut waits for the end of the attempt and
// SucceedsLate beyond it, on the clock of the bubble; and in a case of Explore, Simulate and Replay. There functions may
// not wait, and the harness lets attempts time out by itself, so both are errors that may be retried. It keeps no books:
// use a [Ledger] where it matters that effects happen once.
type Recorder struct {
	mu      sync.Mutex
	scripts map[place][]Answer
	probes  map[string][]Answer
	asked   map[sagaStep]int
	calls   []RecordedCall
}

// sagaStep is a step of one saga.
type sagaStep struct {
	saga saga.Ref
	step string
}

// place is a step in a direction.
type place struct {
	step      string
	direction saga.Direction
}

// NewRecorder returns a recorder without a script: every action succeeds with the result null, every compensation too, and
// probes find nothing.
func NewRecorder() *Recorder {
	return &Recorder{scripts: map[place][]Answer{}, probes: map[string][]Answer{}, asked: map[sagaStep]int{}}
}

// On says how the action of a step answers: the n-th answer is for its n-th attempt, of each saga, and the last one for
// all that follow. It returns the recorder.
func (r *Recorder) On(step string, answers ...Answer) *Recorder {
	return r.script(place{step, saga.Action}, answers)
}

// OnCompensation says how the compensation of a step answers, as On does for its action.
func (r *Recorder) OnCompensation(step string, answers ...Answer) *Recorder {
	return r.script(place{step, saga.Compensation}, answers)
}

// OnProbe says how the probe of a step answers: the n-th answer is for the n-th time that it is asked, of each saga, and the
// last one for all that follow. Succeeds has found that result, FindsNothing none. It returns the recorder.
func (r *Recorder) OnProbe(step string, answers ...Answer) *Recorder {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.probes[step] = spread(answers)
	return r
}

func (r *Recorder) script(at place, answers []Answer) *Recorder {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scripts[at] = spread(answers)
	return r
}

// RecordedCall is one call of a participant.
type RecordedCall struct {
	Saga      saga.Ref
	Step      string
	Direction saga.Direction
	Attempt   int
	Key       string // the idempotency key
	Deadline  time.Time
	// Result is what a compensation was given of its action, as JSON; nil for an action, and when none is known.
	Result json.RawMessage
	// Probe: the probe of the step was asked.
	Probe bool
}

// String tells the call in words.
func (c RecordedCall) String() string {
	if c.Probe {
		return fmt.Sprintf("probe of %s, attempt %d", c.Step, c.Attempt)
	}
	return fmt.Sprintf("%s of %s, attempt %d", c.Direction, c.Step, c.Attempt)
}

// Calls returns all calls so far, in the order in which they began. The slice belongs to the caller.
func (r *Recorder) Calls() []RecordedCall {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// answer keeps a call and returns what it is to be answered with.
func (r *Recorder) answer(call RecordedCall) Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call)
	if call.Probe {
		return r.answerProbe(call)
	}
	script := r.scripts[place{call.Step, call.Direction}]
	if len(script) == 0 {
		return Succeeds(nil)
	}
	return script[min(max(call.Attempt, 1), len(script))-1]
}

func (r *Recorder) answerProbe(call RecordedCall) Answer {
	at := sagaStep{call.Saga, call.Step}
	r.asked[at]++
	script := r.probes[call.Step]
	if len(script) == 0 {
		return FindsNothing()
	}
	return script[min(r.asked[at], len(script))-1]
}

// play does what the script says. A probe that finds nothing gives saga.ErrNothingToCompensate.
func (r *Recorder) play(ctx context.Context, call RecordedCall) (json.RawMessage, error) {
	a := r.answer(call)
	if err := a.check(call.Direction); err != nil && !(call.Probe && a.kind == answerFindsNothing) {
		return nil, saga.Permanent(fmt.Errorf("sagatest: %w", err))
	}
	waits := ctx.Done() != nil // in a case it is nil, and nothing may wait
	switch a.kind {
	case answerFindsNothing:
		return nil, saga.ErrNothingToCompensate
	case answerRefuses:
		return nil, saga.Permanent(errors.New(a.why))
	case answerFails:
		return nil, errors.New(a.why)
	case answerPanics:
		panic(a.why)
	case answerTimesOut:
		if !waits {
			return nil, context.DeadlineExceeded
		}
		<-ctx.Done()
		return nil, ctx.Err()
	case answerSucceedsLate:
		if !waits {
			return nil, context.DeadlineExceeded
		}
		late := time.NewTimer(time.Until(call.Deadline) + a.by)
		defer late.Stop()
		<-late.C // it has not heard that nobody waits for it any more
	case answerSucceeds:
	}
	return a.result, nil
}
