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

// errands is a definition whose step "send" starts a Parcel, and is compensated by a Ticket.
func (s *shop) errands(c *saga.Config) {
	data := func(_ context.Context, call saga.Call[parcel]) (parcel, error) { return call.Data, nil }
	undo := func(_ context.Context, call saga.Call[parcel]) (any, error) { return call.Data, nil }
	c.Definitions = append(c.Definitions, saga.Definition[parcel]{Name: "Errand", Version: 1, Steps: []saga.Step[parcel]{
		saga.Child("send", "Parcel", data, saga.ChildOptions[parcel]{UndoSaga: "Ticket", UndoData: undo}),
		saga.Compensable("bill", s.act(1), s.undo(1), saga.StepOptions{}),
	}})
}

var (
	errand     = saga.Ref{Name: "Errand", ID: "1"}
	errandSend = saga.Ref{Name: "Parcel", ID: "Errand/1/send"}
	errandUndo = saga.Ref{Name: "Ticket", ID: "Errand/1/send/undo"}
)

func TestAParentWaitsForItsChildWithoutASlotAndGoesOnWithItsResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		p := s.run(store, s.errands, workers(1))
		p.start(errand)
		require.Equal(t, saga.StateCompleted, p.rest(errand).State)
		child, err := p.Load(t.Context(), errandSend.Name, errandSend.ID)
		require.NoError(t, err)
		parent, is := child.Parent()
		require.True(t, is)
		require.Equal(t, saga.Parent{Name: "Errand", ID: "1", Step: "send"}, parent)
		for ev, err := range store.ReadStream(t.Context(), errandSend.Stream(), 0, eventstore.Forwards) {
			require.NoError(t, err)
			meta, err := eventstore.ParseMetadata(ev.Metadata)
			require.NoError(t, err)
			require.Equal(t, errand.String(), meta.CorrelationID, "flows down")
			if ev.Revision == 0 {
				require.Equal(t, saga.IdempotencyKey(errand, "send", saga.Action, 0), meta.CausationID, "points up")
			}
		}
		p.stop()
		require.Empty(t, s.ledger.faults())
	})
}

func TestAChildThatFailsTurnsItsParentRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("ship"), always(refuses))
		p := s.run(store, s.errands)
		p.start(errand)
		end := p.rest(errand)
		require.Equal(t, saga.StateFailed, end.State)
		require.ErrorContains(t, end.Err, "saga Parcel/Errand/1/send failed: step ship: refused")
		p.stop()
		require.Empty(t, s.ledger.faults())
	})
}

func TestACompletedChildIsCompensatedByASaga(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("bill"), always(refuses))
		p := s.run(store, s.errands)
		p.start(errand)
		require.Equal(t, saga.StateFailed, p.rest(errand).State)
		require.Equal(t, saga.StateCompleted, p.rest(errandUndo).State)
		p.stop()
	})
}

func TestACancelledParentCancelsItsChildAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), always(takes(10*time.Second, succeeds)))
		p := s.run(store, s.errands)
		p.start(errand)
		time.Sleep(time.Second)
		require.NoError(t, p.Cancel(t.Context(), errand.Name, errand.ID, "ann", "not wanted", saga.NotSeen))
		end := p.rest(errand)
		require.Equal(t, saga.StateFailed, end.State)
		child := p.rest(errandSend)
		require.Equal(t, saga.StateFailed, child.State)
		require.ErrorContains(t, child.Err, "cancelled by saga:Errand/1")
		p.stop()
		require.Empty(t, s.ledger.faults())
	})
}

func TestAParentFindsTheEndOfItsChildAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newShop(t), memory.New()
		s.set(action("pay"), first(takes(10*time.Second, succeeds)))
		p := s.run(store, s.errands)
		p.start(errand)
		time.Sleep(time.Second)
		p.stop()
		p = s.run(store) // which leaves the parent alone
		require.Equal(t, saga.StateCompleted, p.rest(errandSend).State)
		p.stop()
		p = s.run(store, s.errands)
		require.Equal(t, saga.StateCompleted, p.rest(errand).State)
		p.stop()
		require.Empty(t, s.ledger.faults())
	})
}

func TestADefinitionWhoseChildIsNotRegisteredIsRefused(t *testing.T) {
	s := newShop(t)
	config := saga.Config{Store: memory.New()}
	s.errands(&config)
	_, err := saga.New(config)
	require.ErrorContains(t, err, `step "send" starts a saga of Parcel, which is not registered`)
	require.ErrorContains(t, err, `step "send" starts a saga of Ticket, which is not registered`)
}
