package saga

import (
	"fmt"
	"time"
)

// decideRedrive lets a parked saga go on.
func (in *Instance) decideRedrive(c Redrive) ([]Event, error) {
	if err := in.mayOperate("redrive", c.Actor, c.Reason, c.SeenRevision, in.parked != nil); err != nil {
		return nil, err
	}
	return []Event{StepRedriven{
		Step: in.parked.Step, Direction: in.parked.Direction,
		Actor: c.Actor, Reason: c.Reason, SeenRevision: c.SeenRevision,
	}}, nil
}

// decideCancel turns the saga round now, or as soon as that can be.
func (in *Instance) decideCancel(c Cancel) ([]Event, error) {
	if err := in.mayOperate("cancel", c.Actor, c.Reason, saw(c.SeenRevision, in.revision), true); err != nil {
		return nil, err
	}
	switch {
	case in.state == StateCompensating, in.cancelled != "", in.turning():
		return nil, nil
	case in.pastReturn():
		return nil, fmt.Errorf("cancel %s: %w", in.ref, ErrTooLate)
	}
	d := &decision{in: in.clone()}
	d.emit(SagaCancelRequested{Actor: c.Actor, Reason: c.Reason, SeenRevision: noted(c.SeenRevision)})
	d.turn(time.Time{}, 0) // which starts nothing, so the instant does not matter
	return d.events, nil
}

// decideTerminate ends the saga, and says what stays.
func (in *Instance) decideTerminate(c Terminate) ([]Event, error) {
	if err := in.mayOperate("terminate", c.Actor, c.Reason, saw(c.SeenRevision, in.revision), true); err != nil {
		return nil, err
	}
	return []Event{SagaTerminated{
		Actor: c.Actor, Reason: c.Reason, SeenRevision: noted(c.SeenRevision), Undone: in.undone(),
	}}, nil
}

// mayOperate checks what every operator command has to say. possible is false where the saga would have to be parked.
func (in *Instance) mayOperate(verb, actor, reason string, seen int64, possible bool) error {
	switch {
	case actor == "" || reason == "":
		return fmt.Errorf("%s %s: %w", verb, in.ref, ErrNoActor)
	case !possible:
		return fmt.Errorf("%s %s: %w", verb, in.ref, ErrNotParked)
	case seen != in.revision:
		return fmt.Errorf("%s %s: it is %s at revision %d now, the operator saw %d: %w",
			verb, in.ref, in.condition(), in.revision, seen, ErrStale)
	}
	return nil
}

// saw returns the revision that an operator saw: the present one when they did not look.
func saw(revision, present int64) int64 {
	if revision == NotSeen {
		return present
	}
	return revision
}

// noted is the form of a seen revision in an event.
func noted(revision int64) *int64 {
	if revision == NotSeen {
		return nil
	}
	return &revision
}

// pastReturn reports whether the saga can only go forward: its pivot has succeeded or was skipped, or a retriable step has
// started.
func (in *Instance) pastReturn() bool {
	first := in.plan.pointOfNoReturn()
	if first < 0 || in.state == StateCompensating {
		return false
	}
	for i := first; i < len(in.steps); i++ { // a branch may have been resolved before the first one has started
		switch s := &in.steps[i]; in.plan.Steps[i].Kind {
		case KindPivot:
			if s.result != nil || s.state == StepStateSkipped {
				return true
			}
		case KindRetriable:
			if s.order > 0 {
				return true
			}
		case KindCompensable, KindReadOnly, KindAwait, KindChild:
		}
	}
	return false
}

// pivotUnknown reports whether the saga has a pivot of which it is not known whether it happened.
func (in *Instance) pivotUnknown() bool {
	i := in.plan.pointOfNoReturn()
	return i >= 0 && in.plan.Steps[i].Kind == KindPivot && in.steps[i].unknown
}

// held reports whether a cancelled saga has to wait: for an open attempt, or for the outcome of its pivot.
func (in *Instance) held() bool { return in.anyBinding() || in.pivotUnknown() }

// turning reports whether the saga will turn round as soon as no attempt is open: until then it starts none.
func (in *Instance) turning() bool {
	if in.state == StateCompensating {
		return false
	}
	unwanted := in.cancelled != "" || in.overdue
	return in.gaveUp != nil || unwanted && !in.pastReturn() && !in.pivotUnknown()
}

// turn turns a saga round that was to be, if nothing holds it, and asks the probes that are to be asked before that.
func (d *decision) turn(now time.Time, room int) bool {
	in := d.in
	if in.state.Ended() || in.halted() || !in.turning() || in.anyBinding() {
		return false
	}
	if d.askBeforeTurn(now, room) {
		return room > 0
	}
	requested := CompensationRequested{Plan: in.undoNames()}
	if in.gaveUp != nil {
		requested.FailedStep, requested.Reason = in.gaveUp.Step, in.gaveUp.Reason
	} else {
		requested.Reason = in.whyTurning()
	}
	d.emit(requested)
	d.proceed(now, room)
	return true
}

// undone returns the steps whose effects stand or may stand.
func (in *Instance) undone() []string {
	names := []string{}
	for i := range in.steps {
		s, planned := &in.steps[i], &in.plan.Steps[i]
		may := s.unknown || s.result != nil || s.action.open
		if may && planned.Kind != KindReadOnly && planned.Kind != KindAwait && (s.state != StepStateCompensated || s.overlooked()) {
			names = append(names, planned.Name)
		}
	}
	return names
}
