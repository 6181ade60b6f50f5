package saga

import "github.com/skaldgo/skald/eventstore"

// NewRegistry returns a registry of every event of a saga's stream. The caller may register types of its own in it. The
// events that it decodes share equal plans: do not change them.
func NewRegistry() (*eventstore.Registry, error) {
	r, plans := eventstore.NewRegistry(), &planCache{}
	if err := eventstore.RegisterDecoder(r, TypeSagaStarted, plans.decode); err != nil {
		return nil, err
	}
	if err := eventstore.RegisterDecoder(r, TypeSagaMigrated, plans.decodeMigrated); err != nil {
		return nil, err
	}
	for _, register := range []func(*eventstore.Registry) error{
		register[SagaCompleted], register[SagaFailed], register[SagaParked],
		register[SagaCancelRequested], register[SagaTerminated], register[SagaPaused], register[SagaResumed], register[DeadlineExtended], register[RetryPolicyChanged],
		register[SagaOverdue], register[SignalReceived],
		register[StepStarted], register[StepCompleted], register[StepFailed], register[StepTimedOut],
		register[StepInterrupted], register[StepRetryScheduled], register[StepRedriven], register[StepResolved], register[StepSkipped], register[StepGivenUp], register[ChildRequested],
		register[CompensationRequested], register[CompensationStarted], register[CompensationCompleted],
		register[CompensationFailed], register[CompensationTimedOut], register[CompensationInterrupted],
		register[CompensationRetryScheduled],
	} {
		if err := register(r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func register[T Event](r *eventstore.Registry) error {
	var event T
	return eventstore.Register[T](r, event.EventType())
}

// note is what an event type means to an engine that sees it in the log.
type note uint8

const (
	noteNothing note = iota
	noteStarted
	noteEnded
	noteOperator
)

// followedTypes are the types of which an engine must see every event.
func followedTypes() []string {
	return []string{
		TypeSagaStarted, TypeSagaCompleted, TypeSagaFailed, TypeSagaTerminated, TypeStepRedriven, TypeSagaCancelRequested,
		TypeSignalReceived, TypeSagaPaused, TypeSagaResumed, TypeDeadlineExtended,
		TypeStepResolved,
		TypeStepSkipped,
		TypeRetryPolicyChanged,
		TypeSagaMigrated,
	}
}

func noteOf(eventType string) note {
	switch eventType {
	case TypeSagaStarted:
		return noteStarted
	case TypeSagaCompleted, TypeSagaFailed, TypeSagaTerminated:
		return noteEnded
	case TypeStepRedriven, TypeStepResolved, TypeStepSkipped, TypeSagaCancelRequested, TypeSignalReceived, TypeSagaPaused, TypeSagaResumed,
		TypeDeadlineExtended, TypeRetryPolicyChanged, TypeSagaMigrated:
		return noteOperator
	}
	return noteNothing
}
