package saga

import (
	"slices"
	"time"

	"github.com/skaldgo/skald/aggregate"
)

// advance lets a saga go on as far as it can without waiting: it decides whatever has come in, or starts what is due.
func (g *Engine) advance(e *entry) {
	if e.busy() || g.sagas[e.ref] != e {
		return
	}
	if !g.drives(e) && !e.inst.state.Ended() {
		g.leave(e)
		return
	}
	if e.seen > e.head.Revision {
		g.load(e)
		return
	}
	if e.inst.state.Ended() {
		g.end(e)
		return
	}
	events := g.decideInbox(e)
	if len(events) == 0 {
		if !e.ours() && !e.recovering {
			if len(e.running) > 0 {
				g.release(e)
				return // one that was given up; its success would still be news
			}
			if g.shared() { // whoever runs it has lost the shard, or never had it
				e.recovering = true
				g.advance(e)
				return
			}
			g.untouched[e.ref] = "another orchestrator runs its open attempt"
			g.counts.Lost++ // to another orchestrator, which runs the open attempt
			g.forget(e)
			return
		}
		events = g.decideNext(e)
	}
	if len(events) > 0 {
		g.append(e, events)
		return
	}
	g.release(e)
	if !g.stopping {
		g.attendChildren(e)
	}
	g.setTimer(e, e.wakeAt(g.stopping))
}

// decideInbox decides the commands that have come in, as many as lead to one append.
func (g *Engine) decideInbox(e *entry) (events []Event) {
	for len(e.inbox) > 0 && len(events) == 0 {
		events = g.decideBatch(e, batch(e.inbox))
	}
	return events
}

// What is decided together has to fit into one append: so many commands at most, and so many bytes unless one alone has
// more.
const (
	maxBatch      = 200
	maxBatchBytes = MaxPayloadBytes
)

// batch returns how many commands from the first on are decided together.
func batch(inbox []Command) int {
	bytes := 0
	for i, command := range inbox {
		if c, is := command.(RecordOutcome); is {
			bytes += len(c.Outcome.Result) + len(c.Outcome.Error) + len(c.Outcome.Stack)
		}
		if i > 0 && (i == maxBatch || bytes > maxBatchBytes) {
			return i
		}
	}
	return len(inbox)
}

// decideBatch decides the first n commands that have come in, each on what the ones before it decided.
func (g *Engine) decideBatch(e *entry, n int) []Event {
	var events []Event
	on, at := e.inst, g.decidedAt(e.inbox[:n])
	for i, command := range e.inbox[:n] {
		decided, err := on.Decide(g.complete(e, command, at, i == len(e.inbox)-1))
		if err != nil {
			continue // a start that turned out to be a repeat; it is answered from the instance
		}
		events = append(events, decided...)
		if i < n-1 {
			if on == e.inst {
				on = on.clone()
			}
			for _, event := range decided {
				on.Evolve(event)
			}
		}
	}
	if len(events) > 0 {
		e.inflight = append(e.inflight, e.inbox[:n]...)
	}
	e.inbox = slices.Delete(e.inbox, 0, n)
	return events
}

// complete fills in what is known only at the moment of the decision.
func (g *Engine) complete(e *entry, command Command, at time.Time, last bool) Command {
	mayStart := last && e.idle() > 0 && e.whole && !g.stopping && !e.lingers() && !e.givesUp() && g.drives(e)
	switch c := command.(type) {
	case StartSaga:
		c.Now, c.Go = at, mayStart
		c.Spare = g.spare(e, mayStart, c.Plan)
		return c
	case RecordOutcome:
		c.Now, c.Go = at, mayStart // it may have waited, and what it starts must not begin past its deadline
		c.Spare = g.spare(e, mayStart, e.inst.plan)
		return c
	default:
		return command
	}
}

// spare takes what slots there are for the branches of a group, and returns how many there are beside the first.
func (g *Engine) spare(e *entry, mayStart bool, plan *Plan) int {
	if !mayStart || plan == nil {
		return 0
	}
	if widest := plan.widest(); widest > 1 {
		g.reach(e, widest)
	}
	return e.idle() - 1
}

