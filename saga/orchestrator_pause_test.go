package saga_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func TestAPauseAndAResumeFromAnotherProcessAreActedUponWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("ship"), first(fails))
		p, elsewhere := s.run(store), s.open(store)
		synctest.Wait()
		p.start(ref)
		synctest.Wait()
		require.NoError(t, elsewhere.Pause(t.Context(), ref.Name, ref.ID, "ann", "the depot is closed", saga.NotSeen))
		time.Sleep(time.Second)
		status := p.Status(t.Context())
		require.Equal(t, 1, status.Paused)
		require.Zero(t, status.Waiting, "no timer is set for it")
		events := countTypes(t, store, "")
		time.Sleep(time.Hour)
		require.Equal(t, events, countTypes(t, store, ""), "nothing begins")

		require.ErrorIs(t, elsewhere.Resume(t.Context(), ref.Name, ref.ID, "ann", "open", 0), saga.ErrStale)
		began := time.Now()
		require.NoError(t, elsewhere.Resume(t.Context(), ref.Name, ref.ID, "ann", "open", saga.NotSeen))
		require.Equal(t, saga.StateCompleted, p.rest(ref).State)
		require.LessOrEqual(t, time.Since(began), time.Second)
		require.ErrorIs(t, elsewhere.Pause(t.Context(), ref.Name, ref.ID, "ann", "r", saga.NotSeen), saga.ErrEnded)
		p.stop()
		s.verify(store)
	})
}

func TestAnExtensionFromAnotherProcessIsActedUponInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("ship"), always(hangs))
		p, elsewhere := s.run(store), s.open(store)
		synctest.Wait()
		p.start(ref)
		synctest.Wait()
		until := time.Now().Add(3 * time.Second)
		require.NoError(t, elsewhere.Extend(t.Context(), ref.Name, ref.ID, "ann", "soon", saga.NotSeen, until))
		require.ErrorIs(t, elsewhere.Extend(t.Context(), ref.Name, ref.ID, "ann", "r", saga.NotSeen, time.Now()), saga.ErrInvalidDeadline)
		time.Sleep(4 * time.Second)
		require.Contains(t, inBrief(history(t, store, ref)), "SagaOverdue")
		p.stop()
		s.verify(store)
	})
}

func TestAPolicyFromAnotherProcessIsThatOfTheAttemptThatRunsWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("ship"), always(takes(2*time.Second, fails)))
		p, elsewhere := s.run(store), s.open(store)
		synctest.Wait()
		p.start(ref)
		synctest.Wait()
		change := func(step string, attempts int) error {
			return elsewhere.ChangeRetryPolicy(t.Context(), ref.Name, ref.ID, "ann", "the depot is slow", saga.NotSeen, step, saga.Action,
				saga.RetryPolicy{MaximumAttempts: attempts})
		}
		require.ErrorIs(t, change("nowhere", 1), saga.ErrInvalidPolicy)
		require.NoError(t, change("ship", 1))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		told := inBrief(history(t, store, ref))
		require.Contains(t, told, "failed ship 1")
		require.NotContains(t, told, "retry ship 2", "one attempt was allowed by the time that it failed")
		require.ErrorIs(t, change("ship", 5), saga.ErrEnded)
		p.stop()
		s.verify(store)
	})
}

func TestAnAttemptThatRunsDuringAPauseComesToItsOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("ship"), always(takes(30*time.Second, succeeds)))
		p := s.run(store)
		synctest.Wait()
		p.start(ref)
		synctest.Wait()
		require.NoError(t, p.Pause(t.Context(), ref.Name, ref.ID, "ann", "r", saga.NotSeen))
		time.Sleep(time.Minute)
		now, err := p.Load(t.Context(), ref.Name, ref.ID)
		require.NoError(t, err)
		require.False(t, now.State().Ended())
		require.Contains(t, inBrief(history(t, store, ref)), "did ship 1")
		require.NoError(t, p.Resume(t.Context(), ref.Name, ref.ID, "ann", "r", saga.NotSeen))
		require.Equal(t, saga.StateCompleted, p.rest(ref).State)
		p.stop()
		s.verify(store)
	})
}

func TestG20APausedSagaStaysPausedOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), parcelRef(1)
		s.set(action("ship"), first(hangs))
		p := s.run(store)
		synctest.Wait()
		p.start(ref)
		synctest.Wait()
		require.NoError(t, p.Pause(t.Context(), ref.Name, ref.ID, "ann", "r", saga.NotSeen))
		p.stop()
		events := countTypes(t, store, "")
		p = s.run(store)
		time.Sleep(time.Hour)
		require.Equal(t, events, countTypes(t, store, ""))
		require.NoError(t, p.Resume(t.Context(), ref.Name, ref.ID, "ann", "r", saga.NotSeen))
		require.Equal(t, saga.StateCompleted, p.rest(ref).State)
		p.stop()
		s.verify(store)
	})
}
