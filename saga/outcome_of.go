package saga

// OutcomeOf returns what an event tells of how an attempt ended: the command that records it, without instant, jitter and
// worker slot; is is false for an event that does not tell of that.
func OutcomeOf(event Event) (end RecordOutcome, is bool) {
	failed := func(e AttemptFailed, d Direction) RecordOutcome {
		kind := FailedTransiently
		if e.Permanent {
			kind = FailedPermanently
		}
		return RecordOutcome{
			Step: e.Step, Attempt: e.Attempt, Direction: d, Outcome: Outcome{Kind: kind, Error: e.Error, Stack: e.Stack},
		}
	}
	lost := func(e AttemptRef, d Direction, kind OutcomeKind) RecordOutcome {
		return RecordOutcome{Step: e.Step, Attempt: e.Attempt, Direction: d, Outcome: Outcome{Kind: kind}}
	}
	switch e := event.(type) {
	case StepCompleted:
		if e.Signal != "" || e.Lapsed {
			return RecordOutcome{}, false // no attempt has brought it
		}
		return RecordOutcome{Step: e.Step, Attempt: e.Attempt, Outcome: Outcome{Result: e.Result}}, true
	case ChildRequested:
		return RecordOutcome{
			Step: e.Step, Attempt: e.Attempt, Direction: e.Direction, Outcome: Outcome{Result: e.Data},
		}, true
	case StepFailed:
		return failed(e.AttemptFailed, Action), true
	case StepTimedOut:
		return lost(e.AttemptRef, Action, TimedOut), true
	case StepInterrupted:
		return lost(e.AttemptRef, Action, Interrupted), true
	case CompensationCompleted:
		kind := Succeeded
		if e.Nothing {
			kind = SucceededWithNothing
		}
		return lost(AttemptRef{Step: e.Step, Attempt: e.Attempt}, Compensation, kind), true
	case CompensationFailed:
		return failed(e.AttemptFailed, Compensation), true
	case CompensationTimedOut:
		return lost(e.AttemptRef, Compensation, TimedOut), true
	case CompensationInterrupted:
		return lost(e.AttemptRef, Compensation, Interrupted), true
	}
	return RecordOutcome{}, false
}

// OperatorCommandOf returns the command of an operator that an event records; is is false for an event that no operator
// has caused.
func OperatorCommandOf(event Event) (command Command, is bool) {
	seen := func(revision *int64) int64 {
		if revision == nil {
			return NotSeen
		}
		return *revision
	}
	switch e := event.(type) {
	case SagaCancelRequested:
		return Cancel{Actor: e.Actor, Reason: e.Reason, SeenRevision: seen(e.SeenRevision)}, true
	case SagaTerminated:
		return Terminate{Actor: e.Actor, Reason: e.Reason, SeenRevision: seen(e.SeenRevision)}, true
	case SagaPaused:
		return Pause{Actor: e.Actor, Reason: e.Reason, SeenRevision: seen(e.SeenRevision)}, true
	case DeadlineExtended:
		return Extend{Deadline: e.Deadline, Actor: e.Actor, Reason: e.Reason, SeenRevision: seen(e.SeenRevision)}, true
	case RetryPolicyChanged:
		return ChangeRetryPolicy{
			Step: e.Step, Direction: e.Direction, Retry: e.Retry.over(Policy{}).Retry(),
			Actor: e.Actor, Reason: e.Reason, SeenRevision: seen(e.SeenRevision),
		}, true
	case SagaResumed:
		return Resume{Actor: e.Actor, Reason: e.Reason, SeenRevision: seen(e.SeenRevision)}, true
	case StepSkipped:
		return Skip(e), true
	case StepResolved:
		return Resolve(e), true
	case SagaMigrated:
		return MigrateSaga{
			Version: e.Version, DefinitionHash: e.DefinitionHash, Plan: e.Plan,
			Actor: e.Actor, Reason: e.Reason, SeenRevision: seen(e.SeenRevision),
		}, true
	case StepRedriven:
		return Redrive{Actor: e.Actor, Reason: e.Reason, SeenRevision: e.SeenRevision}, true
	}
	return nil, false
}
