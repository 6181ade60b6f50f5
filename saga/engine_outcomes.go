package saga

import (
	"encoding/json"
	"time"
)

// eventsAppended folds what is durable now, and lets the saga go on.
func (g *Engine) eventsAppended(in EventsAppended) {
	e := g.sagas[in.Ref]
	if e == nil || e.phase != phaseAppending {
		return
	}
	g.enter(e, phaseIdle)
	wasParked, created := e.inst.parked != nil, e.inst.state == StateNone
	g.counts.Appended += len(e.pending)
	began := startsAttempt(e.pending[len(e.pending)-1])
	for _, event := range e.pending {
		if !g.cfg.Transitions {
			e.inst.Evolve(event)
			continue
		}
		t := e.inst.transition(event)
		e.inst.Evolve(event)
		g.emit(Published{Transition: e.inst.arrived(t)})
	}
	e.head, e.pending, e.takenOver = in.Head, nil, nil
	e.fence = max(e.fence, e.pendingFence)
	if created {
		g.counts.Started++
		first := e.starts[0]
		e.starts = e.starts[1:]
		g.emit(Reply{Token: first.Token, Created: true})
	}
	g.answerStarts(e)
	if e.inst.state.Ended() {
		g.countEnd(e.inst.state)
		g.emit(Settled{Ref: e.ref, Instance: e.inst})
		g.end(e)
		return
	}
	clear(e.inflight)
	e.inflight = e.inflight[:0]
	if e.inst.parked != nil && !wasParked {
		g.emit(Settled{Ref: e.ref, Instance: e.inst.clone()})
	}
	if began {
		g.run(e)
	}
	g.advance(e)
}

func startsAttempt(event Event) bool {
	switch event.(type) {
	case StepStarted, CompensationStarted:
		return true
	}
	return false
}

// run runs the attempt that has just been recorded.
func (g *Engine) run(e *entry) {
	i, d, _ := e.inst.open()
	s, step := &e.inst.steps[i], &e.inst.plan.Steps[i]
	t := s.track(d)
	e.running = &runningAttempt{step: i, direction: d, attempt: t.attempts, deadline: t.deadline}
	g.counts.Attempts++
	if expired := !g.now.Before(t.deadline); g.stopping || expired || !g.drives(e) {
		// A stop came while the append was under way, or the append took longer than the attempt may: it does not begin,
		// and another one will be made.
		outcome := Outcome{Kind: Interrupted}
		if expired {
			outcome.Kind = TimedOut
		}
		g.attemptEnded(AttemptEnded{
			Ref: e.ref, Step: step.Name, Direction: d, Attempt: t.attempts, Outcome: outcome,
		})
		return
	}
	generation := 0
	if d == Compensation {
		generation = s.generation
	}
	effect := RunAttempt{
		Ref: e.ref, Step: step.Name, Direction: d, Attempt: t.attempts, Deadline: t.deadline, def: e.def,
		Timeout: step.policy(d).Timeout(),
		call: rawCall{
			ref: e.ref, step: step.Name, attempt: t.attempts, deadline: t.deadline, data: e.inst.data,
			idempotencyKey: IdempotencyKey(e.ref, step.Name, d, generation),
			actionKey:      IdempotencyKey(e.ref, step.Name, Action, 0),
			results:        e.inst.resultsSoFar(), fence: e.pendingFence,
		},
	}
	if d == Compensation {
		effect.result = s.result
	}
	g.emit(effect)
}

func (in *Instance) resultsSoFar() resultSource {
	source := resultSource{plan: in.plan}
	for i := range in.steps {
		if in.steps[i].result != nil {
			if source.results == nil {
				source.results = make([]json.RawMessage, len(in.steps))
			}
			source.results[i] = in.steps[i].result
		}
	}
	return source
}

// attemptEnded takes the outcome of an attempt whose function has returned.
func (g *Engine) attemptEnded(in AttemptEnded) {
	e := g.sagas[in.Ref]
	if e == nil || e.running == nil || e.running.attempt != in.Attempt || e.running.direction != in.Direction ||
		e.inst.plan.Steps[e.running.step].Name != in.Step {
		return
	}
	outcome := in.Outcome
	if outcome.Kind == FailedTransiently {
		switch {
		case g.cancelled, e.running.cancelled:
			outcome = Outcome{Kind: Interrupted}
		case !g.now.Before(e.running.deadline):
			outcome = Outcome{Kind: TimedOut}
		}
	}
	ended := e.running
	e.running = nil
	g.counts.Attempts--
	if e.aside {
		g.leaveAside(e, ended)
		return
	}
	e.inbox = append(e.inbox, RecordOutcome{
		Now: g.now, Step: in.Step, Direction: in.Direction, Attempt: in.Attempt, Outcome: outcome, Jitter: in.Jitter,
	})
	g.advance(e)
}

// timerFired acts on what is due: a deadline, the end of patience with an attempt that does not return, or a retry.
func (g *Engine) timerFired(in TimerFired) {
	e := g.sagas[in.Ref]
	if e == nil || e.aside {
		return
	}
	e.wake = time.Time{}
	if r := e.running; r != nil && !e.busy() && !e.wakeAt().IsZero() && !e.wakeAt().After(g.now) {
		t := e.inst.steps[r.step].track(r.direction)
		if t.open && t.attempts == r.attempt {
			r.deadline = g.now // it has its time to return in from now on, however late this timer is
			e.inbox = append(e.inbox, RecordOutcome{
				Now: g.now, Step: e.inst.plan.Steps[r.step].Name, Direction: r.direction, Attempt: r.attempt,
				Outcome: Outcome{Kind: TimedOut}, Jitter: in.Jitter,
			})
		} else if _, _, left := e.inst.current(); left {
			e.inbox = append(e.inbox, DeclareStillRunning{})
		} else {
			r.deadline = g.now // others have done what was left: a timer in the past would fire for ever
		}
	}
	g.advance(e)
}

// appendConflicted finds that the saga has moved on without this engine: what is true is loaded, and the outcomes of
// this engine's attempts are decided again on it.
func (g *Engine) appendConflicted(in AppendConflicted) {
	e := g.sagas[in.Ref]
	if e == nil || e.phase != phaseAppending {
		return
	}
	g.counts.Conflicts++
	redo := make([]Command, 0, len(e.inflight)+len(e.inbox))
	for _, command := range append(e.inflight, e.inbox...) {
		if _, isOutcome := command.(RecordOutcome); isOutcome {
			redo = append(redo, command)
		}
	}
	e.inbox, e.inflight, e.pending = redo, nil, nil
	delete(g.ownStarts, in.Ref)
	g.load(e)
}

// appendRefused sets aside a saga whose events the store does not take.
func (g *Engine) appendRefused(in AppendRefused) {
	e := g.sagas[in.Ref]
	if e == nil || e.phase != phaseAppending {
		return
	}
	if e.inst.state == StateNone && e.seen >= 0 { // another has started it meanwhile, and may not run it
		e.inbox, e.inflight, e.pending = nil, nil, nil
		g.load(e)
		return
	}
	if e.inst.state == StateNone {
		delete(g.ownStarts, in.Ref)
		g.refuseStarts(e, in.Err)
		g.forget(e)
		return
	}
	g.putAside(e, in.Err)
}
