package saga

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// attendChild sees to a child until that is done or ctx ends. While the store is unavailable, or the child moves on faster
// than it can be cancelled, it tries again.
func (s *session) attendChild(ctx context.Context, e AttendChild) {
	seen := ChildSeen{Parent: e.Parent, Step: e.Step, Direction: e.Direction, Attempt: e.Attempt, Child: e.Child}
	for {
		outcome, ended, err := s.o.attendChild(ctx, e)
		if again(err) {
			select {
			case <-time.After(loadAgain):
				continue
			case <-ctx.Done():
			}
		}
		seen.Outcome, seen.Ended = outcome, ended
		switch {
		case err == nil, ctx.Err() != nil, errors.Is(err, ErrStopping), errors.Is(err, ErrSetAside):
			// Whoever goes on with the parent sees to the child again; one that cannot be read is for a person.
		default:
			s.fail(err)
		}
		s.inbox.put(seen)
		return
	}
}

// again reports whether to see to a child can succeed when it is tried again.
func again(err error) bool {
	return errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, eventstore.ErrIndeterminate) ||
		errors.Is(err, eventstore.ErrConflict) || errors.Is(err, ErrStale)
}

// attendChild starts a child, unless it was started before, cancels it if that is asked for, and tells how it ended. A
// child that there is can be seen to also when this program could not start it any more.
func (o *Orchestrator) attendChild(ctx context.Context, e AttendChild) (outcome Outcome, ended bool, err error) {
	child, parent := e.Child, Parent{Name: e.Parent.Name, ID: e.Parent.ID, Step: e.Step}
	inst, err := o.Load(ctx, child.Name, child.ID)
	if errors.Is(err, ErrNotFound) {
		_, err = o.StartWith(ctx, child.Name, child.ID, json.RawMessage(e.Data), StartOptions{
			CorrelationID: e.CorrelationID, CausationID: e.CausationID, parent: &parent,
		})
		if neverStarts(err) {
			return neverStarted(err), true, nil
		}
		if err == nil {
			inst, err = o.Load(ctx, child.Name, child.ID)
		}
	}
	if err != nil {
		return Outcome{}, false, err
	}
	if p, is := inst.Parent(); !is || p != parent {
		return neverStarted(fmt.Errorf("saga %s is there already, and was not started by step %s of %s", child, e.Step, e.Parent)), true, nil
	}
	if e.Cancel != "" && !inst.state.Ended() {
		err := o.Cancel(ctx, child.Name, child.ID, "saga:"+e.Parent.String(), e.Cancel, NotSeen)
		if err != nil && !errors.Is(err, ErrTooLate) && !errors.Is(err, ErrEnded) {
			return Outcome{}, false, err
		}
		if inst, err = o.Load(ctx, child.Name, child.ID); err != nil {
			return Outcome{}, false, err
		}
	}
	outcome, ended = inst.AsChild()
	return outcome, ended, nil
}

// neverStarts reports whether a child that there is not can never be started, for a reason of its own.
func neverStarts(err error) bool {
	return errors.Is(err, ErrInvalidData) || errors.Is(err, ErrStartedDifferently) || errors.Is(err, ErrUnknownDefinition) ||
		err != nil && !errors.Is(err, ErrSetAside) && refused(err)
}

func neverStarted(why error) Outcome {
	return Outcome{Kind: FailedPermanently, Error: clip(why.Error(), maxErrorBytes)}
}

// AsChild returns what a saga's end means for the step of another saga that has started it; ended is false while it has not
// ended. A saga that failed has compensated everything, so that its step certainly did not happen; of one that was terminated
// that is unknown.
func (in *Instance) AsChild() (outcome Outcome, ended bool) {
	switch in.state {
	case StateCompleted:
		return Outcome{Kind: Succeeded, Result: in.results()}, true
	case StateFailed:
		return Outcome{Kind: FailedPermanently, Error: clip(fmt.Sprintf("saga %s failed: %s", in.ref, in.reason), maxErrorBytes)}, true
	case StateTerminated:
		return Outcome{Kind: FailedTransiently, Error: clip(
			fmt.Sprintf("saga %s was terminated by %s: %s", in.ref, in.terminated.Actor, in.terminated.Reason), maxErrorBytes)}, true
	case StateNone, StateStarted, StatePending, StateCompensating:
	}
	return Outcome{}, false
}
