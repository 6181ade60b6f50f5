package saga

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/skaldgo/skald/aggregate"
	"github.com/skaldgo/skald/eventstore"
)

// Redrive lets a parked saga go on: the parked step gets a fresh budget of attempts, and its attempt numbers go on. It
// is an event in the saga's stream with actor and reason, and works from any process: the orchestrator that runs the
// saga sees the event within a second. seenRevision is the revision of the saga that the operator had before them.
//
// Errors: ErrNotFound, ErrNotParked, ErrEnded, ErrNoActor, ErrStale when the saga has changed since, ErrSetAside, and
// those of the store.
func (o *Orchestrator) Redrive(ctx context.Context, name, id, actor, reason string, seenRevision int64) error {
	return o.operate(ctx, "redrive", Ref{Name: name, ID: id}, actor, seenRevision,
		Redrive{Actor: actor, Reason: reason, SeenRevision: seenRevision})
}

// Cancel has a saga undone: everything that may have happened is compensated, in the reverse order of its start. That
// begins at once, or when the open attempt has ended; while the outcome of a started pivot is unknown it waits for that,
// and comes to nothing when the pivot has succeeded. It is an event as a redrive is, and works from any process. Of a
// parked saga that can be undone it ends the wait. A saga that is cancelled or compensating already is left as it is,
// without error.
//
// seenRevision is the revision that the operator had before them, or NotSeen: a busy saga changes faster than a person
// can look. Errors: ErrTooLate past the point of no return, ErrNotFound, ErrEnded, ErrNoActor, ErrStale, ErrSetAside, and
// those of the store.
func (o *Orchestrator) Cancel(ctx context.Context, name, id, actor, reason string, seenRevision int64) error {
	return o.operate(ctx, "cancel", Ref{Name: name, ID: id}, actor, seenRevision,
		Cancel{Actor: actor, Reason: reason, SeenRevision: seenRevision})
}

// Terminate ends a saga as it stands. Nothing is compensated and nothing is retried; the event that ends it names the
// steps whose effects stay, or may stay. An attempt that runs is not waited for: if it succeeds, that is kept in the
// saga's late stream. seenRevision and errors are as with Cancel, without ErrTooLate.
func (o *Orchestrator) Terminate(ctx context.Context, name, id, actor, reason string, seenRevision int64) error {
	return o.operate(ctx, "terminate", Ref{Name: name, ID: id}, actor, seenRevision,
		Terminate{Actor: actor, Reason: reason, SeenRevision: seenRevision})
}

// Pause has a saga stand still until it is resumed: no attempt, no compensation and no wait begins or ends, and it does not
// turn round or end. Attempts that are open come to their outcomes, which are recorded; what follows from them is decided
// when the saga is resumed. Deadlines and the times at which retries are due stay as they are, so that one which passes
// meanwhile has passed. Cancel ends the pause, and Terminate the saga. A parked saga can be paused and stays parked: then it
// takes a resume and a redrive to let it go on. A saga that is paused already is left as it is, without error.
//
// seenRevision is as with Cancel. Errors: ErrNotFound, ErrEnded, ErrNoActor, ErrStale, ErrSetAside, and those of the store.
func (o *Orchestrator) Pause(ctx context.Context, name, id, actor, reason string, seenRevision int64) error {
	return o.operate(ctx, "pause", Ref{Name: name, ID: id}, actor, seenRevision,
		Pause{Actor: actor, Reason: reason, SeenRevision: seenRevision})
}

// Resume lets a paused saga go on from where it stands: the orchestrator that runs it sees that within a second. seenRevision
// and errors are as with Pause, and ErrNotPaused.
func (o *Orchestrator) Resume(ctx context.Context, name, id, actor, reason string, seenRevision int64) error {
	return o.operate(ctx, "resume", Ref{Name: name, ID: id}, actor, seenRevision,
		Resume{Actor: actor, Reason: reason, SeenRevision: seenRevision})
}

// Extend gives a saga as a whole another deadline, in the future; a saga that had none has one then. A deadline that has
// passed has not any more, if the saga has not turned round for it: while an attempt that runs is waited for, for instance.
// The limits of single attempts and steps stay as they are. The orchestrator that runs the saga sees the event within a
// second.
//
// seenRevision and errors are as with Pause, and ErrTooLate when the saga has turned round, ErrInvalidDeadline when deadline
// is not in the future.
func (o *Orchestrator) Extend(
	ctx context.Context, name, id, actor, reason string, seenRevision int64, deadline time.Time,
) error {
	return o.operate(ctx, "extend", Ref{Name: name, ID: id}, actor, seenRevision, Extend{
		Now: o.cfg.Clock(), Deadline: deadline, Actor: actor, Reason: reason, SeenRevision: seenRevision,
	})
}

// Resolution is what an operator says of the step that a saga is parked at.
type Resolution struct {
	// Step and Direction name what the saga is parked at: see Instance.Parked.
	Step      string
	Direction Direction
	// Result is the result of an action, as JSON; nil is null. Where this orchestrator has the definition of the saga, it must
	// decode into the type of the step's result. A compensation has none.
	Result json.RawMessage
	// Evidence tells how it is known that the step is undone, for whoever reads the history: a compensation needs it. Of an
	// action the reason tells.
	Evidence string
	Actor    string
	Reason   string
	// SeenRevision is the revision of the saga that the operator had before them.
	SeenRevision int64
}

