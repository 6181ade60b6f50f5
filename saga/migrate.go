package saga

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

// MigrateOptions say who migrates sagas, and why. Actor and Reason go into the history of each; both are required.
type MigrateOptions struct {
	Actor  string
	Reason string
	// DryRun tells what would become of each saga as it stands, and writes nothing.
	DryRun bool
	// Clock is the clock of the migrations. Nil means time.Now.
	Clock func() time.Time
}

// MigrationOutcome is what became of one saga that was to be migrated.
type MigrationOutcome uint8

// The outcomes.
const (
	// Migrated: the saga goes on by the definition from now on; in a dry run, it would.
	Migrated MigrationOutcome = iota
	// NotNeeded: it goes by the definition already, or has ended meanwhile.
	NotNeeded
	// Impossible: it has come to something that the definition does not lead to; Obstacles say why. Nothing was changed.
	Impossible
	// MovedOn: each time that it was to be migrated, something else had happened to it. Nothing was changed: try again.
	MovedOn
	// Unreadable: its history cannot be used; Why says why. Nothing was changed.
	Unreadable
)

var migrationNames = [...]string{"migrated", "not needed", "impossible", "moved on", "unreadable"}

func (o MigrationOutcome) String() string { return nameOf(migrationNames[:], o) }

// MarshalText returns the words of String.
func (o MigrationOutcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Migration tells what became of one saga.
type Migration struct {
	Ref     Ref
	Outcome MigrationOutcome
	// From is the version that the saga was of, 0 for one that is unreadable.
	From int
	// Revision is that of the SagaMigrated, or in its absence the one at which the saga was looked at; -1 for one that is
	// unreadable.
	Revision int64
	// Obstacles are all the reasons why a migration is impossible.
	Obstacles []string
	// Why says more, where there is more to say.
	Why string
	// Changes tell how the definition differs from the one that the saga was of. A retry policy that an operator has changed
	// is not among them, as it stays.
	Changes []string
}

// Migrate lets open sagas go on by a higher version of their definition, those of its name that the filter chooses; OpenOnly
// makes no difference. Of each it yields what became of it, in the order of their starts, as it goes: a loop that is left
// early leaves the other sagas as they are.
//
// A saga is migrated if what it has come to is something that sagas of the version come to as well. Each step that has begun,
// was resolved or skipped, or is to be compensated, must be a step of it still, of the same kind, with a compensation as before;
// those steps must be the first ones of the plan, in their order, and all that come before the last of them, or before its group,
// must have succeeded or have been skipped; data and results must fit the types of the definition. Where an attempt is open, the step
// must be the same but for its limits, and the attempt goes on. What has not begun may differ in every way. Whatever does not
// fit is reported and left alone: nothing is guessed. Instants that are recorded stay: deadlines of open attempts and of the saga,
// and when retries are due. A retry policy that an operator has changed stays where the version has a step of that name. A saga
// that is parked for want of a function goes on; one that is parked for anything else stays parked.
//
// The migration is an event in the saga's stream, a SagaMigrated with actor, reason and the new plan, and works from any
// process: the orchestrator that runs the saga sees it within a second, and goes on with the functions of the new version.
// One that has not registered the version leaves the saga alone from then on, so roll the definition out first. To migrate
// again changes nothing. A saga that moves on meanwhile is looked at again, some twenty times.
//
// The log is read once for the sagas that are open, up to its head as of the first pull. An error is yielded once and
// ends it: a definition that is not valid, options that are incomplete, an error of the store, the end of ctx. The iterator
// is good for one loop.
func Migrate(
	ctx context.Context, store eventstore.Store, filter WhatIfFilter, definition AnyDefinition, options MigrateOptions,
) iter.Seq2[Migration, error] {
	return func(yield func(Migration, error) bool) {
		m, err := newMigrator(store, definition, options)
		if err != nil {
			yield(Migration{}, fmt.Errorf("migrate: %w", err))
			return
		}
		refs, err := m.openSagas(ctx, filter)
		if err != nil {
			yield(Migration{}, fmt.Errorf("migrate sagas of %s: %w", m.to.name, err))
			return
		}
		for _, ref := range refs {
			one, err := m.migrate(ctx, ref)
			if err != nil {
				yield(Migration{Ref: ref}, fmt.Errorf("migrate %s: %w", ref, err))
				return
			}
			if !yield(one, nil) {
				return
			}
		}
	}
}

// migrator migrates one saga after the other to a definition.
type migrator struct {
	o       *Orchestrator // never runs
	to      *compiled
	options MigrateOptions
}

func newMigrator(store eventstore.Store, definition AnyDefinition, options MigrateOptions) (*migrator, error) {
	to, err := compile(definition)
	if err != nil {
		return nil, err
	}
	if options.Actor == "" || options.Reason == "" {
		return nil, fmt.Errorf("MigrateOptions: Actor is %q and Reason is %q: %w", options.Actor, options.Reason, ErrNoActor)
	}
	o, err := New(Config{Store: store, Clock: options.Clock})
	if err != nil {
		return nil, err
	}
	return &migrator{o: o, to: to, options: options}, nil
}

// migrate migrates a saga, and looks at it again while it moves on.
func (m *migrator) migrate(ctx context.Context, ref Ref) (Migration, error) {
	for repeats := 0; ; repeats++ {
		one, err := m.once(ctx, ref)
		if !errors.Is(err, eventstore.ErrConflict) {
			return one, err
		}
		if repeats == operateRepeats {
			one.Outcome = MovedOn
			return one, nil
		}
	}
}

func (m *migrator) once(ctx context.Context, ref Ref) (Migration, error) {
	one := Migration{Ref: ref, Revision: -1}
	loaded, err := m.o.load(ctx, ref)
	if errors.Is(err, ErrSetAside) {
		one.Outcome, one.Why = Unreadable, err.Error()
		return one, nil
	}
	if err != nil {
		return one, err
	}
	in := loaded.Aggregate
	one.From, one.Revision = in.version, in.revision
	if in.state.Ended() {
		one.Outcome, one.Why = NotNeeded, "it has ended"
		return one, nil
	}
	one.Changes = changesOf(in, m.to.version, m.to.plan)
	events, err := in.Decide(MigrateSaga{
		Version: m.to.version, DefinitionHash: m.to.hash, Plan: m.to.plan,
		Actor: m.options.Actor, Reason: m.options.Reason, SeenRevision: in.revision,
	})
	if why, is := errors.AsType[*MigrationError](err); is {
		one.Obstacles, err = why.Obstacles, nil
	}
	if err != nil {
		return one, err
	}
	one.Obstacles = append(one.Obstacles, m.to.misfits(in)...)
	switch {
	case in.hash == m.to.hash:
		one.Outcome, one.Obstacles = NotNeeded, nil
	case len(one.Obstacles) > 0:
		one.Outcome = Impossible
	default:
		return m.append(ctx, one, loaded, events)
	}
	return one, nil
}

func (m *migrator) append(
	ctx context.Context, one Migration, loaded aggregate.Loaded[*Instance], events []Event,
) (Migration, error) {
	if m.options.DryRun {
		return one, nil
	}
	repo, err := m.o.repo(one.Ref.Name)
	if err != nil {
		return one, err
	}
	head, err := repo.prompt.Append(ctx, loaded.Head, events, aggregate.Envelope{
		CorrelationID: loaded.Aggregate.correlation, Actor: m.options.Actor, At: m.o.cfg.Clock(),
	})
	if err == nil {
		one.Revision = head.Revision
	}
	return one, err
}
