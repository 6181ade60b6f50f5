package saga

import (
	"errors"
	"fmt"
	"slices"

	"github.com/skaldgo/skald/aggregate"
)

// ErrUnknownDefinition: no definition of that name is registered.
var ErrUnknownDefinition = errors.New("unknown saga definition")

// ErrStopping: the orchestrator is stopping and takes no new sagas.
var ErrStopping = errors.New("orchestrator is stopping")

// ErrSetAside: the saga's history cannot be used by this program, so it is left alone.
var ErrSetAside = errors.New("saga is set aside")

// startRequested begins a new saga, or answers for one that there is already.
func (g *Engine) startRequested(in StartRequested) {
	def := g.defs.newest(in.Ref.Name)
	switch {
	case def == nil:
		g.emit(Reply{Token: in.Token, Err: fmt.Errorf("start %s: %w", in.Ref, ErrUnknownDefinition)})
		return
	case g.stopping:
		g.emit(Reply{Token: in.Token, Err: fmt.Errorf("start %s: %w", in.Ref, ErrStopping)})
		return
	case !g.holds(in.Ref):
		g.emit(Reply{Token: in.Token, Err: fmt.Errorf("start %s: %w", in.Ref, ErrElsewhere)})
		return
	}
	e := g.sagas[in.Ref]
	if e != nil {
		e.starts = append(e.starts, in)
		switch {
		case e.aside:
			g.refuseStarts(e, fmt.Errorf("%s: %w: %s", e.ref, ErrSetAside, g.setAside[e.ref]))
		case !e.busy():
			g.answerStarts(e)
		}
		return
	}
	e = g.newEntry(in.Ref, def)
	e.starts = append(e.starts, in)
	e.whole = true
	g.ownStarts[in.Ref] = struct{}{}
	e.inbox = append(e.inbox, StartSaga{
		Ref: in.Ref, Version: def.version, DefinitionHash: def.hash, Plan: def.plan, Data: in.Data,
		CorrelationID: in.CorrelationID, Parent: in.Parent,
	})
	g.hold(e)
	g.advance(e)
}

func (g *Engine) newEntry(ref Ref, def *compiled) *entry {
	e := &entry{ref: ref, inst: NewInstance(ref), head: aggregate.NewHead(ref.Stream()), def: def, seen: -1}
	g.sagas[ref] = e
	g.counted(ref, 1)
	return e
}

// answerStarts replies to everyone who asked for this saga, now that it is known what it is.
func (g *Engine) answerStarts(e *entry) {
	for _, s := range e.starts {
		_, err := e.inst.Decide(StartSaga{Ref: e.ref, Data: s.Data})
		g.emit(Reply{Token: s.Token, Err: err})
	}
	e.starts = nil
}

// refuseStarts replies to everyone who asked for this saga that it cannot be.
func (g *Engine) refuseStarts(e *entry, err error) {
	for _, s := range e.starts {
		g.emit(Reply{Token: s.Token, Err: err})
	}
	e.starts = nil
}

// eventSeen takes note of what the log tells. Most of it is this engine's own doing.
func (g *Engine) eventSeen(in EventSeen) {
	kind := noteOf(in.Type)
	if kind == noteEnded {
		g.childEnded(in.Ref)
	}
	if kind == noteStarted {
		if _, own := g.ownStarts[in.Ref]; own {
			delete(g.ownStarts, in.Ref)
			if e := g.sagas[in.Ref]; e != nil {
				e.seen = max(e.seen, in.Revision) // while the start is under way it may be that of another
			}
			return
		}
	}
	e := g.sagas[in.Ref]
	switch {
	case e == nil && kind == noteEnded:
		delete(g.foreign, in.Ref)
		delete(g.untouched, in.Ref)
		delete(g.setAside, in.Ref)
	case e == nil && !g.holds(in.Ref):
		if kind == noteStarted {
			g.foreign[in.Ref] = struct{}{}
		}
	case e == nil && g.defs.newest(in.Ref.Name) == nil:
		if kind == noteStarted {
			g.untouched[in.Ref] = "no definition of that name is registered"
		}
	case e == nil:
		if _, aside := g.setAside[in.Ref]; !aside || kind == noteOperator {
			g.load(g.newEntry(in.Ref, g.defs.newest(in.Ref.Name)))
		}
	case e.aside:
		e.again = e.again || kind == noteOperator
		if kind == noteEnded {
			delete(g.setAside, in.Ref)
		}
	default:
		e.seen = max(e.seen, in.Revision)
		g.advance(e)
	}
}

