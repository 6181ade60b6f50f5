package saga

import (
	"fmt"
	"time"
)

// PastEvent is one event of a saga's history, and the instant at which it was decided: that in its metadata.
type PastEvent struct {
	Event Event
	At    time.Time
}

// Rehearse decides the history of a saga again, append by append, as a definition would: what participants answered,
// operators did and the clock showed is taken as recorded, everything that follows from it is decided anew. It ends at the
// first append that differs. past holds every event, from revision 0 on, and is not changed. No function of the
// definition is called. The error is a *DefinitionError, of a definition that is not valid.
//
// When the definition has other timeouts or delays, instants that follow from them are not compared; an answer that came
// after what is its deadline now is a timeout.
//
// A saga goes on by the plan that it was started with, or was migrated to, whatever its definition becomes; a migration in its
// history makes no difference to how the definition would have gone. So a verdict is about two things:
// how sagas like this one would go that are started by the definition, and, if it has not ended, whether an orchestrator
// with it has what the saga still needs. Obstacles to migrating are another name, a recorded version above that of the
// definition, data that its type does not take, a step or compensation that has begun and is no longer there, steps that
// have begun in another order, and, in a saga that has not ended, a step of its plan that it can still need. A new step is
// a difference, and none at all for a saga that never came so far.
func Rehearse(ref Ref, past []PastEvent, definition AnyDefinition) (Rehearsal, error) {
	c, err := compile(definition)
	if err != nil {
		return Rehearsal{Ref: ref, Revision: -1}, err
	}
	return rehearse(c, ref, past), nil
}

func rehearse(c *compiled, ref Ref, past []PastEvent) Rehearsal {
	r := Rehearsal{Ref: ref, Revision: -1}
	end := NewInstance(ref)
	for _, one := range past {
		end.Evolve(one.Event)
	}
	if fault := end.Fault(); fault != "" || end.state == StateNone {
		r.Verdict, r.Why = CannotRead, "its history does not begin"
		if fault != "" {
			r.Why = fault
		}
		return r
	}
	started, _ := past[0].Event.(SagaStarted) // or there would be a fault
	if ref.Name != c.name {
		r.hinder("it is a saga of %s, and the definition is that of %s", ref.Name, c.name)
		return r
	}
	r.Changes = changesOf(end, c.version, c.plan)
	if end.version > c.version {
		r.hinder("it goes by version %d of the definition, and this is version %d: an orchestrator with it would "+
			"leave the saga alone", end.version, c.version)
		return r
	}
	if err := c.checks(started.Data); err != nil {
		r.Revision = 0
		r.hinder("its data does not fit %s: %v", c.dataType, err)
		return r
	}
	now := started
	now.Version, now.Plan, now.DefinitionHash = c.version, c.plan, c.hash
	r.walk = &walk{past: past, ref: ref, now: now, was: started.Plan}
	r.compare()
	r.hindered(past, end, c.plan)
	return r
}

// compare finds the first append that differs.
func (r *Rehearsal) compare() {
	w := r.walk
	at, recorded, now := w.first()
	if at < 0 {
		return
	}
	r.Verdict, r.Revision, r.Recorded, r.Now = WouldDiffer, int64(at), recorded, now
	if now != nil {
		return
	}
	differs := w.past[at]
	r.Why = "nothing leads to " + brief(differs.Event)
	if end, is := OutcomeOf(differs.Event); is {
		if deadline, open := w.deadline(end); open {
			r.Why += fmt.Sprintf(", which was at %s: the attempt has until %s now",
				differs.At.Format(time.RFC3339Nano), deadline.Format(time.RFC3339Nano))
		}
	}
}

func (r *Rehearsal) hinder(format string, args ...any) {
	r.Verdict = CannotMigrate
	r.Obstacles = append(r.Obstacles, fmt.Sprintf(format, args...))
}

// hindered looks for everything that stands in the way of migrating.
func (r *Rehearsal) hindered(past []PastEvent, end *Instance, plan *Plan) {
	last, began := -1, map[string]bool{}
	for _, one := range past {
		var step string
		d := Action
		switch e := one.Event.(type) {
		case StepStarted:
			step = e.Step
		case CompensationStarted:
			step, d = e.Step, Compensation
		case StepResolved:
			step, d = e.Step, e.Direction
		case StepSkipped:
			step = e.Step
		default:
			continue
		}
		attempted := step + " " + d.String()
		if began[attempted] {
			continue
		}
		began[attempted] = true
		at := plan.index(step)
		switch {
		case at < 0 && d == Action:
			r.hinder("%s has begun, and is no longer a step", step)
		case at >= 0 && d == Compensation && plan.Steps[at].Compensation == nil:
			r.hinder("the compensation of %s has begun, and the step no longer has one", step)
		case at >= 0 && d == Action && last >= 0 && plan.stageOf(at) < plan.stageOf(last):
			r.hinder("%s has begun after %s, and comes before it now", step, plan.Steps[last].Name)
		case d == Action:
			last = max(last, at)
		}
	}
	if missing := missingFor(end, plan); missing != "" {
		r.hinder("%s", missing)
	}
}

// missingFor tells which function a saga that has not ended can still need and the plan no longer has.
func missingFor(end *Instance, plan *Plan) string {
	if end.state.Ended() {
		return ""
	}
	back := end.state == StateCompensating
	for i, s := range end.Steps() {
		begun := s.Action.Attempts > 0 || s.Result != nil // or an operator has said that it is done
		var needed []Direction
		passed := s.State == StepStateCompleted || s.State == StepStateSkipped
		if !back && !passed {
			needed = append(needed, Action)
		}
		if s.State != StepStateCompensated && !(back && !begun) {
			needed = append(needed, Compensation)
		}
		if !back && !passed && end.plan.Steps[i].Probe && !plan.probes(s.Name) {
			return fmt.Sprintf("it has not ended, and the definition no longer has the probe of step %d of its plan, %s: "+
				"there it would be parked", i+1, s.Name)
		}
		for _, d := range needed {
			if limitsIn(end.plan, s.Name, d) != nil && limitsIn(plan, s.Name, d) == nil {
				return fmt.Sprintf("it has not ended, and the definition no longer has the %s of step %d of its plan, %s: "+
					"there it would be parked", d, i+1, s.Name)
			}
		}
	}
	return ""
}

// limitsIn returns the policy of a step in a direction; nil when the plan has none.
func limitsIn(plan *Plan, step string, d Direction) *Policy {
	i := plan.index(step)
	switch {
	case i < 0:
		return nil
	case d == Compensation:
		return plan.Steps[i].Compensation
	}
	return &plan.Steps[i].Action
}
