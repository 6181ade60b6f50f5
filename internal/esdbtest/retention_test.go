package esdbtest_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/esdbtest"
)

// ofStream returns how many of the events belong to a stream.
func ofStream(read []*esdb.RecordedEvent, stream string) int {
	n := 0
	for _, e := range read {
		if e.StreamID == stream {
			n++
		}
	}
	return n
}

func TestMetadataHidesEventsInTheirStreamAndNotInEverythingUntilAScavenge(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	began := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	now := func() time.Time { return began.Add(time.Duration(passed.Load())) }
	for what, e := range map[string]struct {
		set  func(*esdb.StreamMetadata)
		left int
	}{
		"$maxCount": {func(m *esdb.StreamMetadata) { m.SetMaxCount(3) }, 3},
		"$tb":       {func(m *esdb.StreamMetadata) { m.SetTruncateBefore(8) }, 2},
		"$maxAge":   {func(m *esdb.StreamMetadata) { m.SetMaxAge(time.Minute) }, 5},
	} {
		cluster, c := single(t, esdbtest.Config{Now: now})
		c.mustAppend("account-1", esdb.NoStream{}, events("Opened", 5)...)
		passed.Add(int64(2 * time.Minute))
		c.mustAppend("account-1", esdb.Revision(4), events("Changed", 5)...)
		meta := esdb.StreamMetadata{}
		e.set(&meta)
		c.describe("account-1", meta)
		for _, o := range []esdb.ReadStreamOptions{{}, {From: esdb.End{}, Direction: esdb.Backwards}} {
			read, err := c.stream("account-1", o)
			require.NoError(t, err)
			require.Len(t, read, e.left, what)
		}
		everything, err := c.all(esdb.ReadAllOptions{})
		require.NoError(t, err)
		require.Equal(t, 10, ofStream(everything, "account-1"), what)
		cluster.Scavenge()
		everything, err = c.all(esdb.ReadAllOptions{})
		require.NoError(t, err)
		require.Equal(t, e.left, ofStream(everything, "account-1"), what)
	}
}

func TestAStreamOfWhichEverythingHasExpiredIsEmptyAndStillThere(t *testing.T) {
	t.Parallel()
	_, c := single(t, esdbtest.Config{})
	c.mustAppend("account-1", esdb.NoStream{}, events("Opened", 5)...)
	meta := esdb.StreamMetadata{}
	meta.SetTruncateBefore(5)
	c.describe("account-1", meta)
	read, err := c.stream("account-1", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.Empty(t, read)
}

func TestOfMetadataOnlyTheLastRecordIsSeen(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	for n := range 3 {
		meta := esdb.StreamMetadata{}
		meta.SetMaxCount(uint64(n + 1))
		c.describe("account-1", meta)
	}
	read, err := c.stream("$$account-1", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.Len(t, read, 1)
	require.Equal(t, uint64(2), read[0].EventNumber)
	everything, err := c.all(esdb.ReadAllOptions{})
	require.NoError(t, err)
	require.Equal(t, 3, ofStream(everything, "$$account-1"))
	cluster.Scavenge()
	everything, err = c.all(esdb.ReadAllOptions{})
	require.NoError(t, err)
	require.Equal(t, 1, ofStream(everything, "$$account-1"))
}

func TestAScavengeLeavesTombstonesNumbersAndPositions(t *testing.T) {
	t.Parallel()
	cluster, c := single(t, esdbtest.Config{})
	c.deleteSoft("soft-1")
	first := c.mustAppend("tomb-1", esdb.NoStream{}, event("Opened"))
	c.mustAppend("tomb-1", esdb.Revision(0), event("Changed"))
	_, err := c.TombstoneStream(limited(t), "tomb-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	require.NoError(t, err)
	cluster.Scavenge()

	at := esdb.Position{Commit: first.CommitPosition, Prepare: first.PreparePosition}
	rest, err := c.all(esdb.ReadAllOptions{From: at})
	require.NoError(t, err, "a position stays one when its event is gone")
	require.Len(t, rest, 1)
	require.Equal(t, "$streamDeleted", rest[0].EventType)
	_, err = c.append("tomb-1", esdb.Any{}, event("Reopened"))
	require.Equal(t, esdb.ErrorCodeStreamDeleted, code(t, err))
	require.Equal(t, uint64(2), c.mustAppend("soft-1", esdb.NoStream{}, event("Reopened")).NextExpectedVersion)
}
