package saga

import (
	"encoding/json"
	"slices"
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
	begun := attemptsIn(e.pending)
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
	g.begin(e, begun)
	g.advance(e)
}

// attemptsIn returns the attempts that some events record the start of.
func attemptsIn(events []Event) (begun []AttemptRef) {
	for _, event := range events {
		switch e := event.(type) {
		case StepStarted:
			begun = append(begun, AttemptRef{Step: e.Step, Attempt: e.Attempt})
		case CompensationStarted:
			begun = append(begun, AttemptRef{Step: e.Step, Attempt: e.Attempt})
		}
	}
	return begun
}

// begin runs the attempts that have just been recorded. All of them count as running before the first begins.
func (g *Engine) begin(e *entry, begun []AttemptRef) {
	if len(begun) == 0 {
		return
	}
	known := len(e.running)
	for at := range e.inst.running() {
		t := e.inst.at(at)
		name := e.inst.plan.Steps[at.step].Name
		if slices.Contains(begun, AttemptRef{Step: name, Attempt: t.attempts}) {
			e.running = append(e.running, &runningAttempt{place: at, name: name, attempt: t.attempts, deadline: t.deadline.time()})
			g.counts.Attempts++
		}
	}
	results := e.inst.resultsSoFar() // shared by all
	for _, r := range slices.Clone(e.running[known:]) {
		g.run(e, r, results)
	}
}

func (g *Engine) run(e *entry, r *runningAttempt, results resultSource) {
	s, step := &e.inst.steps[r.step], &e.inst.plan.Steps[r.step]
	if expired := !g.now.Before(r.deadline); g.stopping || expired || !g.drives(e) {
		// A stop came while the append was under way, or the append took longer than the attempt may: it does not begin,
		// and another one will be made.
		outcome := Outcome{Kind: Interrupted}
		if expired {
			outcome.Kind = TimedOut
		}
		g.attemptEnded(AttemptEnded{
			Ref: e.ref, Step: step.Name, Direction: r.direction, Attempt: r.attempt, Outcome: outcome,
		})
		return
	}
	generation := s.keyGeneration(r.direction)
	effect := RunAttempt{
		Ref: e.ref, Step: step.Name, Direction: r.direction, Attempt: r.attempt, Deadline: r.deadline, def: e.def,
		Timeout: step.policy(r.direction).Timeout(), Probe: s.track(r.direction).probe,
		call: rawCall{
			ref: e.ref, step: step.Name, attempt: r.attempt, deadline: r.deadline, data: e.inst.data,
			idempotencyKey: IdempotencyKey(e.ref, step.Name, r.direction, generation),
			actionKey:      IdempotencyKey(e.ref, step.Name, Action, 0),
			results:        results, fence: e.pendingFence,
		},
	}
	if r.direction == Compensation {
		effect.result = s.result
	}
	g.emit(effect)
}

func (in *Instance) resultsSoFar() resultSource {
	source := resultSource{plan: in.plan}
	for i := range in.steps {
		if in.steps[i].state == StepStateSkipped {
			source.skipped = append(source.skipped, in.plan.Steps[i].Name)
		}
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
	if e == nil || len(e.running) == 0 {
		return
	}
	ended := find(e.running, place{e.inst.plan.index(in.Step), in.Direction}, in.Attempt)
	if ended == nil {
		return
	}
	outcome := in.Outcome
	if outcome.Kind == FailedTransiently {
		switch {
		case g.cancelled, ended.cancelled:
			outcome = Outcome{Kind: Interrupted}
		case !g.now.Before(ended.deadline):
			outcome = Outcome{Kind: TimedOut}
		}
	}
	e.running = slices.DeleteFunc(e.running, func(r *runningAttempt) bool { return r == ended })
	g.counts.Attempts--
	if e.aside {
		g.leaveAside(e, ended)
		return
	}
	e.inbox = append(e.inbox, RecordOutcome{
		Now: g.now, Step: in.Step, Direction: in.Direction, Attempt: in.Attempt, Outcome: outcome, OfFunction: true, Jitter: in.Jitter,
	})
	g.advance(e)
}

// timerFired acts on what is due: deadlines, the end of patience with an attempt that does not return, or a retry.
func (g *Engine) timerFired(in TimerFired) {
	e := g.sagas[in.Ref]
	if e == nil || e.aside {
		return
	}
	e.wake = time.Time{}
	if !e.busy() {
		for _, r := range e.running {
			if at := e.until(r); !at.IsZero() && !at.After(g.now) {
				g.overdue(e, r, in.Jitter)
			}
		}
	}
	g.advance(e)
}

// overdue acts on a running attempt whose time has passed.
func (g *Engine) overdue(e *entry, r *runningAttempt, jitter float64) {
	step := e.inst.plan.Steps[r.step].Name
	switch {
	case e.isOpen(r):
		r.deadline = g.now // it has its time to return in from now on, however late this timer is
		e.inbox = append(e.inbox, RecordOutcome{
			Now: g.now, Step: step, Direction: r.direction, Attempt: r.attempt, Outcome: Outcome{Kind: TimedOut}, OfFunction: true,
			Jitter: jitter,
		})
	case e.inst.left():
		e.inbox = append(e.inbox, DeclareStillRunning{Step: step})
	default:
		r.deadline = g.now // others have done what was left: a timer in the past would fire for ever
	}
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
