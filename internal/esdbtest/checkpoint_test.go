package esdbtest_test

import (
	"fmt"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/skaldgo/skald/internal/esdbtest"
)

// filtered lets only accounts pass, and owes a checkpoint after interval times window events.
func filtered(window, interval uint32) *streams.ReadReq_Options {
	o := everything()
	o.FilterOption = &streams.ReadReq_Options_Filter{Filter: &streams.ReadReq_Options_FilterOptions{
		Filter: &streams.ReadReq_Options_FilterOptions_StreamIdentifier{
			StreamIdentifier: &streams.ReadReq_Options_FilterOptions_Expression{Prefix: []string{"account-"}},
		},
		Window: &streams.ReadReq_Options_FilterOptions_Max{Max: window}, CheckpointIntervalMultiplier: interval,
	}}
	return o
}

// fromTheEnd leaves out the history.
func fromTheEnd(o *streams.ReadReq_Options) *streams.ReadReq_Options {
	o.StreamOption = &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
		AllOption: &streams.ReadReq_Options_AllOptions_End{End: &shared.Empty{}},
	}}
	return o
}

func (f follower) checkpoint() esdb.Position {
	f.t.Helper()
	resp := f.next()
	require.NotNil(f.t, resp.GetCheckpoint(), "%v", resp)
	return esdb.Position{Commit: resp.GetCheckpoint().GetCommitPosition(), Prepare: resp.GetCheckpoint().GetPreparePosition()}
}

func TestALiveCheckpointIsWhereTheEventLiesThatCompletesTheInterval(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	f := dial(t, cluster.Node(0)).follow(limited(t), fromTheEnd(filtered(2, 2)))
	f.caughtUp()
	var results []*esdb.WriteResult
	write := func(stream string) {
		results = append(results, c.mustAppend(stream, esdb.Any{}, event("Happened")))
	}
	for _, stream := range []string{"order-1", "account-1", "order-1", "order-1"} {
		write(stream)
	}
	f.event()
	require.Equal(t, results[3].CommitPosition, f.checkpoint().Commit, "though it did not pass the filter")
	for _, stream := range []string{"order-1", "order-1", "order-1", "account-1"} {
		write(stream)
	}
	f.event()
	require.Equal(t, results[7].CommitPosition, f.checkpoint().Commit)
}

func TestHistoryThatDoesNotPassTheFilterIsCheckpointedPageByPage(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	c.mustAppend("order-1", esdb.NoStream{}, events("Placed", 100)...)
	opened := event("Opened")
	c.mustAppend("account-1", esdb.NoStream{}, opened)
	c.mustAppend("order-2", esdb.NoStream{}, events("Placed", 20)...)
	w := dial(t, cluster.Node(0))
	f := w.follow(limited(t), filtered(10, 3))
	var last esdb.Position
	checkpoints, seen := 0, false
	for resp := f.next(); resp.GetCaughtUp() == nil; resp = f.next() {
		if resp.GetEvent() != nil {
			require.Equal(t, opened.EventID, f.id(resp))
			seen = true
			continue
		}
		at := esdb.Position{Commit: resp.GetCheckpoint().GetCommitPosition(), Prepare: resp.GetCheckpoint().GetPreparePosition()}
		require.Positive(t, compare(at, last), "checkpoints only grow")
		last = at
		checkpoints++

		o := filtered(10, 3)
		o.StreamOption = allAt(at.Commit, at.Prepare)
		again := w.follow(limited(t), o)
		if !seen {
			for resp := again.next(); ; resp = again.next() {
				if resp.GetEvent() != nil {
					require.Equal(t, opened.EventID, again.id(resp), "nothing is lost after a checkpoint")
					break
				}
			}
		}
	}
	require.True(t, seen)
	require.Equal(t, 5, checkpoints, "one for each thirty of the 123 events, and one before CaughtUp")
}

func compare(a, b esdb.Position) int {
	switch {
	case a == b:
		return 0
	case a.Commit > b.Commit, a.Commit == b.Commit && a.Prepare > b.Prepare:
		return 1
	}
	return -1
}

func TestACheckpointMayLieBeforeTheNextEventInsteadOfAtTheLastOne(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	c.mustAppend("order-1", esdb.NoStream{}, events("Placed", 100)...)
	w := dial(t, cluster.Node(0))
	f := w.follow(limited(t), filtered(10, 1))
	var last esdb.Position
	for resp := f.next(); resp.GetCaughtUp() == nil; resp = f.next() {
		last = esdb.Position{Commit: resp.GetCheckpoint().GetCommitPosition(), Prepare: resp.GetCheckpoint().GetPreparePosition()}
	}
	require.Zero(t, last.Prepare)
	read, err := c.all(esdb.ReadAllOptions{From: last})
	require.NoError(t, err)
	require.Len(t, read, 2, "the last page of the 102 events begins after the hundredth")
	require.Equal(t, last.Commit, read[0].Position.Commit)
}

func TestASubscriptionThatIsAtTheEndGetsNoCheckpointBeforeCaughtUp(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	at := c.mustAppend("account-1", esdb.NoStream{}, event("Opened"))
	o := filtered(32, 1)
	o.StreamOption = allAt(at.CommitPosition, at.PreparePosition)
	dial(t, cluster.Node(0)).follow(limited(t), o).caughtUp()
}

func TestASubscriberWithAFilterThatFallsBehindGetsACheckpoint(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	f := dial(t, cluster.Node(0)).follow(limited(t), fromTheEnd(filtered(32, 100)))
	f.caughtUp()
	written := events("Opened", 100)
	c.mustAppend("account-1", esdb.NoStream{}, written...)
	f.checkpoint()
	for _, e := range written {
		require.Equal(t, e.EventID, f.event())
	}
	f.checkpoint()
	f.caughtUp()
}

func TestACheckpointIsNotRepeatedWhenTheSubscriberFallsBehind(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	f := dial(t, cluster.Node(0)).follow(limited(t), fromTheEnd(filtered(2, 1)))
	f.caughtUp()
	c.mustAppend("account-1", esdb.NoStream{}, events("Opened", 2)...)
	f.event()
	f.event()
	f.checkpoint()
	changed := events("Changed", 100)
	c.mustAppend("account-1", esdb.Revision(1), changed...)
	require.Equal(t, changed[0].EventID, f.event())
}

func TestAnIntervalOfNothingIsRefused(t *testing.T) {
	t.Parallel()
	cluster, _ := single(t, esdbtest.Config{})
	o := filtered(32, 0)
	o.CountOption = &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}
	_, err := dial(t, cluster.Node(0)).read(limited(t), o)
	require.Equal(t, codes.Unknown, status.Code(err), fmt.Sprint(err))
}
