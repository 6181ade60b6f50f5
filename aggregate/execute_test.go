package aggregate_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/memory"
)

func TestExecuteStoresWhatWasDecided(t *testing.T) {
	at := time.Date(2026, 11, 21, 3, 4, 5, 678, time.FixedZone("east", 3600))
	repository, store := open(t, func(c *aggregate.Config[*Account]) { c.Clock = func() time.Time { return at } })
	result := execute(t, repository, "7", Open{Owner: "Ada"})
	require.Equal(t, int64(0), result.Head.Revision)
	require.Equal(t, 1, result.Events)
	require.False(t, result.Position.IsZero())

	env := aggregate.Envelope{
		CorrelationID: "c", CausationID: "d", Actor: "e", TraceParent: "f", TraceState: "g", Fence: 8, At: at.Add(1),
	}
	result, err := repository.Execute(t.Context(), "7", Deposit{Amount: 5}, env)
	require.NoError(t, err)

	history := store.history(t, "account-7")
	require.Equal(t, "AccountOpened", history[0].Type)
	require.JSONEq(t, `{"Owner":"Ada"}`, string(history[0].Data))
	first, err := eventstore.ParseMetadata(history[0].Metadata)
	require.NoError(t, err)
	require.Equal(t, eventstore.Metadata{Schema: 1, At: at.UTC(), Hash: first.Hash}, first, "the clock of the config")
	second, err := eventstore.ParseMetadata(history[1].Metadata)
	require.NoError(t, err)
	require.Equal(t, eventstore.Metadata{
		CorrelationID: "c", CausationID: "d", Actor: "e", TraceParent: "f", TraceState: "g", Schema: 1, Fence: 8,
		At: at.Add(1).UTC(), Hash: result.Head.Hash,
	}, second, "the instant of the envelope")

	loaded, err := repository.Load(t.Context(), "7")
	require.NoError(t, err)
	require.Equal(t, &Account{ID: "7", Open: true, Balance: 5}, loaded.Aggregate)
	require.Equal(t, result.Head, loaded.Head)
	require.True(t, loaded.Chain.Complete())
}

func TestADecisionOfNothingAppendsNothing(t *testing.T) {
	repository, store := open(t)
	head := execute(t, repository, "7", Open{}).Head
	result := execute(t, repository, "7", Open{})
	require.Equal(t, aggregate.Result{Head: head}, result)
	require.Len(t, store.calls, 1)
}

func TestARefusalComesThroughAndAppendsNothing(t *testing.T) {
	repository, store := open(t)
	_, err := repository.Execute(t.Context(), "7", Withdraw{Amount: 1}, aggregate.Envelope{})
	require.ErrorIs(t, err, ErrInsufficientFunds)
	require.EqualError(t, err, "withdraw 1 of 0: insufficient funds", "nothing is put around it")
	require.Empty(t, store.calls)
	_, err = repository.Load(t.Context(), "7")
	require.ErrorIs(t, err, eventstore.ErrStreamNotFound)
}

func TestAfterAConflictItDecidesAgainWithNewIDs(t *testing.T) {
	repository, store := open(t)
	other, err := aggregate.NewRepository(aggregate.Config[*Account]{
		Store: store.Store, Registry: registryOf(t), Category: "account", New: NewAccount,
	})
	require.NoError(t, err)
	execute(t, repository, "7", Open{}, Deposit{Amount: 100})
	store.calls = nil
	store.appending = func(n int, next func() (eventstore.AppendResult, error)) (eventstore.AppendResult, error) {
		if n == 1 { // the other is faster
			execute(t, other, "7", Withdraw{Amount: 80})
		}
		return next()
	}

	t.Run("and the new decision may be another", func(t *testing.T) {
		_, err := repository.Execute(t.Context(), "7", Withdraw{Amount: 30}, aggregate.Envelope{})
		require.ErrorIs(t, err, ErrInsufficientFunds, "30 were there at first, 20 were left")
		require.Len(t, store.calls, 1)
	})
	t.Run("and what it then decides is stored under ids of its own", func(t *testing.T) {
		store.calls = nil
		execute(t, other, "7", Deposit{Amount: 100})
		execute(t, repository, "7", Withdraw{Amount: 10})
		ids := store.ids()
		require.Len(t, ids, 2)
		require.NotEqual(t, ids[0], ids[1])
		loaded, err := repository.Load(t.Context(), "7")
		require.NoError(t, err)
		require.Equal(t, 30, loaded.Aggregate.Balance)
		require.Equal(t, ids[1], store.history(t, "account-7")[loaded.Head.Revision].ID)
	})
}

