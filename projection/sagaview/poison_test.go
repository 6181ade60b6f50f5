package sagaview_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/projection/sagaview"
	"github.com/skaldgo/skald/saga"
)

// newPoisoned returns a log in which the second of three sagas has an event that is unknown here.
func newPoisoned(t *testing.T) *fixture {
	f := newFixture(t)
	f.begin(orderDef(), "1").ends(done)
	f.begin(orderDef(), "2").ends(done)
	f.append(ref("Order", 2).Stream(), "SagaTeleported", "{}")
	f.append(ref("Order", 2).Stream(), saga.TypeSagaCompleted, "{}")
	f.begin(orderDef(), "3").ends(done, done)
	return f
}

func TestAnEventOfAnUnknownTypeStopsTheProjectionAndIsNamed(t *testing.T) {
	f := newPoisoned(t)
	err := f.projector().CatchUp(t.Context())
	var poison *projection.PoisonError
	require.ErrorAs(t, err, &poison)
	require.ErrorIs(t, err, eventstore.ErrUnknownType)
	require.Equal(t, ref("Order", 2).Stream(), poison.Stream)
	require.Equal(t, int64(4), poison.Revision)
	require.Equal(t, "SagaTeleported", poison.Type)
	require.Equal(t, []string{"2", "1"}, f.ids(sagaview.Query{}), "what came before it has been applied")
	require.Contains(t, f.count().AsOf.LastError, "SagaTeleported")
}

func TestAnEventOfAnUnknownTypeSetsAsideOneSagaWhenSoConfigured(t *testing.T) {
	f := newPoisoned(t)
	require.NoError(t, f.projector(quarantine).CatchUp(t.Context()))
	page := f.list(sagaview.Query{States: []saga.State{saga.StatePending, saga.StateCompleted}})
	require.Len(t, page.Sagas, 3)
	require.Equal(t, saga.StateCompleted, page.Sagas[0].State, "the others go on")
	require.Equal(t, "2", page.Sagas[1].ID)
	require.Equal(t, saga.StatePending, page.Sagas[1].State, "it stays as it was before")
	require.Equal(t, int64(3), page.Sagas[1].Revision)
	require.Equal(t, 1, page.AsOf.Quarantined)
	list, err := projection.ReadQuarantine(t.Context(), f.db.Read, sagaview.Name)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, ref("Order", 2).Stream(), list[0].Stream)
	require.Equal(t, "SagaTeleported", list[0].Type)
	require.Equal(t, int64(1), list[0].Skipped)
}

func TestAnEventThatCannotFollowIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		id              int
		eventType, data string
		want            error
	}{
		"an event of a saga that was not started":         {2, saga.TypeSagaCompleted, "{}", sagaview.ErrNoStart},
		"a start without a plan":                          {2, saga.TypeSagaStarted, `{"name":"Order","id":"2"}`, sagaview.ErrNoPlan},
		"a start with an empty plan":                      {2, saga.TypeSagaStarted, `{"plan":{"steps":[]}}`, sagaview.ErrNoPlan},
		"a start of a step that the plan does not have":   {1, saga.TypeStepStarted, `{"step":"sing","attempt":1}`, sagaview.ErrNoStep},
		"an end of a step that the plan does not have":    {1, saga.TypeStepCompleted, `{"step":"sing","attempt":1}`, sagaview.ErrNoStep},
		"a redrive of a step that the plan does not have": {1, saga.TypeStepRedriven, `{"step":"sing"}`, sagaview.ErrNoStep},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.begin(orderDef(), "1")
			f.append(ref("Order", c.id).Stream(), c.eventType, c.data)
			err := f.projector().CatchUp(t.Context())
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, ref("Order", c.id).Stream())
		})
	}
}

func TestEventsOfOtherStreamsAreNotLookedAt(t *testing.T) {
	f := newFixture(t)
	f.append("account-1", "MoneyMoved", "{}")
	f.append("saga:-1", "Nothing", "{}")
	f.begin(orderDef(), "1")
	f.catchUp()
	require.Equal(t, []string{"1"}, f.ids(sagaview.Query{}))
}
