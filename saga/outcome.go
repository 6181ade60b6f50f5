package saga

import (
	"fmt"
	"slices"
	"time"
)

// record appends the outcome of an attempt and what follows from it.
func (d *decision) record(c RecordOutcome) {
	i := d.in.plan.index(c.Step)
	if i < 0 {
		return
	}
	s := &d.in.steps[i]
	t := s.track(c.Direction)
	if !t.open || t.attempts != c.Attempt {
		d.recordLate(i, c)
		return
	}
	if t.child != nil && c.OfFunction {
		return // the data was given, and is not given twice; an outcome of the step is how the child ends
	}
	if at := (place{i, c.Direction}); d.in.asks(at, c) {
		d.request(at, c)
		return
	}
	if c.Direction == Compensation {
		d.recordCompensation(i, c)
		return
	}
	name, ref := c.Step, AttemptRef{Step: c.Step, Attempt: c.Attempt}
	switch c.Outcome.Kind {
	case Succeeded, SucceededWithNothing:
		d.emit(StepCompleted{Step: name, Attempt: c.Attempt, Result: c.Outcome.Result})
		d.proceed(c.Now, room(c.Go, c.Spare))
	case FailedTransiently, FailedPermanently:
		permanent := c.Outcome.Kind == FailedPermanently && t.probe != ProbeOnly // which knows nothing of what was asked for
		d.emit(StepFailed{AttemptFailed{
			Step: name, Attempt: c.Attempt, Error: c.Outcome.Error, Permanent: permanent, Stack: c.Outcome.Stack,
		}})
		d.afterFailure(i, c.Now, c, permanent)
	case TimedOut:
		d.emit(StepTimedOut{ref})
		d.afterFailure(i, t.deadline.time(), c, false)
	case Interrupted:
		d.emit(StepInterrupted{ref})
		d.afterInterruption(place{i, Action}, c.Now, room(c.Go, c.Spare))
	}
}

func (d *decision) recordCompensation(i int, c RecordOutcome) {
	s := &d.in.steps[i]
	ref := AttemptRef{Step: c.Step, Attempt: c.Attempt}
	switch c.Outcome.Kind {
	case Succeeded, SucceededWithNothing:
		d.emit(CompensationCompleted{
			Step: c.Step, Attempt: c.Attempt, Nothing: c.Outcome.Kind == SucceededWithNothing,
		})
		d.proceed(c.Now, room(c.Go, c.Spare))
	case FailedTransiently, FailedPermanently:
		permanent := c.Outcome.Kind == FailedPermanently
		d.emit(CompensationFailed{AttemptFailed{
			Step: c.Step, Attempt: c.Attempt, Error: c.Outcome.Error, Permanent: permanent, Stack: c.Outcome.Stack,
		}})
		d.afterCompensationFailure(i, c.Now, c, permanent)
	case TimedOut:
		deadline := s.undo.deadline.time()
		d.emit(CompensationTimedOut{ref})
		d.afterCompensationFailure(i, deadline, c, false)
	case Interrupted:
		d.emit(CompensationInterrupted{ref})
		d.afterInterruption(place{i, Compensation}, c.Now, room(c.Go, c.Spare))
	}
}

// recordLate keeps the news that an attempt which was given up has succeeded after all; other late news changes nothing.
func (d *decision) recordLate(i int, c RecordOutcome) {
	s := &d.in.steps[i]
	isNews := c.Direction == Action && c.Outcome.Kind == Succeeded && d.in.plan.Steps[i].Child == nil &&
		c.Attempt >= 1 && c.Attempt <= s.action.attempts && s.result == nil
	if !isNews {
		return
	}
	d.emit(StepCompleted{Step: c.Step, Attempt: c.Attempt, Result: c.Outcome.Result, Late: true})
	d.proceed(c.Now, room(c.Go, c.Spare))
}

// afterFailure decides between another attempt, the way back, and a person. from is when the attempt ended.
func (d *decision) afterFailure(i int, from time.Time, c RecordOutcome, permanent bool) {
	d.lapse(c.Now)
	if d.in.halted() || d.turn(c.Now, room(c.Go, c.Spare)) || d.in.turning() {
		return
	}
	if !permanent && !d.in.steps[i].action.asked && d.retry(place{i, Action}, from, c) {
		return
	}
	d.turnOrPark(i, c.Now, room(c.Go, c.Spare), permanent)
}

// giveUp follows the end of all attempts at a place. It starts nothing.
func (d *decision) giveUp(at place, now time.Time) {
	if at.direction == Compensation {
		d.park(at, ParkedRetriesUsedUp)
		return
	}
	d.turnOrPark(at.step, now, 0, false)
}

