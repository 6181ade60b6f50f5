package sagaview_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/skaldgo/skald/saga"
)

// history is the events of one saga, from the first on. Its methods say what the read model must hold after the last of
// them. They look the answer up in the whole history, while the projection folds event by event.
type history []saga.Event

// last returns the index of the last event that is so, or -1.
func (h history) last(is func(saga.Event) bool) int {
	for i, e := range slices.Backward(h) {
		if is(e) {
			return i
		}
	}
	return -1
}

func (h history) first(is func(saga.Event) bool) int { return slices.IndexFunc(h, is) }

func started(event saga.Event, step string, d saga.Direction) (bool, saga.AttemptStarted) {
	switch e := event.(type) {
	case saga.StepStarted:
		return d == saga.Action && e.Step == step, e.AttemptStarted
	case saga.CompensationStarted:
		return d == saga.Compensation && e.Step == step, e.AttemptStarted
	}
	return false, saga.AttemptStarted{}
}

// lost returns the error of an attempt that did not succeed, and whether it may have had an effect.
func lost(event saga.Event, step string, d saga.Direction) (is bool, failure string, unknown bool) {
	action := d == saga.Action
	switch e := event.(type) {
	case saga.StepFailed:
		return action && e.Step == step, e.Error, !e.Permanent
	case saga.StepTimedOut:
		return action && e.Step == step, "timed out", true
	case saga.StepInterrupted:
		return action && e.Step == step, "interrupted", true
	case saga.CompensationFailed:
		return !action && e.Step == step, e.Error, false
	case saga.CompensationTimedOut:
		return !action && e.Step == step, "timed out", false
	case saga.CompensationInterrupted:
		return !action && e.Step == step, "interrupted", false
	}
	return false, "", false
}

func succeeded(event saga.Event, step string, d saga.Direction) bool {
	switch e := event.(type) {
	case saga.StepCompleted:
		return d == saga.Action && e.Step == step
	case saga.CompensationCompleted:
		return d == saga.Compensation && e.Step == step
	case saga.StepResolved:
		return d == e.Direction && e.Step == step
	}
	return false
}

func scheduled(event saga.Event, step string, d saga.Direction) (bool, time.Time) {
	switch e := event.(type) {
	case saga.StepRetryScheduled:
		return d == saga.Action && e.Step == step, e.Due
	case saga.CompensationRetryScheduled:
		return d == saga.Compensation && e.Step == step, e.Due
	}
	return false, time.Time{}
}

func turned(e saga.Event) bool { _, is := e.(saga.CompensationRequested); return is }

func (h history) lastStart(step string, d saga.Direction) int {
	return h.last(func(e saga.Event) bool { is, _ := started(e, step, d); return is })
}

func (h history) lastLoss(step string, d saga.Direction) int {
	return h.last(func(e saga.Event) bool { is, _, _ := lost(e, step, d); return is })
}

func (h history) success(step string, d saga.Direction) int {
	return h.last(func(e saga.Event) bool { return succeeded(e, step, d) })
}

func (h history) lastSchedule(step string, d saga.Direction) int {
	return h.last(func(e saga.Event) bool { is, _ := scheduled(e, step, d); return is })
}

// skip returns the place at which an operator had a step passed over, or -1.
func (h history) skip(step string) int {
	return h.last(func(e saga.Event) bool { s, is := e.(saga.StepSkipped); return is && s.Step == step })
}

func (h history) lastRedrive(step string, d saga.Direction) int {
	return h.last(func(e saga.Event) bool {
		r, is := e.(saga.StepRedriven)
		return is && r.Step == step && r.Direction == d
	})
}

// open returns the index of the start of an attempt that has not ended, or -1.
func (h history) open(step string, d saga.Direction) int {
	if at := h.lastStart(step, d); at > max(h.lastLoss(step, d), h.success(step, d)) {
		return at
	}
	return -1
}

