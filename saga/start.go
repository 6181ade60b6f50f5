package saga

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/skaldgo/skald/aggregate"
)

// Start begins a saga of a registered definition, or finds the one that was begun with this id. When it returns without
// error the saga is durable, and some orchestrator on this store will run it to its end: this one if Run is active.
//
// Start is idempotent: with data equal as JSON it returns the saga that there is (created is false), with other data
// ErrStartedDifferently. Other errors: ErrUnknownDefinition, ErrInvalidID, ErrInvalidData (too large, or not what the
// definition's data type takes), ErrStopping, ErrSetAside, and those of the store. When ctx ends first, the saga may
// have been started all the same: Start it again to find out.
func (o *Orchestrator) Start(ctx context.Context, name, id string, data any) (created bool, err error) {
	return o.StartWith(ctx, name, id, data, StartOptions{})
}

// StartOptions say where a saga comes from; they go into the metadata of its events.
type StartOptions struct {
	// CorrelationID is copied into every event of the saga. Default: the saga's name and id.
	CorrelationID string
	// CausationID is the id of the command or event that led to the start.
	CausationID string
	// Actor is who asked for it. Default: the orchestrator.
	Actor string

	parent *Parent
}

// StartWith is Start with options.
func (o *Orchestrator) StartWith(
	ctx context.Context, name, id string, data any, options StartOptions,
) (created bool, err error) {
	ref := Ref{Name: name, ID: id}
	if err := ref.Validate(); err != nil {
		return false, fmt.Errorf("start: %w", err)
	}
	def := o.defs.newest(name)
	if def == nil {
		return false, fmt.Errorf("start %s: %w: registered are %v", ref, ErrUnknownDefinition, sortedNames(o.defs))
	}
	encoded, err := def.encode(data)
	if err != nil {
		return false, fmt.Errorf("start %s: %w", ref, err)
	}
	if options.CorrelationID == "" {
		options.CorrelationID = ref.String()
	}
	if s := o.session(); s != nil {
		created, err := s.start(ctx, ref, encoded, options)
		if !errors.Is(err, ErrElsewhere) {
			return created, err
		}
	}
	return o.startStored(ctx, ref, def, encoded, options)
}

// startStored begins a saga through the store alone; an orchestrator that follows the log will find it there.
func (o *Orchestrator) startStored(
	ctx context.Context, ref Ref, def *compiled, data json.RawMessage, options StartOptions,
) (bool, error) {
	repo, err := o.repo(ref.Name)
	if err != nil {
		return false, err
	}
	now := o.cfg.Clock()
	result, err := repo.prompt.Execute(ctx, ref.ID, StartSaga{
		Now: now, Ref: ref, Version: def.version, DefinitionHash: def.hash, Plan: def.plan, Data: data,
		CorrelationID: options.CorrelationID, Parent: options.parent,
	}, aggregate.Envelope{
		CorrelationID: options.CorrelationID, CausationID: options.CausationID, Actor: o.actor(options.Actor), At: now,
	})
	switch {
	case unusable(err):
		return false, fmt.Errorf("start %s: %w: %w", ref, ErrSetAside, err)
	case err != nil:
		return false, fmt.Errorf("start %s: %w", ref, err)
	}
	if result.Events > 0 {
		o.log(Transition{Ref: ref, Event: TypeSagaStarted, From: StateNone.String(), To: StateStarted.String()})
	}
	return result.Events > 0, nil
}

func (o *Orchestrator) actor(given string) string {
	if given != "" {
		return given
	}
	return "orchestrator:" + o.cfg.Name
}
