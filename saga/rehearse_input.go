package saga

import (
	"time"
)

// decisions returns what every input leads to that can have led to the event, those that start most attempts first: how
// many slots there were for the branches of a group is not recorded.
func (w *walk) decisions(past PastEvent) [][]Event {
	var list [][]Event
	for room := w.now.Plan.widest(); room >= 0; room-- {
		for _, command := range w.inputs(past, room > 0, room-1) {
			list = w.decide(list, command)
			if outcome, is := command.(RecordOutcome); is {
				outcome.Jitter = 1 // the shortest delay may fit into the time for all attempts where the longest does not
				list = w.decide(list, outcome)
			}
		}
	}
	return list
}

func (w *walk) decide(list [][]Event, command Command) [][]Event {
	if events, err := w.inst.Decide(command); err == nil && len(events) > 0 {
		return append(list, events)
	}
	return list
}

// inputs returns the commands that can have led to a decision which begins with the event.
func (w *walk) inputs(past PastEvent, mayStart bool, spare int) []Command {
	if end, is := OutcomeOf(past.Event); is {
		end.Now, end.Go, end.Spare = past.At, mayStart, spare
		return []Command{w.outcome(past, end)}
	}
	if command, is := OperatorCommandOf(past.Event); is {
		return []Command{command}
	}
	if e, is := past.Event.(SagaStarted); is {
		return []Command{StartSaga{
			Now: past.At, Ref: Ref{Name: e.Name, ID: e.ID}, Version: w.now.Version, DefinitionHash: w.now.DefinitionHash,
			CorrelationID: e.CorrelationID, Plan: w.now.Plan, Data: e.Data, Go: mayStart, Spare: spare,
		}}
	}
	if e, is := past.Event.(SignalReceived); is {
		return []Command{DeliverSignal{Now: past.At, ID: e.ID, Name: e.Name, Payload: e.Payload, Actor: e.Actor}}
	}
	step := ""
	if e, is := past.Event.(SagaParked); is {
		step = e.Step
	}
	return []Command{
		Proceed{Now: past.At, Spare: spare}, Attend{Now: past.At}, DeclareStillRunning{Step: step}, DeclareMissing{Step: step},
		Recover{Now: past.At, Go: mayStart, Spare: spare},
	}
}

// outcome turns an outcome that would come too late now into the timeout that it would be, when the timeout of the step
// was changed; and one that timed out too early into none.
func (w *walk) outcome(past PastEvent, c RecordOutcome) Command {
	deadline, open := w.deadline(c)
	if !open || !w.changed(c.Step, c.Direction) {
		return c
	}
	switch {
	case c.Outcome.Kind != TimedOut && !past.At.Before(deadline):
		c.Now, c.Outcome = deadline, Outcome{Kind: TimedOut}
	case c.Outcome.Kind == TimedOut && past.At.Before(deadline):
		return Proceed{Now: past.At} // which decides nothing while the attempt is open
	}
	return c
}

// deadline returns that of the attempt that an outcome is about; open is false when it has one.
func (w *walk) deadline(c RecordOutcome) (at time.Time, open bool) {
	if w.inst.state == StateNone {
		return time.Time{}, false
	}
	i := w.inst.plan.index(c.Step)
	if i < 0 {
		return time.Time{}, false
	}
	t := w.inst.steps[i].track(c.Direction)
	return t.deadline.time(), t.open && t.attempts == c.Attempt
}
