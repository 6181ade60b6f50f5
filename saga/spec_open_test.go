package saga_test

import (
	"slices"

	"github.com/skaldgo/skald/saga"
)

// opened is what is known of an attempt that has begun and not ended.
type opened struct {
	trackID
	saga.AttemptStarted
}

// open is every attempt and every wait that has begun and not ended, in the order of the plan.
func (p past) open() (open []opened) {
	for _, event := range p.events {
		id, _, begins, ok := attemptOf(event)
		switch e := event.(type) {
		case saga.StepStarted:
			open = append(open, opened{id, e.AttemptStarted})
		case saga.CompensationStarted:
			open = append(open, opened{id, e.AttemptStarted})
		case saga.StepSkipped:
			open = slices.DeleteFunc(open, func(b opened) bool { return b.trackID == trackID{e.Step, saga.Action} })
		case saga.CompensationRequested: // nobody waits for a signal on the way back
			open = slices.DeleteFunc(open, func(b opened) bool { return p.waits(b.trackID) })
		}
		if ok && !begins { // a success that comes late also settles the attempt that runs
			open = slices.DeleteFunc(open, func(b opened) bool { return b.trackID == id })
		}
	}
	slices.SortStableFunc(open, func(a, b opened) int { return p.index(a.step) - p.index(b.step) })
	return open
}

// running is every open attempt that is no wait.
func (p past) running() []opened {
	return slices.DeleteFunc(p.open(), func(b opened) bool { return p.waits(b.trackID) })
}

func (p past) isOpen(id trackID) bool {
	return slices.ContainsFunc(p.open(), func(b opened) bool { return b.trackID == id })
}

// waits reports whether what happens on a track is to wait for a signal.
func (p past) waits(id trackID) bool {
	return id.direction == saga.Action && p.plan.Steps[p.index(id.step)].Kind == saga.KindAwait
}

// stands is every track on which the saga stands, in the order of the plan; none when nothing is left to do.
func (p past) stands() []trackID {
	if p.ended() {
		return nil
	}
	if turned, at := last(p, anyOf[saga.CompensationRequested]); at >= 0 {
		return p.standsOnTheWayBack(turned.Plan)
	}
	var group *string
	var all []trackID
	for i := range p.plan.Steps {
		step := &p.plan.Steps[i]
		switch {
		case p.passed(step.Name):
		case group == nil:
			group = &step.Group
			all = append(all, trackID{step.Name, saga.Action})
		case *group != "" && *group == step.Group:
			all = append(all, trackID{step.Name, saga.Action})
		}
	}
	return all
}

func (p past) standsOnTheWayBack(plan []string) []trackID {
	again, _ := p.again()
	for _, step := range append(again, plan...) {
		if slices.Contains(again, step) || !p.undone(step) {
			return []trackID{{step, saga.Compensation}}
		}
	}
	return nil
}

// full reports whether as many attempts run as may run where the saga stands.
func (p past) full() bool {
	stands := p.stands()
	if len(stands) == 0 || stands[0].direction == saga.Compensation {
		return len(p.running()) > 0
	}
	name := p.plan.Steps[p.index(stands[0].step)].Group
	if name == "" {
		return len(p.running()) > 0
	}
	for _, group := range p.plan.Groups {
		if group.Name == name && group.Limit > 0 {
			return len(p.running()) >= group.Limit
		}
	}
	return false
}

// mayBegin reports whether an attempt or a wait could begin on a track, were it due.
func (p past) mayBegin(id trackID) bool {
	return slices.Contains(p.stands(), id) && !p.isOpen(id) && !p.turning() && (p.waits(id) || !p.full())
}

// held reports whether a saga that is to be undone would have to wait for an outcome.
func (p past) held() bool { return len(p.running()) > 0 || p.pivotUnknown() }

// pivotUnknown reports whether it was once not known whether the pivot had happened.
func (p past) pivotUnknown() bool {
	return slices.ContainsFunc(p.plan.Steps, func(s saga.PlannedStep) bool { return s.Kind == saga.KindPivot && p.unknown(s.Name) })
}

// turning reports whether the saga is to turn round as soon as nothing runs.
func (p past) turning() bool {
	unwanted := has(p, anyOf[saga.SagaCancelRequested]) || p.overdue()
	return !has(p, anyOf[saga.CompensationRequested]) && !p.ended() &&
		(has(p, anyOf[saga.StepGivenUp]) || unwanted && !p.tooLate() && !p.pivotUnknown())
}

// tooLate reports whether the saga can only go forward.
func (p past) tooLate() bool {
	return slices.ContainsFunc(p.plan.Steps, func(s saga.PlannedStep) bool {
		return s.Kind == saga.KindPivot && p.passed(s.Name) ||
			s.Kind == saga.KindRetriable && p.begun(s.Name)
	})
}
