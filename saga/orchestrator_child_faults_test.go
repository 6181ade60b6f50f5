package saga_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

// errandFails is a shop in which an errand is turned round after its child has completed, so that another saga undoes it.
func errandFails(t testing.TB) *shop {
	s := newShop(t)
	s.set(action("bill"), always(refuses))
	return s
}

// undone checks that an errand was turned round, and all that it had others do with it.
func (s *shop) errandUndone(p *process, store eventstore.Store) {
	s.t.Helper()
	require.Equal(s.t, saga.StateFailed, p.rest(errand).State)
	require.Equal(s.t, saga.StateCompleted, p.rest(errandSend).State)
	require.Equal(s.t, saga.StateCompleted, p.rest(errandUndo).State)
	requested := 0
	for _, event := range history(s.t, store, errand) {
		if _, is := event.(saga.ChildRequested); is {
			requested++
		}
	}
	require.Equal(s.t, 2, requested)
	s.verify(store)
}

func TestACrashAtEveryAppendOfAParentAndItsChildren(t *testing.T) {
	appends := 0
	synctest.Test(t, func(t *testing.T) {
		s, store := errandFails(t), memory.New()
		m := newMortal(store, 0, false)
		p := s.run(m, s.errands)
		p.start(errand)
		s.errandUndone(p, store)
		p.stop()
		appends = m.appends
	})
	require.Greater(t, appends, 10)
	for n := 1; n <= appends; n++ {
		for _, before := range []bool{true, false} {
			t.Run(fmt.Sprintf("at append %d, lost %v", n, before), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, store := errandFails(t), memory.New()
					m := newMortal(store, n, before)
					old := s.run(m, s.errands)
					synctest.Wait()
					go func() {
						if _, err := old.Start(t.Context(), errand.Name, errand.ID, parcel{Item: "lamp 1"}); err == nil {
							_, _ = old.Wait(t.Context(), errand.Name, errand.ID)
						}
						m.die() // one append less than without accidents, when two events happened to go together
					}()
					<-m.dead
					p := s.run(store, s.errands)
					p.start(errand)
					s.errandUndone(p, store)
					m.bury(old)
					p.stop()
				})
			})
		}
	}
}

func TestAParentAndItsChildrenOutliveAnUnreliableStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := errandFails(t), memory.New()
		p := s.run(unreliable(store), s.errands)
		synctest.Wait()
		for created := false; !created; {
			_, err := p.Start(t.Context(), errand.Name, errand.ID, parcel{Item: "lamp 1"})
			created = err == nil
		}
		s.errandUndone(p, store)
		p.stop()
	})
}

func TestAChildInTheShardOfAnotherOrchestratorReachesItsParent(t *testing.T) {
	const errands = 30
	synctest.Test(t, func(t *testing.T) {
		s, store := errandFails(t), memory.New()
		s.set(action("pay"), first(takes(40*time.Second, succeeds)))
		m := newMortal(store, 0, false)
		dying := s.run(leasing{Store: m, lease: func(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
			if m.isDead() {
				return eventstore.LeaseGrant{}, m.rot()
			}
			return store.Lease(ctx, r)
		}}, sharing, s.errands)
		staying := s.run(store, sharing, s.errands)
		synctest.Wait()
		settles()
		for i := range errands {
			staying.start(saga.Ref{Name: "Errand", ID: fmt.Sprint(i)})
		}
		synctest.Wait()
		require.NotZero(t, dying.Status(t.Context()).InHand)
		m.die() // while every parent waits for its child, and the children are under way
		for i := range errands {
			ref := saga.Ref{Name: "Errand", ID: fmt.Sprint(i)}
			require.Equal(t, saga.StateFailed, staying.rest(ref).State)
			undo := saga.Ref{Name: "Ticket", ID: ref.String() + "/send/undo"}
			require.Equal(t, saga.StateCompleted, staying.rest(undo).State)
		}
		m.bury(dying)
		staying.stop()
		require.Empty(t, s.ledger.faults())
	})
}

func TestASagaThatItsParentHasNotStartedIsNotItsChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), always(takes(time.Minute, succeeds)))
		p := s.run(store, s.errands)
		_, err := p.Start(t.Context(), errandSend.Name, errandSend.ID, parcel{Item: "lamp 1"})
		require.NoError(t, err)
		p.start(errand)
		end := p.rest(errand)
		require.Equal(t, saga.StateFailed, end.State)
		require.ErrorContains(t, end.Err, "was not started by step send of Errand/1")
		require.Equal(t, saga.StateCompleted, p.rest(errandSend).State, "nobody cancels it")
		p.stop()
		require.Empty(t, s.ledger.faults())
	})
}

// strict takes no data, as a program does whose type of data has changed.
type strict struct{ Item int }

func TestAChildThatRunsIsWaitedForAlsoByAProgramThatCouldNotStartIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), first(hangs))
		p := s.run(store, s.errands)
		p.start(errand)
		time.Sleep(time.Second)
		p.stop()
		act := func(context.Context, saga.Call[strict]) (int, error) { return 1, nil }
		undo := func(context.Context, saga.Call[strict], *int) error { return nil }
		changed := saga.Definition[strict]{Name: "Parcel", Version: 2}
		for _, step := range parcelSteps {
			changed.Steps = append(changed.Steps, saga.Compensable(step, act, undo, saga.StepOptions{}))
		}
		p = s.run(store, s.errands, func(c *saga.Config) { c.Definitions[0] = changed })
		time.Sleep(time.Minute)
		inst, err := p.Load(t.Context(), errand.Name, errand.ID)
		require.NoError(t, err)
		require.Equal(t, []saga.Ref{errandSend}, inst.Children(), "it is no failure of the child that it could not be started now")
		p.stop()
	})
}

func TestAChildTooLargeForTheStoreFailsItsStepAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		p := s.run(&hooked{Store: store, appending: func(stream string, _ []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			if stream == errandSend.Stream() {
				return eventstore.AppendResult{}, fmt.Errorf("%s: %w", strings.Repeat("x", 100), eventstore.ErrTooLarge)
			}
			return next()
		}}, s.errands)
		p.start(errand)
		require.Equal(t, saga.StateFailed, p.rest(errand).State)
		p.stop()
	})
}
