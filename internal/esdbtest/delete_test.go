package esdbtest_test

import (
	"math"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/skaldgo/skald/internal/esdbtest"
)

func TestADeletedStreamIsNotFoundUntilAnAppendRevivesIt(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	meta := esdb.StreamMetadata{}
	meta.SetMaxCount(100)
	c.mustAppend("account-1", esdb.NoStream{}, events("Opened", 2)...)
	c.describe("account-1", meta)
	_, err := c.DeleteStream(limited(t), "account-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(1)})
	require.NoError(t, err)

	_, err = c.stream("account-1", esdb.ReadStreamOptions{})
	require.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err))
	deleted, err := c.stream("$$account-1", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.Equal(t, `{"$tb":9223372036854775807}`, string(deleted[0].Data), "a deletion replaces the metadata")

	revived := event("Reopened")
	require.Equal(t, uint64(2), c.mustAppend("account-1", esdb.NoStream{}, revived).NextExpectedVersion)
	read, err := c.stream("account-1", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.Equal(t, idsOf(revived), ids(read))
	require.Equal(t, uint64(2), read[0].EventNumber, "the numbers go on")
	require.Equal(t, uint64(2), *c.metadataOf("account-1").TruncateBefore())
}

// metadataOf reads the last record of a stream's metadata.
func (c client) metadataOf(stream string) *esdb.StreamMetadata {
	c.t.Helper()
	meta, err := c.GetStreamMetadata(limited(c.t), stream, esdb.ReadStreamOptions{})
	require.NoError(c.t, err)
	return meta
}

func TestMetadataRevivesADeletedStreamToo(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	c.deleteSoft("account-1")
	meta := esdb.StreamMetadata{}
	meta.SetMaxCount(100)
	meta.SetTruncateBefore(0)
	c.describe("account-1", meta)
	now := c.metadataOf("account-1")
	require.Equal(t, uint64(100), *now.MaxCount())
	require.Equal(t, uint64(2), *now.TruncateBefore(), "what was deleted stays hidden")
	_, err := c.append("account-1", esdb.StreamExists{}, event("Reopened"))
	require.NoError(t, err)
}

func TestATombstoneIsForEver(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	c.mustAppend("account-1", esdb.NoStream{}, event("Opened"))
	result, err := c.TombstoneStream(limited(t), "account-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Revision(0)})
	require.NoError(t, err)
	_, err = c.stream("account-1", esdb.ReadStreamOptions{})
	require.Equal(t, esdb.ErrorCodeStreamDeleted, code(t, err))

	everything, err := c.all(esdb.ReadAllOptions{})
	require.NoError(t, err)
	last := everything[len(everything)-1]
	require.Equal(t, "$streamDeleted", last.EventType)
	require.Equal(t, uint64(math.MaxInt64), last.EventNumber)
	require.Equal(t, result.Position.Commit, last.Position.Commit)

	var trailers metadata.MD
	_, err = dial(t, cluster.Node(0)).Delete(limited(t), &streams.DeleteReq{Options: &streams.DeleteReq_Options{
		StreamIdentifier: name("account-1"), ExpectedStreamRevision: &streams.DeleteReq_Options_Any{Any: &shared.Empty{}},
	}}, grpc.Trailer(&trailers))
	require.Equal(t, codes.FailedPrecondition, status.Code(err))
	require.Equal(t, []string{"stream-deleted"}, trailers.Get("exception"))
	require.Equal(t, []string{"account-1"}, trailers.Get("stream-name"))
}

func TestADeletionThatIsNotExpectedIsAnErrorWithTheFactsBesideIt(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	c.mustAppend("account-1", esdb.NoStream{}, events("Opened", 2)...)
	w := dial(t, cluster.Node(0))
	at := func(stream string, revision uint64) *streams.DeleteReq {
		return &streams.DeleteReq{Options: &streams.DeleteReq_Options{
			StreamIdentifier: name(stream), ExpectedStreamRevision: &streams.DeleteReq_Options_Revision{Revision: revision},
		}}
	}
	var trailers metadata.MD
	_, err := w.Delete(limited(t), at("account-1", 7), grpc.Trailer(&trailers))
	require.Equal(t, codes.FailedPrecondition, status.Code(err))
	require.Equal(t, []string{"wrong-expected-version"}, trailers.Get("exception"))
	require.Equal(t, []string{"7"}, trailers.Get("expected-version"))
	require.Equal(t, []string{"1"}, trailers.Get("actual-version"))
	_, err = w.Delete(limited(t), at("account-1", 0))
	require.Equal(t, codes.FailedPrecondition, status.Code(err), "a deletion is never taken for a repeated append")
}

func TestAStreamThatIsNotThereCannotBeDeletedButTombstoned(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	_, err := c.DeleteStream(limited(t), "account-1", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	require.ErrorContains(t, err, "WrongExpectedVersion")
	_, err = c.TombstoneStream(limited(t), "account-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	require.NoError(t, err)
}
