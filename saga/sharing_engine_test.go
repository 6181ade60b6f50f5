package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// sharing makes an engine that shares the only shard of a store with others.
func (w *world) sharing(definitions ...saga.AnyDefinition) *node {
	n := w.node(1, definitions...)
	var err error
	n.engine, err = saga.NewEngine(saga.EngineConfig{
		Definitions: definitions, Workers: 1, Actor: "engine", Transitions: true, Shards: 1,
	})
	require.NoError(w.t, err)
	return n
}

// holds tells the engine that it has the shard; 0 means that it has not.
func (n *node) holds(token uint64, back ...int) {
	n.t.Helper()
	change := saga.LeasesChanged{}
	for _, shard := range back {
		change.Return = append(change.Return, eventstore.ShardLease{Shard: shard, Token: token})
	}
	if token > 0 {
		change.Held = []eventstore.ShardLease{{Token: token}}
	}
	n.handle(change)
}

// asked returns the effects of one type of the last input.
func asked[T saga.Effect](n *node) []T {
	var all []T
	for _, e := range n.effects {
		if is, ok := e.(T); ok {
			all = append(all, is)
		}
	}
	return all
}

// loadBehind answers the engine's load of a saga in whose stream is a token.
func (n *node) loadBehind(fence uint64) {
	n.t.Helper()
	require.Equal(n.t, []saga.Ref{orderRef}, n.loads)
	n.loads = nil
	n.handle(saga.SagaLoaded{Ref: orderRef, Instance: n.fold(orderRef), Head: n.head(orderRef), Fence: fence})
}

// Seed 3427 of a simulation: the saga fell out of the restart index, and nobody would have looked at it again.
func TestASagaThatIsSetAsideIsNotForgottenWhenItsShardIsLostAndComesBack(t *testing.T) {
	w := newWorld(t)
	n := w.sharing(orderDef())
	n.holds(1)
	n.start(orderRef, someGoods)
	n.took(orderRef)
	w.pass(n.ran(orderRef).Deadline.Sub(w.now))
	n.fireDue()
	n.refuse(orderRef) // and its function has not returned
	n.holds(0)
	require.Equal(t, []saga.Ref{orderRef}, n.engine.Open())
	n.holds(2)
	require.Equal(t, []saga.Ref{orderRef}, n.engine.Open())
	require.Empty(t, n.loads, "nothing of it starts beside the attempt that runs")
	n.ends(orderRef, ok("late"))
	require.Equal(t, []saga.Ref{orderRef}, n.engine.Open())
	require.Equal(t, []saga.Ref{orderRef}, n.loads, "someone else may have gone on with it")
}

func TestATokenBehindOneInTheStreamIsNotUsed(t *testing.T) {
	w := newWorld(t)
	n := w.sharing(orderDef())
	n.holds(1)
	n.start(orderRef, someGoods)
	require.EqualValues(t, 1, n.appends[0].Envelope.Fence)
	n.took(orderRef)
	n.appends = nil
	n.ends(orderRef, ok("done"))
	n.appends = nil
	n.handle(saga.AppendConflicted{Ref: orderRef})
	n.loadBehind(5)
	require.Equal(t, []saga.TokenBehind{{Ref: orderRef, Fence: 5}}, asked[saga.TokenBehind](n))
	require.Len(t, n.appends, 1, "what came of the attempt is a fact")
	require.Zero(t, n.appends[0].Envelope.Fence)
	n.took(orderRef)
	require.Empty(t, n.running, "nothing begins until the shard is held by a higher token")
	require.Empty(t, n.appends)
	n.holds(6)
	n.loadBehind(5)
	require.Len(t, n.appends, 1)
	require.EqualValues(t, 6, n.appends[0].Envelope.Fence)
}

func TestAnAttemptWhoseRecordBecomesDurableAfterTheShardIsLostDoesNotBegin(t *testing.T) {
	w := newWorld(t)
	n := w.sharing(orderDef())
	n.holds(1)
	n.start(orderRef, someGoods)
	n.holds(0)
	n.took(orderRef)
	require.Empty(t, n.running)
	n.settle()
	require.Equal(t, saga.TypeStepInterrupted, w.types(orderRef, 2)[0], "so that the next owner knows")
	require.Zero(t, n.engine.Counts().InHand)
}

func TestAShardIsVacatedOnceForEachTokenWhenNothingOfItIsInHand(t *testing.T) {
	w := newWorld(t)
	n := w.sharing(orderDef())
	n.holds(3)
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.holds(3, 0)
	require.Empty(t, asked[saga.ShardVacated](n), "an attempt runs")
	require.Empty(t, asked[saga.CancelAttempt](n), "and may come to its end")
	n.handle(saga.ReturnOverdue{})
	require.Len(t, asked[saga.CancelAttempt](n), 1)
	n.handle(saga.ReturnOverdue{})
	require.Empty(t, asked[saga.CancelAttempt](n), "once")
	n.ends(orderRef, failed)
	n.took(orderRef)
	require.Equal(t, saga.TypeStepInterrupted, w.types(orderRef, 2)[0])
	require.Equal(t, []saga.ShardVacated{{Lease: eventstore.ShardLease{Token: 3}}}, asked[saga.ShardVacated](n))
	n.holds(3, 0)
	require.Empty(t, asked[saga.ShardVacated](n), "it was told so already")
	n.holds(4, 0)
	require.Len(t, asked[saga.ShardVacated](n), 1, "it was lost and granted again meanwhile")
	n.holds(4)
	require.Equal(t, []saga.Ref{orderRef}, n.loads, "it stays after all")
}

func TestAnAttemptOfALostShardIsCancelledAndWhatComesOfItRecorded(t *testing.T) {
	w := newWorld(t)
	n := w.sharing(orderDef())
	n.holds(1)
	n.start(orderRef, someGoods)
	n.took(orderRef)
	n.holds(0)
	require.Len(t, asked[saga.CancelAttempt](n), 1)
	require.Empty(t, n.timers, "its deadline is somebody else's business")
	n.ends(orderRef, ok("done"))
	require.Equal(t, "StepCompleted", n.appends[0].Events[0].EventType())
	require.Len(t, n.appends[0].Events, 1, "and nothing begins with it")
	require.Zero(t, n.appends[0].Envelope.Fence, "without a lease there is no token")
	n.took(orderRef)
	require.Zero(t, n.engine.Counts().InHand)
	w.pass(time.Hour)
	n.fireDue()
	require.Empty(t, n.appends)
	token := n.start(orderRef, someGoods)
	require.ErrorIs(t, n.replies[token].Err, saga.ErrElsewhere)
}
