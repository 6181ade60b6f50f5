package sagatest

import (
	"errors"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// memo is a registry that decodes the same bytes once: in a run the same events are read again and again, by every
// orchestrator that starts. How they are decoded is the business of the registry of package saga.
type memo struct {
	*eventstore.Registry
	decode func(typeName string, schema int, data []byte) (any, error)
	known  map[string]any // by type and data
	key    []byte
}

// maxMemo is how many events a memo holds; then it begins anew.
const maxMemo = 4096

func newMemo() (*memo, error) {
	shipped, err := saga.NewRegistry()
	if err != nil {
		return nil, err
	}
	m := &memo{Registry: eventstore.NewRegistry(), decode: shipped.Decode, known: map[string]any{}}
	return m, errors.Join(
		remember[saga.SagaStarted](m), remember[saga.SagaCompleted](m), remember[saga.SagaFailed](m),
		remember[saga.SignalReceived](m), remember[saga.ChildRequested](m), remember[saga.SagaOverdue](m), remember[saga.StepGivenUp](m),
		remember[saga.SagaCancelRequested](m), remember[saga.SagaTerminated](m), remember[saga.SagaPaused](m),
		remember[saga.SagaResumed](m), remember[saga.DeadlineExtended](m), remember[saga.RetryPolicyChanged](m), remember[saga.SagaMigrated](m),
		remember[saga.SagaParked](m), remember[saga.StepStarted](m), remember[saga.StepCompleted](m),
		remember[saga.StepFailed](m), remember[saga.StepTimedOut](m), remember[saga.StepInterrupted](m),
		remember[saga.StepRetryScheduled](m), remember[saga.StepRedriven](m), remember[saga.StepResolved](m), remember[saga.StepSkipped](m), remember[saga.CompensationRequested](m),
		remember[saga.CompensationStarted](m), remember[saga.CompensationCompleted](m),
		remember[saga.CompensationFailed](m), remember[saga.CompensationTimedOut](m),
		remember[saga.CompensationInterrupted](m), remember[saga.CompensationRetryScheduled](m),
	)
}

func remember[T saga.Event](m *memo) error {
	name := (*new(T)).EventType()
	return eventstore.RegisterDecoder(m.Registry, name, func(data []byte) (T, error) {
		m.key = append(append(append(m.key[:0], name...), 0), data...)
		if event, is := m.known[string(m.key)]; is {
			return event.(T), nil
		}
		var none T
		event, err := m.decode(name, 1, append([]byte(nil), data...))
		if err != nil {
			return none, err
		}
		if len(m.known) >= maxMemo {
			clear(m.known)
		}
		m.known[string(m.key)] = event
		return event.(T), nil
	})
}
