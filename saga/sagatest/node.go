package sagatest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// node is one life of an orchestrator: the shipped engine with a shell that knows no goroutines.
type node struct {
	w      *world
	number int
	engine *saga.Engine
	dead   bool
	offset time.Duration // of its clock
	timers map[saga.Ref]time.Time
	told   int // how much of the log it has been told
	// restoring is how many open sagas are still to be loaded after a start. Until then everything else waits.
	restoring int
	held      []saga.Input
	cancels   []func() // end the contexts of running attempts
	stopping  bool
	busy      int // tasks of its own
}

// boot starts the orchestrator at a place, which goes on with what the log holds.
func (w *world) boot(number int, offset time.Duration) error {
	engine, err := saga.NewEngine(saga.EngineConfig{
		Definitions: []saga.AnyDefinition{w.definition}, Workers: w.workers, Actor: "orchestrator:main",
	})
	if err != nil {
		return err
	}
	n := &node{
		w: w, number: number, engine: engine, offset: offset,
		timers: map[saga.Ref]time.Time{}, told: len(w.log),
	}
	w.nodes[number] = n
	open := w.open()
	n.restoring = len(open)
	for _, ref := range open {
		n.take(ref, true)
	}
	return nil
}

// open returns the sagas that have not ended, in the order of their starts.
func (w *world) open() []saga.Ref {
	var open []saga.Ref
	ended := map[saga.Ref]bool{}
	for _, seen := range w.log {
		if seen.Type == saga.TypeSagaCompleted || seen.Type == saga.TypeSagaFailed {
			ended[seen.Ref] = true
		}
	}
	for _, seen := range w.log {
		if seen.Type == saga.TypeSagaStarted && !ended[seen.Ref] {
			open = append(open, seen.Ref)
		}
	}
	return open
}

// crash ends a life of an orchestrator. Another begins some time later.
func (w *world) crash(n *node) {
	if n.dead {
		return
	}
	w.say(n.String(), "", "✗ crashes")
	n.die()
}

func (n *node) die() {
	n.dead = true
	n.w.after(n.w.inject.downtime(), func() {
		n.w.say(n.String(), "", "restarts")
		if err := n.w.boot(n.number, n.offset); err != nil {
			n.w.blame(err)
		}
	})
}

// stop ends a life of an orchestrator in good order, as the end of the context of Run does. Another begins some time
// after it.
func (n *node) stop() {
	if n.dead || n.stopping {
		return
	}
	n.stopping = true
	n.w.say(n.String(), "", "✗ is stopped")
	n.handle(saga.StopRequested{})
	n.w.after(saga.DefaultShutdownGrace, func() { n.handle(saga.GraceEnded{}) })
}

// leave ends a life that was stopped when everything that it had begun has ended.
func (n *node) leave() {
	if n.dead || !n.stopping || n.restoring > 0 || n.busy > 0 || !n.engine.Drained() {
		return
	}
	n.w.say(n.String(), "", "has stopped")
	n.die()
}

func (n *node) String() string {
	if len(n.w.nodes) == 1 {
		return "engine"
	}
	return fmt.Sprintf("engine %d", n.number+1)
}

func (n *node) clock() time.Time { return n.w.now.Add(n.offset) }

// handle gives the engine one input and does what it asks for.
func (n *node) handle(input saga.Input) {
	if n.dead {
		return
	}
	if loaded, is := input.(saga.SagaLoaded); n.restoring > 0 && !(is && loaded.Restart) {
		n.held = append(n.held, input)
		return
	}
	for _, effect := range n.engine.Handle(n.clock(), input) {
		switch e := effect.(type) {
		case saga.AppendEvents:
			n.append(e)
		case saga.LoadSaga:
			n.take(e.Ref, false)
		case saga.RunAttempt:
			n.run(e)
		case saga.AppendLate:
			n.keep(e)
		case saga.SetTimer:
			delete(n.timers, e.Ref)
			if !e.At.IsZero() {
				n.timers[e.Ref] = e.At
				n.await(e.Ref, e.At)
			}
		case saga.CancelAttempts:
			cancels := n.cancels
			n.cancels = nil
			for _, cancel := range cancels {
				n.w.after(0, cancel)
			}
		case saga.Reply:
			n.w.replied(e)
		}
	}
	n.leave()
}

// await fires a timer when its instant has come by the clock of the orchestrator.
func (n *node) await(ref saga.Ref, at time.Time) {
	n.w.after(max(at.Sub(n.clock()), 0), func() {
		if n.dead || !n.timers[ref].Equal(at) {
			return
		}
		if n.clock().Before(at) { // its clock was put back
			n.await(ref, at)
			return
		}
		delete(n.timers, ref)
		n.handle(saga.TimerFired{Ref: ref, Jitter: n.w.inject.jitter()})
	})
}

func (n *node) append(e saga.AppendEvents) {
	var answer saga.Input
	repo := n.w.repo
	if e.Head.Revision < 0 {
		repo = n.w.prompt
	}
	n.w.spawn(n, func() {
		head, err := repo.Append(context.Background(), e.Head, e.Events, e.Envelope)
		switch {
		case err == nil:
			answer = saga.EventsAppended{Ref: e.Ref, Head: head}
		case errors.Is(err, eventstore.ErrConflict):
			answer = saga.AppendConflicted{Ref: e.Ref}
		default:
			answer = saga.AppendRefused{Ref: e.Ref, Err: err}
		}
	}, func() { n.handle(answer) })
}

// keep stores late news; while the store is unavailable it tries again.
func (n *node) keep(e saga.AppendLate) {
	n.w.spawn(n, func() {
		_, err := n.w.late.Execute(context.Background(), e.Ref.ID, e.Event, e.Envelope)
		for errors.Is(err, eventstore.ErrUnavailable) {
			_, err = n.w.late.Execute(context.Background(), e.Ref.ID, e.Event, e.Envelope)
		}
		if err != nil && !errors.Is(err, errCrashed) {
			n.w.blame(fmt.Errorf("keep late news: %w", err))
		}
	}, n.leave)
}

// take loads a saga for the engine; while the store is unavailable it asks again.
func (n *node) take(ref saga.Ref, restart bool) {
	answer := saga.SagaLoaded{Ref: ref, Restart: restart}
	n.w.spawn(n, func() {
		loaded, err := n.w.load(ref)
		for errors.Is(err, eventstore.ErrUnavailable) {
			loaded, err = n.w.load(ref)
		}
		answer.Instance, answer.Head, answer.Err = loaded.Aggregate, loaded.Head, err
		if errors.Is(err, eventstore.ErrStreamNotFound) {
			answer.Missing, answer.Err = true, nil
		}
	}, func() {
		answer.Jitter = n.w.inject.jitter()
		n.handle(answer)
		if restart {
			n.restored()
		}
	})
}

// restored lets in what has waited for the last of the open sagas.
func (n *node) restored() {
	if n.restoring--; n.restoring > 0 {
		return
	}
	held := n.held
	n.held = nil
	for _, input := range held {
		n.handle(input)
	}
}

// follow tells the engine what the log holds.
func (n *node) follow() {
	for !n.dead && n.told < len(n.w.log) {
		n.told++
		n.handle(n.w.log[n.told-1])
	}
}
