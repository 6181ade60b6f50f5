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
		v.proceed(c.Now, 1+c.Spare)
	case saga.Attend:
		v.proceed(c.Now, 0)
	case saga.DeliverSignal:
		v.signalled(c)
	case saga.Recover:
		v.takeOver(c)
	case saga.RecordOutcome:
		v.hear(c)
	case saga.DeclareStillRunning:
		v.declare(c.Step, v.running(), saga.ParkedStillRunning)
	case saga.DeclareMissing:
		v.declare(c.Step, nil, saga.ParkedStepMissing)
	case saga.Cancel:
		v.cancel(c)
	case saga.Pause:
		if !v.paused() {
			v.add(saga.SagaPaused{Actor: c.Actor, Reason: c.Reason, SeenRevision: sawRevision(c.SeenRevision)})
		}
	case saga.Extend:
		v.add(saga.DeadlineExtended{Deadline: c.Deadline, Actor: c.Actor, Reason: c.Reason, SeenRevision: sawRevision(c.SeenRevision)})
	case saga.ChangeRetryPolicy:
		v.add(changedPolicy(v.policy(trackID{c.Step, c.Direction}), c))
	case saga.Resume:
		v.add(saga.SagaResumed{Actor: c.Actor, Reason: c.Reason, SeenRevision: sawRevision(c.SeenRevision)})
	case saga.MigrateSaga:
		v.add(saga.SagaMigrated{
			Version: c.Version, DefinitionHash: c.DefinitionHash, Plan: c.Plan, Actor: c.Actor, Reason: c.Reason,
			SeenRevision: sawRevision(c.SeenRevision),
		})
	case saga.Terminate:
		v.add(saga.SagaTerminated{Actor: c.Actor, Reason: c.Reason, SeenRevision: sawRevision(c.SeenRevision), Undone: v.standing()})
	case saga.Skip:
		v.add(saga.StepSkipped(c))
	case saga.Resolve:
		v.add(saga.StepResolved(c))
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
	if v.halted() {
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

// declare parks the saga at a step, if it stands there; else at the first attempt that runs, or where it stands.
func (v *verdict) declare(step string, running []opened, why saga.ParkReason) {
	stands := v.stands()
	if v.halted() || len(stands) == 0 && len(running) == 0 {
		return
	}
	if at := slices.IndexFunc(stands, func(id trackID) bool { return id.step == step }); at >= 0 {
		v.park(stands[at], why)
	} else if step == "" && len(running) > 0 {
		v.park(running[0].trackID, why)
	} else if len(stands) > 0 {
		v.park(stands[0], why)
	}
}

// slots is how many attempts a decision may begin.
func slots(goes bool, spare int) int {
	if goes {
		return 1 + spare
	}
	return 0
}

// proceed lets the saga go on: it turns round if it is to, lets waits begin and end, ends when nothing is left, and begins
// what is due, as far as there are slots.
func (v *verdict) proceed(now time.Time, slots int) {
	if v.ended() || v.stops() {
		return
	}
	v.lapse(now)
	if v.turn(now, slots) {
		return
	}
	v.waiting(now)
	if v.halted() || v.ended() || v.turn(now, slots) {
		return
	}
	if len(v.stands()) == 0 {
		v.end()
		return
	}
	for ; slots > 0; slots-- {
		due := slices.IndexFunc(v.stands(), func(id trackID) bool {
			return !v.waits(id) && v.mayBegin(id) && !v.due(id).After(now)
		})
		if due < 0 || !v.begin(v.stands()[due], now, 0) {
			return
		}
	}
}

// begin begins an attempt or a wait, and reports whether there was one left to begin.
func (v *verdict) begin(id trackID, now time.Time, slots int) bool {
	policy, total, probe := v.policy(id), v.total(id), v.useOfNext(id)
	none := v.askOnly(id) || !total.IsZero() && !now.Before(total) || v.used(id) > 0 && v.exhausted(id)
	if none && probe != saga.ProbeOnly {
		v.giveUp(id, now, slots, saga.ParkedRetriesUsedUp)
		return false
	}
	if total.IsZero() && policy.TotalTimeoutMS > 0 && probe != saga.ProbeOnly {
		total = now.Add(policy.TotalTimeout()).UTC().Truncate(time.Millisecond)
	}
	var deadline time.Time
	if policy.TimeoutMS > 0 { // for ever otherwise
		deadline = now.Add(policy.Timeout()).UTC().Truncate(time.Millisecond)
	}
	if !total.IsZero() && total.Before(deadline) && probe != saga.ProbeOnly {
		deadline = total
	}
	begun := saga.AttemptStarted{
		Step: id.step, Attempt: v.attempts(id) + 1, Deadline: deadline, TotalDeadline: total,
		Key: saga.IdempotencyKey(v.ref, id.step, id.direction, 0),
	}
	if id.direction == saga.Action {
		v.add(saga.StepStarted{AttemptStarted: begun, Probe: probe})
		return true
	}
	_, generations := v.again()
	begun.Key = saga.IdempotencyKey(v.ref, id.step, id.direction, generations[id.step])
	v.add(saga.CompensationStarted{AttemptStarted: begun, ResultKnown: v.succeeded(id.step)})
	return true
}

func (v *verdict) end() {
	turned, at := last(v.past, anyOf[saga.CompensationRequested])
	if at < 0 {
		v.add(saga.SagaCompleted{})
		return
	}
	v.add(saga.SagaFailed{FailedStep: turned.FailedStep, Reason: turned.Reason})
}

// giveUp turns the saga round where that is still possible, and leaves it to a person where it is not. When other attempts
// run, the turn has to wait for what comes of them.
func (v *verdict) giveUp(id trackID, now time.Time, slots int, why saga.ParkReason) {
	if id.direction == saga.Action && v.owes(id.step) {
		v.add(saga.StepRetryScheduled{
			RetryScheduled: saga.RetryScheduled{Step: id.step, Attempt: v.attempts(id) + 1, Due: now.UTC().Truncate(time.Millisecond)},
			Probe:          saga.ProbeOnly,
		})
		v.proceed(now, slots)
		return
	}
	isPivot := v.plan.Steps[v.index(id.step)].Kind == saga.KindPivot
	reason := "step " + id.step + ": " + v.problem(id)
	switch {
	case id.direction == saga.Compensation, v.tooLate():
		v.park(id, why)
	case isPivot && v.unknown(id.step):
		v.park(id, saga.ParkedPivotUnknown)
	case len(v.running()) > 0:
		v.add(saga.StepGivenUp{Step: id.step, Reason: reason})
	case v.anyOwes():
		v.add(saga.StepGivenUp{Step: id.step, Reason: reason})
		v.proceed(now, slots)
	default:
		v.add(saga.CompensationRequested{FailedStep: id.step, Reason: reason, Plan: v.toUndo()})
		v.proceed(now, slots)
	}
}

func (v *verdict) takeOver(c saga.Recover) {
	for _, b := range v.running() {
		kind := saga.Interrupted
		if !b.Deadline.After(c.Now) {
			kind = saga.TimedOut
		}
		v.hear(saga.RecordOutcome{
			Now: c.Now, Step: b.step, Direction: b.direction, Attempt: b.Attempt, Outcome: saga.Outcome{Kind: kind}, Jitter: c.Jitter,
		})
	}
	v.proceed(c.Now, slots(c.Go, c.Spare))
}

// hear takes in how an attempt ended. Of attempts that are not open only a success is news, when none was known.
func (v *verdict) hear(c saga.RecordOutcome) {
	id, room := trackID{c.Step, c.Direction}, slots(c.Go, c.Spare)
	at := slices.IndexFunc(v.open(), func(b opened) bool { return b.trackID == id && b.Attempt == c.Attempt })
	if at < 0 {
		told := c.Attempt >= 1 && c.Attempt <= v.attempts(trackID{c.Step, saga.Action})
		if c.Direction == saga.Action && c.Outcome.Kind == saga.Succeeded && told && !v.succeeded(c.Step) {
			v.add(saga.StepCompleted{Step: c.Step, Attempt: c.Attempt, Result: c.Outcome.Result, Late: true})
			v.proceed(c.Now, room)
		}
		return
	}
	from := c.Now
	if c.Outcome.Kind == saga.TimedOut {
		from = v.open()[at].Deadline
	}
	if v.useOf(id, c.Attempt) == saga.ProbeOnly && c.Outcome.Kind == saga.FailedPermanently {
		c.Outcome.Kind = saga.FailedTransiently // it says nothing of what was asked for
	}
	v.add(ending(id, c))
	if c.Outcome.Kind == saga.Succeeded || c.Outcome.Kind == saga.SucceededWithNothing {
		v.proceed(c.Now, room)
		return
	}
	waits := v.halted()
	v.lapse(c.Now)
	if v.turn(c.Now, room) || v.turning() {
		return
	}
	if _, interruptions := v.since(id, v.refreshed(id)); c.Outcome.Kind == saga.Interrupted && interruptions < 5 {
		v.proceed(c.Now, room)
		return
	}
	if waits {
		return
	}
	switch c.Outcome.Kind {
	case saga.Interrupted:
		v.park(id, saga.ParkedInterrupted)
	case saga.FailedPermanently:
		v.giveUp(id, c.Now, room, saga.ParkedPermanentError)
	default:
		v.retry(id, from, c, room)
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
func (v *verdict) retry(id trackID, from time.Time, c saga.RecordOutcome, slots int) {
	policy, total := v.policy(id), v.total(id)
	due := from.Add(policy.Retry().Delay(v.used(id), c.Jitter)).UTC().Truncate(time.Millisecond)
	inTime := total.IsZero() || due.Before(total) && c.Now.Before(total)
	if v.exhausted(id) || !inTime || v.asked(id) {
		v.giveUp(id, c.Now, slots, saga.ParkedRetriesUsedUp)
		return
	}
	scheduled := saga.RetryScheduled{Step: id.step, Attempt: v.attempts(id) + 1, Due: due}
	if id.direction == saga.Action {
		v.add(saga.StepRetryScheduled{RetryScheduled: scheduled})
	} else {
		v.add(saga.CompensationRetryScheduled{RetryScheduled: scheduled})
	}
	v.proceed(c.Now, slots)
}
