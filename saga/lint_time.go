package saga

import (
	"math"
	"slices"
	"time"
)

// times is about the deadline of a saga, and what does not fit into it.
func (l *linter) times(byName map[string]*outline) {
	deadline := fromMS(l.o.plan.DeadlineMS)
	if deadline <= 0 {
		return
	}
	l.deadline(byName, deadline)
	l.wayBack(byName, deadline)
}

// deadline compares the saga's deadline with its waits, and with one attempt of each step. A wait that is told of is not
// counted in that.
func (l *linter) deadline(byName map[string]*outline, deadline time.Duration) {
	plan, told := l.o.plan, []int{}
	noReturn := plan.pointOfNoReturn()
	for i := range plan.Steps {
		step := &plan.Steps[i]
		if step.Await == nil || noReturn >= 0 && i > noReturn || step.Action.Timeout() < deadline {
			continue
		}
		told = append(told, i)
		l.find(i, LintSlowWait, "shorten it, or raise the Deadline",
			"it waits for %s at most, and the saga's Deadline of %s turns the saga round before that", step.Action.Timeout(), deadline)
	}
	spans := spans{byName: byName, attempts: Policy.once}
	if longest := spans.forward(plan, told, []string{l.o.name}); deadline < longest {
		l.find(whole, LintDeadline, "raise it, or lower the timeouts of the steps",
			"Deadline is %s, and one attempt of each step can take %s", deadline, longest)
	}
}

// wayBack compares the saga's deadline with its compensations, which come one at a time, in a group as well.
func (l *linter) wayBack(byName map[string]*outline, deadline time.Duration) {
	spans := spans{byName: byName, attempts: Policy.atMost}
	const remedy = "lower Compensation.Timeout, its attempts or delays, also in a saga that compensates, or raise Deadline"
	sum, steps, told := time.Duration(0), 0, false
	for i := range l.o.plan.Steps {
		step := &l.o.plan.Steps[i]
		if step.Compensation == nil {
			continue
		}
		undo := spans.step(step, Compensation, []string{l.o.name})
		if undo > deadline {
			told = true
			l.find(i, LintSlowUndo, remedy,
				"to compensate it can take %s, and the saga is to have ended after %s", undo, deadline)
		}
		sum, steps = plus(sum, undo), steps+1
	}
	if sum > deadline && !told {
		l.find(whole, LintSlowUndo, remedy,
			"to compensate %d steps, one after the other, can take %s, and the saga is to have ended after %s", steps, sum, deadline)
	}
}

// spans tells how long the ways of sagas can take. Waits without a limit, and sagas whose definition is not at hand, count
// as nothing.
type spans struct {
	byName   map[string]*outline
	attempts func(Policy) time.Duration // how many attempts of each step are looked at
}

// forward returns the time of the way forward by a plan, but for some of its steps. above are the definitions on the way to
// it, which are not followed again.
func (s spans) forward(plan *Plan, without []int, above []string) (sum time.Duration) {
	step := func(i int) time.Duration {
		if slices.Contains(without, i) {
			return 0
		}
		return s.step(&plan.Steps[i], Action, above)
	}
	plan.through(func(i int) { sum = plus(sum, step(i)) }, func(_, from, to int) {
		sum = plus(sum, s.group(plan, from, to, step))
	})
	return sum
}

// group returns the time of the branches of a group when each begins as soon as there is a place for it.
func (s spans) group(plan *Plan, from, to int, step func(int) time.Duration) time.Duration {
	places := make([]time.Duration, min(plan.limit(from), to-from)) // until when each is taken
	waits := time.Duration(0)
	for i := from; i < to; i++ {
		if plan.Steps[i].Await != nil { // a wait takes no place
			waits = max(waits, step(i))
			continue
		}
		next := slices.Index(places, slices.Min(places))
		places[next] = plus(places[next], step(i))
	}
	return max(waits, slices.Max(places))
}

// step returns the time of a step in a direction, with that of the saga that it starts.
func (s spans) step(step *PlannedStep, d Direction, above []string) time.Duration {
	sum := s.attempts(step.policy(d))
	name := step.saga(d)
	child := s.byName[name]
	if child == nil || slices.Contains(above, name) {
		return sum
	}
	way := s.forward(child.plan, nil, append(slices.Clone(above), name))
	if deadline := fromMS(child.plan.DeadlineMS); deadline > 0 && child.plan.pointOfNoReturn() < 0 {
		way = min(way, deadline) // then it turns round
	}
	return plus(sum, way)
}

// once returns the time that one attempt can take.
func (p Policy) once() time.Duration {
	if total := p.TotalTimeout(); total > 0 {
		return min(p.Timeout(), total)
	}
	return p.Timeout()
}

// atMost returns the time that all attempts can take with their delays: TotalTimeout ends the last of them.
func (p Policy) atMost() time.Duration {
	if total := p.TotalTimeout(); total > 0 {
		return min(p.longest(), total)
	}
	return p.longest()
}

// plus adds lengths of time; a sum that does not fit is the longest there is.
func plus(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
