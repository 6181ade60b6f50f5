package modelcheck_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/modelcheck"
	"github.com/skaldgo/skald/saga"
)

// broken is a defect, and what finds it.
type broken struct {
	defect string
	shape  modelcheck.Shape
	under  modelcheck.Under
	rule   string
}

func TestEveryDefectIsFound(t *testing.T) {
	requireFound(t, brokenOrder(), brokenOutcomes(), brokenEnds(), brokenShells())
}

// requireFound demands that each defect is found, by its rule.
func requireFound(t *testing.T, defects ...[]broken) {
	t.Helper()
	for _, b := range slices.Concat(defects...) {
		t.Run(b.defect, func(t *testing.T) {
			report, err := modelcheck.Explore(t.Context(), b.shape, b.under)
			var violation *modelcheck.ViolationError
			require.ErrorAs(t, err, &violation, "%d states", report.States)
			require.Equal(t, b.rule, violation.Rule(), "%v", violation)
			require.NotEmpty(t, violation.Trace)
		})
	}
}

// The effects tell of a defect even if nobody reads the log.
func TestDefectsShowInTheEffects(t *testing.T) {
	rules := map[string]string{
		"the key has the attempt in it":                      "E1",
		"a step whose outcome is unknown is not compensated": "E2",
		"compensating past a pivot whose outcome is unknown": "E2",
		"a compensation that fails is skipped":               "E2",
		"a saga completes after its first step":              "E2",
	}
	for _, b := range slices.Concat(brokenOrder(), brokenOutcomes()) {
		rule, shows := rules[b.defect]
		if !shows {
			continue
		}
		delete(rules, b.defect)
		t.Run(b.defect, func(t *testing.T) {
			b.under.EffectsOnly = true
			_, err := modelcheck.Explore(t.Context(), b.shape, b.under)
			var violation *modelcheck.ViolationError
			require.ErrorAs(t, err, &violation)
			require.Equal(t, rule, violation.Rule(), "%v", violation)
		})
	}
	require.Empty(t, rules)
}

func TestAViolationTellsTheShortestWayToItInPlainWords(t *testing.T) {
	wrongOrder := brokenOrder()[0]
	_, err := modelcheck.Explore(t.Context(), wrongOrder.shape, wrongOrder.under)
	require.EqualError(t, err, `G13: the compensation plan is [a b], and not in the reverse order of the starts
   1. A starts the saga with a slot, and appends SagaStarted, StepStarted
   2. the participant gets the action of a, attempt 1, and does it
   3. A records that the action of a, attempt 1, succeeded with a slot, and appends StepCompleted, StepStarted
   4. the participant gets the action of b, attempt 1, and fails without an effect
   5. A records that the action of b, attempt 1, failed, and appends StepFailed, CompensationRequested
The log:
   0  SagaStarted
   1  StepStarted {"step":"a","attempt":1,"key":"Model/1/a/action","deadline":"1970-01-12T13:46:44Z"}
   2  StepCompleted {"step":"a","attempt":1,"result":"r"}
   3  StepStarted {"step":"b","attempt":1,"key":"Model/1/b/action","deadline":"1970-01-12T13:46:44Z"}
   4  StepFailed {"step":"b","attempt":1,"error":"failed"}
   5  CompensationRequested {"failed_step":"b","reason":"step b: failed","plan":["a","b"]}
`)
}

// changed lets something happen to every decision.
func changed(change func(*saga.Instance, saga.Command, []saga.Event) []saga.Event) modelcheck.Under {
	return modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
		events, err := in.Decide(c)
		return change(in, c, slices.Clone(events)), err
	}}
}

// replaced changes the first event of a type, and drops what follows from it.
func replaced[E saga.Event](change func(E) []saga.Event) modelcheck.Under {
	return changed(func(_ *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
		for i, event := range events {
			if e, ok := event.(E); ok {
				return append(events[:i:i], change(e)...)
			}
		}
		return events
	})
}

// forgets lets nothing come of commands of a type.
func forgets[C saga.Command]() modelcheck.Under {
	return changed(func(_ *saga.Instance, c saga.Command, events []saga.Event) []saga.Event {
		if _, is := c.(C); is {
			return nil
		}
		return events
	})
}

