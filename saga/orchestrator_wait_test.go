package saga_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("ship"), first(takes(30*time.Second, succeeds)))
		p, elsewhere := s.run(store), s.open(store)
		synctest.Wait()
		views := map[string]*saga.Orchestrator{"here": p.Orchestrator, "in another process": elsewhere}

		for view, o := range views {
			_, err := o.Wait(t.Context(), "Parcel", "none")
			require.ErrorIs(t, err, saga.ErrNotFound, view)
			_, err = o.Wait(t.Context(), "Parcel", "")
			require.ErrorIs(t, err, saga.ErrInvalidID, view)
		}

		p.start(parcelRef(1))
		synctest.Wait()
		for view, o := range views {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := o.Wait(ctx, "Parcel", "1")
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded, view)
			require.ErrorContains(t, err, "Parcel", view)
		}
		ends := make(chan saga.Ending)
		for _, o := range []*saga.Orchestrator{p.Orchestrator, p.Orchestrator, elsewhere} {
			go func() {
				end, err := o.Wait(t.Context(), "Parcel", "1")
				if err != nil {
					t.Error(err)
				}
				ends <- end
			}()
		}
		began := time.Now()
		for range 3 {
			require.Equal(t, saga.StateCompleted, (<-ends).State)
		}
		require.LessOrEqual(t, time.Since(began), 30*time.Second)
		for view, o := range views {
			end, err := o.Wait(t.Context(), "Parcel", "1")
			require.NoError(t, err, view)
			require.Equal(t, saga.StateCompleted, end.State, view)
			require.NoError(t, end.Err)
			require.Equal(t, parcelRef(1), end.Ref)
			require.JSONEq(t, `{"Item":"lamp 1"}`, string(end.Instance.Data()))
		}
		p.stop()
		end, err := p.Wait(t.Context(), "Parcel", "1")
		require.NoError(t, err, "it needs no running orchestrator")
		require.Equal(t, saga.StateCompleted, end.State)
	})
}

// The orchestrator learns that the saga is parked only after it was redriven, because the acknowledgement of the append is
// slow. Whoever began to wait after the redrive must not be told of the parking before it.
func TestWaitDoesNotTellOfAParkingThatARedriveHasEndedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), ticketRef(1)
		stored, acknowledge := make(chan struct{}), make(chan struct{})
		slow := &hooked{Store: store, appending: func(
			_ string, events []eventstore.EventData, next func() (eventstore.AppendResult, error),
		) (eventstore.AppendResult, error) {
			result, err := next()
			if events[len(events)-1].Type == saga.TypeSagaParked {
				close(stored)
				<-acknowledge
			}
			return result, err
		}}
		s.set(action("mail"), first(refuses))
		p, elsewhere := s.run(slow), s.open(store)
		p.start(ref)
		<-stored
		inst, err := elsewhere.Load(t.Context(), ref.Name, ref.ID)
		require.NoError(t, err)
		require.NoError(t, elsewhere.Redrive(t.Context(), ref.Name, ref.ID, "ann", "mended", inst.Revision()))

		ended := make(chan saga.Ending)
		go func() { ended <- p.rest(ref) }()
		synctest.Wait()
		close(acknowledge)
		end := <-ended
		require.NoError(t, end.Err)
		require.Equal(t, saga.StateCompleted, end.State)
		p.stop()
		s.verify(store)
	})
}

func TestWaitOutlivesTheProcessThatRanTheSaga(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("pay"), first(hangs))
		p := s.run(store)
		p.start(ref)
		ended := make(chan saga.Ending)
		go func() {
			end, err := p.Wait(t.Context(), ref.Name, ref.ID)
			if err != nil {
				t.Error(err)
			}
			ended <- end
		}()
		synctest.Wait()
		p.stop()
		time.Sleep(time.Minute)
		next := s.run(store)
		require.Equal(t, saga.StateCompleted, (<-ended).State)
		next.stop()
	})
}

func TestWaitReportsAParkedSagaAtOnceAndItsEndAfterTheRedrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), ticketRef(1)
		s.set(action("mail"), always(refuses))
		p, elsewhere := s.run(store), s.open(store)
		p.start(ref)
		for range 2 {
			end := p.rest(ref)
			requireParked(t, end, action("mail"), saga.ParkedPermanentError, 1)
			require.Equal(t, saga.StatePending, end.State)
			end, err := elsewhere.Wait(t.Context(), ref.Name, ref.ID)
			require.NoError(t, err)
			requireParked(t, end, action("mail"), saga.ParkedPermanentError, 1)
		}
		st := p.Status(t.Context())
		require.Equal(t, 1, st.Parked)
		require.Equal(t, 1, st.InHand)
		s.heal()
		require.Equal(t, saga.StateCompleted, p.redrive(ref, p.rest(ref)).State)
		p.stop()
		s.verify(store)
	})
}

func TestLoadReturnsTheSagaAsItsStreamTellsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("ship"), first(takes(30*time.Second, refuses)))
		p := s.run(store)
		p.start(ref)
		synctest.Wait()
		inst, err := p.Load(t.Context(), ref.Name, ref.ID)
		require.NoError(t, err)
		require.Equal(t, saga.StatePending, inst.State())
		require.Equal(t, int64(5), inst.Revision())
		require.Equal(t, 1, inst.Version())
		p.rest(ref)
		require.Equal(t, saga.StatePending, inst.State(), "it is a copy")
		inst, err = p.Load(t.Context(), ref.Name, ref.ID)
		require.NoError(t, err)
		require.Equal(t, saga.StateFailed, inst.State())
		step, reason := inst.Failure()
		require.Equal(t, "ship", step)
		require.Equal(t, "step ship: refused", reason)
		_, err = p.Load(t.Context(), ref.Name, "none")
		require.ErrorIs(t, err, saga.ErrNotFound)
		p.stop()
	})
}

func TestStatusCountsWhatTheOrchestratorDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		p := s.run(store, func(c *saga.Config) { c.Workers = 2 })
		synctest.Wait()
		st := p.Status(t.Context())
		require.True(t, st.Running)
		require.Zero(t, st.Started)
		s.set(action("pay"), always(takes(30*time.Second, succeeds)))
		s.set(action("hold"), always(refuses))
		for i := range 5 {
			p.start(parcelRef(i))
		}
		p.start(ticketRef(1))
		synctest.Wait()
		st = p.Status(t.Context())
		require.Equal(t, 6, st.Started)
		require.Equal(t, 2, st.Attempts)
		require.Equal(t, 4, st.Queued)
		require.Equal(t, 6, st.InHand)
		time.Sleep(5 * time.Minute)
		st = p.Status(t.Context())
		require.Equal(t, 5, st.Completed)
		require.Equal(t, 1, st.Failed)
		require.Zero(t, st.InHand+st.Attempts+st.Queued+st.Parked+st.Conflicts+st.Lost+st.Late)
		require.Equal(t, countTypes(t, store, ""), st.Appended)
		p.stop()
		require.Equal(t, saga.Status{}, p.Status(t.Context()))
	})
}
