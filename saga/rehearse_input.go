package sagatest

import (
	"time"

	"github.com/skaldgo/skald/saga"
)

// decisions returns what every input leads to that can have led to the event, those that start the next attempt first.
func (w *walk) decisions(past pastEvent) [][]saga.Event {
	var list [][]saga.Event
	for _, mayStart := range []bool{true, false} {
		for _, command := range w.inputs(past, mayStart) {
			list = w.decide(list, command)
			if outcome, is := command.(saga.RecordOutcome); is {
				outcome.Jitter = 1 // the shortest delay may fit into the time for all attempts where the longest does not
				list = w.decide(list, outcome)
			}
		}
	}
	return list
}

func (w *walk) decide(list [][]saga.Event, command saga.Command) [][]saga.Event {
	if events, err := w.inst.Decide(command); err == nil && len(events) > 0 {
		return append(list, events)
	}
	return list
}

// inputs returns the commands that can have led to a decision which begins with the event.
func (w *walk) inputs(past pastEvent, mayStart bool) []saga.Command {
	if e, outcome, d, is := outcomeOf(past.event); is {
		return []saga.Command{w.outcome(past, saga.RecordOutcome{
			Now: past.at, Step: e.Step, Direction: d, Attempt: e.Attempt, Outcome: outcome, Go: mayStart,
		})}
	}
	switch e := past.event.(type) {
	case saga.SagaStarted:
		return []saga.Command{saga.StartSaga{
			Now: past.at, Ref: saga.Ref{Name: e.Name, ID: e.ID}, Version: w.now.Version, DefinitionHash: w.now.DefinitionHash,
			CorrelationID: e.CorrelationID, Plan: w.now.Plan, Data: e.Data, Go: mayStart,
		}}
	case saga.StepRedriven:
		return []saga.Command{saga.Redrive{Actor: e.Actor, Reason: e.Reason, SeenRevision: e.SeenRevision}}
	}
	return []saga.Command{saga.Proceed{Now: past.at}, saga.DeclareStillRunning{}, saga.DeclareMissing{}}
}

// outcome turns an outcome that would come too late now into the timeout that it would be, when the timeout of the step
// was changed; and one that timed out too early into none.
func (w *walk) outcome(past pastEvent, c saga.RecordOutcome) saga.Command {
	deadline, open := w.deadline(c.Step, c.Direction, c.Attempt)
	if !open || !w.changed(c.Step, c.Direction) {
		return c
	}
	switch {
	case c.Outcome.Kind != saga.TimedOut && !past.at.Before(deadline):
		c.Now, c.Outcome = deadline, saga.Outcome{Kind: saga.TimedOut}
	case c.Outcome.Kind == saga.TimedOut && past.at.Before(deadline):
		return saga.Proceed{Now: past.at} // which decides nothing while the attempt is open
	}
	return c
}

// deadline returns that of an attempt; open is false when it has an outcome.
func (w *walk) deadline(step string, d saga.Direction, attempt int) (at time.Time, open bool) {
	if w.inst.State() == saga.StateNone {
		return time.Time{}, false
	}
	for _, s := range w.inst.Steps() {
		if track := trackOf(s, d); s.Name == step && track.Open && track.Attempts == attempt {
			return track.Deadline, true
		}
	}
	return time.Time{}, false
}

func trackOf(s saga.StepStatus, d saga.Direction) saga.TrackStatus {
	if d == saga.Compensation {
		return s.Compensation
	}
	return s.Action
}

// outcomeOf returns how an attempt ended; is is false for an event that does not tell of it.
func outcomeOf(event saga.Event) (of saga.AttemptRef, outcome saga.Outcome, d saga.Direction, is bool) {
	switch e := event.(type) {
	case saga.StepCompleted:
		return saga.AttemptRef{Step: e.Step, Attempt: e.Attempt}, saga.Outcome{Result: e.Result}, saga.Action, true
	case saga.StepFailed:
		return failed(e.AttemptFailed, saga.Action)
	case saga.StepTimedOut:
		return e.AttemptRef, saga.Outcome{Kind: saga.TimedOut}, saga.Action, true
	case saga.StepInterrupted:
		return e.AttemptRef, saga.Outcome{Kind: saga.Interrupted}, saga.Action, true
	case saga.CompensationCompleted:
		if e.Nothing {
			outcome.Kind = saga.SucceededWithNothing
		}
		return saga.AttemptRef{Step: e.Step, Attempt: e.Attempt}, outcome, saga.Compensation, true
	case saga.CompensationFailed:
		return failed(e.AttemptFailed, saga.Compensation)
	case saga.CompensationTimedOut:
		return e.AttemptRef, saga.Outcome{Kind: saga.TimedOut}, saga.Compensation, true
	case saga.CompensationInterrupted:
		return e.AttemptRef, saga.Outcome{Kind: saga.Interrupted}, saga.Compensation, true
	}
	return saga.AttemptRef{}, saga.Outcome{}, saga.Action, false
}

func failed(e saga.AttemptFailed, d saga.Direction) (saga.AttemptRef, saga.Outcome, saga.Direction, bool) {
	kind := saga.FailedTransiently
	if e.Permanent {
		kind = saga.FailedPermanently
	}
	return saga.AttemptRef{Step: e.Step, Attempt: e.Attempt},
		saga.Outcome{Kind: kind, Error: e.Error, Stack: e.Stack}, d, true
}