// Resolve takes an operator's word for what came of the step that a saga is parked at, and ends the parking: an action counts
// as completed, with a result that later steps and its compensation are given; a compensation counts as done. Nothing is
// tried again at that step, and the saga goes on behind it. A pivot that is resolved passes the point of no return. It is
// one event in the saga's stream with actor and reason, and works from any process, as a redrive does. A paused saga stays
// paused.
//
// An attempt that succeeds after its action was resolved is no news. One that succeeds after the compensation was resolved is
// news if no result was known then: the saga is parked again, to be redriven or resolved with the result known.
//
// Errors: ErrNotFound, ErrNotParked, ErrParkedElsewhere, ErrAttemptOpen, ErrOutcomeKnown, ErrInvalidResolution, ErrEnded,
// ErrNoActor, ErrStale when the saga has changed since, ErrSetAside, and those of the store.
func (o *Orchestrator) Resolve(ctx context.Context, name, id string, r Resolution) error {
	return o.operate(ctx, "resolve", Ref{Name: name, ID: id}, r.Actor, r.SeenRevision, Resolve(r))
}

// Skip has a saga pass over a step at which it stands, and go on behind it: one that it is parked at, that waits for its retry or
// for a signal, or that has not begun. The step gets no result: later steps that ask for it are told ErrNoResult. It is one
// event in the saga's stream with actor and reason, and works from any process, as a redrive does. A paused saga stays paused.
//
// What an earlier attempt of the step may have done stays in the plan of compensations; a step without any effect is not in it.
// A pivot that is skipped passes the point of no return. A success that becomes known later makes the step completed.
//
// Errors: ErrNotSkippable where the saga does not stand at the step, goes back or is about to, ErrAttemptOpen, ErrParkedElsewhere
// when it is parked at another step, ErrNotFound, ErrEnded, ErrNoActor, ErrStale when the saga has changed since, ErrSetAside, and
// those of the store.
func (o *Orchestrator) Skip(ctx context.Context, name, id, step, actor, reason string, seenRevision int64) error {
	return o.operate(ctx, "skip", Ref{Name: name, ID: id}, actor, seenRevision,
		Skip{Step: step, Actor: actor, Reason: reason, SeenRevision: seenRevision})
}

// ChangeRetryPolicy has the attempts of one step go by another retry policy from then on, in one direction; what retry
// leaves out stays as it is. An attempt that is open keeps its deadline, and a retry that is scheduled stays due when it is;
// Timeout and TotalTimeout stay as they are. It is an event as a redrive is, works from any process, and holds for this
// saga alone: its plan is another then, also in a snapshot, and its DefinitionHash stays that of the definition that it was
// started with, or migrated to. It outlasts a migration. The orchestrator that runs the saga sees the event within a second.
//
// seenRevision and errors are as with Pause, and ErrInvalidPolicy for a step that the plan does not have, a compensation
// of a step without one, a policy that the validation of a definition would refuse, or fewer attempts than count already
// and are to come; ErrNotRetried for a step that is done, or given up: a permanent error is not retried by a policy, but by
// a redrive.
func (o *Orchestrator) ChangeRetryPolicy(
	ctx context.Context, name, id, actor, reason string, seenRevision int64, step string, direction Direction, retry RetryPolicy,
) error {
	return o.operate(ctx, "change the policy of", Ref{Name: name, ID: id}, actor, seenRevision, ChangeRetryPolicy{
		Step: step, Direction: direction, Retry: retry, Actor: actor, Reason: reason, SeenRevision: seenRevision,
	})
}

// operateRepeats is how often a command of an operator who did not look is decided again because the saga has moved on.
const operateRepeats = 20

// operate decides an operator's command on the saga as it is now, and appends what that leads to.
func (o *Orchestrator) operate(ctx context.Context, verb string, ref Ref, actor string, seen int64, command Command) error {
	for repeats := 0; ; repeats++ {
		err := o.operateOnce(ctx, verb, ref, actor, seen, command)
		switch {
		case !errors.Is(err, eventstore.ErrConflict):
			return err
		case seen != NotSeen || repeats == operateRepeats:
			return o.tellWhatChanged(ctx, ref, seen, fmt.Errorf("%s %s: %w: %w", verb, ref, ErrStale, err))
		}
	}
}

func (o *Orchestrator) operateOnce(ctx context.Context, verb string, ref Ref, actor string, seen int64, command Command) error {
	if err := ref.Validate(); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	loaded, err := o.load(ctx, ref)
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	repo, err := o.repo(ref.Name)
	if err != nil {
		return err
	}
	now := o.cfg.Clock()
	if signal, is := command.(DeliverSignal); is {
		signal.Now = now // what follows from it is reckoned from when it is recorded
		command = signal
	}
	events, err := loaded.Aggregate.Decide(command)
	if errors.Is(err, ErrStale) {
		return o.tellWhatChanged(ctx, ref, seen, err)
	}
	if err != nil || len(events) == 0 {
		return err
	}
	if err := o.fits(loaded.Aggregate, command); err != nil {
		return err
	}
	_, err = repo.prompt.Append(ctx, loaded.Head, events, aggregate.Envelope{
		CorrelationID: loaded.Aggregate.correlation, Actor: actor, At: now,
	})
	if err != nil {
		return err
	}
	for _, event := range events {
		t := loaded.Aggregate.transition(event)
		loaded.Aggregate.Evolve(event)
		o.log(loaded.Aggregate.arrived(t))
	}
	return nil
}