func (h history) unknown(step string) bool {
	return slices.ContainsFunc(h, func(e saga.Event) bool { is, _, unknown := lost(e, step, saga.Action); return is && unknown })
}

func (h history) blind(step string) bool {
	at := h.lastStart(step, saga.Compensation)
	if said := h.success(step, saga.Compensation); said > at {
		if _, is := h[said].(saga.StepResolved); is {
			return h[:said].success(step, saga.Action) < 0
		}
	}
	return at >= 0 && !h[at].(saga.CompensationStarted).ResultKnown
}

func (h history) stepState(step string) saga.StepState {
	undo, undone := h.lastStart(step, saga.Compensation), h.success(step, saga.Compensation)
	completed, turn := h.success(step, saga.Action), h.first(turned)
	redriven := h.lastRedrive(step, saga.Compensation)
	switch {
	case undone > undo && redriven > undone && h.blind(step) && completed >= 0 && completed < redriven:
		return saga.StepStateCompleted // found to have happened after all, and to be compensated once more
	case undone > undo:
		return saga.StepStateCompensated
	case undo >= 0:
		return saga.StepStateCompensating
	case completed >= 0 && (turn < 0 || completed < turn || h.unknown(step)):
		return saga.StepStateCompleted
	case h.skip(step) >= 0:
		return saga.StepStateSkipped
	case h.lastStart(step, saga.Action) < 0:
		return saga.StepStatePending
	case h.open(step, saga.Action) >= 0, turn < 0 && h.lastSchedule(step, saga.Action) > h.lastLoss(step, saga.Action):
		return saga.StepStateExecuting
	case h.unknown(step):
		return saga.StepStateUnknown
	}
	return saga.StepStateFailed
}

// unwanted is the place from which on no retry is made any more, because the saga is to be undone as soon as it can be.
func (h history) unwanted() int {
	for i, event := range h {
		if event.EventType() != saga.TypeSagaCancelRequested {
			continue
		}
		before, held := h[:i], false
		for _, step := range h[0].(saga.SagaStarted).Plan.Steps {
			held = held || step.Kind == saga.KindPivot && (before.unknown(step.Name) || before.skip(step.Name) >= 0 || before.success(step.Name, saga.Action) >= 0) ||
				step.Kind == saga.KindRetriable && max(before.lastStart(step.Name, saga.Action), before.success(step.Name, saga.Action)) >= 0
		}
		if !held {
			return i
		}
	}
	return -1
}

// due is the deadline of the step's open attempt, or when its next one is due.
func (h history) due(step string) (due time.Time, is bool) {
	for _, d := range []saga.Direction{saga.Compensation, saga.Action} {
		if at := h.open(step, d); at >= 0 {
			_, attempt := started(h[at], step, d)
			return attempt.Deadline, true
		}
		at := h.lastSchedule(step, d)
		over := max(h.lastStart(step, d), h.success(step, d), h.lastRedrive(step, d))
		if d == saga.Action {
			over = max(over, h.first(turned), h.unwanted(), h.skip(step))
		}
		if at > over {
			_, due := scheduled(h[at], step, d)
			return due, true
		}
	}
	return time.Time{}, false
}

const startGrace = time.Minute // the default

