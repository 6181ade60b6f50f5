package saga_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldgo/skald/saga"
)

var orderRef = saga.Ref{Name: "Order", ID: "7"}

func TestAnEngineReportsEverythingThatIsWrongWithItsConfig(t *testing.T) {
	_, err := saga.NewEngine(saga.EngineConfig{Definitions: []saga.AnyDefinition{define("A"), define("B"), orderDef(), orderDef()}})
	require.ErrorContains(t, err, `"A" has 1 fault`)
	require.ErrorContains(t, err, `"B" has 1 fault`)
	require.ErrorContains(t, err, `"Order" has 1 fault(s): version 1 of it is registered twice: give one of them another version`)
	_, err = saga.NewEngine(saga.EngineConfig{Workers: -1})
	require.ErrorContains(t, err, "Workers")
}

func TestAnEngineRunsASagaInFiveAppends(t *testing.T) {
	n := newWorld(t).node(1, orderDef())
	token := n.start(orderRef, someGoods)
	require.Empty(t, n.running, "nothing runs before its start is durable")
	require.Empty(t, n.replies, "nothing is answered before it is durable")
	n.took(orderRef)
	require.Equal(t, saga.Reply{Token: token, Created: true}, n.replies[token])
	for _, result := range []string{"r", "p", "s", "t"} {
		require.Equal(t, orderRef.Name+"/7/"+n.ran(orderRef).Step+"/action", keyOf(n.streams[orderRef]))
		n.step(orderRef, ok(result))
	}
	require.Equal(t, 5, n.batches)
	require.Len(t, n.streams[orderRef], 10)
	require.Len(t, n.settled, 1)
	require.Equal(t, saga.StateCompleted, n.settled[0].Instance.State())
	requireForgotten(t, n)
	counts := n.engine.Counts()
	require.Equal(t, []int{1, 1, 0, 10}, []int{counts.Started, counts.Completed, counts.Failed, counts.Appended})
	require.Len(t, n.told, 10, "each event is told once")
	require.Equal(t, saga.Transition{Ref: orderRef, Event: "SagaStarted", From: "none", To: "started"}, n.told[0])
	require.Equal(t, saga.Transition{
		Ref: orderRef, Event: "StepCompleted", Step: "reserve", Attempt: 1, From: "executing", To: "completed",
	}, n.told[2])
}

func keyOf(events []saga.Event) string { return events[len(events)-1].(saga.StepStarted).Key }

// requireForgotten demands that an engine keeps nothing of the sagas that it has let go.
func requireForgotten(t rapid.TB, n *node) {
	t.Helper()
	require.Empty(t, n.timers)
	require.Empty(t, n.running)
	require.Empty(t, n.engine.Open())
	require.True(t, n.engine.Drained())
	counts := n.engine.Counts()
	require.Zero(t, counts.InHand+counts.Attempts+counts.Queued+counts.Parked)
}

