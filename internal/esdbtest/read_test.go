package esdbtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/skaldgo/skald/internal/esdbtest"
)

func TestAStreamIsReadFromARevisionInclusivelyBothWays(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	written := events("Opened", 100)
	c.mustAppend("account-1", esdb.NoStream{}, written...)
	for _, e := range []struct {
		o     esdb.ReadStreamOptions
		count int
		first int
	}{
		{esdb.ReadStreamOptions{From: esdb.Start{}}, 100, 0},
		{esdb.ReadStreamOptions{From: esdb.Revision(60)}, 40, 60},
		{esdb.ReadStreamOptions{From: esdb.Revision(100)}, 0, 0},
		{esdb.ReadStreamOptions{From: esdb.End{}, Direction: esdb.Backwards}, 100, 99},
		{esdb.ReadStreamOptions{From: esdb.Revision(60), Direction: esdb.Backwards}, 61, 60},
		{esdb.ReadStreamOptions{From: esdb.Revision(500), Direction: esdb.Backwards}, 100, 99},
		{esdb.ReadStreamOptions{From: esdb.Revision(0), Direction: esdb.Backwards}, 1, 0},
	} {
		read, err := c.stream("account-1", e.o)
		require.NoError(t, err)
		require.Len(t, read, e.count, "%+v", e.o)
		if e.count > 0 {
			require.Equal(t, written[e.first].EventID, read[0].EventID)
		}
	}
	some, err := c.ReadStream(limited(t), "account-1", esdb.ReadStreamOptions{}, 70)
	require.NoError(t, err)
	read, err := drain(some)
	require.NoError(t, err)
	require.Equal(t, idsOf(written[:70]...), ids(read))
}

func TestAStreamThatIsNotThereIsAnAnswerAndNotAnError(t *testing.T) {
	t.Parallel()
	cluster, _ := single(t, esdbtest.Config{})
	o := everything()
	o.StreamOption = &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
		StreamIdentifier: name("account-1"),
	}}
	call, err := dial(t, cluster.Node(0)).Read(limited(t), &streams.ReadReq{Options: o})
	require.NoError(t, err)
	resp, err := call.Recv()
	require.NoError(t, err)
	require.Equal(t, "account-1", string(resp.GetStreamNotFound().GetStreamIdentifier().GetStreamName()))
}

func TestEverythingIsReadInclusivelyForwardsAndExclusivelyBackwards(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	written := events("Opened", 50)
	c.mustAppend("account-1", esdb.NoStream{}, written...)
	forwards, err := c.all(esdb.ReadAllOptions{From: esdb.Start{}})
	require.NoError(t, err)
	at := forwards[len(forwards)-10].Position
	tail, err := c.all(esdb.ReadAllOptions{From: at})
	require.NoError(t, err)
	require.Equal(t, idsOf(written[40:]...), ids(tail))

	backwards, err := c.all(esdb.ReadAllOptions{From: esdb.End{}, Direction: esdb.Backwards})
	require.NoError(t, err)
	require.Len(t, backwards, len(forwards))
	require.Equal(t, written[49].EventID, backwards[0].EventID)
	backwards, err = c.all(esdb.ReadAllOptions{From: at, Direction: esdb.Backwards})
	require.NoError(t, err)
	require.Equal(t, written[39].EventID, backwards[0].EventID, "the position is one after an event")
}

func TestPositionsAreOffsetsInTheLogAndNothingElseIsOne(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	first := c.mustAppend("account-1", esdb.NoStream{}, event("Opened"))
	second := c.mustAppend("account-1", esdb.Revision(0), event("Changed"))
	require.Equal(t, first.CommitPosition, first.PreparePosition)
	require.Greater(t, second.CommitPosition, first.CommitPosition+1)
	for _, direction := range []esdb.Direction{esdb.Forwards, esdb.Backwards} {
		between := esdb.Position{Commit: first.CommitPosition + 1, Prepare: first.CommitPosition + 1}
		_, err := c.all(esdb.ReadAllOptions{From: between, Direction: direction})
		require.ErrorContains(t, err, "invalid position")
	}
	beyond := esdb.Position{Commit: second.CommitPosition + 1e6, Prepare: second.CommitPosition + 1e6}
	read, err := c.all(esdb.ReadAllOptions{From: beyond})
	require.NoError(t, err)
	require.Empty(t, read)
}

