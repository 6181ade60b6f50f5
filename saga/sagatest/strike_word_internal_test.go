package sagatest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

// parkedBy is a world in which a saga is parked because of a schedule.
func parkedBy(t *testing.T, factory func() Case[goods], s Schedule) (*world, *client) {
	st, err := newStage()
	require.NoError(t, err)
	t.Cleanup(st.crew.dismiss)
	subject, err := factory().subject()
	require.NoError(t, err)
	script := newScript(s, 0)
	w, err := newWorld(st, subject, script, 1)
	require.NoError(t, err)
	t.Cleanup(w.close)
	script.w = w
	c := w.start("1", 0, func(int) *node { return w.nodes[0] })
	w.rest(maxHappenings)
	require.NoError(t, w.trouble)
	_, parked := c.end.Parked()
	require.True(t, parked, "%s", c.end.State())
	return w, c
}

// says lets an operator say something about a saga, and everything come of it that does.
func (w *world) says(t *testing.T, c *client, decide func(*saga.Instance) saga.Command) {
	w.consider(c, 0, decide, w.refused(c, "say"))
	w.rest(maxHappenings)
	require.NoError(t, w.trouble)
}

func turnedAtPayment(undo Kind) Schedule {
	return Schedule{
		{Kind: PermanentError, Step: "process_payment", Attempt: 1},
		{Kind: undo, Step: "reserve_inventory", Direction: saga.Compensation, Attempt: 1, Always: true},
	}
}

func TestAnOperatorOfASimulationResolvesWhatTheBooksTell(t *testing.T) {
	w, c := parkedBy(t, allCompensable, turnedAtPayment(DoneButTimedOut))
	w.says(t, c, w.resolve)
	require.Equal(t, saga.StateFailed, c.end.State())
	require.NoError(t, w.check())
	require.Equal(t, 1, w.marks[markUndoResolved])

	w, c = parkedBy(t, pivotAndRetriable, Schedule{{Kind: DoneButTimedOut, Step: "ticket", Attempt: 1, Always: true}})
	w.says(t, c, w.resolve)
	require.Equal(t, saga.StateCompleted, c.end.State())
	require.NoError(t, w.check())
	require.Equal(t, 1, w.marks[markResolved])
}

func TestAnOperatorOfASimulationDoesNotResolveWhatTheBooksDoNotTell(t *testing.T) {
	w, c := parkedBy(t, allCompensable, turnedAtPayment(TransientError))
	require.Nil(t, w.resolve(c.end), "the effect still stands")
	w, c = parkedBy(t, pivotAndRetriable, Schedule{{Kind: TransientError, Step: "ticket", Attempt: 1, Always: true}})
	require.Nil(t, w.resolve(c.end), "there is no effect")
	w.ledger = nil
	require.Nil(t, w.resolve(c.end), "there are no books")
}

// Package verify has to believe an operator. A simulation need not, because it has the books.
func TestAnUntrueWordOfAnOperatorShowsInTheBooks(t *testing.T) {
	w, c := parkedBy(t, allCompensable, turnedAtPayment(TransientError))
	w.says(t, c, func(seen *saga.Instance) saga.Command {
		return saga.Resolve{
			Step: "reserve_inventory", Direction: saga.Compensation, Evidence: "none", Actor: "operator", Reason: "it will be so",
			SeenRevision: seen.Revision(),
		}
	})
	require.NoError(t, w.rules())
	require.ErrorContains(t, w.check(), "an operator has told the truth of reserve_inventory, and its effect stands: true")
}

func TestOperatorsOfASimulationSkipNothingButWhatCanBeDoneWithout(t *testing.T) {
	factory := func() Case[goods] {
		c := pivotAndRetriable()
		c.Skippable = []string{"look", "ticket"}
		c.Invariant = func(end *saga.Instance) error {
			for _, step := range end.Steps() {
				if step.State == saga.StepStateSkipped && step.Name != "look" && step.Name != "ticket" {
					t.Errorf("%s of %s was skipped", step.Name, end.Ref())
				}
			}
			return nil
		}
		return c
	}
	sum := Simulate(t, factory, Seeds{Count: 100})
	require.NoError(t, sum.Err)
	require.Positive(t, sum.Faults[faultSkip])
	require.Zero(t, Simulate(t, everyLimit, Seeds{Count: 50}).Faults[faultSkip])
}
