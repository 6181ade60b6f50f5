package saga

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/eventstore"
)

// attendChild sees to a child until that is done or ctx ends. While the store is unavailable it asks again.
func (s *session) attendChild(ctx context.Context, e AttendChild) {
	seen := ChildSeen{Parent: e.Parent, Step: e.Step, Direction: e.Direction, Attempt: e.Attempt, Child: e.Child}
	for {
		outcome, ended, err := s.o.attendChild(ctx, e)
		if errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, eventstore.ErrIndeterminate) {
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
		case errors.Is(err, ErrInvalidData), errors.Is(err, ErrStartedDifferently), errors.Is(err, ErrUnknownDefinition):
			seen.Ended, seen.Outcome = true, Outcome{Kind: FailedPermanently, Error: clip(err.Error(), maxErrorBytes)}
		default:
			s.fail(err)
		}
		s.inbox.put(seen)
		return
	}
}

// attendChild starts a child, unless it was started before, cancels it if that is asked for, and tells how it ended.
func (o *Orchestrator) attendChild(ctx context.Context, e AttendChild) (outcome Outcome, ended bool, err error) {
	_, err = o.StartWith(ctx, e.Child.Name, e.Child.ID, json.RawMessage(e.Data), StartOptions{
		CorrelationID: e.CorrelationID, CausationID: e.CausationID,
		parent: &Parent{Name: e.Parent.Name, ID: e.Parent.ID, Step: e.Step},
	})
	if err != nil {
		return Outcome{}, false, err
	}
	if e.Cancel != "" {
		err := o.Cancel(ctx, e.Child.Name, e.Child.ID, "saga:"+e.Parent.String(), e.Cancel, NotSeen)
		if err != nil && !errors.Is(err, ErrTooLate) && !errors.Is(err, ErrEnded) && !errors.Is(err, ErrStale) {
			return Outcome{}, false, err
		}
	}
	inst, err := o.Load(ctx, e.Child.Name, e.Child.ID)
	if err != nil {
		return Outcome{}, false, err
	}
	outcome, ended = inst.AsChild()
	return outcome, ended, nil
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