func registryOf(t testing.TB) *eventstore.Registry {
	registry, err := NewRegistry()
	require.NoError(t, err)
	return registry
}

func TestConflictsWithoutEndAreReturned(t *testing.T) {
	for _, tc := range []struct{ retries, calls int }{{0, 11}, {3, 4}, {-1, 1}} {
		repository, store := open(t, func(c *aggregate.Config[*Account]) { c.ConflictRetries = tc.retries })
		conflict := &eventstore.ConflictError{Stream: "account-7", Expected: eventstore.NoStream, Actual: 4}
		store.appending = func(int, func() (eventstore.AppendResult, error)) (eventstore.AppendResult, error) {
			return eventstore.AppendResult{}, conflict
		}
		_, err := repository.Execute(t.Context(), "7", Open{}, aggregate.Envelope{})
		require.ErrorIs(t, err, eventstore.ErrConflict)
		var facts *eventstore.ConflictError
		require.ErrorAs(t, err, &facts)
		require.Len(t, store.calls, tc.calls)
	}
}

func TestADecisionThatFailedToBeStoredIsStoredByTheNextExecute(t *testing.T) {
	repository, store := open(t)
	broken := errors.New("broken")
	store.appending = func(n int, next func() (eventstore.AppendResult, error)) (eventstore.AppendResult, error) {
		if n == 1 {
			return eventstore.AppendResult{}, broken
		}
		return next()
	}
	_, err := repository.Execute(t.Context(), "7", Open{}, aggregate.Envelope{})
	require.ErrorIs(t, err, broken)
	require.Equal(t, 1, execute(t, repository, "7", Open{}).Events)
	require.Len(t, store.history(t, "account-7"), 1)
}

func TestOfManyWritersEachIsServedOnce(t *testing.T) {
	const writers = 8
	repository, store := open(t, func(c *aggregate.Config[*Account]) { c.ConflictRetries = 10 * writers })
	execute(t, repository, "7", Open{})
	plain, err := aggregate.NewRepository(aggregate.Config[*Account]{
		Store: store.Store, Registry: registryOf(t), Category: "account", New: NewAccount, ConflictRetries: 10 * writers,
	})
	require.NoError(t, err)
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for i := range writers {
		wg.Go(func() {
			_, errs[i] = plain.Execute(context.Background(), "7", Deposit{Amount: 1}, aggregate.Envelope{})
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	loaded, err := plain.Load(t.Context(), "7")
	require.NoError(t, err)
	require.Equal(t, writers, loaded.Aggregate.Balance)
	require.Equal(t, int64(writers), loaded.Head.Revision)
}

// Two writers take the same 60 out of 100. With fresh ids one wins. With ids derived from what is decided the store takes
// the second for a repeat of the first, and both pay out.
func TestDerivedIDsWouldLetTwoWritersWin(t *testing.T) {
	race := func(t *testing.T, newID func() (eventstore.EventID, error)) (winners int) {
		store := memory.New()
		defer store.Close()
		repository, err := aggregate.NewRepository(aggregate.Config[*Account]{
			Store: store, Registry: registryOf(t), Category: "account", New: NewAccount, NewEventID: newID,
			Clock: func() time.Time { return time.Unix(0, 0) },
		})
		require.NoError(t, err)
		loaded := aggregate.NewHead(repository.Stream("7"))
		for range 2 { // both decided on what they had loaded
			_, err := repository.Append(t.Context(), loaded, []Event{Withdrawn{Amount: 60}}, aggregate.Envelope{})
			if err == nil {
				winners++
			} else {
				require.ErrorIs(t, err, eventstore.ErrConflict)
			}
		}
		return winners
	}
	require.Equal(t, 1, race(t, nil), "fresh ids")
	derived := func() (eventstore.EventID, error) { return eventstore.EventID{7}, nil }
	require.Equal(t, 2, race(t, derived), "derived ids")
}
