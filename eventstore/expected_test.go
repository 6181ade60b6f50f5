package eventstore_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/eventstore"
)

func TestTheZeroExpectationIsNoStream(t *testing.T) {
	var zero eventstore.ExpectedRevision
	require.Equal(t, eventstore.NoStream, zero)
	require.Equal(t, eventstore.NoStream, eventstore.Exactly(-1))
}

func TestAnExpectationKeepsItsRevision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-1, math.MaxInt64-1).Draw(t, "revision")
		e := eventstore.Exactly(n)
		require.True(t, e.Valid())
		got, ok := e.Revision()
		require.True(t, ok)
		require.Equal(t, n, got)
	})
}

func TestAnExpectationThatCannotHoldIsInvalid(t *testing.T) {
	for _, n := range []int64{-2, -3, math.MinInt64, math.MaxInt64} {
		e := eventstore.Exactly(n)
		require.False(t, e.Valid(), "%d", n)
		_, ok := e.Revision()
		require.False(t, ok, "%d", n)
		require.Contains(t, e.String(), "invalid")
	}
}

func TestExpectationsSayWhatTheyAre(t *testing.T) {
	for e, want := range map[eventstore.ExpectedRevision]string{
		eventstore.NoStream: "no stream", eventstore.Any: "any", eventstore.StreamExists: "stream exists",
		eventstore.Exactly(0): "0", eventstore.Exactly(41): "41",
		eventstore.Exactly(math.MaxInt64 - 1): "9223372036854775806",
	} {
		require.Equal(t, want, e.String())
		require.True(t, e.Valid())
	}
	for _, e := range []eventstore.ExpectedRevision{eventstore.Any, eventstore.StreamExists} {
		_, ok := e.Revision()
		require.False(t, ok, "%s has no revision", e)
	}
}

func TestErrorsWithFactsMatchTheirSentinels(t *testing.T) {
	facts := &eventstore.ConflictError{Stream: "a-1", Expected: eventstore.Exactly(3), Actual: 4}
	conflict := fmt.Errorf("append: %w", facts)
	require.ErrorIs(t, conflict, eventstore.ErrConflict)
	require.NotErrorIs(t, conflict, eventstore.ErrLocked)
	require.EqualError(t, conflict, `append: stream "a-1" is at revision 4, expected 3`)
	locked := fmt.Errorf("open: %w", &eventstore.LockedError{Name: "orchestrator", Holder: "process 7"})
	require.ErrorIs(t, locked, eventstore.ErrLocked)
	require.NotErrorIs(t, locked, eventstore.ErrConflict)
	require.EqualError(t, locked, `open: lock "orchestrator" is held by process 7`)
}
