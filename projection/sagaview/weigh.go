package sagaview

import (
	"strings"

	"github.com/skaldgo/skald/saga"
)

// weigh makes what a saga on its way forward waits for, and until when, of all that is under way: the branches of a group
// that run or wait for a retry, the signals that are awaited, and the deadline of the saga. soon is by when something
// should start where nothing is under way.
func (r *sagaRows) weigh(event saga.Event, soon int64) {
	forward := r.state == stateStarted || r.state == statePending
	if r.parked || r.paused || !forward {
		return
	}
	switch event.(type) {
	case saga.RetryPolicyChanged: // what is under way is due when it was
		return
	case saga.SagaOverdue, saga.StepGivenUp, saga.SignalReceived, saga.DeadlineExtended:
		r.compose(0, soon)
	case saga.StepRedriven, saga.StepResolved, saga.StepSkipped, saga.SagaResumed:
		if r.wide() {
			r.compose(soon, soon)
		}
	default:
		if r.wide() {
			r.compose(0, soon)
		}
	}
	limit := r.deadline
	if _, resumed := event.(saga.SagaResumed); resumed {
		limit = laterOf(limit, soon) // it may have passed during the pause
	}
	if limit != 0 && !r.overdue && (r.nextDue == 0 || limit < r.nextDue) {
		r.nextDue = limit
	}
}

// wide reports whether more than one attempt may be under way, or something else than an attempt.
func (r *sagaRows) wide() bool {
	for i := range r.steps {
		if s := &r.steps[i]; s.group != "" || s.awaits != "" {
			return true
		}
	}
	return false
}

// compose names all that is under way, with the earliest instant by which some of it should come, but none before floor.
// Where nothing is, what the last event led to is waited for, until soon.
func (r *sagaRows) compose(floor, soon int64) {
	var names []string
	var first int64
	runs := false
	add := func(name string, due int64) {
		names = append(names, name)
		if due != 0 && (first == 0 || max(due, floor) < first) {
			first = max(due, floor)
		}
	}
	for i := range r.steps {
		switch s := &r.steps[i]; {
		case s.running:
			runs = runs || s.kind != kindAwait
			add(s.comes(), s.nextDue)
		case r.toRetry(s):
			runs = true
			add("the next attempt of the action of step "+s.step, s.nextDue)
		}
	}
	if s := r.idle(); s != nil && !runs && len(names) > 0 {
		add("step "+s.step+" to start", soon)
	}
	if len(names) == 0 {
		r.nextDue = soon
		return
	}
	r.wait(strings.Join(names, "; "), first)
}

// idle returns a step at which the saga stands and of which nothing is under way, nil when there is none.
func (r *sagaRows) idle() *stepRow {
	group, at := "", false
	for i := range r.steps {
		s := &r.steps[i]
		switch {
		case s.state == stepCompleted || s.state == stepSkipped:
			continue
		case at && (group == "" || s.group != group):
			return nil
		case !s.running && s.nextDue == 0 && s.kind != kindAwait:
			return s
		}
		group, at = s.group, true
	}
	return nil
}

// comes says what has to come for an open attempt or wait to end.
func (s *stepRow) comes() string {
	if s.awaits != "" {
		return s.awaits + " for step " + s.step
	}
	return "the " + s.direction() + " of step " + s.step + " to end"
}

// childRequested notes that a step waits for the end of another saga, as long as that takes.
func (r *sagaRows) childRequested(e saga.ChildRequested) error {
	s, err := r.step(e.Step)
	if err == nil {
		s.awaits, s.nextDue = "the end of saga "+e.Child.String(), 0
		r.wait(s.comes(), 0)
	}
	return err
}

func (s *stepRow) forgetChild() {
	if s.kind == kindChild {
		s.awaits = ""
	}
}

// toRetry reports whether a step waits for its next attempt. While the deadline of the saga has passed, none will begin
// where the saga can turn round for it; but it may get another deadline before it does.
func (r *sagaRows) toRetry(s *stepRow) bool {
	late := r.overdue && r.state != stateCompensating && r.reversible()
	return !s.running && s.nextDue != 0 && !late
}

// reversible reports whether the saga can still be undone.
func (r *sagaRows) reversible() bool {
	for i := range r.steps {
		s := &r.steps[i]
		passed := s.kind == kindPivot && (s.unknown || s.state == stepSkipped) || s.kind == kindRetriable && s.startedAt != 0
		if passed || s.resultKnown && (s.kind == kindPivot || s.kind == kindRetriable) {
			return false
		}
	}
	return true
}

// giveUpRetries ends the waits for retries of a saga that turns round as soon as no attempt is open.
func (r *sagaRows) giveUpRetries() {
	for i := range r.steps {
		if s := &r.steps[i]; !s.running && s.nextDue != 0 {
			s.nextDue, s.touched = 0, true
		}
	}
}