// decidedAt is the instant at which all that goes into one append is decided: now, but for a deadline that had passed
// before the clock was put back.
func (g *Engine) decidedAt(commands []Command) time.Time {
	at := g.now
	for _, command := range commands {
		if c, ok := command.(RecordOutcome); ok && c.Outcome.Kind == TimedOut && at.Before(c.Now) {
			at = c.Now
		}
	}
	return at
}

// decideNext decides what the saga does by itself: take over, start what is due, turn round, end, or park for want of a
// function.
func (g *Engine) decideNext(e *entry) []Event {
	if g.stopping || e.lingers() || e.inst.halted() {
		return nil
	}
	if e.inst.attends(g.now) && !e.recovering {
		if events, _ := e.inst.Decide(Attend{Now: g.now}); len(events) > 0 {
			return events
		}
	}
	if step := g.orphaned(e); step != "" && !e.recovering {
		events, _ := e.inst.Decide(DeclareMissing{Step: step})
		return events
	}
	at, isDue := e.inst.upcoming(g.now)
	switch {
	case e.recovering:
	case isDue && !e.whole && !e.def.ableTo(e.inst, at):
		events, _ := e.inst.Decide(DeclareMissing{Step: e.inst.plan.Steps[at.step].Name})
		return events
	case !isDue && e.inst.still():
		return nil
	case !isDue && !e.whole: // it turns round or ends; what is begun then is looked at first
		events, _ := e.inst.Decide(Attend{Now: g.now})
		return events
	}
	if !g.hold(e) {
		return nil
	}
	spare := g.spare(e, e.whole, e.inst.plan)
	var command Command = Proceed{Now: g.now, Spare: spare}
	if e.recovering {
		e.recovering, e.takenOver = false, e.openAttempts()
		command = Recover{Now: g.now, Jitter: e.jitter, Go: e.whole, Spare: spare}
	}
	events, _ := e.inst.Decide(command)
	return events
}

func (g *Engine) append(e *entry, events []Event) {
	env := g.envelope(e)
	env.Fence = g.token(e)
	e.pending, e.pendingFence = events, env.Fence
	g.enter(e, phaseAppending)
	g.emit(AppendEvents{Ref: e.ref, Head: e.head, Events: events, Envelope: env})
}

func (g *Engine) envelope(e *entry) aggregate.Envelope {
	env := aggregate.Envelope{Actor: g.cfg.Actor, At: g.now, CorrelationID: e.inst.correlation}
	if len(e.starts) > 0 && e.inst.state == StateNone {
		s := e.starts[0]
		env.CorrelationID, env.CausationID = s.CorrelationID, s.CausationID
		if s.Actor != "" {
			env.Actor = s.Actor
		}
		return env
	}
	env.At = g.decidedAt(e.inflight)
	for _, command := range e.inflight {
		if c, ok := command.(RecordOutcome); ok {
			generation := 0
			if i := e.inst.plan.index(c.Step); i >= 0 {
				generation = e.inst.steps[i].keyGeneration(c.Direction)
			}
			env.CausationID = IdempotencyKey(e.ref, c.Step, c.Direction, generation)
		}
	}
	return env
}

// end lets go of a saga that has ended. What is still to be said of it goes to its late stream.
func (g *Engine) end(e *entry) {
	for _, command := range append(e.inflight, e.inbox...) {
		c, ok := command.(RecordOutcome)
		if ok && c.Direction == Action && c.Outcome.Kind == Succeeded && !e.inst.completed(c.Step) && !e.inst.starts(c.Step) {
			g.counts.Late++
			g.emit(AppendLate{
				Ref:      e.ref,
				Event:    StepCompleted{Step: c.Step, Attempt: c.Attempt, Result: c.Outcome.Result, Late: true},
				Envelope: aggregate.Envelope{Actor: g.cfg.Actor, At: g.now, CorrelationID: e.inst.correlation},
			})
		}
	}
	e.inflight, e.inbox = nil, nil
	g.answerStarts(e)
	if len(e.running) == 0 {
		g.forget(e)
		return
	}
	e.queued = false
	g.release(e) // but the slots of the attempts, given up long ago, until they have returned
}

// completed reports whether the step's success is part of the history.
func (in *Instance) completed(step string) bool {
	i := in.plan.index(step)
	return i >= 0 && in.steps[i].result != nil
}
