package esdbtest_test

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/esdbtest"
)

func TestWhatIsAppendedIsRead(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	written := events("Opened", 40)
	result := c.mustAppend("account-1", esdb.NoStream{}, written...)
	require.Equal(t, uint64(39), result.NextExpectedVersion)

	read, err := c.stream("account-1", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.Equal(t, idsOf(written...), ids(read))
	require.Equal(t, "Opened", read[0].EventType)
	require.Equal(t, result.CommitPosition, read[39].Position.Commit)

	everything, err := c.all(esdb.ReadAllOptions{})
	require.NoError(t, err)
	require.Equal(t, idsOf(written...), ids(everything[len(everything)-40:]))
}

func TestASubscriptionDeliversHistoryAndThenWhatIsNew(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	old := events("Opened", 40)
	c.mustAppend("account-1", esdb.NoStream{}, old...)
	sub, err := c.SubscribeToAll(limited(t), esdb.SubscribeToAllOptions{
		From: esdb.Start{}, Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"account-"}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sub.Close()) })
	for _, e := range old {
		got := sub.Recv()
		for got.CheckPointReached != nil {
			got = sub.Recv()
		}
		require.NotNil(t, got.EventAppeared, "%+v", got)
		require.Equal(t, e.EventID, got.EventAppeared.Event.EventID)
	}
	require.NotNil(t, sub.Recv().CheckPointReached)
	require.NotNil(t, sub.Recv().CaughtUp)
	fresh := event("Closed")
	c.mustAppend("account-1", esdb.Revision(39), fresh)
	require.Equal(t, fresh.EventID, sub.Recv().EventAppeared.Event.EventID)
}
