package modelcheck

import (
	"fmt"
	"strings"

	"github.com/skaldgo/skald/saga"
)

// family is a saga and a child of it, each with its own log, orchestrators, participants and clock. What one that runs both
// can do, two can that crash one right after the other; and how much time passes for one while the other does something makes
// no difference, because neither of them reads the clock of the other. So nothing is left out by telling them apart.
//
// They meet where the engine lets them: the child is started and cancelled on behalf of the parent (AttendChild), and the
// parent hears of its end (ChildSeen). All of that is idempotent and may be under way for any length of time: it is
// possible from the moment at which the log of the parent calls for it, also when whoever began it is gone.
type family struct {
	parent, child half
	step          int // of the parent that starts the child
	space[pair]
	ends   map[ending]nodeID // a log of the child for each way to end
	report Report
}

// half is one of the two, with what it can do by itself in each of its worlds.
type half struct {
	*model
	worlds interned[world]
	hops   [][]hop // by world, nil where that was not asked for
}

// hop is one step of a half.
type hop struct {
	to    int32
	fault bool
}

// pair is one state: worlds of both by number. The child is under zero when it will do nothing more: see gone.
type pair struct{ parent, child int32 }

// never stands for a child that cannot be started, because the store refuses its data.
const never = terminated + 1

// gone is the number of a child that has ended. All that its participants do then has no effect, which its balance makes
// sure of, so that nothing but the way it ended makes a difference.
func gone(end ending) int32 { return -int32(end) }

// childAt is the step that starts a child, in whichever version.
func (s *Shape) childAt() int {
	i := strings.IndexAny(s.Steps, "KN")
	if i < 0 && s.Next != nil {
		return s.Next.childAt()
	}
	return i
}

func newFamily(shape *Shape, under Under) *family {
	i := shape.childAt()
	f := &family{step: i, ends: map[ending]nodeID{}}
	f.parent.model = newModel(shape, under)
	ref := f.parent.ref
	f.child.model = &model{
		graph: newGraph(shape.Child, under, childRef(ref, stepName(i)), &saga.Parent{
			Name: ref.Name, ID: ref.ID, Step: stepName(i),
		}),
		flights: newFlights(),
	}
	f.parent.id(f.parent.first()) // the first world of each has the number 0
	f.child.id(f.child.first())
	return f
}

// id returns the number of a world.
func (h *half) id(w world) int32 {
	id := h.worlds.id(w)
	for len(h.hops) < len(h.worlds.all) {
		h.hops = append(h.hops, nil)
	}
	return id
}

// alone returns what a half can do by itself.
func (h *half) alone(id int32) []hop {
	if h.hops[id] == nil {
		h.hops[id] = h.take(h.moves(h.worlds.all[id]))
	}
	return h.hops[id]
}

func (h *half) take(steps []step) []hop {
	hops := make([]hop, 0, len(steps))
	for _, s := range steps {
		hops = append(hops, hop{h.id(s.next), s.fault})
	}
	return hops
}

// expand adds everything that can happen in a state.
func (f *family) expand(id int32) {
	f.begins = append(f.begins, int32(len(f.out)))
	p := f.states[id]
	w := f.parent.worlds.all[p.parent]
	past := &f.parent.at(w.log).past
	f.count(p, w)
	for _, h := range f.parent.alone(p.parent) {
		f.space.step(id, pair{h.to, p.child}, h.fault)
	}
	if p.child < 0 {
		f.seen(id, p)
		return
	}
	child := f.child.worlds.all[p.child]
	switch {
	case f.child.at(child.log).past.begun:
		for _, h := range f.child.alone(p.child) {
			f.space.step(id, f.settled(pair{p.parent, h.to}), h.fault)
		}
		f.cancelled(id, p, past)
	case past.steps[f.step].child:
		f.begun(id, p)
		f.space.step(id, pair{p.parent, gone(never)}, true)
	}
}

// begun adds that the child is started. Both of its orchestrators have nothing in hand and are alike, so that it is the
// first one makes no difference.
func (f *family) begun(id int32, p pair) {
	m := f.child.model
	w := f.child.worlds.all[p.child]
	m.from, m.steps = w, m.steps[:0]
	m.commands(w, 0, command{kind: startSaga}, 0)
	for _, h := range f.child.take(m.steps) {
		f.space.step(id, f.settled(pair{p.parent, h.to}), h.fault)
	}
}