func (g *Engine) load(e *entry) {
	g.enter(e, phaseLoading)
	g.emit(LoadSaga{Ref: e.ref})
}

// sagaLoaded takes a saga into hand, or what is true of one in hand.
func (g *Engine) sagaLoaded(in SagaLoaded) {
	newest := g.defs.newest(in.Ref.Name)
	e := g.sagas[in.Ref]
	switch {
	case newest == nil:
		g.untouched[in.Ref] = "no definition of that name is registered"
		return
	case e == nil:
		e = g.newEntry(in.Ref, newest)
	}
	g.enter(e, phaseIdle)
	switch {
	case in.Missing:
		g.refuseStarts(e, fmt.Errorf("%s: %w", in.Ref, ErrNotFound))
		g.forget(e)
		return
	case in.Err != nil:
		g.putAside(e, in.Err)
		return
	case in.Instance.fault != "":
		g.putAside(e, errors.New(in.Instance.fault))
		return
	case in.Instance.version > newest.version && !in.Instance.state.Ended():
		g.outgrown(e, in, newest.version)
		return
	}
	delete(g.setAside, in.Ref)
	delete(g.untouched, in.Ref)
	g.adopt(e, in)
}

// outgrown leaves alone a saga of a version above all that are registered. Of one that was migrated while attempts of it
// ran here, what comes of them is recorded first: it is a fact, whoever brings it.
func (g *Engine) outgrown(e *entry, in SagaLoaded, highest int) {
	e.beyond = fmt.Sprintf("it runs version %d, the highest registered is %d", in.Instance.version, highest)
	if len(e.running) > 0 || len(e.inbox) > 0 {
		delete(g.setAside, in.Ref)
		g.adopt(e, in)
		return
	}
	g.untouched[in.Ref] = e.beyond
	e.inst = in.Instance
	g.answerStarts(e)
	g.forget(e)
}

func (g *Engine) adopt(e *entry, in SagaLoaded) {
	e.moveTo(in.Instance.plan)
	if def := g.defs.of(e.ref.Name, in.Instance.version); def != nil { // or it has ended
		e.def = def
	}
	if in.Instance.hash == e.def.hash && in.Instance.plan.limitedAs(e.def.plan) {
		in.Instance.plan = e.def.plan // shared, so that many open sagas do not keep many equal plans
	}
	e.inst, e.head, e.jitter = in.Instance, in.Head, in.Jitter
	e.seen = max(e.seen, in.Head.Revision) // more may have been seen while it was loaded
	e.whole = e.def.runs(in.Instance.plan)
	e.fence = max(e.fence, in.Fence)
	if s := g.shardOf(e.ref); s != nil && s.token > 0 && s.token < e.fence {
		g.emit(TokenBehind{Ref: e.ref, Fence: e.fence})
	}
	if len(e.running) == 0 && in.Restart && len(e.inbox) == 0 {
		e.recovering = e.inst.anyRunning()
	}
	if e.takenOver != nil { // the append that took them over lost against another writer
		open := e.openAttempts()
		e.recovering = len(open) > 0 && !slices.ContainsFunc(open, func(r *runningAttempt) bool {
			return find(e.takenOver, r.place, r.attempt) == nil
		})
		e.takenOver = nil
	}
	g.answerStarts(e)
	if e.inst.state.Ended() {
		g.emit(Settled{Ref: e.ref, Instance: e.inst}) // by an operator, or another engine
	}
	g.advance(e)
}

// runs reports whether the definition has a function for every attempt that a plan can need.
func (c *compiled) runs(plan *Plan) bool {
	if plan == c.plan {
		return true
	}
	for _, step := range plan.Steps {
		if step.Await == nil && !c.knows(step.Name, Action) || step.Compensation != nil && !c.knows(step.Name, Compensation) ||
			step.Probe && c.probes[step.Name] == nil {
			return false
		}
	}
	return true
}

// ableTo reports whether the definition has the functions that the next attempt at a place needs.
func (c *compiled) ableTo(in *Instance, at place) bool {
	step := in.plan.Steps[at.step].Name
	return c.knows(step, at.direction) && (in.probeUse(at) == NoProbe || c.probes[step] != nil)
}