// waits says what an open saga that is not parked waits for, and until when.
func (h history) waits(at []time.Time, plan *saga.Plan) (what string, due time.Time) {
	turn := h.first(turned)
	i := len(h) - 1
	for turn >= 0 && i > turn && h[i].EventType() == saga.TypeStepCompleted {
		i-- // late news on the way back changes nothing of it
	}
	for h[i].EventType() == saga.TypeSagaCancelRequested && !h[:i].paused() {
		i-- // held, it waits for what it waited for
	}
	soon := at[i].Add(startGrace)
	if h[i].EventType() == saga.TypeSagaMigrated {
		return h[:i].goesOn(plan, time.Time{}, soon)
	}
	if h[:i].paused() {
		return h[:i].goesOn(plan, soon, soon)
	}
	if last := len(h) - 1; h[last].EventType() == saga.TypeSagaCancelRequested && h[:last].parked() {
		return "the saga to go on", at[last].Add(startGrace)
	}
	redriven, is := h[i].(saga.StepRedriven)
	resolved, told := h[i].(saga.StepResolved)
	if is || told {
		for _, step := range plan.Steps {
			for _, d := range []saga.Direction{saga.Action, saga.Compensation} {
				if k := h[:i+1].open(step.Name, d); k >= 0 {
					_, attempt := started(h[k], step.Name, d)
					return "the " + d.String() + " of step " + step.Name + " to end", later(soon, attempt.Deadline)
				}
			}
		}
		if told {
			return map[saga.Direction]string{
				saga.Action: "the next step to start", saga.Compensation: "the next compensation to start",
			}[resolved.Direction], soon
		}
		return "step " + redriven.Step + " to start again", soon
	}
	for _, step := range plan.Steps {
		for _, d := range []saga.Direction{saga.Action, saga.Compensation} {
			if is, attempt := started(h[i], step.Name, d); is {
				return fmt.Sprintf("the %s of step %s to end", d, step.Name), attempt.Deadline
			}
			if is, due := scheduled(h[i], step.Name, d); is {
				return fmt.Sprintf("the next attempt of the %s of step %s", d, step.Name), due
			}
			if is, _, _ := lost(h[i], step.Name, d); is {
				of := map[saga.Direction]string{saga.Compensation: "the compensation of "}[d]
				return "what follows the failure of " + of + "step " + step.Name, soon
			}
		}
	}
	return map[string]string{
		saga.TypeSagaStarted: "step " + plan.Steps[0].Name + " to start", saga.TypeCompensationRequested: "the compensation to start",
		saga.TypeStepSkipped: "the next step to start", saga.TypeStepCompleted: "the next step to start", saga.TypeCompensationCompleted: "the next compensation to start",
	}[h[i].EventType()], soon
}

// goesOn says what a saga waits for that is let go on: what it waited for, but for nothing before floor.
func (h history) goesOn(plan *saga.Plan, floor, soon time.Time) (what string, due time.Time) {
	about := func(step string) string {
		d := saga.Action
		if h.lastStart(step, saga.Compensation) >= 0 {
			d = saga.Compensation
		}
		return d.String() + " of step " + step
	}
	for _, step := range plan.Steps {
		if at, is := h.due(step.Name); is && max(h.open(step.Name, saga.Action), h.open(step.Name, saga.Compensation)) >= 0 {
			return "the " + about(step.Name) + " to end", later(floor, at)
		}
	}
	for _, step := range plan.Steps {
		if at, is := h.due(step.Name); is {
			return "the next attempt of the " + about(step.Name), later(floor, at)
		}
	}
	return "the saga to go on", soon
}

// paused reports whether the saga stands still after the last event.
func (h history) paused() bool {
	return len(h) > 0 && h.last(func(e saga.Event) bool { return e.EventType() == saga.TypeSagaPaused }) >
		h.last(func(e saga.Event) bool {
			return e.EventType() == saga.TypeSagaResumed || e.EventType() == saga.TypeSagaCancelRequested
		})
}

// parked reports whether the saga waits for a person after the last event, if no cancellation has ended that.
func (h history) parked() bool {
	at := h.last(func(e saga.Event) bool { return e.EventType() == saga.TypeSagaParked })
	migrated := h.last(func(e saga.Event) bool { return e.EventType() == saga.TypeSagaMigrated })
	if at >= 0 && at < migrated && h[at].(saga.SagaParked).Reason == saga.ParkedStepMissing {
		return false
	}
	return h.last(func(e saga.Event) bool { return e.EventType() == saga.TypeSagaParked }) >
		h.last(func(e saga.Event) bool {
			return slices.Contains([]string{saga.TypeStepRedriven, saga.TypeStepResolved, saga.TypeStepSkipped}, e.EventType())
		})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
