package logcopy_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/eventstoretest"
	"github.com/skaldgo/skald/eventstore/logcopy"
	"github.com/skaldgo/skald/eventstore/memory"
	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/eventstore/sqlite"
	"github.com/skaldgo/skald/internal/pgtest"
)

var server pgtest.Server

func TestMain(m *testing.M) { goleak.VerifyTestMain(runner{m}) }

// runner stops the server before leaks are looked for.
type runner struct{ m *testing.M }

func (r runner) Run() int { return server.Main(r.m.Run) }

// filled returns a log in memory in which streams take turns.
func filled(t require.TestingT, appends int) *memory.Store {
	store := memory.New()
	next := map[string]int64{}
	for i := range appends {
		stream := fmt.Sprintf("note-%d", i*i%7)
		events := eventstoretest.Events(1+i%3, "NoteTaken")
		_, err := store.Append(context.Background(), stream, eventstore.Exactly(next[stream]-1), events...)
		require.NoError(t, err)
		next[stream] += int64(len(events))
	}
	return store
}

// interrupted is a target that fails for good at some append, before or after it was done.
type interrupted struct {
	eventstore.Store
	left int
	done bool
}

var errCut = errors.New("the machine is gone")

func (s *interrupted) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	if s.left--; s.left < 0 {
		if s.done {
			_, _ = s.Store.Append(ctx, stream, expected, events...)
		}
		return eventstore.AppendResult{}, errCut
	}
	return s.Store.Append(ctx, stream, expected, events...)
}

func TestALogIsTheSameInEveryStoreItIsCopiedTo(t *testing.T) {
	file, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "copy.db")})
	require.NoError(t, err)
	pg, err := postgres.Open(t.Context(), postgres.Config{URL: server.URL(t), Schema: "logcopy"})
	require.NoError(t, err)
	from := eventstore.Store(filled(t, 200))
	for _, to := range []eventstore.Store{file, pg, memory.New()} {
		before, err := logcopy.Compare(t.Context(), logcopy.Config{From: from, To: to})
		require.NoError(t, err)
		require.Equal(t, logcopy.Report{Behind: 399}, before)
		report, err := logcopy.Copy(t.Context(), logcopy.Config{From: from, To: to})
		require.NoError(t, err)
		require.Equal(t, logcopy.Report{Copied: 399}, report)
		after, err := logcopy.Compare(t.Context(), logcopy.Config{From: from, To: to})
		require.NoError(t, err)
		require.Equal(t, logcopy.Report{Found: 399}, after)
		eventstoretest.Check(t, to)
		require.NoError(t, from.Close())
		from = to // the next one is the copy of a copy
	}
	require.NoError(t, from.Close())
}

func TestACopyThatWasInterruptedAnywhereGoesOnFromThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := filled(t, rapid.IntRange(1, 30).Draw(t, "appends")), memory.New()
		defer from.Close()
		defer to.Close()
		left := rapid.IntRange(0, 30).Draw(t, "appends before the end")
		cut := &interrupted{Store: to, left: left, done: rapid.Bool().Draw(t, "done")}
		_, err := logcopy.Copy(context.Background(), logcopy.Config{From: from, To: cut})
		if err != nil {
			require.ErrorIs(t, err, errCut)
		}
		_, err = logcopy.Copy(context.Background(), logcopy.Config{From: from, To: to})
		require.NoError(t, err)
		report, err := logcopy.Compare(context.Background(), logcopy.Config{From: from, To: to})
		require.NoError(t, err)
		require.Zero(t, report.Behind)
	})
}

func TestATargetWithAnotherLogIsLeftAsItIs(t *testing.T) {
	from, to := filled(t, 10), filled(t, 3)
	_, err := logcopy.Copy(t.Context(), logcopy.Config{From: from, To: to})
	require.ErrorIs(t, err, logcopy.ErrDiffers)
	require.ErrorContains(t, err, `the logs differ at event 1: the event id of revision 0 of stream "note-0" is another one`)

	longer := memory.New()
	_, err = logcopy.Copy(t.Context(), logcopy.Config{From: from, To: longer})
	require.NoError(t, err)
	_, err = longer.Append(t.Context(), "note-9", eventstore.NoStream, eventstoretest.Events(1, "NoteTaken")...)
	require.NoError(t, err)
	_, err = logcopy.Copy(t.Context(), logcopy.Config{From: from, To: longer})
	require.ErrorContains(t, err, "the target goes on where the source ends")
	events, err := eventstoretest.Collect(to.ReadAll(t.Context(), eventstore.Position{}, eventstore.Forwards, eventstore.Filter{}))
	require.NoError(t, err)
	require.Len(t, events, 6)
}

func TestACopyWithoutASourceOrATargetIsRefused(t *testing.T) {
	_, err := logcopy.Copy(t.Context(), logcopy.Config{From: memory.New()})
	require.ErrorIs(t, err, eventstore.ErrInvalid)
}
