package modelcheck_test

import (
	"slices"
	"testing"

	"github.com/skaldgo/skald/internal/modelcheck"
	"github.com/skaldgo/skald/saga"
)

func TestEveryDefectOfTheLanguageIsFound(t *testing.T) {
	requireFound(t, brokenTurns(), brokenWaits(), brokenChildren())
}

// turnsAtOnce is a cancellation that waits for nothing: everything that was begun is compensated.
func turnsAtOnce() modelcheck.Under {
	return changed(func(in *saga.Instance, c saga.Command, events []saga.Event) []saga.Event {
		cancel, is := c.(saga.Cancel)
		if !is || len(events) != 1 {
			return events
		}
		return append(events, saga.CompensationRequested{Reason: "cancelled by " + cancel.Actor + ": " + cancel.Reason, Plan: []string{"a"}})
	})
}

func brokenTurns() []broken {
	branches := modelcheck.Shape{Steps: "CC", Group: "gg", Cancels: 1}
	return []broken{
		{"a cancellation does not wait for an open branch", branches, turnsAtOnce(), "G10"},
		{"a cancellation is forgotten", modelcheck.Shape{Steps: "C", Cancels: 1}, forgets[saga.Cancel](), "G21"},
		{"more branches run than the limit allows", modelcheck.Shape{Steps: "OOO", Group: "ggg", Limit: 2}, changed(
			func(in *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				if len(events) != 3 {
					return events
				}
				third, is := events[2].(saga.StepStarted)
				if _, starts := events[0].(saga.SagaStarted); !starts || !is {
					return events
				}
				third.Step, third.Key = "c", saga.IdempotencyKey(saga.Ref{Name: "Model", ID: "1"}, "c", saga.Action, 0)
				return append(events, third)
			}), "G26"},
		{"a paused saga goes on", modelcheck.Shape{Steps: "OO", Pauses: 1},
			modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
				_, proceeds := c.(saga.Proceed)
				if _, paused := in.Paused(); !paused || !proceeds || in.Steps()[1].Action.Attempts > 0 || in.State() != saga.StatePending {
					return in.Decide(c)
				}
				return []saga.Event{saga.StepStarted{AttemptStarted: saga.AttemptStarted{
					Step: "b", Attempt: 1, Key: saga.IdempotencyKey(in.Ref(), "b", saga.Action, 0),
				}}}, nil
			}}, "G20"},
	}
}

func brokenWaits() []broken {
	return []broken{
		{"a signal ends two waits", modelcheck.Shape{Steps: "WW", Signals: 1},
			modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
				second := in.State() == saga.StatePending && in.Steps()[1].Action.Open
				if _, attends := c.(saga.Attend); !attends || !second {
					return in.Decide(c)
				}
				return []saga.Event{saga.StepCompleted{Step: "b", Attempt: 1, Result: []byte(`"yes"`), Signal: "s0"}, saga.SagaCompleted{}}, nil
			}}, "G27"},
		{"a signal that nobody attends to", modelcheck.Shape{Steps: "OW", Signals: 1}, changed(
			func(in *saga.Instance, c saga.Command, events []saga.Event) []saga.Event {
				switch c.(type) {
				case saga.DeliverSignal:
					return events[:min(len(events), 1)]
				case saga.Proceed, saga.Attend:
					if in.State() == saga.StatePending {
						return nil
					}
				}
				return events
			}), "G19"},
		{"the deadline of a saga is not told", modelcheck.Shape{Steps: "O", Deadline: true}, changed(
			func(_ *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				return slices.DeleteFunc(slices.Clone(events), func(e saga.Event) bool {
					_, overdue := e.(saga.SagaOverdue)
					return overdue
				})
			}), "G21"},
	}
}

func brokenChildren() []broken {
	child := modelcheck.Shape{Steps: "K", Cancels: 1, Child: &modelcheck.Shape{Steps: "C"}}
	return []broken{
		{"a child is cancelled and not waited for", child, changed(
			func(in *saga.Instance, c saga.Command, events []saga.Event) []saga.Event {
				if _, is := c.(saga.Cancel); !is || len(events) != 1 || len(in.Children()) == 0 {
					return events
				}
				return append(events, saga.CompensationRequested{Reason: "no more", Plan: []string{}})
			}), "G10"},
		{"a restart interrupts the wait for a child", modelcheck.Shape{Steps: "K", Child: &modelcheck.Shape{Steps: "C"}},
			modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
				if _, proceeds := c.(saga.Proceed); proceeds && len(in.Children()) > 0 {
					return []saga.Event{saga.StepInterrupted{AttemptRef: saga.AttemptRef{Step: "a", Attempt: 1}}}, nil
				}
				return in.Decide(c)
			}}, "C2"},
		{"an answer about its data is taken for the end of a child", child,
			modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
				if outcome, is := c.(saga.RecordOutcome); is {
					outcome.OfFunction = false
					c = outcome
				}
				return in.Decide(c)
			}}, "G4"},
		{"the end of a child does not reach its parent", modelcheck.Shape{Steps: "K", Child: &modelcheck.Shape{Steps: "C"}}, changed(
			func(in *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				if len(in.Children()) > 0 {
					return nil
				}
				return events
			}), "G19"},
		{"a parent goes on before its child has ended", modelcheck.Shape{Steps: "K", Child: &modelcheck.Shape{Steps: "C"}},
			modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
				if _, proceeds := c.(saga.Proceed); proceeds && len(in.Children()) > 0 {
					return []saga.Event{saga.StepCompleted{Step: "a", Attempt: 1}, saga.SagaCompleted{}}, nil
				}
				return in.Decide(c)
			}}, "E2"},
	}
}