func brokenOrder() []broken {
	return []broken{
		{"compensations in the order of the starts", modelcheck.Shape{Steps: "CC"}, replaced(
			func(e saga.CompensationRequested) []saga.Event {
				e.Plan = slices.Clone(e.Plan)
				slices.Reverse(e.Plan)
				return []saga.Event{e}
			}), "G13"},
		{"a step whose outcome is unknown is not compensated", modelcheck.Shape{Steps: "C"}, replaced(
			func(e saga.CompensationRequested) []saga.Event {
				e.Plan = slices.DeleteFunc(slices.Clone(e.Plan), func(step string) bool { return step == e.FailedStep })
				return []saga.Event{e}
			}), "G12"},
		{"compensating past a pivot whose outcome is unknown", modelcheck.Shape{Steps: "CP"}, replaced(
			func(e saga.SagaParked) []saga.Event {
				if e.Reason != saga.ParkedPivotUnknown {
					return []saga.Event{e}
				}
				return []saga.Event{saga.CompensationRequested{FailedStep: e.Step, Plan: []string{"a"}}}
			}), "G16"},
		{"the next attempt under another number", modelcheck.Shape{Steps: "C", Attempts: 2}, replaced(
			func(e saga.StepStarted) []saga.Event {
				e.Attempt *= 2
				return []saga.Event{e}
			}), "G6"},
		{"the key has the attempt in it", modelcheck.Shape{Steps: "C", Attempts: 2}, replaced(
			func(e saga.StepStarted) []saga.Event {
				e.Key += fmt.Sprintf("/%d", e.Attempt)
				return []saga.Event{e}
			}), "G9"},
	}
}

func brokenOutcomes() []broken {
	return []broken{
		{"a late success is dropped", modelcheck.Shape{Steps: "C"}, changed(
			func(_ *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				if len(events) > 0 {
					if e, ok := events[0].(saga.StepCompleted); ok && e.Late {
						return nil
					}
				}
				return events
			}), "G11"},
		{"the answer of an old attempt is taken for that of the open one", modelcheck.Shape{Steps: "C", Attempts: 2},
			modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
				if outcome, ok := c.(saga.RecordOutcome); ok && in.Steps()[0].Action.Open && outcome.Direction == saga.Action {
					outcome.Attempt = in.Steps()[0].Action.Attempts
					c = outcome
				}
				return in.Decide(c)
			}}, "G4"},
		{"an outcome is taken after the end", modelcheck.Shape{Steps: "C"},
			modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
				if _, outcome := c.(saga.RecordOutcome); outcome && in.State().Ended() {
					return []saga.Event{saga.SagaFailed{}}, nil
				}
				return in.Decide(c)
			}}, "G2"},
		{"a compensation that fails is skipped", modelcheck.Shape{Steps: "C"}, replaced(
			func(e saga.SagaParked) []saga.Event { return []saga.Event{saga.SagaFailed{FailedStep: e.Step}} }), "G12"},
		{"a saga completes after its first step", modelcheck.Shape{Steps: "CC"}, changed(
			func(_ *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				if len(events) > 0 {
					if _, ok := events[0].(saga.StepCompleted); ok {
						return []saga.Event{events[0], saga.SagaCompleted{}}
					}
				}
				return events
			}), "G17"},
	}
}

func brokenEnds() []broken {
	return []broken{
		{"a retry that nobody makes", modelcheck.Shape{Steps: "C", Attempts: 2}, forgets[saga.Proceed](), "G18"},
		{"nobody takes over an attempt whose orchestrator is gone", modelcheck.Shape{Steps: "C", Crashes: 1}, forgets[saga.Recover](), "G19"},
		{"a panic", modelcheck.Shape{Steps: "C"}, changed(
			func(in *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				if in.State() == saga.StateCompensating {
					panic("no way back")
				}
				return events
			}), "G24"},
		{"an answer that is refused", modelcheck.Shape{Steps: "C"},
			modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
				outcome, ok := c.(saga.RecordOutcome)
				if ok && outcome.Direction == saga.Compensation && outcome.Outcome.Kind == saga.SucceededWithNothing {
					return nil, errors.New("there must be something")
				}
				return in.Decide(c)
			}}, "G24"},
		{"a decision that changes the saga", modelcheck.Shape{Steps: "C"}, changed(
			func(in *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				for _, event := range events {
					in.Evolve(event)
				}
				return events
			}), "G24"},
	}
}

func brokenShells() []broken {
	return []broken{
		{"two starts of one attempt, because a conflict does not stop the loser", modelcheck.Shape{Steps: "C"},
			modelcheck.Under{OnConflict: modelcheck.RunAllTheSame}, "F4"},
		{"a store without expected revisions", modelcheck.Shape{Steps: "C"},
			modelcheck.Under{OnConflict: modelcheck.AppendAllTheSame}, "G1"},
	}
}
