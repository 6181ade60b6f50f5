package sagatest

import (
	"errors"
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// migrate lets a saga go on by version 2 of its definition.
func migrate(newer []sketch, change ...func(*saga.MigrateSaga)) word {
	return func(seen *saga.Instance, _ time.Time) saga.Command {
		plan := newActors(&scene{newer: newer}, false).definition(2).Plan()
		c := saga.MigrateSaga{
			Version: 2, DefinitionHash: saga.DefinitionHash(seen.Ref().Name, 2, plan), Plan: plan,
			Actor: "operator", Reason: "the terms are new", SeenRevision: seen.Revision(),
		}
		for _, one := range change {
			one(&c)
		}
		return c
	}
}

// migrate migrates one saga as programs do.
func (g *goShell) migrate(ref saga.Ref, c saga.MigrateSaga) error {
	options := saga.MigrateOptions{Actor: c.Actor, Reason: c.Reason}
	chosen := saga.WhatIfFilter{IDPrefix: ref.ID}
	for one, err := range saga.Migrate(g.ctx, newLife(g, -1), chosen, g.actors.definition(2), options) {
		if err != nil {
			return err
		}
		if one.Outcome != saga.Migrated {
			return saga.ErrCannotMigrate
		}
		return nil
	}
	return errors.New("no saga was chosen")
}

// longer is a saga that waits for an approval, and in version 2 has a step more behind that.
func longer() (steps, newer []sketch) {
	steps = fourCompensable()[:3]
	steps[2] = sketch{name: "wait", kind: saga.KindAwait}
	return steps, append(slices.Clone(steps), fourCompensable()[2:]...)
}

func scenesOfMigrations() []scene {
	steps, newer := longer()
	hour := time.Hour
	moved := func(name string, plays map[place][]play, acts ...act) scene {
		return scene{name: name, steps: steps, newer: newer, plays: plays, acts: spoken(acts...)}
	}
	approved := func(at time.Duration) act { return act{at: at, do: signals, item: "a"} }
	deployed := func(at time.Duration) act { return act{at: at, do: stops, version: 2} }
	slow := map[place][]play{action("pay"): {late(50*time.Second, succeeds)}}
	lacking := scene{
		name: "a saga that is parked for want of a function is migrated", plays: map[place][]play{action("pay"): {lost()}},
		newer: slices.Delete(fourCompensable(), 2, 3),
	}
	lacking.acts = spoken(deployed(time.Second), said(hour, migrate(lacking.newer)))
	backwards := stuckBackwards("a saga that goes back is migrated",
		deployed(time.Minute), said(hour, migrate(fourCompensable()[:3])), act{at: 2 * hour, do: redrives})
	backwards.newer = fourCompensable()[:3]
	without, nameless := fourCompensable()[1:], func(c *saga.MigrateSaga) { c.Actor = "" }
	refused := moved("migrations that are refused", slow,
		said(20*time.Second, migrate(without)), said(hour, migrate(without, nameless)), approved(2*hour))
	refused.newer = without
	oftener := saga.RetryPolicy{MaximumAttempts: 9, InitialInterval: time.Minute, MaximumInterval: time.Minute}
	asleep := said(56*time.Second-500*time.Millisecond, migrate(newer))
	asleep.version = 2 // of whoever comes after it
	return []scene{
		moved("a saga that waits is migrated, and goes on", nil, deployed(time.Minute), said(hour, migrate(newer)), approved(2*hour)),
		moved("what comes of an attempt is recorded, and the saga let go that is migrated beyond its orchestrator", slow,
			said(20*time.Second, migrate(newer)), deployed(hour), approved(2*hour)),
		moved("a saga is migrated while nobody runs", slow, deployed(55*time.Second), asleep, approved(2*hour)),
		moved("a policy that was changed and a step that was skipped outlast a migration", map[place][]play{
			action("tell"): {refusal()}, compensation("pay"): {failure(), failure(), failure(), failure()},
		}, said(time.Minute, policy("pay", saga.Compensation, oftener)), deployed(2*time.Minute), act{at: 3 * time.Minute, do: pauses},
			said(4*time.Minute, skip("wait")), said(hour, migrate(newer)), act{at: 2 * hour, do: resumes}),
		lacking, backwards, refused,
	}
}
