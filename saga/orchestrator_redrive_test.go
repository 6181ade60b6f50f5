package saga_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func TestARedriveThatCannotBeIsRefusedAndChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), ticketRef(1)
		s.set(action("mail"), always(refuses))
		p := s.run(store)
		p.start(parcelRef(1))
		require.Equal(t, saga.StateCompleted, p.rest(parcelRef(1)).State)
		p.start(ref)
		seen := p.rest(ref).Instance.Revision()
		s.set(action("pay"), always(takes(30*time.Second, succeeds)))
		p.start(parcelRef(2))
		synctest.Wait()
		events := countTypes(t, store, "")
		for _, o := range []*saga.Orchestrator{p.Orchestrator, s.open(store)} {
			redrive := func(ref saga.Ref, actor, reason string, seen int64) error {
				return o.Redrive(t.Context(), ref.Name, ref.ID, actor, reason, seen)
			}
			require.ErrorIs(t, redrive(ref, "ann", "fixed", seen-1), saga.ErrStale)
			require.EqualError(t, redrive(ref, "ann", "fixed", seen-1), fmt.Sprintf("redrive %s: it is parked at revision %d now, "+
				"the operator saw %d: saga has changed; since then: SagaParked mail", ref, seen, seen-1))
			require.ErrorContains(t, redrive(ref, "ann", "fixed", 0), ", and more")
			require.ErrorIs(t, redrive(ref, "ann", "fixed", seen+1), saga.ErrStale)
			require.ErrorIs(t, redrive(ref, "", "fixed", seen), saga.ErrNoActor)
			require.ErrorIs(t, redrive(ref, "ann", "", seen), saga.ErrNoActor)
			require.ErrorIs(t, redrive(parcelRef(2), "ann", "fixed", 3), saga.ErrNotParked)
			require.ErrorIs(t, redrive(parcelRef(1), "ann", "fixed", 9), saga.ErrEnded)
			require.ErrorIs(t, redrive(parcelRef("none"), "ann", "fixed", 9), saga.ErrNotFound)
			require.ErrorIs(t, redrive(parcelRef(""), "ann", "fixed", 9), saga.ErrInvalidID)
		}
		require.Equal(t, events, countTypes(t, store, ""))
		p.stop()
	})
}

func TestARedriveFromAnotherProcessIsActedUponWithinASecond(t *testing.T) {
	for name, running := range map[string]bool{"while the orchestrator runs": true, "while none runs": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store, ref := newShop(t), memory.New(), ticketRef(1)
				s.set(action("mail"), always(refuses))
				p := s.run(store)
				p.start(ref)
				parked := p.rest(ref)
				s.heal()
				elsewhere := s.open(store)
				if !running {
					p.stop()
				}
				seen := parked.Instance.Revision()
				require.NoError(t, elsewhere.Redrive(t.Context(), ref.Name, ref.ID, "ann", "printer fixed", seen))
				if !running {
					p = s.run(store)
				}
				began := time.Now()
				end, err := elsewhere.Wait(t.Context(), ref.Name, ref.ID)
				require.NoError(t, err)
				require.Equal(t, saga.StateCompleted, end.State)
				require.Less(t, time.Since(began), time.Second)
				require.Contains(t, history(t, store, ref), saga.StepRedriven{
					Step: "mail", Direction: saga.Action, Actor: "ann", Reason: "printer fixed", SeenRevision: seen,
				})
				p.stop()
				s.verify(store)
			})
		})
	}
}

func TestOfTwoRedrivesAtTheSameRevisionOneIsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), ticketRef(1)
		s.set(action("mail"), always(refuses))
		p := s.run(store)
		p.start(ref)
		seen := p.rest(ref).Instance.Revision()
		p.stop()
		faster := s.open(store)
		slower := s.open(&hooked{Store: store, appending: func(_ string, _ []eventstore.EventData, next appending) (
			eventstore.AppendResult, error,
		) {
			if err := faster.Redrive(t.Context(), ref.Name, ref.ID, "ann", "fixed", seen); err != nil {
				t.Error(err)
			}
			return next()
		}})
		err := slower.Redrive(t.Context(), ref.Name, ref.ID, "bob", "fixed", seen)
		require.ErrorIs(t, err, saga.ErrStale)
		require.ErrorContains(t, err, "; since then: StepRedriven mail")
		require.Equal(t, 1, countTypes(t, store, saga.TypeStepRedriven))
	})
}

func TestARedriveGivesAFreshBudgetOfAttempts(t *testing.T) {
	for _, at := range []place{action("mail"), compensation("hold")} {
		t.Run(at.direction.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store, ref := newShop(t), memory.New(), ticketRef(1)
				if at.direction == saga.Compensation {
					s.set(action("buy"), always(refuses))
				}
				s.set(at, always(fails))
				p := s.run(store)
				p.start(ref)
				end := p.rest(ref)
				for n := 1; n <= 3; n++ {
					requireParked(t, end, at, saga.ParkedRetriesUsedUp, 3*n)
					require.Equal(t, "broken pipe", end.Parked.Error)
					end = p.redrive(ref, end)
				}
				s.set(at, script{})
				require.True(t, p.redrive(ref, end).State.Ended())
				p.stop()
				s.verify(store)
			})
		})
	}
}
