package sagatest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// What comes of migrations.
const (
	markMigrated       = "a saga migrated"
	markMigratedOpen   = "a saga migrated while an attempt was open"
	markMigratedBack   = "a saga migrated while it compensated"
	markMigratedParked = "a saga migrated while it was parked"
	markMigratedPaused = "a saga migrated while it was paused"
	markMigratedChild  = "a child migrated"
	markMigratedBeyond = "a saga migrated to a version that an orchestrator did not know"
	markMigrationNot   = "a migration refused"
	markMigrationDry   = "a migration tried without writing"
	markMigrationAgain = "a migration begun again where the store had broken it off"
	markMigrationSlow  = "a migration that another append came before"
)

// migration is what an operator does who migrates the open sagas of a name whose ids begin with a prefix.
type migration struct {
	w            *world
	name, prefix string
	dry          bool
	actor        string // of the run under way
	runs         int
	number       int
}

// move is a migration of a saga, as the log has it.
type move struct {
	actor    string
	revision int64
}

// migrate lets an operator migrate sagas to the newest version, by the function that is shipped, while others go on.
func (w *world) migrate(m *migration) {
	m.begin()
	w.spawn(nil, point{of: ofMigration}, m.work, func() {})
}

// migrateNow is migrate, and nobody goes on meanwhile.
func (w *world) migrateNow(m *migration) {
	m.begin()
	before := w.current
	w.current = nil
	if err := m.run(); err != nil {
		w.blame(fmt.Errorf("migrate: %w", err))
	}
	w.current = before
}

func (m *migration) begin() {
	m.w.moves++
	m.number = m.w.moves
	m.w.say("operator", "", "migrates sagas of "+m.name+" "+m.prefix)
}

// work runs the migration until the store has let it come to its end. What was migrated by then stays so.
func (m *migration) work() {
	for {
		err := m.run()
		switch {
		case errors.Is(err, eventstore.ErrUnavailable):
			m.w.mark(markMigrationAgain)
			if m.w.current.by.yield(stop{wait: time.Second}); m.w.current.gone() {
				return
			}
			continue
		case err != nil && !errors.Is(err, errCrashed):
			m.w.blame(fmt.Errorf("migrate: %w", err))
		}
		return
	}
}

// run runs the migration once, under a name of its own, and makes sure of what it tells.
func (m *migration) run() error {
	m.runs++
	m.actor = fmt.Sprintf("operator %d.%d", m.number, m.runs)
	var store eventstore.Store = &office{tape: &m.w.store, last: map[string]eventstore.RecordedEvent{}}
	if m.w.office != nil {
		store = m.w.office(store)
	}
	open := m.open()
	var told []saga.Ref
	options := saga.MigrateOptions{
		Actor: m.actor, Reason: "the terms are new", DryRun: m.dry, Clock: func() time.Time { return m.w.now },
	}
	filter := saga.WhatIfFilter{IDPrefix: m.prefix}
	for one, err := range saga.Migrate(context.Background(), store, filter, m.w.newest(m.name).definition, options) {
		if err != nil {
			return err
		}
		if err := m.hear(one); err != nil {
			return fmt.Errorf("%s: told that it is %s: %w", one.Ref, one.Outcome, err)
		}
		told = append(told, one.Ref)
	}
	if !slices.Equal(open, told) {
		return fmt.Errorf("these sagas were open: %v, and these were told of: %v", open, told)
	}
	return nil
}

// open returns the sagas that are to be migrated as of now, in the order of their starts.
func (m *migration) open() (refs []saga.Ref) {
	for _, n := range m.w.news {
		if n.Type == saga.TypeSagaStarted && n.Ref.Name == m.name && n.client.open() && strings.HasPrefix(n.Ref.ID, m.prefix) {
			refs = append(refs, n.Ref)
		}
	}
	return refs
}

// hear makes sure that what the operator is told of a saga is what has become of it.
func (m *migration) hear(one saga.Migration) error {
	c := m.w.byRef[one.Ref]
	at := slices.IndexFunc(c.moves, func(v move) bool { return v.actor == m.actor })
	done := one.Outcome == saga.Migrated && !m.dry
	switch {
	case done && at < 0:
		return errors.New("its history does not tell so")
	case done && c.moves[at].revision != one.Revision:
		return fmt.Errorf("that was at revision %d, not at %d", c.moves[at].revision, one.Revision)
	case !done && at >= 0:
		return fmt.Errorf("it was migrated at revision %d", c.moves[at].revision)
	case (one.Outcome == saga.Impossible) != (len(one.Obstacles) > 0):
		return fmt.Errorf("with these obstacles: %q", one.Obstacles)
	case one.Outcome == saga.Unreadable && !c.poisoned:
		return errors.New(one.Why)
	case one.Outcome == saga.Impossible:
		m.w.mark(markMigrationNot)
	case one.Outcome == saga.Migrated && m.dry:
		m.w.mark(markMigrationDry)
	}
	return nil
}

// moved takes note of a migration of a saga. It is called before the event is folded.
func (w *world) moved(c *client, e saga.SagaMigrated) {
	c.moves = append(c.moves, move{e.Actor, c.end.Revision() + 1})
	markIf := func(is bool, what string) {
		if is {
			w.mark(what)
		}
	}
	_, parked := c.end.Parked()
	_, paused := c.end.Paused()
	w.mark(markMigrated)
	markIf(parked, markMigratedParked)
	markIf(paused, markMigratedPaused)
	markIf(c.parent != nil, markMigratedChild)
	markIf(c.end.State() == saga.StateCompensating, markMigratedBack)
	markIf(slices.ContainsFunc(c.end.Steps(), func(s saga.StepStatus) bool {
		return s.Compensation.Open || s.Action.Open && !s.Action.Deadline.IsZero()
	}), markMigratedOpen)
	markIf(slices.ContainsFunc(w.nodes, func(n *node) bool {
		return !n.dead && w.programs[n.level].by[c.ref.Name].start.Version < e.Version
	}), markMigratedBeyond)
}