func TestStartsOfOneSagaGiveOneSaga(t *testing.T) {
	same, other := []byte(`{ "count": 2, "item": "lamp" }`), []byte(`{"item":"lamp","count":9}`)

	t.Run("while its first append is in flight", func(t *testing.T) {
		n := newWorld(t).node(1, orderDef())
		first, second, third := n.start(orderRef, someGoods), n.start(orderRef, same), n.start(orderRef, other)
		require.Empty(t, n.replies)
		n.took(orderRef)
		require.Equal(t, saga.Reply{Token: first, Created: true}, n.replies[first])
		require.Equal(t, saga.Reply{Token: second}, n.replies[second])
		require.ErrorIs(t, n.replies[third].Err, saga.ErrStartedDifferently)
	})
	t.Run("while it runs", func(t *testing.T) {
		n := newWorld(t).node(1, orderDef())
		n.start(orderRef, someGoods)
		n.took(orderRef)
		require.NoError(t, n.replies[n.start(orderRef, same)].Err)
		require.ErrorIs(t, n.replies[n.start(orderRef, other)].Err, saga.ErrStartedDifferently)
	})
	t.Run("when it has ended, or another process started it", func(t *testing.T) {
		w := newWorld(t)
		n := w.node(1, orderDef())
		n.start(orderRef, someGoods)
		n.took(orderRef)
		for range 4 {
			n.step(orderRef, ok("x"))
		}
		for _, data := range [][]byte{same, other} {
			token := n.start(orderRef, data)
			n.settle()
			require.Contains(t, n.replies, token)
			require.False(t, n.replies[token].Created)
			require.Equal(t, string(data) == string(other), n.replies[token].Err != nil)
		}
		requireForgotten(t, n)
		require.Equal(t, 2, n.engine.Counts().Conflicts)
	})
	t.Run("of an unknown definition gives an error", func(t *testing.T) {
		n := newWorld(t).node(1, orderDef())
		token := n.start(saga.Ref{Name: "Trip", ID: "1"}, someGoods)
		require.ErrorIs(t, n.replies[token].Err, saga.ErrUnknownDefinition)
		requireForgotten(t, n)
	})
	t.Run("that the store refuses give its error", func(t *testing.T) {
		n := newWorld(t).node(1, orderDef())
		first, second := n.start(orderRef, someGoods), n.start(orderRef, same)
		n.refuse(orderRef)
		require.ErrorIs(t, n.replies[first].Err, errTooLarge)
		require.ErrorIs(t, n.replies[second].Err, errTooLarge)
		requireForgotten(t, n)
		n.start(orderRef, someGoods)
		require.True(t, n.took(orderRef), "a refused start can be made again")
	})
}

func TestASagaThatAnotherProcessStartedIsFoundInTheLog(t *testing.T) {
	w := newWorld(t)
	n := w.node(1, orderDef())
	start := startOf(orderDef(), w.now)
	start.Go = false
	events, err := saga.NewInstance(orderRef).Decide(start)
	require.NoError(t, err)
	w.write(orderRef, events...)
	w.write(saga.Ref{Name: "Foreign", ID: "1"}, events...)
	n.follow()
	n.settle()
	require.Equal(t, "reserve", n.ran(orderRef).Step)
	require.Equal(t, []saga.Excluded{
		{Ref: saga.Ref{Name: "Foreign", ID: "1"}, Reason: "no definition of that name is registered"},
	}, n.engine.Untouched())
}

// Seed 938 of a simulation: the notice of a saga that another process has started comes while the engine's own start of it
// is under way, and the store does not take that. The saga is there all the same, and may have nobody to run it.
func TestASagaThatAnotherProcessStartedIsFoundThoughItsStartHereIsRefused(t *testing.T) {
	w := newWorld(t)
	n := w.node(1, orderDef())
	token := n.start(orderRef, someGoods)
	start := startOf(orderDef(), w.now)
	start.Go = false
	events, err := saga.NewInstance(orderRef).Decide(start)
	require.NoError(t, err)
	w.write(orderRef, events...)
	n.follow()
	n.refuse(orderRef)
	require.Equal(t, []saga.Ref{orderRef}, n.engine.Open())
	n.load(orderRef)
	require.NoError(t, n.replies[token].Err, "what was asked for is there")
	require.False(t, n.replies[token].Created)
	n.settle()
	require.Equal(t, "reserve", n.ran(orderRef).Step)
}

func TestItsOwnEventsInTheLogMakeAnEngineLoadNothing(t *testing.T) {
	for _, before := range []bool{true, false} {
		n := newWorld(t).node(1, orderDef())
		n.start(orderRef, someGoods)
		if before { // the log can tell of an append before its writer is told
			n.write(orderRef, n.appends[0].Events...)
			n.follow()
			n.streams[orderRef], n.log, n.seen = nil, nil, 0
			n.took(orderRef)
			n.seen = len(n.log)
		} else {
			n.took(orderRef)
			n.follow()
		}
		for range 4 {
			n.step(orderRef, ok("x"))
			n.follow()
			require.Empty(t, n.loads)
		}
		requireForgotten(t, n)
	}
}
