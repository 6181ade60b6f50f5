package saga

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEveryInstantOfALogComesBackFromItsMoment(t *testing.T) {
	first, last := time.Time{}, time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC) // what JSON can hold
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(first.UnixMilli(), last.UnixMilli()).Draw(t, "at")).UTC()
		require.Equal(t, at, momentOf(at).time())
		require.Equal(t, at.IsZero(), momentOf(at).IsZero())
		other := time.UnixMilli(rapid.Int64Range(first.UnixMilli(), last.UnixMilli()).Draw(t, "other"))
		require.Equal(t, at.After(other), momentOf(at).After(other))
	})
}

func TestOnlyTheZeroTimeIsTheZeroMoment(t *testing.T) {
	require.Equal(t, time.Time{}, moment(0).time())
	require.True(t, momentOf(time.Time{}).IsZero())
	require.False(t, momentOf(time.Unix(0, 0)).IsZero(), "the epoch is an instant like any other")
}
