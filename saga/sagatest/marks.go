package sagatest

import (
	"slices"

	"github.com/skaldgo/skald/saga"
)

// What comes about with groups, waits and deadlines.
const (
	markBeside    = "several attempts of a saga open at once"
	markGivenUp   = "a branch given up while others ran"
	markTakenOver = "several attempts taken over at once"
	markEarly     = "a signal that came before its wait"
	markSurplus   = "a signal that nobody waited for any more"
	markDefault   = "a wait that lapsed into its default"
	markLapsed    = "a wait that lapsed and failed"
	markOverdue   = "a saga that passed its deadline"
	markTooLate   = "a saga that passed its deadline behind the point of no return"
	markReminded  = "a signal sent because nothing else was left"
	markCancelled = "a saga cancelled while it waited"
)

// language takes note of an event of a saga that has groups, waits or a deadline.
func (w *world) language(c *client, event saga.Event) {
	plan := c.end.Plan()
	switch e := event.(type) {
	case saga.SagaStarted:
		w.expectSignals(c)
	case saga.StepStarted:
		if plan.Steps[indexOf(plan, e.Step)].Await != nil {
			w.waits(c, e.Step, e.Attempt)
		} else if c.beside = addNew(c.beside, e.Step); len(c.beside) > 1 {
			w.mark(markBeside)
		}
	case saga.StepCompleted:
		if c.ended(e.Step); e.Lapsed {
			w.mark(markDefault)
		}
	case saga.StepFailed:
		c.ended(e.Step)
	case saga.StepTimedOut:
		if c.ended(e.Step); plan.Steps[indexOf(plan, e.Step)].Await != nil {
			w.mark(markLapsed)
		}
	case saga.StepInterrupted:
		if c.ended(e.Step); c.last == saga.TypeStepInterrupted {
			w.mark(markTakenOver)
		}
	default:
		w.languageOfSaga(c, event)
	}
	c.last = event.EventType()
}

func (w *world) languageOfSaga(c *client, event saga.Event) {
	switch e := event.(type) {
	case saga.StepGivenUp:
		w.mark(markGivenUp)
	case saga.SagaOverdue:
		if w.mark(markOverdue); c.committed() {
			w.mark(markTooLate)
		}
	case saga.SagaCancelRequested:
		if c.waiting() {
			w.mark(markCancelled)
		}
	case saga.SignalReceived:
		w.received(c, e)
	case saga.SagaMigrated:
		w.expectSignals(c) // of steps that are new
	}
}

// received tells a signal that comes before the wait for it from one that comes after all of them.
func (w *world) received(c *client, e saga.SignalReceived) {
	plan, steps, begun := c.end.Plan(), c.end.Steps(), true
	for i := range plan.Steps {
		if a := plan.Steps[i].Await; a != nil && a.Signal == e.Name && steps[i].State <= saga.StepStateExecuting {
			if steps[i].Action.Attempts == 0 {
				w.mark(markEarly)
			}
			begun = false
		}
	}
	if begun {
		w.mark(markSurplus)
	}
}

// ended takes note of an attempt of an action that is not open any more.
func (c *client) ended(step string) {
	if i := slices.Index(c.beside, step); i >= 0 {
		c.beside = slices.Delete(c.beside, i, i+1)
	}
}

// waiting reports whether the saga waits for a signal.
func (c *client) waiting() bool {
	for i, step := range c.end.Steps() {
		if step.Action.Open && c.end.Plan().Steps[i].Await != nil {
			return true
		}
	}
	return false
}

// committed reports whether the saga has begun what it cannot undo.
func (c *client) committed() bool {
	return slices.ContainsFunc(c.end.Steps(), func(s saga.StepStatus) bool {
		return s.Kind == saga.KindRetriable && s.Action.Attempts > 0 ||
			s.Kind == saga.KindPivot && (s.State == saga.StepStateCompleted || s.State == saga.StepStateSkipped)
	})
}

// rich reports whether a plan has groups, waits or a deadline.
func rich(plan *saga.Plan) bool {
	return plan.DeadlineMS > 0 || len(plan.Groups) > 0 ||
		slices.ContainsFunc(plan.Steps, func(s saga.PlannedStep) bool { return s.Await != nil })
}
