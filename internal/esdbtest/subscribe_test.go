package esdbtest_test

import (
	"context"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/skaldgo/skald/internal/esdbtest"
)

// follower reads a subscription message by message.
type follower struct {
	call streams.Streams_ReadClient
	t    *testing.T
}

// follow begins a subscription of what a test has made of everything(), and reads its confirmation.
func (w wire) follow(ctx context.Context, o *streams.ReadReq_Options) follower {
	w.t.Helper()
	o.CountOption = &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}
	call, err := w.Read(ctx, &streams.ReadReq{Options: o})
	require.NoError(w.t, err)
	f := follower{call, w.t}
	require.NotEmpty(w.t, f.next().GetConfirmation().GetSubscriptionId())
	return f
}

func (f follower) next() *streams.ReadResp {
	f.t.Helper()
	resp, err := f.call.Recv()
	require.NoError(f.t, err)
	return resp
}

// event reads one event and returns its id.
func (f follower) event() uuid.UUID {
	f.t.Helper()
	resp := f.next()
	require.NotNil(f.t, resp.GetEvent(), "%v", resp)
	return f.id(resp)
}

func (f follower) id(resp *streams.ReadResp) uuid.UUID {
	f.t.Helper()
	id := resp.GetEvent().GetEvent().GetId().GetStructured()
	parsed, err := esdb.ParseUUIDFromInt64(id.GetMostSignificantBits(), id.GetLeastSignificantBits())
	require.NoError(f.t, err)
	return parsed
}

func (f follower) caughtUp() {
	f.t.Helper()
	resp := f.next()
	require.NotNil(f.t, resp.GetCaughtUp(), "%v", resp)
}

func (f follower) ends() error {
	f.t.Helper()
	resp, err := f.call.Recv()
	require.Error(f.t, err, "%v", resp)
	return err
}

// from begins at the start, the end or after a revision of a stream.
func from(stream string, where any) *streams.ReadReq_Options {
	s := &streams.ReadReq_Options_StreamOptions{StreamIdentifier: name(stream)}
	switch at := where.(type) {
	case esdb.Start:
		s.RevisionOption = &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}}
	case esdb.End:
		s.RevisionOption = &streams.ReadReq_Options_StreamOptions_End{End: &shared.Empty{}}
	case int:
		s.RevisionOption = &streams.ReadReq_Options_StreamOptions_Revision{Revision: uint64(at)}
	}
	return &streams.ReadReq_Options{StreamOption: &streams.ReadReq_Options_Stream{Stream: s}}
}

func TestASubscriptionToAStreamIsConfirmedDeliversTheHistoryAndThenWhatIsNew(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	old, fresh := events("Opened", 100), event("Changed")
	c.mustAppend("account-1", esdb.NoStream{}, old...)
	f := dial(t, cluster.Node(0)).follow(limited(t), from("account-1", esdb.Start{}))
	for _, e := range old {
		require.Equal(t, e.EventID, f.event())
	}
	f.caughtUp()
	c.mustAppend("account-2", esdb.NoStream{}, event("Opened"))
	c.mustAppend("account-1", esdb.Revision(99), fresh)
	require.Equal(t, fresh.EventID, f.event())
}

func TestASubscriptionBeginsAfterTheEventThatItNames(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	written := events("Opened", 4)
	first := c.mustAppend("account-1", esdb.NoStream{}, written[:2]...)
	result := c.mustAppend("account-1", esdb.Revision(1), written[2])
	w := dial(t, cluster.Node(0))
	after := w.follow(limited(t), from("account-1", 1))
	require.Equal(t, written[2].EventID, after.event())
	after.caughtUp()

	o := everything()
	o.StreamOption = allAt(first.CommitPosition, first.PreparePosition)
	afterAll := w.follow(limited(t), o)
	require.Equal(t, written[2].EventID, afterAll.event())
	afterAll.caughtUp()
	o = everything()
	o.StreamOption = allAt(result.CommitPosition, result.PreparePosition)
	afterLast := w.follow(limited(t), o)
	afterLast.caughtUp()

	atEnd := w.follow(limited(t), from("account-1", esdb.End{}))
	atEnd.caughtUp()
	c.mustAppend("account-1", esdb.Revision(2), written[3])
	for _, f := range []follower{after, afterAll, afterLast, atEnd} {
		require.Equal(t, written[3].EventID, f.event())
	}
}

func TestASubscriptionMayBeginAtAStreamThatIsNotThere(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	f := dial(t, cluster.Node(0)).follow(limited(t), from("account-1", esdb.Start{}))
	f.caughtUp()
	opened := event("Opened")
	c.mustAppend("account-1", esdb.NoStream{}, opened)
	require.Equal(t, opened.EventID, f.event())
}

func TestASubscriptionToATombstonedStreamDeliversTheTombstoneAndEnds(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	w := dial(t, cluster.Node(0))
	f := w.follow(limited(t), from("account-1", esdb.Start{}))
	f.caughtUp()
	_, err := c.TombstoneStream(limited(t), "account-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	require.NoError(t, err)
	require.Equal(t, "$streamDeleted", f.next().GetEvent().GetEvent().GetMetadata()["type"])
	require.Equal(t, codes.FailedPrecondition, status.Code(f.ends()))
	require.Equal(t, codes.FailedPrecondition, status.Code(w.follow(limited(t), from("account-1", esdb.Start{})).ends()))
}

func TestASubscriptionToEverythingWithoutAFilterHasNoCheckpoints(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	c.mustAppend("account-1", esdb.NoStream{}, events("Opened", 100)...)
	f := dial(t, cluster.Node(0)).follow(limited(t), everything())
	for resp := f.next(); resp.GetCaughtUp() == nil; resp = f.next() {
		require.Nil(t, resp.GetCheckpoint())
	}
}

func TestASubscriptionFromNoPositionOfTheLogIsRefused(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	at := c.mustAppend("account-1", esdb.NoStream{}, events("Opened", 2)...).CommitPosition
	o := everything()
	o.StreamOption = allAt(at-1, at-1)
	err := dial(t, cluster.Node(0)).follow(limited(t), o).ends()
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

func TestASubscriberThatFallsBehindCatchesUpAgainWithoutGapsOrRepetition(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	f := dial(t, cluster.Node(0)).follow(limited(t), from("account-1", esdb.Start{}))
	f.caughtUp()
	var written []esdb.EventData
	for range 10 {
		some := events("Opened", 50) // more at once than the live buffer holds
		c.mustAppend("account-1", esdb.Any{}, some...)
		written = append(written, some...)
	}
	again := 0
	for i := 0; i < len(written); {
		resp := f.next()
		if resp.GetCaughtUp() != nil {
			again++
			continue
		}
		require.Equal(t, written[i].EventID, f.id(resp))
		i++
	}
	f.caughtUp()
	require.LessOrEqual(t, again, 9)
}
