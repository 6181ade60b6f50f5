package sagaview

import (
	"context"
	"errors"
	"fmt"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/projection"
	"github.com/skaldgo/skald/saga"
)

// Errors for which an event cannot be applied, beside those of decoding it.
var (
	// ErrNoStart: an event of a saga whose SagaStarted is not in the log before it.
	ErrNoStart = errors.New("event of a saga that was not started")
	// ErrNoPlan: a SagaStarted without a plan.
	ErrNoPlan = errors.New("saga was started without a plan")
	// ErrNoStep: an event of a step that the saga's plan does not have.
	ErrNoStep = errors.New("event of a step that the saga does not have")
)

// batch is the fold of the events of one transaction: the rows of every saga that they touch.
type batch struct {
	startGrace int64
	sagas      map[saga.Ref]*sagaRows
	order      []*sagaRows // as first touched, so that two runs write alike
	parked     map[parkedKey]*parkedRow
	parkedList []*parkedRow
}

// sagaRows is a saga with its steps. The fold has all of them at hand, so that its result cannot depend on how the
// events of a saga fall into batches.
type sagaRows struct {
	sagaRow
	before string // state in the table, "" when the saga is not there
	steps  []stepRow
	// replaced: the rows of its steps are those of another plan, so that some in the table may be of none any more.
	replaced bool
}

type parkedKey struct {
	ref       saga.Ref
	step      string
	direction string
}

// Apply folds the events of a batch and writes each row that they touch once.
func (v *View) Apply(ctx context.Context, tx *projection.Tx, events []eventstore.RecordedEvent) error {
	b := &batch{
		startGrace: v.startGrace.Milliseconds(),
		sagas:      map[saga.Ref]*sagaRows{}, parked: map[parkedKey]*parkedRow{},
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
	ref, isSaga := saga.ParseStream(ev.Stream)
	late, isLate := saga.ParseLateStream(ev.Stream)
	if !isSaga && !isLate {
		return nil
	}
	event, err := aggregate.DecodeEvent[saga.Event](v.registry, *ev)
	if err != nil {
		return err
	}
	metadata, err := eventstore.ParseMetadata(ev.Metadata)
	if err != nil {
		return fmt.Errorf("metadata of revision %d of %q: %w", ev.Revision, ev.Stream, err)
	}
	if metadata.At.IsZero() {
		metadata.At = ev.RecordedAt // an event that Skald did not write
	}
	at := millis(metadata.At)
	if isLate {
		b.foldLate(late, event, ev.Revision, at)
		return nil
	}
	if started, ok := event.(saga.SagaStarted); ok {
		err = b.started(ref, started, at)
	} else if r := b.sagas[ref]; r != nil {
		r.revision, r.updatedAt = ev.Revision, at
		if err = b.foldSaga(r, event, at); err == nil {
			r.weigh(event, at+b.startGrace)
		}
	} else {
		err = ErrNoStart
	}
	if err != nil {
		return fmt.Errorf("%s, revision %d: %w", ref, ev.Revision, err)
	}
	return nil
}

// step returns a step of a saga, to be changed.
func (r *sagaRows) step(name string) (*stepRow, error) {
	for i := range r.steps {
		if s := &r.steps[i]; s.step == name {
			s.touched = true
			return s, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrNoStep, name)
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
