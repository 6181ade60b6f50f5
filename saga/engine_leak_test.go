package saga

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/aggregate"
)

// What an engine keeps for sagas that it has let go cannot be seen from outside, and would only show after months.
func TestAnEngineKeepsNothingOfSagasThatItHasLetGo(t *testing.T) {
	do := func(context.Context, Call[int]) (int, error) { return 0, nil }
	g, err := NewEngine(EngineConfig{Workers: 1, Definitions: []AnyDefinition{
		Definition[int]{Name: "L", Version: 1, Steps: []Step[int]{ReadOnly("a", do, StepOptions{})}},
	}})
	require.NoError(t, err)
	now := time.Unix(1e9, 0)
	for i := range 20 {
		ref := Ref{Name: "L", ID: fmt.Sprint(i)}
		other := Ref{Name: "L", ID: fmt.Sprint("other ", i)}
		g.Handle(now, StartRequested{Ref: ref, Data: []byte("1")})
		g.Handle(now, StartRequested{Ref: other, Data: []byte("1")}) // waits for the slot
		g.Handle(now, EventsAppended{Ref: ref, Head: aggregate.Head{Revision: 1}})
		g.Handle(now, EventSeen{Ref: ref, Type: TypeSagaStarted})
		if i%2 == 0 {
			g.Handle(now, AppendRefused{Ref: other, Err: ErrInvalidData})
		} else {
			g.Handle(now, AppendConflicted{Ref: other})
			g.Handle(now, SagaLoaded{Ref: other, Missing: true})
		}
		g.Handle(now, AttemptEnded{Ref: ref, Step: "a", Attempt: 1, Outcome: Outcome{Kind: Succeeded}})
		g.Handle(now, EventsAppended{Ref: ref, Head: aggregate.Head{Revision: 3}})
		g.Handle(now, EventSeen{Ref: ref, Revision: 3, Type: TypeSagaCompleted})
	}
	require.Empty(t, g.sagas)
	require.Empty(t, g.ownStarts)
	require.Empty(t, g.untouched)
	require.Empty(t, g.setAside)
	require.Empty(t, g.queue)
	require.Empty(t, g.ready)
	require.Equal(t, 1, g.free)
	require.True(t, g.Drained())
}
