package groupcommit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/internal/groupcommit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// outcome is what an append returned.
type outcome struct {
	result eventstore.AppendResult
	err    error
}

// appending starts an append, and returns when it waits.
func appending(ctx context.Context, q *groupcommit.Queue, stream string, data string) <-chan outcome {
	ended := make(chan outcome, 1)
	go func() {
		result, err := q.Append(ctx, stream, eventstore.NoStream, []eventstore.EventData{{Type: "T", Data: []byte(data)}})
		ended <- outcome{result, err}
	}()
	synctest.Wait()
	return ended
}

func TestAppendsThatWaitAreTakenTogetherInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := groupcommit.New()
		first, second := appending(t.Context(), q, "a-1", "x"), appending(t.Context(), q, "a-2", "y")
		<-q.Wake()
		batch := q.Take(nil, nil)
		require.Len(t, batch, 2)
		require.Equal(t, "a-1", batch[0].Stream)
		require.Equal(t, "a-2", batch[1].Stream)
		batch[0].Result.Revision = 7
		batch[1].Err = eventstore.ErrConflict
		batch[0].Done()
		batch[1].Done()
		require.Equal(t, int64(7), (<-first).result.Revision)
		require.ErrorIs(t, (<-second).err, eventstore.ErrConflict)
	})
}

func TestAnAppendIsWithdrawnUntilItIsTakenAndUnknownAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := groupcommit.New()
		ctx, cancel := context.WithCancel(t.Context())
		early := appending(ctx, q, "a-1", "x")
		cancel()
		require.ErrorIs(t, (<-early).err, context.Canceled)
		<-q.Wake()
		require.Empty(t, q.Take(nil, nil))

		ctx, cancel = context.WithCancel(t.Context())
		late := appending(ctx, q, "a-1", "x")
		<-q.Wake()
		bound := make(chan struct{})
		require.Len(t, q.Take(nil, bound), 1)
		cancel()
		synctest.Wait()
		select {
		case <-late:
			require.Fail(t, "returned while the writer still reads the arguments")
		default:
		}
		close(bound)
		err := (<-late).err
		require.ErrorIs(t, err, eventstore.ErrIndeterminate)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestATransactionIsBoundedAndTheRestStaysWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := groupcommit.New()
		big := string(make([]byte, 9<<20))
		var ended []<-chan outcome
		for range 3 {
			ended = append(ended, appending(t.Context(), q, "a-1", big))
		}
		taken := 0
		for range 2 {
			<-q.Wake()
			batch := q.Take(nil, nil)
			taken += len(batch)
			for _, r := range batch {
				r.Done()
			}
		}
		require.Equal(t, 3, taken)
		for _, e := range ended {
			require.NoError(t, (<-e).err)
		}
	})
}

func TestAClosedQueueRefusesWhatWaitsAndWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := groupcommit.New()
		waiting := appending(t.Context(), q, "a-1", "x")
		first := errors.New("the first reason")
		q.Close(first)
		q.Close(errors.New("another one"))
		require.True(t, q.Closed())
		require.ErrorIs(t, (<-waiting).err, first)
		require.ErrorIs(t, (<-appending(t.Context(), q, "a-1", "x")).err, first)
	})
}
