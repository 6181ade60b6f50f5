package saga_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// inquiry is the answers of a probe, one after the other, and how often it was asked.
type inquiry struct {
	asked   atomic.Int64
	answers []func() (receipt, bool, error)
}

func (q *inquiry) ask(_ context.Context, call saga.Call[parcel]) (receipt, bool, error) {
	n := q.asked.Add(1)
	if call.IdempotencyKey != saga.IdempotencyKey(saga.Ref{Name: call.SagaName, ID: call.SagaID}, call.Step, saga.Action, 0) {
		return receipt{}, false, errors.New("asked with another key")
	}
	return q.answers[min(int(n), len(q.answers))-1]()
}

func finds() (receipt, bool, error)     { return receipt{Key: "found"}, true, nil }
func findsNone() (receipt, bool, error) { return receipt{}, false, nil }
func cannotTell() (receipt, bool, error) {
	return receipt{}, true, saga.Permanent(errors.New("no line"))
}
func breaks() (receipt, bool, error) { panic("torn") }

// runTransfer runs a saga of one step with a probe, whose every attempt goes a way, to its end.
func runTransfer(t *testing.T, way script, q *inquiry) (s *shop, types []string, ending saga.Ending) {
	s, store := newShop(t), memory.New()
	s.set(action("pay"), way)
	p := s.run(store, func(c *saga.Config) {
		c.Definitions = []saga.AnyDefinition{saga.Definition[parcel]{Name: "Transfer", Version: 1, Steps: []saga.Step[parcel]{
			saga.WithProbe(saga.Compensable("pay", s.act(1), s.undo(1), twice()), q.ask),
		}}}
	})
	_, err := p.Start(t.Context(), "Transfer", "1", parcel{Item: "money"})
	require.NoError(t, err)
	ending, err = p.Wait(t.Context(), "Transfer", "1")
	require.NoError(t, err)
	p.stop()
	return s, eventTypes(t, store, saga.Ref{Name: "Transfer", ID: "1"}.Stream()), ending
}

func TestWhatTheProbeFindsCompletesTheStepAndTheActionIsNotRunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &inquiry{answers: []func() (receipt, bool, error){finds}}
		s, types, ending := runTransfer(t, always(afterItsEffect(hangs)), q)
		require.Equal(t, saga.StateCompleted, ending.State)
		require.Equal(t, []string{
			saga.TypeSagaStarted, saga.TypeStepStarted, saga.TypeStepTimedOut, saga.TypeStepRetryScheduled,
			saga.TypeStepStarted, saga.TypeStepCompleted, saga.TypeSagaCompleted,
		}, types)
		require.EqualValues(t, 1, q.asked.Load())
		require.Empty(t, s.ledger.faults())
	})
}

func TestAnActionWhoseProbeCannotTellDoesNotRun(t *testing.T) {
	for name, answer := range map[string]func() (receipt, bool, error){"an error": cannotTell, "a panic": breaks} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ran atomic.Int64
				counted := func(ctx context.Context, e effect) error { ran.Add(1); return fails(ctx, e) }
				_, types, ending := runTransfer(t, always(counted), &inquiry{answers: []func() (receipt, bool, error){answer}})
				require.Equal(t, saga.StateFailed, ending.State)
				require.EqualValues(t, 1, ran.Load())
				require.Contains(t, types, saga.TypeCompensationCompleted)
			})
		})
	}
}

func TestAStepOfWhichTheProbeFindsNothingIsRunAgainAndThenCompensated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &inquiry{answers: []func() (receipt, bool, error){findsNone}}
		s, _, ending := runTransfer(t, always(fails), q)
		require.Equal(t, saga.StateFailed, ending.State)
		require.EqualValues(t, 2, q.asked.Load(), "before the second attempt, and before the way back")
		require.Empty(t, s.ledger.faults())
	})
}

func TestASagaWhoseProgramHasLostTheProbeIsParkedAndDoesNotActBlindly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), always(fails))
		def := saga.Definition[parcel]{Name: "Transfer", Version: 1, Steps: []saga.Step[parcel]{
			saga.WithProbe(saga.Compensable("pay", s.act(1), s.undo(1), twice()), (&inquiry{answers: []func() (receipt, bool, error){findsNone}}).ask),
		}}
		p := s.run(store, func(c *saga.Config) { c.Definitions = []saga.AnyDefinition{def} })
		_, err := p.Start(t.Context(), "Transfer", "1", parcel{Item: "money"})
		require.NoError(t, err)
		synctest.Wait()
		p.stop()

		def.Steps = []saga.Step[parcel]{saga.Compensable("pay", s.act(2), s.undo(2), twice())}
		p = s.run(store, func(c *saga.Config) { c.Definitions = []saga.AnyDefinition{def} })
		ending, err := p.Wait(t.Context(), "Transfer", "1")
		require.NoError(t, err)
		require.Equal(t, saga.ParkedStepMissing, ending.Parked.Reason)
		p.stop()
	})
}
