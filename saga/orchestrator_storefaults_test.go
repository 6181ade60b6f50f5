package saga_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

type appending = func() (eventstore.AppendResult, error)

// The ways in which an append can go wrong without being lost for ever.
func unavailable(appending) (eventstore.AppendResult, error) {
	return eventstore.AppendResult{}, fmt.Errorf("disk full: %w", eventstore.ErrUnavailable)
}

func lostWithoutATrace(appending) (eventstore.AppendResult, error) {
	return eventstore.AppendResult{}, fmt.Errorf("connection lost: %w", eventstore.ErrIndeterminate)
}

func storedAllTheSame(next appending) (eventstore.AppendResult, error) {
	if result, err := next(); err != nil {
		return result, err
	}
	return eventstore.AppendResult{}, fmt.Errorf("connection lost: %w", eventstore.ErrIndeterminate)
}

// fallible lets the first three tries of every append go one way.
func fallible(way func(appending) (eventstore.AppendResult, error)) func(eventstore.Store) eventstore.Store {
	return func(store eventstore.Store) eventstore.Store {
		var mu sync.Mutex
		tries := map[eventstore.EventID]int{}
		return &hooked{Store: store, appending: func(_ string, events []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			mu.Lock()
			tries[events[0].ID]++
			n := tries[events[0].ID]
			mu.Unlock()
			if n <= 3 {
				return way(next)
			}
			return next()
		}}
	}
}

// awayFor is unavailable for a time, but for the starts of sagas.
func awayFor(d time.Duration) func(eventstore.Store) eventstore.Store {
	return func(store eventstore.Store) eventstore.Store {
		back := time.Now().Add(d)
		return &hooked{Store: store, appending: func(_ string, events []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			if events[0].Type != saga.TypeSagaStarted && time.Now().Before(back) {
				return unavailable(next)
			}
			return next()
		}}
	}
}

// unreliable goes wrong in every way at random, half of the time.
func unreliable(store eventstore.Store) eventstore.Store {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2))
	ways := []func(appending) (eventstore.AppendResult, error){unavailable, lostWithoutATrace, storedAllTheSame}
	return &hooked{Store: store, appending: func(_ string, _ []eventstore.EventData, next appending) (
		eventstore.AppendResult, error,
	) {
		mu.Lock()
		n := random.IntN(2 * len(ways))
		mu.Unlock()
		if n < len(ways) {
			return ways[n](next)
		}
		return next()
	}}
}

func TestSagasOutliveAFaultyStore(t *testing.T) {
	for _, c := range []struct {
		name   string
		events int // of two sagas, one of each definition
		open   func(store eventstore.Store) eventstore.Store
	}{
		{"that is unavailable at first", 26, fallible(unavailable)},
		{"that loses appends", 26, fallible(lostWithoutATrace)},
		{"that loses acknowledgements", 26, fallible(storedAllTheSame)},
		// The second attempt of each saga is past its deadline when it is recorded at last: another one is made.
		{"that was away for ten minutes", 29, awayFor(10 * time.Minute)},
		{"that does all of it at random", 26, unreliable},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store := newShop(t), memory.New()
				s.set(action("pay"), first(fails))
				s.set(action("buy"), always(refuses))
				p := s.run(c.open(store))
				synctest.Wait()
				var sagas sync.WaitGroup
				for i := range 50 {
					for ref, want := range map[saga.Ref]saga.State{
						parcelRef(i): saga.StateCompleted, ticketRef(i): saga.StateFailed,
					} {
						sagas.Go(func() {
							p.start(ref)
							if end := p.rest(ref); end.State != want {
								t.Errorf("%s is %s", ref, end.State)
							}
						})
					}
				}
				sagas.Wait()
				require.Zero(t, p.Status(t.Context()).Conflicts)
				p.stop()
				s.verify(store)
				require.Equal(t, 50*c.events, countTypes(t, store, ""), "nothing is stored or decided twice")
			})
		})
	}
}

