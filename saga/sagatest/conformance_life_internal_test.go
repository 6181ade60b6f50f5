package sagatest

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// life is one life of an orchestrator, and the store as that life sees it: calls take the time that the heap gives them,
// appends go wrong where the scene says, and after its death nothing that it does reaches the log, and nothing of the log
// reaches it. It has no lock, so that several may run.
type life struct {
	eventstore.Store
	g      *goShell
	node   int // -1 for an operator
	o      *saga.Orchestrator
	end    context.CancelFunc
	ended  chan struct{}
	err    error // once ended is closed
	died   atomic.Bool
	buried chan struct{} // closed when its goroutines are to end
}

func newLife(g *goShell, node int) *life {
	return &life{Store: g.store, g: g, node: node, ended: make(chan struct{}), buried: make(chan struct{})}
}

func (l *life) isDead() bool { return l.died.Load() }

// isOver reports whether the life has ended, in whatever way.
func (l *life) isOver() bool {
	select {
	case <-l.ended:
		return true
	default:
		return l.isDead()
	}
}

// rot blocks for ever, as far as the dead one is concerned.
func (l *life) rot() error {
	<-l.buried
	return eventstore.ErrClosed
}

// die ends the life; another begins some time later.
func (l *life) die(away time.Duration) {
	l.died.Store(true)
	l.g.others.Go(func() {
		time.Sleep(away)
		l.g.boot(l.node)
	})
}

// passes lets the time of a call pass, and reports whether there is anyone left to hear the answer.
func (l *life) passes() bool {
	time.Sleep(time.Millisecond)
	return !l.isDead()
}

// Append is the store's Append, with the scene's faults.
func (l *life) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	var none eventstore.AppendResult
	if l.isDead() || !l.passes() {
		return none, l.rot()
	}
	fault, away := l.g.actors.slip(l.node < 0)
	switch fault {
	case crashBefore:
		l.die(away)
		return none, l.rot()
	case refuseCall:
		return none, fmt.Errorf("scene: %w", eventstore.ErrUnavailable)
	case timedOutUndone:
		return none, fmt.Errorf("scene: %w", eventstore.ErrIndeterminate)
	case falseConflict:
		return none, &eventstore.ConflictError{Stream: stream, Expected: expected, Actual: -1}
	default:
	}
	result, err := l.Store.Append(ctx, stream, expected, events...)
	switch fault {
	case crashAfter:
		l.die(away)
		return none, l.rot()
	case timedOutDone:
		return none, fmt.Errorf("scene: %w", eventstore.ErrIndeterminate)
	default:
	}
	if !l.passes() {
		return none, l.rot()
	}
	return result, err
}

// Lease is that of a store in memory, whatever the log is in: only that one has the clock of the bubble.
func (l *life) Lease(ctx context.Context, r eventstore.LeaseRequest) (eventstore.LeaseGrant, error) {
	if l.isDead() || !l.passes() {
		return eventstore.LeaseGrant{}, l.rot()
	}
	grant, err := l.g.leases.Lease(ctx, r)
	if !l.passes() {
		return eventstore.LeaseGrant{}, l.rot()
	}
	return grant, err
}

// ReadStream is the store's ReadStream; what is read of a saga takes its time on the way there and back.
func (l *life) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	_, isSaga := saga.ParseStream(stream)
	_, isLate := saga.ParseLateStream(stream)
	takesTime := isSaga || isLate // the restart index is not played
	return func(yield func(eventstore.RecordedEvent, error) bool) {
		if takesTime && !l.passes() {
			yield(eventstore.RecordedEvent{}, l.rot())
			return
		}
		if takesTime && l.node >= 0 && l.g.actors.unreadable() {
			yield(eventstore.RecordedEvent{}, fmt.Errorf("scene: %w", eventstore.ErrUnavailable))
			return
		}
		var events []eventstore.RecordedEvent
		for ev, err := range l.Store.ReadStream(ctx, stream, from, dir) {
			if err != nil {
				yield(ev, err)
				return
			}
			events = append(events, ev)
		}
		if takesTime {
			l.passes()
		}
		for _, ev := range events {
			if l.isDead() {
				yield(eventstore.RecordedEvent{}, l.rot())
				return
			}
			if !yield(ev, nil) {
				return
			}
		}
	}
}

// ReadAll is the store's ReadAll, as long as the life lasts.
func (l *life) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return whileAlive(l, l.Store.ReadAll(ctx, after, dir, f))
}

// Subscribe is the store's Subscribe, as long as the life lasts; news takes its time.
func (l *life) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for message, err := range whileAlive(l, l.Store.Subscribe(ctx, after, f)) {
			if err == nil && message.Kind == eventstore.KindEvent {
				l.passes()
			}
			if !yield(message, err) {
				return
			}
		}
	}
}

func whileAlive[T any](l *life, all iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item, err := range all {
			if l.isDead() {
				var none T
				yield(none, l.rot())
				return
			}
			if !yield(item, err) {
				return
			}
		}
	}
}
