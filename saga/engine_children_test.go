package saga_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

var (
	contractRef = saga.Ref{Name: "Contract", ID: "7"}
	worksRef    = saga.Ref{Name: "Works", ID: "Contract/7/works"}
	worked      = saga.Outcome{Result: json.RawMessage(`{"dig":1}`)}
)

func worksDef() saga.Definition[goods] {
	return define("Works", compensable("dig", saga.StepOptions{}))
}

// toItsChild lets a parent go on to where its child is asked for, and returns what is to be done about that.
func (n *node) toItsChild() saga.AttendChild {
	n.t.Helper()
	n.start(contractRef, someGoods)
	n.took(contractRef)
	n.step(contractRef, ok("r"))
	require.Empty(n.t, asked[saga.AttendChild](n), "its data is given first")
	n.ends(contractRef, saga.Outcome{Result: someGoods})
	require.Empty(n.t, asked[saga.AttendChild](n), "the request is durable first")
	n.took(contractRef)
	return n.attends()
}

// attends returns the only AttendChild of the last input.
func (n *node) attends() saga.AttendChild {
	n.t.Helper()
	all := asked[saga.AttendChild](n)
	require.Len(n.t, all, 1)
	return all[0]
}

// sees answers an AttendChild.
func (n *node) sees(e saga.AttendChild, ended bool, outcome saga.Outcome) {
	n.t.Helper()
	n.handle(saga.ChildSeen{
		Parent: e.Parent, Step: e.Step, Direction: e.Direction, Attempt: e.Attempt, Child: e.Child, Ended: ended, Outcome: outcome,
	})
}

func (n *node) childEnds() {
	n.t.Helper()
	n.handle(saga.EventSeen{Ref: worksRef, Revision: 5, Type: saga.TypeSagaCompleted})
}

func TestAnEngineAsksForAChildOnceAndLooksAgainWhenItHasEnded(t *testing.T) {
	n := newWorld(t).node(1, contractDef(byFunction()), worksDef())
	e := n.toItsChild()
	require.Equal(t, worksRef, e.Child)
	require.Equal(t, []byte(someGoods), e.Data)
	require.Empty(t, e.Cancel)
	n.sees(e, false, saga.Outcome{})
	require.Empty(t, n.effects)
	n.pass(1000 * time.Hour)
	n.fireDue()
	require.Empty(t, n.effects)
	require.Empty(t, n.timers, "it does not poll")
	n.childEnds()
	n.sees(n.attends(), true, worked)
	n.took(contractRef)
	n.settle()
	require.Equal(t, "pay", n.ran(contractRef).Step)
}

func TestTheEndOfAChildSeenBeforeTheAnswerAboutItIsNotForgotten(t *testing.T) {
	n := newWorld(t).node(1, contractDef(byFunction()), worksDef())
	e := n.toItsChild()
	n.childEnds()
	require.Empty(t, asked[saga.AttendChild](n), "one is under way")
	n.sees(e, false, saga.Outcome{})
	n.sees(n.attends(), true, worked)
	n.settle()
	require.Equal(t, "pay", n.ran(contractRef).Step)
}

func TestACancellationThatComesWhileAChildIsSeenToReachesTheChild(t *testing.T) {
	n := newWorld(t).node(1, contractDef(byFunction()), worksDef())
	e := n.toItsChild()
	n.write(contractRef, saga.SagaCancelRequested{Actor: "ann", Reason: "not wanted"})
	n.handle(saga.EventSeen{Ref: contractRef, Revision: n.head(contractRef).Revision, Type: saga.TypeSagaCancelRequested})
	n.settle()
	require.Empty(t, asked[saga.AttendChild](n), "one is under way")
	n.sees(e, false, saga.Outcome{})
	e = n.attends()
	require.NotEmpty(t, e.Cancel)
	n.sees(e, false, saga.Outcome{})
	require.Empty(t, n.effects, "it is cancelled once")
	n.childEnds()
	n.sees(n.attends(), true, refused)
	n.settle()
	require.Equal(t, saga.StateCompensating, n.fold(contractRef).State())
}