// cancelled adds that the child is cancelled on behalf of a parent that is to turn round.
func (f *family) cancelled(id int32, p pair, past *past) {
	w, m := f.child.worlds.all[p.child], f.child.model
	child := &m.at(w.log).past
	if !past.steps[f.step].child || !past.turning(f.parent.by(past)) || child.ended != open || child.tooLate(m.by(child)) {
		return
	}
	c := command{kind: cancel}
	if a := m.ask(w.log, c); m.agrees(w.log, a, c) && len(a.events) > 0 {
		f.space.step(id, f.settled(pair{p.parent, f.child.id(m.appended(w, -1, a))}), false)
	}
}

// seen adds that an orchestrator of the parent hears of the end of the child.
func (f *family) seen(id int32, p pair) {
	m, w := f.parent.model, f.parent.worlds.all[p.parent]
	if m.at(w.log).past.ended != open {
		return
	}
	m.from, m.steps = w, m.steps[:0]
	for x := range 2 {
		if w.snap[x] < 0 || !m.at(w.snap[x]).past.steps[f.step].child {
			continue
		}
		m.commands(w, x, command{
			kind: recordOutcome, step: int8(f.step), attempt: m.at(w.snap[x]).past.steps[f.step].action, outcome: f.outcome(p.child),
		}, 0)
	}
	for _, h := range f.parent.take(m.steps) {
		f.space.step(id, pair{h.to, p.child}, h.fault)
	}
}

// outcome is what the end of the child means for its parent: of the child itself, if that is its own.
func (f *family) outcome(child int32) saga.OutcomeKind {
	end := ending(-child)
	if end == never {
		return saga.FailedPermanently
	}
	inst := f.child.at(f.ends[end]).inst
	if of, is := inst.Parent(); !is || of != *f.child.parent {
		return saga.FailedPermanently
	}
	outcome, ended := inst.AsChild()
	if !ended {
		f.child.breaks(f.ends[end], nil, "C2: the child has ended, and its parent is not told")
	}
	return outcome.Kind
}

// settled is a state in which a child that has ended is gone, and its effect is that of the step of its parent.
func (f *family) settled(p pair) pair {
	w := f.child.worlds.all[p.child]
	end := f.child.at(w.log).past.ended
	if end == open {
		return p
	}
	f.child.wantBalance(w)
	if _, known := f.ends[end]; !known {
		f.ends[end] = w.log
	}
	if end == completed {
		parent := f.parent.worlds.all[p.parent]
		books := f.parent.model.books.all[parent.books]
		action := f.parent.keyOf(saga.IdempotencyKey(f.parent.ref, stepName(f.step), saga.Action, 0))
		books.done |= action.bit()
		books.net[f.step]++
		parent.books = f.parent.model.books.id(books)
		p.parent = f.parent.id(parent)
	}
	return pair{p.parent, gone(end)}
}

// count notes what kind of end a state is, and judges what holds for both logs together.
func (f *family) count(p pair, w world) {
	f.report.count(f.parent.model, w)
	f.parent.wantBalance(w)
	past := &f.parent.at(w.log).past
	one := &past.steps[f.step]
	under := p.child > 0
	if under && !one.child {
		f.parent.breaks(w.log, nil, fmt.Sprintf("C2: step %s has an outcome, and its child has not ended", stepName(f.step)))
	}
	if one.succeeded && !one.resolved && p.child != gone(completed) {
		f.parent.breaks(w.log, nil, fmt.Sprintf("C2: step %s has succeeded, and its child has not", stepName(f.step)))
	}
	if under {
		child := f.child.worlds.all[p.child]
		if at := &f.child.at(child.log).past; at.parked && child.flags.done(actRedrive) >= f.child.shape.Redrives {
			f.report.Parked++
		}
	}
}

// rests reports whether the parent has ended or waits for somebody, or waits for a child that does.
func (f *family) rests(p pair) bool {
	return f.parent.rests(f.parent.worlds.all[p.parent]) || p.child > 0 && f.child.rests(f.child.worlds.all[p.child])
}
