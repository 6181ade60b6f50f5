package sagatest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// handle gives the engine one input and does what it asks for.
func (n *node) handle(input saga.Input) {
	switch {
	case n.dead:
		return
	case n.isFrozen():
		n.mail = append(n.mail, input)
		return
	}
	if loaded, is := input.(saga.SagaLoaded); n.restoring > 0 && !(is && loaded.Restart) {
		n.held = append(n.held, input)
		return
	}
	if n.tenure != nil {
		n.tenure.check()
		if asked, is := input.(saga.StartRequested); is {
			n.tenure.asks[asked.Token] = asked
		}
	}
	n.obey(input)
	n.leave()
}

// obey does what the engine asks for after an input.
func (n *node) obey(input saga.Input) {
	for _, effect := range n.engine.Handle(n.now(), input) {
		n.do(effect)
	}
}

func (n *node) do(effect saga.Effect) {
	switch e := effect.(type) {
	case saga.AppendEvents:
		n.append(e)
	case saga.LoadSaga:
		n.take(e.Ref, false)
	case saga.RunAttempt:
		if n.tenure != nil {
			n.tenure.begun(e)
		}
		n.run(e)
	case saga.AppendLate:
		n.keep(e)
	case saga.CancelAttempts:
		n.cut = true
		n.cancelAttempts()
	case saga.CancelAttempt:
		n.cancelAttempt(e)
	case saga.ShardVacated:
		n.tenure.giveBack(e.Lease)
	case saga.TokenBehind:
		n.tenure.raise(e.Fence)
	case saga.SetTimer:
		delete(n.timers, e.Ref)
		if !e.At.IsZero() {
			n.timers[e.Ref] = e.At
			n.await(n.w.byRef[e.Ref], e.At)
		}
	case saga.AttendChild:
		n.attend(e)
	case saga.Reply:
		if heard := n.w.answers[e.Token]; heard != nil {
			delete(n.w.answers, e.Token)
			heard(e)
			return
		}
		if errors.Is(e.Err, saga.ErrElsewhere) {
			n.startStored(n.tenure.asks[e.Token])
			return
		}
		n.w.replied(e)
	}
}

// await fires a timer when its instant has come by the clock of the orchestrator.
func (n *node) await(c *client, at time.Time) {
	n.w.after(n.hand.until(at, n.w.now), func() {
		if n.dead || !n.timers[c.ref].Equal(at) {
			return
		}
		if n.now().Before(at) { // its clock was put back
			n.await(c, at)
			return
		}
		delete(n.timers, c.ref)
		p := point{of: ofTimer, node: n.number, saga: c.number}
		p.nth = n.w.nth(&p)
		n.handle(saga.TimerFired{Ref: c.ref, Jitter: n.w.inject.jitter(&p)})
	})
}

func (n *node) append(e saga.AppendEvents) {
	var answer saga.Input
	repo := n.w.of(e.Ref).repo
	if e.Head.Revision < 0 { // someone waits for the answer
		repo = n.w.of(e.Ref).prompt
	}
	n.w.spawn(n, appendPoint(n.w.byRef[e.Ref].number, e.Events[0]), func() {
		head, err := repo.Append(context.Background(), e.Head, e.Events, e.Envelope)
		switch {
		case err == nil:
			answer = saga.EventsAppended{Ref: e.Ref, Head: head}
		case errors.Is(err, eventstore.ErrConflict):
			answer = saga.AppendConflicted{Ref: e.Ref}
			n.w.conflicts++
		default:
			answer = saga.AppendRefused{Ref: e.Ref, Err: err}
		}
	}, func() { n.handle(answer) })
}

// appendPoint names an append by the first of its events.
func appendPoint(number int, first saga.Event) point {
	p := point{of: ofAppend, saga: number, event: first.EventType()}
	switch e := first.(type) {
	case saga.StepStarted:
		p.step, p.attempt = e.Step, e.Attempt
	case saga.StepCompleted:
		p.step, p.attempt = e.Step, e.Attempt
	case saga.StepFailed:
		p.step, p.attempt = e.Step, e.Attempt
	case saga.StepTimedOut:
		p.step, p.attempt = e.Step, e.Attempt
	case saga.StepInterrupted:
		p.step, p.attempt = e.Step, e.Attempt
	case saga.CompensationStarted:
		p.step, p.attempt = e.Step, e.Attempt
	case saga.CompensationCompleted:
		p.step, p.attempt = e.Step, e.Attempt
	case saga.CompensationFailed:
		p.step, p.attempt = e.Step, e.Attempt
	case saga.CompensationTimedOut:
		p.step, p.attempt = e.Step, e.Attempt
	case saga.CompensationInterrupted:
		p.step, p.attempt = e.Step, e.Attempt
	}
	return p
}

// keep stores late news; while the store is unavailable it tries again.
func (n *node) keep(e saga.AppendLate) {
	n.w.spawn(n, point{of: ofLate, node: n.number, saga: n.w.byRef[e.Ref].number}, func() {
		_, err := n.w.of(e.Ref).late.Execute(context.Background(), e.Ref.ID, e.Event, e.Envelope)
		for errors.Is(err, eventstore.ErrUnavailable) {
			_, err = n.w.of(e.Ref).late.Execute(context.Background(), e.Ref.ID, e.Event, e.Envelope)
		}
		switch {
		case err == nil:
			n.w.mark("a success kept that came after the end")
		case !errors.Is(err, errCrashed):
			n.w.blame(fmt.Errorf("keep late news: %w", err))
		}
	}, n.leave)
}

// take loads a saga for the engine; while the store is unavailable it asks again.
func (n *node) take(ref saga.Ref, restart bool) {
	answer := saga.SagaLoaded{Ref: ref, Restart: restart}
	p := point{of: ofRead, node: n.number, saga: n.w.byRef[ref].number}
	n.w.spawn(n, p, func() {
		loaded, err := n.w.load(ref)
		for errors.Is(err, eventstore.ErrUnavailable) {
			loaded, err = n.w.load(ref)
		}
		answer.Instance, answer.Head, answer.Fence, answer.Err = loaded.Aggregate, loaded.Head, loaded.Fence, err
		if errors.Is(err, eventstore.ErrStreamNotFound) {
			answer.Missing, answer.Err = true, nil
		}
	}, func() {
		p.of = ofLoad
		p.nth = n.w.nth(&p)
		answer.Jitter = n.w.inject.jitter(&p)
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
	n.leave()
}
