package saga

// Transition is what one event changed: the state of the saga, or of one of its steps.
type Transition struct {
	Ref   Ref
	Event string // type name
	// Step is "" for a transition of the saga itself.
	Step    string
	Attempt int
	From    string
	To      string
	Error   string
}

// transition notes where the saga stands before an event.
func (in *Instance) transition(event Event) Transition {
	t := Transition{Ref: in.ref, Event: event.EventType(), From: in.condition()}
	t.Step, t.Attempt, t.Error = subject(event)
	if i := in.stepIndex(t.Step); i >= 0 {
		t.From = in.steps[i].state.String()
	}
	if started, ok := event.(SagaStarted); ok {
		t.Ref = Ref{Name: started.Name, ID: started.ID}
	}
	return t
}

// arrived completes a transition after its event was folded.
func (in *Instance) arrived(t Transition) Transition {
	t.To = in.condition()
	if i := in.stepIndex(t.Step); i >= 0 {
		t.To = in.steps[i].state.String()
	}
	return t
}

func (in *Instance) stepIndex(step string) int {
	if step == "" || in.plan == nil {
		return -1
	}
	return in.plan.index(step)
}

// condition is the saga's state, or "parked" while it waits for a person.
func (in *Instance) condition() string {
	if in.parked != nil {
		return "parked"
	}
	return in.state.String()
}

// subject returns the step that an event is about, "" when it is about the saga.
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
		return "", e.Attempts, e.Error
	case CompensationRequested:
		return "", 0, e.Reason
	}
	return "", 0, ""
}
