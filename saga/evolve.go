package saga

import (
	"encoding/json"
	"fmt"
)

// Evolve folds one event into the saga. It is total: an event that cannot follow leaves a Fault and changes nothing
// else.
func (in *Instance) Evolve(event Event) {
	in.revision++
	if started, ok := event.(SagaStarted); ok {
		in.evolveStarted(started)
		return
	}
	if in.plan == nil {
		in.blame("%T before SagaStarted", event)
		return
	}
	if why := in.impossible(event); why != "" {
		in.blame("%s", why)
		return
	}
	switch e := event.(type) {
	case StepStarted:
		in.attemptStarted(e.AttemptStarted, Action, e.Probe)
	case CompensationStarted:
		if s := in.attemptStarted(e.AttemptStarted, Compensation, NoProbe); s != nil {
			s.undoBlind = !e.ResultKnown
		}
	case StepCompleted:
		in.stepCompleted(e)
	case CompensationCompleted:
		in.compensationCompleted(e)
	case StepFailed:
		in.attemptFailed(e.AttemptFailed, Action)
	case CompensationFailed:
		in.attemptFailed(e.AttemptFailed, Compensation)
	case StepTimedOut:
		in.attemptLost(e.AttemptRef, Action, true)
	case CompensationTimedOut:
		in.attemptLost(e.AttemptRef, Compensation, true)
	case StepInterrupted:
		in.attemptLost(e.AttemptRef, Action, false)
	case CompensationInterrupted:
		in.attemptLost(e.AttemptRef, Compensation, false)
	case StepRetryScheduled:
		in.retryScheduled(e.RetryScheduled, Action)
		if s := in.step(e.Step); s != nil && e.Probe == ProbeOnly {
			s.action.askOnly = true
		}
	case CompensationRetryScheduled:
		in.retryScheduled(e.RetryScheduled, Compensation)
	default:
		in.evolveSaga(event)
	}
}

func (in *Instance) evolveStarted(e SagaStarted) {
	switch {
	case in.plan != nil:
		in.blame("a second SagaStarted")
		return
	case in.ref != Ref{Name: e.Name, ID: e.ID}:
		in.blame("SagaStarted of saga %s/%s", e.Name, e.ID)
		return
	case e.Plan == nil || len(e.Plan.Steps) == 0:
		in.blame("SagaStarted without a plan")
		return
	case e.Plan.ambiguous():
		in.blame("SagaStarted with a plan in which a step has no name, or that of another")
		return
	case e.Plan.crooked():
		in.blame("SagaStarted with a plan in which the branches of a group do not stand side by side")
		return
	}
	in.version, in.hash, in.plan, in.data = e.Version, e.DefinitionHash, e.Plan, e.Data
	in.correlation, in.deadline, in.parent = e.CorrelationID, e.Deadline, e.Parent
	in.steps = make([]stepRecord, len(e.Plan.Steps))
	in.state = StateStarted
}

func (in *Instance) attemptStarted(e AttemptStarted, d Direction, probe ProbeUse) *stepRecord {
	s := in.step(e.Step)
	if s == nil {
		return nil
	}
	t := &s.action
	if d == Compensation {
		if s.undo == nil {
			s.undo = &track{}
		}
		t = s.undo
		s.state = StepStateCompensating
	} else {
		s.state = StepStateExecuting
		if s.order == 0 {
			in.started++
			s.order = in.started
		}
	}
	t.attempts = e.Attempt
	t.open, t.probe, t.asked = true, probe, false
	if probe != ProbeOnly {
		t.used++
	}
	t.deadline, t.total, t.due = momentOf(e.Deadline), momentOf(e.TotalDeadline), 0
	return s
}

func (in *Instance) stepCompleted(e StepCompleted) {
	s := in.step(e.Step)
	if s == nil {
		return
	}
	s.result = e.Result
	if e.Result == nil {
		s.result = json.RawMessage("null")
	}
	s.action.close()
	if signal := in.signal(e.Signal); signal != nil {
		signal.used = true
	}
	if in.state == StateCompensating {
		if s.state == StepStateUnknown || s.state == StepStateSkipped {
			s.state = StepStateCompleted
		}
		return
	}
	s.state = StepStateCompleted
	in.state = StatePending
	in.advance()
}

func (in *Instance) compensationCompleted(e CompensationCompleted) {
	s := in.step(e.Step)
	if s == nil {
		return
	}
	s.state = StepStateCompensated
	if s.undo != nil {
		s.undo.close()
	}
	// A step that was redriven while this compensation ran stands before it in the plan.
	for in.undoAt < len(in.undoPlan) && in.steps[in.undoPlan[in.undoAt]].state == StepStateCompensated {
		in.undoAt++
	}
}

func (in *Instance) attemptFailed(e AttemptFailed, d Direction) {
	s := in.step(e.Step)
	if s == nil {
		return
	}
	t := &s.action
	if d == Compensation {
		if t = s.undo; t == nil {
			return
		}
	}
	t.failedWith(e.Error)
	if t.child != nil {
		t.childrenLost++
	}
	if e.Permanent || t.child != nil { // as good as the last attempt, also when the saga is parked at another step just now
		t.used = max(t.used, in.plan.Steps[in.plan.index(e.Step)].policy(d).MaximumAttempts)
		t.refused = true
	}
	t.close()
	if d == Compensation {
		return
	}
	s.unknown = s.unknown || !e.Permanent
	s.settle()
	in.leaveStarted()
}

// attemptLost folds a timeout (which uses up an attempt) or an interruption (which does not).
func (in *Instance) attemptLost(e AttemptRef, d Direction, timedOut bool) {
	s := in.step(e.Step)
	if s == nil {
		return
	}
	t := &s.action
	if d == Compensation {
		if t = s.undo; t == nil {
			return
		}
	} else {
		s.unknown = true
		s.settle()
		in.leaveStarted()
	}
	t.close()
	if timedOut {
		t.failedWith("timed out")
		return
	}
	t.interruptions++
	if t.probe == ProbeOnly { // it is asked again, but not for ever
		t.asked = t.interruptions >= maxInterruptions
		return
	}
	t.lastError = "interrupted"
	t.used = max(t.used-1, 0) // an attempt that a redrive found open never counted against the fresh budget
}

// failedWith keeps why an attempt has failed. One that only asked is not why the step did.
func (t *track) failedWith(why string) {
	if t.probe == ProbeOnly {
		t.asked = true
		return
	}
	t.lastError = why
}

// close ends the open attempt.
func (t *track) close() {
	t.open, t.child = false, nil
}

// settle gives a step without an open attempt the state that its outcomes so far amount to.
func (s *stepRecord) settle() {
	s.state = StepStateFailed
	if s.unknown {
		s.state = StepStateUnknown
	}
}

func (in *Instance) leaveStarted() {
	if in.state == StateStarted {
		in.state = StatePending
	}
}

func (in *Instance) retryScheduled(e RetryScheduled, d Direction) {
	s := in.step(e.Step)
	switch {
	case s == nil:
	case d == Compensation && s.undo != nil:
		s.undo.due = momentOf(e.Due)
	case d == Action:
		s.action.due = momentOf(e.Due)
		s.state = StepStateExecuting
	}
}

func (in *Instance) step(name string) *stepRecord {
	i := in.plan.index(name)
	if i < 0 {
		in.blame("event names step %q, which the saga's plan does not have", name)
		return nil
	}
	return &in.steps[i]
}

func (in *Instance) blame(format string, args ...any) {
	if in.fault == "" {
		in.fault = fmt.Sprintf("revision %d: ", in.revision) + fmt.Sprintf(format, args...)
	}
}
