package saga

// Transition is what one event changed: the state of the saga, or of one of its steps.
type Transition struct {
	Ref   Ref
	Event string // type name
	// Step is the one that the event is about, "" for none.
	Step    string
	Attempt int
	// From and To are states of the step, or of the saga when the event is about the saga as a whole: those that begin with
	// "Saga", CompensationRequested, StepRedriven and StepGivenUp.
	From   string
	To     string
	Reason ParkReason // of a SagaParked
	Error  string
}

// transition notes where the saga stands before an event.
func (in *Instance) transition(event Event) Transition {
	t := Transition{Ref: in.ref, Event: event.EventType(), From: in.condition()}
	t.Step, t.Attempt, t.Error = subject(event)
	if i := in.stepMoved(t); i >= 0 {
		t.From = in.steps[i].state.String()
	}
	if parked, ok := event.(SagaParked); ok {
		t.Reason = parked.Reason
	}
	if started, ok := event.(SagaStarted); ok {
		t.Ref = Ref{Name: started.Name, ID: started.ID}
	}
	return t
}

// arrived completes a transition after its event was folded.
func (in *Instance) arrived(t Transition) Transition {
	t.To = in.condition()
	if i := in.stepMoved(t); i >= 0 {
		t.To = in.steps[i].state.String()
	}
	return t
}

// stepMoved returns the place of the step whose state the event may change, -1 when it is that of the saga.
func (in *Instance) stepMoved(t Transition) int {
	if t.Step == "" || in.plan == nil {
		return -1
	}
	switch t.Event {
	case TypeSagaParked, TypeCompensationRequested, TypeStepRedriven, TypeStepGivenUp:
		return -1
	}
	return in.plan.index(t.Step)
}

// condition is the saga's state, or "paused" or "parked" while it waits for a person.
func (in *Instance) condition() string {
	if in.paused != nil {
		return "paused"
	}
	if in.parked != nil {
		return "parked"
	}
	return in.state.String()
}

// subject returns the step that an event is about, "" when it is about none.
func subject(event Event) (step string, attempt int, failure string) {
	switch e := event.(type) {
	case StepStarted:
		return e.Step, e.Attempt, ""
	case CompensationStarted:
		return e.Step, e.Attempt, ""
	case StepCompleted:
		return e.Step, e.Attempt, ""
	case CompensationCompleted:
		return e.Step, e.Attempt, ""
	case StepFailed:
		return e.Step, e.Attempt, e.Error
	case CompensationFailed:
		return e.Step, e.Attempt, e.Error
	case StepTimedOut:
		return e.Step, e.Attempt, "timed out"
	case CompensationTimedOut:
		return e.Step, e.Attempt, "timed out"
	case StepInterrupted:
		return e.Step, e.Attempt, "interrupted"
	case CompensationInterrupted:
		return e.Step, e.Attempt, "interrupted"
	case StepRetryScheduled:
		return e.Step, e.Attempt, ""
	case CompensationRetryScheduled:
		return e.Step, e.Attempt, ""
	case SagaParked:
		return e.Step, e.Attempts, e.Error
	case CompensationRequested:
		return e.FailedStep, 0, e.Reason
	case StepRedriven:
		return e.Step, 0, ""
	case StepSkipped:
		return e.Step, 0, ""
	case StepResolved:
		return e.Step, 0, ""
	case StepGivenUp:
		return e.Step, 0, e.Reason
	case ChildRequested:
		return e.Step, e.Attempt, ""
	}
	return "", 0, ""
}