func TestDuringAStopNoChildIsSeenTo(t *testing.T) {
	n := newWorld(t).node(1, contractDef(byFunction()), worksDef())
	n.sees(n.toItsChild(), false, saga.Outcome{})
	n.handle(saga.StopRequested{})
	n.childEnds()
	require.Empty(t, n.effects)
	require.True(t, n.engine.Drained())
}

func TestAParentThatIsHandedOverIsSeenToByItsNewOwner(t *testing.T) {
	w := newWorld(t)
	old, next := w.sharing(contractDef(byFunction()), worksDef()), w.sharing(contractDef(byFunction()), worksDef())
	old.holds(1)
	e := old.toItsChild()
	old.holds(0)
	next.handle(saga.SagasFound{Refs: []saga.Ref{contractRef}})
	next.holds(2)
	next.load(contractRef)
	n := next.attends()
	require.Equal(t, e, n, "as its old owner did")
	old.sees(e, true, worked)
	require.Empty(t, old.effects, "it has let go of the parent")
	old.holds(3)
	old.load(contractRef)
	old.sees(old.attends(), false, saga.Outcome{})
	old.childEnds()
	old.sees(old.attends(), true, worked)
	old.took(contractRef)
	next.sees(n, true, worked)
	require.False(t, next.took(contractRef), "of two that record it one loses")
	require.Equal(t, 1, countOf(w.types(contractRef, 0), saga.TypeStepCompleted, 4))
}

// countOf counts a type among those from a revision on.
func countOf(types []string, of string, from int) (n int) {
	for _, is := range types[from:] {
		if is == of {
			n++
		}
	}
	return n
}

// siteDef has a child beside an ordinary step.
func siteDef() saga.Definition[goods] {
	return define("Contract", saga.Parallel("both", saga.Child("works", "Works", dataOfChild, byFunction()),
		compensable("fence", saga.StepOptions{})))
}

func TestNothingComesOfTheChildOfASagaThatIsSetAside(t *testing.T) {
	n := newWorld(t).node(2, siteDef(), worksDef())
	n.handle(saga.StartRequested{Token: 1, Ref: contractRef, Data: someGoods, CorrelationID: "c"})
	appended := n.appends[0]
	n.appends = nil
	n.writeAt(n.now, contractRef, appended.Events...)
	n.effects = n.engine.Handle(n.now, saga.EventsAppended{Ref: contractRef, Head: n.head(contractRef)})
	require.Len(t, asked[saga.RunAttempt](n), 2)
	gives := saga.AttemptEnded{Ref: contractRef, Step: "works", Attempt: 1, Outcome: saga.Outcome{Result: someGoods}}
	n.appended(gives)
	e := n.attends()
	n.pass(time.Hour)
	n.effects = n.engine.Handle(n.now, saga.TimerFired{Ref: contractRef})
	require.Len(t, asked[saga.AppendEvents](n), 1, "the fence timed out")
	n.effects = n.engine.Handle(n.now, saga.AppendRefused{Ref: contractRef, Err: errTooLarge})
	require.Len(t, n.engine.SetAside(), 1)
	n.effects = n.engine.Handle(n.now, saga.ChildSeen{
		Parent: e.Parent, Step: e.Step, Attempt: e.Attempt, Child: e.Child, Ended: true, Outcome: worked,
	})
	require.Empty(t, n.effects, "its history cannot be used")
	require.Empty(t, n.engine.Handle(n.now, saga.EventSeen{Ref: worksRef, Revision: 5, Type: saga.TypeSagaCompleted}))
}

// appended gives the engine an input that leads to an append, and lets it happen.
func (n *node) appended(input saga.Input) {
	n.t.Helper()
	n.effects = n.engine.Handle(n.now, input)
	appends := asked[saga.AppendEvents](n)
	require.Len(n.t, appends, 1)
	n.writeAt(n.now, contractRef, appends[0].Events...)
	n.effects = n.engine.Handle(n.now, saga.EventsAppended{Ref: contractRef, Head: n.head(contractRef)})
}
