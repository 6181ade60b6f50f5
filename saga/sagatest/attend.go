package sagatest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/saga"
)

// attender is an injector that sees to children by itself.
type attender interface {
	attend(n *node, e saga.AttendChild)
}

// attendAgain is the pause before the shipped shell sees to a child again.
const attendAgain = 200 * time.Millisecond

// attend sees to a child, as the shipped shell does: until that is done, or the attempts are cut off.
func (n *node) attend(e saga.AttendChild) {
	if a, is := n.w.inject.(attender); is {
		a.attend(n, e)
		return
	}
	c := n.w.child(e)
	seen := saga.ChildSeen{Parent: e.Parent, Step: e.Step, Direction: e.Direction, Attempt: e.Attempt, Child: e.Child}
	n.w.spawn(n, n.reading(c), func() {
		outcome, ended, err := n.seeTo(c, e)
		for again(err) && !n.cut {
			if !n.w.current.by.yield(stop{wait: attendAgain}) || n.w.current.gone() {
				return
			}
			outcome, ended, err = n.seeTo(c, e)
		}
		seen.Outcome, seen.Ended = outcome, ended
		switch {
		case err == nil, again(err), errors.Is(err, saga.ErrStopping), errors.Is(err, saga.ErrSetAside), errors.Is(err, errCrashed):
			// Whoever goes on with the parent sees to the child again; one that cannot be read is for a person.
		default:
			n.w.blame(fmt.Errorf("see to %s: %w", e.Child, err))
		}
	}, func() {
		n.handle(seen)
		n.leave()
	})
}

// again reports whether to see to a child can succeed when it is tried again.
func again(err error) bool {
	return errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, eventstore.ErrIndeterminate) ||
		errors.Is(err, eventstore.ErrConflict) || errors.Is(err, saga.ErrStale)
}

// reading names the reads of a saga by an orchestrator.
func (n *node) reading(c *client) point { return point{of: ofRead, node: n.number, saga: c.number} }

// seeTo starts a child, unless it was started before, cancels it if that is asked for, and tells how it ended.
func (n *node) seeTo(c *client, e saga.AttendChild) (outcome saga.Outcome, ended bool, err error) {
	parent := saga.Parent{Name: e.Parent.Name, ID: e.Parent.ID, Step: e.Step}
	child, err := n.look(c)
	if errors.Is(err, eventstore.ErrStreamNotFound) {
		err = n.startChild(c, saga.StartRequested{
			Ref: e.Child, Data: e.Data, CorrelationID: e.CorrelationID, CausationID: e.CausationID, Parent: &parent,
		})
		if neverStarts(err) {
			return saga.Outcome{Kind: saga.FailedPermanently, Error: err.Error()}, true, nil
		}
		if err == nil {
			child, err = n.look(c)
		}
	}
	if err != nil {
		return saga.Outcome{}, false, err
	}
	if p, is := child.Parent(); !is || p != parent {
		return saga.Outcome{Kind: saga.FailedPermanently, Error: "sagatest: somebody else has started it"}, true, nil
	}
	if e.Cancel != "" && !child.State().Ended() {
		err := n.cancelChild(c, saga.Cancel{Actor: "saga:" + e.Parent.String(), Reason: e.Cancel, SeenRevision: saga.NotSeen})
		if err != nil && !errors.Is(err, saga.ErrTooLate) && !errors.Is(err, saga.ErrEnded) {
			return saga.Outcome{}, false, err
		}
		if child, err = n.look(c); err != nil {
			return saga.Outcome{}, false, err
		}
	}
	outcome, ended = child.AsChild()
	return outcome, ended, nil
}

// look reads a child.
func (n *node) look(c *client) (*saga.Instance, error) {
	n.w.current.at = n.reading(c)
	loaded, err := n.w.load(c.ref)
	return loaded.Aggregate, err
}

func (n *node) cancelChild(c *client, cancel saga.Cancel) error {
	n.w.current.at = point{of: ofAppend, saga: c.number, event: saga.TypeSagaCancelRequested}
	_, err := n.w.of(c.ref).prompt.Execute(context.Background(), c.ref.ID, cancel,
		aggregate.Envelope{CorrelationID: c.correlation(), Actor: cancel.Actor, At: n.now()})
	if unusable(err) {
		err = fmt.Errorf("%s: %w: %w", c.ref, saga.ErrSetAside, err)
	}
	return err
}

// startChild starts a child: in this orchestrator, or through the log alone when its shard is that of another.
func (n *node) startChild(c *client, asked saga.StartRequested) error {
	program, t := n.w.programs[n.level].by[c.ref.Name], n.w.current
	switch {
	case program.definition == nil:
		return fmt.Errorf("start %s: %w", c.ref, saga.ErrUnknownDefinition)
	case program.fits(asked.Data) != nil:
		return fmt.Errorf("start %s: %w: %w", c.ref, saga.ErrInvalidData, program.fits(asked.Data))
	}
	var reply *saga.Reply
	asked.Token = n.w.ask(func(r saga.Reply) {
		reply = &r
		n.w.after(0, t.again)
	})
	n.w.after(0, func() { n.handle(asked) })
	for reply == nil {
		if !t.by.yield(stop{idle: true}) || t.gone() {
			return errCrashed
		}
	}
	if errors.Is(reply.Err, saga.ErrElsewhere) {
		t.at = appendPoint(c.number, saga.SagaStarted{})
		_, err := n.store(asked)
		return err
	}
	return reply.Err
}

// neverStarts reports whether a child that there is not can never be started, for a reason of its own.
func neverStarts(err error) bool {
	for _, reason := range []error{
		saga.ErrInvalidData, saga.ErrStartedDifferently, saga.ErrUnknownDefinition, eventstore.ErrTooLarge, eventstore.ErrInvalid,
	} {
		if errors.Is(err, reason) && !errors.Is(err, eventstore.ErrIndeterminate) {
			return true
		}
	}
	return false
}
