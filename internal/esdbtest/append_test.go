package esdbtest_test

import (
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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
	require.Equal(t, written[0].Data, read[0].Data)
	require.Equal(t, written[0].Metadata, read[0].UserMetadata)
	require.Equal(t, "application/json", read[0].ContentType)
	require.Equal(t, result.CommitPosition, read[39].Position.Commit, "the position is that of the last event")

	everything, err := c.all(esdb.ReadAllOptions{})
	require.NoError(t, err)
	require.Equal(t, idsOf(written...), ids(everything[len(everything)-40:]))
}

func TestExpectationsDecideWhetherAnAppendIsTaken(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	c.mustAppend("two-1", esdb.NoStream{}, events("Opened", 2)...)
	c.deleteSoft("soft-1")
	c.mustAppend("tomb-1", esdb.NoStream{}, event("Opened"))
	_, err := c.TombstoneStream(limited(t), "tomb-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	require.NoError(t, err)
	_, err = c.SetStreamMetadata(limited(t), "meta-1", esdb.AppendToStreamOptions{}, esdb.StreamMetadata{})
	require.NoError(t, err)

	const taken = esdb.ErrorCode(-1)
	for _, e := range []struct {
		stream   string
		expected esdb.ExpectedRevision
		want     esdb.ErrorCode
	}{
		{"two-1", esdb.NoStream{}, esdb.ErrorCodeWrongExpectedVersion},
		{"two-1", esdb.Revision(0), esdb.ErrorCodeWrongExpectedVersion},
		{"two-1", esdb.Revision(2), esdb.ErrorCodeWrongExpectedVersion},
		{"two-1", esdb.Revision(1), taken},
		{"two-1", esdb.StreamExists{}, taken},
		{"two-1", esdb.Any{}, taken},
		{"none-1", esdb.Revision(0), esdb.ErrorCodeWrongExpectedVersion},
		{"none-1", esdb.StreamExists{}, esdb.ErrorCodeWrongExpectedVersion},
		{"none-1", esdb.NoStream{}, taken},
		{"meta-1", esdb.StreamExists{}, taken},
		{"soft-1", esdb.StreamExists{}, esdb.ErrorCodeStreamDeleted},
		{"soft-1", esdb.Revision(0), esdb.ErrorCodeWrongExpectedVersion},
		{"soft-1", esdb.NoStream{}, taken},
		{"tomb-1", esdb.NoStream{}, esdb.ErrorCodeStreamDeleted},
		{"tomb-1", esdb.Any{}, esdb.ErrorCodeStreamDeleted},
		{"$$tomb-1", esdb.Any{}, esdb.ErrorCodeStreamDeleted},
	} {
		_, err := c.append(e.stream, e.expected, event("Changed"))
		if e.want == taken {
			require.NoError(t, err, "%s %#v", e.stream, e.expected)
		} else {
			require.Equal(t, e.want, code(t, err), "%s %#v", e.stream, e.expected)
		}
	}
}

// deleteSoft makes a stream of two events and deletes it so that it can be revived.
func (c client) deleteSoft(stream string) {
	c.t.Helper()
	c.mustAppend(stream, esdb.NoStream{}, events("Opened", 2)...)
	_, err := c.DeleteStream(limited(c.t), stream, esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(1)})
	require.NoError(c.t, err)
}

func TestARepeatedAppendAtARevisionReturnsTheFirstOutcomeAtAnyAge(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	opened, changed := events("Opened", 2), events("Changed", 2)
	first := c.mustAppend("account-1", esdb.NoStream{}, opened...)
	second := c.mustAppend("account-1", esdb.Revision(1), changed...)
	c.mustAppend("account-1", esdb.Revision(3), event("Closed"))
	for range 2 {
		require.Equal(t, first, c.mustAppend("account-1", esdb.NoStream{}, opened...))
		require.Equal(t, second, c.mustAppend("account-1", esdb.Revision(1), changed...))
		cluster.ForgetIDs()
	}
	read, err := c.stream("account-1", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.Len(t, read, 5)
}

func TestARepeatedAppendWithoutARevisionIsRecognisedAsLongAsItsIDsAreKnown(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	opened := events("Opened", 2)
	first := c.mustAppend("account-1", esdb.Any{}, opened...)
	require.Equal(t, first, c.mustAppend("account-1", esdb.Any{}, opened...))
	require.Equal(t, first, c.mustAppend("account-1", esdb.StreamExists{}, opened...))
	cluster.ForgetIDs()
	require.Equal(t, uint64(3), c.mustAppend("account-1", esdb.Any{}, opened...).NextExpectedVersion)
	require.NoError(t, cluster.Elect(0))
	require.Equal(t, uint64(5), c.mustAppend("account-1", esdb.Any{}, opened...).NextExpectedVersion)
}

func TestOnlyTheLatestIDsAreKnown(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{IDCacheBytes: 3 * (28 + 2*len("account-1"))})
	opened := event("Opened")
	c.mustAppend("account-1", esdb.Any{}, opened)
	c.mustAppend("account-1", esdb.Any{}, events("Changed", 2)...)
	require.Zero(t, c.mustAppend("account-1", esdb.Any{}, opened).NextExpectedVersion)
	c.mustAppend("account-1", esdb.Any{}, event("Changed"))
	require.Equal(t, uint64(4), c.mustAppend("account-1", esdb.Any{}, opened).NextExpectedVersion)
}

