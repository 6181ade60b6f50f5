package sagaview

import (
	"slices"

	"github.com/skaldgo/skald/saga"
)

func (b *batch) started(ref saga.Ref, e saga.SagaStarted, at int64) error {
	if e.Plan == nil || len(e.Plan.Steps) == 0 {
		return ErrNoPlan
	}
	row := &sagaRows{
		sagaRow: sagaRow{
			ref: ref, state: saga.StateStarted.String(), version: e.Version, hash: e.DefinitionHash,
			correlation: e.CorrelationID, total: len(e.Plan.Steps), startedAt: at, updatedAt: at,
			deadline: millis(e.Deadline),
		},
		steps: make([]stepRow, len(e.Plan.Steps)),
	}
	if e.Parent != nil {
		row.parent = *e.Parent
	}
	row.wait("step "+e.Plan.Steps[0].Name+" to start", at+b.startGrace)
	for i, planned := range e.Plan.Steps {
		row.steps[i] = newStepRow(ref, i, &planned)
	}
	row.weigh(e, at+b.startGrace)
	b.sagas[ref] = row
	b.order = append(b.order, row)
	return nil
}

// wait notes what an open saga waits for and by when it should have come; one that is parked or paused waits for a person,
// without end.
func (r *sagaRow) wait(what string, due int64) {
	if r.parked {
		return
	}
	if r.paused {
		what, due = "a person: resume it", 0
	}
	r.waitsFor, r.nextDue = what, due
}

func (b *batch) foldSaga(r *sagaRows, event saga.Event, at int64) error {
	soon := at + b.startGrace
	switch e := event.(type) {
	case saga.CompensationRequested:
		return r.turn(e, at, soon)
	case saga.SagaParked:
		r.parked, r.nextDue = true, 0
		r.waitsFor = "a person: " + e.Remedy()
		b.park(parkedRow{
			ref: r.ref, step: e.Step, direction: e.Direction.String(), reason: string(e.Reason), attempts: e.Attempts,
			err: e.Error, remedy: e.Remedy(), revision: r.revision, at: at,
		})
	case saga.StepRedriven:
		b.park(parkedRow{ref: r.ref, step: e.Step, direction: e.Direction.String()})
		return r.redriven(e, at, soon)
	case saga.StepSkipped:
		b.park(parkedRow{ref: r.ref, step: e.Step, direction: saga.Action.String()})
		return r.skipped(e, at, soon)
	case saga.StepResolved:
		b.park(parkedRow{ref: r.ref, step: e.Step, direction: e.Direction.String()})
		return r.resolved(e, at, soon)
	case saga.SagaPaused:
		r.paused = true
		r.wait("", 0)
	case saga.SagaResumed:
		r.resumed(soon)
	case saga.SagaMigrated:
		return b.migrated(r, e, soon)
	case saga.SagaCancelRequested:
		if r.parked && !r.held() {
			b.unpark(r)
			r.wait("the saga to go on", soon)
		}
		if r.paused {
			r.resumed(soon)
		}
		if r.reversible() {
			r.giveUpRetries()
		}
	case saga.SagaOverdue:
		r.overdue = true
	case saga.DeadlineExtended:
		r.deadline, r.overdue = millis(e.Deadline), false
	case saga.StepGivenUp:
		r.giveUpRetries()
	case saga.SignalReceived, saga.RetryPolicyChanged:
	case saga.SagaTerminated:
		b.terminate(r, e, at)
	case saga.SagaCompleted:
		r.end(stateCompleted, at)
	case saga.SagaFailed:
		r.end(stateFailed, at)
	default:
		return r.foldAttempt(event, at, soon)
	}
	return nil
}

func (r *sagaRow) end(state string, at int64) {
	r.state, r.endedAt = state, at
	r.waitsFor, r.nextDue, r.parked, r.paused = "", 0, false, false
}

