package verify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/walktest"
	"github.com/skaldgo/skald/saga"
)

// A branch fails while the saga is to turn round and another one runs, and then the saga is given time: what follows from the
// failure follows now, and not right behind it.
func TestG6AFailureBeforeTheDeadlineIsExtendedIsActedUponAfterThat(t *testing.T) {
	for name, c := range map[string]struct {
		how   saga.OutcomeKind
		leads string
	}{
		"another attempt": {saga.FailedTransiently, `"step":"a","attempt":2`},
		"the way back":    {saga.FailedPermanently, "StepGivenUp"},
	} {
		t.Run(name, func(t *testing.T) {
			def := saga.Definition[goods]{Name: "Pair", Version: 1, Deadline: time.Minute, Steps: []saga.Step[goods]{
				saga.Parallel("both", walktest.Step("a", saga.KindReadOnly, twice()), walktest.Step("b", saga.KindReadOnly, twice())),
			}}
			plan, ref := def.Plan(), saga.Ref{Name: "Pair", ID: "1"}
			p, inst := newPen(t), saga.NewInstance(saga.Ref{Name: "Pair", ID: "1"})
			decide := func(command saga.Command) {
				decided, err := inst.Decide(command)
				require.NoError(t, err)
				require.NotEmpty(t, decided)
				for _, event := range decided {
					inst.Evolve(event)
				}
				p.write(ref.Stream(), decided...)
			}
			decide(saga.StartSaga{
				Now: p.now, Ref: ref, Version: 1, DefinitionHash: saga.DefinitionHash("Pair", 1, plan),
				CorrelationID: "c", Plan: plan, Data: []byte(`{"Item":"lamp"}`), Go: true, Spare: 5,
			})
			p.pass(2 * time.Minute)
			decide(saga.Attend{Now: p.now})
			decide(saga.RecordOutcome{Now: p.now, Step: "a", Attempt: 1, Outcome: saga.Outcome{Kind: c.how, Error: "broken"}, Go: true})
			decide(saga.Extend{Now: p.now, Deadline: p.now.Add(time.Hour), Actor: "ann", Reason: "it takes longer", SeenRevision: saga.NotSeen})
			p.pass(time.Second)
			decide(saga.Proceed{Now: p.now})
			require.Contains(t, lines(p.done(), ref.Stream()), c.leads)
			accept(t, p.done())
		})
	}
}
