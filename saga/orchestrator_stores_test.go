package saga_test

import (
	"context"
	"iter"
	"sync"

	"github.com/skaldgo/skald/eventstore"
)

// mortal is the store as one process sees it. At the chosen append the process dies: from then on nothing that it does
// reaches the log, and nothing of the log reaches it. It hides the lock of the store, which dies with its process.
type mortal struct {
	eventstore.Store
	dieAt  int  // number of the append, from 1; 0 for never
	before bool // the append itself is lost; otherwise only its acknowledgement is

	mu      sync.Mutex
	appends int
	dead    chan struct{} // closed by the death
	buried  chan struct{} // closed when the test wants the corpse's goroutines to end
	death   sync.Once
	burial  sync.Once
}

func newMortal(store eventstore.Store, dieAt int, before bool) *mortal {
	return &mortal{
		Store: store, dieAt: dieAt, before: before, dead: make(chan struct{}), buried: make(chan struct{}),
	}
}

// die is death at a moment of the test's choice, unless an append brought it before.
func (m *mortal) die() { m.death.Do(func() { close(m.dead) }) }

// rot blocks for ever, as far as the dead process is concerned.
func (m *mortal) rot() error {
	<-m.buried
	return eventstore.ErrClosed
}

func (m *mortal) isDead() bool {
	select {
	case <-m.dead:
		return true
	default:
		return false
	}
}

func (m *mortal) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	if m.isDead() {
		return eventstore.AppendResult{}, m.rot()
	}
	m.mu.Lock()
	m.appends++
	last := m.appends == m.dieAt
	m.mu.Unlock()
	if last && m.before {
		m.die()
		return eventstore.AppendResult{}, m.rot()
	}
	result, err := m.Store.Append(ctx, stream, expected, events...)
	if last {
		m.die()
	}
	if m.isDead() {
		return eventstore.AppendResult{}, m.rot()
	}
	return result, err
}

func (m *mortal) ReadStream(ctx context.Context, stream string, from int64, dir eventstore.Direction,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return until(m, m.Store.ReadStream(ctx, stream, from, dir))
}

func (m *mortal) ReadAll(ctx context.Context, after eventstore.Position, dir eventstore.Direction, f eventstore.Filter,
) iter.Seq2[eventstore.RecordedEvent, error] {
	return until(m, m.Store.ReadAll(ctx, after, dir, f))
}

func (m *mortal) Subscribe(ctx context.Context, after eventstore.Position, f eventstore.Filter,
) iter.Seq2[eventstore.Message, error] {
	return until(m, m.Store.Subscribe(ctx, after, f))
}

// until passes on what a reader yields until the process dies.
func until[T any](m *mortal, all iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item, err := range all {
			if m.isDead() {
				var none T
				yield(none, m.rot())
				return
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// bury ends what is left of a dead process.
func (m *mortal) bury(p *process) {
	m.rest()
	p.end()
	<-p.ended
}

func (m *mortal) rest() { m.burial.Do(func() { close(m.buried) }) }

// lockless is a store without locks, as one that several machines share.
type lockless struct{ eventstore.Store }

// hooked is a store whose appends go through a hook: it may store through next or not, and answers in its place.
type hooked struct {
	eventstore.Store
	appending func(stream string, events []eventstore.EventData, next func() (eventstore.AppendResult, error),
	) (eventstore.AppendResult, error)
}

func (h *hooked) Append(ctx context.Context, stream string, expected eventstore.ExpectedRevision,
	events ...eventstore.EventData,
) (eventstore.AppendResult, error) {
	return h.appending(stream, events, func() (eventstore.AppendResult, error) {
		return h.Store.Append(ctx, stream, expected, events...)
	})
}