// turn begins the way back. The failed step may have had a retry to come, which is not made any more.
func (r *sagaRows) turn(e saga.CompensationRequested, at, soon int64) error {
	r.state, r.failedStep, r.reason = stateCompensating, e.FailedStep, e.Reason
	r.wait("the compensation to start", soon)
	for i := range r.steps {
		s := &r.steps[i]
		if s.kind == kindAwait && s.running {
			s.running = false // nobody waits any more
		}
		s.giveUp(at)
	}
	if e.FailedStep == "" { // it was cancelled, or its deadline passed
		return nil
	}
	_, err := r.step(e.FailedStep)
	return err
}

// giveUp ends the wait for the next attempt of a step.
func (s *stepRow) giveUp(at int64) {
	if s.state == stepExecuting && !s.running {
		s.touched = true
		s.settle(at)
	}
}

// held reports whether a cancelled saga has to wait: for an open attempt, or for the outcome of its pivot.
func (r *sagaRows) held() bool {
	for i := range r.steps {
		s := &r.steps[i]
		before := r.steps[:i]
		first := !slices.ContainsFunc(before, func(s stepRow) bool { return s.kind == kindPivot || s.kind == kindRetriable })
		if s.running && s.kind != kindAwait || s.kind == kindPivot && s.unknown && first {
			return true
		}
	}
	return false
}

// unpark ends the wait for a person, wherever the saga was parked.
func (b *batch) unpark(r *sagaRows) {
	r.parked = false
	for i := range r.steps {
		for _, d := range []saga.Direction{saga.Action, saga.Compensation} {
			b.park(parkedRow{ref: r.ref, step: r.steps[i].step, direction: d.String()})
		}
	}
}

// terminate ends a saga as it stands: its steps keep their states, and nothing is due for them any more.
func (b *batch) terminate(r *sagaRows, e saga.SagaTerminated, at int64) {
	if r.parked {
		b.unpark(r)
	}
	r.reason = "terminated by " + e.Actor + ": " + e.Reason
	for i := range r.steps {
		if s := &r.steps[i]; s.running || s.nextDue != 0 {
			s.running, s.nextDue, s.touched = false, 0, true
		}
	}
	r.end(stateTerminated, at)
}

// redriven lets a parked saga go on: with the parked step, unless an attempt of another one still runs.
func (r *sagaRows) redriven(e saga.StepRedriven, at, soon int64) error {
	r.parked = false
	r.wait("step "+e.Step+" to start again", soon)
	r.awaitRunning(soon)
	s, err := r.step(e.Step)
	if err != nil {
		return err
	}
	if !s.running {
		s.nextDue = 0
	}
	if e.Direction == saga.Compensation && s.overlooked() {
		r.compensated--
		s.rest(stepCompleted, at)
	}
	return nil
}

// foldLate lists news of a saga that had ended with what waits for a person: only a person can act on it.
func (b *batch) foldLate(ref saga.Ref, event saga.Event, revision, at int64) {
	e, ok := event.(saga.StepCompleted)
	if !ok {
		return
	}
	b.park(parkedRow{
		ref: ref, step: e.Step, direction: saga.Action.String(), reason: string(saga.ParkedLateSuccess), attempts: e.Attempt,
		remedy: "the step succeeded after its saga had ended: undo it at the participant", revision: revision, at: at,
	})
}

// States as they stand in the tables: the names that package saga gives them.
const (
	stateStarted      = "started"
	statePending      = "pending"
	stateCompensating = "compensating"
	stateCompleted    = "completed"
	stateFailed       = "failed"
	stateTerminated   = "terminated"

	kindPivot     = "pivot"
	kindRetriable = "retriable"
	kindAwait     = "await"
	kindChild     = "child"

	stepPending      = "pending"
	stepExecuting    = "executing"
	stepCompleted    = "completed"
	stepFailed       = "failed"
	stepUnknown      = "unknown"
	stepCompensating = "compensating"
	stepCompensated  = "compensated"
	stepSkipped      = "skipped"
)