// An operator's event reaches the log between a decision of the orchestrator and its append.
func TestAConflictWithAnOperatorLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		returns := make(chan struct{})
		s.set(action("pay"), first(waits(returns, succeeds)))
		elsewhere := s.open(store)
		var seen atomic.Int64
		store2 := &hooked{Store: store, appending: func(_ string, _ []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			if revision := seen.Swap(0); revision > 0 {
				if err := elsewhere.Redrive(t.Context(), ref.Name, ref.ID, "ann", "restarted the bank", revision); err != nil {
					t.Error(err)
				}
			}
			return next()
		}}
		p := s.run(store2)
		p.start(ref)
		end := p.rest(ref)
		requireParked(t, end, action("pay"), saga.ParkedStillRunning, 1)
		seen.Store(end.Instance.Revision())
		close(returns)
		synctest.Wait()
		require.Equal(t, saga.StateCompleted, p.rest(ref).State)
		require.Equal(t, 1, p.Status(t.Context()).Conflicts)
		brief := inBrief(history(t, store, ref))
		require.Contains(t, brief, "redrive pay action")
		require.Contains(t, brief, "did pay 1 late")
		require.Equal(t, 1, attemptsAt(history(t, store, ref), action("pay")))
		p.stop()
		s.verify(store)
	})
}

func TestAnAppendThatTheStoreNeverTakesConcernsItsSagaAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		p := s.run(&hooked{Store: store, appending: func(stream string, events []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			if stream == parcelRef(1).Stream() && events[0].Type == saga.TypeStepCompleted {
				return eventstore.AppendResult{}, eventstore.ErrTooLarge
			}
			return next()
		}})
		p.start(parcelRef(1))
		p.start(parcelRef(2))
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(2)).State)
		synctest.Wait()
		st := p.Status(t.Context())
		require.Len(t, st.SetAside, 1)
		require.Equal(t, parcelRef(1), st.SetAside[0].Ref)
		require.Contains(t, st.SetAside[0].Reason, "too large")
		require.Zero(t, st.InHand+st.Attempts)
		p.stop()
		next := s.run(store)
		require.Equal(t, saga.StateCompleted, next.rest(parcelRef(1)).State, "a store that takes it finds nothing lost")
		next.stop()
		s.verify(store)
	})
}

// unreadable is a store whose streams cannot be read for a while.
type unreadable struct {
	eventstore.Store
	away atomic.Bool
}

func (u *unreadable) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	if u.away.Load() {
		return func(yield func(eventstore.RecordedEvent, error) bool) {
			yield(eventstore.RecordedEvent{}, fmt.Errorf("too many connections: %w", eventstore.ErrUnavailable))
		}
	}
	return u.Store.ReadStream(ctx, stream, from, dir)
}

func TestReadsOutliveAStoreThatIsUnavailableForAWhile(t *testing.T) {
	for name, stopped := range map[string]bool{"until it is back": false, "until the orchestrator is stopped": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store, ref := newShop(t), memory.New(), parcelRef(1)
				u := &unreadable{Store: store}
				p, elsewhere := s.run(u), s.open(store)
				synctest.Wait()
				u.away.Store(true)
				_, err := elsewhere.Start(t.Context(), ref.Name, ref.ID, parcel{})
				require.NoError(t, err)
				p.start(parcelRef(2))
				time.Sleep(time.Hour)
				require.Len(t, eventTypes(t, store, ref.Stream()), 1)
				require.Len(t, eventTypes(t, store, parcelRef(2).Stream()), 10, "others need no read")
				if stopped {
					began := time.Now()
					p.end()
					<-p.ended
					require.LessOrEqual(t, time.Since(began), 20*time.Second)
					return
				}
				u.away.Store(false)
				require.Equal(t, saga.StateCompleted, p.rest(ref).State)
				p.stop()
				s.verify(store)
			})
		})
	}
}

func TestAStartThatTheStoreRefusesIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		p := s.run(&hooked{Store: store, appending: func(string, []eventstore.EventData, appending) (
			eventstore.AppendResult, error,
		) {
			return eventstore.AppendResult{}, eventstore.ErrTooLarge
		}})
		synctest.Wait()
		_, err := p.Start(t.Context(), "Parcel", "1", parcel{})
		require.ErrorIs(t, err, eventstore.ErrTooLarge)
		require.Zero(t, p.Status(t.Context()).InHand)
		p.stop()
	})
}
