package saga_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// beginForeign begins a saga's stream with an event that Skald did not write.
func beginForeign(t testing.TB, store eventstore.Store, ref saga.Ref, eventType, data string) {
	t.Helper()
	id, err := eventstore.NewEventID()
	require.NoError(t, err)
	_, err = store.Append(t.Context(), ref.Stream(), eventstore.NoStream, eventstore.EventData{
		ID: id, Type: eventType, Data: []byte(data), Metadata: []byte(`{}`),
	})
	require.NoError(t, err)
}

// What Start has acknowledged is run by some orchestrator. A saga whose stream no orchestrator can use is not
// acknowledged, nor written to, also when none runs here to say so.
func TestAStartThroughTheStoreIsRefusedForAStreamThatCannotBeUsed(t *testing.T) {
	started := func(t testing.TB, store *altered, ref saga.Ref) {
		s := newShop(t)
		_, err := s.open(store).Start(t.Context(), ref.Name, ref.ID, parcel{Item: "lamp 1"})
		require.NoError(t, err)
	}
	cases := map[string]func(t testing.TB, store *altered, ref saga.Ref){
		"an event before the start": func(t testing.TB, store *altered, ref saga.Ref) {
			beginForeign(t, store, ref, saga.TypeStepCompleted, `{"step":"pay","attempt":1}`)
		},
		"the start of another saga": func(t testing.TB, store *altered, ref saga.Ref) {
			beginForeign(t, store, ref, saga.TypeSagaStarted, `{"name":"Parcel","id":"2","version":1,"plan":{"steps":[`+
				`{"name":"pay","kind":"compensable"}]},"data":{"Item":"lamp 1"}}`)
		},
	}
	for _, c := range damages {
		cases[c.name] = func(t testing.TB, store *altered, ref saga.Ref) {
			started(t, store, ref)
			c.damage(t, store, ref)
		}
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			s, ref := newShop(t), parcelRef(1)
			store := &altered{Store: memory.New(), stream: ref.Stream()}
			damage(t, store, ref)
			events := len(eventTypes(t, store, ref.Stream()))
			_, err := s.open(store).Start(t.Context(), ref.Name, ref.ID, parcel{Item: "lamp 1"})
			require.ErrorIs(t, err, saga.ErrSetAside)
			require.Len(t, eventTypes(t, store, ref.Stream()), events)
		})
	}
}

func TestAStreamThatTheStoreFindsDamagedWhenAppendingSetsThatSagaAsideAndNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ref, other := newShop(t), parcelRef(1), parcelRef(2)
		p := s.run(&hooked{Store: memory.New(), appending: func(stream string, events []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			if stream == ref.Stream() && events[0].Type == saga.TypeStepCompleted {
				return eventstore.AppendResult{}, eventstore.ErrCorrupt
			}
			return next()
		}})
		p.start(ref)
		p.start(other)
		require.Equal(t, saga.StateCompleted, p.rest(other).State)
		synctest.Wait()
		require.Len(t, p.Status(t.Context()).SetAside, 1)
		p.stop()
	})
}

// The clock of the decisions may be any: one that is simulated, or one that was set while the machine's went on.
func TestAnAttemptHasItsTimeoutByWhateverClock(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"behind": -48 * time.Hour, "ahead": 48 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store, ref := newShop(t), memory.New(), parcelRef(1)
				var had time.Duration
				s.set(action("pay"), first(func(ctx context.Context, _ effect) error {
					began := time.Now()
					<-ctx.Done()
					had = time.Since(began)
					return ctx.Err()
				}))
				p := s.run(store, func(c *saga.Config) {
					c.Clock = func() time.Time { return time.Now().Add(ahead) }
				})
				p.start(ref)
				require.Equal(t, saga.StateCompleted, p.rest(ref).State)
				require.InDelta(t, time.Minute, had, float64(time.Second))
				require.Contains(t, eventTypes(t, store, ref.Stream()), saga.TypeStepTimedOut)
				p.stop()
				s.verify(store)
			})
		})
	}
}

// Seed 9460 of a simulation: an attempt whose start was decided before the clock was put back had years to run, and so
// had an orderly stop.
func TestAnAttemptHasNoMoreThanItsTimeoutWhenTheClockIsPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, inner, ref := newShop(t), memory.New(), parcelRef(1)
		var had time.Duration
		s.set(action("pay"), first(func(ctx context.Context, _ effect) error {
			began := time.Now()
			<-ctx.Done()
			had = time.Since(began)
			return ctx.Err()
		}))
		var back atomic.Int64
		store := &hooked{Store: inner, appending: func(_ string, events []eventstore.EventData,
			next func() (eventstore.AppendResult, error),
		) (eventstore.AppendResult, error) {
			if last := events[len(events)-1]; last.Type == saga.TypeStepStarted && strings.Contains(string(last.Data), `"pay"`) {
				back.CompareAndSwap(0, int64(5*365*24*time.Hour)) // after the decision, before the attempt
			}
			return next()
		}}
		p := s.run(store, func(c *saga.Config) {
			c.Clock = func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
		})
		p.start(ref)
		require.Equal(t, saga.StateCompleted, p.rest(ref).State)
		require.InDelta(t, time.Minute, had, float64(time.Second))
		p.stop()
		s.verify(inner)
	})
}
