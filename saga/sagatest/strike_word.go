package sagatest

import (
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// The faults of a simulation that are words of operators about one saga. They go against it only in that they come upon it at
// any moment.
const (
	faultResolve = "resolution by an operator"
	faultSkip    = "skip by an operator"
	faultExtend  = "deadline changed by an operator"
	faultPolicy  = "retry policy changed by an operator"
)

// What comes of them.
const (
	markResolved     = "an action resolved"
	markUndoResolved = "a compensation resolved"
	markSkipped      = "a step skipped"
	markSkippedTried = "a step skipped that had been attempted"
	markExtended     = "a deadline extended"
	markRelieved     = "a saga that had passed its deadline relieved of that"
	markPolicy       = "a retry policy changed"
)

func highestWords() []rated {
	return []rated{{faultResolve, 1}, {faultSkip, 0.3}, {faultExtend, 0.2}, {faultPolicy, 0.5}}
}

// strikeByWord lets an operator look at a saga, think, and say something about it that is true.
func (s *sim) strikeByWord(p *point, l *luck) {
	thinks, old := l.upTo(time.Minute), l.below(4) == 0
	if !old {
		thinks = 0
	}
	which, with := l.next(), l.next()
	var decide func(seen *saga.Instance) saga.Command
	switch p.event {
	case faultResolve:
		decide = s.resolve
	case faultSkip:
		decide = func(seen *saga.Instance) saga.Command { return s.skip(seen, with) }
	case faultExtend:
		decide = func(seen *saga.Instance) saga.Command { return s.extend(seen, with) }
	default:
		decide = func(seen *saga.Instance) saga.Command { return s.relent(seen, with) }
	}
	var can []*client
	for _, c := range s.clients {
		if c.open() && !c.poisoned {
			can = append(can, c)
		}
	}
	if p.event == faultResolve || p.event == faultSkip { // which only few sagas take
		can = slices.DeleteFunc(can, func(c *client) bool { return decide(c.end) == nil })
	}
	if len(can) == 0 {
		return
	}
	c := can[which%uint64(len(can))]
	if decide(c.end) == nil || !s.dice.let(p, p.event) {
		return
	}
	s.say("operator", "", "✗ "+p.event+": "+c.ref.String())
	s.consider(c, thinks, decide, s.refused(c, p.event))
}

// allowed returns a command that the saga takes as it was seen, else nil.
func allowed(seen *saga.Instance, c saga.Command) saga.Command {
	if _, err := seen.Decide(c); err != nil {
		return nil
	}
	return c
}

// resolve says what came of the step that a saga is parked at, when the participant knows: that its effect stands, or that it
// was taken back, or cannot come any more. So the books balance as if the orchestrator had been told.
func (w *world) resolve(seen *saga.Instance) saga.Command {
	parked, is := seen.Parked()
	if !is || w.ledger == nil {
		return nil
	}
	c := saga.Resolve{
		Step: parked.Step, Direction: parked.Direction, Actor: "operator", Reason: "it is in their books", SeenRevision: seen.Revision(),
	}
	entry := w.ledger.entry(seen.Ref(), parked.Step)
	switch {
	case entry == nil:
		return nil
	case parked.Direction == saga.Compensation && !entry.stands():
		c.Evidence = "their books"
	case parked.Direction == saga.Action && entry.stands():
		c.Result = entry.result
	default:
		return nil
	}
	return allowed(seen, c)
}

// skip passes over a step that the saga can do without.
func (w *world) skip(seen *saga.Instance, with uint64) saga.Command {
	if seen.Plan() == nil {
		return nil
	}
	var can []saga.Command
	for _, step := range seen.Plan().Steps {
		if slices.Contains(w.skippable, step.Name) {
			c := allowed(seen, saga.Skip{
				Step: step.Name, Actor: "operator", Reason: "it can be done without", SeenRevision: seen.Revision(),
			})
			if c != nil {
				can = append(can, c)
			}
		}
	}
	if len(can) == 0 {
		return nil
	}
	return can[with%uint64(len(can))]
}

// extend gives a saga another deadline, one that had none now and then.
func (w *world) extend(seen *saga.Instance, with uint64) saga.Command {
	if seen.Deadline().IsZero() && with%8 > 0 {
		return nil
	}
	by := time.Duration(with >> 8 % uint64(stormLength))
	if with>>3%4 == 0 {
		by = time.Duration(with >> 8 % uint64(20*time.Second))
	}
	return allowed(seen, saga.Extend{
		Now: w.now, Deadline: w.now.Add(by + time.Second), Actor: "operator", Reason: "it takes as long as it takes",
		SeenRevision: seen.Revision(),
	})
}

// relent has the attempts of a step go by another policy, in a direction in which it is still to be attempted.
func (w *world) relent(seen *saga.Instance, with uint64) saga.Command {
	if seen.Plan() == nil {
		return nil
	}
	steps := seen.Plan().Steps
	c := saga.ChangeRetryPolicy{
		Step: steps[with%uint64(len(steps))].Name, Direction: saga.Direction(with >> 8 & 1),
		Retry: saga.RetryPolicy{
			InitialInterval: time.Duration(1+with>>9%64) * 100 * time.Millisecond, MaximumInterval: time.Duration(7+with>>15%64) * time.Second,
			BackoffCoefficient: 1 + float64(with>>21%5)/2, MaximumAttempts: 1 + int(with>>24%8),
		},
		Actor: "operator", Reason: "they have an outage", SeenRevision: seen.Revision(),
	}
	return allowed(seen, c)
}
