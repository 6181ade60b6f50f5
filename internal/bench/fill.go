package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

const (
	sagaName      = "Bench"
	eventsPerSaga = 10
)

func finishedID(i int) string { return fmt.Sprintf("finished-%07d", i) }

// fillFinished writes sagas of four steps that have completed, as an orchestrator would have written them, but each
// step of its life for a thousand sagas at once.
func fillFinished(ctx context.Context, store eventstore.Store, count int) error {
	repo, err := sagaRepo(store)
	if err != nil {
		return err
	}
	def := definition(noOp, saga.StepOptions{})
	plan := def.Plan()
	const width = 1000
	for first := 0; first < count; first += width {
		if err := fillSome(ctx, repo, plan, first, min(first+width, count)); err != nil {
			return err
		}
	}
	return nil
}

func sagaRepo(store eventstore.Store) (*sagaRepository, error) {
	registry, err := saga.NewRegistry()
	if err != nil {
		return nil, err
	}
	return aggregate.NewRepository[*saga.Instance, saga.Command, saga.Event](aggregate.Config[*saga.Instance]{
		Store: store, Registry: registry, Category: saga.Category(sagaName),
		New: func(id string) *saga.Instance { return saga.NewInstance(saga.Ref{Name: sagaName, ID: id}) },
	})
}

type sagaRepository = aggregate.Repository[*saga.Instance, saga.Command, saga.Event]

func fillSome(ctx context.Context, repo *sagaRepository, plan *saga.Plan, from, to int) error {
	var group sync.WaitGroup
	failures := make(chan error, to-from)
	for i := from; i < to; i++ {
		group.Go(func() {
			if err := fillOne(ctx, repo, plan, finishedID(i)); err != nil {
				failures <- err
			}
		})
	}
	group.Wait()
	close(failures)
	return errors.Join(collect(failures)...)
}

func fillOne(ctx context.Context, repo *sagaRepository, plan *saga.Plan, id string) error {
	ref := saga.Ref{Name: sagaName, ID: id}
	inst, head := saga.NewInstance(ref), aggregate.NewHead(repo.Stream(id))
	now := time.Now()
	next := saga.Command(saga.StartSaga{
		Now: now, Ref: ref, Version: 1, DefinitionHash: saga.DefinitionHash(sagaName, 1, plan), Plan: plan,
		CorrelationID: ref.String(), Data: []byte(orderData), Go: true,
	})
	for step := 0; ; step++ {
		events, err := inst.Decide(next)
		if err != nil {
			return err
		}
		env := aggregate.Envelope{Actor: "orchestrator:main", CorrelationID: ref.String(), CausationID: ref.String()}
		if head, err = repo.Append(ctx, head, events, env); err != nil {
			return err
		}
		for _, event := range events {
			inst.Evolve(event)
		}
		if inst.State().Ended() {
			return nil
		}
		next = saga.RecordOutcome{
			Now: now, Step: plan.Steps[step].Name, Attempt: 1, Go: true,
			Outcome: saga.Outcome{Kind: saga.Succeeded, Result: []byte(`{"reservation":"r-4711"}`)},
		}
	}
}
