package modelcheck

import (
	"errors"

	"github.com/skaldgo/skald/saga"
)

// ofSteps adds what an operator can say of single steps, of the deadline and of retry policies.
func (m *model) ofSteps(w world) {
	past, shape := &m.at(w.log).past, m.of(w.log)
	if at, d := past.parkedPlace(); past.mayResolve(at, d) == nil {
		seen := w
		seen.books = m.books.id(m.seenTo(shape, m.books.all[w.books], at, d))
		m.act(seen, actResolve, m.shape.Resolves, command{kind: resolve, step: int8(at), dir: d}, true)
	}
	if !past.turned {
		m.act(w, actExtend, m.shape.Extends, command{kind: extend}, true)
	}
	for i := range m.shape.Steps {
		if past.maySkip(shape, i) == nil {
			m.act(w, actSkip, m.shape.Skips, command{kind: skip, step: int8(i)}, true)
		}
		if m.shape.Policies > 0 && shape.has(i) {
			m.policies(w, i)
		}
	}
}

// policies lets an operator allow a step one attempt where it has two, and two where it has one, in both directions.
func (m *model) policies(w world, step int) {
	shape := m.of(w.log)
	for d, allowed := range [...]int{saga.Action: shape.Attempts, saga.Compensation: shape.Undos} {
		c := command{kind: changePolicy, step: int8(step), dir: saga.Direction(d), attempt: int8(3 - max(allowed, 1))}
		refused := m.ask(w.log, c).refuse
		if errors.Is(refused, saga.ErrNotRetried) || errors.Is(refused, saga.ErrInvalidPolicy) {
			continue // it is done, given up, not to be attempted, or was attempted too often already
		}
		m.act(w, actPolicy, m.shape.Policies, c, true)
	}
}

// seenTo are the books when an operator has seen to it that what they say of a step is true: that the effect of its action
// stands, or that it does not and never will.
func (g *graph) seenTo(shape *Shape, b books, step int, d saga.Direction) books {
	k := g.keyOf(saga.IdempotencyKey(g.ref, stepName(step), saga.Action, 0)).bit()
	switch stands := b.done&^b.taken&k != 0; {
	case !shape.effect(step) && !shape.undoable(step), stands == (d == saga.Action):
	case d == saga.Action:
		b.done |= k
		b.net[step]++
	case stands:
		b.taken |= k
		b.net[step]--
	}
	if d == saga.Compensation && b.done&k == 0 {
		b.refused |= k
	}
	return b
}

// parkedPlace returns where a parked saga waits for a person.
func (p *past) parkedPlace() (step int, d saga.Direction) {
	if p.parkedUndo {
		return int(p.parkedAt), saga.Compensation
	}
	return int(p.parkedAt), saga.Action
}

// mayResolve tells why nobody can say what came of a step in a direction, nil when somebody can.
func (p *past) mayResolve(step int, d saga.Direction) error {
	one, known := &p.steps[step], p.turned || p.steps[step].succeeded
	if d == saga.Compensation {
		known = !p.turned || one.undone && !(one.blind && one.succeeded)
	}
	at, direction := p.parkedPlace()
	switch {
	case !p.parked:
		return saga.ErrNotParked
	case at != step || direction != d:
		return saga.ErrParkedElsewhere
	case p.open(step, d):
		return saga.ErrAttemptOpen
	case known:
		return saga.ErrOutcomeKnown
	}
	return nil
}

// maySkip tells why a step cannot be passed over, nil when it can.
func (p *past) maySkip(s *Shape, step int) error {
	at, d := p.parkedPlace()
	switch {
	case p.turning(s), !p.stands(s, step):
		return saga.ErrNotSkippable
	case p.parked && (at != step || d != saga.Action):
		return saga.ErrParkedElsewhere
	case p.steps[step].actionOpen && !s.waits(step):
		return saga.ErrAttemptOpen
	}
	return nil
}

// stands reports whether a saga on its way forward stands at a step.
func (p *past) stands(s *Shape, step int) bool {
	if p.turned || p.steps[step].passed() || !s.has(step) {
		return false
	}
	for i := range step {
		if s.has(i) && !s.together(step, i) && !p.steps[i].passed() {
			return false
		}
	}
	return true
}

// wantTold makes sure that a log takes what operators say of steps and of the deadline where it should, and refuses the rest
// with the right words.
func (g *graph) wantTold(id nodeID) {
	past := &g.at(id).past
	want := func(c command, refused error) { g.wantAnswer(id, c, refused == nil, refused) }
	old := func(refused error) error {
		if errors.Is(refused, saga.ErrNotParked) {
			return refused
		}
		return saga.ErrStale
	}
	for i := range g.shape.Steps {
		want(command{kind: skip, step: int8(i)}, past.maySkip(g.by(past), i))
		want(command{kind: skip, step: int8(i), attempt: 1}, saga.ErrStale)
		for _, d := range []saga.Direction{saga.Action, saga.Compensation} {
			may := past.mayResolve(i, d)
			want(command{kind: resolve, step: int8(i), dir: d}, may)
			want(command{kind: resolve, step: int8(i), dir: d, attempt: 1}, old(may))
		}
	}
	want(command{kind: extend}, refusal(past.turned, saga.ErrTooLate))
	want(command{kind: extend, attempt: 1}, saga.ErrStale)
}
