package sagaview

import (
	"github.com/skaldgo/skald/saga"
)

// foldAttempt takes in what happened to one attempt; soon is by when something should follow.
func (r *sagaRows) foldAttempt(event saga.Event, at, soon int64) error {
	switch e := event.(type) {
	case saga.StepStarted:
		return r.actionStarted(e.AttemptStarted, at)
	case saga.CompensationStarted:
		return r.compensationStarted(e)
	case saga.StepCompleted:
		return r.actionCompleted(e, at, soon)
	case saga.CompensationCompleted:
		return r.compensationCompleted(e, at, soon)
	case saga.StepFailed:
		return r.actionLost(e.Step, e.Error, !e.Permanent, at, soon)
	case saga.StepTimedOut:
		return r.actionLost(e.Step, "timed out", true, at, soon)
	case saga.StepInterrupted:
		return r.actionLost(e.Step, "interrupted", true, at, soon)
	case saga.CompensationFailed:
		return r.compensationLost(e.Step, e.Error, soon)
	case saga.CompensationTimedOut:
		return r.compensationLost(e.Step, "timed out", soon)
	case saga.CompensationInterrupted:
		return r.compensationLost(e.Step, "interrupted", soon)
	case saga.StepRetryScheduled:
		return r.retryScheduled(e.RetryScheduled, saga.Action)
	case saga.CompensationRetryScheduled:
		return r.retryScheduled(e.RetryScheduled, saga.Compensation)
	case saga.ChildRequested:
		return r.childRequested(e)
	}
	return nil
}

func (r *sagaRows) actionStarted(e saga.AttemptStarted, at int64) error {
	s, err := r.attemptStarted(e, saga.Action, stepExecuting)
	if err != nil {
		return err
	}
	s.attempts = e.Attempt
	if s.startedAt == 0 {
		s.startedAt = at
	}
	return nil
}

func (r *sagaRows) compensationStarted(e saga.CompensationStarted) error {
	s, err := r.attemptStarted(e.AttemptStarted, saga.Compensation, stepCompensating)
	if err == nil {
		s.undoAttempts, s.undoBlind = e.Attempt, !e.ResultKnown
	}
	return err
}

func (r *sagaRows) attemptStarted(e saga.AttemptStarted, d saga.Direction, state string) (*stepRow, error) {
	deadline := millis(e.Deadline)
	r.sagaRow.step, r.direction, r.attempt = e.Step, d.String(), e.Attempt
	r.wait("the "+d.String()+" of step "+e.Step+" to end", deadline)
	s, err := r.step(e.Step)
	if err == nil {
		s.state, s.running, s.nextDue, s.endedAt = state, true, deadline, 0
	}
	return s, err
}

// actionCompleted takes in a success. On the way back it is late news: it supplies a result, and what the saga waits for
// does not change.
func (r *sagaRows) actionCompleted(e saga.StepCompleted, at, soon int64) error {
	s, err := r.step(e.Step)
	if err != nil {
		return err
	}
	r.done++
	s.resultKnown = true
	if r.state == stateCompensating {
		if s.state == stepUnknown || s.state == stepSkipped {
			s.rest(stepCompleted, at)
		}
		return nil
	}
	s.rest(stepCompleted, at)
	r.leaveStarted()
	r.wait("the next step to start", soon)
	return nil
}

func (r *sagaRows) compensationCompleted(e saga.CompensationCompleted, at, soon int64) error {
	r.compensated++
	r.wait("the next compensation to start", soon)
	s, err := r.step(e.Step)
	if err == nil {
		s.rest(stepCompensated, at)
	}
	return err
}

func (r *sagaRows) actionLost(step, failure string, unknown bool, at, soon int64) error {
	r.leaveStarted()
	r.lastError = failure
	r.wait("what follows the failure of step "+step, soon)
	s, err := r.step(step)
	if err == nil {
		s.lastError, s.unknown = failure, s.unknown || unknown
		s.settle(at)
	}
	return err
}

func (r *sagaRows) compensationLost(step, failure string, soon int64) error {
	r.lastError = failure
	r.wait("what follows the failure of the compensation of step "+step, soon)
	s, err := r.step(step)
	if err == nil {
		s.undoError, s.nextDue, s.running = failure, 0, false
		s.forgetChild()
	}
	return err
}

func (r *sagaRows) retryScheduled(e saga.RetryScheduled, d saga.Direction) error {
	due := millis(e.Due)
	r.wait("the next attempt of the "+d.String()+" of step "+e.Step, due)
	s, err := r.step(e.Step)
	if err != nil {
		return err
	}
	s.nextDue = due
	if d == saga.Action {
		s.state, s.endedAt = stepExecuting, 0
	}
	return nil
}

func (r *sagaRow) leaveStarted() {
	if r.state == stateStarted {
		r.state = statePending
	}
}

// rest puts the step into a state in which nothing more is due for it.
func (s *stepRow) rest(state string, at int64) {
	s.state, s.running, s.nextDue, s.endedAt = state, false, 0, at
	s.forgetChild()
}

// settle gives a step without an open attempt the state that its outcomes so far amount to.
func (s *stepRow) settle(at int64) {
	if s.unknown {
		s.rest(stepUnknown, at)
		return
	}
	s.rest(stepFailed, at)
}

// direction is that of the attempt that runs.
func (s *stepRow) direction() string {
	if s.state == stepCompensating {
		return saga.Compensation.String()
	}
	return saga.Action.String()
}

// overlooked reports whether the step was found to have happened after its compensation had ended without its result.
func (s *stepRow) overlooked() bool {
	return s.state == stepCompensated && s.undoBlind && s.resultKnown
}
