package saga

import "fmt"

// impossible tells why an event cannot follow the history so far, or "". Only a log that something else has written to
// can hold such an event: the saga is then set aside, because nothing can be decided on a state that is not known.
func (in *Instance) impossible(event Event) string {
	if in.state.Ended() {
		return fmt.Sprintf("%T after the end", event)
	}
	switch e := event.(type) {
	case StepStarted:
		return in.impossibleAction(e)
	case CompensationStarted:
		return in.impossibleStart(e.AttemptStarted, Compensation)
	case StepCompleted:
		return in.impossibleSuccess(e)
	case CompensationCompleted:
		return in.impossibleEnd(e.Step, e.Attempt, Compensation)
	case StepFailed:
		return in.impossibleEnd(e.Step, e.Attempt, Action)
	case CompensationFailed:
		return in.impossibleEnd(e.Step, e.Attempt, Compensation)
	case StepTimedOut:
		return in.impossibleEnd(e.Step, e.Attempt, Action)
	case CompensationTimedOut:
		return in.impossibleEnd(e.Step, e.Attempt, Compensation)
	case StepInterrupted:
		return in.impossibleEnd(e.Step, e.Attempt, Action)
	case CompensationInterrupted:
		return in.impossibleEnd(e.Step, e.Attempt, Compensation)
	}
	left := in.left()
	_, back := event.(SagaFailed)
	switch e := event.(type) {
	case CompensationRequested:
		if in.state == StateCompensating {
			return "the saga turns round twice"
		}
	case ChildRequested:
		return in.impossibleRequest(e)
	case SignalReceived:
		if e.ID == "" || in.signal(e.ID) != nil {
			return fmt.Sprintf("signal %q comes twice, or has no id", e.ID)
		}
	case SagaOverdue:
		if in.overdue || in.state == StateCompensating || in.deadline.IsZero() || !e.Deadline.Equal(in.deadline) {
			return "SagaOverdue of a saga that cannot be"
		}
	case StepGivenUp:
		return in.impossibleGivenUp(e)
	case SagaCompleted, SagaFailed:
		if left || back != (in.state == StateCompensating) {
			return fmt.Sprintf("%T of a saga that is %s", event, in.state)
		}
	default:
		return in.impossibleOperation(event)
	}
	return ""
}

// impossibleAction takes a probe before the turn for what it is: the only attempt that can begin then.
func (in *Instance) impossibleAction(e StepStarted) string {
	i := in.plan.index(e.Step)
	if i < 0 || e.Probe != ProbeOnly {
		return in.impossibleStart(e.AttemptStarted, Action)
	}
	stands := in.isOwing(place{i, Action}) && e.Attempt == in.steps[i].action.attempts+1
	if !stands || in.halted() || !in.turning() && !in.steps[i].action.askOnly {
		return fmt.Sprintf("attempt %d of step %q asks its probe where it cannot", e.Attempt, e.Step)
	}
	return ""
}

func (in *Instance) impossibleStart(e AttemptStarted, d Direction) string {
	at := place{in.plan.index(e.Step), d}
	turn := at.step >= 0 && !in.halted() && e.Attempt == in.at(at).attempts+1 && in.isWaiting(at)
	if !turn {
		return fmt.Sprintf("attempt %d of the %s of step %q starts out of turn", e.Attempt, d, e.Step)
	}
	return ""
}

// impossibleGivenUp checks that the step is a branch which does not run, while another one does or owes a probe.
func (in *Instance) impossibleGivenUp(e StepGivenUp) string {
	at, stands := in.stands(e.Step)
	waits := in.anyBinding() || in.anyOwing()
	if in.turning() || in.state == StateCompensating || !waits || !stands || in.plan.Steps[at.step].Name != e.Step || in.at(at).open {
		return fmt.Sprintf("step %q is given up where it cannot be", e.Step)
	}
	return ""
}

func (in *Instance) impossibleEnd(step string, attempt int, d Direction) string {
	i := in.plan.index(step)
	if i < 0 {
		return "" // Evolve says so
	}
	if t := in.steps[i].track(d); !t.open || t.attempts != attempt {
		return fmt.Sprintf("attempt %d of the %s of step %q ends and is not open", attempt, d, step)
	}
	return ""
}

func (in *Instance) impossibleSuccess(e StepCompleted) string {
	i := in.plan.index(e.Step)
	if s := in.signal(e.Signal); e.Signal != "" && (s == nil || s.used) {
		return fmt.Sprintf("step %q has the signal %q, which is not there to be had", e.Step, e.Signal)
	}
	if !e.Late || i < 0 {
		return in.impossibleEnd(e.Step, e.Attempt, Action)
	}
	if s := &in.steps[i]; s.result != nil || e.Attempt < 1 || e.Attempt > s.action.attempts {
		return fmt.Sprintf("late success of attempt %d of step %q, which cannot be", e.Attempt, e.Step)
	}
	return ""
}
