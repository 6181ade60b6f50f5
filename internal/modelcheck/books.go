package modelcheck

import (
	"fmt"

	"github.com/skaldgo/skald/saga"
)

// books is what the participants know. They guard by the idempotency key, as package participant does: an effect happens
// once for each key, a compensation finds it by the key of the action, and one that comes first is remembered, so that
// the action that comes after it is refused. Keys are bits.
type books struct {
	done    uint64 // actions that had their effect
	taken   uint64 // actions whose effect was undone
	refused uint64 // actions that were compensated before they came
	undos   uint64 // compensations that were carried out
	net     [MaxSteps]int8
}

// verdict is one way in which a participant can act on a request.
type verdict struct {
	kind  saga.OutcomeKind
	after books
	words string
}

func (k key) bit() uint64 { return 1 << k }

// verdicts returns every way in which the participant of a step can act on a flight.
func (g *graph) verdicts(s *Shape, b books, f flight) []verdict {
	if f.dir() == saga.Compensation {
		return g.undoVerdicts(b, f)
	}
	if f.probe() == saga.ProbeOnly {
		return g.probeVerdicts(b, f)
	}
	k := f.key().bit()
	fails := verdict{saga.FailedTransiently, b, "fails without an effect"}
	refuses := verdict{saga.FailedPermanently, b, "refuses"}
	switch {
	case !s.effect(f.step()): // a child's data is as good as an answer
		return []verdict{{saga.Succeeded, b, "answers"}, fails, refuses}
	case (b.refused|b.taken)&k != 0:
		refuses.words = "refuses, because it was compensated before"
		return []verdict{refuses}
	case b.done&k != 0:
		return []verdict{{saga.Succeeded, b, "recognises the repeat"}, {saga.FailedTransiently, b, "fails at the repeat"}}
	}
	after := b
	after.done |= k
	after.net[f.step()]++
	return []verdict{
		{saga.Succeeded, after, "does it"}, fails, {saga.FailedTransiently, after, "does it and fails"}, refuses,
	}
}

// probeVerdicts are those of an attempt that asks and does nothing else. One that asks first and acts then can do what any
// other can: what it finds is what the action would recognise.
func (g *graph) probeVerdicts(b books, f flight) []verdict {
	nothing := verdict{saga.FailedTransiently, b, "finds nothing, or cannot tell"}
	if k := f.key().bit(); b.done&^b.taken&k == 0 {
		return []verdict{nothing}
	}
	nothing.words = "cannot tell"
	return []verdict{{saga.Succeeded, b, "finds that it has happened"}, nothing}
}

func (g *graph) undoVerdicts(b books, f flight) []verdict {
	k, action := f.key().bit(), g.keyOf(saga.IdempotencyKey(g.ref, stepName(f.step()), saga.Action, 0)).bit()
	found, after, how := saga.SucceededWithNothing, b, "finds nothing to undo"
	if b.taken&action != 0 && b.undos&k != 0 {
		found = saga.Succeeded
	}
	if b.undos&k != 0 {
		return []verdict{{found, b, "recognises the repeat"}, {saga.FailedTransiently, b, "fails at the repeat"}}
	}
	after.undos |= k
	switch {
	case b.done&^b.taken&action != 0:
		found, how = saga.Succeeded, "undoes it"
		after.taken |= action
		after.net[f.step()]--
	case b.done&action == 0:
		after.refused |= action // of a child this is never asked before it has ended
	}
	return []verdict{
		{found, after, how}, {saga.FailedTransiently, b, "fails without an effect"},
		{saga.FailedTransiently, after, how + " and fails"}, {saga.FailedPermanently, b, "refuses"},
	}
}

// keyOf returns the number of an idempotency key.
func (g *graph) keyOf(text string) key {
	k, known := g.keys[text]
	if !known {
		k = key(len(g.keys))
		if k >= 1<<keyBits {
			panic("the model has room for 64 idempotency keys, and a saga of three steps needs 9")
		}
		g.keys[text] = k
	}
	return k
}

// excused reports whether the effect of a step may have happened or not: it was skipped, and the saga has completed.
func (p *past) excused(step int) bool {
	return p.ended == completed && p.steps[step].skipped && !p.steps[step].succeeded
}

// balance returns what is wrong with the effects of a saga that has ended, or "". Requests that are still under way count
// as if the participants came to act on them later.
func (g *graph) balance(p *past, b books, set []flight) string {
	want := int8(0)
	switch p.ended {
	case completed:
		want = 1
	case terminated:
		return "" // it says itself what stays
	case never, open, failed:
	}
	for _, f := range set {
		if f.answered() || p.excused(f.step()) {
			continue
		}
		for _, v := range g.verdicts(g.by(p), b, f) {
			if v.after.net != b.net {
				return fmt.Sprintf("E2: the saga has ended, and the %s can still have an effect", f)
			}
		}
	}
	shape := g.by(p)
	for i := range shape.Steps {
		if !shape.has(i) && b.net[i] != 0 {
			return fmt.Sprintf("E2: the saga has ended, and step %s, which it has not, has an effect", stepName(i))
		}
		if (shape.effect(i) || shape.undoable(i)) && !p.excused(i) && b.net[i] != want {
			return fmt.Sprintf("E2: the saga has ended, and the effects of step %s sum up to %d, not to %d",
				stepName(i), b.net[i], want)
		}
	}
	return ""
}
