package saga_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/saga"
)

func TestAResultThatNothingCanAskForIsFound(t *testing.T) {
	price := func(name string) saga.Step[goods] {
		return saga.ReadOnly(name, func(context.Context, saga.Call[goods]) (int, error) { return 7, nil }, saga.StepOptions{})
	}
	solvent := saga.ReadOnly("solvent", func(context.Context, saga.Call[goods]) (struct{}, error) { return struct{}{}, nil }, saga.StepOptions{})
	buy := func(name string) saga.Step[goods] { return literal(name, saga.StepOptions{}) }

	findings := saga.Lint(define("D", buy("a"), price("b")))
	require.Len(t, findings, 1)
	require.Equal(t, "D, step b: it reads, and no step stands behind it that could ask for its result (unreachable): "+
		"move it before the step that needs what it reads, or give it struct{} as its result if it only checks", findings[0].String())

	require.Empty(t, saga.Lint(define("D", price("a"), buy("b"))), "the step behind it can ask for it")
	require.Empty(t, saga.Lint(define("D", buy("a"), solvent)), "it only checks")
	require.Equal(t, []string{"D b unreachable", "D d unreachable"},
		found(define("D", buy("a"), saga.Parallel("g", price("b"), buy("c"), price("d")))), "branches do not see each other's results")
	require.Empty(t, saga.Lint(define("D", saga.Parallel("g", price("a"), buy("b")), buy("c"))))
}

func TestTheResultsOfASagaThatAnotherOneStartsCanBeAskedForThere(t *testing.T) {
	quote := define("Quote", saga.ReadOnly("price", func(context.Context, saga.Call[goods]) (int, error) { return 7, nil }, saga.StepOptions{}))
	order := define("Order", saga.Child("quote", "Quote", dataOfChild, saga.ChildOptions[goods]{NothingToUndo: true}), literal("buy", saga.StepOptions{}))
	require.Equal(t, []string{"Quote price unreachable"}, found(quote))
	require.Empty(t, found(quote, order))
}
