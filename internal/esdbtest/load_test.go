package esdbtest_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/skaldgo/skald/internal/esdbtest"
)

func TestManyWritersAndOneSubscriberAgreeOnTheOrder(t *testing.T) {
	t.Parallel()
	const writers, each = 6, 40
	cluster, c := single(t, esdbtest.Config{})
	w := dial(t, cluster.Node(0))
	f := w.follow(limited(t), fromTheEnd(filtered(32, 1)))
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for n := range each {
				stream := fmt.Sprintf("account-%d", i)
				_, _, err := w.appendAny(t.Context(), stream, proposed(uuid.New(), binary(fmt.Sprint(n)), ""))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	var last uint64
	numbers := map[string]uint64{}
	for got := 0; got < writers*each; {
		e := f.next().GetEvent().GetEvent()
		if e == nil {
			continue
		}
		got++
		require.Greater(t, e.GetCommitPosition(), last)
		last = e.GetCommitPosition()
		stream := string(e.GetStreamIdentifier().GetStreamName())
		require.Equal(t, numbers[stream], e.GetStreamRevision())
		numbers[stream]++
	}
	all.Wait()
	read, err := c.stream("account-3", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.Len(t, read, each)
}

func TestWhatWasAcknowledgedSurvivesAnyNumberOfLeaders(t *testing.T) {
	t.Parallel()
	const wanted = 60
	cluster := three(t, esdbtest.Config{CommitTimeout: 50 * time.Millisecond})
	stop, killer := make(chan struct{}), sync.WaitGroup{}
	killer.Go(func() {
		for i := 0; ; i = (i + 1) % 3 {
			cluster.Node(i).Kill()
			if err := cluster.Node(i).Start(); err != nil {
				t.Error(err)
			}
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	})
	nodes := []wire{dial(t, cluster.Node(0)), dial(t, cluster.Node(1)), dial(t, cluster.Node(2))}
	acknowledged, refused := map[uuid.UUID]bool{}, 0
	for i := 0; len(acknowledged) < wanted || refused < wanted/10; i++ {
		id := uuid.New()
		call, err := nodes[i%3].tryAppend(limited(t), "account-1", proposed(id, binary("Opened"), ""))
		if err != nil {
			require.Contains(t, []codes.Code{codes.Unavailable, codes.Aborted}, status.Code(err), "%v", err)
			refused++
			continue
		}
		require.NotNil(t, call.GetSuccess())
		acknowledged[id] = true
	}
	close(stop)
	killer.Wait()
	read, err := connect(t, cluster.URL()).stream("account-1", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	for i, e := range read {
		require.Equal(t, uint64(i), e.EventNumber)
		delete(acknowledged, e.EventID)
	}
	require.Empty(t, acknowledged)
}
