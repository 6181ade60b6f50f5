package saga_test

import (
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// past is the history of a saga, to be asked. It is a second, slow and simple, account of what a saga is and decides: no
// field is kept from one event to the next, every answer is found by looking at all events again.
type past struct {
	ref    saga.Ref
	plan   *saga.Plan
	events []saga.Event
}

// upTo returns the past of a tale as it was after so many events.
func (s *tale) upTo(events int) past {
	return past{ref: s.ref, plan: planOf(s.events[:max(events, 1)]), events: s.events[:events]}
}

// planOf returns the plan that a saga goes by: that of its start, or of its last migration.
func planOf(events []saga.Event) *saga.Plan {
	for _, event := range slices.Backward(events) {
		if e, is := event.(saga.SagaMigrated); is {
			return e.Plan
		}
	}
	return events[0].(saga.SagaStarted).Plan
}

// instance folds it.
func (p past) instance() *saga.Instance {
	inst := saga.NewInstance(p.ref)
	for _, event := range p.events {
		inst.Evolve(event)
	}
	return inst
}

// attemptOf tells which attempt an event begins or ends; ok is false for every other event.
func attemptOf(event saga.Event) (id trackID, number int, begins, ok bool) {
	action := func(step string) trackID { return trackID{step, saga.Action} }
	undo := func(step string) trackID { return trackID{step, saga.Compensation} }
	switch e := event.(type) {
	case saga.StepStarted:
		return action(e.Step), e.Attempt, true, true
	case saga.CompensationStarted:
		return undo(e.Step), e.Attempt, true, true
	case saga.StepCompleted:
		return action(e.Step), e.Attempt, false, true
	case saga.StepFailed:
		return action(e.Step), e.Attempt, false, true
	case saga.StepTimedOut:
		return action(e.Step), e.Attempt, false, true
	case saga.StepInterrupted:
		return action(e.Step), e.Attempt, false, true
	case saga.CompensationCompleted:
		return undo(e.Step), e.Attempt, false, true
	case saga.CompensationFailed:
		return undo(e.Step), e.Attempt, false, true
	case saga.CompensationTimedOut:
		return undo(e.Step), e.Attempt, false, true
	case saga.CompensationInterrupted:
		return undo(e.Step), e.Attempt, false, true
	}
	return trackID{}, 0, false, false
}

// last returns the newest event of a type that a test chooses, and its place; -1 when there is none.
func last[E saga.Event](p past, chosen func(E) bool) (event E, at int) {
	for at, some := range slices.Backward(p.events) {
		if e, is := some.(E); is && chosen(e) {
			return e, at
		}
	}
	return event, -1
}

func anyOf[E saga.Event](E) bool { return true }

func has[E saga.Event](p past, chosen func(E) bool) bool {
	_, at := last(p, chosen)
	return at >= 0
}

// since returns the attempts of a track that have begun since a place, and the number of interruptions since then.
func (p past) since(id trackID, at int) (begun []saga.AttemptStarted, interruptions int) {
	for _, event := range p.events[at+1:] {
		of, _, _, _ := attemptOf(event)
		if of != id {
			continue
		}
		switch e := event.(type) {
		case saga.StepStarted:
			begun = append(begun, e.AttemptStarted)
		case saga.CompensationStarted:
			begun = append(begun, e.AttemptStarted)
		case saga.StepInterrupted, saga.CompensationInterrupted:
			interruptions++
		}
	}
	return begun, interruptions
}

// refreshed is the place of the last redrive of a track, -1 when there was none.
func (p past) refreshed(id trackID) int {
	_, at := last(p, func(e saga.StepRedriven) bool { return e.Step == id.step && e.Direction == id.direction })
	return at
}

// attempts is the number of the last attempt of a track.
func (p past) attempts(id trackID) int {
	begun, _ := p.since(id, -1)
	return len(begun)
}

// used counts the attempts that the policy counts. One that was open when an operator redrove is not of the new budget.
func (p past) used(id trackID) int {
	used := 0
	for _, event := range p.events[p.refreshed(id)+1:] {
		of, number, begins, ok := attemptOf(event)
		if !ok || of != id || p.useOf(id, number) == saga.ProbeOnly {
			continue
		}
		_, cutOff := event.(saga.StepInterrupted)
		_, undoCutOff := event.(saga.CompensationInterrupted)
		switch {
		case begins:
			used++
		case cutOff || undoCutOff:
			used = max(used-1, 0)
		}
	}
	return used
}

// exhausted reports whether a track has no attempt left. A permanent error is as good as its last.
func (p past) exhausted(id trackID) bool {
	refreshed := p.refreshed(id)
	_, refused := last(p, func(e saga.StepFailed) bool { return e.Step == id.step && e.Permanent })
	if id.direction == saga.Compensation {
		_, refused = last(p, func(e saga.CompensationFailed) bool { return e.Step == id.step && e.Permanent })
	}
	return p.used(id) >= p.policy(id).MaximumAttempts || refused > refreshed
}

func (p past) policy(id trackID) saga.Policy {
	step := p.plan.Steps[p.index(id.step)]
	policy := step.Action
	if id.direction == saga.Compensation && step.Compensation != nil {
		policy = *step.Compensation
	}
	if e, at := last(p, func(e saga.RetryPolicyChanged) bool { return e.Step == id.step && e.Direction == id.direction }); at >= 0 {
		policy.InitialIntervalMS, policy.BackoffCoefficient = e.Retry.InitialIntervalMS, e.Retry.BackoffCoefficient
		policy.MaximumIntervalMS, policy.MaximumAttempts = e.Retry.MaximumIntervalMS, e.Retry.MaximumAttempts
	}
	return policy
}

func (p past) index(step string) int {
	return slices.IndexFunc(p.plan.Steps, func(s saga.PlannedStep) bool { return s.Name == step })
}

// total is when all attempts of a track must have ended, zero for never.
func (p past) total(id trackID) time.Time {
	begun, _ := p.since(id, p.refreshed(id))
	if len(begun) == 0 {
		return time.Time{}
	}
	return begun[len(begun)-1].TotalDeadline
}

// due is when the next attempt of a track may begin, zero for at once.
func (p past) due(id trackID) time.Time {
	for at := len(p.events) - 1; at > p.refreshed(id); at-- {
		if id.direction == saga.Action && at == p.skippedAt(id.step) {
			break
		}
		if of, _, begins, _ := attemptOf(p.events[at]); begins && of == id {
			break
		}
		switch e := p.events[at].(type) {
		case saga.StepRetryScheduled:
			if id == (trackID{e.Step, saga.Action}) {
				return e.Due
			}
		case saga.CompensationRetryScheduled:
			if id == (trackID{e.Step, saga.Compensation}) {
				return e.Due
			}
		}
	}
	return time.Time{}
}

// problem is the last error of a track.
func (p past) problem(id trackID) string {
	for _, event := range slices.Backward(p.events) {
		of, number, begins, ok := attemptOf(event)
		if !ok || begins || of != id || p.useOf(id, number) == saga.ProbeOnly {
			continue
		}
		switch e := event.(type) {
		case saga.StepFailed:
			return e.Error
		case saga.CompensationFailed:
			return e.Error
		case saga.StepTimedOut, saga.CompensationTimedOut:
			return "timed out"
		case saga.StepInterrupted, saga.CompensationInterrupted:
			return "interrupted"
		}
	}
	return ""
}

func (p past) succeeded(step string) bool {
	return has(p, func(e saga.StepCompleted) bool { return e.Step == step }) || p.resolvedAt(trackID{step, saga.Action}) >= 0
}

// unknown reports whether an attempt of a step's action ended in a way that leaves its effect open.
func (p past) unknown(step string) bool {
	return has(p, func(e saga.StepFailed) bool { return e.Step == step && !e.Permanent }) ||
		has(p, func(e saga.StepTimedOut) bool { return e.Step == step }) ||
		has(p, func(e saga.StepInterrupted) bool { return e.Step == step })
}

// begun reports whether a step has started, or was said to have happened.
func (p past) begun(step string) bool {
	return p.attempts(trackID{step, saga.Action}) > 0 || p.resolvedAt(trackID{step, saga.Action}) >= 0
}

// toUndo is every step that may have happened, the last one started first.
func (p past) toUndo() []string {
	names := []string{}
	for at, event := range p.events {
		name := ""
		switch e := event.(type) {
		case saga.StepStarted:
			name = e.Step
		case saga.StepResolved:
			name = e.Step
		}
		if name == "" || (past{p.ref, p.plan, p.events[:at]}).begun(name) {
			continue
		}
		step := p.plan.Steps[p.index(name)]
		if step.Kind == saga.KindCompensable && (p.succeeded(name) || p.unknown(name) || step.CompensateOnFailure) {
			names = slices.Insert(names, 0, name)
		}
	}
	return names
}

// overlooked reports whether a step was found to have happened after its compensation had ended without its result, and
// nobody has redriven it since.
func (p past) overlooked(step string) bool {
	undone, blind := p.undoneAt(step)
	_, done := last(p, func(e saga.StepCompleted) bool { return e.Step == step })
	redriven := p.refreshed(trackID{step, saga.Compensation})
	return undone >= 0 && done >= 0 && redriven < max(undone, done) && blind
}

// again lists the redrives of steps that had been overlooked, the newest first, as far as they are still to be followed.
func (p past) again() (steps []string, generations map[string]int) {
	generations = map[string]int{}
	for at, event := range p.events {
		e, is := event.(saga.StepRedriven)
		if !is || e.Direction != saga.Compensation {
			done, is := event.(saga.CompensationCompleted)
			said, told := event.(saga.StepResolved)
			steps = slices.DeleteFunc(steps, func(s string) bool {
				return is && s == done.Step || told && said.Direction == saga.Compensation && s == said.Step
			})
			continue
		}
		if (past{p.ref, p.plan, p.events[:at]}).overlooked(e.Step) {
			steps = slices.Insert(steps, 0, e.Step)
			generations[e.Step]++
		}
	}
	return steps, generations
}

func (p past) ended() bool {
	return has(p, anyOf[saga.SagaCompleted]) || has(p, anyOf[saga.SagaFailed]) || has(p, anyOf[saga.SagaTerminated])
}

func (p past) parked() bool {
	_, parked := last(p, anyOf[saga.SagaParked])
	_, redriven := last(p, anyOf[saga.StepRedriven])
	_, resolved := last(p, anyOf[saga.StepResolved])
	_, skipped := last(p, anyOf[saga.StepSkipped])
	_, cancelled := last(p, anyOf[saga.SagaCancelRequested])
	if _, migrated := last(p, anyOf[saga.SagaMigrated]); migrated > parked && parked >= 0 {
		if p.events[parked].(saga.SagaParked).Reason == saga.ParkedStepMissing {
			return false // it has the functions now
		}
	}
	if cancelled > parked && (past{p.ref, p.plan, p.events[:cancelled]}).held() {
		cancelled = -1 // it ends no wait while it has to wait itself
	}
	return parked > max(redriven, resolved, skipped, cancelled) && !p.ended()
}

func (p past) state() saga.State {
	switch {
	case has(p, anyOf[saga.SagaTerminated]):
		return saga.StateTerminated
	case has(p, anyOf[saga.SagaCompleted]):
		return saga.StateCompleted
	case has(p, anyOf[saga.SagaFailed]):
		return saga.StateFailed
	case has(p, anyOf[saga.CompensationRequested]):
		return saga.StateCompensating
	}
	for _, event := range p.events {
		_, told := event.(saga.StepResolved)
		_, skips := event.(saga.StepSkipped)
		if _, _, begins, ok := attemptOf(event); ok && !begins || told || skips {
			return saga.StatePending
		}
	}
	return saga.StateStarted
}
