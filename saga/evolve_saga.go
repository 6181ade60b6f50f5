package saga

import (
	"fmt"
	"slices"
)

// evolveSaga folds the events that concern the saga as a whole.
func (in *Instance) evolveSaga(event Event) {
	switch e := event.(type) {
	case CompensationRequested:
		in.compensationRequested(e)
	case SagaParked:
		parked := e.Parked
		in.parked = &parked
	case StepRedriven:
		in.redriven(e)
	case StepSkipped:
		in.skipped(e)
	case StepResolved:
		in.resolved(e)
	case StepGivenUp:
		in.gaveUp = &e
	case SignalReceived:
		in.signalReceived(e)
	case ChildRequested:
		in.childRequested(e)
	case SagaOverdue:
		in.overdue = true
	case SagaCancelRequested:
		in.cancelRequested(e)
	case SagaPaused:
		in.paused = &e
	case DeadlineExtended:
		in.deadline, in.overdue = e.Deadline, false
	case RetryPolicyChanged:
		in.retryPolicyChanged(e)
	case SagaResumed:
		in.paused = nil
	case SagaMigrated:
		in.migrated(e)
	case SagaTerminated:
		in.terminated = &e
		in.end(StateTerminated)
	case SagaCompleted:
		in.end(StateCompleted)
	case SagaFailed:
		in.end(StateFailed)
	default:
		in.blame("event of type %T", event)
	}
}

func (in *Instance) end(state State) {
	in.state = state
	in.parked, in.paused = nil, nil
}

func (in *Instance) compensationRequested(e CompensationRequested) {
	plan := make([]int, 0, len(e.Plan))
	for _, name := range e.Plan {
		i := in.plan.index(name)
		if i < 0 {
			in.blame("compensation plan names step %q, which the saga's plan does not have", name)
			return
		}
		plan = append(plan, i)
	}
	for i := range in.steps {
		s := &in.steps[i]
		if s.action.open && in.plan.Steps[i].Await != nil {
			s.action.open = false // nobody waits any more
		}
		if s.state == StepStateExecuting && !s.action.open {
			s.settle()
		}
	}
	in.state = StateCompensating
	in.undoPlan, in.undoAt = plan, 0
	in.failed, in.reason = e.FailedStep, e.Reason
}

// cancelRequested also ends the pause, and the wait for a person, who has decided, if the saga can turn round at once.
func (in *Instance) cancelRequested(e SagaCancelRequested) {
	in.paused = nil
	in.cancelled = fmt.Sprintf("cancelled by %s: %s", e.Actor, e.Reason)
	if !in.held() {
		in.parked = nil
	}
}

func (in *Instance) redriven(e StepRedriven) {
	in.parked = nil
	s := in.step(e.Step)
	if s == nil {
		return
	}
	if e.Direction == Action {
		s.action.refresh()
		return
	}
	if s.overlooked() {
		// The step turned out to have happened after its compensation had ended: it is compensated once more, next, under
		// a new key, because the old key stands for the compensation that found nothing.
		in.undoPlan = slices.Insert(slices.Clone(in.undoPlan), in.undoAt, in.plan.index(e.Step))
		s.generation++
		s.state = StepStateCompleted
	}
	if s.undo == nil {
		s.undo = &track{}
	}
	s.undo.refresh()
}

// refresh gives a track the budget of a new one; attempt numbers go on.
func (t *track) refresh() {
	t.used, t.interruptions = 0, 0
	t.refused = false
	t.total, t.due = 0, 0
	t.asked, t.askOnly = false, false
}
