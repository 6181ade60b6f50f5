package saga

import "slices"

// AttendChild asks to see to a child of a saga: to start it, which is idempotent, to cancel it if Cancel says why, and to
// answer with ChildSeen.
type AttendChild struct {
	Parent        Ref
	Step          string
	Direction     Direction
	Attempt       int
	Child         Ref
	Data          []byte
	CorrelationID string
	CausationID   string
	Cancel        string
}

// ChildSeen tells what became of an AttendChild.
type ChildSeen struct {
	Parent    Ref
	Step      string
	Direction Direction
	Attempt   int
	Child     Ref
	// Ended: the child has ended, or cannot be started; Outcome is what that means for the step.
	Ended   bool
	Outcome Outcome
	Jitter  float64
}

func (AttendChild) engineEffect() {}
func (ChildSeen) engineInput()    {}

// attended is a child that an engine sees to.
type attended struct {
	busy      bool // an AttendChild is under way
	again     bool // it is to be followed by another
	cancelled bool
}

// attendChildren sees to the children of a saga: to each once, once more when it has ended, and once to cancel it. A
// child whose definition is missing is left alone: see orphaned. A paused saga sees to none: what becomes of a child meanwhile
// is news when it is resumed.
func (g *Engine) attendChildren(e *entry) {
	if e.inst.paused != nil {
		return
	}
	for at := range e.inst.open() {
		t := e.inst.at(at)
		if t.child == nil || g.defs.newest(t.child.Child.Name) == nil {
			continue
		}
		child := t.child.Child
		a := e.children[child]
		cancel := e.inst.turning()
		if a != nil && (a.busy || !a.again && a.cancelled == cancel) {
			continue
		}
		if a == nil {
			a = &attended{}
			if e.children == nil {
				e.children = map[Ref]*attended{}
			}
			e.children[child] = a
			g.parents[child] = e.ref
		}
		a.busy, a.again, a.cancelled = true, false, cancel
		effect := AttendChild{
			Parent: e.ref, Step: e.inst.plan.Steps[at.step].Name, Direction: at.direction, Attempt: t.attempts,
			Child: child, Data: t.child.Data, CorrelationID: e.inst.correlation,
			CausationID: IdempotencyKey(e.ref, e.inst.plan.Steps[at.step].Name, at.direction, 0),
		}
		if cancel {
			effect.Cancel = "its parent " + e.ref.String() + " is to be compensated"
		}
		g.emit(effect)
	}
}

// childEnded takes note of the end of a saga that another one waits for.
func (g *Engine) childEnded(child Ref) {
	e := g.sagas[g.parents[child]]
	if e == nil || e.children[child] == nil {
		return
	}
	e.children[child].again = true
	if !e.busy() && !g.stopping && g.drives(e) {
		g.attendChildren(e)
	}
}

func (g *Engine) childSeen(in ChildSeen) {
	e := g.sagas[in.Parent]
	if e == nil || e.children[in.Child] == nil {
		return
	}
	e.children[in.Child].busy = false
	if in.Ended {
		delete(e.children, in.Child)
		delete(g.parents, in.Child)
		e.inbox = append(e.inbox, RecordOutcome{
			Now: g.now, Step: in.Step, Direction: in.Direction, Attempt: in.Attempt, Outcome: in.Outcome, Jitter: in.Jitter,
		})
	}
	g.advance(e)
}

// forgetChildren lets go of the children of a saga that is let go.
func (g *Engine) forgetChildren(e *entry) {
	for child := range e.children {
		delete(g.parents, child)
	}
	e.children = nil
}

// orphaned returns the step whose child cannot be started, because there is no definition of it; "" for none.
func (g *Engine) orphaned(e *entry) string {
	for at := range e.inst.open() {
		if child := e.inst.at(at).child; child != nil && g.defs.newest(child.Child.Name) == nil {
			return e.inst.plan.Steps[at.step].Name
		}
	}
	return ""
}

// unregistered returns the faults of a definition that starts sagas of others that are not there.
func (c *compiled) unregistered(defs definitions) (faults []string) {
	for i := range c.plan.Steps {
		step := &c.plan.Steps[i]
		for _, name := range []string{step.saga(Action), step.saga(Compensation)} {
			fault := "step \"" + step.Name + "\" starts a saga of " + name + ", which is not registered"
			if name != "" && defs.newest(name) == nil && !slices.Contains(faults, fault) {
				faults = append(faults, fault)
			}
		}
	}
	return faults
}
