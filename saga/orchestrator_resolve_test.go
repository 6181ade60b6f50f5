package saga_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/saga"
)

func TestAResolutionFromAnotherProcessIsActedUponWithinASecond(t *testing.T) {
	for name, running := range map[string]bool{"while the orchestrator runs": true, "while none runs": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, store, ref := newShop(t), memory.New(), ticketRef(1)
				s.set(action("buy"), always(fails))
				p := s.run(store)
				p.start(ref)
				parked := p.rest(ref)
				require.Equal(t, saga.ParkedPivotUnknown, parked.Parked.Reason)
				elsewhere := s.open(store)
				if !running {
					p.stop()
				}
				said := saga.Resolution{
					Step: "buy", Result: json.RawMessage(`{"Key":"r-7"}`), Actor: "ann", Reason: "it is on the statement",
					SeenRevision: parked.Instance.Revision(),
				}
				require.NoError(t, elsewhere.Resolve(t.Context(), ref.Name, ref.ID, said))
				if !running {
					p = s.run(store)
				}
				time.Sleep(time.Second)
				end, err := p.Load(t.Context(), ref.Name, ref.ID)
				require.NoError(t, err)
				require.Equal(t, saga.StateCompleted, end.State())
				require.Contains(t, history(t, store, ref), saga.StepResolved{
					Step: "buy", Result: json.RawMessage(`{"Key":"r-7"}`), Actor: "ann", Reason: "it is on the statement",
					SeenRevision: said.SeenRevision,
				})
				p.stop()
			})
		})
	}
}

func TestAResolutionThatDoesNotFitTheDefinitionIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store, ref := newShop(t), memory.New(), ticketRef(1)
		s.set(action("buy"), always(fails))
		p := s.run(store)
		p.start(ref)
		seen := p.rest(ref).Instance.Revision()
		said := saga.Resolution{Step: "buy", Result: json.RawMessage(`"no receipt"`), Actor: "ann", Reason: "r", SeenRevision: seen}
		require.ErrorIs(t, p.Resolve(t.Context(), ref.Name, ref.ID, said), saga.ErrInvalidResolution)
		stranger, err := saga.New(saga.Config{Store: store})
		require.NoError(t, err)
		require.NoError(t, stranger.Resolve(t.Context(), ref.Name, ref.ID, said), "who has no definition cannot know")
		require.Equal(t, saga.StateCompleted, p.rest(ref).State)
		p.stop()
	})
}
