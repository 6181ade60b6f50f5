package modelcheck_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/internal/modelcheck"
	"github.com/skaldgo/skald/saga"
)

func TestEveryDefectOfMigrationsIsFound(t *testing.T) {
	requireFound(t, brokenMigrations(), brokenFolds(), brokenWaysOn())
}

// Package verify, which judges the logs at last, knows how many attempts are allowed after a migration as well.
func TestAChangedPolicyThatAMigrationDropsIsMissed(t *testing.T) {
	shape := modelcheck.Shape{Steps: "O", Policies: 1, Next: &modelcheck.Shape{Steps: "O"}}
	_, err := modelcheck.Explore(t.Context(), shape, modelcheck.Under{Heed: upTo(func(before []saga.Event) []saga.Event {
		return slices.DeleteFunc(before, func(e saga.Event) bool {
			_, changed := e.(saga.RetryPolicyChanged)
			return changed
		})
	})})
	require.ErrorContains(t, err, "breaks G10")
	require.ErrorContains(t, err, "Step a did not fail right before it.")
}

// upTo lets something else be heeded of what a log says before its saga was migrated.
func upTo(heed func(before []saga.Event) []saga.Event) func([]saga.Event) []saga.Event {
	return func(log []saga.Event) []saga.Event {
		at := slices.IndexFunc(log, migrates)
		if at < 0 {
			return log
		}
		return slices.Concat(heed(slices.Clone(log[:at])), log[at:])
	}
}

func migrates(e saga.Event) bool {
	_, is := e.(saga.SagaMigrated)
	return is
}

func migratedBy(c saga.MigrateSaga) saga.Event {
	return saga.SagaMigrated{
		Version: c.Version, DefinitionHash: c.DefinitionHash, Plan: c.Plan, Actor: c.Actor, Reason: c.Reason, SeenRevision: &c.SeenRevision,
	}
}

// brokenMigrations are those that are decided wrongly.
func brokenMigrations() []broken {
	return []broken{
		{"a migration is forgotten", modelcheck.Shape{Steps: "C.", Next: &modelcheck.Shape{Steps: "CO"}}, forgets[saga.MigrateSaga](), "G3"},
		{"a saga is migrated past the step of its open attempt", modelcheck.Shape{Steps: "C.", Next: &modelcheck.Shape{Steps: ".C"}},
			taken(saga.ErrCannotMigrate, migratedBy), "G3"},
		{"a saga is migrated behind its point of no return", modelcheck.Shape{Steps: "RO", Next: &modelcheck.Shape{Steps: "OO"}},
			taken(saga.ErrCannotMigrate, migratedBy), "G3"},
		{"a step that is new comes before one that has begun", modelcheck.Shape{Steps: ".O", Next: &modelcheck.Shape{Steps: "OO"}},
			taken(saga.ErrCannotMigrate, migratedBy), "G3"},
		{"a signal that came goes under", modelcheck.Shape{Steps: "OW", Signals: 1, Next: &modelcheck.Shape{Steps: "O."}},
			taken(saga.ErrCannotMigrate, migratedBy), "G3"},
		{"an old view is migrated", modelcheck.Shape{Steps: "C.", Next: &modelcheck.Shape{Steps: "CO"}},
			taken(saga.ErrStale, migratedBy), "G3"},
	}
}

// brokenFolds are migrations after which the saga is not what it was before. That shows first in what it takes from outside.
func brokenFolds() []broken {
	added := modelcheck.Shape{Steps: "C.", Next: &modelcheck.Shape{Steps: "CO"}}
	return []broken{
		{"a migrated saga has forgotten which steps it has started", added, modelcheck.Under{Heed: upTo(
			func(before []saga.Event) []saga.Event { return before[:1] })}, "G21"},
		{"a migration has no effect", added, modelcheck.Under{Heed: func(log []saga.Event) []saga.Event {
			return slices.DeleteFunc(slices.Clone(log), migrates)
		}}, "G3"},
		{"a saga that is parked for want of a function stays parked", modelcheck.Shape{Steps: "O.", Impatient: true, Next: &modelcheck.Shape{Steps: "OO"}},
			modelcheck.Under{Heed: stillParked}, "G18"},
		{"a step that was skipped is attempted after a migration", modelcheck.Shape{Steps: "OO", Skips: 1, Next: &modelcheck.Shape{Steps: "OR"}},
			modelcheck.Under{Heed: upTo(func(before []saga.Event) []saga.Event {
				return slices.DeleteFunc(before, func(e saga.Event) bool {
					_, skipped := e.(saga.StepSkipped)
					return skipped
				})
			})}, "G21"},
	}
}

// stillParked heeds a migration before the parking that it ends.
func stillParked(log []saga.Event) []saga.Event {
	at := slices.IndexFunc(log, migrates)
	if at < 1 {
		return log
	}
	if _, parks := log[at-1].(saga.SagaParked); !parks {
		return log
	}
	log = slices.Clone(log)
	log[at-1], log[at] = log[at], log[at-1]
	return log
}

// brokenWaysOn are orchestrators that go on wrongly with a saga that was migrated.
func brokenWaysOn() []broken {
	return []broken{
		{"an orchestrator goes on by the old plan", modelcheck.Shape{Steps: "OO.", Next: &modelcheck.Shape{Steps: "O.O"}}, replaced(
			func(e saga.StepStarted) []saga.Event {
				if e.Step == "c" {
					e.AttemptStarted = started("b", e.Attempt, saga.Action)
				}
				return []saga.Event{e}
			}), "G3"},
		{"an orchestrator that lets a saga go drops what comes of its attempts", modelcheck.Shape{
			Steps: "C.", Behind: true, Next: &modelcheck.Shape{Steps: "CO"},
		}, modelcheck.Under{Forsakes: true}, "G19"},
		{"a saga ends by the old plan", modelcheck.Shape{Steps: "C.", Next: &modelcheck.Shape{Steps: "CO"}}, changed(
			func(in *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				for i, event := range events {
					if _, done := event.(saga.StepCompleted); done && in.Version() == 2 && in.State() == saga.StateStarted {
						return append(events[:i+1:i+1], saga.SagaCompleted{})
					}
				}
				return events
			}), "G17"},
		{"what was done before the migration is not undone", modelcheck.Shape{Steps: "C.", Next: &modelcheck.Shape{Steps: "CO"}}, changed(
			func(in *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				for i, event := range events {
					if e, turns := event.(saga.CompensationRequested); turns && in.Version() == 2 {
						e.Plan = []string{}
						return append(events[:i:i], e)
					}
				}
				return events
			}), "G12"},
		{"what was done before the migration is undone first", modelcheck.Shape{Steps: "C.", Next: &modelcheck.Shape{Steps: "CC"}}, changed(
			func(in *saga.Instance, _ saga.Command, events []saga.Event) []saga.Event {
				for i, event := range events {
					if e, turns := event.(saga.CompensationRequested); turns && in.Version() == 2 {
						e.Plan = slices.Clone(e.Plan)
						slices.Sort(e.Plan)
						return append(events[:i:i], e)
					}
				}
				return events
			}), "G13"},
	}
}
