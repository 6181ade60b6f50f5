package verify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// The saga is cancelled, an attempt is lost whose probe is to be asked before the saga turns round, and the deadline of a
// wait passes: the probe may be asked before the wait is ended, which the turn ends anyhow.
func TestAProbeMayBeAskedBeforeAWaitIsEnded(t *testing.T) {
	def := saga.Definition[goods]{Name: "Pair", Version: 1, Steps: []saga.Step[goods]{
		saga.Parallel("both", saga.WithProbe(walktest.Step("a", saga.KindCompensable, twice()), walktest.Ask),
			walktest.Step("b", saga.KindReadOnly, twice()), saga.Await[goods]("w", saga.AwaitOptions[string]{Signal: "yes", Timeout: time.Second})),
	}}
	plan := def.Plan()
	p := newPen(t)
	inst := saga.NewInstance(saga.Ref{Name: "Pair", ID: "1"})
	decide := func(command saga.Command) {
		decided, err := inst.Decide(command)
		require.NoError(t, err)
		require.NotEmpty(t, decided)
		for _, event := range decided {
			inst.Evolve(event)
		}
		p.write("saga:Pair-1", decided...)
	}
	decide(saga.StartSaga{
		Now: p.now, Ref: saga.Ref{Name: "Pair", ID: "1"}, Version: 1, DefinitionHash: saga.DefinitionHash("Pair", 1, plan),
		CorrelationID: "c", Plan: plan, Data: []byte(`{"Item":"lamp"}`), Go: true, Spare: 5,
	})
	decide(saga.Cancel{Actor: "ann", Reason: "not wanted", SeenRevision: saga.NotSeen})
	p.pass(time.Minute)
	decide(saga.RecordOutcome{Now: p.now, Step: "a", Attempt: 1, Outcome: saga.Outcome{Kind: saga.TimedOut}})
	p.pass(time.Minute)
	decide(saga.RecordOutcome{Now: p.now, Step: "b", Attempt: 1, Outcome: saga.Outcome{Kind: saga.Succeeded}, Go: true})
	require.Contains(t, lines(p.done(), "saga:Pair-1"), `"probe":"only"`)
	accept(t, p.done())
}
