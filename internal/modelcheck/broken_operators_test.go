package modelcheck_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/modelcheck"
	"github.com/skaldgo/skald/saga"
)

func TestEveryDefectOfWhatOperatorsSayIsFound(t *testing.T) {
	requireFound(t, brokenResolutions(), brokenSkips(), brokenLimits())
}

// Package verify, which judges the logs at last, knows how many attempts are allowed.
func TestAnAttemptThatAChangedPolicyAllowsHasToBeMade(t *testing.T) {
	_, err := modelcheck.Explore(t.Context(), modelcheck.Shape{Steps: "O", Policies: 1}, replaced(
		func(e saga.StepRetryScheduled) []saga.Event {
			return []saga.Event{saga.CompensationRequested{FailedStep: e.Step, Reason: "step a: failed", Plan: []string{}}}
		}))
	require.ErrorContains(t, err, "breaks G10")
	require.ErrorContains(t, err, "Step a has attempts left.")
}

// taken takes a command that is refused for a reason.
func taken[C saga.Command](reason error, event func(C) saga.Event) modelcheck.Under {
	return modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
		events, err := in.Decide(c)
		if one, is := c.(C); is && errors.Is(err, reason) {
			return []saga.Event{event(one)}, nil
		}
		return events, err
	}}
}

// instead lets something else be decided where a step has been resolved, skipped or the like.
func instead(where func(in *saga.Instance) bool, events ...saga.Event) modelcheck.Under {
	return modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
		if _, proceeds := c.(saga.Proceed); proceeds && where(in) {
			return events, nil
		}
		return in.Decide(c)
	}}
}

func started(step string, attempt int, d saga.Direction) saga.AttemptStarted {
	return saga.AttemptStarted{
		Step: step, Attempt: attempt, Key: saga.IdempotencyKey(saga.Ref{Name: "Model", ID: "1"}, step, d, 0),
	}
}

func resolvedBy(c saga.Resolve) saga.Event { return saga.StepResolved(c) }

func brokenResolutions() []broken {
	pivot := modelcheck.Shape{Steps: "P", Resolves: 1, Redrives: 1}
	undone := modelcheck.Shape{Steps: "C", Resolves: 1}
	return []broken{
		{"a resolution is forgotten", pivot, forgets[saga.Resolve](), "G21"},
		{"a step is resolved while an attempt of it is open", modelcheck.Shape{Steps: "R", Resolves: 1, Impatient: true},
			taken(saga.ErrAttemptOpen, resolvedBy), "G21"},
		{"a saga that is not parked is resolved", pivot, taken(saga.ErrNotParked, resolvedBy), "G21"},
		{"an old view is resolved", pivot, taken(saga.ErrStale, resolvedBy), "G21"},
		{"a compensation that was resolved is begun again", undone, instead(func(in *saga.Instance) bool {
			s := in.Steps()[0]
			_, parked := in.Parked()
			return !parked && s.State == saga.StepStateCompensated && s.Compensation.Attempts == 1
		}, saga.CompensationStarted{AttemptStarted: started("a", 2, saga.Compensation)}), "G14"},
		{"a step that was resolved is left out of the way back", modelcheck.Shape{Steps: "CO", Resolves: 1, Impatient: true}, changed(
			func(in *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				for i, event := range events {
					e, turns := event.(saga.CompensationRequested)
					if !turns || in.State() != saga.StatePending {
						continue
					}
					if s := in.Steps()[0]; s.State == saga.StepStateCompleted && s.Action.Attempts == 0 {
						e.Plan = []string{}
						return append(events[:i:i], e)
					}
				}
				return events
			}), "G12"},
	}
}

func brokenSkips() []broken {
	one := modelcheck.Shape{Steps: "O", Attempts: 2, Skips: 1, Cancels: 1}
	skipped := func(c saga.Skip) saga.Event { return saga.StepSkipped(c) }
	return []broken{
		{"a skip is forgotten", one, forgets[saga.Skip](), "G21"},
		{"a step is skipped while an attempt of it is open", one, taken(saga.ErrAttemptOpen, skipped), "G21"},
		{"a step of a saga that is to be undone is skipped", one, taken(saga.ErrNotSkippable, skipped), "G21"},
		{"a step that was skipped is attempted all the same", one, instead(func(in *saga.Instance) bool {
			s := in.Steps()[0]
			return s.State == saga.StepStateSkipped && s.Action.Attempts == 1
		}, saga.StepStarted{AttemptStarted: started("a", 2, saga.Action)}), "G7"},
		{"a saga fails because of a step that was skipped", one, instead(func(in *saga.Instance) bool {
			return in.Steps()[0].State == saga.StepStateSkipped
		}, saga.CompensationRequested{Reason: "skipped", Plan: []string{}}), "G21"},
		{"a pivot that was skipped can still be undone", modelcheck.Shape{Steps: "PO", Skips: 1, Cancels: 1},
			modelcheck.Under{Decide: func(in *saga.Instance, c saga.Command) ([]saga.Event, error) {
				events, err := in.Decide(c)
				cancel, is := c.(saga.Cancel)
				if is && errors.Is(err, saga.ErrTooLate) && in.Steps()[0].State == saga.StepStateSkipped {
					return []saga.Event{saga.SagaCancelRequested{Actor: cancel.Actor, Reason: cancel.Reason}}, nil
				}
				return events, err
			}}, "G21"},
		{"what a skipped step may have done is not undone", modelcheck.Shape{Steps: "CO", Attempts: 2, Skips: 1}, changed(
			func(in *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				for i, event := range events {
					if e, turns := event.(saga.CompensationRequested); turns && in.Steps()[0].State == saga.StepStateSkipped {
						e.Plan = []string{}
						return append(events[:i:i], e)
					}
				}
				return events
			}), "G12"},
	}
}

func brokenLimits() []broken {
	return []broken{
		{"another deadline is forgotten", modelcheck.Shape{Steps: "O", Extends: 1}, forgets[saga.Extend](), "G21"},
		{"the deadline of a saga that goes back is extended", modelcheck.Shape{Steps: "C", Extends: 1},
			taken(saga.ErrTooLate, func(c saga.Extend) saga.Event {
				return saga.DeadlineExtended{Deadline: c.Deadline, Actor: c.Actor, Reason: c.Reason}
			}), "G21"},
		{"a deadline that was given passes and is not told", modelcheck.Shape{Steps: "O", Extends: 1}, changed(
			func(_ *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				return slices.DeleteFunc(slices.Clone(events), func(e saga.Event) bool {
					_, overdue := e.(saga.SagaOverdue)
					return overdue
				})
			}), "G21"},
		{"a policy of what is done is changed", modelcheck.Shape{Steps: "OO", Policies: 1},
			taken(saga.ErrNotRetried, func(c saga.ChangeRetryPolicy) saga.Event {
				return saga.RetryPolicyChanged{Step: c.Step, Direction: c.Direction, Actor: c.Actor, Reason: c.Reason, Retry: saga.PlannedRetry{
					InitialIntervalMS: 1, BackoffCoefficient: 1, MaximumIntervalMS: 1, MaximumAttempts: c.Retry.MaximumAttempts,
				}}
			}), "G6"},
	}
}
