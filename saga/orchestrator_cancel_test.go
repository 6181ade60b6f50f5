package saga_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func TestACancellationFromAnotherProcessIsActedUponWithinASecond(t *testing.T) {
	for name, during := range map[string]fault{
		"while an attempt runs": takes(time.Second/2, succeeds), "while a retry is far away": fails,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store, ref := newShop(t), memory.New(), parcelRef(1)
				s.set(action("ship"), always(during))
				p, elsewhere := s.run(store), s.open(store)
				synctest.Wait()
				p.start(ref)
				synctest.Wait()
				began := time.Now()
				require.NoError(t, elsewhere.Cancel(t.Context(), ref.Name, ref.ID, "ann", "not wanted", saga.NotSeen))
				end := p.rest(ref)
				require.Equal(t, saga.StateFailed, end.State)
				require.LessOrEqual(t, time.Since(began), time.Second)
				var failed *saga.FailedError
				require.ErrorAs(t, end.Err, &failed)
				require.Equal(t, "cancelled by ann: not wanted", failed.Reason)
				require.Empty(t, s.ledger.standing(ref, parcelSteps))
				require.ErrorIs(t, elsewhere.Cancel(t.Context(), ref.Name, ref.ID, "ann", "again", saga.NotSeen), saga.ErrEnded)
				p.stop()
				s.verify(store)
			})
		})
	}
}

// A saga that changes all the time conflicts with an operator who has not looked: the command is decided again.
func TestABusySagaCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, inner, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("ship"), first(fails, fails, takes(time.Minute, succeeds)))
		rivals := 0
		p := s.run(inner)
		synctest.Wait()
		p.start(ref)
		synctest.Wait()
		busy := &hooked{Store: inner, appending: func(_ string, _ []eventstore.EventData,
			next func() (eventstore.AppendResult, error),
		) (eventstore.AppendResult, error) {
			if rivals++; rivals < 3 {
				time.Sleep(2 * time.Second) // a retry comes first
			}
			return next()
		}}
		require.NoError(t, s.open(busy).Cancel(t.Context(), ref.Name, ref.ID, "ann", "not wanted", saga.NotSeen))
		require.Equal(t, 3, rivals)
		p.rest(ref)
		p.stop()
		s.verify(inner)
	})
}

func TestACancellationOfWhatTheOperatorDidNotSeeIsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("ship"), always(hangs))
		p := s.run(store)
		synctest.Wait()
		p.start(ref)
		synctest.Wait()
		require.ErrorIs(t, p.Cancel(t.Context(), ref.Name, ref.ID, "ann", "r", 0), saga.ErrStale)
		require.ErrorIs(t, p.Cancel(t.Context(), ref.Name, "nobody", "ann", "r", saga.NotSeen), saga.ErrNotFound)
		require.ErrorIs(t, p.Cancel(t.Context(), ref.Name, "", "ann", "r", saga.NotSeen), saga.ErrInvalidID)
		require.ErrorIs(t, p.Terminate(t.Context(), ref.Name, ref.ID, "", "r", saga.NotSeen), saga.ErrNoActor)
		p.stop()
	})
}

func TestATerminatedSagaIsLetGoAndItsLateSuccessIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("ship"), always(takes(30*time.Second, succeeds)))
		p, elsewhere := s.run(store), s.open(store)
		synctest.Wait()
		p.start(ref)
		synctest.Wait()
		require.NoError(t, elsewhere.Terminate(t.Context(), ref.Name, ref.ID, "ann", "hopeless", saga.NotSeen))
		end := p.rest(ref)
		require.Equal(t, saga.StateTerminated, end.State)
		var terminated *saga.TerminatedError
		require.ErrorAs(t, end.Err, &terminated)
		require.Equal(t, []string{"reserve", "pay", "ship"}, terminated.Undone)
		require.EqualError(t, terminated, "saga Parcel/1 was terminated by ann: hopeless; not undone: reserve, pay, ship")
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{saga.TypeStepCompleted}, eventTypes(t, store, ref.LateStream()))
		require.Zero(t, p.Status(t.Context()).InHand)
		p.stop()
		p = s.run(store)
		synctest.Wait()
		require.Zero(t, p.Status(t.Context()).InHand, "it is not open after a restart")
		p.stop()
	})
}
