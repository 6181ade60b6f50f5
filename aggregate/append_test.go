package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

type (
	next  = func() (eventstore.AppendResult, error)
	fault = func(n int, next next) (eventstore.AppendResult, error)
)

// failing answers the first n appends with err; stored says whether they are stored all the same.
func failing(n int, err error, stored bool) fault {
	return func(call int, next next) (eventstore.AppendResult, error) {
		if call > n {
			return next()
		}
		if stored {
			if _, err := next(); err != nil {
				return eventstore.AppendResult{}, err
			}
		}
		return eventstore.AppendResult{}, fmt.Errorf("append: %w", err)
	}
}

func TestAnUnknownOutcomeIsResolvedByTheIdenticalAppend(t *testing.T) {
	for _, tc := range []struct {
		name   string
		err    error
		stored bool
	}{
		{"it had been stored", eventstore.ErrIndeterminate, true},
		{"it had not been stored", eventstore.ErrIndeterminate, false},
		{"the store was unavailable", eventstore.ErrUnavailable, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				repository, store := open(t)
				store.appending = failing(3, tc.err, tc.stored)
				begin := time.Now()
				result := execute(t, repository, "7", Open{Owner: "Ada"})
				require.Equal(t, 70*time.Millisecond, time.Since(begin), "pauses of 10, 20 and 40 ms")

				require.Len(t, store.calls, 4)
				for _, again := range store.calls[1:] {
					require.Equal(t, store.calls[0], again)
				}
				require.Len(t, store.history(t, "account-7"), 1)
				loaded, err := repository.Load(t.Context(), "7")
				require.NoError(t, err)
				require.Equal(t, loaded.Head, result.Head)
			})
		})
	}
}

func TestAnOutcomeThatStaysUnknownIsReturnedAsSuch(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fault fault
		calls int
	}{
		{"when the repeats are used up", failing(99, eventstore.ErrIndeterminate, false), 8},
		{"when the store then refuses", func(n int, _ next) (eventstore.AppendResult, error) {
			if n == 1 {
				return eventstore.AppendResult{}, eventstore.ErrIndeterminate
			}
			return eventstore.AppendResult{}, eventstore.ErrClosed
		}, 2},
		{"when the store is then unavailable", func(n int, _ next) (eventstore.AppendResult, error) {
			if n == 1 {
				return eventstore.AppendResult{}, eventstore.ErrIndeterminate
			}
			return eventstore.AppendResult{}, eventstore.ErrUnavailable
		}, 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				repository, store := open(t)
				store.appending = tc.fault
				head := aggregate.NewHead("account-7")
				same, err := repository.Append(t.Context(), head, []Event{Opened{}}, aggregate.Envelope{})
				require.ErrorIs(t, err, eventstore.ErrIndeterminate)
				require.Equal(t, head, same)
				require.Len(t, store.calls, tc.calls)
			})
		})
	}
}

func TestAConflictAfterAnUnknownOutcomeMeansThatNothingIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		repository, store := open(t)
		store.appending = func(n int, next next) (eventstore.AppendResult, error) {
			if n == 1 {
				return eventstore.AppendResult{}, eventstore.ErrIndeterminate
			}
			return eventstore.AppendResult{}, &eventstore.ConflictError{Stream: "account-7"}
		}
		_, err := repository.Append(t.Context(), aggregate.NewHead("account-7"), []Event{Opened{}}, aggregate.Envelope{})
		require.ErrorIs(t, err, eventstore.ErrConflict)
		require.NotErrorIs(t, err, eventstore.ErrIndeterminate)
	})
}

func TestAStoreThatStaysUnavailableHasStoredNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		repository, store := open(t, func(c *aggregate.Config[*Account]) { c.AppendRepeats = -1 })
		store.appending = failing(99, eventstore.ErrUnavailable, false)
		_, err := repository.Append(t.Context(), aggregate.NewHead("account-7"), []Event{Opened{}}, aggregate.Envelope{})
		require.ErrorIs(t, err, eventstore.ErrUnavailable)
		require.NotErrorIs(t, err, eventstore.ErrIndeterminate)
		require.Len(t, store.calls, 1)
	})
}

func TestWhileTheStoreIsUnavailableItIsToldAndMayGiveUpEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []int
		repository, store := open(t, func(c *aggregate.Config[*Account]) {
			c.AppendRepeats, c.UnavailableRepeats = 50, 2
			c.OnRepeat = func(stream string, repeat int, why error) {
				require.Equal(t, "account-7", stream)
				require.ErrorIs(t, why, eventstore.ErrUnavailable)
				told = append(told, repeat)
			}
		})
		store.appending = failing(99, eventstore.ErrUnavailable, false)
		_, err := repository.Append(t.Context(), aggregate.NewHead("account-7"), []Event{Opened{}}, aggregate.Envelope{})
		require.ErrorIs(t, err, eventstore.ErrUnavailable)
		require.Equal(t, []int{1, 2}, told)
		require.Len(t, store.calls, 3)
	})
}

func TestAContextThatEndsStopsTheRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		repository, store := open(t, func(c *aggregate.Config[*Account]) { c.RepeatDelay = time.Hour })
		store.appending = failing(99, eventstore.ErrIndeterminate, false)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := repository.Append(ctx, aggregate.NewHead("account-7"), []Event{Opened{}}, aggregate.Envelope{})
		require.ErrorIs(t, err, eventstore.ErrIndeterminate)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Len(t, store.calls, 1)
	})
}

func TestAnAppendGoesOnFromItsHead(t *testing.T) {
	repository, store := open(t)
	env := aggregate.Envelope{}
	head, err := repository.Append(t.Context(), aggregate.NewHead("account-7"), []Event{Opened{}, Deposited{Amount: 5}}, env)
	require.NoError(t, err)
	require.Equal(t, int64(1), head.Revision)
	next, err := repository.Append(t.Context(), head, []Event{Deposited{Amount: 6}}, env)
	require.NoError(t, err)
	loaded, err := repository.Load(t.Context(), "7")
	require.NoError(t, err)
	require.Equal(t, next, loaded.Head)
	require.Equal(t, 11, loaded.Aggregate.Balance)
	require.Equal(t, eventstore.NoStream, store.calls[0].expected)
	require.Equal(t, eventstore.Exactly(1), store.calls[1].expected) //nolint:testifylint // it is what was called with

	t.Run("a head that the stream has left behind is a conflict, with the facts", func(t *testing.T) {
		same, err := repository.Append(t.Context(), head, []Event{Deposited{Amount: 7}}, env)
		var facts *eventstore.ConflictError
		require.ErrorAs(t, err, &facts)
		require.Equal(t, eventstore.ConflictError{Stream: "account-7", Expected: eventstore.Exactly(1), Actual: 2}, *facts)
		require.Equal(t, head, same)
	})
	t.Run("a head without its hash is refused before it breaks the chain", func(t *testing.T) {
		for _, bad := range []aggregate.Head{
			{Stream: "account-7"}, {Stream: "account-7", Revision: -2, Hash: [32]byte{1}},
			{Stream: "account-7", Revision: -1, Hash: [32]byte{1}},
		} {
			_, err := repository.Append(t.Context(), bad, []Event{Deposited{}}, env)
			require.ErrorIs(t, err, eventstore.ErrInvalid)
		}
	})
	t.Run("no events are refused", func(t *testing.T) {
		_, err := repository.Append(t.Context(), next, nil, env)
		require.ErrorIs(t, err, eventstore.ErrInvalid)
	})
}

type unregistered struct{ Event }

func TestWhatCannotBeEncodedIsNotAppended(t *testing.T) {
	repository, store := open(t)
	head := aggregate.NewHead("account-7")
	_, err := repository.Append(t.Context(), head, []Event{Opened{}, unregistered{}}, aggregate.Envelope{})
	require.ErrorIs(t, err, eventstore.ErrUnknownType)
	require.Empty(t, store.calls)

	noEntropy := errors.New("no entropy")
	repository, store = open(t, func(c *aggregate.Config[*Account]) {
		c.NewEventID = func() (eventstore.EventID, error) { return eventstore.EventID{}, noEntropy }
	})
	_, err = repository.Execute(t.Context(), "7", Open{}, aggregate.Envelope{})
	require.ErrorIs(t, err, noEntropy)
	require.Empty(t, store.calls)
}

// Without an instant the metadata would have no member before the hash, and with a year of five digits an instant that
// nothing can read: every later load of the stream would fail.
func TestAnInstantThatCannotBeToldIsNotAppended(t *testing.T) {
	for name, at := range map[string]time.Time{
		"none": {}, "before the year 0": time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC),
		"beyond the year 9999": time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			_, store := open(t)
			registry, err := NewRegistry()
			require.NoError(t, err)
			repository, err := aggregate.NewRepository(aggregate.Config[*Account]{
				Store: store, Registry: registry, Category: "account", New: NewAccount, Clock: func() time.Time { return at },
			})
			require.NoError(t, err)
			_, err = repository.Execute(t.Context(), "7", Open{Owner: "Ada"}, aggregate.Envelope{})
			require.ErrorIs(t, err, eventstore.ErrInvalid)
			require.Empty(t, store.calls)
		})
	}
}
