package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// The long saga has so many events, of which so many are behind its snapshot.
const (
	longHistory = 10_000
	longRest    = 180
)

// loadLong measures loads of a saga with a long history of retries, by its snapshot. The figure is the median.
func loadLong(ctx context.Context, dir string) (figure, error) {
	store, err := open(ctx, dir)
	if err != nil {
		return figure{}, err
	}
	defer store.Close()
	o, err := saga.New(saga.Config{Store: store})
	if err != nil {
		return figure{}, err
	}
	history, err := newHistory(store)
	if err != nil {
		return figure{}, err
	}
	if err := history.growTo(ctx, longHistory-longRest); err != nil {
		return figure{}, err
	}
	whole, err := timedLoad(ctx, o, longHistory-longRest) // which saves the snapshot
	if err == nil {
		err = history.growTo(ctx, longHistory)
	}
	if err != nil {
		return figure{}, err
	}
	var each latencies
	for range 200 {
		took, err := timedLoad(ctx, o, longHistory)
		if err != nil {
			return figure{}, err
		}
		each = append(each, took)
	}
	slices.Sort(each)
	return figure{
		value: each[len(each)/2].Seconds() * 1e3, unit: "ms", took: each,
		note: fmt.Sprintf("without it %.0f ms", whole.Seconds()*1e3),
	}, nil
}

func timedLoad(ctx context.Context, o *saga.Orchestrator, events int64) (time.Duration, error) {
	began := time.Now()
	inst, err := o.Load(ctx, sagaName, "long")
	took := time.Since(began)
	if err == nil && inst.Revision() != events-1 {
		err = fmt.Errorf("the long saga is at revision %d, not %d", inst.Revision(), events-1)
	}
	return took, err
}

// history is a saga whose third step fails again and again.
type history struct {
	repo    *sagaRepository
	inst    *saga.Instance
	head    aggregate.Head
	now     time.Time
	attempt int
	pending []saga.Event
}

func newHistory(store eventstore.Store) (*history, error) {
	repo, err := sagaRepo(store)
	if err != nil {
		return nil, err
	}
	ref := saga.Ref{Name: sagaName, ID: "long"}
	h := &history{repo: repo, inst: saga.NewInstance(ref), head: aggregate.NewHead(ref.Stream()), now: time.Now(), attempt: 1}
	def := definition(noOp, saga.StepOptions{Retry: saga.RetryPolicy{
		InitialInterval: time.Second, BackoffCoefficient: 1, MaximumAttempts: longHistory,
	}})
	plan := def.Plan()
	done := saga.Outcome{Kind: saga.Succeeded, Result: []byte(`{"reservation":"r-4711"}`)}
	return h, errors.Join(
		h.decide(saga.StartSaga{
			Now: h.now, Ref: ref, Version: 1, DefinitionHash: saga.DefinitionHash(sagaName, 1, plan), Plan: plan,
			CorrelationID: ref.String(), Data: []byte(orderData), Go: true,
		}),
		h.decide(saga.RecordOutcome{Now: h.now, Step: plan.Steps[0].Name, Attempt: 1, Go: true, Outcome: done}),
		h.decide(saga.RecordOutcome{Now: h.now, Step: plan.Steps[1].Name, Attempt: 1, Go: true, Outcome: done}),
	)
}

func (h *history) decide(command saga.Command) error {
	events, err := h.inst.Decide(command)
	for _, event := range events {
		h.inst.Evolve(event)
	}
	h.pending = append(h.pending, events...)
	return err
}

// growTo lets the step fail until there are so many events in the log.
func (h *history) growTo(ctx context.Context, events int64) error {
	failed := saga.Outcome{Kind: saga.FailedTransiently, Error: "the carrier does not answer"}
	for h.inst.Revision() < events-1 {
		err := h.decide(saga.RecordOutcome{Now: h.now, Step: "create_shipment", Attempt: h.attempt, Outcome: failed})
		h.now = h.now.Add(time.Second)
		h.attempt++
		if err := errors.Join(err, h.decide(saga.Proceed{Now: h.now})); err != nil {
			return err
		}
	}
	for stored := h.head.Revision + 1; stored < events; stored = h.head.Revision + 1 {
		n := min(int(events-stored), 500)
		var err error
		if h.head, err = h.repo.Append(ctx, h.head, h.pending[:n], aggregate.Envelope{Actor: "orchestrator:main"}); err != nil {
			return err
		}
		h.pending = h.pending[n:]
	}
	return nil
}
