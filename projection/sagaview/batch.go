package sagaview

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/saga"
)

// ErrNoStart: an event of a saga whose SagaStarted is not in the log before it.
var ErrNoStart = errors.New("event of a saga that was not started")

// batch is the fold of the events of one transaction: every row that they touch, once.
type batch struct {
	startGrace time.Duration
	sagas      map[saga.Ref]*sagaRow
	order      []*sagaRow          // as first touched, so that two runs write alike
	before     map[saga.Ref]string // state in the tables, for those that are there
	steps      map[stepKey]*stepRow
	stepOrder  []*stepRow
	parked     map[parkedKey]*parkedRow
	parkedList []*parkedRow
}

type stepKey struct {
	ref  saga.Ref
	step string
}

type parkedKey struct {
	ref       saga.Ref
	step      string
	direction string
}

// Apply folds the events of a batch and writes each row that they touch once.
func (v *View) Apply(ctx context.Context, tx *projection.Tx, events []eventstore.RecordedEvent) error {
	b := &batch{
		startGrace: v.startGrace,
		sagas:      map[saga.Ref]*sagaRow{}, before: map[saga.Ref]string{},
		steps: map[stepKey]*stepRow{}, parked: map[parkedKey]*parkedRow{},
	}
	if err := b.load(tx, events); err != nil {
		return err
	}
	for i := range events {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := v.fold(b, &events[i]); err != nil {
			return err
		}
	}
	return b.write(tx)
}

func (v *View) fold(b *batch, ev *eventstore.RecordedEvent) error {
	event, err := aggregate.DecodeEvent[saga.Event](v.registry, *ev)
	if err != nil {
		return err
	}
	metadata, err := eventstore.ParseMetadata(ev.Metadata)
	if err != nil {
		return fmt.Errorf("metadata of revision %d of %q: %w", ev.Revision, ev.Stream, err)
	}
	at := millis(metadata.At)
	if late, isLate := saga.ParseLateStream(ev.Stream); isLate {
		b.foldLate(late, event, ev.Revision, at)
		return nil
	}
	ref, isSaga := saga.ParseStream(ev.Stream)
	if !isSaga {
		return nil
	}
	if started, ok := event.(saga.SagaStarted); ok {
		b.started(ref, started, at)
		return nil
	}
	row := b.sagas[ref]
	if row == nil {
		return fmt.Errorf("%s, revision %d: %w", ref, ev.Revision, ErrNoStart)
	}
	row.revision, row.updatedAt = ev.Revision, at
	b.foldSaga(row, event, at)
	return nil
}

// step returns the batch's row of a step.
func (b *batch) step(ref saga.Ref, step string) *stepRow {
	key := stepKey{ref, step}
	row := b.steps[key]
	if row == nil {
		row = &stepRow{ref: ref, step: step}
		b.steps[key] = row
		b.stepOrder = append(b.stepOrder, row)
	}
	return row
}

func (b *batch) park(row parkedRow) {
	key := parkedKey{row.ref, row.step, row.direction}
	if kept := b.parked[key]; kept != nil {
		*kept = row
		return
	}
	kept := &row
	b.parked[key] = kept
	b.parkedList = append(b.parkedList, kept)
}
