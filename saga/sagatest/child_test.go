package sagatest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/proof"
	"github.com/skaldgo/skald/saga"
	"github.com/skaldgo/skald/saga/sagatest"
)

// errand has a parcel sent, which another saga takes back, and a policy written, which a function revokes, before it is
// billed.
func errand() sagatest.Case[order] {
	l, revoked := sagatest.NewLedger(), map[saga.Ref]bool{}
	once := saga.StepOptions{Retry: saga.RetryPolicy{MaximumAttempts: 1}}
	attempts := saga.AttemptOptions{Retry: once.Retry}
	data := func(_ context.Context, call saga.Call[order]) (order, error) { return call.Data, nil }
	undoData := func(_ context.Context, call saga.Call[order]) (any, error) { return call.Data, nil }
	revoke := func(_ context.Context, call saga.Call[order], _ *saga.ChildResults) error {
		revoked[saga.Ref{Name: call.SagaName, ID: call.SagaID}] = true
		return nil
	}
	child := func(name string, steps ...saga.Step[order]) sagatest.ChildDefinition {
		return sagatest.ChildOf(saga.Definition[order]{Name: name, Version: 1, Steps: steps})
	}
	return sagatest.Case[order]{
		Definition: saga.Definition[order]{Name: "Errand", Version: 1, Steps: []saga.Step[order]{
			saga.Child("send", "Parcel", data, saga.ChildOptions[order]{
				UndoSaga: "Ticket", UndoData: undoData, Attempts: attempts, Compensation: attempts,
			}),
			saga.Child("insure", "Policy", data, saga.ChildOptions[order]{Undo: revoke, Attempts: attempts, Compensation: attempts}),
			saga.Compensable("bill", do(l), undo(l), once),
		}},
		Children: []sagatest.ChildDefinition{
			child("Parcel", saga.Compensable("pack", do(l), undo(l), once), saga.Compensable("ship", do(l), undo(l), once)),
			child("Policy", saga.Compensable("sign", do(l), undo(l), once)),
			child("Ticket", saga.Retriable("collect", do(l), once)),
		},
		Data: order{Item: "lamp"}, Ledger: l,
		Invariant: func(end *saga.Instance) error {
			if end.Ref().Name == "Errand" {
				return takenBack(l, end, revoked[end.Ref()])
			}
			return nil
		},
	}
}

// takenBack tells what is wrong with what an errand has left.
func takenBack(l *sagatest.Ledger, end *saga.Instance, revoked bool) error {
	id := end.Ref().String()
	sent := l.Stands(saga.Ref{Name: "Parcel", ID: id + "/send"}, "ship")
	signed := l.Stands(saga.Ref{Name: "Policy", ID: id + "/insure"}, "sign")
	back := 0
	for nth := range 50 {
		ticket := saga.Ref{Name: "Ticket", ID: id + "/send/undo"}
		if nth > 0 {
			ticket.ID += fmt.Sprintf("/%d", nth+1)
		}
		if l.Stands(ticket, "collect") {
			back++
		}
	}
	switch completed := end.State() == saga.StateCompleted; {
	case end.State() == saga.StateTerminated:
		return nil // it says itself what stays
	case completed && (!sent || !signed || back > 0 || revoked):
		return fmt.Errorf("it has completed: sent %v, signed %v, tickets %d, revoked %v", sent, signed, back, revoked)
	case !completed && (sent && back == 0 || signed && !revoked):
		return fmt.Errorf("it was turned round: sent %v, signed %v, tickets %d, revoked %v", sent, signed, back, revoked)
	}
	return nil
}

// SKALD_PROOF_PAIRS=1 tries one pair in twenty, otherwise one in five hundred.
func TestAParentAndItsChildrenSurviveEveryPairOfFailures(t *testing.T) {
	options := sagatest.Options{OneIn: 500}
	if proof.Count("PAIRS", 0) > 0 {
		options.OneIn = 20
	}
	report := sagatest.Explore(t, errand, options)
	require.NoError(t, report.Err)
	require.True(t, report.Complete)
	require.Positive(t, report.Completed)
	require.Positive(t, report.Failed)
	require.Positive(t, report.Parked)
	require.Positive(t, report.Terminated)
	require.Len(t, report.Kinds, 18, "every kind of failure has happened")
}

