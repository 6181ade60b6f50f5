package sagaview

import (
	"github.com/skaldgo/skald/saga"
)

func (b *batch) started(ref saga.Ref, e saga.SagaStarted, at int64) {
	first := e.Plan.Steps[0].Name
	row := &sagaRow{
		ref: ref, state: saga.StateStarted.String(), version: e.Version, hash: e.DefinitionHash,
		correlation: e.CorrelationID, total: len(e.Plan.Steps), startedAt: at, updatedAt: at,
	}
	row.wait("step "+first+" to start", at+b.startGrace.Milliseconds())
	b.sagas[ref] = row
	b.order = append(b.order, row)
	for i, planned := range e.Plan.Steps {
		s := b.step(ref, planned.Name)
		s.number, s.kind, s.state = i+1, planned.Kind.String(), saga.StepStatePending.String()
	}
}

// wait notes what an open saga waits for and by when it should have come; a parked saga waits for a person, without end.
func (r *sagaRow) wait(what string, due int64) {
	if r.parked {
		return
	}
	r.waitsFor, r.nextDue = some(what), some(due)
}

func (b *batch) foldSaga(row *sagaRow, event saga.Event, at int64) {
	soon := at + b.startGrace.Milliseconds()
	switch e := event.(type) {
	case saga.CompensationRequested:
		row.state, row.failedStep, row.reason = saga.StateCompensating.String(), some(e.FailedStep), some(e.Reason)
		row.wait("the compensation to start", soon)
	case saga.SagaParked:
		row.parked, row.nextDue = true, nil
		row.waitsFor = some("a person: " + e.Remedy())
		b.park(parkedRow{
			ref: row.ref, step: e.Step, direction: e.Direction.String(), reason: string(e.Reason), attempts: e.Attempts,
			err: text(e.Error), remedy: e.Remedy(), revision: row.revision, at: at,
		})
	case saga.StepRedriven:
		row.parked = false
		row.wait("step "+e.Step+" to start again", soon)
		b.park(parkedRow{ref: row.ref, step: e.Step, direction: e.Direction.String()})
	case saga.SagaCompleted:
		row.end(saga.StateCompleted, at)
	case saga.SagaFailed:
		row.end(saga.StateFailed, at)
	default:
		b.foldAttempt(row, event, at, soon)
	}
}

func (r *sagaRow) end(state saga.State, at int64) {
	r.state, r.endedAt = state.String(), some(at)
	r.waitsFor, r.nextDue, r.parked = nil, nil, false
}

func (b *batch) foldAttempt(row *sagaRow, event saga.Event, at, soon int64) {
	switch e := event.(type) {
	case saga.StepStarted:
		b.attemptStarted(row, e.AttemptStarted, saga.Action, at)
	case saga.CompensationStarted:
		b.attemptStarted(row, e.AttemptStarted, saga.Compensation, at)
	case saga.StepCompleted:
		b.stepCompleted(row, e, at, soon)
	case saga.CompensationCompleted:
		row.compensated++
		row.wait("the next compensation to start", soon)
		s := b.step(row.ref, e.Step)
		s.state, s.endedAt, s.nextDue = saga.StepStateCompensated.String(), some(at), nil
	case saga.StepFailed:
		b.actionLost(row, e.Step, e.Error, !e.Permanent, soon)
	case saga.StepTimedOut:
		b.actionLost(row, e.Step, "timed out", true, soon)
	case saga.StepInterrupted:
		b.actionLost(row, e.Step, "interrupted", true, soon)
	case saga.CompensationFailed:
		b.compensationLost(row, e.Step, e.Error, soon)
	case saga.CompensationTimedOut:
		b.compensationLost(row, e.Step, "timed out", soon)
	case saga.CompensationInterrupted:
		b.compensationLost(row, e.Step, "interrupted", soon)
	case saga.StepRetryScheduled:
		b.retryScheduled(row, e.RetryScheduled, saga.Action)
	case saga.CompensationRetryScheduled:
		b.retryScheduled(row, e.RetryScheduled, saga.Compensation)
	}
}

func (b *batch) attemptStarted(row *sagaRow, e saga.AttemptStarted, d saga.Direction, at int64) {
	deadline := millis(e.Deadline)
	row.step, row.direction, row.attempt = some(e.Step), some(d.String()), some(e.Attempt)
	row.wait("the "+d.String()+" of step "+e.Step+" to end", deadline)
	s := b.step(row.ref, e.Step)
	s.nextDue, s.endedAt = some(deadline), nil
	if d == saga.Compensation {
		s.state, s.undoAttempts = saga.StepStateCompensating.String(), e.Attempt
		return
	}
	s.state, s.attempts = saga.StepStateExecuting.String(), e.Attempt
	if s.startedAt == nil {
		s.startedAt = some(at)
	}
}

func (b *batch) stepCompleted(row *sagaRow, e saga.StepCompleted, at, soon int64) {
	s := b.step(row.ref, e.Step)
	s.endedAt = some(at)
	row.done++
	if row.state == saga.StateCompensating.String() {
		if s.state == "" || s.state == saga.StepStateUnknown.String() {
			s.state = lateInCompensation
		}
		return // late news: what the saga waits for does not change
	}
	s.state, s.nextDue = saga.StepStateCompleted.String(), nil
	row.leaveStarted()
	row.wait("the next step to start", soon)
}

func (b *batch) actionLost(row *sagaRow, step, failure string, unknown bool, soon int64) {
	row.leaveStarted()
	row.lastError = some(failure)
	row.wait("what follows the failure of step "+step, soon)
	s := b.step(row.ref, step)
	s.lastError, s.nextDue, s.unknown = some(failure), nil, s.unknown || unknown
	s.state = saga.StepStateFailed.String()
	if s.unknown {
		s.state = saga.StepStateUnknown.String()
	}
}

func (b *batch) compensationLost(row *sagaRow, step, failure string, soon int64) {
	row.lastError = some(failure)
	row.wait("what follows the failure of the compensation of step "+step, soon)
	s := b.step(row.ref, step)
	s.undoError, s.nextDue, s.state = some(failure), nil, saga.StepStateCompensating.String()
}

func (b *batch) retryScheduled(row *sagaRow, e saga.RetryScheduled, d saga.Direction) {
	due := millis(e.Due)
	row.wait("the next attempt of the "+d.String()+" of step "+e.Step, due)
	s := b.step(row.ref, e.Step)
	s.nextDue, s.state = some(due), saga.StepStateExecuting.String()
	if d == saga.Compensation {
		s.state = saga.StepStateCompensating.String()
	}
}

func (r *sagaRow) leaveStarted() {
	if r.state == saga.StateStarted.String() {
		r.state = saga.StatePending.String()
	}
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

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
