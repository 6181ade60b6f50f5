package saga_test

import (
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// verdict lets a past decide: what it adds follows from the past with all that it has added already.
type verdict struct{ past }

// answer returns the events that a command of an open saga leads to, by the rules of the design and nothing else.
func (p past) answer(command saga.Command) []saga.Event {
	v := &verdict{past{p.ref, p.plan, slices.Clone(p.events)}}
	switch c := command.(type) {
	case saga.Proceed:
		v.proceed(c.Now)
	case saga.Recover:
		v.takeOver(c)
	case saga.RecordOutcome:
		v.hear(c)
	case saga.DeclareStillRunning:
		id, _, is := v.open()
		if !is {
			id, is = v.next()
		}
		if is && !v.parked() {
			v.park(id, saga.ParkedStillRunning)
		}
	case saga.DeclareMissing:
		if id, is := v.next(); is && !v.parked() {
			v.park(id, saga.ParkedStepMissing)
		}
	case saga.Cancel:
		v.cancel(c)
	case saga.Terminate:
		v.add(saga.SagaTerminated{Actor: c.Actor, Reason: c.Reason, SeenRevision: sawRevision(c.SeenRevision), Undone: v.standing()})
	case saga.Redrive:
		parked, _ := last(p, anyOf[saga.SagaParked])
		v.add(saga.StepRedriven{
			Step: parked.Step, Direction: parked.Direction, Actor: c.Actor, Reason: c.Reason, SeenRevision: c.SeenRevision,
		})
	}
	return v.events[len(p.events):]
}

func (v *verdict) add(event saga.Event) { v.events = append(v.events, event) }

func (v *verdict) park(id trackID, reason saga.ParkReason) {
	v.add(saga.SagaParked{Parked: saga.Parked{
		Step: id.step, Direction: id.direction, Reason: reason, Attempts: v.attempts(id), Error: v.problem(id),
	}})
}

// stops reports whether the saga waits for a person, and lets it wait for one when a step has been overlooked.
func (v *verdict) stops() bool {
	if v.parked() {
		return true
	}
	for _, step := range v.plan.Steps {
		if has(v.past, anyOf[saga.CompensationRequested]) && v.overlooked(step.Name) {
			v.park(trackID{step.Name, saga.Compensation}, saga.ParkedLateSuccess)
			return true
		}
	}
	return false
}

func (v *verdict) proceed(now time.Time) {
	if v.ended() || v.stops() || v.obeys(now, true) {
		return
	}
	if _, _, open := v.open(); open {
		return
	}
	id, left := v.next()
	if !left {
		v.end()
		return
	}
	total := v.total(id)
	switch {
	case v.due(id).After(now):
		return
	case !total.IsZero() && !now.Before(total), v.used(id) > 0 && v.exhausted(id):
		v.giveUp(id, now, false, saga.ParkedRetriesUsedUp)
		return
	}
	v.begin(id, now, total)
}

func (v *verdict) begin(id trackID, now, total time.Time) {
	policy := v.policy(id)
	if total.IsZero() && policy.TotalTimeoutMS > 0 {
		total = now.Add(policy.TotalTimeout()).UTC().Truncate(time.Millisecond)
	}
	deadline := now.Add(policy.Timeout()).UTC().Truncate(time.Millisecond)
	if !total.IsZero() && total.Before(deadline) {
		deadline = total
	}
	begun := saga.AttemptStarted{
		Step: id.step, Attempt: v.attempts(id) + 1, Deadline: deadline, TotalDeadline: total,
		Key: saga.IdempotencyKey(v.ref, id.step, id.direction, 0),
	}
	if id.direction == saga.Action {
		v.add(saga.StepStarted{AttemptStarted: begun})
		return
	}
	_, generations := v.again()
	begun.Key = saga.IdempotencyKey(v.ref, id.step, id.direction, generations[id.step])
	v.add(saga.CompensationStarted{AttemptStarted: begun, ResultKnown: v.succeeded(id.step)})
}

func (v *verdict) end() {
	turned, at := last(v.past, anyOf[saga.CompensationRequested])
	if at < 0 {
		v.add(saga.SagaCompleted{})
		return
	}
	v.add(saga.SagaFailed{FailedStep: turned.FailedStep, Reason: turned.Reason})
}

// goOn follows an outcome: with the end when nothing is left, with the next attempt when a slot is held for it.
func (v *verdict) goOn(now time.Time, slot bool) {
	if v.stops() || v.obeys(now, slot) {
		return
	}
	if _, left := v.next(); !left || slot {
		v.proceed(now)
	}
}

// giveUp turns the saga round where that is still possible, and leaves it to a person where it is not.
func (v *verdict) giveUp(id trackID, now time.Time, slot bool, why saga.ParkReason) {
	if id.direction == saga.Compensation {
		v.park(id, why)
		return
	}
	at := v.index(id.step)
	noReturn := slices.IndexFunc(v.plan.Steps, func(s saga.PlannedStep) bool {
		return s.Kind == saga.KindPivot || s.Kind == saga.KindRetriable
	})
	isPivot := v.plan.Steps[at].Kind == saga.KindPivot
	switch {
	case noReturn < 0 || at < noReturn || isPivot && !v.unknown(id.step):
		v.add(saga.CompensationRequested{
			FailedStep: id.step, Reason: "step " + id.step + ": " + v.problem(id), Plan: v.toUndo(),
		})
		v.goOn(now, slot)
	case isPivot:
		v.park(id, saga.ParkedPivotUnknown)
	default:
		v.park(id, why)
	}
}

func (v *verdict) takeOver(c saga.Recover) {
	id, begun, open := v.open()
	if !open {
		v.goOn(c.Now, c.Go)
		return
	}
	kind := saga.Interrupted
	if !begun.Deadline.After(c.Now) {
		kind = saga.TimedOut
	}
	v.hear(saga.RecordOutcome{
		Now: c.Now, Step: id.step, Direction: id.direction, Attempt: begun.Attempt, Outcome: saga.Outcome{Kind: kind},
		Jitter: c.Jitter, Go: c.Go,
	})
}

// hear takes in how an attempt ended. Of attempts that are not open only a success is news, when none was known.
func (v *verdict) hear(c saga.RecordOutcome) {
	id, begun, open := v.open()
	if !open || id != (trackID{c.Step, c.Direction}) || begun.Attempt != c.Attempt {
		told := c.Attempt >= 1 && c.Attempt <= v.attempts(trackID{c.Step, saga.Action})
		if c.Direction == saga.Action && c.Outcome.Kind == saga.Succeeded && told && !v.succeeded(c.Step) {
			v.add(saga.StepCompleted{Step: c.Step, Attempt: c.Attempt, Result: c.Outcome.Result, Late: true})
			v.goOn(c.Now, c.Go)
		}
		return
	}
	v.add(ending(id, c))
	waits := v.parked()
	switch c.Outcome.Kind {
	case saga.Succeeded, saga.SucceededWithNothing:
		v.goOn(c.Now, c.Go)
	case saga.Interrupted:
		if v.obeys(c.Now, c.Go) {
			return
		}
		if _, interruptions := v.since(id, v.refreshed(id)); interruptions >= 5 && !waits {
			v.park(id, saga.ParkedInterrupted)
			return
		}
		v.goOn(c.Now, c.Go)
	case saga.FailedPermanently:
		if !waits && !v.obeys(c.Now, c.Go) {
			v.giveUp(id, c.Now, c.Go, saga.ParkedPermanentError)
		}
	case saga.FailedTransiently:
		v.retry(id, c.Now, c, waits)
	case saga.TimedOut:
		v.retry(id, begun.Deadline, c, waits)
	}
}

func ending(id trackID, c saga.RecordOutcome) saga.Event {
	ref := saga.AttemptRef{Step: id.step, Attempt: c.Attempt}
	problem := saga.AttemptFailed{
		Step: id.step, Attempt: c.Attempt, Error: c.Outcome.Error, Stack: c.Outcome.Stack,
		Permanent: c.Outcome.Kind == saga.FailedPermanently,
	}
	forwards := id.direction == saga.Action
	pick := func(action, undo saga.Event) saga.Event {
		if forwards {
			return action
		}
		return undo
	}
	switch c.Outcome.Kind {
	case saga.FailedTransiently, saga.FailedPermanently:
		return pick(saga.StepFailed{AttemptFailed: problem}, saga.CompensationFailed{AttemptFailed: problem})
	case saga.TimedOut:
		return pick(saga.StepTimedOut{AttemptRef: ref}, saga.CompensationTimedOut{AttemptRef: ref})
	case saga.Interrupted:
		return pick(saga.StepInterrupted{AttemptRef: ref}, saga.CompensationInterrupted{AttemptRef: ref})
	case saga.Succeeded, saga.SucceededWithNothing:
	}
	return pick(
		saga.StepCompleted{Step: id.step, Attempt: c.Attempt, Result: c.Outcome.Result},
		saga.CompensationCompleted{Step: id.step, Attempt: c.Attempt, Nothing: c.Outcome.Kind == saga.SucceededWithNothing})
}

// retry schedules another attempt when the policy has one left and it would be in time.
func (v *verdict) retry(id trackID, from time.Time, c saga.RecordOutcome, waits bool) {
	if waits || v.obeys(c.Now, c.Go) {
		return
	}
	policy, total := v.policy(id), v.total(id)
	due := from.Add(policy.Retry().Delay(v.used(id), c.Jitter)).UTC().Truncate(time.Millisecond)
	inTime := total.IsZero() || due.Before(total) && c.Now.Before(total)
	if v.exhausted(id) || !inTime {
		v.giveUp(id, c.Now, c.Go, saga.ParkedRetriesUsedUp)
		return
	}
	scheduled := saga.RetryScheduled{Step: id.step, Attempt: v.attempts(id) + 1, Due: due}
	if id.direction == saga.Action {
		v.add(saga.StepRetryScheduled{RetryScheduled: scheduled})
	} else {
		v.add(saga.CompensationRetryScheduled{RetryScheduled: scheduled})
	}
	v.goOn(c.Now, c.Go)
}