func TestAParentAndItsChildrenSurviveChance(t *testing.T) {
	sum := sagatest.Simulate(t, errand, sagatest.Seeds{Count: 100})
	require.NoError(t, sum.Err)
	require.Greater(t, sum.Completed+sum.Failed+sum.SetAside, 600, "children included")
	require.Positive(t, sum.Completed)
	require.Positive(t, sum.Failed)
	require.Positive(t, sum.Terminated)
	require.Positive(t, sum.Faults["child ended by an operator"])
}

func TestACaseThatLacksTheDefinitionOfAChildIsRefused(t *testing.T) {
	factory := func() sagatest.Case[order] {
		c := errand()
		c.Children = c.Children[:2]
		return c
	}
	simulated := sagatest.Simulate(&judge{}, factory, sagatest.Seeds{Count: 1})
	require.EqualError(t, simulated.Err, `step "send" of Errand starts a saga of Ticket: add its definition to the Children of the case`)
}

// What is kept as a test names the child in which it goes wrong.
func TestASchedulePutsAFaultIntoAChild(t *testing.T) {
	const sent = "Errand/1/send"
	for name, schedule := range map[string]sagatest.Schedule{
		"a child fails":             {{Kind: sagatest.PermanentError, Saga: sent, Step: "ship", Attempt: 1}},
		"a child is ended":          {{Kind: sagatest.ChildEnded, Append: 4}},
		"its parent is ended":       {{Kind: sagatest.ParentEnded, Append: 4}},
		"its parent is paused":      {{Kind: sagatest.ParentPaused, Append: 4}},
		"its parent is not wanted":  {{Kind: sagatest.ParentCancelled, Append: 4}},
		"its parent is cancelled":   {{Kind: sagatest.StillRunning, Saga: sent, Step: "pack", Attempt: 1}, {Kind: sagatest.CancelAfterAppend, Append: 2}},
		"a crash after the request": {{Kind: sagatest.CrashAfterAppend, Append: 2}, {Kind: sagatest.CrashBeforeAppend, Append: 3}},
		"a child is taken back, and fails first": {
			{Kind: sagatest.PermanentError, Step: "bill", Attempt: 1},
			{Kind: sagatest.PermanentError, Step: "send", Direction: saga.Compensation, Attempt: 1},
		},
	} {
		t.Run(name, func(t *testing.T) { sagatest.Replay(t, errand, schedule) })
	}
	require.Equal(t, "sagatest.Schedule{\n\t{Kind: sagatest.Panic, Saga: \"Errand/1/send\", Step: \"ship\", Attempt: 2},\n}",
		sagatest.Schedule{{Kind: sagatest.Panic, Saga: sent, Step: "ship", Attempt: 2}}.GoString())
	require.Equal(t, "Panic at the action of ship in Errand/1/send, attempt 2",
		sagatest.Fault{Kind: sagatest.Panic, Saga: sent, Step: "ship", Attempt: 2}.String())
}

// A step that is compensated by a saga which does nothing is found.
func TestAChildThatIsNotTakenBackIsFound(t *testing.T) {
	factory := func() sagatest.Case[order] {
		c := errand()
		idle := func(context.Context, saga.Call[order]) (string, error) { return "", nil }
		c.Children[2] = sagatest.ChildOf(saga.Definition[order]{Name: "Ticket", Version: 1, Steps: []saga.Step[order]{
			saga.Retriable("collect", idle, saga.StepOptions{}),
		}})
		return c
	}
	report := sagatest.Explore(&judge{}, factory, sagatest.Options{SinglesOnly: true})
	require.ErrorContains(t, report.Err, "it was turned round: sent true")
}