func TestEverythingBeginsWithWhatTheServerWrites(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{TLS: true})
	c.mustAppend("account-1", esdb.NoStream{}, event("Opened"))
	everything, err := c.all(esdb.ReadAllOptions{})
	require.NoError(t, err)
	kinds := map[string]int{}
	for _, e := range everything[:len(everything)-1] {
		require.True(t, strings.HasPrefix(e.StreamID, "$"))
		require.NotEqual(t, "$epoch-information", e.EventType, "epochs take up room and are not shown")
		kinds[e.EventType]++
	}
	require.Equal(t, 2, kinds["$UserCreated"])
	require.NotZero(t, kinds["$metadata"])
	require.NotZero(t, everything[0].Position.Commit)
}

func TestTimesAreInHundredsOfNanoseconds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 3, 4, 5, 6, 123456789, time.UTC)
	_, c := single(t, esdbtest.Config{Now: func() time.Time { return now }})
	c.mustAppend("account-1", esdb.NoStream{}, event("Opened"))
	read, err := c.stream("account-1", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.Equal(t, now.Truncate(100*time.Nanosecond), read[0].CreatedDate)
	require.Len(t, read[0].SystemMetadata["created"], len("17701000000000000"))
}

func TestIDsAreTwoHalvesUnlessTextIsWanted(t *testing.T) {
	t.Parallel()
	cluster, _ := single(t, esdbtest.Config{})
	w, id := dial(t, cluster.Node(0)), uuid.MustParse("01020304-0506-0708-890a-0b0c0d0e0f10")
	_, _, err := w.appendAny(limited(t), "account-1", proposed(id, binary("Opened"), ""))
	require.NoError(t, err)
	o := everything()
	read, err := w.read(limited(t), o)
	require.NoError(t, err)
	got := read[len(read)-1].GetId()
	require.Equal(t, int64(0x0102030405060708), got.GetStructured().GetMostSignificantBits())
	least := uint64(0x890a0b0c0d0e0f10)
	require.Equal(t, int64(least), got.GetStructured().GetLeastSignificantBits())
	o.UuidOption = &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_String_{String_: &shared.Empty{}}}
	read, err = w.read(limited(t), o)
	require.NoError(t, err)
	require.Equal(t, id.String(), read[len(read)-1].GetId().GetString_())
}

func TestAReadOfEverythingCanBeFiltered(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	c.mustAppend("account-1", esdb.NoStream{}, events("Opened", 50)...)
	c.mustAppend("order-1", esdb.NoStream{}, events("Placed", 50)...)
	w, o := dial(t, cluster.Node(0)), everything()
	for _, f := range []*streams.ReadReq_Options_FilterOptions{
		{Filter: &streams.ReadReq_Options_FilterOptions_StreamIdentifier{
			StreamIdentifier: &streams.ReadReq_Options_FilterOptions_Expression{Prefix: []string{"basket-", "order-"}},
		}},
		{Filter: &streams.ReadReq_Options_FilterOptions_EventType{
			EventType: &streams.ReadReq_Options_FilterOptions_Expression{Regex: "^P.*d$"},
		}},
	} {
		o.FilterOption = &streams.ReadReq_Options_Filter{Filter: f}
		read, err := w.read(limited(t), o)
		require.NoError(t, err)
		require.Len(t, read, 50)
		require.Equal(t, "order-1", string(read[0].GetStreamIdentifier().GetStreamName()))
	}
	o.StreamOption = &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{StreamIdentifier: name("order-1")}}
	_, err := w.read(limited(t), o)
	require.Equal(t, codes.InvalidArgument, status.Code(err), "streams cannot be filtered")
}