func TestAnAppendAtTheCurrentRevisionIsNotCheckedForRepetition(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	opened := event("Opened")
	c.mustAppend("account-1", esdb.NoStream{}, opened)
	require.Equal(t, uint64(1), c.mustAppend("account-1", esdb.Revision(0), opened).NextExpectedVersion)
	c.mustAppend("account-2", esdb.NoStream{}, opened)
	read, err := c.stream("account-1", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.Equal(t, idsOf(opened, opened), ids(read))
}

func TestAnAppendThatIsRepeatedInPartIsAConflict(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	opened := event("Opened")
	c.mustAppend("account-1", esdb.NoStream{}, opened, event("Changed"))
	for _, expected := range []esdb.ExpectedRevision{esdb.NoStream{}, esdb.Any{}, esdb.StreamExists{}} {
		_, err := c.append("account-1", expected, opened, event("Closed"))
		require.Equal(t, esdb.ErrorCodeWrongExpectedVersion, code(t, err))
	}
}

func TestAConflictIsAnAnswerAndNotAnError(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	c.mustAppend("account-1", esdb.NoStream{}, events("Opened", 2)...)
	w := dial(t, cluster.Node(0))
	resp, _, err := w.appendAt(limited(t), "account-1", 7, proposed(uuid.New(), binary("Changed"), ""))
	require.NoError(t, err)
	require.Equal(t, uint64(7), resp.GetWrongExpectedVersion().GetExpectedRevision())
	require.Equal(t, uint64(1), resp.GetWrongExpectedVersion().GetCurrentRevision())
	resp, _, err = w.appendAt(limited(t), "account-2", 0, proposed(uuid.New(), binary("Changed"), ""))
	require.NoError(t, err)
	require.NotNil(t, resp.GetWrongExpectedVersion().GetCurrentNoStream())
}

func TestAnAppendOfNothingToAStreamThatIsNotThereLeavesItSo(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	resp, _, err := dial(t, cluster.Node(0)).appendAny(limited(t), "account-1")
	require.NoError(t, err)
	require.NotNil(t, resp.GetSuccess().GetNoStream())
	_, err = c.stream("account-1", esdb.ReadStreamOptions{})
	require.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err))
}

func TestARepeatedAppendOfWhatIsHiddenHasNoPosition(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	w, opened := dial(t, cluster.Node(0)), proposed(uuid.New(), binary("Opened"), "")
	_, _, err := w.appendAny(limited(t), "account-1", opened)
	require.NoError(t, err)
	c.mustAppend("account-1", esdb.Revision(0), event("Changed"))
	meta := esdb.StreamMetadata{}
	meta.SetTruncateBefore(1)
	c.describe("account-1", meta)
	resp, _, err := w.appendAny(limited(t), "account-1", opened)
	require.NoError(t, err)
	require.Zero(t, resp.GetSuccess().GetCurrentRevision())
	require.NotNil(t, resp.GetSuccess().GetNoPosition())
}

func (c client) describe(stream string, meta esdb.StreamMetadata) {
	c.t.Helper()
	_, err := c.SetStreamMetadata(limited(c.t), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, meta)
	require.NoError(c.t, err)
}

func TestAnAppendThatIsTooLargeIsRefusedWhileItComes(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{MaxAppendBytes: 1000})
	w := dial(t, cluster.Node(0))
	half, limit := strings.Repeat("x", 450), strings.Repeat("k", 50)
	_, _, err := w.appendAny(limited(t), "account-1",
		proposed(uuid.New(), binary(limit[:25]), half), proposed(uuid.New(), binary(limit[:25]), half))
	require.NoError(t, err, "twice 450 bytes of data and 25 characters of type are just 1000")
	_, trailers, err := w.appendAny(limited(t), "account-2",
		proposed(uuid.New(), binary(limit[:25]), half), proposed(uuid.New(), binary(limit[:26]), half))
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	require.Equal(t, []string{"maximum-append-size-exceeded"}, trailers.Get("exception"))
	require.Equal(t, []string{"1000"}, trailers.Get("maximum-append-size"))

	_, err = c.append("account-3", esdb.NoStream{}, events("Opened", 1000)...)
	require.Error(t, err)
	_, err = c.stream("account-3", esdb.ReadStreamOptions{})
	require.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err))
}

func TestAnEventWithoutATypeOrAContentTypeIsRefused(t *testing.T) {
	t.Parallel()
	cluster, _ := single(t, esdbtest.Config{})
	w := dial(t, cluster.Node(0))
	for missing, described := range map[string]map[string]string{
		"type":         {"content-type": "application/json"},
		"content-type": {"type": "Opened"},
	} {
		_, trailers, err := w.appendAny(limited(t), "account-1", proposed(uuid.New(), described, ""))
		require.Equal(t, codes.InvalidArgument, status.Code(err))
		require.ErrorContains(t, err, "'"+missing+"'")
		require.Equal(t, []string{"missing-required-metadata-property"}, trailers.Get("exception"))
	}
}