// turnOrPark takes the way back from a step that gets no further attempt, or leaves the saga to a person.
func (d *decision) turnOrPark(i int, now time.Time, room int, permanent bool) {
	if d.askBeforeGivingUp(i, now, room) {
		return
	}
	in := d.in
	s := &in.steps[i]
	before := !in.pastReturn() // not a matter of the place: a branch may fail when a retriable one behind it has begun
	pivotUnknown := in.plan.Steps[i].Kind == KindPivot && s.unknown
	switch {
	case before && !pivotUnknown:
		d.compensate(i, now, room)
	case before:
		d.park(place{i, Action}, ParkedPivotUnknown)
	case permanent:
		d.park(place{i, Action}, ParkedPermanentError)
	default:
		d.park(place{i, Action}, ParkedRetriesUsedUp)
	}
}

func (d *decision) afterCompensationFailure(i int, from time.Time, c RecordOutcome, permanent bool) {
	at := place{i, Compensation}
	switch {
	case d.in.halted():
	case permanent:
		d.park(at, ParkedPermanentError)
	case !d.retry(at, from, c):
		d.park(at, ParkedRetriesUsedUp)
	}
}

// afterInterruption lets the attempt be made again, unless it has been interrupted too often.
func (d *decision) afterInterruption(at place, now time.Time, room int) {
	d.lapse(now)
	switch {
	case d.turn(now, room), d.in.turning():
	case d.in.at(at).interruptions < maxInterruptions:
		d.proceed(now, room)
	case !d.in.halted():
		d.park(at, ParkedInterrupted)
	}
}

// retry schedules the next attempt if the policy allows one, and starts it if it is due already.
func (d *decision) retry(at place, from time.Time, c RecordOutcome) bool {
	planned := &d.in.plan.Steps[at.step]
	policy, t := planned.policy(at.direction), d.in.at(at)
	if t.refused || t.used >= policy.MaximumAttempts {
		return false
	}
	due := instant(from.Add(policy.Retry().Delay(t.used, c.Jitter)))
	if !t.total.IsZero() && !(t.total.After(due) && t.total.After(c.Now)) {
		return false
	}
	scheduled := RetryScheduled{Step: planned.Name, Attempt: t.attempts + 1, Due: due}
	if at.direction == Action {
		d.emit(StepRetryScheduled{RetryScheduled: scheduled})
	} else {
		d.emit(CompensationRetryScheduled{scheduled})
	}
	d.proceed(c.Now, room(c.Go, c.Spare))
	return true
}

// compensate turns the saga round because a step has failed: at once, or when the other branches of its group that run
// have an outcome and the probes of those that wait are asked, because only then is it known what there is to undo.
func (d *decision) compensate(i int, now time.Time, room int) {
	failed := d.in.plan.Steps[i].Name
	reason := fmt.Sprintf("step %s: %s", failed, d.in.steps[i].action.lastError)
	if binding := d.in.anyBinding(); binding || d.in.anyOwing() {
		d.emit(StepGivenUp{Step: failed, Reason: reason})
		if !binding {
			d.proceed(now, room)
		}
		return
	}
	d.emit(CompensationRequested{FailedStep: failed, Reason: reason, Plan: d.in.undoNames()})
	d.proceed(now, room)
}

// undoNames returns the steps that are to be compensated when the saga turns round: all that may have happened, last
// started first.
func (in *Instance) undoNames() []string {
	var undo []int
	for j := range in.steps {
		s, planned := &in.steps[j], &in.plan.Steps[j]
		mayHaveHappened := s.unknown || s.state == StepStateCompleted || planned.CompensateOnFailure
		if s.order > 0 && planned.undoable() && mayHaveHappened {
			undo = append(undo, j)
		}
	}
	slices.SortFunc(undo, func(a, b int) int { return int(in.steps[b].order - in.steps[a].order) })
	names := make([]string, 0, len(undo))
	for _, j := range undo {
		names = append(names, in.plan.Steps[j].Name)
	}
	return names
}

// recover takes over the open attempts, whose process is gone, and goes on with the saga.
func (d *decision) recover(c Recover) {
	for _, at := range slices.Collect(d.in.running()) {
		t := d.in.at(at)
		kind := Interrupted
		if !t.deadline.After(c.Now) {
			kind = TimedOut
		}
		d.record(RecordOutcome{
			Now: c.Now, Step: d.in.plan.Steps[at.step].Name, Direction: at.direction, Attempt: t.attempts,
			Outcome: Outcome{Kind: kind}, Jitter: c.Jitter,
		})
	}
	d.proceed(c.Now, room(c.Go, c.Spare))
}
