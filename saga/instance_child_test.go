package saga_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func dataOfChild(_ context.Context, call saga.Call[goods]) (goods, error) { return call.Data, nil }

// contractDef delegates its middle step to another saga, compensated as the options say.
func contractDef(o saga.ChildOptions[goods]) saga.Definition[goods] {
	return define("Contract", compensable("reserve", saga.StepOptions{}), saga.Child("works", "Works", dataOfChild, o),
		compensable("pay", saga.StepOptions{}))
}

func undoWorks(context.Context, saga.Call[goods], *saga.ChildResults) error { return nil }

func byFunction() saga.ChildOptions[goods] { return saga.ChildOptions[goods]{Undo: undoWorks} }

func bySaga() saga.ChildOptions[goods] {
	return saga.ChildOptions[goods]{
		UndoSaga: "Demolition", UndoData: func(_ context.Context, call saga.Call[goods]) (any, error) { return call.Data, nil },
	}
}

// contracting is a contract whose child was asked for.
func contracting(t *testing.T, o saga.ChildOptions[goods]) *tale {
	s := begin(t, contractDef(o))
	s.ends(ok("r"), "did reserve 1", "do works 1")
	s.ends(saga.Outcome{Result: someGoods}, "ask works 1 for Works/Contract/7/works")
	return s
}

func TestAChildThatCompletesCompletesTheStep(t *testing.T) {
	s := contracting(t, byFunction())
	require.Equal(t, []saga.Ref{{Name: "Works", ID: "Contract/7/works"}}, s.fold().Children())
	s.then(saga.Proceed{Now: s.now})
	s.then(saga.Recover{Now: s.now, Go: true})
	results := saga.Outcome{Result: json.RawMessage(`{"dig":1}`)}
	s.then(s.endOf("works", results), "did works 1", "do pay 1")
	s.ends(refused, "failed pay 1 for good", "turn at pay: works reserve", "undo works 1")
}

func TestASecondAnswerAboutItsDataIsNotTakenForTheEndOfAChild(t *testing.T) {
	s := contracting(t, byFunction())
	for _, outcome := range []saga.Outcome{{Result: someGoods}, failed, refused, {Kind: saga.TimedOut}, {Kind: saga.Interrupted}} {
		again := s.endOf("works", outcome)
		again.OfFunction = true
		s.then(again)
	}
	s.then(s.endOf("works", saga.Outcome{Result: json.RawMessage(`{"dig":1}`)}), "did works 1", "do pay 1")
}

func TestAChildThatFailsFailsTheStepAndIsNotStartedAgain(t *testing.T) {
	s := contracting(t, byFunction())
	s.then(s.endOf("works", refused), "failed works 1 for good", "turn at works: reserve", "undo reserve 1")
}

func TestAChildThatWasTerminatedLeavesTheStepUnknown(t *testing.T) {
	s := contracting(t, byFunction())
	s.then(s.endOf("works", failed), "failed works 1", "turn at works: works reserve", "undo works 1 blind")
}

func TestTheDataOfAChildIsGivenInAnAttemptAsAnyOther(t *testing.T) {
	s := begin(t, contractDef(byFunction()))
	s.ends(ok("r"), "did reserve 1", "do works 1")
	s.ends(failed, "failed works 1", "retry works 2")
	s.retries(saga.Outcome{Result: someGoods}, "ask works 2 for Works/Contract/7/works")
}

func TestACancellationIsHeldByAChild(t *testing.T) {
	s := contracting(t, byFunction())
	s.then(unwanted, "cancel")
	s.then(saga.Proceed{Now: s.now})
	s.then(s.endOf("works", saga.Outcome{Result: json.RawMessage(`{}`)}), "did works 1", "turn at : works reserve", "undo works 1")
}

func TestASagaCompensatesTheStepThatStartedAChild(t *testing.T) {
	s := contracting(t, bySaga())
	s.then(s.endOf("works", saga.Outcome{Result: json.RawMessage(`{}`)}), "did works 1", "do pay 1")
	s.ends(refused, "failed pay 1 for good", "turn at pay: works reserve", "undo works 1")
	s.ends(saga.Outcome{Result: someGoods}, "ask works 1 for Demolition/Contract/7/works/undo")
	s.ends(refused, "undo failed works 1 for good", "park works compensation permanent_error")
	s.redrive("redrive works compensation", "undo works 2")
	s.ends(saga.Outcome{Result: someGoods}, "ask works 2 for Demolition/Contract/7/works/undo/2")
	s.ends(saga.Outcome{Result: json.RawMessage(`{}`)}, "undid works 2", "undo reserve 1")
}

func TestAChildWithoutAWayToCompensateItIsAFault(t *testing.T) {
	err := contractDef(saga.ChildOptions[goods]{}).Validate()
	require.ErrorContains(t, err, `step "works" has 0 of Undo, UndoSaga and NothingToUndo, it must have one`)
	require.NoError(t, contractDef(saga.ChildOptions[goods]{NothingToUndo: true}).Validate())
}

func TestNoChildIsStartedOnceItsParentIsToBeCompensated(t *testing.T) {
	s := begin(t, contractDef(byFunction()))
	s.ends(ok("r"), "did reserve 1", "do works 1")
	s.then(unwanted, "cancel")
	s.ends(saga.Outcome{Result: someGoods}, "failed works 1 for good", "turn at : reserve", "undo reserve 1")
}

func TestAChildThatNoSagaCouldBeNamedToCompensateIsNotStarted(t *testing.T) {
	s := &tale{t: t, ref: saga.Ref{Name: "Contract", ID: strings.Repeat("i", saga.MaxIDBytes-len("Contract//works/undo/99")+1)}, now: noon}
	start := startOf(contractDef(bySaga()), s.now)
	start.Ref = s.ref
	s.decide(start)
	s.ends(ok("r"), "did reserve 1", "do works 1")
	s.ends(saga.Outcome{Result: someGoods}, "failed works 1 for good", "turn at works: reserve", "undo reserve 1")
	require.Contains(t, s.events[4].(saga.StepFailed).Error, "the saga that compensates it")
}
